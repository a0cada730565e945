/* keep_impl.h -- what the keeper's files share.  Layer: app. */
#ifndef EXG_APP_KEEP_IMPL_H
#define EXG_APP_KEEP_IMPL_H

#include "app/keep.h"
#include "store/reader.h"
#include "store/saver.h"

enum {
    EXG_KEEP_PARTS = 4
};

struct exg_keep {
    exg_keep_owner owner;
    int resumes;
    int stopped;        /* 1: the last one was for good             */
    exg_saver *saver;   /* on rank 0                                */
    exg_reader *reader; /* on rank 0: what is resumed, until it has been read */
    double minutes;
    double last; /* when the last was written, seconds     */
    double cost; /* what it took to build, seconds         */
    int npart;
    exg_keep_part put[EXG_KEEP_PARTS];
    void *state[EXG_KEEP_PARTS];
};

/** Find what is to be resumed, as --resume says, and open it.  Local, rank 0.
 * @param[out] reader  or NULL: there is nothing
 * @param[out] worth   of the files that are there */
EXG_MUST_CHECK exg_status exg_keep_find(const exg_keep_owner *owner,
                                        exg_reader **reader,
                                        exg_saver_worth *worth);

/** Put what exg_keep_find() compares.  Local, rank 0. */
EXG_MUST_CHECK exg_status exg_keep_put_owner(const exg_keep_owner *owner,
                                             exg_image *image);

#endif
