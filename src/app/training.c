/* training.c -- epochs, evaluations, the best model.
 *
 * Best is the lowest evaluation loss.  Two predictions are kept and swapped, so
 * that the best model's answers need not be computed again at the end. */
#include "app/training.h"

#include <math.h>
#include <string.h>

#include "app/mapping.h"
#include "app/resume.h"
#include "core/log.h"
#include "par/agree.h"
#include "par/gather.h"
#include "train/confusion.h"

/* What one training needs beside the run. */
typedef struct {
    exg_batches *batches;
    exg_optimizer *optimizer;
    exg_epoch *epoch;
    exg_prediction *fresh; /* of the current parameters */
    float *best;           /* shape (P)                 */
} trainer;

/* Predictions to rank 0, counted there. */
static exg_status score(exg_run *run, const exg_prediction *p, exg_run_epoch *e)
{
    exg_status st = EXG_OK;
    const exg_par *par = run->par;
    const exg_int n = par->rank == 0 ? p->span.total : 0;
    int32_t *truth = NULL;
    int32_t *guess = NULL;

    EXG_TRY_ALL(par, exg_run_epoch_create(e, p->nclass));
    EXG_TRY_ALL(par, exg_new(&truth, n));
    EXG_TRY_ALL(par, exg_new(&guess, n));
    exg_gather_rows(par, sizeof *truth, p->span.count, p->label, truth);
    exg_gather_rows(par, sizeof *guess, p->span.count, p->guess, guess);
    if (par->rank == 0) {
        exg_confusion_count(n, truth, guess, p->nclass, e->confusion);
        exg_confusion_scores(p->nclass, e->confusion, e->precision, e->recall,
                             e->f1, e->support);
    }
done:
    exg_free(truth);
    exg_free(guess);
    return st;
}

/* A network whose embedding is zero for every sample gives the same logits for
 * all of them, and no gradient can bring it back.  A few odd samples may still
 * reach through: less than 1 % is dead as well. */
static void warn_if_dead(const exg_run *run, const exg_prediction *p)
{
    if (p->alive * 100 < p->span.total) {
        exg_log_warn("the network is dead: the embedding of %td of %td test "
                     "samples is zero, and stays so; start again with another "
                     "--seed (this was %s)",
                     p->span.total - p->alive, p->span.total,
                     exg_opts_text(run->opts, "seed"));
    }
}

/* Evaluate the parameters as they are: one more entry of run->epoch. */
static exg_status evaluate(exg_run *run, trainer *t, int epoch,
                           const exg_epoch_stats *stats)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    exg_run_epoch *e = run->epoch + run->nepoch;
    exg_prediction *swap;

    exg_log_phase("evaluate");
    e->epoch = epoch;
    e->train_loss = stats->loss;
    e->train_accuracy = stats->accuracy;
    EXG_TRY(exg_predict_run(run->par, run->pass, run->test, t->fresh));
    run->nepoch++; /* from here on there is something to free */
    e->eval_loss = t->fresh->loss;
    e->eval_accuracy = t->fresh->accuracy;
    EXG_TRY(score(run, t->fresh, e));
    if (run->nepoch == 1) {
        warn_if_dead(run, t->fresh);
    }
    if (run->nepoch == 1 || e->eval_loss < run->epoch[run->best].eval_loss) {
        run->best = run->nepoch - 1;
        memcpy(t->best, run->net->param,
               (size_t)run->net->nparam * sizeof *t->best);
        swap = run->shown;
        run->shown = t->fresh;
        t->fresh = swap;
    }
    exg_clock_add(&run->clock, "evaluate", exg_clock_now() - start);
done:
    return st;
}

/* Saliency maps of the parameters as they are. */
static exg_status draw_maps(exg_run *run, int epoch)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();

    if (run->saliency != NULL) {
        exg_log_phase("saliency");
        EXG_TRY(exg_saliency_run(run->par, run->saliency, run->pass, epoch));
        exg_clock_add(&run->clock, "saliency", exg_clock_now() - start);
    }
done:
    return st;
}

static void say_epoch(const exg_run *run, const exg_epoch_stats *stats)
{
    const exg_run_epoch *e = run->epoch + run->nepoch - 1;
    const double images = (double)stats->trained;

    exg_log_say("Epoch: %d | Training Loss: %.3f | Evaluation Loss: %.3f | "
                "Accuracy: %.2f %% | %.0f images/s%s",
                e->epoch, e->train_loss, e->eval_loss, 100 * e->eval_accuracy,
                images / stats->seconds,
                run->best == run->nepoch - 1 ? " | best" : "");
    exg_log_event("epoch",
                  "\"epoch\": %d, \"train_loss\": %.17g, \"eval_loss\": %.17g, "
                  "\"train_accuracy\": %.17g, \"eval_accuracy\": %.17g, "
                  "\"seconds\": %.3f",
                  e->epoch, e->train_loss, e->eval_loss, e->train_accuracy,
                  e->eval_accuracy, stats->seconds);
}

static exg_status create_trainer(exg_run *run, trainer *t)
{
    exg_status st = EXG_OK;
    const exg_opts *o = run->opts;
    const int sgd = strcmp(exg_opts_text(o, "optimizer"), "sgd") == 0;
    const exg_batches_plan plan = {
        .batch = exg_opts_int(o, "batch"),
        .seed = (uint64_t)exg_opts_int(o, "seed"),
        .shuffle = strcmp(exg_opts_text(o, "shuffle"), "yes") == 0};
    const exg_optimizer_plan how = {.kind = sgd ? EXG_OPTIMIZER_SGD
                                                : EXG_OPTIMIZER_ADAM,
                                    .lr = exg_opts_real(o, "lr"),
                                    .momentum = exg_opts_real(o, "momentum")};

    EXG_TRY_ALL(run->par, exg_new(&t->best, run->net->nparam));
    EXG_TRY_ALL(run->par,
                exg_prediction_create(run->net, run->test, &t->fresh));
    EXG_TRY_ALL(run->par,
                exg_prediction_create(run->net, run->test, &run->shown));
    EXG_TRY(exg_batches_create(run->par, &run->set->train, plan, &t->batches));
    EXG_TRY_ALL(run->par,
                exg_optimizer_create(how, run->net->nparam, &t->optimizer));
    EXG_TRY_ALL(run->par, exg_epoch_create(run->net, t->batches, t->optimizer,
                                           &t->epoch));
done:
    return st;
}

static void destroy_trainer(exg_run *run, trainer *t)
{
    run->resume->optimizer = NULL;
    exg_epoch_destroy(&t->epoch);
    exg_optimizer_destroy(&t->optimizer);
    exg_batches_destroy(run->par, &t->batches);
    exg_prediction_destroy(&t->fresh);
    exg_free(t->best);
}

static int is_due(void *state)
{
    const exg_run *run = state;

    return exg_keep_due(run->resume->keep);
}

static exg_status keep_step(const exg_par *par, void *state,
                            const exg_epoch_place *place, exg_wish wish)
{
    (void)par;
    (void)place; /* the run's own */
    return exg_resume_write(state, wish);
}

/* The parameters are the best so far: what is drawn of them. */
static exg_status show_moment(exg_run *run, int epoch)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_resume_moment(run, epoch));
    EXG_TRY(draw_maps(run, epoch));
done:
    return st;
}

/* Steps, evaluation and saliency of the epoch that is under way. */
static exg_status train_epoch(exg_run *run, trainer *t, int more)
{
    exg_status st = EXG_OK;
    exg_epoch_place *place = &run->resume->place;
    const int epoch = (int)place->epoch;
    const exg_epoch_keeper keeper = {
        .state = run, .due = is_due, .keep = keep_step};
    exg_epoch_stats stats;

    exg_log_phase("train");
    EXG_TRY(exg_epoch_resume(run->par, t->epoch, place, more, &keeper, &stats));
    exg_clock_add(&run->clock, "train", stats.seconds);
    EXG_TRY(evaluate(run, t, epoch, &stats));
    say_epoch(run, &stats);
    if (run->best == run->nepoch - 1) {
        EXG_TRY(show_moment(run, epoch));
    }
done:
    return st;
}

static exg_status train_epochs(exg_run *run, trainer *t, exg_int epochs)
{
    exg_status st = EXG_OK;
    exg_epoch_place *place = &run->resume->place;

    while (place->epoch < epochs) {
        const int i = (int)place->epoch;

        if (run->nepoch <= i) { /* else it was left in the film */
            EXG_TRY(train_epoch(run, t, i + 1 < epochs));
        }
        if (run->best == run->nepoch - 1) {
            EXG_TRY(exg_mapping_epoch(run, i));
        }
        *place = (exg_epoch_place){.epoch = i + 1};
        EXG_TRY(exg_resume_point(run));
    }
done:
    return st;
}

/* The best model's answers once more, and a look whether they are the same. */
static exg_status answer_again(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_run_epoch *best = run->epoch + run->best;

    EXG_TRY(exg_predict_run(run->par, run->pass, run->test, run->shown));
    if (run->shown->loss < best->eval_loss ||
        run->shown->loss > best->eval_loss) {
        exg_log_warn("the best model's loss is %.17g here and was %.17g where "
                     "the checkpoint was made: another kind of CPU, or another "
                     "build; the results are not those of one run",
                     run->shown->loss, best->eval_loss);
    }
done:
    return st;
}

/* What follows from the remembered parameters.  The network's are others
 * afterwards. */
static exg_status make_again(exg_run *run, trainer *t)
{
    exg_status st = EXG_OK;
    const exg_resume *r = run->resume;
    const exg_int np = run->net->nparam;
    const size_t bytes = (size_t)np * sizeof(float);

    for (exg_int i = 0; i < r->nmoment; i++) {
        memcpy(run->net->param, r->param + i * np, bytes);
        EXG_TRY(draw_maps(run, r->epoch[i]));
    }
    memcpy(t->best, run->net->param, bytes);
    if (run->nepoch > 0) {
        EXG_TRY(answer_again(run));
    }
done:
    return st;
}

/* Go on: everything is as it was between two steps. */
static exg_status resume(exg_run *run, trainer *t)
{
    exg_status st = EXG_OK;
    const exg_resume *r = run->resume;
    const size_t bytes = (size_t)run->net->nparam * sizeof(float);
    float *now = NULL;

    EXG_TRY_ALL(run->par, exg_new(&now, run->net->nparam));
    EXG_TRY(exg_resume_training(run, t->optimizer));
    if (r->place.step > exg_batches_steps(t->batches)) {
        st = exg_fail(EXG_EINPUT, "checkpoint: step %td, want at most %td",
                      r->place.step, exg_batches_steps(t->batches));
        goto done;
    }
    memcpy(now, run->net->param, bytes);
    st = make_again(run, t);
    memcpy(run->net->param, now, bytes); /* also for the next checkpoint */
    EXG_TRY(st);
    exg_log_say("going on from a checkpoint: epoch %td, step %td",
                r->place.epoch, r->place.step);
    exg_log_event("resumed", "\"epoch\": %td, \"step\": %td", r->place.epoch,
                  r->place.step);
done:
    exg_free(now);
    return st;
}

exg_status exg_training_run(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_epoch_stats none = {.loss = NAN, .accuracy = NAN};
    const exg_int epochs = exg_run_epochs(run);
    trainer t = {0};

    EXG_TRY_ALL(run->par, exg_new(&run->epoch, epochs > 0 ? epochs : 1));
    EXG_TRY(create_trainer(run, &t));
    run->resume->optimizer = t.optimizer;
    EXG_TRY(exg_mapping_resume(run));
    if (exg_keep_resumes(run->resume->keep)) {
        EXG_TRY(resume(run, &t));
    } else {
        EXG_TRY(show_moment(run, -1));
    }
    if (epochs > 0) {
        EXG_TRY(train_epochs(run, &t, epochs));
    } else if (run->nepoch == 0) {
        EXG_TRY(evaluate(run, &t, -1, &none));
        exg_log_say("Evaluation Loss: %.3f | Accuracy: %.2f %%",
                    run->epoch[0].eval_loss, 100 * run->epoch[0].eval_accuracy);
    }
    memcpy(run->net->param, t.best, (size_t)run->net->nparam * sizeof *t.best);
done:
    st = exg_resume_stop(run, st);
    destroy_trainer(run, &t);
    return st;
}
