/* results_impl.h -- what the sections of a results file share.  Layer: store.
 *
 * A dataset is described by its dimensions: each knows its size, its dimension
 * scale, and whether it is dealt to the ranks. */
#ifndef EXG_STORE_RESULTS_IMPL_H
#define EXG_STORE_RESULTS_IMPL_H

#include "par/agree.h"
#include "store/results.h"

/** A dimension that several datasets share. */
typedef struct {
    exg_int size;
    const char *scale;      /* path of its scale; NULL: it has none    */
    const exg_shard *shard; /* this rank's part; NULL: rank 0 has all  */
} exg_results_dim;

/** A dataset.  One whose path is its dimension's scale becomes that scale. */
typedef struct {
    const char *path, *long_name, *units;
    exg_writer_type type;
    const void *data;
    const exg_results_dim *dim[EXG_WRITER_RANK]; /* NULL after the last */
} exg_results_item;

/** Write datasets and attach their scales, in order: scales come first.
 * Collective.
 * @param[in] item  shape (n) */
EXG_MUST_CHECK exg_status exg_results_items(const exg_par *par, exg_writer *w,
                                            exg_int n,
                                            const exg_results_item *item);

/** Write 0, 1, ... as the scale of a dimension.  Collective. */
EXG_MUST_CHECK exg_status exg_results_count(const exg_par *par, exg_writer *w,
                                            const exg_results_dim *dim,
                                            const char *long_name,
                                            const char *units);

/** Which set each point is of, where that is known (set is not NULL).
 * Collective. */
EXG_MUST_CHECK exg_status exg_results_set(const exg_par *par, exg_writer *w,
                                          const char *path, const int32_t *set,
                                          const exg_results_dim *n);

/** @signal and @axes of an NXdata group.  Collective.
 * @param[in] axes  shape (n): names of datasets in the group, "." for none */
EXG_MUST_CHECK exg_status exg_results_axes(const exg_par *par, exg_writer *w,
                                           const char *group,
                                           const char *signal, int n,
                                           const char *const *axes);

/** Text attributes of a group.  Collective. */
EXG_MUST_CHECK exg_status exg_results_pairs(const exg_par *par, exg_writer *w,
                                            const char *group, exg_int n,
                                            const exg_results_pair *pair);

#endif
