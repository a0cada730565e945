/* image.h -- an HDF5 file in memory.  Layer: store.
 *
 * One rank builds it alone, without MPI-IO and without touching a disk; what
 * becomes of its bytes is another matter: see store/saver.h.  Everything is
 * local. */
#ifndef EXG_STORE_IMAGE_H
#define EXG_STORE_IMAGE_H

#include "store/writer.h"

enum {
    EXG_IMAGE_BLOCK = 512 /* bytes before HDF5's own: its "user block" */
};

/** A file being built.  Opaque. */
typedef struct exg_image exg_image;

/** Start an empty file.
 * @param[in]  name   the file it is going to be, for messages
 * @param[out] image  ended by exg_image_finish() or exg_image_drop()
 * @return EXG_OK, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_image_create(const char *name, exg_image **image);

/** Add an array, little-endian and plain; groups above it come by themselves.
 * @param[in] path  "/train/parameters"
 * @param[in] rank  0..EXG_WRITER_RANK
 * @param[in] dims  shape (rank); 0 is fine
 * @param[in] data  row-major
 * @return EXG_OK or EXG_ELIB */
EXG_MUST_CHECK exg_status exg_image_put(exg_image *image, const char *path,
                                        exg_writer_type type, int rank,
                                        const exg_int *dims, const void *data);

/** Add an empty group. */
EXG_MUST_CHECK exg_status exg_image_group(exg_image *image, const char *path);

/** Add a text as an attribute of a group that is there; "/" is. */
EXG_MUST_CHECK exg_status exg_image_text(exg_image *image, const char *path,
                                         const char *name, const char *value);

/** The finished file, behind EXG_IMAGE_BLOCK zeros.  Ends *image and sets it
 * NULL, whatever happens.
 * @param[out] bytes  owned by the caller: exg_free()
 * @param[out] size   with the zeros
 * @return EXG_OK, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_image_finish(exg_image **image,
                                           unsigned char **bytes,
                                           exg_int *size);

/** Give it up; sets *image NULL; NULL is fine. */
void exg_image_drop(exg_image **image);

#endif
