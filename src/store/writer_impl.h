/* writer_impl.h -- what the writer's files share.  Layer: store. */
#ifndef EXG_STORE_WRITER_IMPL_H
#define EXG_STORE_WRITER_IMPL_H

#include "store/h5.h"
#include "store/writer.h"

struct exg_writer {
    hid_t file;
    hid_t collective; /* transfer properties of a collective write */
    char *path;       /* the name the file takes in the end        */
    char *part;       /* the name it has until then                */
    int fd;           /* rank 0: of the file it made there, or -1  */
};

/** Attach a text attribute, variable-length UTF-8, to an open object; an older
 * one of that name goes.  Local, called alike on all ranks.
 * @param[in] n  how many texts; -1 makes a scalar of texts[0] */
EXG_MUST_CHECK exg_status exg_writer_text_on(hid_t object, const char *subject,
                                             const char *name, exg_int n,
                                             const char *const *texts);

/** Rank 0's texts on every rank: one block of n pointers and bytes for
 * exg_free().  Collective. */
EXG_MUST_CHECK exg_status exg_writer_share(const exg_par *par, exg_int n,
                                           const char *const *texts,
                                           char ***shared);

#endif
