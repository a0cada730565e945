/* results_train.c -- the sections that training leaves: history, metrics, test
 * and model. */
#include <stdio.h>
#include <string.h>

#include "results_impl.h"
#include "store/schema.h"

#define COUNT(table) ((exg_int)(sizeof(table) / sizeof(table)[0]))

exg_status exg_results_history_put(const exg_par *par, exg_writer *w,
                                   const exg_results_history *h)
{
    static const char *const axes[] = {"epoch"};
    static const char *const also[] = {"train_loss"};
    exg_status st = EXG_OK;
    const exg_results_dim e = {h->nepoch, EXG_SCHEMA_HISTORY_EPOCH, NULL};
    const exg_results_item item[] = {
        {EXG_SCHEMA_HISTORY_EPOCH, "epoch", "", EXG_WRITER_I32, h->epoch, {&e}},
        {EXG_SCHEMA_TRAIN_LOSS,
         "mean cross-entropy of the training samples",
         "nat",
         EXG_WRITER_F64,
         h->train_loss,
         {&e}},
        {EXG_SCHEMA_EVAL_LOSS,
         "mean cross-entropy of the test samples",
         "nat",
         EXG_WRITER_F64,
         h->eval_loss,
         {&e}},
        {EXG_SCHEMA_TRAIN_ACCURACY,
         "share of training samples classified right",
         "1",
         EXG_WRITER_F64,
         h->train_accuracy,
         {&e}},
        {EXG_SCHEMA_EVAL_ACCURACY,
         "share of test samples classified right",
         "1",
         EXG_WRITER_F64,
         h->eval_accuracy,
         {&e}},
        {EXG_SCHEMA_LEARNING_RATE,
         "learning rate",
         "1",
         EXG_WRITER_F64,
         h->learning_rate,
         {&e}},
    };

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_HISTORY, "NXdata"));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    EXG_TRY(exg_results_axes(par, w, EXG_SCHEMA_HISTORY, "eval_loss", 1, axes));
    EXG_TRY(exg_writer_attr_texts(par, w, EXG_SCHEMA_HISTORY,
                                  "auxiliary_signals", 1, also));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_HISTORY, "title",
                                 "loss per epoch: test and training"));
    EXG_TRY(exg_writer_attr_i64(par, w, EXG_SCHEMA_HISTORY, "best_epoch",
                                h->best_epoch));
done:
    return st;
}

/* The stack of matrices opens on the best epoch's. */
static exg_status show_best(const exg_par *par, exg_writer *w,
                            const exg_results_metrics *m)
{
    exg_status st = EXG_OK;
    char slice[24];
    exg_int best = 0;

    for (exg_int i = 0; par->rank == 0 && i < m->nepoch; i++) {
        best = m->epoch[i] == m->best_epoch ? i : best;
    }
    snprintf(slice, sizeof slice, "%td", best);
    EXG_TRY(exg_writer_attr_texts(par, w, EXG_SCHEMA_METRICS, "default_slice",
                                  3, (const char *[]){slice, ".", "."}));
    EXG_TRY(exg_writer_attr_i64(par, w, EXG_SCHEMA_METRICS, "best_epoch",
                                m->best_epoch));
done:
    return st;
}

exg_status exg_results_metrics_put(const exg_par *par, exg_writer *w,
                                   const exg_results_metrics *m)
{
    static const char *const axes[] = {"epoch", "truth", "prediction"};
    exg_status st = EXG_OK;
    const exg_results_dim e = {m->nepoch, EXG_SCHEMA_METRICS_EPOCH, NULL};
    const exg_results_dim t = {m->nclass, EXG_SCHEMA_METRICS_TRUTH, NULL};
    const exg_results_dim p = {m->nclass, EXG_SCHEMA_METRICS_PREDICTION, NULL};
    const exg_results_item item[] = {
        {EXG_SCHEMA_METRICS_EPOCH, "epoch", "", EXG_WRITER_I32, m->epoch, {&e}},
        {EXG_SCHEMA_CONFUSION,
         "test samples of class truth that were called prediction",
         "1",
         EXG_WRITER_I64,
         m->confusion,
         {&e, &t, &p}},
        {EXG_SCHEMA_PRECISION,
         "share of the calls of a class that are right",
         "1",
         EXG_WRITER_F64,
         m->precision,
         {&e, &t}},
        {EXG_SCHEMA_RECALL,
         "share of the samples of a class that are found",
         "1",
         EXG_WRITER_F64,
         m->recall,
         {&e, &t}},
        {EXG_SCHEMA_F1,
         "harmonic mean of precision and recall",
         "1",
         EXG_WRITER_F64,
         m->f1,
         {&e, &t}},
        {EXG_SCHEMA_SUPPORT,
         "test samples of a class",
         "1",
         EXG_WRITER_I64,
         m->support,
         {&e, &t}},
        {EXG_SCHEMA_ACCURACY,
         "share of test samples classified right",
         "1",
         EXG_WRITER_F64,
         m->accuracy,
         {&e}},
    };

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_METRICS, "NXdata"));
    EXG_TRY(exg_results_count(par, w, &t, "true class", ""));
    EXG_TRY(exg_results_count(par, w, &p, "predicted class", ""));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_CONFUSION, "interpretation",
                                 "image"));
    EXG_TRY(exg_results_axes(par, w, EXG_SCHEMA_METRICS, "confusion", 3, axes));
    EXG_TRY(show_best(par, w, m));
done:
    return st;
}

exg_status exg_results_test_put(const exg_par *par, exg_writer *w,
                                const exg_results_test *t)
{
    static const char *const axes[] = {"sample", "class"};
    exg_status st = EXG_OK;
    const exg_results_dim n = {t->shard.total, EXG_SCHEMA_TEST_SAMPLE,
                               &t->shard};
    const exg_results_dim k = {t->nclass, EXG_SCHEMA_TEST_CLASS, NULL};
    const exg_results_item item[] = {
        {EXG_SCHEMA_TEST_LABEL,
         "true class",
         "",
         EXG_WRITER_I32,
         t->label,
         {&n}},
        {EXG_SCHEMA_TEST_PREDICTION,
         "predicted class",
         "",
         EXG_WRITER_I32,
         t->prediction,
         {&n}},
        {EXG_SCHEMA_TEST_LOGITS,
         "logit of the class",
         "1",
         EXG_WRITER_F32,
         t->logits,
         {&n, &k}},
        {EXG_SCHEMA_TEST_PROBABILITY,
         "softmax probability of the class",
         "1",
         EXG_WRITER_F32,
         t->probability,
         {&n, &k}},
    };

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_TEST, "NXdata"));
    EXG_TRY(exg_results_count(par, w, &n, "row of the test set", ""));
    EXG_TRY(exg_results_count(par, w, &k, "class", ""));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
    EXG_TRY(exg_results_axes(par, w, EXG_SCHEMA_TEST, "probability", 2, axes));
done:
    return st;
}

static exg_status put_layer(const exg_par *par, exg_writer *w,
                            const char *group, const exg_results_layer *layer)
{
    exg_status st = EXG_OK;
    char here[128], weight[160], bias[160];
    exg_results_dim dim[4] = {{0}};
    exg_results_item item[] = {
        {weight, "weights", "1", EXG_WRITER_F32, layer->weight, {NULL}},
        {bias, "biases", "1", EXG_WRITER_F32, layer->bias, {&dim[0]}},
    };

    snprintf(here, sizeof here, "%s/%s", group, layer->name);
    snprintf(weight, sizeof weight, "%s/%s", here, EXG_SCHEMA_WEIGHT);
    snprintf(bias, sizeof bias, "%s/%s", here, EXG_SCHEMA_BIAS);
    for (int i = 0; i < layer->rank; i++) {
        dim[i].size = layer->dims[i];
        item[0].dim[i] = &dim[i];
    }
    EXG_TRY(exg_writer_group(par, w, here, NULL));
    EXG_TRY(exg_results_items(par, w, COUNT(item), item));
done:
    return st;
}

exg_status exg_results_model(const exg_par *par, exg_writer *w,
                             const char *architecture, exg_int n,
                             const exg_results_layer *best,
                             const exg_results_layer *init)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_MODEL, "NXcollection"));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_MODEL, "architecture",
                                 architecture));
    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_MODEL_BEST, "NXcollection"));
    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_MODEL_INIT, "NXcollection"));
    for (exg_int i = 0; i < n; i++) {
        EXG_TRY(put_layer(par, w, EXG_SCHEMA_MODEL_BEST, &best[i]));
        EXG_TRY(put_layer(par, w, EXG_SCHEMA_MODEL_INIT, &init[i]));
    }
done:
    return st;
}

exg_status exg_results_layer_get(exg_reader *r, const char *group,
                                 const exg_results_layer *layer, float *weight,
                                 float *bias)
{
    exg_status st = EXG_OK;
    char path[160];
    exg_int dims[4], out[1] = {layer->dims[0]};
    float *w = NULL, *b = NULL;
    size_t count = 1;

    for (int i = 0; i < layer->rank; i++) {
        dims[i] = layer->dims[i];
        count *= (size_t)dims[i];
    }
    snprintf(path, sizeof path, "%s/%s/%s", group, layer->name,
             EXG_SCHEMA_WEIGHT);
    EXG_TRY(exg_reader_f32(r, path, layer->rank, dims, &w));
    snprintf(path, sizeof path, "%s/%s/%s", group, layer->name,
             EXG_SCHEMA_BIAS);
    EXG_TRY(exg_reader_f32(r, path, 1, out, &b));
    memcpy(weight, w, count * sizeof *weight);
    memcpy(bias, b, (size_t)out[0] * sizeof *bias);
done:
    exg_free(w);
    exg_free(b);
    return st;
}
