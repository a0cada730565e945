/* mapping_keep.c -- the film through training in checkpoints.  A frame is the
 * start of the next one, and seconds of work, so frames are kept as they
 * are. */
#include <string.h>

#include "app/choices.h"
#include "app/into.h"
#include "app/mapping.h"
#include "app/resume.h"
#include "app/samples.h"
#include "mapping_impl.h"
#include "par/agree.h"

#define FILM_EPOCH "/film/epoch"             /* i64 (F)       */
#define FILM_KL "/film/kl"                   /* f64 (F), nat  */
#define FILM_COORDINATES "/film/coordinates" /* f32 (F, N, 2) */

enum {
    FLAT = 2
};

static exg_status put_on_rank_0(const exg_run_map *m, exg_image *im)
{
    exg_status st = EXG_OK;
    int64_t *epoch = NULL;

    if (im == NULL) {
        return EXG_OK;
    }
    EXG_TRY(exg_new(&epoch, m->nframe));
    for (exg_int f = 0; f < m->nframe; f++) {
        epoch[f] = m->epoch[f];
    }
    EXG_TRY(
        exg_image_put(im, FILM_EPOCH, EXG_WRITER_I64, 1, &m->nframe, epoch));
    EXG_TRY(exg_image_put(im, FILM_KL, EXG_WRITER_F64, 1, &m->nframe, m->kl));
done:
    exg_free(epoch);
    return st;
}

static exg_status put_film(const exg_par *par, void *state, exg_image *im)
{
    exg_status st = EXG_OK;
    const exg_run *run = state;
    const exg_run_map *m = run->map;

    EXG_TRY_ALL(par, put_on_rank_0(m, im));
    EXG_TRY(exg_keep_put_rows(par, im, FILM_COORDINATES, m->nframe,
                              exg_shard_mine(par, exg_samples_count(run)), FLAT,
                              m->frame));
done:
    return st;
}

/* When the frames were made.  The same on all ranks. */
static exg_status take_epochs(exg_run_map *m, exg_int most, exg_int frames,
                              const int64_t *epoch)
{
    if (frames > most) {
        return exg_fail(EXG_EINPUT,
                        "checkpoint: %s: %td frames, want at most "
                        "one per epoch",
                        FILM_EPOCH, frames);
    }
    for (exg_int f = 0; f < frames; f++) {
        if (epoch[f] < 0 || epoch[f] > INT32_MAX ||
            (f > 0 && epoch[f] <= epoch[f - 1])) {
            return exg_fail(EXG_EINPUT, "checkpoint: %s: out of order",
                            FILM_EPOCH);
        }
        m->epoch[f] = (int32_t)epoch[f];
    }
    return EXG_OK;
}

static exg_status load_film(exg_run *run)
{
    exg_status st = EXG_OK;
    exg_keep *keep = run->resume->keep;
    exg_run_map *m = run->map;
    exg_int frames = -1;
    int64_t *epoch = NULL;
    double *kl = NULL;

    EXG_TRY(exg_keep_get(run->par, keep, FILM_EPOCH, EXG_WRITER_I64, 1, &frames,
                         &epoch));
    EXG_TRY_ALL(run->par, take_epochs(m, exg_opts_int(run->opts, "epochs"),
                                      frames, epoch));
    EXG_TRY(
        exg_keep_get(run->par, keep, FILM_KL, EXG_WRITER_F64, 1, &frames, &kl));
    EXG_TRY(exg_keep_get_rows(run->par, keep, FILM_COORDINATES, frames,
                              exg_shard_mine(run->par, exg_samples_count(run)),
                              FLAT, &m->frame));
    memcpy(m->kl, kl, (size_t)frames * sizeof *kl);
    m->nframe = m->room = frames;
done:
    exg_free(epoch);
    exg_free(kl);
    return st;
}

/* Finished maps, long before they are wanted: a run that is stopped on the way
 * there must have them for its own checkpoint. */
static exg_status load_maps(exg_run *run)
{
    exg_status st = EXG_OK;
    exg_maps *m = &run->map->maps;

    m->par = run->par;
    m->opts = run->opts;
    m->rows = exg_shard_mine(run->par, exg_samples_count(run));
    m->kept = &run->map->kept;
    EXG_TRY_ALL(run->par,
                exg_choices_scales(run->opts, "tsne-sweep", &m->sweep));
    EXG_TRY(exg_maps_keep_finished(m));
done:
    return st;
}

exg_status exg_mapping_resume(exg_run *run)
{
    exg_status st = EXG_OK;
    exg_keep *keep = run->resume->keep;

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    EXG_TRY(exg_mapping_room(run));
    EXG_TRY(
        exg_maps_keep_start(run->par, &run->map->kept, keep,
                            exg_shard_mine(run->par, exg_samples_count(run))));
    if (!exg_into_asked(run->opts)) {
        EXG_TRY(load_maps(run));
    }
    if (exg_opts_flag(run->opts, "tsne-epochs")) {
        if (exg_keep_resumes(keep)) {
            EXG_TRY(load_film(run));
        }
        exg_keep_add(keep, put_film, run);
    }
done:
    return st;
}
