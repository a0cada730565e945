/* saliency.h -- the five maps of chosen samples.  Layer: explain.
 *
 * Simonyan, Vedaldi & Zisserman 2014 (the gradient of a class score), and the
 * original exigo's comparison with a blank input:
 *
 *     source    x                          the image
 *     baseline  d y_t / d x  at x0         the gradient at a blank input
 *     saliency  d y_t / d x  at x          the gradient at the image
 *     delta     saliency - baseline        signed
 *     overlay   delta * (x - black) / 2    black = -1: brightness in 0..1
 *
 * y_t is the logit of the target class.  All maps are raw and signed. */
#ifndef EXG_EXPLAIN_SALIENCY_H
#define EXG_EXPLAIN_SALIENCY_H

#include <stdint.h>

#include "data/source.h"
#include "model/pass.h"

/** Whose logit is differentiated: a class number, or one of these. */
enum {
    EXG_TARGET_TRUE = -1,      /* the label                       */
    EXG_TARGET_PREDICTED = -2, /* the largest logit at x          */
    EXG_TARGET_SUM = -3        /* the sum of all logits           */
};

/** The blank input x0. */
typedef enum {
    EXG_BASELINE_BLACK, /* -1 everywhere                              */
    EXG_BASELINE_MEAN,  /* mean of the training images                */
    EXG_BASELINE_BLUR,  /* the image under a Gaussian, sigma 4 pixels */
    EXG_BASELINE_NOISE  /* uniform in [-1, 1), per sample and pixel   */
} exg_baseline;

/** What is asked for.  Plain data, equal on all ranks. */
typedef struct {
    exg_int samples; /* first samples of the test set */
    int target;      /* class or EXG_TARGET_...       */
    exg_baseline baseline;
    uint64_t seed; /* of the noise                   */
} exg_saliency_plan;

/** The maps; arrays are on rank 0, NULL elsewhere.  Open for reading. */
typedef struct {
    exg_int nsample, nframe; /* S, F                                     */
    exg_int c, h, w;
    int64_t *index;  /* shape (S): rows of the test set                   */
    int32_t *label;  /* shape (S)                                         */
    int32_t *target; /* shape (S): class, or -1 for the sum; for predicted
                        targets that of the last frame                   */
    int32_t *epoch;  /* shape (F)                                        */
    float *source;   /* shape (S, C, H, W)                               */
    float *baseline, *saliency, *delta, *overlay; /* shape (F, S, C, H, W) */
    struct exg_saliency_work *work;               /* private             */
} exg_saliency;

/** Choose the samples and bring them to the ranks that will work on them.
 *
 * Collective.  Lane blocks of 16 samples are dealt to the ranks.
 * @param[in]  set  the dataset; not needed afterwards
 * @param[out] s    owned by the caller: exg_saliency_destroy()
 * @return EXG_OK, or on every rank EXG_EUSAGE (more samples than the test set
 *         has, a class the dataset does not have), EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_saliency_create(const exg_par *par,
                                              const exg_dataset *set,
                                              exg_saliency_plan plan,
                                              exg_saliency **s);

/** Free; sets *s NULL.  Collective. */
void exg_saliency_destroy(const exg_par *par, exg_saliency **s);

/** Compute the maps of the network as it is now: one more frame.  Collective.
 * @param[in] pass   a pass of the network
 * @param[in] epoch  what to call the frame: -1 before training
 * @return EXG_OK, or on every rank EXG_ENUMERIC (a map that is no number),
 *         EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_saliency_run(const exg_par *par, exg_saliency *s,
                                           exg_pass *pass, int epoch);

#endif
