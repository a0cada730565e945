/* reader.h -- read a results file and check it against the schema.  Layer:
 * store.
 *
 * Local: analysis programs and figures read alone, without MPI-IO.  Every call
 * checks type and shape, so a damaged or foreign file gives one line. */
#ifndef EXG_STORE_READER_H
#define EXG_STORE_READER_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_READER_RANK = 6 /* most dimensions of a dataset */
};

/** An open results file.  Opaque. */
typedef struct exg_reader exg_reader;

/** Open for reading.
 * @return EXG_OK, EXG_EIO (no such file, no HDF5 file), EXG_EINPUT (not a
 *         results file of ours), EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_reader_open(const char *path, exg_reader **r);

/** Close; sets *r NULL. */
void exg_reader_close(exg_reader **r);

/** 1 if the object is there. */
int exg_reader_has(exg_reader *r, const char *path);

/** Shape of a dataset.
 * @param[out] rank  number of dimensions, 0 for a scalar
 * @param[out] dims  shape (EXG_READER_RANK); unused entries 1
 * @return EXG_OK, EXG_EINPUT (missing, or too many dimensions) */
EXG_MUST_CHECK exg_status exg_reader_shape(exg_reader *r, const char *path,
                                           int *rank, exg_int *dims);

/** Read a whole dataset, converted by HDF5 to the type asked for.
 *
 * @param[in]  rank,dims  the shape wanted; a dims entry of -1 is filled in
 * @param[out] data       owned by the caller: exg_free()
 * @return EXG_OK, EXG_EINPUT (missing, other rank or shape, not numeric),
 *         EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_reader_f32(exg_reader *r, const char *path,
                                         int rank, exg_int *dims, float **data);
EXG_MUST_CHECK exg_status exg_reader_f64(exg_reader *r, const char *path,
                                         int rank, exg_int *dims,
                                         double **data);
EXG_MUST_CHECK exg_status exg_reader_i64(exg_reader *r, const char *path,
                                         int rank, exg_int *dims,
                                         int64_t **data);

/** Read a list of strings, shape (n), such as /dataset/class_names.
 * @param[out] texts  one block: n pointers, then the bytes; exg_free() once */
EXG_MUST_CHECK exg_status exg_reader_texts(exg_reader *r, const char *path,
                                           exg_int *n, char ***texts);

/** Told the name of each attribute, in the order of names.  Local. */
typedef void (*exg_reader_visit)(void *state, const char *name);

/** Name the attributes of an object.
 * @return EXG_OK, EXG_EINPUT (missing), EXG_ELIB */
EXG_MUST_CHECK exg_status exg_reader_attrs(exg_reader *r, const char *path,
                                           exg_reader_visit visit, void *state);

/** Read a string attribute of an object.
 * @param[out] text  shape (size), terminated */
EXG_MUST_CHECK exg_status exg_reader_attr_text(exg_reader *r, const char *path,
                                               const char *name, char *text,
                                               size_t size);

/** Read a numeric scalar attribute of an object. */
EXG_MUST_CHECK exg_status exg_reader_attr_f64(exg_reader *r, const char *path,
                                              const char *name, double *value);

#endif
