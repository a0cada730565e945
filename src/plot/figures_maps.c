/* figures_maps.c -- /tsne_sweep and /tsne_epochs as small multiples. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures_impl.h"
#include "plot/fig_maps.h"
#include "store/schema.h"

enum {
    PANELS_MAX = 64, /* more would be too small to see: every k-th is drawn */
    LIST_BYTES = 2048
};

/* Draw panels whose points have these labels. */
static exg_status save(exg_reader *r, exg_fig_maps *fig, const char *stem)
{
    exg_status st = EXG_OK;
    char **names = NULL;

    fig->classes = exg_figures_classes(fig->points, fig->label, 0);
    EXG_TRY(exg_figures_names(r, fig->classes, &names));
    fig->name = (const char *const *)names;
    EXG_TRY(exg_fig_maps_save(fig, stem));
done:
    exg_free(names);
    return st;
}

/* One map of the sweep. */
static exg_status read_panel(exg_reader *r, const char *map, exg_int *points,
                             float **at, exg_fig_maps_panel *panel)
{
    exg_status st = EXG_OK;
    exg_int dims[] = {*points, 2}, n = -1;
    double *kl = NULL;
    char path[160];

    snprintf(path, sizeof path, "%s/%.48s/%s", EXG_SCHEMA_TSNE_SWEEP, map,
             EXG_SCHEMA_TSNE_COORDINATES);
    EXG_TRY(exg_reader_f32(r, path, 2, dims, at));
    *points = dims[0];
    snprintf(path, sizeof path, "%s/%.48s/%s", EXG_SCHEMA_TSNE_SWEEP, map,
             EXG_SCHEMA_TSNE_KL);
    if (exg_reader_has(r, path)) {
        EXG_TRY(exg_reader_f64(r, path, 1, &n, &kl));
    }
    snprintf(panel->caption, sizeof panel->caption, "perplexity %.40s",
             map + (map[0] == 'p'));
    panel->coordinates = *at;
    panel->kl = n > 0 ? kl[n - 1] : NAN;
done:
    exg_free(kl);
    return st;
}

exg_status exg_figures_sweep(exg_reader *r, const char *source,
                             const char *stem)
{
    exg_status st = EXG_OK;
    exg_fig_maps_panel panel[PANELS_MAX];
    float *at[PANELS_MAX] = {NULL};
    exg_fig_maps fig = {.panel = panel,
                        .points = -1,
                        .title = "t-SNE at several perplexities",
                        .source = source};
    char list[LIST_BYTES], path[160], *rest = list, *map;
    int64_t *label = NULL;

    EXG_TRY(exg_reader_attr_text(r, EXG_SCHEMA_TSNE_SWEEP, EXG_SCHEMA_TSNE_MAPS,
                                 list, sizeof list));
    while ((map = strsep(&rest, ",")) != NULL && fig.panels < PANELS_MAX) {
        EXG_TRY(read_panel(r, map, &fig.points, &at[fig.panels],
                           &panel[fig.panels]));
        fig.panels++;
        snprintf(path, sizeof path, "%s/%.48s/%s", EXG_SCHEMA_TSNE_SWEEP, map,
                 EXG_SCHEMA_TSNE_LABEL);
    }
    EXG_TRY(exg_reader_i64(r, path, 1, &fig.points, &label));
    if (fig.points < 1) {
        st = exg_fail(EXG_EINPUT, "%s: %s has no points", source,
                      EXG_SCHEMA_TSNE_SWEEP);
        goto done;
    }
    fig.label = label;
    EXG_TRY(save(r, &fig, stem));
done:
    for (exg_int p = 0; p < PANELS_MAX; p++) {
        exg_free(at[p]);
    }
    exg_free(label);
    return st;
}

exg_status exg_figures_epochs(exg_reader *r, const char *source,
                              const char *stem)
{
    exg_status st = EXG_OK;
    exg_fig_maps_panel panel[PANELS_MAX];
    exg_fig_maps fig = {.panel = panel,
                        .one_scale = 1,
                        .title = "t-SNE of the embeddings through training",
                        .source = source};
    exg_int dims[] = {-1, -1, 2}, every;
    float *at = NULL;
    double *kl = NULL;
    int64_t *label = NULL, *epoch = NULL;

    EXG_TRY(
        exg_reader_f32(r, EXG_SCHEMA_TSNE_EPOCHS_COORDINATES, 3, dims, &at));
    EXG_TRY(exg_reader_f64(r, EXG_SCHEMA_TSNE_EPOCHS_KL, 1, &dims[0], &kl));
    EXG_TRY(
        exg_reader_i64(r, EXG_SCHEMA_TSNE_EPOCHS_EPOCH, 1, &dims[0], &epoch));
    EXG_TRY(
        exg_reader_i64(r, EXG_SCHEMA_TSNE_EPOCHS_LABEL, 1, &dims[1], &label));
    if (dims[0] < 1 || dims[1] < 1) {
        st = exg_fail(EXG_EINPUT, "%s: %s is empty", source,
                      EXG_SCHEMA_TSNE_EPOCHS_COORDINATES);
        goto done;
    }
    every = (dims[0] + PANELS_MAX - 1) / PANELS_MAX;
    for (exg_int f = (dims[0] - 1) % every; f < dims[0]; f += every) {
        exg_fig_maps_panel *p = panel + fig.panels++; /* the last is in */

        p->coordinates = at + 2 * f * dims[1];
        p->kl = kl[f];
        snprintf(p->caption, sizeof p->caption, "epoch %lld",
                 (long long)epoch[f]);
    }
    fig.points = dims[1];
    fig.label = label;
    EXG_TRY(save(r, &fig, stem));
done:
    exg_free(epoch);
    exg_free(label);
    exg_free(kl);
    exg_free(at);
    return st;
}
