/* exigo_merge.c -- one table of many runs, from their results files alone.
 *
 * A row is a run: the options in which the runs differ, then what each came to.
 * With --phases a row is a phase of a run: its seconds, and how much faster and
 * how well used it is beside the first run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/reader.h"
#include "store/schema.h"
#include "table.h"
#include "tool.h"

enum {
    OPTIONS = 256, /* most options of a run */
    PHASES = 1000  /* and phases */
};

typedef struct {
    const char *csv, *h5;
    int phases, help;
    exg_int nfile;
    char **file;
} request;

static void print_help(void)
{
    puts("usage: exigo-merge [--phases] [--csv FILE] [--h5 FILE] "
         "RESULTS.h5...\n"
         "\n"
         "Print one table of many runs: the options in which they differ, the\n"
         "losses and accuracies of their best epoch, and the quality of their\n"
         "t-SNE maps; below, mean and standard deviation over the runs.\n"
         "\n"
         "  --phases    a table of times instead: seconds of the slowest rank\n"
         "              in each phase, speed-up and efficiency beside the\n"
         "              first run\n"
         "  --csv FILE  write the table as comma-separated values, too\n"
         "  --h5 FILE   write it as HDF5, a dataset per column, too\n"
         "  --help      print this");
}

static exg_status parse(int argc, char **argv, request *q)
{
    q->file = argv; /* files move to the front, over what was read */
    for (int i = 1; i < argc; i++) {
        const int csv = strcmp(argv[i], "--csv") == 0;

        if (strcmp(argv[i], "--help") == 0) {
            q->help = 1;
        } else if (strcmp(argv[i], "--phases") == 0) {
            q->phases = 1;
        } else if ((csv || strcmp(argv[i], "--h5") == 0) && i + 1 < argc) {
            *(csv ? &q->csv : &q->h5) = argv[i + 1];
            i++;
        } else if (argv[i][0] == '-') {
            return exg_fail(EXG_EUSAGE,
                            "%.200s: unknown option or missing value; see "
                            "--help",
                            argv[i]);
        } else {
            q->file[q->nfile++] = argv[i];
        }
    }
    return q->help || q->nfile > 0
               ? EXG_OK
               : exg_fail(EXG_EUSAGE, "no results file given; see --help");
}

/* The names of options, as HDF5 lists them. */
typedef struct {
    int n;
    char name[OPTIONS][64];
} names;

static void note_name(void *state, const char *name)
{
    names *list = state;

    if (list->n < OPTIONS && strcmp(name, "NX_class") != 0) {
        snprintf(list->name[list->n++], sizeof list->name[0], "%s", name);
    }
}

/* A text attribute, or "" where the file has none. */
static void text_or_nothing(exg_reader *r, const char *path, const char *name,
                            char *text)
{
    if (exg_reader_attr_text(r, path, name, text, TABLE_CELL) != EXG_OK) {
        exg_err_clear();
        text[0] = '\0';
    }
}

/* Element i of a dataset of numbers, the last one for i < 0; NaN where there
 * is none. */
static double number_at(exg_reader *r, const char *path, exg_int i)
{
    exg_int dims[EXG_READER_RANK] = {-1};
    double *data = NULL, value = NAN;
    int rank = 0;

    if (exg_reader_has(r, path) &&
        exg_reader_shape(r, path, &rank, dims) == EXG_OK && rank <= 1 &&
        exg_reader_f64(r, path, rank, dims, &data) == EXG_OK) {
        const exg_int n = rank == 0 ? 1 : dims[0];

        value = i < n && n > 0 ? data[i < 0 ? n - 1 : i] : NAN;
    }
    exg_err_clear();
    exg_free(data);
    return value;
}

/* The row of /history that holds the best epoch; -1: the last. */
static exg_int best_row(exg_reader *r)
{
    double epoch = 0;

    if (exg_reader_attr_f64(r, "/history", "best_epoch", &epoch) != EXG_OK) {
        exg_err_clear();
        return -1;
    }
    return epoch >= 0 && epoch < INT32_MAX ? (exg_int)epoch : -1;
}

static const struct {
    const char *name, *path, *long_name;
    int by_epoch;
} outcome[] = {
    {"best_epoch", "/history/epoch", "epoch of the lowest evaluation loss", 1},
    {"train_loss", EXG_SCHEMA_TRAIN_LOSS, "training loss of that epoch, nat",
     1},
    {"eval_loss", EXG_SCHEMA_EVAL_LOSS, "evaluation loss of that epoch, nat",
     1},
    {"train_accuracy", EXG_SCHEMA_TRAIN_ACCURACY, "training accuracy", 1},
    {"eval_accuracy", EXG_SCHEMA_EVAL_ACCURACY, "evaluation accuracy", 1},
    {"kl", "/tsne/final_kl", "Kullback-Leibler divergence of the map, nat", 0},
    {"trustworthiness", "/tsne/trustworthiness_12",
     "trustworthiness of the map, 12 neighbours", 0},
    {"map_accuracy", "/tsne/knn_accuracy_map",
     "label accuracy of neighbours in the map", 0},
    {"kl_3d", "/tsne_3d/final_kl",
     "Kullback-Leibler divergence of the 3-D map, nat", 0},
};

enum {
    OUTCOMES = sizeof outcome / sizeof *outcome
};

/* A row of all options, then of all outcomes. */
static exg_status read_run(const char *path, exg_int row, const names *list,
                           table *t)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    exg_int best;
    char text[TABLE_CELL];

    EXG_TRY(exg_reader_open(path, &r));
    table_put(t, row, 0, path);
    for (int i = 0; i < list->n; i++) {
        text_or_nothing(r, EXG_SCHEMA_CONFIG, list->name[i], text);
        table_put(t, row, 1 + i, text);
    }
    best = best_row(r);
    for (int i = 0; i < OUTCOMES; i++) {
        table_put_number(
            t, row, 1 + list->n + i,
            number_at(r, outcome[i].path, outcome[i].by_epoch ? best : 0));
    }
done:
    exg_reader_close(&r);
    return st;
}

static exg_status list_options(const char *path, names *list)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;

    EXG_TRY(exg_reader_open(path, &r));
    EXG_TRY(exg_reader_attrs(r, EXG_SCHEMA_CONFIG, note_name, list));
done:
    exg_reader_close(&r);
    return st;
}

/* Options that differ are kept, and outcomes that some run has. */
static int worth_keeping(const table *t, exg_int c, int noption)
{
    int differs = 0, filled = 0;

    for (exg_int r = 0; r < t->nrow; r++) {
        differs |= strcmp(table_at(t, r, c), table_at(t, 0, c)) != 0;
        filled |= table_at(t, r, c)[0] != '\0';
    }
    return c == 0 || (c <= noption ? differs : filled);
}

static exg_status keep_columns(const table *all, int noption, table *t)
{
    exg_status st = EXG_OK;
    exg_int n = 0, at = 0;

    for (exg_int c = 0; c < all->ncolumn; c++) {
        n += worth_keeping(all, c, noption);
    }
    EXG_TRY(table_create(all->nrow, n, t));
    for (exg_int c = 0; c < all->ncolumn; c++) {
        if (!worth_keeping(all, c, noption)) {
            continue;
        }
        t->summary += c <= noption;
        memcpy(t->name[at], all->name[c], TABLE_CELL);
        memcpy(t->long_name[at], all->long_name[c], TABLE_CELL);
        for (exg_int r = 0; r < all->nrow; r++) {
            table_put(t, r, at, table_at(all, r, c));
        }
        at++;
    }
done:
    return st;
}

static void name_columns(const names *list, table *all)
{
    snprintf(all->name[0], TABLE_CELL, "run");
    snprintf(all->long_name[0], TABLE_CELL, "results file");
    for (int i = 0; i < list->n; i++) {
        snprintf(all->name[1 + i], TABLE_CELL, "%s", list->name[i]);
        snprintf(all->long_name[1 + i], TABLE_CELL, "option --%s",
                 list->name[i]);
    }
    for (int i = 0; i < OUTCOMES; i++) {
        snprintf(all->name[1 + list->n + i], TABLE_CELL, "%s", outcome[i].name);
        snprintf(all->long_name[1 + list->n + i], TABLE_CELL, "%s",
                 outcome[i].long_name);
    }
}

static exg_status merge_results(const request *q, table *t)
{
    exg_status st = EXG_OK;
    names list = {0};
    table all = {0};

    EXG_TRY(list_options(q->file[0], &list));
    EXG_TRY(table_create(q->nfile, 1 + list.n + OUTCOMES, &all));
    name_columns(&list, &all);
    for (exg_int i = 0; i < q->nfile; i++) {
        EXG_TRY(read_run(q->file[i], i, &list, &all));
    }
    EXG_TRY(keep_columns(&all, list.n, t));
done:
    table_clear(&all);
    return st;
}

/* The times of a run. */
typedef struct {
    double ranks;
    exg_int n;
    char **phase;    /* shape (n), one block       */
    double *seconds; /* shape (n, 3): min, mean, max */
} times;

static void clear_times(times *t)
{
    exg_free(t->phase);
    exg_free(t->seconds);
    *t = (times){0};
}

static exg_status read_times(const char *path, times *t)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    exg_int dims[EXG_READER_RANK] = {-1, 3};
    char text[TABLE_CELL];

    EXG_TRY(exg_reader_open(path, &r));
    EXG_TRY(exg_reader_attr_text(r, EXG_SCHEMA_PROVENANCE, "ranks", text,
                                 sizeof text));
    t->ranks = strtod(text, NULL);
    EXG_TRY(exg_reader_texts(r, EXG_SCHEMA_PHASE, &t->n, &t->phase));
    EXG_TRY(exg_reader_f64(r, EXG_SCHEMA_SECONDS, 2, dims, &t->seconds));
    if (dims[0] != t->n || t->n > PHASES || !(t->ranks >= 1)) {
        st = exg_fail(EXG_EINPUT,
                      "%s: /provenance: %td phases, at most %d are known, %td "
                      "times, %g ranks",
                      path, t->n, PHASES, dims[0], t->ranks);
    }
done:
    exg_reader_close(&r);
    return st;
}

/* Seconds of the slowest rank in a phase; NaN if the run has no such phase. */
static double time_of(const times *t, const char *phase)
{
    for (exg_int i = 0; i < t->n; i++) {
        if (strcmp(t->phase[i], phase) == 0) {
            return t->seconds[3 * i + 2];
        }
    }
    return NAN;
}

static void put_times(const times *run, exg_int nfile, exg_int phase, table *t)
{
    const char *name = run[0].phase[phase];
    const double basis = time_of(run, name);

    for (exg_int i = 0; i < nfile; i++) {
        const exg_int row = phase * nfile + i;
        const double seconds = time_of(run + i, name);
        const double faster = basis / seconds;

        table_put(t, row, 0, name);
        table_put_number(t, row, 1, run[i].ranks);
        table_put_number(t, row, 2, seconds);
        table_put_number(t, row, 3, faster);
        table_put_number(t, row, 4, faster * run[0].ranks / run[i].ranks);
    }
}

static exg_status merge_times(const request *q, table *t)
{
    static const char *const name[][2] = {
        {"phase", "phase of the run"},
        {"ranks", "number of ranks"},
        {"seconds", "seconds of the slowest rank"},
        {"speedup", "seconds of the first run / seconds"},
        {"efficiency", "speed-up / times as many ranks as the first run"}};
    exg_status st = EXG_OK;
    times *run = NULL;

    EXG_TRY(exg_new(&run, q->nfile));
    for (exg_int i = 0; i < q->nfile; i++) {
        EXG_TRY(read_times(q->file[i], run + i));
    }
    EXG_TRY(table_create(run[0].n * q->nfile, 5, t));
    for (int c = 0; c < 5; c++) {
        snprintf(t->name[c], TABLE_CELL, "%s", name[c][0]);
        snprintf(t->long_name[c], TABLE_CELL, "%s", name[c][1]);
    }
    for (exg_int p = 0; p < run[0].n; p++) {
        put_times(run, q->nfile, p, t);
    }
done:
    for (exg_int i = 0; run != NULL && i < q->nfile; i++) {
        clear_times(run + i);
    }
    exg_free(run);
    return st;
}

static exg_status merge(void *asked)
{
    exg_status st = EXG_OK;
    const request *q = asked;
    table t = {0};

    EXG_TRY(q->phases ? merge_times(q, &t) : merge_results(q, &t));
    table_print(&t, stdout);
    if (q->csv != NULL) {
        EXG_TRY(table_csv(&t, q->csv));
    }
    if (q->h5 != NULL) {
        EXG_TRY(table_h5(&t, q->h5));
    }
done:
    table_clear(&t);
    return st;
}

int main(int argc, char **argv)
{
    request q = {0};
    const exg_status st = parse(argc, argv, &q);

    if (st == EXG_OK && q.help) {
        print_help();
        return EXIT_SUCCESS;
    }
    return tool_run(st, q.nfile, q.file, merge, &q);
}
