/* results_maps.c -- the sections that explain the network: saliency, embedding
 * and t-SNE. */
#include <stdio.h>
#include <string.h>

#include "results_impl.h"
#include "store/schema.h"

#define COUNT(table) ((exg_int)(sizeof(table) / sizeof(table)[0]))

/* Grey images have no channel axis: drop NULLs from the middle of dims. */
static void close_gaps(exg_int n, exg_results_item *item)
{
    for (exg_int i = 0; i < n; i++) {
        const exg_results_dim **dim = item[i].dim;
        int kept = 0;

        for (int j = 0; j < EXG_WRITER_RANK; j++) {
            if (dim[j] != NULL) {
                dim[kept++] = dim[j];
            }
        }
        for (; kept < EXG_WRITER_RANK; kept++) {
            dim[kept] = NULL;
        }
    }
}

static exg_status put_map_axes(const exg_par *par, exg_writer *w,
                               const exg_results_saliency *s,
                               const exg_results_dim *row,
                               const exg_results_dim *column,
                               const exg_results_dim *channel)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_results_count(par, w, row, "row", "pixel"));
    EXG_TRY(exg_results_count(par, w, column, "column", "pixel"));
    if (channel != NULL) {
        EXG_TRY(exg_results_count(par, w, channel, "colour channel", ""));
    }
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_SALIENCY, "target_mode",
                                 s->target_mode));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_SALIENCY, "baseline_mode",
                                 s->baseline_mode));
done:
    return st;
}

/* What the group opens on: the map of the first sample after training. */
static exg_status show_maps(const exg_par *par, exg_writer *w,
                            const exg_results_saliency *s)
{
    static const char *const grey[] = {"epoch", "index", "row", "column"};
    static const char *const colour[] = {"epoch", "index", "channel", "row",
                                         "column"};
    const int has_colour = s->c > 1;
    exg_status st = EXG_OK;
    char last[24];

    snprintf(last, sizeof last, "%td", s->nepoch - 1);
    EXG_TRY(exg_results_axes(par, w, EXG_SCHEMA_SALIENCY, "saliency",
                             has_colour ? 5 : 4, has_colour ? colour : grey));
    EXG_TRY(exg_writer_attr_texts(
        par, w, EXG_SCHEMA_SALIENCY, "default_slice", has_colour ? 5 : 4,
        has_colour ? (const char *[]){last, "0", "0", ".", "."}
                   : (const char *[]){last, "0", ".", "."}));
done:
    return st;
}

/* The dimensions of /saliency. */
typedef struct {
    exg_results_dim n, f, y, x, c;
} map_dims;

/* The two lists of which samples and epochs there are maps of. */
static exg_status put_which(const exg_par *par, exg_writer *w,
                            const exg_results_saliency *s, const map_dims *d)
{
    const exg_results_item item[] = {
        {EXG_SCHEMA_SALIENCY_INDEX,
         "row of the test set",
         "",
         EXG_WRITER_I64,
         s->index,
         {&d->n}},
        {EXG_SCHEMA_SALIENCY_TARGET,
         "class differentiated; -1: sum of all logits",
         "",
         EXG_WRITER_I32,
         s->target,
         {&d->n}},
        {EXG_SCHEMA_SALIENCY_EPOCH,
         "epoch; -1: before training",
         "",
         EXG_WRITER_I32,
         s->epoch,
         {&d->f}},
    };

    return exg_results_items(par, w, COUNT(item), item);
}

/* The images. */
static exg_status put_images(const exg_par *par, exg_writer *w,
                             const exg_results_saliency *s, const map_dims *d)
{
    exg_status st = EXG_OK;
    const exg_results_dim *f = &d->f, *n = &d->n, *y = &d->y, *x = &d->x;
    const exg_results_dim *c = s->c > 1 ? &d->c : NULL;
    exg_results_item item[] = {
        {EXG_SCHEMA_SOURCE,
         "input x",
         "1",
         EXG_WRITER_F32,
         s->source,
         {n, c, y, x}},
        {EXG_SCHEMA_BASELINE_MAP,
         "derivative of the target logit at the baseline input",
         "1",
         EXG_WRITER_F32,
         s->baseline,
         {f, n, c, y, x}},
        {EXG_SCHEMA_SALIENCY_MAP,
         "derivative of the target logit at the input",
         "1",
         EXG_WRITER_F32,
         s->saliency,
         {f, n, c, y, x}},
        {EXG_SCHEMA_DELTA_MAP,
         "saliency minus baseline",
         "1",
         EXG_WRITER_F32,
         s->delta,
         {f, n, c, y, x}},
        {EXG_SCHEMA_OVERLAY_MAP,
         "delta times brightness",
         "1",
         EXG_WRITER_F32,
         s->overlay,
         {f, n, c, y, x}},
    };

    close_gaps(COUNT(item), item);
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    for (exg_int i = 0; i < COUNT(item); i++) {
        EXG_TRY(exg_writer_attr_text(par, w, item[i].path, "interpretation",
                                     "image"));
    }
done:
    return st;
}

exg_status exg_results_saliency_put(const exg_par *par, exg_writer *w,
                                    const exg_results_saliency *s)
{
    exg_status st = EXG_OK;
    const map_dims d = {.n = {s->nsample, EXG_SCHEMA_SALIENCY_INDEX, NULL},
                        .f = {s->nepoch, EXG_SCHEMA_SALIENCY_EPOCH, NULL},
                        .y = {s->h, EXG_SCHEMA_SALIENCY_ROW, NULL},
                        .x = {s->w, EXG_SCHEMA_SALIENCY_COLUMN, NULL},
                        .c = {s->c, EXG_SCHEMA_SALIENCY_CHANNEL, NULL}};

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_SALIENCY, "NXdata"));
    EXG_TRY(put_map_axes(par, w, s, &d.y, &d.x, s->c > 1 ? &d.c : NULL));
    EXG_TRY(put_which(par, w, s, &d));
    EXG_TRY(put_images(par, w, s, &d));
    EXG_TRY(show_maps(par, w, s));
done:
    return st;
}

exg_status exg_results_embedding_put(const exg_par *par, exg_writer *w,
                                     const exg_results_embedding *e)
{
    static const char *const axes[] = {"index", "feature"};
    exg_status st = EXG_OK;
    const exg_results_dim n = {e->shard.total, EXG_SCHEMA_EMBEDDING_INDEX,
                               &e->shard};
    const exg_results_dim d = {e->nfeature, EXG_SCHEMA_EMBEDDING_FEATURE, NULL};
    const exg_results_item item[] = {
        {EXG_SCHEMA_EMBEDDING_INDEX,
         e->set != NULL ? "row of its set" : "row of the input",
         "",
         EXG_WRITER_I64,
         e->index,
         {&n}},
        {EXG_SCHEMA_EMBEDDING_LABEL,
         "true class",
         "",
         EXG_WRITER_I32,
         e->label,
         {&n}},
    };
    const exg_writer_array features = {.path = EXG_SCHEMA_FEATURES,
                                       .long_name = e->meaning,
                                       .units = "1",
                                       .type = EXG_WRITER_F32,
                                       .rank = 2,
                                       .dims = {e->shard.total, e->nfeature},
                                       .split = 0,
                                       .shard = e->shard,
                                       .data = e->features,
                                       .has_zeros = e->has_zeros};

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_EMBEDDING, "NXdata"));
    EXG_TRY(exg_results_count(par, w, &d, "feature", ""));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    EXG_TRY(exg_results_set(par, w, EXG_SCHEMA_EMBEDDING_SET, e->set, &n));
    EXG_TRY(exg_writer_put(par, w, &features));
    EXG_TRY(exg_writer_attach(par, w, EXG_SCHEMA_FEATURES, 2,
                              (const char *[]){n.scale, d.scale}));
    EXG_TRY(
        exg_results_axes(par, w, EXG_SCHEMA_EMBEDDING, "features", 2, axes));
    if (e->model != NULL && e->model[0] != '\0') {
        EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_EMBEDDING,
                                     EXG_SCHEMA_MODEL_NAME, e->model));
    }
done:
    return st;
}
