/* maps_record.c -- maps into the results file. */
#include <stdio.h>
#include <string.h>

#include "app/into.h"
#include "par/agree.h"
#include "store/schema.h"

/* Where a map goes and what it was made with. */
typedef struct {
    const char *group;
    double perplexity;        /* the largest        */
    const char *perplexities; /* as they were given */
    double momentum;          /* as it was given    */
    int film;                 /* 1: with trajectory */
} entry;

/* The frames' numbers in the file's type. */
static exg_status narrow(const exg_tsne_result *r, int32_t **out)
{
    exg_status st = EXG_OK;
    int32_t *iteration = NULL;

    EXG_TRY(exg_new(&iteration, r->frames));
    for (exg_int i = 0; i < r->frames; i++) {
        iteration[i] = (int32_t)r->iteration[i];
    }
    *out = iteration;
done:
    return st;
}

enum {
    QUALITIES = 9,
    SETTINGS = 10
};

/* What the map is worth. */
static void list_quality(const exg_tsne_result *r,
                         exg_results_scalar list[QUALITIES])
{
    const exg_quality *q = &r->quality;
    const exg_results_scalar all[QUALITIES] = {
        {"final_kl", "Kullback-Leibler divergence of the map", "nat",
         r->final_kl},
        {"trustworthiness_5", "trustworthiness of 5 neighbours", "1",
         q->trust5},
        {"trustworthiness_12", "trustworthiness of 12 neighbours", "1",
         q->trust12},
        {"continuity_12", "continuity of 12 neighbours", "1", q->continuity12},
        {"quality_sample", "points trustworthiness and continuity are of", "1",
         q->ranked},
        {"spearman", "rank correlation of distances, features and map", "1",
         q->spearman},
        {"knn_recall_10", "share of 10 nearest neighbours kept", "1",
         q->recall},
        {"knn_accuracy_features",
         "leave-one-out accuracy of 10 neighbours by features", "1",
         q->accuracy_features},
        {"knn_accuracy_map",
         "leave-one-out accuracy of 10 neighbours on the map", "1",
         q->accuracy_map}};

    memcpy(list, all, sizeof all);
}

/* How it was made. */
static void list_settings(const exg_opts *o, const exg_tsne_result *r,
                          const entry *e, exg_results_scalar list[SETTINGS])
{
    const exg_results_scalar all[SETTINGS] = {
        {"perplexity", "", "1", e->perplexity},
        {"pca", "", "1", exg_opts_real(o, "tsne-pca")},
        {"iterations", "", "1", (double)r->iteration[r->frames - 1]},
        {"iterations_planned", "", "1", exg_opts_real(o, "tsne-iterations")},
        {"learning_rate", "", "1", r->learning_rate},
        {"momentum", "", "1", exg_tsne_momentum(e->momentum, r->rows.total)},
        {"early_iterations", "", "1", exg_opts_real(o, "tsne-early")},
        {"early_exaggeration", "", "1", exg_opts_real(o, "tsne-exaggeration")},
        {"late_exaggeration", "", "1", exg_opts_real(o, "tsne-late")},
        {"dof", "", "1", exg_opts_real(o, "tsne-dof")}};

    memcpy(list, all, sizeof all);
}

static exg_status put_map(const exg_maps *m, exg_writer *w,
                          const exg_tsne_result *r, const entry *e)
{
    exg_status st = EXG_OK;
    exg_results_scalar quality[QUALITIES], setting[SETTINGS];
    const exg_results_pair choice[] = {
        {"engine", r->engine},
        {"stop", r->rested ? "at rest" : "planned"},
        {"init", exg_opts_text(m->opts, "tsne-init")},
        {"perplexities", e->perplexities},
        {"title", m->title}};
    const int measured =
        r->quality.ranked > 0.0; /* NaN with --tsne-quality no */
    int32_t *iteration = NULL;

    list_quality(r, quality);
    list_settings(m->opts, r, e, setting);
    EXG_TRY_ALL(m->par, narrow(r, &iteration));
    EXG_TRY(exg_results_tsne_put(
        m->par, w,
        &(exg_results_tsne){.group = e->group,
                            .shard = m->rows,
                            .dims = r->dims,
                            .coordinates = r->y,
                            .label = m->label,
                            .index = m->index,
                            .set = m->set,
                            .nmoment = r->frames,
                            .trajectory = e->film ? r->trajectory : NULL,
                            .no_trajectory = !e->film,
                            .iteration = iteration,
                            .kl = r->kl,
                            .nquality = measured ? QUALITIES : 1,
                            .quality = quality,
                            .nsetting = SETTINGS,
                            .setting = setting,
                            .nchoice = sizeof choice / sizeof *choice,
                            .choice = choice}));
done:
    exg_free(iteration);
    return st;
}

static exg_status put_sweep(const exg_maps *m, exg_writer *w, double momentum)
{
    exg_status st = EXG_OK;
    char list[32 * EXG_AFFINITY_SCALES] = "";
    int used = 0;

    if (m->nswept == 0) {
        return EXG_OK;
    }
    EXG_TRY(exg_writer_group(m->par, w, EXG_SCHEMA_TSNE_SWEEP, "NXcollection"));
    for (exg_int s = 0; s < m->nswept; s++) {
        const double perplexity = m->sweep.perplexity[s];
        char group[64], text[32];
        const entry e = {group, perplexity, text, momentum, 0};

        snprintf(text, sizeof text, "%g", perplexity);
        used += snprintf(list + used, sizeof list - (size_t)used, "%sp%s",
                         s > 0 ? "," : "", text);
        snprintf(group, sizeof group, "%s/p%s", EXG_SCHEMA_TSNE_SWEEP, text);
        EXG_TRY(put_map(m, w, m->swept + s, &e));
    }
    EXG_TRY(exg_writer_attr_text(m->par, w, EXG_SCHEMA_TSNE_SWEEP,
                                 EXG_SCHEMA_TSNE_MAPS, list));
done:
    return st;
}

exg_status exg_maps_record(const exg_maps *m, exg_writer *w)
{
    exg_status st = EXG_OK;
    const char *list = exg_opts_text(m->opts, "tsne-perplexity");
    exg_tsne_options choice;

    EXG_TRY_ALL(m->par, exg_choices_read(m->opts, &choice));
    if (m->keep_features) {
        EXG_TRY(exg_results_embedding_put(
            m->par, w,
            &(exg_results_embedding){.shard = m->rows,
                                     .nfeature = m->nfeature,
                                     .features = m->features,
                                     .meaning = m->meaning,
                                     .has_zeros = m->has_zeros,
                                     .label = m->label,
                                     .index = m->index,
                                     .set = m->set,
                                     .model = m->model}));
    }
    if (m->into != NULL) {
        return exg_into_record(m, w);
    }
    for (exg_int i = 0; i < m->nmap; i++) {
        /* The first map is /tsne, whatever its dimension. */
        const entry e = {i == 0 ? EXG_SCHEMA_TSNE : EXG_SCHEMA_TSNE_3D,
                         choice.perplexity, list, choice.momentum, 1};

        EXG_TRY(put_map(m, w, m->map + i, &e));
    }
    EXG_TRY(put_sweep(m, w, choice.momentum));
done:
    return st;
}
