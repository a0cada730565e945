/* resume_load.c -- a checkpoint's part back into a run.
 *
 * It is whole, of this program and of these options; what is checked here is
 * that it does not contradict itself or the run, so that no index taken from
 * it can lead astray. */
#include <string.h>

#include "par/agree.h"
#include "resume_impl.h"
#include "train/confusion.h"

static exg_status contradiction(const char *path, const char *what)
{
    return exg_fail(EXG_EINPUT, "checkpoint: %s: %s", path, what);
}

static exg_status load_place(exg_run *run)
{
    exg_status st = EXG_OK;
    struct exg_resume *r = run->resume;
    exg_int three = EXG_RESUME_PLACES, one = 1;
    int64_t *place = NULL;
    double *loss = NULL;

    EXG_TRY(exg_keep_get(run->par, r->keep, EXG_RESUME_PLACE, EXG_WRITER_I64, 1,
                         &three, &place));
    EXG_TRY(exg_keep_get(run->par, r->keep, EXG_RESUME_LOSS, EXG_WRITER_F64, 1,
                         &one, &loss));
    r->place = (exg_epoch_place){.epoch = place[0],
                                 .step = place[1],
                                 .correct = place[2],
                                 .loss = loss[0]};
    if (r->place.epoch < 0 || r->place.step < 0 ||
        r->place.epoch > exg_run_epochs(run)) {
        st = contradiction(EXG_RESUME_PLACE, "no place in this training");
    }
done:
    exg_free(place);
    exg_free(loss);
    return st;
}

/* One entry of the history; the scores follow from the counts. */
static exg_status fill_epoch(exg_run_epoch *e, exg_int k, const double *score,
                             const int64_t *confusion)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_run_epoch_create(e, k));
    e->train_loss = score[0];
    e->train_accuracy = score[1];
    e->eval_loss = score[2];
    e->eval_accuracy = score[3];
    memcpy(e->confusion, confusion, (size_t)(k * k) * sizeof *confusion);
    exg_confusion_scores(k, e->confusion, e->precision, e->recall, e->f1,
                         e->support);
done:
    return st;
}

/* Entries in the order of epochs; the best is the first of the lowest. */
static exg_status fill_history(exg_run *run, exg_int n, const int64_t *epoch,
                               const double *score, const int64_t *confusion)
{
    exg_status st = EXG_OK;
    const exg_int k = run->set->nclass;

    for (exg_int i = 0; i < n; i++) {
        exg_run_epoch *e = run->epoch + run->nepoch++;

        if (epoch[i] != (exg_run_epochs(run) > 0 ? i : -1)) {
            return contradiction(EXG_RESUME_HISTORY, "epochs out of order");
        }
        EXG_TRY(fill_epoch(e, k, score + i * EXG_RESUME_NSCORE,
                           confusion + i * k * k));
        e->epoch = (int)epoch[i];
        if (e->eval_loss < run->epoch[run->best].eval_loss) {
            run->best = i;
        }
    }
done:
    return st;
}

static exg_status load_history(exg_run *run)
{
    exg_status st = EXG_OK;
    exg_keep *keep = run->resume->keep;
    const exg_int k = run->set->nclass;
    const exg_int most = exg_run_epochs(run), done = run->resume->place.epoch;
    exg_int n = -1;
    int64_t *epoch = NULL, *confusion = NULL;
    double *score = NULL;

    EXG_TRY(exg_keep_get(run->par, keep, EXG_RESUME_HISTORY, EXG_WRITER_I64, 1,
                         &n, &epoch));
    /* One more while the film's frame of an epoch is made. */
    if (most > 0 ? n > most || (n != done && n != done + 1) : n > 1) {
        st = contradiction(EXG_RESUME_HISTORY, "not the epochs that are over");
        goto done;
    }
    EXG_TRY(exg_keep_get(run->par, keep, EXG_RESUME_CONFUSION, EXG_WRITER_I64,
                         3, (exg_int[]){n, k, k}, &confusion));
    EXG_TRY(exg_keep_get(run->par, keep, EXG_RESUME_SCORES, EXG_WRITER_F64, 2,
                         (exg_int[]){n, EXG_RESUME_NSCORE}, &score));
    EXG_TRY_ALL(run->par, fill_history(run, n, epoch, score, confusion));
done:
    exg_free(epoch);
    exg_free(confusion);
    exg_free(score);
    return st;
}

static exg_status fill_moments(exg_run *run, exg_int n, const int64_t *epoch,
                               const float *param)
{
    exg_status st = EXG_OK;
    const exg_int np = run->net->nparam;
    const int best = run->nepoch > 0 ? run->epoch[run->best].epoch : -1;

    if (n < 1 || epoch[0] != -1 || epoch[n - 1] != best) {
        return contradiction(EXG_RESUME_MOMENTS, "the best is not among them");
    }
    for (exg_int i = 0; i < n; i++) {
        if (i > 0 && epoch[i] <= epoch[i - 1]) {
            return contradiction(EXG_RESUME_MOMENTS, "out of order");
        }
        EXG_TRY(exg_resume_remember(run, (int)epoch[i], param + i * np));
    }
    memcpy(run->init, param, (size_t)np * sizeof *param);
    memcpy(run->net->param, param + (n - 1) * np, (size_t)np * sizeof *param);
done:
    return st;
}

static exg_status load_moments(exg_run *run)
{
    exg_status st = EXG_OK;
    exg_keep *keep = run->resume->keep;
    exg_int n = -1;
    int64_t *epoch = NULL;
    float *param = NULL;

    EXG_TRY(exg_keep_get(run->par, keep, EXG_RESUME_MOMENTS, EXG_WRITER_I64, 1,
                         &n, &epoch));
    EXG_TRY(exg_keep_get(run->par, keep, EXG_RESUME_MOMENT_PARAMS,
                         EXG_WRITER_F32, 2, (exg_int[]){n, run->net->nparam},
                         &param));
    EXG_TRY_ALL(run->par, fill_moments(run, n, epoch, param));
done:
    exg_free(epoch);
    exg_free(param);
    return st;
}

/* The parameters between two steps, and what the optimiser knew. */
static exg_status load_step(exg_run *run, exg_optimizer *optimizer)
{
    exg_status st = EXG_OK;
    const exg_par *par = run->par;
    exg_keep *keep = run->resume->keep;
    const exg_optimizer_state s = exg_optimizer_look(optimizer);
    const size_t bytes = (size_t)s.n * sizeof(float);
    exg_int n = s.n, one = 1;
    int64_t *steps = NULL;
    float *param = NULL, *first = NULL, *second = NULL;

    EXG_TRY(exg_keep_get(par, keep, EXG_RESUME_PARAMS, EXG_WRITER_F32, 1, &n,
                         &param));
    EXG_TRY(exg_keep_get(par, keep, EXG_RESUME_STEPS, EXG_WRITER_I64, 1, &one,
                         &steps));
    EXG_TRY(exg_keep_get(par, keep, EXG_RESUME_FIRST, EXG_WRITER_F32, 1, &n,
                         &first));
    if (s.square > 0) {
        EXG_TRY(exg_keep_get(par, keep, EXG_RESUME_SECOND, EXG_WRITER_F32, 1,
                             &n, &second));
        memcpy(s.second, second, bytes);
    }
    memcpy(run->net->param, param, bytes);
    memcpy(s.first, first, bytes);
    exg_optimizer_resume(optimizer, steps[0]);
done:
    exg_free(param);
    exg_free(steps);
    exg_free(first);
    exg_free(second);
    return st;
}

exg_status exg_resume_training(exg_run *run, exg_optimizer *optimizer)
{
    exg_status st = EXG_OK;
    exg_keep *keep = run->resume->keep;

    EXG_TRY(load_place(run));
    EXG_TRY(load_history(run));
    EXG_TRY(load_moments(run));
    /* Once training is over they are no longer kept; before, they must be. */
    if (run->resume->place.epoch < exg_run_epochs(run) ||
        exg_keep_has(run->par, keep, EXG_RESUME_PARAMS)) {
        EXG_TRY(load_step(run, optimizer));
    }
done:
    return st;
}
