/* h5.h -- checked HDF5 calls.  Layer: store. */
#ifndef EXG_STORE_H5_H
#define EXG_STORE_H5_H

#include <hdf5.h>

#include "par/watch.h"

/** Assign the result of an HDF5 call, watched, to `id` and turn a negative one
 * into EXG_ELIB with HDF5's own innermost text: EXG_TRY(EXG_H5(path, id,
 * call)).
 * @param[in] subject  what the call is about, in the message: a path */
#define EXG_H5(subject, id, call)      \
    (EXG_WATCH_ENTER(), (id) = (call), \
     exg_h5_check(__FILE__, __LINE__, (subject), (long long)(id)))

/** See EXG_H5: the call is over.  Local. */
EXG_MUST_CHECK exg_status exg_h5_check(const char *file, int line,
                                       const char *subject, long long result);

/** From now on HDF5 keeps its errors to itself, and follows no link into
 * another file: that may be one that nobody meant to show, or a pipe that never
 * opens. Local. */
void exg_h5_begin(void);

/** The innermost message of HDF5's error stack; "" if none.  Local.  Call right
 * after the failed call.
 * @param[out] text  shape (size), terminated */
void exg_h5_reason(char *text, size_t size);

/** Close an id of any kind; negative ids are ignored.  Local.  Sets *id to -1.
 * @return negative if HDF5 failed */
int exg_h5_close(hid_t *id);

#endif
