/* figures.c -- the list of figures, and who draws which.
 *
 * Costly figures come first in the list and are dealt like cards, so that parts
 * take about equally long. */
#include "plot/figures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "figures_impl.h"
#include "plot/fig_saliency.h"
#include "store/schema.h"

enum {
    PATH_BYTES = 4096
};

struct exg_figures {
    exg_reader *reader;
    char *path; /* of the results file */
    exg_int count, room;
    exg_figures_job *job;
};

/* A job at the end of the list; its name is the caller's to fill in. */
static exg_status add(exg_figures *f, exg_figures_job job)
{
    exg_status st = EXG_OK;

    if (f->count == f->room) {
        exg_figures_job *grown = NULL;

        EXG_TRY(exg_new(&grown, 2 * f->room + 16));
        if (f->count > 0) {
            memcpy(grown, f->job, (size_t)f->count * sizeof *grown);
        }
        exg_free(f->job);
        f->job = grown;
        f->room = 2 * f->room + 16;
    }
    f->job[f->count++] = job;
done:
    return st;
}

/* "e07": an epoch with as many digits as the largest one, so that names sort in
 * order; "before" before training. */
static const char *epoch_name(exg_int n, const int64_t *epoch, exg_int e,
                              char *out, size_t size)
{
    char most[24] = "0", own[24];
    int64_t largest = 0;
    int pad;

    for (exg_int i = 0; i < n; i++) {
        largest = epoch[i] > largest ? epoch[i] : largest;
    }
    snprintf(most, sizeof most, "%lld", (long long)largest);
    snprintf(own, sizeof own, "%lld", (long long)epoch[e]);
    pad = (int)strlen(most) - (int)strlen(own);
    snprintf(out, size, epoch[e] < 0 ? "before" : "e%.*s%s", pad > 0 ? pad : 0,
             "0000000000000000000", own);
    return out;
}

static exg_status add_saliency(exg_figures *f)
{
    exg_status st = EXG_OK;
    exg_int n = -1, samples = -1;
    int64_t *epoch = NULL, *index = NULL;

    EXG_TRY(
        exg_reader_i64(f->reader, EXG_SCHEMA_SALIENCY_EPOCH, 1, &n, &epoch));
    EXG_TRY(exg_reader_i64(f->reader, EXG_SCHEMA_SALIENCY_INDEX, 1, &samples,
                           &index));
    for (exg_int e = 0; e < n; e++) {
        for (exg_int s = 0; s < samples; s += EXG_FIG_SALIENCY_COLUMNS) {
            exg_figures_job job = {
                .kind = EXG_FIGURES_SALIENCY, .row = e, .first = s};
            char when[48], sheet[24] = "";

            if (s > 0) {
                snprintf(sheet, sizeof sheet, "_%td",
                         s / EXG_FIG_SALIENCY_COLUMNS + 1);
            }
            snprintf(job.name, sizeof job.name, "saliency_%s%s",
                     epoch_name(n, epoch, e, when, sizeof when), sheet);
            EXG_TRY(add(f, job));
        }
    }
done:
    exg_free(index);
    exg_free(epoch);
    return st;
}

static exg_status add_confusion(exg_figures *f)
{
    exg_status st = EXG_OK;
    exg_int n = -1;
    int64_t *epoch = NULL;

    EXG_TRY(exg_reader_i64(f->reader, EXG_SCHEMA_METRICS_EPOCH, 1, &n, &epoch));
    for (exg_int e = 0; e < n; e++) {
        for (int normalised = 0; normalised < 2; normalised++) {
            exg_figures_job job = {.kind = normalised ? EXG_FIGURES_NORMALISED
                                                      : EXG_FIGURES_CONFUSION,
                                   .row = e};

            char when[48];

            snprintf(job.name, sizeof job.name, "confusion_%s%s",
                     epoch_name(n, epoch, e, when, sizeof when),
                     normalised ? "_normalised" : "");
            EXG_TRY(add(f, job));
        }
    }
done:
    exg_free(epoch);
    return st;
}

static exg_status add_all(exg_figures *f)
{
    exg_status st = EXG_OK;

    if (exg_reader_has(f->reader, EXG_SCHEMA_TSNE_3D)) {
        EXG_TRY(add(f, (exg_figures_job){.kind = EXG_FIGURES_TSNE_3D,
                                         .name = "tsne_3d"}));
    }
    if (exg_reader_has(f->reader, EXG_SCHEMA_TSNE_SWEEP)) {
        EXG_TRY(add(f, (exg_figures_job){.kind = EXG_FIGURES_SWEEP,
                                         .name = "tsne_sweep"}));
    }
    if (exg_reader_has(f->reader, EXG_SCHEMA_TSNE_EPOCHS)) {
        EXG_TRY(add(f, (exg_figures_job){.kind = EXG_FIGURES_EPOCHS,
                                         .name = "tsne_epochs"}));
    }
    if (exg_reader_has(f->reader, EXG_SCHEMA_TSNE)) {
        EXG_TRY(add(
            f, (exg_figures_job){.kind = EXG_FIGURES_TSNE, .name = "tsne"}));
    }
    if (exg_reader_has(f->reader, EXG_SCHEMA_SALIENCY)) {
        EXG_TRY(add_saliency(f));
    }
    if (exg_reader_has(f->reader, EXG_SCHEMA_METRICS)) {
        EXG_TRY(add_confusion(f));
    }
    if (exg_reader_has(f->reader, EXG_SCHEMA_HISTORY)) {
        EXG_TRY(add(f, (exg_figures_job){.kind = EXG_FIGURES_CURVES,
                                         .name = "curves"}));
    }
done:
    return st;
}

exg_status exg_figures_open(const char *results, exg_figures **out)
{
    exg_status st = EXG_OK;
    exg_figures *f = NULL;

    EXG_TRY(exg_new(&f, 1));
    EXG_TRY(exg_new(&f->path, (exg_int)strlen(results) + 1));
    memcpy(f->path, results, strlen(results));
    EXG_TRY(exg_reader_open(results, &f->reader));
    EXG_TRY(add_all(f));
    *out = f;
    f = NULL; /* handed to the caller */
done:
    exg_figures_close(&f);
    return st;
}

void exg_figures_close(exg_figures **f)
{
    if (*f == NULL) {
        return;
    }
    if ((*f)->reader != NULL) {
        exg_reader_close(&(*f)->reader);
    }
    exg_free((*f)->job);
    exg_free((*f)->path);
    exg_free(*f);
    *f = NULL;
}

exg_int exg_figures_count(const exg_figures *f)
{
    return f->count;
}

const char *exg_figures_name(const exg_figures *f, exg_int i)
{
    return f->job[i].name;
}

exg_status exg_figures_draw_one(exg_figures *f, exg_int i, const char *dir)
{
    const exg_figures_job *job = &f->job[i];
    /* The name alone: the same figure from another folder is the same file. */
    const char *slash = strrchr(f->path, '/');
    const char *source = slash != NULL ? slash + 1 : f->path;
    char stem[PATH_BYTES];

    if (snprintf(stem, sizeof stem, "%s/%s", dir, job->name) >=
        (int)sizeof stem - 16) {
        return exg_fail(EXG_EIO, "%.100s...: path is too long", dir);
    }
    switch (job->kind) {
    case EXG_FIGURES_CURVES:
        return exg_figures_curves(f->reader, source, stem);
    case EXG_FIGURES_CONFUSION:
    case EXG_FIGURES_NORMALISED:
        return exg_figures_confusion(f->reader, source, job, stem);
    case EXG_FIGURES_SALIENCY:
        return exg_figures_saliency(f->reader, source, job, stem);
    case EXG_FIGURES_TSNE_3D:
        return exg_figures_tsne(f->reader, source, EXG_SCHEMA_TSNE_3D, stem);
    case EXG_FIGURES_SWEEP:
        return exg_figures_sweep(f->reader, source, stem);
    case EXG_FIGURES_EPOCHS:
        return exg_figures_epochs(f->reader, source, stem);
    case EXG_FIGURES_TSNE:
        break;
    }
    return exg_figures_tsne(f->reader, source, EXG_SCHEMA_TSNE, stem);
}

exg_status exg_figures_draw(const char *results, const char *dir, int part,
                            int parts, exg_int *drawn)
{
    exg_status st = EXG_OK;
    exg_figures *f = NULL;
    exg_int n = 0;

    EXG_TRY(exg_figures_open(results, &f));
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        st = exg_fail(EXG_EIO, "%s: cannot create the folder: %s", dir,
                      strerror(errno));
        goto done;
    }
    if (part == 0) {
        EXG_TRY(exg_figures_tidy(f, dir));
    }
    for (exg_int i = part; i < f->count; i += parts) {
        EXG_TRY(exg_figures_draw_one(f, i, dir));
        n++;
    }
    if (drawn != NULL) {
        *drawn = n;
    }
done:
    exg_figures_close(&f);
    return st;
}
