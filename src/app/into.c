/* into.c -- see into.h: options, and from features to places. */
#include "app/into.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "par/agree.h"
#include "par/memory.h"

int exg_into_asked(const exg_opts *opts)
{
    return exg_opts_text(opts, "tsne-into")[0] != '\0';
}

/* As openTSNE's transform(): see EXG_PLACE_DEFAULTS. */
exg_status exg_into_defaults(exg_opts *opts)
{
    static const char *const suits[][2] = {{"tsne-perplexity", "5"},
                                           {"tsne-iterations", "250"},
                                           {"tsne-early", "0"},
                                           {"tsne-late", "1.5"},
                                           {"tsne-lr", "0.1"}};
    exg_status st = EXG_OK;

    for (size_t i = 0; exg_into_asked(opts) && i < sizeof suits / sizeof *suits;
         i++) {
        EXG_TRY(exg_opts_set(opts, "--tsne-into ", suits[i][0], suits[i][1],
                             EXG_OPT_FROM_PRESET));
    }
done:
    return st;
}

void exg_into_destroy(exg_into **into)
{
    exg_into *t = *into;

    if (t == NULL) {
        return;
    }
    for (exg_int i = 0; i < t->nmap; i++) {
        exg_free(t->map[i].r);
        exg_place_free(&t->map[i].placed);
    }
    exg_tiles_destroy(&t->tiles);
    exg_pca_axes_destroy(&t->axes);
    exg_free(t->label);
    exg_free(t->index);
    exg_free(t->set);
    exg_free(t);
    *into = NULL;
}

static exg_status read_plan(const exg_opts *o, exg_into *t)
{
    exg_status st = EXG_OK;
    const exg_place_plan plan = EXG_PLACE_DEFAULTS;
    exg_tsne_options choice;

    EXG_TRY(exg_choices_read(o, &choice));
    EXG_TRY(exg_choices_scales(o, "tsne-perplexity", &t->scales));
    t->plan = plan;
    t->plan.iterations = choice.iterations;
    t->plan.early = choice.early;
    t->plan.exaggeration = choice.exaggeration;
    t->plan.late = choice.late;
    if (choice.momentum >= 0.0) {
        t->plan.momentum = choice.momentum;
    }
    if (choice.learning_rate > 0.0) { /* not "auto" */
        t->plan.learning_rate = choice.learning_rate;
    }
done:
    return st;
}

/* What the places are worth, in a line. */
static void say(const exg_maps *m, const char *what, const exg_placed *p,
                double seconds)
{
    const double kl = p->kl[p->frames - 1];
    char labels[96] = "";

    if (p->scores.accuracy_map >= 0.0) { /* NaN where it was not measured */
        snprintf(labels, sizeof labels,
                 ", accuracy of 10 neighbours in it %.2f %% on the map, "
                 "%.2f %% by features",
                 100 * p->scores.accuracy_map,
                 100 * p->scores.accuracy_features);
    }
    exg_log_say("%s: %td points placed among %td, KL %.3f%s (%.1f s)", what,
                m->rows.total, m->into->total, kl, labels, seconds);
    exg_log_event("tsne",
                  "\"map\": \"%s\", \"dims\": %d, \"points\": %td, "
                  "\"placed_among\": %td, \"kl\": %.17g",
                  what, p->dims, m->rows.total, m->into->total, kl);
}

/* One map takes the points. */
static exg_status fill(const exg_maps *m, const exg_guests *guests,
                       exg_into_map *map, exg_clock *clock)
{
    exg_status st = EXG_OK;
    const exg_into *t = m->into;
    const double start = exg_clock_now();
    const int known = m->labelled && t->labelled;
    const int measure =
        strcmp(exg_opts_text(m->opts, "tsne-quality"), "no") != 0;
    exg_maps_bar bar = {.what = map->dims == 2 ? "t-SNE 2-D" : "t-SNE 3-D"};
    exg_field *field = NULL;
    double since = start;

    EXG_TRY(exg_field_create(
        m->par, m->kern, exg_opts_text(m->opts, "tsne-engine"),
        &(exg_field_map){
            .total = t->total, .dims = map->dims, .dof = map->dof, .r = map->r},
        &field));
    map->engine = exg_field_engine(field);
    exg_clock_add(clock, "into field", exg_clock_lap(&since));
    EXG_TRY(exg_place(m->par, guests, field, map->dims, map->r, &t->plan,
                      exg_maps_bar_down, &bar, &map->placed));
    exg_clock_add(clock, "into descent", exg_clock_lap(&since));
    if (measure) {
        EXG_TRY(exg_place_score(m->par, guests, map->r, known ? t->label : NULL,
                                known ? m->label : NULL, &map->placed));
        exg_clock_add(clock, "into quality", exg_clock_lap(&since));
    }
    say(m, bar.what, &map->placed, exg_clock_now() - start);
done:
    exg_field_destroy(&field);
    return st;
}

/* What the search for neighbours holds at a time: the map's features in tiles,
 * packed and passing by, the new ones twice, and candidates; see points.h. */
static exg_status check_memory(const exg_maps *m)
{
    const double size = m->par->size, d = (double)m->nfeature;
    const double theirs = (double)m->into->total / size;
    const double mine = (double)m->rows.total / size;
    const double k = 3.0 * exg_affinity_most(&m->into->scales);
    const double wide = 4.0 * (d + fmin(d, 256.0) + 24.0);
    const double bytes = theirs * wide * fmin(size, 3.0) +
                         mine * (4.0 * d + wide + 28.0 * k + 1024.0);
    char what[96];

    snprintf(what, sizeof what, "placing %td points among %td", m->rows.total,
             m->into->total);
    return exg_memory_check(m->par, what, bytes,
                            "use more hosts or fewer points; more ranks on a "
                            "host do not help");
}

/* New points among the map's, by what the map was made of. */
static exg_status find_neighbours(const exg_maps *m, exg_clock *clock,
                                  exg_guests **guests)
{
    exg_status st = EXG_OK;
    const exg_into *t = m->into;
    float *reduced = NULL;
    exg_maps_bar bar = {.what = "t-SNE neighbours"};
    const exg_knn_how how = {
        .kern = m->kern, .progress = exg_maps_bar_at, .state = &bar};

    if (t->axes != NULL) {
        EXG_TRY_ALL(m->par, exg_new(&reduced, m->rows.count * t->pca));
        EXG_TRY(exg_pca_follow(m->par, t->axes, m->rows.total, m->features,
                               reduced));
    }
    EXG_TRY(exg_guests_create(m->par, &how, t->tiles, m->rows.total,
                              t->axes != NULL ? reduced : m->features,
                              &t->scales, clock, guests));
done:
    exg_free(reduced);
    return st;
}

exg_status exg_into_make(exg_maps *m, exg_clock *clock)
{
    exg_status st = EXG_OK;
    double since = exg_clock_now();
    exg_guests *guests = NULL;

    EXG_TRY(exg_into_read(m, &m->into));
    EXG_TRY_ALL(m->par, read_plan(m->opts, m->into));
    exg_clock_add(clock, "into read", exg_clock_lap(&since));
    EXG_TRY(check_memory(m));
    EXG_TRY(find_neighbours(m, clock, &guests));
    exg_tiles_destroy(&m->into->tiles);
    for (exg_int i = 0; i < m->into->nmap; i++) {
        EXG_TRY(fill(m, guests, m->into->map + i, clock));
    }
done:
    exg_guests_destroy(&guests);
    return st;
}
