/* blank.h -- the blank input that an explanation compares with.  Layer:
 * explain.
 */
#ifndef EXG_EXPLAIN_BLANK_H
#define EXG_EXPLAIN_BLANK_H

#include "explain/saliency.h"

/** Mean training image as the network sees it.  Collective.
 *
 * Pixel sums are integers: the same bits for any number of ranks.
 * @param[out] mean  shape (H*W), in [-1, 1]
 * @return EXG_OK or on every rank EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_blank_mean(const exg_par *par,
                                         const exg_source_part *train,
                                         float *mean);

/** The blank inputs of a lane block.  Local.
 *
 * @param[in]  kind    which
 * @param[in]  c,h,w   image
 * @param[in]  seed    of the noise
 * @param[in]  mean    shape (C,H,W), for EXG_BASELINE_MEAN, else unused
 * @param[in]  index   shape (16): sample numbers, for the noise; -1: padding
 * @param[in]  x       [C][H][W][16]: the images
 * @param[out] work    [C][H][W][16], scratch
 * @param[out] x0      [C][H][W][16]
 */
void exg_blank_block(exg_baseline kind, exg_int c, exg_int h, exg_int w,
                     uint64_t seed, const float *mean, const exg_int *index,
                     const float *x, float *work, float *x0);

#endif
