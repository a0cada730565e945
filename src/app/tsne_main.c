/* tsne_main.c -- exigo-tsne: t-SNE maps of any matrix in an HDF5 file.
 *
 * Every rank reads its own rows; from there on it is what exigo-mpi does with
 * embeddings, and the results file is of the same kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/into.h"
#include "app/launch.h"
#include "app/maps.h"
#include "app/options.h"
#include "app/provenance.h"
#include "app/record.h"
#include "app/tsne_keep.h"
#include "core/log.h"
#include "core/part.h"
#include "par/agree.h"
#include "par/reduce.h"
#include "plot/figures.h"
#include "store/rows.h"

enum {
    CLASSES_MAX = 4096, /* more labels than this are no classes with names */
    DIGITS = 24
};

static const exg_opt_row table[] = {
    {"input", EXG_OPT_TEXT, EXG_OPT_RESULT, "", 0, 0, "FILE.h5:/path",
     "the matrix: N rows of D numbers (the first argument)"},
    {"out", EXG_OPT_TEXT, EXG_OPT_RUN, "", 0, 0, "FILE.h5",
     "the results file (the second argument)"},
    {"labels", EXG_OPT_TEXT, EXG_OPT_RESULT, "", 0, 0, "FILE.h5:/path",
     "N integers from 0 on, for colours and accuracies"},
    {"keep-features", EXG_OPT_FLAG, EXG_OPT_RESULT, "no", 0, 0, "",
     "write the matrix into the results file too"},
    {"plots", EXG_OPT_TEXT, EXG_OPT_RUN, "", 0, 0, "DIR",
     "draw the figures there too, as exigo-plot does"},
    {"config", EXG_OPT_TEXT, EXG_OPT_RUN, "", 0, 0, "FILE",
     "read options from lines name = value, or from a results file"},
    EXG_CHOICES_ROWS,
    {"seed", EXG_OPT_INT, EXG_OPT_RESULT, "6", 0, 9007199254740991.0, "",
     "of noise in the first positions"},
    EXG_LAUNCH_ROWS,
    EXG_KEEP_ROWS,
    EXG_LAUNCH_LOG_ROWS,
    EXG_LAUNCH_HELP_ROWS,
};

enum {
    ROWS = sizeof table / sizeof *table
};

static void print_help(FILE *out)
{
    exg_opts *opts = NULL;

    fprintf(out,
            "usage: mpirun -np N ./exigo-tsne FILE.h5:/path OUT.h5 [options]\n"
            "\n"
            "Maps the rows of a matrix by t-SNE, distributed over N ranks.  "
            "The results are\nthe same bits for any N; "
            "--plots DIR, or later\nanalysis/exigo-plot OUT.h5, draws them.\n\n"
            "options (name, meaning, range, [default]):\n");
    if (exg_opts_create(table, ROWS, &opts) == EXG_OK) {
        exg_opts_print(opts, out);
    }
    exg_free(opts);
    fprintf(out,
            "\n" EXG_LAUNCH_NOTES "examples:\n"
            "  mpirun -np 8 ./exigo-tsne cells.h5:/pca cells-map.h5 "
            "--tsne-dims 2\n"
            "  mpirun -np 2 ./exigo-tsne save/results.h5:/test/logits map.h5 "
            "\\\n      --labels save/results.h5:/test/label "
            "--tsne-perplexity 30,300\n");
}

/* The two leading arguments without dashes are input and out. */
static exg_status read_options(int argc, char *const *argv, exg_opts **out)
{
    static const char *const name[] = {"input", "out"};
    exg_status st = EXG_OK;
    exg_opts *opts = NULL;
    int taken = 0;

    EXG_TRY(exg_opts_create(table, ROWS, &opts));
    while (taken < 2 && taken + 1 < argc &&
           strncmp(argv[taken + 1], "--", 2) != 0) {
        EXG_TRY(exg_opts_set(opts, "", name[taken], argv[taken + 1],
                             EXG_OPT_FROM_COMMAND));
        taken++;
    }
    EXG_TRY(exg_opts_arguments(opts, argc - taken, argv + taken));
    EXG_TRY(exg_options_config(opts));
    EXG_TRY(exg_into_defaults(opts));
    for (int i = 0; i < 2; i++) {
        if (exg_opts_text(opts, name[i])[0] == '\0') {
            st = exg_fail(EXG_EUSAGE,
                          "--%s: not given, want exigo-tsne FILE.h5:/path "
                          "OUT.h5; see --help",
                          name[i]);
            goto done;
        }
    }
    *out = opts;
    opts = NULL;
done:
    exg_free(opts);
    return st;
}

/* The rename at the end would replace a file that was read. */
static exg_status check_apart(const exg_opts *opts, const exg_rows_place *place)
{
    const char *out = exg_opts_text(opts, "out");

    return exg_part_same(out, place->file)
               ? exg_fail(EXG_EUSAGE, "--out: %s is read as well, want another",
                          out)
               : EXG_OK;
}

/* Names of classes 0..count-1. */
static exg_status put_dataset(const exg_maps *m, exg_writer *w)
{
    exg_status st = EXG_OK;
    char(*text)[DIGITS] = NULL;
    const char **name = NULL;
    double most = -1.0;
    exg_int count;

    for (exg_int i = 0; m->labelled && i < m->rows.count; i++) {
        most = m->label[i] > most ? (double)m->label[i] : most;
    }
    count = (exg_int)exg_reduce_max(m->par, most) + 1;
    count = count <= CLASSES_MAX ? count : 0;
    EXG_TRY_ALL(m->par, exg_new(&text, count));
    EXG_TRY_ALL(m->par, exg_new(&name, count));
    for (exg_int k = 0; k < count; k++) {
        snprintf(text[k], sizeof text[k], "%td", k);
        name[k] = text[k];
    }
    EXG_TRY(exg_results_dataset(m->par, w, exg_opts_text(m->opts, "input"), "",
                                count, name));
done:
    exg_free(name);
    exg_free(text);
    return st;
}

/* The matrix's shape, checked with all that options can get wrong. */
static exg_status look(const exg_opts *opts, exg_int *total, exg_int *columns)
{
    exg_status st = EXG_OK;
    const int into = exg_into_asked(opts), least = into ? 1 : 4;
    exg_rows_place place;
    exg_reader *r = NULL;

    EXG_TRY(exg_rows_place_of("input", exg_opts_text(opts, "input"), &place));
    EXG_TRY(check_apart(opts, &place));
    EXG_TRY(exg_rows_open(&place, &r));
    EXG_TRY(exg_rows_shape(r, place.path, total, columns));
    if (*total < least || *total > INT32_MAX || *columns < 1 ||
        *columns > EXG_TILES_WIDEST) {
        st = exg_fail(EXG_EUSAGE,
                      "%s: %td rows of %td columns, want %d to %d of 1 to %d",
                      exg_opts_text(opts, "input"), *total, *columns, least,
                      INT32_MAX, EXG_TILES_WIDEST);
        goto done;
    }
    EXG_TRY(into ? exg_into_check(opts, exg_opts_text(opts, "out"), *columns)
                 : exg_choices_check(opts, *total, *columns));
done:
    exg_reader_close(&r);
    return st;
}

static exg_status read_matrix(exg_maps *m)
{
    exg_status st = EXG_OK;
    exg_rows_place place;
    exg_reader *r = NULL;
    exg_int room = 0;

    EXG_TRY(
        exg_rows_place_of("input", exg_opts_text(m->opts, "input"), &place));
    EXG_TRY(exg_rows_open(&place, &r));
    EXG_TRY(exg_mem_product(m->rows.count, m->nfeature, &room));
    EXG_TRY(exg_new(&m->features, room));
    EXG_TRY(exg_rows_read(r, place.path, m->rows.first, m->rows.count,
                          m->nfeature, m->features));
done:
    exg_reader_close(&r);
    return st;
}

static exg_status read_labels(exg_maps *m)
{
    exg_status st = EXG_OK;
    const char *labels = exg_opts_text(m->opts, "labels");
    exg_rows_place place;
    exg_reader *r = NULL;

    m->labelled = labels[0] != '\0';
    EXG_TRY(exg_new(&m->label, m->rows.count));
    EXG_TRY(exg_new(&m->index, m->rows.count));
    for (exg_int i = 0; i < m->rows.count; i++) {
        m->index[i] = m->rows.first + i;
        m->label[i] = -1;
    }
    if (m->labelled) {
        EXG_TRY(exg_rows_place_of("--labels", labels, &place));
        EXG_TRY(check_apart(m->opts, &place));
        EXG_TRY(exg_rows_open(&place, &r));
        EXG_TRY(exg_rows_labels(r, place.path, m->rows.total, m->rows.first,
                                m->rows.count, m->label));
    }
done:
    exg_reader_close(&r);
    return st;
}

static exg_status read(exg_maps *m, exg_clock *clock)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    exg_int total = 0;

    EXG_TRY_ALL(m->par, look(m->opts, &total, &m->nfeature));
    EXG_TRY(exg_par_same(m->par, (uint64_t)total,
                         "numbers of rows in the ranks' input files"));
    EXG_TRY(exg_par_same(m->par, (uint64_t)m->nfeature,
                         "numbers of columns in the ranks' input files"));
    m->rows = exg_shard_mine(m->par, total);
    EXG_TRY_ALL(m->par, exg_kern_select(getenv("EXG_ISA"), &m->kern));
    EXG_TRY_ALL(m->par, read_labels(m));
    EXG_TRY_ALL(m->par, read_matrix(m));
    exg_log_say("%s: %td rows of %td columns; %d rank%s",
                exg_opts_text(m->opts, "input"), total, m->nfeature,
                m->par->size, m->par->size == 1 ? "" : "s");
    exg_clock_add(clock, "read", exg_clock_now() - start);
done:
    return st;
}

/* The figures, each rank its part; or how to get them. */
static exg_status draw(const exg_par *par, const exg_opts *opts)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    const char *out = exg_opts_text(opts, "out");
    const char *plots = exg_opts_text(opts, "plots");

    if (plots[0] == '\0') {
        exg_log_say("figures: analysis/exigo-plot %s", out);
        return EXG_OK;
    }
    EXG_TRY_ALL(par, exg_figures_draw(out, plots, par->rank, par->size, NULL));
    exg_log_say("figures: %s (%.1f s)", plots, exg_clock_now() - start);
done:
    return st;
}

static exg_status run(const exg_par *par, const exg_opts *opts, int argc,
                      char *const *argv)
{
    exg_status st = EXG_OK;
    exg_run r = {.par = par, .opts = opts, .start = exg_clock_now()};
    exg_maps m = {.par = par,
                  .opts = opts,
                  .title = "t-SNE map",
                  .meaning = "columns of the input",
                  .keep_features = exg_opts_flag(opts, "keep-features")};
    exg_tsne_keep keep = {.keep = NULL};
    exg_writer *w = NULL;
    double start;

    EXG_TRY(read(&m, &r.clock));
    EXG_TRY(exg_tsne_keep_create(&m, &keep));
    EXG_TRY(exg_results_open(par, exg_opts_text(opts, "out"), &w));
    EXG_TRY(exg_maps_keep_stop(par, m.kept, exg_maps_make(&m, &r.clock)));
    start = exg_clock_now();
    EXG_TRY(exg_record_config(par, opts, w));
    EXG_TRY(put_dataset(&m, w));
    EXG_TRY(exg_maps_record(&m, w));
    exg_clock_add(&r.clock, "write", exg_clock_now() - start);
    EXG_TRY(exg_provenance_put(&r, w, argc, argv));
    EXG_TRY(exg_results_close(par, &w));
    exg_log_say("results: %s (%.1f s in all)", exg_opts_text(opts, "out"),
                exg_clock_now() - r.start);
    EXG_TRY(exg_keep_remove(par, keep.keep));
    EXG_TRY(draw(par, opts));
done:
    exg_writer_drop(par, &w);
    exg_maps_clear(&m);
    exg_tsne_keep_clear(&keep);
    return st;
}

int main(int argc, char **argv)
{
    const exg_launch program = {
        .help = print_help, .options = read_options, .run = run};

    return exg_launch_main(argc, argv, &program);
}
