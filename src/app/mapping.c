/* mapping.c -- features of the best model -> t-SNE maps -> results. */
#include "app/mapping.h"

#include <stdio.h>
#include <string.h>

#include "app/into.h"
#include "app/samples.h"
#include "mapping_impl.h"
#include "par/agree.h"

enum {
    NEXT_ITERATIONS = 250 /* of a map that starts from the one before */
};

/* Whether the file of --tsne-into can take the samples.  A network that is
 * going to be trained is only known afterwards. */
static exg_status check_into(const exg_run *run)
{
    exg_status st = EXG_OK;
    char out[EXG_OPT_TEXT_MAX + 64], model[EXG_MAPS_MODEL];

    snprintf(out, sizeof out, "%s/results.h5", exg_opts_text(run->opts, "out"));
    EXG_TRY(exg_into_check(run->opts, out, run->net->nfeature));
    if (!exg_run_does(run, "train")) {
        exg_samples_model(run, model);
        EXG_TRY(exg_into_model(run->opts, model, 1));
    }
    exg_samples_warn(run);
done:
    return st;
}

exg_status exg_mapping_check(const exg_run *run)
{
    const exg_int n = exg_samples_count(run);

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    if (exg_into_asked(run->opts)) {
        return check_into(run);
    }
    if (n < 4) {
        return exg_fail(EXG_EUSAGE,
                        "--tsne-data: %td samples, want at least 4 for t-SNE, "
                        "or --stages without embed",
                        n);
    }
    exg_samples_warn(run);
    return exg_choices_check(run->opts, n, run->net->nfeature);
}

exg_status exg_mapping_room(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_int most = exg_opts_int(run->opts, "epochs");

    if (run->map != NULL) {
        return EXG_OK;
    }
    EXG_TRY_ALL(run->par, exg_new(&run->map, 1));
    EXG_TRY_ALL(run->par, exg_new(&run->map->epoch, most));
    EXG_TRY_ALL(run->par, exg_new(&run->map->kl, most));
done:
    return st;
}

/* Twice the room, with what there is. */
static exg_status grow(exg_run_map *m, exg_int n)
{
    exg_status st = EXG_OK;
    const exg_int room = m->room > 0 ? 2 * m->room : 4;
    exg_int all = 0;
    float *frame = NULL;

    EXG_TRY(exg_mem_product(room, n, &all));
    EXG_TRY(exg_new(&frame, all));
    if (m->nframe > 0) {
        memcpy(frame, m->frame, sizeof *frame * (size_t)(m->nframe * n));
    }
    exg_free(m->frame);
    m->frame = frame;
    m->room = room;
done:
    return st;
}

/* The next frame, from the map that has just been made. */
static exg_status keep_frame(exg_run_map *m, int epoch,
                             const exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    const exg_int n = r->rows.count * r->dims;
    const exg_int f = m->nframe;

    if (f > 0 && m->epoch[f - 1] >= epoch) { /* so there is room for all */
        return exg_fail(EXG_EINPUT,
                        "checkpoint: a frame of epoch %d before that of %d",
                        (int)m->epoch[f - 1], epoch);
    }
    if (f == m->room) {
        EXG_TRY(grow(m, n));
    }
    memcpy(m->frame + f * n, r->y, sizeof *r->y * (size_t)n);
    m->epoch[f] = epoch;
    m->kl[f] = r->final_kl;
    m->nframe++;
done:
    return st;
}

/* One frame: points that have moved little need neither exaggeration nor many
 * iterations. */
static exg_status make_frame(exg_run *run, exg_maps *m, const char *what,
                             exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    const exg_run_map *film = run->map;
    exg_affinity_scales scales;
    exg_tsne_options choice;

    EXG_TRY_ALL(run->par,
                exg_choices_scales(run->opts, "tsne-perplexity", &scales));
    EXG_TRY_ALL(run->par, exg_choices_read(run->opts, &choice));
    choice.quality = EXG_QUALITY_NONE;
    if (film->nframe > 0) {
        choice.init = EXG_TSNE_GIVEN;
        choice.start =
            film->frame + (film->nframe - 1) * m->rows.count * choice.dims;
        choice.early = 0;
        choice.iterations = choice.iterations < NEXT_ITERATIONS
                                ? choice.iterations
                                : NEXT_ITERATIONS;
    }
    EXG_TRY(exg_maps_neighbours(m, exg_affinity_most(&scales), &run->clock));
    EXG_TRY(exg_points_tune(run->par, &scales, &run->clock, m->points));
    EXG_TRY(exg_maps_one(m, what, &choice, &run->clock, r));
done:
    return st;
}

exg_status exg_mapping_epoch(exg_run *run, int epoch)
{
    exg_status st = EXG_OK;
    exg_maps m = {.features = NULL};
    exg_tsne_result r = {.dims = 0};
    char what[48];

    if (!exg_run_does(run, "embed") ||
        !exg_opts_flag(run->opts, "tsne-epochs")) {
        return EXG_OK;
    }
    snprintf(what, sizeof what, "t-SNE of epoch %d", epoch);
    EXG_TRY(exg_mapping_room(run));
    EXG_TRY(exg_samples_collect(run, &m));
    m.kept = &run->map->kept;
    m.kept->kind = EXG_MAPS_KEEP_FRAME;
    m.kept->index = epoch;
    EXG_TRY(make_frame(run, &m, what, &r));
    exg_maps_keep_clear(m.kept);
    EXG_TRY_ALL(run->par, keep_frame(run->map, epoch, &r));
done:
    exg_tsne_free(&r);
    exg_maps_clear(&m);
    return st;
}

exg_status exg_mapping_run(exg_run *run)
{
    exg_status st = EXG_OK;

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    EXG_TRY(exg_mapping_room(run));
    EXG_TRY(exg_samples_collect(run, &run->map->maps));
    if (exg_into_asked(run->opts)) {
        EXG_TRY_ALL(run->par,
                    exg_into_model(run->opts, run->map->maps.model, 0));
    }
    run->map->maps.kept = &run->map->kept;
    EXG_TRY(exg_maps_make(&run->map->maps, &run->clock));
done:
    return exg_maps_keep_stop(run->par, &run->map->kept, st);
}

static exg_status put_film(const exg_run *run, exg_writer *w)
{
    const exg_run_map *m = run->map;
    const exg_results_epochs film = {.shard = m->maps.rows,
                                     .nframe = m->nframe,
                                     .epoch = m->epoch,
                                     .kl = m->kl,
                                     .coordinates = m->frame,
                                     .label = m->maps.label,
                                     .index = m->maps.index};

    return exg_results_epochs_put(run->par, w, &film);
}

exg_status exg_mapping_record(const exg_run *run, exg_writer *w)
{
    exg_status st = EXG_OK;

    if (run->map == NULL) {
        return EXG_OK;
    }
    EXG_TRY(exg_maps_record(&run->map->maps, w));
    if (run->map->nframe > 0) {
        EXG_TRY(put_film(run, w));
    }
done:
    return st;
}

void exg_mapping_clear(exg_run *run)
{
    exg_run_map *m = run->map;

    if (m != NULL) {
        exg_maps_clear(&m->maps);
        exg_maps_keep_clear(&m->kept);
        exg_free(m->epoch);
        exg_free(m->kl);
        exg_free(m->frame);
        exg_free(m);
        run->map = NULL;
    }
}
