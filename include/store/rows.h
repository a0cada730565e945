/* rows.h -- some rows of a matrix in any HDF5 file.  Layer: store.
 *
 * Local: every rank opens the file itself and reads its own hyperslab, so a
 * matrix never passes through one rank. */
#ifndef EXG_STORE_ROWS_H
#define EXG_STORE_ROWS_H

#include <stdint.h>

#include "store/reader.h"

enum {
    EXG_ROWS_NAME = 512 /* bytes of a file's or a dataset's name, with 0 */
};

/** A dataset and its file.  Plain data. */
typedef struct {
    char file[EXG_ROWS_NAME];
    char path[EXG_ROWS_NAME]; /* "/group/dataset" */
} exg_rows_place;

/** "FILE:/path" taken apart, at the first ":/" that has a name before it.
 * @param[in] what  names it in the message: "--labels"
 * @return EXG_OK or EXG_EUSAGE */
EXG_MUST_CHECK exg_status exg_rows_place_of(const char *what, const char *text,
                                            exg_rows_place *place);

/** Open any HDF5 file, ours or not; end with exg_reader_close().
 * @return EXG_OK, EXG_EIO (no such file, no HDF5 file), EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_rows_open(const exg_rows_place *place,
                                        exg_reader **r);

/** Shape of a numeric matrix.
 * @param[in]  path  of a dataset of integers or floats, shape (N, D)
 * @return EXG_OK, EXG_EINPUT (missing, not numeric, not two dimensions) */
EXG_MUST_CHECK exg_status exg_rows_shape(exg_reader *r, const char *path,
                                         exg_int *rows, exg_int *columns);

/** Read rows [first, first + count), converted to float.
 * @param[out] data  shape (count, columns)
 * @return EXG_OK, EXG_EINPUT, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_rows_read(exg_reader *r, const char *path,
                                        exg_int first, exg_int count,
                                        exg_int columns, float *data);

/** Read labels [first, first + count) of a dataset of `total` integers.
 * @param[out] label  shape (count), each 0 or more
 * @return EXG_OK, EXG_EINPUT (missing, no integers, another number of them,
 *         negative or above 2^31 - 1: the message names the row), EXG_ENOMEM,
 *         EXG_ELIB */
EXG_MUST_CHECK exg_status exg_rows_labels(exg_reader *r, const char *path,
                                          exg_int total, exg_int first,
                                          exg_int count, int32_t *label);

#endif
