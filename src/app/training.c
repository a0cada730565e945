/* training.c -- epochs, evaluations, the best model.
 *
 * Best is the lowest evaluation loss.  Two predictions are kept and swapped, so
 * that the best model's answers need not be computed again at the end. */
#include "app/training.h"

#include <math.h>
#include <string.h>

#include "app/mapping.h"
#include "core/log.h"
#include "par/agree.h"
#include "par/gather.h"
#include "train/confusion.h"
#include "train/epoch.h"

/* What one training needs beside the run. */
typedef struct {
    exg_batches *batches;
    exg_optimizer *optimizer;
    exg_epoch *epoch;
    exg_prediction *fresh; /* of the current parameters */
    float *best;           /* shape (P)                 */
} trainer;

static exg_status create_scores(exg_run_epoch *e, exg_int k)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&e->confusion, k * k));
    EXG_TRY(exg_new(&e->precision, k));
    EXG_TRY(exg_new(&e->recall, k));
    EXG_TRY(exg_new(&e->f1, k));
    EXG_TRY(exg_new(&e->support, k));
done:
    return st;
}

void exg_training_clear(exg_run *run)
{
    for (exg_int i = 0; run->epoch != NULL && i < run->nepoch; i++) {
        exg_free(run->epoch[i].confusion);
        exg_free(run->epoch[i].precision);
        exg_free(run->epoch[i].recall);
        exg_free(run->epoch[i].f1);
        exg_free(run->epoch[i].support);
    }
    exg_free(run->epoch);
    run->epoch = NULL;
    run->nepoch = 0;
}

/* Predictions to rank 0, counted there. */
static exg_status score(exg_run *run, const exg_prediction *p, exg_run_epoch *e)
{
    exg_status st = EXG_OK;
    const exg_par *par = run->par;
    const exg_int n = par->rank == 0 ? p->span.total : 0;
    int32_t *truth = NULL;
    int32_t *guess = NULL;

    EXG_TRY_ALL(par, create_scores(e, p->nclass));
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

    e->epoch = epoch;
    e->train_loss = stats->loss;
    e->train_accuracy = stats->accuracy;
    run->nepoch++;
    EXG_TRY(exg_predict_run(run->par, run->pass, run->test, t->fresh));
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
        EXG_TRY(exg_saliency_run(run->par, run->saliency, run->pass, epoch));
        exg_clock_add(&run->clock, "saliency", exg_clock_now() - start);
    }
done:
    return st;
}

static void say_epoch(const exg_run *run, const exg_epoch_stats *stats)
{
    const exg_run_epoch *e = run->epoch + run->nepoch - 1;
    const double images = (double)run->set->train.shard.total;

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

static void destroy_trainer(const exg_par *par, trainer *t)
{
    exg_epoch_destroy(&t->epoch);
    exg_optimizer_destroy(&t->optimizer);
    exg_batches_destroy(par, &t->batches);
    exg_prediction_destroy(&t->fresh);
    exg_free(t->best);
}

static exg_status train_epochs(exg_run *run, trainer *t, exg_int epochs)
{
    exg_status st = EXG_OK;
    exg_epoch_stats stats;

    for (exg_int i = 0; i < epochs; i++) {
        EXG_TRY(exg_epoch_run(run->par, t->epoch, i, i + 1 < epochs, &stats));
        exg_clock_add(&run->clock, "train", stats.seconds);
        EXG_TRY(evaluate(run, t, (int)i, &stats));
        say_epoch(run, &stats);
        if (run->best == run->nepoch - 1) {
            EXG_TRY(draw_maps(run, (int)i));
            EXG_TRY(exg_mapping_epoch(run, (int)i));
        }
    }
done:
    return st;
}

exg_status exg_training_run(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_epoch_stats none = {.loss = NAN, .accuracy = NAN};
    const exg_int epochs =
        exg_run_does(run, "train") ? exg_opts_int(run->opts, "epochs") : 0;
    trainer t = {0};

    EXG_TRY_ALL(run->par, exg_new(&run->epoch, epochs > 0 ? epochs : 1));
    EXG_TRY(create_trainer(run, &t));
    EXG_TRY(draw_maps(run, -1));
    if (epochs > 0) {
        EXG_TRY(train_epochs(run, &t, epochs));
    } else {
        EXG_TRY(evaluate(run, &t, -1, &none));
        exg_log_say("Evaluation Loss: %.3f | Accuracy: %.2f %%",
                    run->epoch[0].eval_loss, 100 * run->epoch[0].eval_accuracy);
    }
    memcpy(run->net->param, t.best, (size_t)run->net->nparam * sizeof *t.best);
done:
    destroy_trainer(run->par, &t);
    return st;
}
