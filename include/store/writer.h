/* writer.h -- write one HDF5 file from all ranks.  Layer: store.
 *
 * The file is complete or absent: it grows as PATH.part and takes its name when
 * all is on the disk.  Everything is collective, and a failure on one rank is
 * the same status on all of them.  Object times are off and chunks do not
 * depend on the ranks, so equal contents make equal files.
 *
 * Arguments must be equal on all ranks unless said otherwise.  Paths are
 * absolute; the parent group must exist. */
#ifndef EXG_STORE_WRITER_H
#define EXG_STORE_WRITER_H

#include <stdint.h>

#include "par/par.h"
#include "par/shard.h"

enum {
    EXG_WRITER_RANK = 6,      /* most dimensions of a dataset               */
    EXG_WRITER_ON_RANK_0 = -1 /* exg_writer_array.split: rank 0 has it all  */
};

/** A file being written.  Opaque. */
typedef struct exg_writer exg_writer;

/** Element types; stored little-endian. */
typedef enum {
    EXG_WRITER_F32,
    EXG_WRITER_F64,
    EXG_WRITER_I32,
    EXG_WRITER_I64
} exg_writer_type;

/** One array to write.  Plain data. */
typedef struct {
    const char *path;      /* "/test/logits"                                */
    const char *long_name; /* what it is, for axis labels                   */
    const char *units;     /* "s", "nat", "1" (a plain number), "" (a name) */
    exg_writer_type type;
    int rank; /* number of dimensions, 0..EXG_WRITER_RANK; 0 is a scalar    */
    exg_int dims[EXG_WRITER_RANK];
    int split;       /* the dimension dealt to ranks, or EXG_WRITER_ON_RANK_0 */
    exg_shard shard; /* of dimension `split`: what this rank holds, any
                        contiguous blocks that tile it; unused on rank 0's  */
    const void *data; /* dims with dims[split] = shard.count, row-major; may
                         be NULL where this rank holds nothing              */
    int has_zeros;    /* many values are exactly 0: pack without shuffle    */
} exg_writer_array;

/** Remove a PATH.part that is left over, be it a link, and see that nothing but
 * a file has either name: better done before the work than after.  Local; for
 * who alone writes there.
 * @return EXG_OK; EXG_EIO: the message says what is in the way; EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_writer_clear(const char *path);

/** Start PATH.part.  Collective.
 * @param[out] w  ended by exg_writer_close() or exg_writer_drop()
 * @return EXG_OK; EXG_EIO (cannot be created: the message says why),
 *         EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_writer_open(const exg_par *par, const char *path,
                                          exg_writer **w);

/** Finish: flush, close, force to disk, rename to PATH.  Collective.
 *
 * Ends *w whatever happens and sets it NULL; on failure PATH is as it was
 * before and PATH.part is gone.
 * @return EXG_OK, EXG_EIO, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_writer_close(const exg_par *par, exg_writer **w);

/** Give up: close and remove PATH.part.  Collective.  Sets *w NULL; NULL is
 * fine (then on all ranks).  A pending error message stays. */
void exg_writer_drop(const exg_par *par, exg_writer **w);

/** Create a group.  Collective.
 * @param[in] nx_class  NeXus class, "NXdata", or NULL for none
 * @return EXG_OK or EXG_ELIB */
EXG_MUST_CHECK exg_status exg_writer_group(const exg_par *par, exg_writer *w,
                                           const char *path,
                                           const char *nx_class);

/** Write an array; from 16 KiB on chunked, shuffled and deflated.
 * Collective: all of *a but shard.first, shard.count and data equal.
 * @return EXG_OK, EXG_EUSAGE (shard outside its dimension), EXG_ELIB */
EXG_MUST_CHECK exg_status exg_writer_put(const exg_par *par, exg_writer *w,
                                         const exg_writer_array *a);

/** Write an int32 dataset first, first+1, ... of shape (n), and make it a
 * dimension scale.  Collective. */
EXG_MUST_CHECK exg_status exg_writer_count(const exg_par *par, exg_writer *w,
                                           const char *path,
                                           const char *long_name,
                                           const char *units, exg_int n);

/** Write n texts as a dataset of shape (n), or one as a scalar where n is -1;
 * UTF-8, fixed length, zero-padded.  Collective.
 * @param[in] texts  shape (n): read on rank 0 only
 * @return EXG_OK, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_writer_texts(const exg_par *par, exg_writer *w,
                                           const char *path,
                                           const char *long_name, exg_int n,
                                           const char *const *texts);

/** Attributes of a group or dataset.  Collective.  The values are rank 0's;
 * the other ranks' are not looked at.  An attribute of that name is replaced.
 * @return EXG_OK, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_writer_attr_text(const exg_par *par,
                                               exg_writer *w, const char *path,
                                               const char *name,
                                               const char *text);
EXG_MUST_CHECK exg_status exg_writer_attr_i64(const exg_par *par, exg_writer *w,
                                              const char *path,
                                              const char *name, int64_t value);
EXG_MUST_CHECK exg_status exg_writer_attr_f64(const exg_par *par, exg_writer *w,
                                              const char *path,
                                              const char *name, double value);
/** @param[in] texts  shape (n), n > 0 and equal on all ranks */
EXG_MUST_CHECK exg_status exg_writer_attr_texts(const exg_par *par,
                                                exg_writer *w, const char *path,
                                                const char *name, exg_int n,
                                                const char *const *texts);

/** Make a 1-D dataset a dimension scale named like itself.  Collective. */
EXG_MUST_CHECK exg_status exg_writer_scale(const exg_par *par, exg_writer *w,
                                           const char *path);

/** Attach scales to the dimensions of a dataset.  Collective.
 * @param[in] n       dimensions
 * @param[in] scales  shape (n): paths of scales; NULL leaves one without */
EXG_MUST_CHECK exg_status exg_writer_attach(const exg_par *par, exg_writer *w,
                                            const char *path, int n,
                                            const char *const *scales);

/** Soft link `path` -> `target`.  Collective. */
EXG_MUST_CHECK exg_status exg_writer_link(const exg_par *par, exg_writer *w,
                                          const char *path, const char *target);

/** 1 if the object is there.  Collective. */
int exg_writer_has(const exg_par *par, exg_writer *w, const char *path);

#endif
