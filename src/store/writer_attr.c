/* writer_attr.c -- attributes and dimension scales.
 *
 * Attributes are metadata, which every rank must write alike, so rank 0's
 * values are shared first: a host name or a command line cannot make two
 * ranks disagree.  Texts are variable-length UTF-8, which h5py hands out as
 * str, and fixed-length ones as bytes. */
#include <hdf5_hl.h>
#include <string.h>

#include "par/agree.h"
#include "writer_impl.h"

exg_status exg_writer_share(const exg_par *par, exg_int n,
                            const char *const *texts, char ***shared)
{
    exg_status st = EXG_OK;
    int64_t bytes = 0;
    char **block = NULL;
    char *at;

    for (exg_int i = 0; par->rank == 0 && i < n; i++) {
        bytes += (int64_t)strlen(texts[i]) + 1;
    }
    EXG_MPI(MPI_Bcast(&bytes, 1, MPI_INT64_T, 0, par->comm));
    EXG_TRY_ALL(par, exg_new(&block, n + 1 + (exg_int)(bytes / sizeof at) + 1));
    at = (char *)(block + n);
    for (exg_int i = 0; par->rank == 0 && i < n; i++) {
        const size_t size = strlen(texts[i]) + 1;

        memcpy(at, texts[i], size);
        at += size;
    }
    at = (char *)(block + n);
    EXG_MPI(MPI_Bcast(at, exg_mpi_count(bytes), MPI_CHAR, 0, par->comm));
    for (exg_int i = 0; i < n; i++) {
        block[i] = at;
        at += strlen(at) + 1;
    }
    *shared = block;
    block = NULL;
done:
    exg_free(block);
    return st;
}

/* Create the attribute and write it. */
static exg_status put(hid_t object, const char *subject, const char *name,
                      hid_t file_type, hid_t memory_type, exg_int n,
                      const void *value)
{
    exg_status st = EXG_OK;
    const hsize_t dims[1] = {(hsize_t)(n < 0 ? 1 : n)};
    hid_t space = -1, attr = -1;
    herr_t rc;

    if (H5Aexists(object, name) > 0) {
        EXG_TRY(EXG_H5(subject, rc, H5Adelete(object, name)));
    }
    EXG_TRY(EXG_H5(subject, space,
                   n < 0 ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(1, dims, NULL)));
    EXG_TRY(EXG_H5(
        subject, attr,
        H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT)));
    EXG_TRY(EXG_H5(subject, rc, H5Awrite(attr, memory_type, value)));
done:
    exg_h5_close(&attr);
    exg_h5_close(&space);
    return st;
}

exg_status exg_writer_text_on(hid_t object, const char *subject,
                              const char *name, exg_int n,
                              const char *const *texts)
{
    exg_status st = EXG_OK;
    hid_t type = -1;
    herr_t rc;

    EXG_TRY(EXG_H5(subject, type, H5Tcopy(H5T_C_S1)));
    EXG_TRY(EXG_H5(subject, rc, H5Tset_size(type, H5T_VARIABLE)));
    EXG_TRY(EXG_H5(subject, rc, H5Tset_cset(type, H5T_CSET_UTF8)));
    EXG_TRY(put(object, subject, name, type, type, n, texts));
done:
    exg_h5_close(&type);
    return st;
}

static exg_status text_at(exg_writer *w, const char *path, const char *name,
                          exg_int n, const char *const *texts)
{
    exg_status st = EXG_OK;
    hid_t object = -1;

    EXG_TRY(EXG_H5(path, object, H5Oopen(w->file, path, H5P_DEFAULT)));
    EXG_TRY(exg_writer_text_on(object, path, name, n, texts));
done:
    exg_h5_close(&object);
    return st;
}

static exg_status number_at(exg_writer *w, const char *path, const char *name,
                            hid_t file_type, hid_t memory_type,
                            const void *value)
{
    exg_status st = EXG_OK;
    hid_t object = -1;

    EXG_TRY(EXG_H5(path, object, H5Oopen(w->file, path, H5P_DEFAULT)));
    EXG_TRY(put(object, path, name, file_type, memory_type, -1, value));
done:
    exg_h5_close(&object);
    return st;
}

exg_status exg_writer_attr_text(const exg_par *par, exg_writer *w,
                                const char *path, const char *name,
                                const char *text)
{
    exg_status st = EXG_OK;
    char **shared = NULL;

    EXG_TRY(exg_writer_share(par, 1, &text, &shared));
    EXG_TRY_ALL(par, text_at(w, path, name, -1, (const char *const *)shared));
done:
    exg_free(shared);
    return st;
}

exg_status exg_writer_attr_texts(const exg_par *par, exg_writer *w,
                                 const char *path, const char *name, exg_int n,
                                 const char *const *texts)
{
    exg_status st = EXG_OK;
    char **shared = NULL;

    EXG_TRY(exg_writer_share(par, n, texts, &shared));
    EXG_TRY_ALL(par, text_at(w, path, name, n, (const char *const *)shared));
done:
    exg_free(shared);
    return st;
}

exg_status exg_writer_attr_i64(const exg_par *par, exg_writer *w,
                               const char *path, const char *name,
                               int64_t value)
{
    exg_status st = EXG_OK;

    EXG_MPI(MPI_Bcast(&value, 1, MPI_INT64_T, 0, par->comm));
    EXG_TRY_ALL(
        par, number_at(w, path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value));
done:
    return st;
}

exg_status exg_writer_attr_f64(const exg_par *par, exg_writer *w,
                               const char *path, const char *name, double value)
{
    exg_status st = EXG_OK;

    EXG_MPI(MPI_Bcast(&value, 1, MPI_DOUBLE, 0, par->comm));
    EXG_TRY_ALL(par, number_at(w, path, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                               &value));
done:
    return st;
}

static exg_status make_scale(exg_writer *w, const char *path)
{
    exg_status st = EXG_OK;
    const char *slash = strrchr(path, '/');
    hid_t set = -1;
    herr_t rc;

    EXG_TRY(EXG_H5(path, set, H5Dopen2(w->file, path, H5P_DEFAULT)));
    EXG_TRY(EXG_H5(path, rc, H5DSset_scale(set, slash + 1)));
done:
    exg_h5_close(&set);
    return st;
}

exg_status exg_writer_scale(const exg_par *par, exg_writer *w, const char *path)
{
    exg_status st = EXG_OK;

    EXG_TRY_ALL(par, make_scale(w, path));
done:
    return st;
}

static exg_status attach(exg_writer *w, const char *path, int n,
                         const char *const *scales)
{
    exg_status st = EXG_OK;
    hid_t set = -1, scale = -1;
    herr_t rc;

    EXG_TRY(EXG_H5(path, set, H5Dopen2(w->file, path, H5P_DEFAULT)));
    for (int i = 0; i < n; i++) {
        if (scales[i] == NULL) {
            continue;
        }
        EXG_TRY(EXG_H5(scales[i], scale,
                       H5Dopen2(w->file, scales[i], H5P_DEFAULT)));
        EXG_TRY(EXG_H5(path, rc, H5DSattach_scale(set, scale, (unsigned)i)));
        exg_h5_close(&scale);
    }
done:
    exg_h5_close(&scale);
    exg_h5_close(&set);
    return st;
}

exg_status exg_writer_attach(const exg_par *par, exg_writer *w,
                             const char *path, int n, const char *const *scales)
{
    exg_status st = EXG_OK;

    EXG_TRY_ALL(par, attach(w, path, n, scales));
done:
    return st;
}
