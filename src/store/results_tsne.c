/* results_tsne.c -- a t-SNE map.
 *
 * Viewers draw a scatter plot from a 1-D signal and 1-D axes; programs want
 * (N, d).  So the coordinates are there twice. */
#include <stdio.h>

#include "results_impl.h"
#include "store/schema.h"

#define COUNT(table) ((exg_int)(sizeof(table) / sizeof(table)[0]))

enum {
    X,
    Y,
    Z,
    LABEL,
    INDEX,
    SET,
    COMPONENT,
    COORDINATES,
    TRAJECTORY,
    ITERATION,
    KL,
    NAMES
};

typedef struct {
    char path[NAMES][96];
} paths;

static paths paths_of(const char *group)
{
    static const char *const name[NAMES] = {
        [X] = EXG_SCHEMA_TSNE_X,
        [Y] = EXG_SCHEMA_TSNE_Y,
        [Z] = EXG_SCHEMA_TSNE_Z,
        [LABEL] = EXG_SCHEMA_TSNE_LABEL,
        [INDEX] = EXG_SCHEMA_TSNE_INDEX,
        [SET] = EXG_SCHEMA_TSNE_SET,
        [COMPONENT] = EXG_SCHEMA_TSNE_COMPONENT,
        [COORDINATES] = EXG_SCHEMA_TSNE_COORDINATES,
        [TRAJECTORY] = EXG_SCHEMA_TSNE_TRAJECTORY,
        [ITERATION] = EXG_SCHEMA_TSNE_ITERATION,
        [KL] = EXG_SCHEMA_TSNE_KL};
    paths p;

    for (int i = 0; i < NAMES; i++) {
        snprintf(p.path[i], sizeof p.path[i], "%s/%s", group, name[i]);
    }
    return p;
}

/* x, y and z as columns of their own. */
static exg_status put_columns(const exg_par *par, exg_writer *w,
                              const exg_results_tsne *t, const paths *p,
                              const exg_results_dim *n)
{
    static const char *const name[] = {"t-SNE x", "t-SNE y", "t-SNE z"};
    const exg_int count = t->shard.count, d = t->dims;
    exg_status st = EXG_OK;
    float *column = NULL;

    EXG_TRY_ALL(par, exg_new(&column, count));
    for (exg_int j = 0; j < d; j++) {
        const exg_results_item item = {p->path[X + j], name[j], "1",
                                       EXG_WRITER_F32, column,  {n}};

        for (exg_int i = 0; i < count; i++) {
            column[i] = t->coordinates[i * d + j];
        }
        EXG_TRY(exg_results_items(par, w, 1, &item));
    }
done:
    exg_free(column);
    return st;
}

static exg_status put_points(const exg_par *par, exg_writer *w,
                             const exg_results_tsne *t, const paths *p)
{
    exg_status st = EXG_OK;
    const exg_results_dim n = {t->shard.total, p->path[INDEX], &t->shard};
    const exg_results_dim d = {t->dims, p->path[COMPONENT], NULL};
    const exg_results_item item[] = {
        {p->path[INDEX],
         t->set != NULL ? "row of its set" : "row of the input",
         "",
         EXG_WRITER_I64,
         t->index,
         {&n}},
        {p->path[LABEL], "true class", "", EXG_WRITER_I32, t->label, {&n}},
        {p->path[COORDINATES],
         "t-SNE coordinates",
         "1",
         EXG_WRITER_F32,
         t->coordinates,
         {&n, &d}},
    };

    EXG_TRY(exg_results_count(par, w, &d, "0: x, 1: y, 2: z", ""));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    EXG_TRY(exg_results_set(par, w, p->path[SET], t->set, &n));
    EXG_TRY(put_columns(par, w, t, p, &n));
done:
    return st;
}

static exg_status put_descent(const exg_par *par, exg_writer *w,
                              const exg_results_tsne *t, const paths *p)
{
    exg_status st = EXG_OK;
    const exg_results_dim m = {t->nmoment, p->path[ITERATION], NULL};
    const exg_results_dim n = {t->shard.total, p->path[INDEX], &t->shard};
    const exg_results_dim d = {t->dims, p->path[COMPONENT], NULL};
    const exg_results_item item[] = {
        {p->path[ITERATION],
         "iteration",
         "",
         EXG_WRITER_I32,
         t->iteration,
         {&m}},
        {p->path[KL],
         "Kullback-Leibler divergence",
         "nat",
         EXG_WRITER_F64,
         t->kl,
         {&m}},
        {p->path[TRAJECTORY],
         "t-SNE coordinates on the way",
         "1",
         EXG_WRITER_F32,
         t->trajectory,
         {&m, &n, &d}},
    };

    EXG_TRY(exg_results_items(par, w, COUNT(item) - t->no_trajectory, item));
done:
    return st;
}

/* What the map is worth, and how it was made. */
static exg_status put_account(const exg_par *par, exg_writer *w,
                              const exg_results_tsne *t)
{
    exg_status st = EXG_OK;
    char path[128];

    for (exg_int i = 0; i < t->nquality; i++) {
        const exg_results_scalar *q = &t->quality[i];
        const exg_results_item item = {path,           q->long_name, q->units,
                                       EXG_WRITER_F64, &q->value,    {NULL}};

        snprintf(path, sizeof path, "%s/%s", t->group, q->name);
        EXG_TRY(exg_results_items(par, w, 1, &item));
    }
    for (exg_int i = 0; i < t->nsetting; i++) {
        EXG_TRY(exg_writer_attr_f64(par, w, t->group, t->setting[i].name,
                                    t->setting[i].value));
    }
    EXG_TRY(exg_results_pairs(par, w, t->group, t->nchoice, t->choice));
done:
    return st;
}

exg_status exg_results_tsne_put(const exg_par *par, exg_writer *w,
                                const exg_results_tsne *t)
{
    static const char *const axes[] = {"x", "y", "z"};
    static const char *const along[] = {"x_indices", "y_indices", "z_indices"};
    exg_status st = EXG_OK;
    const paths p = paths_of(t->group);

    EXG_TRY(exg_writer_group(par, w, t->group, "NXdata"));
    EXG_TRY(put_points(par, w, t, &p));
    if (t->nmoment > 0) {
        EXG_TRY(put_descent(par, w, t, &p));
    }
    EXG_TRY(put_account(par, w, t));
    EXG_TRY(exg_results_axes(par, w, t->group, "label", (int)t->dims, axes));
    for (exg_int j = 0; j < t->dims; j++) { /* all along the one dimension */
        EXG_TRY(exg_writer_attr_i64(par, w, t->group, along[j], 0));
    }
done:
    return st;
}

exg_status exg_results_epochs_put(const exg_par *par, exg_writer *w,
                                  const exg_results_epochs *e)
{
    static const char *const axes[] = {"epoch", "index", "component"};
    exg_status st = EXG_OK;
    const exg_results_dim f = {e->nframe, EXG_SCHEMA_TSNE_EPOCHS_EPOCH, NULL};
    const exg_results_dim n = {e->shard.total, EXG_SCHEMA_TSNE_EPOCHS_INDEX,
                               &e->shard};
    const exg_results_dim d = {2, EXG_SCHEMA_TSNE_EPOCHS_COMPONENT, NULL};
    const exg_results_item item[] = {
        {EXG_SCHEMA_TSNE_EPOCHS_EPOCH,
         "epoch",
         "",
         EXG_WRITER_I32,
         e->epoch,
         {&f}},
        {EXG_SCHEMA_TSNE_EPOCHS_INDEX,
         "row of the input",
         "",
         EXG_WRITER_I64,
         e->index,
         {&n}},
        {EXG_SCHEMA_TSNE_EPOCHS_LABEL,
         "true class",
         "",
         EXG_WRITER_I32,
         e->label,
         {&n}},
        {EXG_SCHEMA_TSNE_EPOCHS_KL,
         "Kullback-Leibler divergence",
         "nat",
         EXG_WRITER_F64,
         e->kl,
         {&f}},
        {EXG_SCHEMA_TSNE_EPOCHS_COORDINATES,
         "t-SNE coordinates after the epoch",
         "1",
         EXG_WRITER_F32,
         e->coordinates,
         {&f, &n, &d}},
    };

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_TSNE_EPOCHS, "NXdata"));
    EXG_TRY(exg_results_count(par, w, &d, "0: x, 1: y", ""));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    EXG_TRY(exg_results_axes(par, w, EXG_SCHEMA_TSNE_EPOCHS, "coordinates", 3,
                             axes));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_TSNE_EPOCHS, "title",
                                 "t-SNE of the embeddings through training"));
done:
    return st;
}
