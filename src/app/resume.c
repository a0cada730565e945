/* resume.c -- see resume.h.
 *
 * All that is put is on rank 0 already: parameters are the same everywhere,
 * and rank 0 has counted the confusions. */
#include "app/resume.h"

#include <stdio.h>
#include <string.h>

#include "app/version.h"
#include "par/agree.h"
#include "resume_impl.h"
#include "train/confusion.h"

enum {
    WHERE = 64
};

static exg_status put_history(const exg_run *run, exg_image *im)
{
    exg_status st = EXG_OK;
    const exg_int n = run->nepoch;
    const exg_int k = run->set->nclass;
    int64_t *count = NULL;
    double *score = NULL;

    /* Epochs are 1e6 at most, classes 256: labels are bytes. */
    EXG_TRY(exg_new(&count, n * (1 + k * k)));
    EXG_TRY(exg_new(&score, n * EXG_RESUME_NSCORE));
    for (exg_int i = 0; i < n; i++) {
        const exg_run_epoch *e = run->epoch + i;
        const double s[EXG_RESUME_NSCORE] = {e->train_loss, e->train_accuracy,
                                             e->eval_loss, e->eval_accuracy};

        count[i] = e->epoch;
        memcpy(count + n + i * k * k, e->confusion,
               (size_t)(k * k) * sizeof *count);
        memcpy(score + i * EXG_RESUME_NSCORE, s, sizeof s);
    }
    EXG_TRY(
        exg_image_put(im, EXG_RESUME_HISTORY, EXG_WRITER_I64, 1, &n, count));
    EXG_TRY(exg_image_put(im, EXG_RESUME_CONFUSION, EXG_WRITER_I64, 3,
                          (exg_int[]){n, k, k}, count + n));
    EXG_TRY(exg_image_put(im, EXG_RESUME_SCORES, EXG_WRITER_F64, 2,
                          (exg_int[]){n, EXG_RESUME_NSCORE}, score));
done:
    exg_free(count);
    exg_free(score);
    return st;
}

static exg_status put_moments(const exg_run *run, exg_image *im)
{
    exg_status st = EXG_OK;
    const struct exg_resume *r = run->resume;
    int64_t *epoch = NULL;

    EXG_TRY(exg_new(&epoch, r->nmoment));
    for (exg_int i = 0; i < r->nmoment; i++) {
        epoch[i] = r->epoch[i];
    }
    EXG_TRY(exg_image_put(im, EXG_RESUME_MOMENTS, EXG_WRITER_I64, 1,
                          &r->nmoment, epoch));
    EXG_TRY(exg_image_put(im, EXG_RESUME_MOMENT_PARAMS, EXG_WRITER_F32, 2,
                          (exg_int[]){r->nmoment, run->net->nparam}, r->param));
done:
    exg_free(epoch);
    return st;
}

static exg_status put_optimizer(exg_optimizer *optimizer, exg_image *im)
{
    exg_status st = EXG_OK;
    const exg_optimizer_state s = exg_optimizer_look(optimizer);
    const int64_t steps = s.steps;
    const exg_int one = 1;

    EXG_TRY(
        exg_image_put(im, EXG_RESUME_STEPS, EXG_WRITER_I64, 1, &one, &steps));
    EXG_TRY(
        exg_image_put(im, EXG_RESUME_FIRST, EXG_WRITER_F32, 1, &s.n, s.first));
    if (s.square > 0) {
        EXG_TRY(exg_image_put(im, EXG_RESUME_SECOND, EXG_WRITER_F32, 1,
                              &s.square, s.second));
    }
done:
    return st;
}

static exg_status put_all(const exg_run *run, exg_image *im)
{
    exg_status st = EXG_OK;
    const struct exg_resume *r = run->resume;
    const int64_t place[EXG_RESUME_PLACES] = {r->place.epoch, r->place.step,
                                              r->place.correct};
    const exg_int one = 1, three = EXG_RESUME_PLACES;
    const exg_int np = run->net->nparam;

    if (im == NULL) {
        return EXG_OK;
    }
    EXG_TRY(
        exg_image_put(im, EXG_RESUME_PLACE, EXG_WRITER_I64, 1, &three, place));
    EXG_TRY(exg_image_put(im, EXG_RESUME_LOSS, EXG_WRITER_F64, 1, &one,
                          &r->place.loss));
    EXG_TRY(put_history(run, im));
    EXG_TRY(put_moments(run, im));
    if (r->optimizer != NULL) {
        EXG_TRY(exg_image_put(im, EXG_RESUME_PARAMS, EXG_WRITER_F32, 1, &np,
                              run->net->param));
        EXG_TRY(put_optimizer(r->optimizer, im));
    }
done:
    return st;
}

static exg_status put_training(const exg_par *par, void *state,
                               exg_image *image)
{
    exg_status st = EXG_OK;
    const exg_run *run = state;

    EXG_TRY_ALL(par, put_all(run, image));
done:
    return st;
}

static exg_status name_files(const exg_opts *opts, struct exg_resume *r)
{
    exg_status st = EXG_OK;
    const char *out = exg_opts_text(opts, "out");
    const exg_int size = EXG_OPT_TEXT_MAX + 32;

    EXG_TRY(exg_new(&r->path, size));
    EXG_TRY(exg_new(&r->older, size));
    snprintf(r->path, (size_t)size, "%s/checkpoint.h5", out);
    snprintf(r->older, (size_t)size, "%s/checkpoint-1.h5", out);
done:
    return st;
}

exg_status exg_resume_create(exg_run *run)
{
    exg_status st = EXG_OK;
    struct exg_resume *r;

    EXG_TRY_ALL(run->par, exg_new(&run->resume, 1));
    r = run->resume;
    EXG_TRY_ALL(run->par, name_files(run->opts, r));
    EXG_TRY(
        exg_keep_create(run->par,
                        (exg_keep_owner){.program = "exigo-mpi " EXG_VERSION,
                                         .opts = run->opts,
                                         .data = run->set->checksum,
                                         .path = r->path,
                                         .older = r->older},
                        &r->keep));
    exg_keep_add(r->keep, put_training, run);
done:
    return st;
}

void exg_resume_destroy(exg_run *run)
{
    struct exg_resume *r = run->resume;

    if (r != NULL) {
        exg_keep_destroy(&r->keep);
        exg_free(r->epoch);
        exg_free(r->param);
        exg_free(r->path);
        exg_free(r->older);
        exg_free(r);
        run->resume = NULL;
    }
}

/* Twice the room, with what there is. */
static exg_status grow(struct exg_resume *r, exg_int np)
{
    exg_status st = EXG_OK;
    const exg_int room = r->room > 0 ? 2 * r->room : 4;
    int32_t *epoch = NULL;
    float *param = NULL;
    exg_int all = 0;

    EXG_TRY(exg_mem_product(room, np, &all));
    EXG_TRY(exg_new(&epoch, room));
    EXG_TRY(exg_new(&param, all));
    if (r->nmoment > 0) {
        memcpy(epoch, r->epoch, (size_t)r->nmoment * sizeof *epoch);
        memcpy(param, r->param, (size_t)(r->nmoment * np) * sizeof *param);
    }
    exg_free(r->epoch);
    exg_free(r->param);
    r->epoch = epoch;
    r->param = param;
    r->room = room;
    epoch = NULL;
    param = NULL;
done:
    exg_free(epoch);
    exg_free(param);
    return st;
}

exg_status exg_resume_remember(exg_run *run, int epoch, const float *param)
{
    exg_status st = EXG_OK;
    struct exg_resume *r = run->resume;
    const exg_int np = run->net->nparam;

    if (run->saliency == NULL && r->nmoment == 2) {
        r->nmoment = 1; /* nobody draws the one in between again */
    }
    if (r->nmoment == r->room) {
        EXG_TRY(grow(r, np));
    }
    r->epoch[r->nmoment] = epoch;
    memcpy(r->param + r->nmoment * np, param, (size_t)np * sizeof *param);
    r->nmoment++;
done:
    return st;
}

exg_status exg_resume_moment(exg_run *run, int epoch)
{
    exg_status st = EXG_OK;

    EXG_TRY_ALL(run->par, exg_resume_remember(run, epoch, run->net->param));
done:
    return st;
}

static void name_place(const exg_run *run, char *where)
{
    const exg_epoch_place *p = &run->resume->place;

    snprintf(where, WHERE, "epoch %td, step %td", p->epoch, p->step);
}

exg_status exg_resume_write(exg_run *run, exg_wish wish)
{
    char where[WHERE];

    name_place(run, where);
    return exg_keep_write(run->par, run->resume->keep, wish, where);
}

exg_status exg_resume_stop(exg_run *run, exg_status st)
{
    char where[WHERE];

    name_place(run, where);
    return exg_keep_stop(run->par, run->resume->keep, st, 0, where);
}

exg_status exg_resume_point(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_wish wish =
        exg_wish_ask(run->par, exg_keep_idle(run->resume->keep));

    if (wish.stop != 0 || wish.keep) {
        EXG_TRY(exg_resume_write(run, wish));
    }
done:
    return st;
}
