/* epoch.c -- batch by batch: forward and backward per lane block, exact sums,
 * one reduction, one optimiser step.
 *
 * A lane block's gradient is one float per parameter, summed over its 16
 * samples in a fixed order by the kernels.  Blocks are added as integers, so
 * it does not matter which rank added which. */
#include "train/epoch.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/log.h"
#include "train/gradsync.h"
#include "train/predict.h"

struct exg_epoch {
    exg_net *net;             /* borrowed */
    exg_batches *batches;     /* borrowed */
    exg_optimizer *optimizer; /* borrowed */
    exg_pass *pass;
    float *grad;    /* shape (P): one lane block's            */
    exg_fixed *sum; /* shape (P + riders): this rank's blocks */
};

exg_status exg_epoch_create(exg_net *net, exg_batches *batches,
                            exg_optimizer *optimizer, exg_epoch **out)
{
    exg_status st = EXG_OK;
    exg_epoch *e = NULL;

    EXG_TRY(exg_new(&e, 1));
    e->net = net;
    e->batches = batches;
    e->optimizer = optimizer;
    EXG_TRY(exg_pass_create(net, &e->pass));
    EXG_TRY(exg_new(&e->grad, net->nparam));
    EXG_TRY(exg_new(&e->sum, net->nparam + EXG_GRADSYNC_RIDERS));
    *out = e;
    e = NULL;
done:
    exg_epoch_destroy(&e);
    return st;
}

void exg_epoch_destroy(exg_epoch **e)
{
    if (*e != NULL) {
        exg_pass_destroy(&(*e)->pass);
        exg_free((*e)->grad);
        exg_free((*e)->sum);
        exg_free(*e);
        *e = NULL;
    }
}

/* Add a block's losses and right predictions to the riders. */
static exg_status add_riders(exg_epoch *e, const int32_t *target,
                             const float *weight, const float *loss,
                             exg_int terms)
{
    exg_fixed *rider = e->sum + e->net->nparam;
    int32_t guess[EXG_LANE];

    exg_predict_argmax(e->net->nclass, exg_pass_logits(e->pass), guess);
    for (int s = 0; s < EXG_LANE; s++) {
        rider[EXG_GRADSYNC_CORRECT] += weight[s] > 0 && guess[s] == target[s];
        if (exg_fixed_add(1, loss + s, EXG_FIXED_LOSS, terms,
                          rider + EXG_GRADSYNC_LOSS) != 1) {
            return exg_fail(EXG_ENUMERIC,
                            "the loss is %g: training has diverged, a smaller "
                            "--lr may help",
                            (double)loss[s]);
        }
    }
    return EXG_OK;
}

/* Forward, backward and exact sums of one lane block.  `blocks` bounds the
 * number of terms of the finished sums. */
static exg_status train_block(exg_epoch *e, exg_int step, exg_int block,
                              exg_int blocks)
{
    exg_status st = EXG_OK;
    const exg_int np = e->net->nparam;
    int32_t target[EXG_LANE];
    float weight[EXG_LANE], loss[EXG_LANE];
    exg_int bad;

    exg_batches_load(e->batches, step, block, exg_pass_input(e->pass), target,
                     weight, NULL);
    exg_pass_forward(e->pass);
    exg_pass_loss(e->pass, target, weight, loss);
    EXG_TRY(add_riders(e, target, weight, loss, blocks * EXG_LANE));
    exg_pass_backward_params(e->pass, e->grad);
    bad = exg_fixed_add(np, e->grad, EXG_FIXED_GRAD, blocks, e->sum);
    if (bad < np) {
        st = exg_fail(EXG_ENUMERIC,
                      "a gradient of layer %s is %g: training has diverged, a "
                      "smaller --lr may help",
                      exg_net_owner(e->net, bad), (double)e->grad[bad]);
    }
done:
    return st;
}

/* One global batch: this rank's blocks, the reduction, the step.  `due` rides
 * along; what comes of all ranks' wishes is in e->sum. */
static exg_status train_step(const exg_par *par, exg_epoch *e, exg_int step,
                             int due)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_batches_blocks(e->batches, step);
    const exg_int samples = exg_batches_samples(e->batches, step);

    for (exg_int i = 0; i < e->net->nparam + EXG_GRADSYNC_RIDERS; i++) {
        e->sum[i] = 0;
    }
    for (exg_int b = 0; b < mine.count && st == EXG_OK; b++) {
        st = train_block(e, step, b, mine.total);
    }
    e->sum[e->net->nparam + EXG_GRADSYNC_WISH] = exg_wish_mine(par, due);
    st = exg_gradsync(par, samples, e->sum, st, e->net);
    if (st == EXG_OK) {
        exg_optimizer_step(e->optimizer, e->net->grad, e->net->param);
    }
    return st;
}

/* Samples of the first `steps` steps. */
static exg_int samples_of(const exg_batches *batches, exg_int steps)
{
    exg_int total = 0;

    for (exg_int t = 0; t < steps; t++) {
        total += exg_batches_samples(batches, t);
    }
    return total;
}

/* One step more: place and e->sum follow it. */
static exg_status advance(const exg_par *par, exg_epoch *e,
                          exg_epoch_place *place,
                          const exg_epoch_keeper *keeper)
{
    exg_status st = EXG_OK;
    const exg_fixed *rider = e->sum + e->net->nparam;
    const int due = keeper != NULL && keeper->due(keeper->state);
    exg_wish wish;

    EXG_TRY(train_step(par, e, place->step, due));
    place->step++;
    place->loss += exg_fixed_value(rider[EXG_GRADSYNC_LOSS], EXG_FIXED_LOSS);
    place->correct += rider[EXG_GRADSYNC_CORRECT];
    wish = exg_wish_of(rider[EXG_GRADSYNC_WISH]);
    if (keeper != NULL && (wish.stop != 0 || wish.keep)) {
        EXG_TRY(keeper->keep(par, keeper->state, place, wish));
    }
done:
    return st;
}

exg_status exg_epoch_resume(const exg_par *par, exg_epoch *e,
                            exg_epoch_place *place, int more,
                            const exg_epoch_keeper *keeper,
                            exg_epoch_stats *stats)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    const exg_int steps = exg_batches_steps(e->batches);
    const double total = (double)samples_of(e->batches, steps);
    const exg_int before = samples_of(e->batches, place->step);
    exg_int seen = before;
    exg_log_progress progress;
    char what[32], note[48];

    EXG_TRY(exg_batches_epoch(par, e->batches, place->epoch, more));
    snprintf(what, sizeof what, "epoch %td", place->epoch);
    progress = exg_log_progress_start(what, "images", before, (exg_int)total);
    while (place->step < steps) {
        seen += exg_batches_samples(e->batches, place->step);
        EXG_TRY(advance(par, e, place, keeper));
        snprintf(note, sizeof note, "loss %.3f", place->loss / (double)seen);
        exg_log_progress_at(&progress, seen, note);
    }
    stats->loss = place->loss / total;
    stats->accuracy = (double)place->correct / total;
    stats->seconds = exg_clock_now() - start;
    stats->trained = seen - before;
done:
    return st;
}

exg_status exg_epoch_run(const exg_par *par, exg_epoch *e, exg_int epoch,
                         int more, exg_epoch_stats *stats)
{
    exg_epoch_place place = {.epoch = epoch};

    return exg_epoch_resume(par, e, &place, more, NULL, stats);
}
