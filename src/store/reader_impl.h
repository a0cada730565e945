/* reader_impl.h -- what the reader's files share.  Layer: store. */
#ifndef EXG_STORE_READER_IMPL_H
#define EXG_STORE_READER_IMPL_H

#include "store/h5.h"
#include "store/reader.h"

struct exg_reader {
    hid_t file;
    exg_int file_bytes;
    char *path;
    char subject[EXG_ERR_MAX]; /* "FILE: /object", for messages */
};

/** "FILE: path" for messages.  Borrowed: valid until the next call. */
const char *exg_reader_subject(exg_reader *r, const char *path);

/** exg_reader_open() of any HDF5 file, whoever wrote it. */
EXG_MUST_CHECK exg_status exg_reader_open_any(const char *path, exg_reader **r);

/** Fail because an object is not there, saying why.
 * @return EXG_EINPUT */
EXG_MUST_CHECK exg_status exg_reader_missing(exg_reader *r, const char *path);

/** Are the values numbers -- or integers, where `whole` is 1?
 * @return EXG_OK or EXG_EINPUT */
EXG_MUST_CHECK exg_status exg_reader_numeric(exg_reader *r, const char *path,
                                             hid_t set, int whole);

/** Do the values lie in the file itself?
 * @return EXG_OK or EXG_EINPUT */
EXG_MUST_CHECK exg_status exg_reader_layout(hid_t set, const char *subject);

/** H5Dread(), which names a filter that is not there.
 * @return EXG_OK, EXG_EINPUT, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_reader_read(hid_t set, const char *subject,
                                          hid_t type, hid_t memory, hid_t file,
                                          void *data);

/** Open a dataset whose values lie in the file itself.
 * @return EXG_OK or EXG_EINPUT */
EXG_MUST_CHECK exg_status exg_reader_dataset(exg_reader *r, const char *path,
                                             hid_t *set);

/** Elements of a dataset with a shape as in exg_reader_shape(), refused where
 * `each` bytes per element are more than the file can hold.
 * @return EXG_OK or EXG_EINPUT */
EXG_MUST_CHECK exg_status exg_reader_count(exg_reader *r, const char *path,
                                           hid_t set, size_t each, int *rank,
                                           exg_int *dims, exg_int *count);

#endif
