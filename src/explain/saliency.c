/* saliency.c -- see saliency.h.
 *
 * The first S test images lie on the first ranks only, so they are dealt out
 * anew: a small dataset part of their own, walked in lane blocks by the same
 * loader as evaluation.  A block needs two forward and two backward passes.
 * Per-sample arithmetic does not depend on the block, so neither do the maps
 * on the ranks. */
#include "explain/saliency.h"

#include <math.h>
#include <string.h>

#include "core/signal.h"
#include "data/batch.h"
#include "data/lanes.h"
#include "explain/blank.h"
#include "par/agree.h"
#include "par/gather.h"
#include "train/predict.h"

/** The four maps that a frame computes, in the order they are stored. */
enum {
    BASELINE,
    SALIENCY,
    DELTA,
    OVERLAY,
    MAPS
};

struct exg_saliency_work {
    exg_saliency_plan plan;
    exg_source_part part; /* the samples, dealt to all ranks; rows owned */
    exg_batches *batches;
    exg_int pixels, nclass;
    exg_int room;      /* frames that fit on rank 0 */
    float *mean;       /* shape (pixels): blank input "mean"          */
    float *x, *x0;     /* [C][H][W][16]: images, blank inputs         */
    float *map[MAPS];  /* [C][H][W][16]                               */
    float *rows[MAPS]; /* shape (my samples, pixels)                  */
    float *dlogits;    /* [K][16]                                     */
    int32_t *target;   /* shape (my samples)                          */
};

static void destroy_work(const exg_par *par, struct exg_saliency_work *k)
{
    if (k == NULL) {
        return;
    }
    exg_batches_destroy(par, &k->batches);
    exg_free(k->part.rows);
    exg_free(k->mean);
    exg_free(k->x);
    exg_free(k->x0);
    for (int m = 0; m < MAPS; m++) {
        exg_free(k->map[m]);
        exg_free(k->rows[m]);
    }
    exg_free(k->dlogits);
    exg_free(k->target);
    exg_free(k);
}

void exg_saliency_destroy(const exg_par *par, exg_saliency **s)
{
    if (*s == NULL) {
        return;
    }
    destroy_work(par, (*s)->work);
    exg_free((*s)->index);
    exg_free((*s)->label);
    exg_free((*s)->target);
    exg_free((*s)->epoch);
    exg_free((*s)->source);
    exg_free((*s)->baseline);
    exg_free((*s)->saliency);
    exg_free((*s)->delta);
    exg_free((*s)->overlay);
    exg_free(*s);
    *s = NULL;
}

static exg_status check_plan(const exg_dataset *set, exg_saliency_plan plan)
{
    if (plan.samples > set->test.shard.total) {
        return exg_fail(EXG_EUSAGE,
                        "--saliency-samples: %td, want at most the %td test "
                        "samples in use",
                        plan.samples, set->test.shard.total);
    }
    if (plan.target >= set->nclass) {
        return exg_fail(EXG_EUSAGE,
                        "--target: %d, want a class 0 to %td, true, predicted "
                        "or sum",
                        plan.target, set->nclass - 1);
    }
    return EXG_OK;
}

/* Local room for lane blocks and rows. */
static exg_status create_room(struct exg_saliency_work *k)
{
    exg_status st = EXG_OK;
    const exg_int lanes = k->pixels * EXG_LANE;
    const exg_int count = exg_batches_span(k->batches, 0).count;

    EXG_TRY(exg_new(&k->x, lanes));
    EXG_TRY(exg_new(&k->x0, lanes));
    for (int m = 0; m < MAPS; m++) {
        EXG_TRY(exg_new(&k->map[m], lanes));
        EXG_TRY(exg_new(&k->rows[m], count * k->pixels));
    }
    EXG_TRY(exg_new(&k->dlogits, k->nclass * EXG_LANE));
    EXG_TRY(exg_new(&k->target, count));
done:
    return st;
}

/* What does not grow, on rank 0. */
static exg_status create_results(exg_saliency *s)
{
    exg_status st = EXG_OK;
    exg_int all = 0;

    EXG_TRY(exg_mem_product(s->nsample, s->work->pixels, &all));
    EXG_TRY(exg_new(&s->index, s->nsample));
    EXG_TRY(exg_new(&s->label, s->nsample));
    EXG_TRY(exg_new(&s->target, s->nsample));
    EXG_TRY(exg_new(&s->source, all));
done:
    return st;
}

/* Give an array of frames room for more of them. */
static exg_status grow(float **maps, exg_int frame, exg_int have, exg_int room)
{
    exg_status st = EXG_OK;
    float *wider = NULL;
    exg_int all = 0;

    EXG_TRY(exg_mem_product(frame, room, &all));
    EXG_TRY(exg_new(&wider, all));
    if (have > 0) {
        memcpy(wider, *maps, (size_t)(have * frame) * sizeof *wider);
    }
    exg_free(*maps);
    *maps = wider;
done:
    return st;
}

/* Room for one more frame on rank 0: twice as many as there are, so that many
 * epochs cost memory only where they improved. */
static exg_status make_room_for_frame(exg_saliency *s)
{
    exg_status st = EXG_OK;
    const exg_int frame = s->nsample * s->work->pixels;
    const exg_int room = s->nframe > 0 ? 2 * s->nframe : 2;
    int32_t *epoch = NULL;

    if (s->nframe < s->work->room) {
        return EXG_OK;
    }
    EXG_TRY(grow(&s->baseline, frame, s->nframe, room));
    EXG_TRY(grow(&s->saliency, frame, s->nframe, room));
    EXG_TRY(grow(&s->delta, frame, s->nframe, room));
    EXG_TRY(grow(&s->overlay, frame, s->nframe, room));
    EXG_TRY(exg_new(&epoch, room));
    for (exg_int i = 0; i < s->nframe; i++) {
        epoch[i] = s->epoch[i];
    }
    exg_free(s->epoch);
    s->epoch = epoch;
    s->work->room = room;
done:
    return st;
}

/* Deal the first samples of the test set to all ranks. */
static exg_status deal_samples(const exg_par *par, const exg_dataset *set,
                               exg_int samples, struct exg_saliency_work *k)
{
    exg_status st = EXG_OK;
    exg_shard from = set->test.shard;

    k->part.pixels = set->test.pixels;
    k->part.shard = exg_shard_mine(par, samples);
    EXG_TRY_ALL(par, exg_new(&k->part.rows,
                             k->part.shard.count * (k->part.pixels + 1)));
    from.total = samples;
    exg_gather_reshard(par, k->part.pixels + 1, from, set->test.rows,
                       k->part.rows);
    EXG_TRY(exg_batches_create(par, &k->part, (exg_batches_plan){.batch = 0},
                               &k->batches));
    EXG_TRY(exg_batches_epoch(par, k->batches, 0, 0));
done:
    return st;
}

/* Labels and images to rank 0: what does not change from frame to frame. */
static exg_status gather_sources(const exg_par *par, exg_saliency *s)
{
    exg_status st = EXG_OK;
    struct exg_saliency_work *k = s->work;
    const exg_source_part *part = &k->part;
    const exg_int count = part->shard.count;
    float *source = NULL;
    int32_t *label = NULL;

    EXG_TRY_ALL(par, exg_new(&source, count * k->pixels));
    EXG_TRY_ALL(par, exg_new(&label, count));
    for (exg_int i = 0; i < count; i++) {
        const uint8_t *image = exg_source_image(part, i);

        label[i] = exg_source_label(part, i);
        for (exg_int p = 0; p < k->pixels; p++) {
            source[i * k->pixels + p] = exg_lanes_pixel(image[p]);
        }
    }
    exg_gather_rows(par, k->pixels * (exg_int)sizeof *source, count, source,
                    s->source);
    exg_gather_rows(par, sizeof *label, count, label, s->label);
    for (exg_int i = 0; par->rank == 0 && i < s->nsample; i++) {
        s->index[i] = i;
    }
done:
    exg_free(source);
    exg_free(label);
    return st;
}

exg_status exg_saliency_create(const exg_par *par, const exg_dataset *set,
                               exg_saliency_plan plan, exg_saliency **out)
{
    exg_status st = EXG_OK;
    exg_saliency *s = NULL;

    EXG_TRY(check_plan(set, plan));
    EXG_TRY_ALL(par, exg_new(&s, 1));
    EXG_TRY_ALL(par, exg_new(&s->work, 1));
    s->nsample = plan.samples;
    s->c = set->c;
    s->h = set->h;
    s->w = set->w;
    s->work->plan = plan;
    s->work->pixels = s->c * s->h * s->w;
    s->work->nclass = set->nclass;
    EXG_TRY(deal_samples(par, set, plan.samples, s->work));
    EXG_TRY_ALL(par, create_room(s->work));
    EXG_TRY_ALL(par, par->rank == 0 ? create_results(s) : EXG_OK);
    EXG_TRY_ALL(par, exg_new(&s->work->mean, s->work->pixels));
    if (plan.baseline == EXG_BASELINE_MEAN) {
        EXG_TRY(exg_blank_mean(par, &set->train, s->work->mean));
    }
    EXG_TRY(gather_sources(par, s));
    *out = s;
    s = NULL;
done:
    exg_saliency_destroy(par, &s);
    return st;
}

/* d y_t / d logits of 16 samples, and the classes chosen (-1: the sum). */
static void choose_targets(const struct exg_saliency_work *k,
                           const float *logits, const int32_t *label,
                           int32_t *target)
{
    int32_t guess[EXG_LANE];

    exg_predict_argmax(k->nclass, logits, guess);
    for (exg_int s = 0; s < EXG_LANE; s++) {
        target[s] = k->plan.target == EXG_TARGET_TRUE        ? label[s]
                    : k->plan.target == EXG_TARGET_PREDICTED ? guess[s]
                    : k->plan.target == EXG_TARGET_SUM       ? -1
                                                             : k->plan.target;
        for (exg_int c = 0; c < k->nclass; c++) {
            k->dlogits[c * EXG_LANE + s] =
                target[s] < 0 || target[s] == c ? 1.0f : 0.0f;
        }
    }
}

/* The four maps of one lane block, into k->map. */
static void map_block(struct exg_saliency_work *k, const exg_saliency *s,
                      exg_pass *pass, exg_int block, int32_t *target)
{
    const size_t bytes = (size_t)k->pixels * EXG_LANE * sizeof(float);
    int32_t label[EXG_LANE];
    float weight[EXG_LANE];
    exg_int index[EXG_LANE];

    exg_batches_load(k->batches, 0, block, k->x, label, weight, index);
    memcpy(exg_pass_input(pass), k->x, bytes);
    exg_pass_forward(pass);
    choose_targets(k, exg_pass_logits(pass), label, target);
    exg_pass_backward_input(pass, k->dlogits, k->map[SALIENCY]);

    exg_blank_block(k->plan.baseline, s->c, s->h, s->w, k->plan.seed, k->mean,
                    index, k->x, k->map[DELTA], k->x0);
    memcpy(exg_pass_input(pass), k->x0, bytes);
    exg_pass_forward(pass);
    exg_pass_backward_input(pass, k->dlogits, k->map[BASELINE]);
    for (exg_int i = 0; i < k->pixels * EXG_LANE; i++) {
        k->map[DELTA][i] = k->map[SALIENCY][i] - k->map[BASELINE][i];
        k->map[OVERLAY][i] = k->map[DELTA][i] * ((k->x[i] + 1) / 2);
    }
}

/* Lane block to rows: pixel p of sample s.  A NaN is a failure. */
static exg_status store_block(struct exg_saliency_work *k, exg_int block,
                              exg_int first, const int32_t *target)
{
    const exg_int at = block * EXG_LANE;
    const exg_int left = exg_batches_span(k->batches, 0).count - at;
    const exg_int count = left < EXG_LANE ? left : EXG_LANE;

    for (exg_int s = 0; s < count; s++) {
        k->target[at + s] = target[s];
        for (int m = 0; m < MAPS; m++) {
            float *row = k->rows[m] + (at + s) * k->pixels;
            int finite = 1;

            for (exg_int p = 0; p < k->pixels; p++) {
                row[p] = k->map[m][p * EXG_LANE + s];
                finite &= isfinite(row[p]) != 0;
            }
            if (!finite) {
                return exg_fail(EXG_ENUMERIC,
                                "the saliency of sample %td is not finite: "
                                "the network holds numbers that are not",
                                first + at + s);
            }
        }
    }
    return EXG_OK;
}

exg_status exg_saliency_run(const exg_par *par, exg_saliency *s, exg_pass *pass,
                            int epoch)
{
    exg_status st = EXG_OK;
    struct exg_saliency_work *k = s->work;
    const exg_shard span = exg_batches_span(k->batches, 0);
    const exg_int blocks = exg_batches_blocks(k->batches, 0).count;
    const exg_int at = s->nframe * s->nsample * k->pixels;
    const exg_int row_bytes = k->pixels * (exg_int)sizeof(float);
    int32_t target[EXG_LANE];

    EXG_TRY_ALL(par, par->rank == 0 ? make_room_for_frame(s) : EXG_OK);
    for (exg_int b = 0; b < blocks && st == EXG_OK; b++) {
        map_block(k, s, pass, b, target);
        st = store_block(k, b, span.first, target);
        st = st == EXG_OK ? exg_signal_check() : st;
    }
    EXG_TRY_ALL(par, st);
    for (int m = 0; m < MAPS; m++) {
        float *all[MAPS] = {s->baseline, s->saliency, s->delta, s->overlay};

        exg_gather_rows(par, row_bytes, span.count, k->rows[m],
                        all[m] != NULL ? all[m] + at : NULL);
    }
    exg_gather_rows(par, sizeof *k->target, span.count, k->target, s->target);
    if (par->rank == 0) {
        s->epoch[s->nframe] = epoch;
    }
    s->nframe++;
done:
    return st;
}
