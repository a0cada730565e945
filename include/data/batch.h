/* batch.h -- this rank's lane blocks of every step.  Layer: data.
 *
 * Step t of an epoch covers positions t*B .. min((t+1)*B, N)-1 of its order.
 * They are cut into lane blocks of EXG_LANE consecutive positions, and the
 * step's blocks are dealt to the ranks in contiguous runs by exg_shard_of(),
 * so neither B nor what is in a block depends on the number of ranks.
 *
 * Evaluation uses the same loader: batch 0 (one step over the whole set) and
 * no shuffle give block b = samples 16b .. 16b+15, each sample exactly once. */
#ifndef EXG_DATA_BATCH_H
#define EXG_DATA_BATCH_H

#include <stdint.h>

#include "core/lane.h"
#include "data/source.h"

/** How a set is cut.  Plain data, equal on all ranks. */
typedef struct {
    exg_int batch; /* global batch B, > 0; 0: the whole set is one step */
    uint64_t seed;
    int shuffle;
} exg_batches_plan;

/** A set that is walked in mini-batches.  Opaque. */
typedef struct exg_batches exg_batches;

/** Prepare to walk a set.  Collective.
 *
 * Warns where a full batch has fewer lane blocks than there are ranks.
 * @param[in]  part  must outlive *b and stay unchanged
 * @param[out] b     owned by the caller: exg_batches_destroy()
 * @return EXG_OK, or on every rank EXG_EUSAGE (batch < 0), EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_batches_create(const exg_par *par,
                                             const exg_source_part *part,
                                             exg_batches_plan plan,
                                             exg_batches **b);

/** Free; sets *b NULL.  Collective: an exchange may be under way. */
void exg_batches_destroy(const exg_par *par, exg_batches **b);

/** Make an epoch's rows ready.  Collective; before any load.
 *
 * Each row has then moved to the rank that trains on it.  With `more`, the
 * rows of epoch + 1 start to move and arrive behind this epoch's work.
 * Without shuffle the rows move once.
 *
 * @param[in] epoch  >= 0; any order is fine, epoch + 1 after epoch is fast
 * @param[in] more   epoch + 1 follows
 * @return EXG_OK, or EXG_ENOMEM on every rank
 */
EXG_MUST_CHECK exg_status exg_batches_epoch(const exg_par *par, exg_batches *b,
                                            exg_int epoch, int more);

/** Steps of an epoch.  Local. */
exg_int exg_batches_steps(const exg_batches *b);

/** Samples of a step, over all ranks.  Local. */
exg_int exg_batches_samples(const exg_batches *b, exg_int step);

/** A step's lane blocks: in total, my first, how many are mine (may be 0).
 * Local. */
exg_shard exg_batches_blocks(const exg_batches *b, exg_int step);

/** The step's positions that are mine, within the step: total samples, first,
 * count.  For an evaluation these are the test samples this rank predicts.
 * Local. */
exg_shard exg_batches_span(const exg_batches *b, exg_int step);

/** Load one of my lane blocks.  Local.
 *
 * Padding lanes have x = 0, target 0, weight 0, index -1.
 * @param[in]  step    0..steps-1
 * @param[in]  block   0..count-1 of exg_batches_blocks(step)
 * @param[out] x       [1][H][W][16], 64-byte aligned: exg_lanes_pixel() of
 *                     each pixel
 * @param[out] target  shape (16): labels
 * @param[out] weight  shape (16): 1, or 0 for padding
 * @param[out] index   shape (16): sample numbers in the file, or NULL
 */
void exg_batches_load(const exg_batches *b, exg_int step, exg_int block,
                      float *x, int32_t *target, float *weight, exg_int *index);

#endif
