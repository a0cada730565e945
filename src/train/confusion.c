/* confusion.c -- counts first; every score is one division of counts, so that
 * it is the same double whoever computes it. */
#include "train/confusion.h"

#include <string.h>

void exg_confusion_count(exg_int n, const int32_t *truth, const int32_t *guess,
                         exg_int nclass, int64_t *counts)
{
    memset(counts, 0, (size_t)(nclass * nclass) * sizeof *counts);
    for (exg_int i = 0; i < n; i++) {
        EXG_ASSERT(truth[i] >= 0 && truth[i] < nclass);
        EXG_ASSERT(guess[i] >= 0 && guess[i] < nclass);
        counts[truth[i] * nclass + guess[i]]++;
    }
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void exg_confusion_scores(exg_int nclass, const int64_t *counts,
                          double *precision, double *recall, double *f1,
                          int64_t *support)
{
    for (exg_int k = 0; k < nclass; k++) {
        const double hit = (double)counts[k * nclass + k];
        int64_t guessed = 0;

        support[k] = 0;
        for (exg_int j = 0; j < nclass; j++) {
            support[k] += counts[k * nclass + j];
            guessed += counts[j * nclass + k];
        }
        precision[k] = ratio(hit, (double)guessed);
        recall[k] = ratio(hit, (double)support[k]);
        f1[k] = ratio(2 * precision[k] * recall[k], precision[k] + recall[k]);
    }
}
