/* predict.c -- forward passes in lane blocks, written out sample by sample.
 *
 * A sample's numbers do not depend on its place in a block, and loss sums are
 * fixed point per sample, so every result is independent of the ranks. */
#include "train/predict.h"

#include "core/fixed.h"
#include "core/signal.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    SUM_LOSS,
    SUM_CORRECT,
    SUM_ALIVE, /* samples with a feature that is not zero */
    SUMS
};

exg_status exg_prediction_create(const exg_net *net, const exg_batches *set,
                                 exg_prediction **out)
{
    exg_status st = EXG_OK;
    exg_int scores = 0, features = 0;
    exg_prediction *p = NULL;

    EXG_TRY(exg_new(&p, 1));
    p->span = exg_batches_span(set, 0);
    p->nclass = net->nclass;
    p->nfeature = net->nfeature;
    EXG_TRY(exg_mem_product(p->span.count, p->nclass, &scores));
    EXG_TRY(exg_mem_product(p->span.count, p->nfeature, &features));
    EXG_TRY(exg_new(&p->label, p->span.count));
    EXG_TRY(exg_new(&p->guess, p->span.count));
    EXG_TRY(exg_new(&p->logits, scores));
    EXG_TRY(exg_new(&p->probability, scores));
    EXG_TRY(exg_new(&p->features, features));
    *out = p;
    p = NULL;
done:
    exg_prediction_destroy(&p);
    return st;
}

void exg_prediction_destroy(exg_prediction **p)
{
    if (*p != NULL) {
        exg_free((*p)->label);
        exg_free((*p)->guess);
        exg_free((*p)->logits);
        exg_free((*p)->probability);
        exg_free((*p)->features);
        exg_free(*p);
        *p = NULL;
    }
}

void exg_predict_argmax(exg_int nclass, const float *logits, int32_t *guess)
{
    for (int s = 0; s < EXG_LANE; s++) {
        guess[s] = 0;
        for (exg_int k = 1; k < nclass; k++) {
            if (logits[k * EXG_LANE + s] >
                logits[(exg_int)guess[s] * EXG_LANE + s]) {
                guess[s] = (int32_t)k;
            }
        }
    }
}

/* [width][16] to `count` rows of `width` values. */
static void unlane(exg_int width, const float *lanes, exg_int count,
                   float *rows)
{
    for (exg_int s = 0; s < count; s++) {
        for (exg_int i = 0; i < width; i++) {
            rows[s * width + i] = lanes[i * EXG_LANE + s];
        }
    }
}

/* The pass's results to rows at .. at+count-1 of p. */
static void store_block(const exg_pass *pass, exg_int at, exg_int count,
                        exg_prediction *p)
{
    const exg_int k = p->nclass;
    const exg_int d = p->nfeature;

    unlane(k, exg_pass_logits(pass), count, p->logits + at * k);
    unlane(k, exg_pass_probability(pass), count, p->probability + at * k);
    unlane(d, exg_pass_embedding(pass), count, p->features + at * d);
}

static int is_alive(exg_int n, const float *features)
{
    for (exg_int i = 0; i < n; i++) {
        if (features[i] != 0) {
            return 1;
        }
    }
    return 0;
}

static exg_status predict_block(exg_pass *pass, const exg_batches *set,
                                exg_int block, exg_prediction *p,
                                exg_fixed *sum)
{
    const exg_int at = block * EXG_LANE;
    const exg_int left = p->span.count - at;
    const exg_int count = left < EXG_LANE ? left : EXG_LANE;
    const float *features = p->features + at * p->nfeature;
    int32_t target[EXG_LANE], guess[EXG_LANE];
    float weight[EXG_LANE], loss[EXG_LANE];

    exg_batches_load(set, 0, block, exg_pass_input(pass), target, weight, NULL);
    exg_pass_forward(pass);
    exg_pass_loss(pass, target, weight, loss);
    exg_predict_argmax(p->nclass, exg_pass_logits(pass), guess);
    store_block(pass, at, count, p);
    for (exg_int s = 0; s < count; s++) {
        p->label[at + s] = target[s];
        p->guess[at + s] = guess[s];
        sum[SUM_CORRECT] += guess[s] == target[s];
        sum[SUM_ALIVE] += is_alive(p->nfeature, features + s * p->nfeature);
        if (exg_fixed_add(1, loss + s, EXG_FIXED_LOSS, p->span.total,
                          sum + SUM_LOSS) != 1) {
            return exg_fail(EXG_ENUMERIC,
                            "the loss of sample %td is %g: the network has "
                            "diverged, a smaller --lr may help",
                            p->span.first + at + s, (double)loss[s]);
        }
    }
    return EXG_OK;
}

exg_status exg_predict_run(const exg_par *par, exg_pass *pass, exg_batches *set,
                           exg_prediction *p)
{
    exg_status st = EXG_OK;
    const double total = (double)p->span.total;
    exg_fixed sum[SUMS] = {0};
    exg_int blocks;

    EXG_TRY(exg_batches_epoch(par, set, 0, 0));
    blocks = exg_batches_blocks(set, 0).count;
    for (exg_int b = 0; b < blocks && st == EXG_OK; b++) {
        st = predict_block(pass, set, b, p, sum);
        st = st == EXG_OK ? exg_signal_check() : st;
    }
    EXG_TRY_ALL(par, st);
    exg_reduce_fixed(par, SUMS, sum);
    p->loss = exg_fixed_value(sum[SUM_LOSS], EXG_FIXED_LOSS) / total;
    p->accuracy = (double)sum[SUM_CORRECT] / total;
    p->alive = sum[SUM_ALIVE];
done:
    return st;
}
