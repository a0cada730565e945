/* maps_keep.c -- see maps_keep.h.
 *
 * A finished map is kept whole, with its scores; of the descent under way what
 * embed/pause.h says.  Neighbours and affinities are found again. */
#include "app/maps_keep.h"

#include <stdio.h>
#include <string.h>

#include "maps_keep_impl.h"
#include "par/agree.h"

enum {
    WHERE = 96
};

static exg_status put_frames(exg_image *im, const char *group, exg_int n,
                             const int64_t *when, const double *kl)
{
    exg_status st = EXG_OK;
    char path[EXG_MAPS_KEEP_PATH];

    if (im == NULL) {
        return EXG_OK;
    }
    snprintf(path, sizeof path, "%s/iteration", group);
    EXG_TRY(exg_image_put(im, path, EXG_WRITER_I64, 1, &n, when));
    snprintf(path, sizeof path, "%s/kl", group);
    EXG_TRY(exg_image_put(im, path, EXG_WRITER_F64, 1, &n, kl));
done:
    return st;
}

static exg_status put_numbers(exg_image *im, const char *group,
                              const char *name, exg_int n, const double *number)
{
    char path[EXG_MAPS_KEEP_PATH];

    if (im == NULL) {
        return EXG_OK;
    }
    snprintf(path, sizeof path, "%s/%s", group, name);
    return exg_image_put(im, path, EXG_WRITER_F64, 1, &n, number);
}

/* Whose rows are put where. */
typedef struct {
    const exg_par *par;
    exg_image *image; /* NULL but on rank 0 */
    const char *group;
    exg_shard rows;
    exg_int width;
} part;

static exg_status put_rows(const part *to, const char *name, exg_int frames,
                           const float *data)
{
    char path[EXG_MAPS_KEEP_PATH];

    snprintf(path, sizeof path, "%s/%s", to->group, name);
    return exg_keep_put_rows(to->par, to->image, path, frames, to->rows,
                             to->width, data);
}

static exg_status put_finished(const exg_par *par, exg_image *im,
                               const char *group, const exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    const exg_quality *q = &r->quality;
    const part whole = {par, im, group, r->rows, r->dims};
    const double number[EXG_MAPS_KEEP_NUMBERS] = {r->dims,
                                                  r->final_kl,
                                                  r->rested,
                                                  r->learning_rate,
                                                  q->trust5,
                                                  q->trust12,
                                                  q->continuity12,
                                                  q->ranked,
                                                  q->spearman,
                                                  q->recall,
                                                  q->accuracy_features,
                                                  q->accuracy_map};

    EXG_TRY_ALL(
        par, put_numbers(im, group, "numbers", EXG_MAPS_KEEP_NUMBERS, number));
    EXG_TRY_ALL(par, put_frames(im, group, r->frames, r->iteration, r->kl));
    EXG_TRY(put_rows(&whole, "y", 1, r->y));
    if (r->trajectory != NULL) {
        EXG_TRY(put_rows(&whole, "trajectory", r->frames, r->trajectory));
    }
done:
    return st;
}

static exg_status put_descent(const exg_par *par, exg_image *im, exg_shard rows,
                              const double *place, const exg_pause *p)
{
    exg_status st = EXG_OK;
    const part whole = {par, im, EXG_MAPS_KEEP_DESCENT, rows, (int)place[2]};

    EXG_TRY_ALL(par, put_numbers(im, EXG_MAPS_KEEP_DESCENT, "place",
                                 EXG_MAPS_KEEP_PLACE, place));
    EXG_TRY_ALL(par, put_numbers(im, EXG_MAPS_KEEP_DESCENT, "engine",
                                 EXG_REPULSE_KEPT, p->engine));
    EXG_TRY_ALL(
        par, put_frames(im, EXG_MAPS_KEEP_DESCENT, p->frames, p->when, p->kl));
    EXG_TRY(put_rows(&whole, "y", 1, p->y));
    EXG_TRY(put_rows(&whole, "step", 1, p->step));
    EXG_TRY(put_rows(&whole, "gain", 1, p->gain));
    EXG_TRY(put_rows(&whole, "trajectory", p->frames, p->trajectory));
done:
    return st;
}

/* The descent that is under way, or the one to go on with. */
static exg_status put_pause(const exg_par *par, exg_image *im,
                            const exg_maps_keep *k)
{
    const exg_pause *p = k->now != NULL ? k->now : &k->pause;
    const double now[EXG_MAPS_KEEP_PLACE] = {k->kind, k->index, k->dims,
                                             (double)p->iteration};
    const double found[EXG_MAPS_KEEP_PLACE] = {
        k->found_kind, k->found_index, k->found_dims, (double)p->iteration};

    return k->now != NULL || k->found
               ? put_descent(par, im, k->rows, k->now != NULL ? now : found, p)
               : EXG_OK;
}

static exg_status put_maps(const exg_par *par, void *state, exg_image *im)
{
    exg_status st = EXG_OK;
    const exg_maps_keep *k = state;
    const exg_maps *m = k->maps;
    char group[EXG_MAPS_KEEP_NAME];

    for (exg_int i = 0; m != NULL && i < m->nmap; i++) {
        exg_maps_keep_group(EXG_MAPS_KEEP_MAP, i, group);
        EXG_TRY(put_finished(par, im, group, m->map + i));
    }
    for (exg_int i = 0; m != NULL && i < m->nswept; i++) {
        exg_maps_keep_group(EXG_MAPS_KEEP_SWEPT, i, group);
        EXG_TRY(put_finished(par, im, group, m->swept + i));
    }
    EXG_TRY(put_pause(par, im, k));
done:
    return st;
}

static int is_due(void *state, int last)
{
    const exg_maps_keep *k = state;

    return exg_keep_due(k->keep) || (last && exg_keep_idle(k->keep));
}

static exg_status keep_pause(const exg_par *par, void *state,
                             const exg_pause *pause, exg_wish wish)
{
    exg_maps_keep *k = state;
    char where[WHERE];
    exg_status st;

    snprintf(where, sizeof where, "%s, iteration %td", k->what,
             pause->iteration);
    k->now = pause;
    st = exg_keep_write(par, k->keep, wish, where);
    k->now = NULL;
    k->written = st == EXG_OK || st == EXG_ESTOP;
    return st;
}

exg_status exg_maps_keep_start(const exg_par *par, exg_maps_keep *k,
                               exg_keep *keep, exg_shard rows)
{
    exg_status st = EXG_OK;

    k->keep = keep;
    k->rows = rows;
    k->keeper =
        (exg_pause_keeper){.state = k, .due = is_due, .keep = keep_pause};
    if (exg_keep_resumes(keep) &&
        exg_keep_has(par, keep, EXG_MAPS_KEEP_DESCENT)) {
        EXG_TRY(exg_maps_keep_load(par, k));
    }
    exg_keep_add(keep, put_maps, k);
done:
    return st;
}

void exg_maps_keep_clear(exg_maps_keep *k)
{
    exg_free(k->pause.y);
    exg_free(k->pause.step);
    exg_free(k->pause.gain);
    exg_free(k->pause.trajectory);
    exg_free(k->pause.when);
    exg_free(k->pause.kl);
    k->pause = (exg_pause){.n = 0};
    k->found = k->written = 0;
    k->what[0] = '\0';
}

void exg_maps_keep_begin(exg_maps_keep *k, const char *what,
                         exg_tsne_options *choice)
{
    snprintf(k->what, sizeof k->what, "%s", what);
    k->dims = choice->dims;
    choice->keeper = &k->keeper;
    choice->from = k->found && k->found_kind == k->kind &&
                           k->found_index == k->index &&
                           k->found_dims == k->dims
                       ? &k->pause
                       : NULL;
}

exg_status exg_maps_keep_end(const exg_par *par, exg_maps_keep *k)
{
    exg_status st = EXG_OK;
    const exg_wish wish = exg_wish_ask(par, exg_keep_idle(k->keep));
    char where[WHERE];

    snprintf(where, sizeof where, "%s, finished", k->what);
    exg_maps_keep_clear(k);
    if (wish.stop != 0 || wish.keep) {
        EXG_TRY(exg_keep_write(par, k->keep, wish, where));
    }
done:
    return st;
}

exg_status exg_maps_keep_stop(const exg_par *par, exg_maps_keep *k,
                              exg_status st)
{
    char where[WHERE];

    snprintf(where, sizeof where, "%s, outside of its descent",
             k->what[0] != '\0' ? k->what : "t-SNE");
    return exg_keep_stop(par, k->keep, st, k->written, where);
}
