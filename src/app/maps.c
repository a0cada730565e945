/* maps.c -- features -> neighbours, once -> a map per wish.
 *
 * Neighbours are found for the largest perplexity there is; the affinities of
 * each map use as many of them as a run at its perplexity alone would, so a map
 * of a sweep is the same bits as that of such a run. */
#include "app/maps.h"

#include <math.h>
#include <stdio.h>

#include "app/into.h"
#include "app/maps_keep.h"
#include "core/log.h"
#include "embed/pca.h"
#include "par/agree.h"
#include "par/memory.h"

#define LARGE (1024.0 * 1024 * 1024) /* bytes worth a line: 1 GiB */

/* A map under way: the bars of its descent and of what follows, where that
 * takes long. */
typedef struct {
    exg_maps_bar descent, measuring;
} film;

void exg_maps_bar_at(void *state, exg_int done, exg_int total)
{
    exg_maps_bar *b = state;

    if (b->bar.total == 0) {
        b->bar = exg_log_progress_start(b->what, "tiles", 0, total);
    }
    exg_log_progress_at(&b->bar, done, "");
}

void exg_maps_bar_down(void *state, exg_int iteration, exg_int iterations,
                       double kl)
{
    exg_maps_bar *b = state;
    char note[32];

    if (b->bar.total == 0) { /* not at 0 where a checkpoint was resumed */
        b->bar = exg_log_progress_start(b->what, "iterations", iteration,
                                        iterations);
    }
    snprintf(note, sizeof note, "KL %.3f", kl);
    exg_log_progress_at(&b->bar, iteration, note);
}

static void show_descent(void *state, exg_int iteration, exg_int iterations,
                         double kl)
{
    film *f = state;

    exg_maps_bar_down(&f->descent, iteration, iterations, kl);
}

static void show_measuring(void *state, exg_int done, exg_int total)
{
    film *f = state;

    exg_maps_bar_at(&f->measuring, done, total);
}

/* A map is about to be made: is it one that is finished? */
static int is_finished(exg_maps *m, exg_maps_keep_kind kind, int index)
{
    const exg_int have = kind == EXG_MAPS_KEEP_MAP ? m->nmap : m->nswept;

    if (m->kept != NULL) {
        m->kept->kind = kind;
        m->kept->index = index;
    }
    return index < have;
}

/* A map is made: it counts, and what is asked of the run is done. */
static exg_status count_in(exg_maps *m, exg_maps_keep_kind kind)
{
    exg_status st = EXG_OK;

    *(kind == EXG_MAPS_KEEP_MAP ? &m->nmap : &m->nswept) += 1;
    if (m->kept != NULL) {
        EXG_TRY(exg_maps_keep_end(m->par, m->kept));
    }
done:
    return st;
}

/* What the map is worth, in a line. */
static void say(const exg_maps *m, const char *what, const exg_tsne_result *r,
                double seconds)
{
    char labels[96] = "", trust[48] = "";

    if (r->quality.trust12 > 0.0) { /* NaN where it was not measured */
        snprintf(trust, sizeof trust, ", trustworthiness %.4f",
                 r->quality.trust12);
    }
    if (m->labelled && r->quality.accuracy_map >= 0.0) {
        snprintf(labels, sizeof labels,
                 ", accuracy of 10 neighbours %.2f %% on the map, %.2f %% by "
                 "features",
                 100 * r->quality.accuracy_map,
                 100 * r->quality.accuracy_features);
    }
    exg_log_say("%s: %td points, KL %.3f%s%s (%.1f s)", what, m->rows.total,
                r->final_kl, trust, labels, seconds);
    exg_log_event("tsne",
                  "\"map\": \"%s\", \"dims\": %d, \"points\": %td, "
                  "\"kl\": %.17g",
                  what, r->dims, m->rows.total, r->final_kl);
}

exg_status exg_maps_one(const exg_maps *m, const char *what,
                        const exg_tsne_options *choice, exg_clock *clock,
                        exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    film f = {.descent = {.what = what},
              .measuring = {.what = "t-SNE quality"}};
    exg_tsne_options full = *choice;

    exg_log_phase(what);
    full.kern = m->kern;
    full.progress = show_descent;
    full.measuring = show_measuring;
    full.progress_state = &f;
    if (m->kept != NULL) {
        exg_maps_keep_begin(m->kept, what, &full);
    }
    EXG_TRY(exg_tsne_map(m->par, m->points, m->labelled ? m->label : NULL,
                         &full, r));
    for (int i = 0; i < r->clock.count; i++) {
        exg_clock_add(clock, r->clock.name[i], r->clock.seconds[i]);
    }
    say(m, what, r, exg_clock_now() - start);
done:
    return st;
}

static exg_status make_maps(exg_maps *m, const exg_affinity_scales *scales,
                            exg_tsne_options choice, exg_clock *clock)
{
    exg_status st = EXG_OK;
    int index = 0;

    EXG_TRY(exg_points_tune(m->par, scales, clock, m->points));
    for (choice.dims = 2; choice.dims <= 3; choice.dims++) {
        const int flat = choice.dims == 2;

        if (!exg_opts_has(m->opts, "tsne-dims", flat ? "2" : "3") ||
            is_finished(m, EXG_MAPS_KEEP_MAP, index++)) {
            continue;
        }
        EXG_TRY(exg_maps_one(m, flat ? "t-SNE 2-D" : "t-SNE 3-D", &choice,
                             clock, m->map + m->nmap));
        EXG_TRY(count_in(m, EXG_MAPS_KEEP_MAP));
    }
done:
    return st;
}

static exg_status make_sweep(exg_maps *m, exg_tsne_options choice,
                             exg_clock *clock)
{
    exg_status st = EXG_OK;

    for (int s = 0; s < m->sweep.count; s++) {
        const exg_affinity_scales one =
            exg_affinity_one_scale(m->sweep.perplexity[s]);
        char what[48];

        if (is_finished(m, EXG_MAPS_KEEP_SWEPT, s)) {
            continue;
        }
        snprintf(what, sizeof what, "t-SNE at perplexity %g",
                 m->sweep.perplexity[s]);
        choice.perplexity = m->sweep.perplexity[s];
        EXG_TRY(exg_points_tune(m->par, &one, clock, m->points));
        EXG_TRY(exg_maps_one(m, what, &choice, clock, m->swept + s));
        exg_free(m->swept[s].trajectory); /* not recorded */
        m->swept[s].trajectory = NULL;
        EXG_TRY(count_in(m, EXG_MAPS_KEEP_SWEPT));
    }
done:
    return st;
}

/* The features go when the points hold a copy and nobody else wants them. */
static void let_go(exg_maps *m)
{
    if (!m->keep_features) {
        exg_free(m->features);
        m->features = NULL;
    }
}

/* Compare what is going to be held with what is free. */
static exg_status check_memory(const exg_maps *m, exg_int dim, double most)
{
    const double points =
        exg_points_bytes(m->rows.total, dim, most, m->par->size);
    const double d = (double)m->nfeature, rows = (double)m->rows.count;
    const double pca = rows * 4.0 * (d + 2.0 * (double)dim) + 20.0 * d * d;
    const double bytes =
        exg_opts_int(m->opts, "tsne-pca") > 0 ? fmax(points, pca) : points;
    char what[96];

    snprintf(what, sizeof what, "t-SNE of %td points of %td features",
             m->rows.total, m->nfeature);
    if (bytes > LARGE) {
        exg_log_say("%s: %.1f GiB per rank", what, bytes / LARGE);
    }
    return exg_memory_check(m->par, what, bytes,
                            "use more hosts, fewer points or --tsne-pca; more "
                            "ranks on a host do not help");
}

exg_status exg_maps_neighbours(exg_maps *m, double most, exg_clock *clock)
{
    exg_status st = EXG_OK;
    const exg_int keep = exg_opts_int(m->opts, "tsne-pca");
    double since = exg_clock_now();
    const exg_int dim = keep > 0 ? keep : m->nfeature;
    float *reduced = NULL;
    exg_maps_bar bar = {.what = "t-SNE neighbours"};
    const exg_knn_how how = {
        .kern = m->kern, .progress = exg_maps_bar_at, .state = &bar};

    exg_log_phase("neighbours");
    EXG_TRY(check_memory(m, dim, most));
    if (keep > 0) {
        EXG_TRY_ALL(m->par, exg_new(&reduced, m->rows.count * keep));
        EXG_TRY(exg_pca_reduce(m->par, m->rows.total, m->nfeature, m->features,
                               keep, reduced, NULL));
        exg_clock_add(clock, "tsne pca", exg_clock_lap(&since));
    }
    EXG_TRY(exg_points_prepare(m->par, m->rows.total, dim,
                               keep > 0 ? reduced : m->features, clock,
                               &m->points));
    exg_free(reduced);
    reduced = NULL;
    let_go(m);
    EXG_TRY(exg_points_neighbours(m->par, &how, most, clock, m->points));
done:
    exg_free(reduced);
    return st;
}

/* Is every map there? */
static int is_complete(const exg_maps *m)
{
    return m->nmap == exg_opts_has(m->opts, "tsne-dims", "2") +
                          exg_opts_has(m->opts, "tsne-dims", "3") &&
           m->nswept == m->sweep.count;
}

exg_status exg_maps_make(exg_maps *m, exg_clock *clock)
{
    exg_status st = EXG_OK;
    exg_affinity_scales scales;
    exg_tsne_options choice;
    double most, swept;

    if (exg_into_asked(m->opts)) {
        return exg_into_make(m, clock);
    }
    EXG_TRY_ALL(m->par,
                exg_choices_scales(m->opts, "tsne-perplexity", &scales));
    EXG_TRY_ALL(m->par, exg_choices_scales(m->opts, "tsne-sweep", &m->sweep));
    EXG_TRY_ALL(m->par, exg_choices_read(m->opts, &choice));
    if (m->kept != NULL) {
        EXG_TRY(exg_maps_keep_finished(m));
    }
    if (is_complete(m)) {
        return EXG_OK; /* before it was stopped */
    }
    most = exg_affinity_most(&scales);
    swept = exg_affinity_most(&m->sweep);
    EXG_TRY(exg_maps_neighbours(m, swept > most ? swept : most, clock));
    EXG_TRY(make_maps(m, &scales, choice, clock));
    EXG_TRY(make_sweep(m, choice, clock));
done:
    return st;
}

void exg_maps_clear(exg_maps *m)
{
    if (m->kept != NULL) {
        m->kept->maps = NULL;
    }
    for (exg_int i = 0; i < m->nmap; i++) {
        exg_tsne_free(m->map + i);
    }
    for (exg_int i = 0; i < m->nswept; i++) {
        exg_tsne_free(m->swept + i);
    }
    m->nmap = m->nswept = 0;
    exg_into_destroy(&m->into);
    exg_points_destroy(&m->points);
    exg_free(m->features);
    exg_free(m->label);
    exg_free(m->index);
    exg_free(m->set);
    m->features = NULL;
    m->label = NULL;
    m->index = NULL;
    m->set = NULL;
}
