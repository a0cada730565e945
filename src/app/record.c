/* record.c -- fill the plain structs of store/results.h from a run.
 *
 * What may differ between equal runs (hosts, times, ranks, versions, places)
 * goes into /provenance and nowhere else. */
#include "app/record.h"

#include <string.h>

#include "app/mapping.h"
#include "app/options.h"
#include "app/provenance.h"
#include "core/log.h"
#include "par/agree.h"
#include "store/results.h"
#include "store/schema.h"

exg_status exg_record_config(const exg_par *par, const exg_opts *opts,
                             exg_writer *w)
{
    exg_status st = EXG_OK;
    exg_results_pair option[EXG_OPT_MAX];
    char *json = NULL;
    const exg_int size = EXG_OPT_MAX * 2 * EXG_OPT_TEXT_MAX;
    exg_int n = 0;

    EXG_TRY_ALL(par, exg_new(&json, size));
    for (exg_int i = 0; i < opts->n; i++) {
        if (opts->row[i].role == EXG_OPT_RESULT) {
            option[n].name = opts->row[i].name;
            option[n++].value = opts->text[i];
        }
    }
    exg_options_json(opts, EXG_OPT_RESULT, json, (size_t)size);
    EXG_TRY(exg_results_config(par, w, n, option, json));
done:
    exg_free(json);
    return st;
}

static exg_status put_dataset(const exg_run *run, exg_writer *w)
{
    const char *name[EXG_SOURCE_CLASSES];
    char sum[32];

    for (exg_int k = 0; k < run->set->nclass; k++) {
        name[k] = run->set->class_name[k];
    }
    snprintf(sum, sizeof sum, "%016llx",
             (unsigned long long)run->set->checksum);
    return exg_results_dataset(run->par, w, run->set->name, sum,
                               run->set->nclass, name);
}

/* Arrays of one number per epoch, in one block. */
typedef struct {
    int32_t *epoch;
    double *train_loss, *eval_loss, *train_accuracy, *eval_accuracy, *lr;
} curves;

static exg_status create_curves(const exg_run *run, curves *c)
{
    exg_status st = EXG_OK;
    const exg_int n = run->nepoch;

    EXG_TRY(exg_new(&c->epoch, n));
    EXG_TRY(exg_new(&c->train_loss, 5 * n));
    c->eval_loss = c->train_loss + n;
    c->train_accuracy = c->eval_loss + n;
    c->eval_accuracy = c->train_accuracy + n;
    c->lr = c->eval_accuracy + n;
    for (exg_int i = 0; i < n; i++) {
        const exg_run_epoch *e = run->epoch + i;

        c->epoch[i] = e->epoch;
        c->train_loss[i] = e->train_loss;
        c->eval_loss[i] = e->eval_loss;
        c->train_accuracy[i] = e->train_accuracy;
        c->eval_accuracy[i] = e->eval_accuracy;
        c->lr[i] = exg_opts_real(run->opts, "lr");
    }
done:
    return st;
}

static exg_status put_history(const exg_run *run, const curves *c,
                              exg_writer *w)
{
    const exg_results_history h = {.nepoch = run->nepoch,
                                   .epoch = c->epoch,
                                   .train_loss = c->train_loss,
                                   .eval_loss = c->eval_loss,
                                   .train_accuracy = c->train_accuracy,
                                   .eval_accuracy = c->eval_accuracy,
                                   .learning_rate = c->lr,
                                   .best_epoch = run->epoch[run->best].epoch};

    return exg_results_history_put(run->par, w, &h);
}

static exg_status put_metrics(const exg_run *run, const curves *c,
                              exg_writer *w)
{
    exg_status st = EXG_OK;
    const exg_int n = run->nepoch;
    const exg_int k = run->set->nclass;
    int64_t *count = NULL; /* (E, K, K), then support (E, K) */
    double *score = NULL;  /* 3 x (E, K)                     */

    /* Epochs are 1e6 at most, classes 256: labels are bytes. */
    EXG_TRY_ALL(run->par, exg_new(&count, n * k * (k + 1)));
    EXG_TRY_ALL(run->par, exg_new(&score, 3 * n * k));
    for (exg_int i = 0; i < n; i++) {
        const exg_run_epoch *e = run->epoch + i;
        const size_t row = (size_t)k * sizeof(double);

        memcpy(count + i * k * k, e->confusion, row * (size_t)k);
        memcpy(count + n * k * k + i * k, e->support, row);
        memcpy(score + i * k, e->precision, row);
        memcpy(score + (n + i) * k, e->recall, row);
        memcpy(score + (2 * n + i) * k, e->f1, row);
    }
    EXG_TRY(exg_results_metrics_put(
        run->par, w,
        &(exg_results_metrics){.nepoch = n,
                               .nclass = k,
                               .epoch = c->epoch,
                               .confusion = count,
                               .precision = score,
                               .recall = score + n * k,
                               .f1 = score + 2 * n * k,
                               .support = count + n * k * k,
                               .accuracy = c->eval_accuracy,
                               .best_epoch = run->epoch[run->best].epoch}));
done:
    exg_free(count);
    exg_free(score);
    return st;
}

static exg_status put_test(const exg_run *run, exg_writer *w)
{
    const exg_prediction *p = run->shown;
    const exg_results_test t = {.shard = p->span,
                                .nclass = p->nclass,
                                .label = p->label,
                                .prediction = p->guess,
                                .logits = p->logits,
                                .probability = p->probability};

    return exg_results_test_put(run->par, w, &t);
}

exg_int exg_record_layers(const exg_net *net, const float *param,
                          exg_results_layer *out)
{
    exg_int n = 0;

    for (exg_int i = 0; i < net->nlayer; i++) {
        const exg_layer *l = net->layer + i;
        const int conv = l->kind == EXG_LAYER_CONV;

        if (l->weight < 0) {
            continue;
        }
        out[n++] = (exg_results_layer){
            .name = l->name,
            .rank = conv ? 4 : 2,
            .dims = {l->oc, conv ? l->ic : l->ic * l->ih * l->iw,
                     conv ? l->k : 1, conv ? l->k : 1},
            .weight = param + l->weight,
            .bias = param + l->bias};
    }
    return n;
}

static exg_status put_model(const exg_run *run, exg_writer *w)
{
    exg_results_layer best[EXG_NET_LAYERS], init[EXG_NET_LAYERS];
    const exg_int n = exg_record_layers(run->net, run->net->param, best);

    (void)exg_record_layers(run->net, run->init, init);
    return exg_results_model(run->par, w, run->net->text, n, best, init);
}

static exg_status put_saliency(const exg_run *run, exg_writer *w)
{
    const exg_saliency *s = run->saliency;
    const exg_results_saliency r = {
        .nsample = s->nsample,
        .nepoch = s->nframe,
        .c = s->c,
        .h = s->h,
        .w = s->w,
        .index = s->index,
        .target = s->target,
        .epoch = s->epoch,
        .target_mode = exg_opts_text(run->opts, "target"),
        .baseline_mode = exg_opts_text(run->opts, "baseline"),
        .source = s->source,
        .baseline = s->baseline,
        .saliency = s->saliency,
        .delta = s->delta,
        .overlay = s->overlay};

    return exg_results_saliency_put(run->par, w, &r);
}

static exg_status put_results(exg_run *run, const curves *c, exg_writer *w)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_record_config(run->par, run->opts, w));
    EXG_TRY(put_dataset(run, w));
    if (run->epoch[0].epoch >= 0) {
        EXG_TRY(put_history(run, c, w));
    }
    EXG_TRY(put_metrics(run, c, w));
    EXG_TRY(put_test(run, w));
    EXG_TRY(put_model(run, w));
    if (run->saliency != NULL) {
        EXG_TRY(put_saliency(run, w));
    }
    EXG_TRY(exg_mapping_record(run, w));
done:
    return st;
}

exg_status exg_record_write(exg_run *run, const char *path, int argc,
                            char *const *argv)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    exg_writer *w = NULL;
    curves c = {0};

    exg_log_phase("write");
    EXG_TRY_ALL(run->par, create_curves(run, &c));
    EXG_TRY(exg_results_open(run->par, path, &w));
    EXG_TRY(put_results(run, &c, w));
    exg_clock_add(&run->clock, "write", exg_clock_now() - start);
    EXG_TRY(exg_provenance_put(run, w, argc, argv));
    EXG_TRY(exg_results_close(run->par, &w));
done:
    exg_writer_drop(run->par, &w);
    exg_free(c.epoch);
    exg_free(c.train_loss);
    return st;
}
