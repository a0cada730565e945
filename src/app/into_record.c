/* into_record.c -- placed points, and those that stayed, into the results file.
 */
#include <stdio.h>

#include "app/into.h"
#include "par/agree.h"
#include "store/schema.h"

#define TITLE "Points placed into a finished t-SNE map"

static exg_status put_placed(const exg_maps *m, exg_writer *w,
                             const char *group, const exg_into_map *map)
{
    const exg_into *t = m->into;
    const exg_placed *p = &map->placed;
    const exg_results_scalar quality[] = {
        {"final_kl", "mean Kullback-Leibler divergence of a placed point",
         "nat", p->kl[p->frames - 1]},
        {"knn_recall_10",
         "share of 10 neighbours among the reference points kept", "1",
         p->scores.recall},
        {"knn_accuracy_features",
         "accuracy of 10 neighbours among the reference points by features",
         "1", p->scores.accuracy_features},
        {"knn_accuracy_map",
         "accuracy of 10 neighbours among the reference points on the map", "1",
         p->scores.accuracy_map}};
    const exg_results_scalar setting[] = {
        {"perplexity", "", "1", exg_affinity_most(&t->scales)},
        {"iterations", "", "1", (double)t->plan.iterations},
        {"learning_rate", "", "1", t->plan.learning_rate},
        {"momentum", "", "1", t->plan.momentum},
        {"early_iterations", "", "1", (double)t->plan.early},
        {"early_exaggeration", "", "1", t->plan.exaggeration},
        {"late_exaggeration", "", "1", t->plan.late},
        {"dof", "", "1", map->dof},
        {"reference_points", "", "1", (double)t->total}};
    const exg_results_pair choice[] = {
        {"engine", map->engine},
        {"into", exg_opts_text(m->opts, "tsne-into")},
        {"perplexities", exg_opts_text(m->opts, "tsne-perplexity")},
        {"title", TITLE}};
    const exg_int all = sizeof quality / sizeof *quality;
    const int measured = p->scores.recall >= 0.0; /* NaN: it was not */

    return exg_results_tsne_put(
        m->par, w,
        &(exg_results_tsne){.group = group,
                            .shard = m->rows,
                            .dims = p->dims,
                            .coordinates = p->y,
                            .label = m->label,
                            .index = m->index,
                            .set = m->set,
                            .nmoment = p->frames,
                            .trajectory = p->trajectory,
                            .iteration = p->iteration,
                            .kl = p->kl,
                            .nquality = measured ? all : 1,
                            .quality = quality,
                            .nsetting = sizeof setting / sizeof *setting,
                            .setting = setting,
                            .nchoice = sizeof choice / sizeof *choice,
                            .choice = choice});
}

/* The points that stayed, each rank its share. */
static exg_status put_reference(const exg_maps *m, exg_writer *w,
                                const char *group, const exg_into_map *map)
{
    const exg_into *t = m->into;
    const exg_shard mine = exg_shard_mine(m->par, t->total);
    const exg_results_pair choice = {
        "title", "The map that the points were placed into"};
    char own[64];

    snprintf(own, sizeof own, "%s/%s", group, EXG_SCHEMA_TSNE_REFERENCE);
    return exg_results_tsne_put(
        m->par, w,
        &(exg_results_tsne){.group = own,
                            .shard = mine,
                            .dims = map->dims,
                            .coordinates = map->r + mine.first * map->dims,
                            .label = t->label + mine.first,
                            .index = t->index + mine.first,
                            .set = t->set != NULL ? t->set + mine.first : NULL,
                            .nchoice = 1,
                            .choice = &choice});
}

exg_status exg_into_record(const exg_maps *m, exg_writer *w)
{
    exg_status st = EXG_OK;

    for (exg_int i = 0; i < m->into->nmap; i++) {
        /* The first map is /tsne, whatever its dimension. */
        const char *group = i == 0 ? EXG_SCHEMA_TSNE : EXG_SCHEMA_TSNE_3D;

        EXG_TRY(put_placed(m, w, group, m->into->map + i));
        EXG_TRY(put_reference(m, w, group, m->into->map + i));
    }
done:
    return st;
}
