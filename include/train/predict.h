/* predict.h -- class, probability and embedding of every sample.  Layer: train.
 */
#ifndef EXG_TRAIN_PREDICT_H
#define EXG_TRAIN_PREDICT_H

#include <stdint.h>

#include "data/batch.h"
#include "model/pass.h"

/** What a network says of a set; each rank holds the rows of `span`. */
typedef struct {
    exg_shard span;     /* total samples, my first and count            */
    exg_int nclass;     /* K                                            */
    exg_int nfeature;   /* D                                            */
    int32_t *label;     /* shape (count): truth                         */
    int32_t *guess;     /* shape (count): largest logit, ties the lower */
    float *logits;      /* shape (count, K)                             */
    float *probability; /* shape (count, K): softmax                    */
    float *features;    /* shape (count, D): the embedding              */
    double loss;        /* mean cross-entropy of all samples, nats      */
    double accuracy;    /* share predicted right, 0..1                  */
    exg_int alive;      /* samples whose embedding is not all zero      */
} exg_prediction;

/** Room for the predictions of a set.  Local.
 * @param[in]  set  batches with one step: plan.batch 0, shuffle 0
 * @param[out] p    owned by the caller: exg_prediction_destroy()
 * @return EXG_OK or EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_prediction_create(const exg_net *net,
                                                const exg_batches *set,
                                                exg_prediction **p);

/** Free; sets *p NULL. */
void exg_prediction_destroy(exg_prediction **p);

/** Run the network over the set, each sample once.  Collective.
 *
 * Sums are over samples, exact: loss and accuracy are the same bits for any
 * number of ranks.
 * @param[in]     pass  a pass of the network
 * @param[in]     set   the batches that *p was made for
 * @param[in,out] p     filled in
 * @return EXG_OK, or on every rank EXG_ENUMERIC (a loss that is no number),
 *         EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_predict_run(const exg_par *par, exg_pass *pass,
                                          exg_batches *set, exg_prediction *p);

/** The largest of K logits per sample, ties to the lower class.  Local.
 * @param[in]  logits  [K][16]
 * @param[out] guess   shape (16) */
void exg_predict_argmax(exg_int nclass, const float *logits, int32_t *guess);

#endif
