/* confusion.h -- who is taken for whom; precision, recall, F1.  Layer: train.
 *
 * Local: rank 0 counts what exg_gather_rows() brought. */
#ifndef EXG_TRAIN_CONFUSION_H
#define EXG_TRAIN_CONFUSION_H

#include <stdint.h>

#include "core/mem.h"

/** Count pairs of truth and prediction.
 *
 * @param[in]  n       samples
 * @param[in]  truth   shape (n), 0..nclass-1
 * @param[in]  guess   shape (n), 0..nclass-1
 * @param[in]  nclass  K
 * @param[out] counts  shape (K, K): [truth][prediction]
 */
void exg_confusion_count(exg_int n, const int32_t *truth, const int32_t *guess,
                         exg_int nclass, int64_t *counts);

/** Scores per class, as scikit-learn defines them with zero_division = 0.
 *
 * precision = c[k][k] / sum over truths, recall = c[k][k] / sum over
 * predictions, f1 = their harmonic mean; 0/0 = 0.
 * @param[in]  counts   shape (K, K): [truth][prediction]
 * @param[out] precision, recall, f1  shape (K), 0..1
 * @param[out] support  shape (K): samples of the class
 */
void exg_confusion_scores(exg_int nclass, const int64_t *counts,
                          double *precision, double *recall, double *f1,
                          int64_t *support);

#endif
