/* mapping.c -- features of the best model -> t-SNE maps -> results.
 *
 * Evaluation deals the test set out in lane blocks, t-SNE in equal shards: the
 * rows move once.  The maps of two and of three dimensions are computed one
 * after the other from the same features. */
#include "app/mapping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "embed/points.h"
#include "embed/tsne.h"
#include "par/agree.h"
#include "par/gather.h"
#include "store/schema.h"

enum {
    MAPS = 2 /* two and three dimensions */
};

struct exg_run_map {
    exg_shard rows;     /* the points, dealt by exg_shard_mine()  */
    float *features;    /* shape (rows.count, D)                  */
    int32_t *label;     /* shape (rows.count)                     */
    int64_t *index;     /* shape (rows.count): rows of the test set */
    exg_points *points; /* neighbours and affinities, for all maps */
    exg_int nmap;
    exg_tsne_result map[MAPS];
};

/* Points in the maps: --tsne-samples, or all there are. */
static exg_int points(const exg_run *run)
{
    const exg_int all = run->set->test.shard.total;
    const exg_int wanted = exg_opts_int(run->opts, "tsne-samples");

    return wanted < all ? wanted : all;
}

exg_status exg_mapping_check(const exg_run *run)
{
    const exg_int n = points(run);
    const double perplexity = exg_opts_real(run->opts, "tsne-perplexity");
    const double most = floor((double)(n - 1) / 3 * 1e3) / 1e3;

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    if (n < 4) {
        return exg_fail(EXG_EUSAGE,
                        "--limit-test: %td test samples, want at least 4 for "
                        "t-SNE, or --stages without embed",
                        n);
    }
    if (perplexity > most) {
        return exg_fail(EXG_EUSAGE,
                        "--tsne-perplexity: %g, want at most %g for %td points",
                        perplexity, most, n);
    }
    return EXG_OK;
}

/* The features, labels and numbers of the first n test samples. */
static exg_status collect(const exg_run *run, exg_int n, exg_run_map *m)
{
    exg_status st = EXG_OK;
    const exg_prediction *p = run->shown;
    exg_shard from = p->span;

    from.total = n;
    m->rows = exg_shard_mine(run->par, n);
    EXG_TRY_ALL(run->par, exg_new(&m->features, m->rows.count * p->nfeature));
    EXG_TRY_ALL(run->par, exg_new(&m->label, m->rows.count));
    EXG_TRY_ALL(run->par, exg_new(&m->index, m->rows.count));
    exg_gather_reshard(run->par, p->nfeature * (exg_int)sizeof *p->features,
                       from, p->features, m->features);
    exg_gather_reshard(run->par, sizeof *p->label, from, p->label, m->label);
    for (exg_int i = 0; i < m->rows.count; i++) {
        m->index[i] = m->rows.first + i;
    }
done:
    return st;
}

/* A map under way: its bar, and the name on it. */
typedef struct {
    exg_log_progress bar;
    char what[16];
} film;

static void show_progress(void *state, exg_int iteration, exg_int iterations,
                          double kl)
{
    film *f = state;
    char note[32];

    if (iteration == 0) {
        f->bar = exg_log_progress_start(f->what, "iterations", iterations);
    }
    snprintf(note, sizeof note, "KL %.3f", kl);
    exg_log_progress_at(&f->bar, iteration, note);
}

/* What the user chose; progress goes to f. */
static exg_tsne_options choices(const exg_run *run, int dims, film *f)
{
    const exg_opts *o = run->opts;
    const int random = strcmp(exg_opts_text(o, "tsne-init"), "random") == 0;
    exg_tsne_options choice = EXG_TSNE_DEFAULTS;

    choice.dims = dims;
    choice.perplexity = exg_opts_real(o, "tsne-perplexity");
    choice.iterations = exg_opts_int(o, "tsne-iterations");
    choice.engine = exg_opts_text(o, "tsne-engine");
    choice.init = random ? EXG_TSNE_RANDOM : EXG_TSNE_PCA;
    choice.seed = (uint64_t)exg_opts_int(o, "seed");
    choice.kern = run->net->kern;
    choice.progress = show_progress;
    choice.progress_state = f;
    return choice;
}

static void add_clock(exg_clock *sum, const exg_clock *part)
{
    for (int i = 0; i < part->count; i++) {
        exg_clock_add(sum, part->name[i], part->seconds[i]);
    }
}

static exg_status make_map(exg_run *run, exg_run_map *m, int dims)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    exg_tsne_result *r = m->map + m->nmap;
    film f = {.bar = {0}};
    const exg_tsne_options choice = choices(run, dims, &f);

    snprintf(f.what, sizeof f.what, "t-SNE %d-D", dims);
    EXG_TRY(exg_tsne_map(run->par, m->points, m->label, &choice, r));
    m->nmap++;
    add_clock(&run->clock, &r->clock);
    exg_log_say("t-SNE %d-D: %td points, KL %.3f, trustworthiness %.4f, "
                "accuracy of 10 neighbours %.2f %% on the map, %.2f %% by "
                "features (%.1f s)",
                dims, m->rows.total, r->final_kl, r->quality.trust12,
                100 * r->quality.accuracy_map,
                100 * r->quality.accuracy_features, exg_clock_now() - start);
    exg_log_event("tsne", "\"dims\": %d, \"points\": %td, \"kl\": %.17g", dims,
                  m->rows.total, r->final_kl);
done:
    return st;
}

exg_status exg_mapping_run(exg_run *run)
{
    exg_status st = EXG_OK;

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    EXG_TRY_ALL(run->par, exg_new(&run->map, 1));
    EXG_TRY(collect(run, points(run), run->map));
    EXG_TRY(exg_points_create(run->par, run->map->rows.total,
                              run->net->nfeature, run->map->features,
                              exg_opts_real(run->opts, "tsne-perplexity"),
                              &run->clock, &run->map->points));
    for (int dims = 2; dims <= 3; dims++) {
        if (exg_opts_has(run->opts, "tsne-dims", dims == 2 ? "2" : "3")) {
            EXG_TRY(make_map(run, run->map, dims));
        }
    }
done:
    return st;
}

static exg_status record_map(const exg_run *run, exg_writer *w,
                             const exg_tsne_result *r, const char *group)
{
    exg_status st = EXG_OK;
    const exg_run_map *m = run->map;
    const exg_results_scalar quality[] = {
        {"final_kl", "Kullback-Leibler divergence of the map", "nat",
         r->final_kl},
        {"trustworthiness_5", "trustworthiness of 5 neighbours", "1",
         r->quality.trust5},
        {"trustworthiness_12", "trustworthiness of 12 neighbours", "1",
         r->quality.trust12},
        {"knn_recall_10", "share of 10 nearest neighbours kept", "1",
         r->quality.recall},
        {"knn_accuracy_features",
         "leave-one-out accuracy of 10 neighbours by features", "1",
         r->quality.accuracy_features},
        {"knn_accuracy_map",
         "leave-one-out accuracy of 10 neighbours on the map", "1",
         r->quality.accuracy_map}};
    const exg_results_scalar setting[] = {
        {"perplexity", "", "1", exg_opts_real(run->opts, "tsne-perplexity")},
        {"iterations", "", "1", exg_opts_real(run->opts, "tsne-iterations")},
        {"learning_rate", "", "1", r->learning_rate}};
    const exg_results_pair choice[] = {
        {"engine", r->engine}, {"init", exg_opts_text(run->opts, "tsne-init")}};
    int32_t *iteration = NULL;

    EXG_TRY_ALL(run->par, exg_new(&iteration, r->frames));
    for (exg_int i = 0; i < r->frames; i++) {
        iteration[i] = (int32_t)r->iteration[i];
    }
    EXG_TRY(exg_results_tsne_put(
        run->par, w,
        &(exg_results_tsne){.group = group,
                            .shard = m->rows,
                            .dims = r->dims,
                            .coordinates = r->y,
                            .label = m->label,
                            .index = m->index,
                            .nmoment = r->frames,
                            .trajectory = r->trajectory,
                            .iteration = iteration,
                            .kl = r->kl,
                            .nquality = sizeof quality / sizeof *quality,
                            .quality = quality,
                            .nsetting = sizeof setting / sizeof *setting,
                            .setting = setting,
                            .nchoice = sizeof choice / sizeof *choice,
                            .choice = choice}));
done:
    exg_free(iteration);
    return st;
}

exg_status exg_mapping_record(const exg_run *run, exg_writer *w)
{
    exg_status st = EXG_OK;
    const exg_run_map *m = run->map;

    if (m == NULL) {
        return EXG_OK;
    }
    EXG_TRY(exg_results_embedding_put(
        run->par, w,
        &(exg_results_embedding){.shard = m->rows,
                                 .nfeature = run->net->nfeature,
                                 .features = m->features,
                                 .label = m->label,
                                 .index = m->index}));
    for (exg_int i = 0; i < m->nmap; i++) {
        /* The first map is /tsne, whatever its dimension. */
        EXG_TRY(record_map(run, w, m->map + i,
                           i == 0 ? EXG_SCHEMA_TSNE : EXG_SCHEMA_TSNE_3D));
    }
done:
    return st;
}

void exg_mapping_clear(exg_run *run)
{
    if (run->map == NULL) {
        return;
    }
    for (exg_int i = 0; i < run->map->nmap; i++) {
        exg_tsne_free(run->map->map + i);
    }
    exg_points_destroy(&run->map->points);
    exg_free(run->map->features);
    exg_free(run->map->label);
    exg_free(run->map->index);
    exg_free(run->map);
    run->map = NULL;
}
