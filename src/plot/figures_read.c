/* figures_read.c -- from datasets to the structs that figures are drawn from.
 *
 * The shapes wanted are stated at each call, so a damaged file ends in one line
 * that names the dataset.  What only decorates (class names, true labels,
 * perplexity) may be missing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures_impl.h"
#include "plot/fig_confusion.h"
#include "plot/fig_curves.h"
#include "plot/fig_embedding.h"
#include "plot/fig_saliency.h"
#include "store/schema.h"

exg_status exg_figures_names(exg_reader *r, exg_int count, char ***names)
{
    exg_status st = EXG_OK;
    enum {
        NUMBER = 24
    };
    char **own = NULL, **stored = NULL;
    exg_int have = 0, bytes = 0;
    char *text;

    if (exg_reader_has(r, EXG_SCHEMA_CLASS_NAMES)) {
        EXG_TRY(exg_reader_texts(r, EXG_SCHEMA_CLASS_NAMES, &have, &stored));
    }
    for (exg_int k = 0; k < count; k++) {
        bytes += k < have ? (exg_int)strlen(stored[k]) + 1 : NUMBER;
    }
    EXG_TRY(exg_new(&own, count + bytes / (exg_int)sizeof(char *) + 1));
    text = (char *)(own + count);
    for (exg_int k = 0; k < count; k++) {
        own[k] = text;
        if (k < have) {
            text = stpcpy(text, stored[k]) + 1;
        } else {
            text += snprintf(text, NUMBER, "%td", k) + 1;
        }
    }
    *names = own;
done:
    exg_free(stored);
    return st;
}

exg_status exg_figures_curves(exg_reader *r, const char *source,
                              const char *stem)
{
    exg_status st = EXG_OK;
    static const char *const path[] = {
        EXG_SCHEMA_HISTORY_EPOCH, EXG_SCHEMA_TRAIN_LOSS, EXG_SCHEMA_EVAL_LOSS,
        EXG_SCHEMA_TRAIN_ACCURACY, EXG_SCHEMA_EVAL_ACCURACY};
    double *v[5] = {NULL};
    exg_int e = -1;

    for (int i = 0; i < 5; i++) {
        EXG_TRY(exg_reader_f64(r, path[i], 1, &e, &v[i]));
    }
    if (e < 1) {
        st = exg_fail(EXG_EINPUT, "%s: %s is empty", source, path[0]);
        goto done;
    }
    EXG_TRY(exg_fig_curves_save(&(exg_fig_curves){.epochs = e,
                                                  .epoch = v[0],
                                                  .train_loss = v[1],
                                                  .eval_loss = v[2],
                                                  .train_accuracy = v[3],
                                                  .eval_accuracy = v[4],
                                                  .source = source},
                                stem));
done:
    for (int i = 0; i < 5; i++) {
        exg_free(v[i]);
    }
    return st;
}

/* Counts that can be added up, in one epoch's matrix. */
static exg_status check_counts(const char *source, exg_int n,
                               const int64_t *count)
{
    int64_t sum = 0;

    for (exg_int i = 0; i < n; i++) {
        if (count[i] < 0 || __builtin_add_overflow(sum, count[i], &sum)) {
            return exg_fail(EXG_EINPUT, "%s: %s: %lld is no count of samples",
                            source, EXG_SCHEMA_CONFUSION, (long long)count[i]);
        }
    }
    return EXG_OK;
}

exg_status exg_figures_confusion(exg_reader *r, const char *source,
                                 const exg_figures_job *job, const char *stem)
{
    exg_status st = EXG_OK;
    static const char *const path[] = {EXG_SCHEMA_PRECISION, EXG_SCHEMA_RECALL,
                                       EXG_SCHEMA_F1};
    exg_int dims[] = {-1, -1, -1}, k;
    int64_t *count = NULL, *support = NULL, *epoch = NULL;
    double *v[3] = {NULL};
    char **names = NULL;

    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_METRICS_EPOCH, 1, dims, &epoch));
    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_CONFUSION, 3, dims, &count));
    k = dims[1];
    if (dims[2] != k || k < 1) {
        st = exg_fail(EXG_EINPUT, "%s: %s is %td x %td, expected a square",
                      source, EXG_SCHEMA_CONFUSION, k, dims[2]);
        goto done;
    }
    EXG_TRY(check_counts(source, k * k, count + job->row * k * k));
    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_SUPPORT, 2, dims, &support));
    for (int i = 0; i < 3; i++) {
        EXG_TRY(exg_reader_f64(r, path[i], 2, dims, &v[i]));
    }
    EXG_TRY(exg_figures_names(r, k, &names));
    EXG_TRY(exg_fig_confusion_save(
        &(exg_fig_confusion){.classes = k,
                             .name = (const char *const *)names,
                             .count = count + job->row * k * k,
                             .precision = v[0] + job->row * k,
                             .recall = v[1] + job->row * k,
                             .f1 = v[2] + job->row * k,
                             .support = support + job->row * k,
                             .epoch = (exg_int)epoch[job->row],
                             .normalised = job->kind == EXG_FIGURES_NORMALISED,
                             .source = source},
        stem));
done:
    exg_free(names);
    for (int i = 0; i < 3; i++) {
        exg_free(v[i]);
    }
    exg_free(support);
    exg_free(count);
    exg_free(epoch);
    return st;
}

/* The true classes of the samples, if the file tells them; else *label stays
 * NULL. */
static exg_status read_labels(exg_reader *r, exg_int s, const int64_t *index,
                              int64_t **label)
{
    exg_status st = EXG_OK;
    int64_t *all = NULL, *own = NULL;
    exg_int n = -1;

    if (!exg_reader_has(r, EXG_SCHEMA_TEST_LABEL)) {
        return EXG_OK;
    }
    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_TEST_LABEL, 1, &n, &all));
    EXG_TRY(exg_new(&own, s));
    for (exg_int i = 0; i < s; i++) {
        own[i] = index[i] >= 0 && index[i] < n ? all[index[i]] : -1;
    }
    *label = own;
done:
    exg_free(all);
    return st;
}

exg_int exg_figures_classes(exg_int n, const int64_t *a, exg_int least)
{
    enum {
        CLASSES_MAX = 4096 /* more is a damaged label */
    };

    for (exg_int i = 0; a != NULL && i < n; i++) {
        if (a[i] >= least && a[i] < CLASSES_MAX) {
            least = (exg_int)a[i] + 1;
        }
    }
    return least;
}

/* The five stacks of maps; fig gets their shapes and pointers into them. */
static exg_status read_maps(exg_reader *r, const exg_figures_job *job,
                            exg_int epochs, float **map, exg_fig_saliency *fig)
{
    exg_status st = EXG_OK;
    static const char *const path[] = {
        EXG_SCHEMA_SOURCE, EXG_SCHEMA_BASELINE_MAP, EXG_SCHEMA_SALIENCY_MAP,
        EXG_SCHEMA_DELTA_MAP, EXG_SCHEMA_OVERLAY_MAP};
    const float **const to[] = {NULL, &fig->baseline, &fig->saliency,
                                &fig->delta, &fig->overlay};
    exg_int dims[EXG_READER_RANK], image[EXG_READER_RANK], volume;
    int rank = 0;

    EXG_TRY(exg_reader_shape(r, path[0], &rank, image));
    if (rank != 3 && rank != 4) {
        st = exg_fail(EXG_EINPUT, "%s has %d dimensions, expected 3 or 4",
                      path[0], rank);
        goto done;
    }
    EXG_TRY(exg_reader_f32(r, path[0], rank, image, &map[0]));
    fig->samples = image[0];
    fig->channels = rank == 4 ? image[1] : 1;
    fig->height = image[rank - 2];
    fig->width = image[rank - 1];
    fig->source = map[0];
    volume = fig->samples * fig->channels * fig->height * fig->width;
    if (volume < 1) {
        st = exg_fail(EXG_EINPUT, "%s is empty", path[0]);
        goto done;
    }
    dims[0] = epochs;
    memcpy(dims + 1, image, (size_t)rank * sizeof *dims);
    for (int i = 1; i < 5; i++) {
        EXG_TRY(exg_reader_f32(r, path[i], rank + 1, dims, &map[i]));
        *to[i] = map[i] + job->row * volume;
    }
done:
    return st;
}

exg_status exg_figures_saliency(exg_reader *r, const char *source,
                                const exg_figures_job *job, const char *stem)
{
    exg_status st = EXG_OK;
    exg_fig_saliency fig = {.first = job->first, .source_file = source};
    int64_t *index = NULL, *target = NULL, *epoch = NULL, *label = NULL;
    float *map[5] = {NULL};
    char **names = NULL;
    exg_int f = -1;

    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_SALIENCY_EPOCH, 1, &f, &epoch));
    EXG_TRY(read_maps(r, job, f, map, &fig));
    EXG_TRY(
        exg_reader_i64(r, EXG_SCHEMA_SALIENCY_INDEX, 1, &fig.samples, &index));
    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_SALIENCY_TARGET, 1, &fig.samples,
                           &target));
    EXG_TRY(read_labels(r, fig.samples, index, &label));
    fig.classes = exg_figures_classes(fig.samples, target, 1);
    fig.classes = exg_figures_classes(fig.samples, label, fig.classes);
    EXG_TRY(exg_figures_names(r, fig.classes, &names));
    fig.index = index;
    fig.target = target;
    fig.label = label;
    fig.name = (const char *const *)names;
    fig.epoch = (exg_int)epoch[job->row];
    fig.count = fig.samples - fig.first < EXG_FIG_SALIENCY_COLUMNS
                    ? fig.samples - fig.first
                    : EXG_FIG_SALIENCY_COLUMNS;
    EXG_TRY(exg_fig_saliency_save(&fig, stem));
done:
    exg_free(names);
    exg_free(label);
    exg_free(epoch);
    exg_free(target);
    exg_free(index);
    for (int i = 0; i < 5; i++) {
        exg_free(map[i]);
    }
    return st;
}

/* Last finite value of a dataset of the group; NaN if there is none. */
static double last_of(exg_reader *r, const char *group, const char *name)
{
    char path[128];
    double *v = NULL, last = NAN;
    exg_int n = -1;

    snprintf(path, sizeof path, "%s/%s", group, name);
    if (exg_reader_has(r, path) &&
        exg_reader_f64(r, path, 1, &n, &v) == EXG_OK) {
        for (exg_int i = 0; i < n; i++) {
            last = isfinite(v[i]) ? v[i] : last;
        }
    }
    exg_err_clear(); /* it only decorates */
    exg_free(v);
    return last;
}

static double setting(exg_reader *r, const char *group, const char *name)
{
    double v = NAN;

    if (exg_reader_attr_f64(r, group, name, &v) != EXG_OK) {
        exg_err_clear();
        v = NAN;
    }
    return v;
}

/* A text that only decorates. */
static const char *text_of(exg_reader *r, const char *group, const char *name,
                           const char *otherwise, char *text, size_t size)
{
    if (exg_reader_attr_text(r, group, name, text, size) != EXG_OK) {
        exg_err_clear();
        return otherwise;
    }
    return text;
}

/* The map that took the points, where they were placed into one. */
static exg_status read_others(exg_reader *r, const char *group,
                              exg_fig_embedding *fig, float **at,
                              int64_t **label)
{
    exg_status st = EXG_OK;
    exg_int dims[] = {-1, fig->dims};
    char path[128];

    snprintf(path, sizeof path, "%s/%s/%s", group, EXG_SCHEMA_TSNE_REFERENCE,
             EXG_SCHEMA_TSNE_COORDINATES);
    if (!exg_reader_has(r, path)) {
        return EXG_OK;
    }
    EXG_TRY(exg_reader_f32(r, path, 2, dims, at));
    snprintf(path, sizeof path, "%s/%s/%s", group, EXG_SCHEMA_TSNE_REFERENCE,
             EXG_SCHEMA_TSNE_LABEL);
    EXG_TRY(exg_reader_i64(r, path, 1, dims, label));
    fig->others = dims[0];
    fig->other = *at;
    fig->other_label = *label;
    fig->classes = exg_figures_classes(dims[0], *label, fig->classes);
done:
    return st;
}

exg_status exg_figures_tsne(exg_reader *r, const char *source,
                            const char *group, const char *stem)
{
    exg_status st = EXG_OK;
    exg_fig_embedding fig = {.source = source};
    exg_int dims[] = {-1, -1}, n = -1;
    float *at = NULL, *other = NULL;
    int64_t *label = NULL, *other_label = NULL;
    char **names = NULL;
    char path[128], title[160], perplexities[160];

    snprintf(path, sizeof path, "%s/%s", group, EXG_SCHEMA_TSNE_COORDINATES);
    EXG_TRY(exg_reader_f32(r, path, 2, dims, &at));
    if (dims[0] < 1 || (dims[1] != 2 && dims[1] != 3)) {
        st = exg_fail(EXG_EINPUT, "%s: %s is %td x %td, expected N x 2 or 3",
                      source, path, dims[0], dims[1]);
        goto done;
    }
    n = dims[0];
    snprintf(path, sizeof path, "%s/%s", group, EXG_SCHEMA_TSNE_LABEL);
    EXG_TRY(exg_reader_i64(r, path, 1, &n, &label));
    fig.points = n;
    fig.dims = (int)dims[1];
    fig.coordinates = at;
    fig.label = label;
    fig.classes = exg_figures_classes(n, label, 0);
    EXG_TRY(read_others(r, group, &fig, &other, &other_label));
    EXG_TRY(exg_figures_names(r, fig.classes, &names));
    fig.name = (const char *const *)names;
    fig.title = text_of(r, group, "title", "t-SNE", title, sizeof title);
    fig.perplexities = text_of(r, group, "perplexities", NULL, perplexities,
                               sizeof perplexities);
    fig.kl = last_of(r, group, EXG_SCHEMA_TSNE_KL);
    fig.perplexity = setting(r, group, "perplexity");
    fig.dof = setting(r, group, "dof");
    fig.iterations = last_of(r, group, EXG_SCHEMA_TSNE_ITERATION);
    EXG_TRY(exg_fig_embedding_save(&fig, stem));
done:
    exg_free(names);
    exg_free(other_label);
    exg_free(other);
    exg_free(label);
    exg_free(at);
    return st;
}
