/* image.c -- HDF5's "core" driver without a backing file.
 *
 * Building takes a millisecond or two; writing and forcing to the disk takes
 * tens of them, and needs no HDF5 any more. */
#include "store/image.h"

#include <string.h>

#include "store/h5.h"
#include "writer_impl.h"

enum {
    GROWTH = 256 * 1024
};

struct exg_image {
    const char *name;
    hid_t file;
    hid_t links; /* groups on the way are made */
    hid_t plain; /* datasets without times     */
};

static exg_status open_core(exg_image *im, hid_t creation, hid_t access)
{
    exg_status st = EXG_OK;
    herr_t rc;

    EXG_TRY(EXG_H5(im->name, rc, H5Pset_fapl_core(access, GROWTH, 0)));
    EXG_TRY(EXG_H5(im->name, rc, H5Pset_userblock(creation, EXG_IMAGE_BLOCK)));
    EXG_TRY(EXG_H5(im->name, im->file,
                   H5Fcreate(im->name, H5F_ACC_TRUNC, creation, access)));
    EXG_TRY(EXG_H5(im->name, im->links, H5Pcreate(H5P_LINK_CREATE)));
    EXG_TRY(
        EXG_H5(im->name, rc, H5Pset_create_intermediate_group(im->links, 1)));
    EXG_TRY(EXG_H5(im->name, im->plain, H5Pcreate(H5P_DATASET_CREATE)));
    EXG_TRY(EXG_H5(im->name, rc, H5Pset_obj_track_times(im->plain, 0)));
done:
    return st;
}

exg_status exg_image_create(const char *name, exg_image **out)
{
    exg_status st = EXG_OK;
    exg_image *im = NULL;
    hid_t creation = -1, access = -1;

    exg_h5_begin();
    EXG_TRY(exg_new(&im, 1));
    *im = (exg_image){.name = name, .file = -1, .links = -1, .plain = -1};
    EXG_TRY(EXG_H5(name, creation, H5Pcreate(H5P_FILE_CREATE)));
    EXG_TRY(EXG_H5(name, access, H5Pcreate(H5P_FILE_ACCESS)));
    EXG_TRY(open_core(im, creation, access));
    *out = im;
    im = NULL;
done:
    exg_h5_close(&creation);
    exg_h5_close(&access);
    exg_image_drop(&im);
    return st;
}

void exg_image_drop(exg_image **image)
{
    if (*image == NULL) {
        return;
    }
    exg_h5_close(&(*image)->plain);
    exg_h5_close(&(*image)->links);
    exg_h5_close(&(*image)->file);
    exg_free(*image);
    *image = NULL;
}

static hid_t file_type(exg_writer_type type)
{
    return type == EXG_WRITER_F32   ? H5T_IEEE_F32LE
           : type == EXG_WRITER_F64 ? H5T_IEEE_F64LE
           : type == EXG_WRITER_I32 ? H5T_STD_I32LE
                                    : H5T_STD_I64LE;
}

static hid_t memory_type(exg_writer_type type)
{
    return type == EXG_WRITER_F32   ? H5T_NATIVE_FLOAT
           : type == EXG_WRITER_F64 ? H5T_NATIVE_DOUBLE
           : type == EXG_WRITER_I32 ? H5T_NATIVE_INT32
                                    : H5T_NATIVE_INT64;
}

exg_status exg_image_put(exg_image *im, const char *path, exg_writer_type type,
                         int rank, const exg_int *dims, const void *data)
{
    exg_status st = EXG_OK;
    hsize_t shape[EXG_WRITER_RANK] = {0};
    hsize_t count = 1;
    hid_t space = -1, set = -1;
    herr_t rc;

    for (int i = 0; i < rank; i++) {
        shape[i] = (hsize_t)dims[i];
        count *= shape[i];
    }
    EXG_TRY(EXG_H5(path, space, H5Screate_simple(rank, shape, NULL)));
    EXG_TRY(EXG_H5(path, set,
                   H5Dcreate2(im->file, path, file_type(type), space, im->links,
                              im->plain, H5P_DEFAULT)));
    if (count > 0) {
        EXG_TRY(EXG_H5(path, rc,
                       H5Dwrite(set, memory_type(type), H5S_ALL, H5S_ALL,
                                H5P_DEFAULT, data)));
    }
done:
    exg_h5_close(&set);
    exg_h5_close(&space);
    return st;
}

exg_status exg_image_group(exg_image *im, const char *path)
{
    exg_status st = EXG_OK;
    hid_t group = -1;

    EXG_TRY(EXG_H5(
        path, group,
        H5Gcreate2(im->file, path, im->links, H5P_DEFAULT, H5P_DEFAULT)));
done:
    exg_h5_close(&group);
    return st;
}

exg_status exg_image_text(exg_image *im, const char *path, const char *name,
                          const char *value)
{
    exg_status st = EXG_OK;
    hid_t object = -1;

    EXG_TRY(EXG_H5(path, object, H5Oopen(im->file, path, H5P_DEFAULT)));
    EXG_TRY(exg_writer_text_on(object, path, name, -1, &value));
done:
    exg_h5_close(&object);
    return st;
}

exg_status exg_image_finish(exg_image **image, unsigned char **out,
                            exg_int *size)
{
    exg_status st = EXG_OK;
    exg_image *im = *image;
    unsigned char *bytes = NULL;
    ssize_t n = 0;
    herr_t rc;

    EXG_TRY(EXG_H5(im->name, rc, H5Fflush(im->file, H5F_SCOPE_GLOBAL)));
    EXG_TRY(EXG_H5(im->name, n, H5Fget_file_image(im->file, NULL, 0)));
    EXG_TRY(exg_new(&bytes, (exg_int)n + EXG_IMAGE_BLOCK));
    EXG_TRY(EXG_H5(
        im->name, n,
        H5Fget_file_image(im->file, bytes + EXG_IMAGE_BLOCK, (size_t)n)));
    *size = (exg_int)n + EXG_IMAGE_BLOCK;
    *out = bytes;
    bytes = NULL;
done:
    exg_free(bytes);
    exg_image_drop(image);
    return st;
}
