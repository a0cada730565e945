/* options.c -- the rows of the option table.
 *
 * A preset is a list of values that stand in for defaults.  `exigo` is the
 * original program's run: it hardly trains (learning rate 1e-5), which is why
 * it is not the default. */
#include "app/options.h"

#include <stdlib.h>
#include <string.h>

#include "app/into.h"
#include "app/keep.h"
#include "app/launch.h"
#include "core/log.h"
#include "store/probe.h"
#include "store/reader.h"
#include "store/schema.h"

static const exg_opt_row table[] = {
    {"data", EXG_OPT_TEXT, EXG_OPT_RESULT, "mnist", 0, 0, "mnist|fashion|DIR",
     "dataset, or a directory of four IDX files"},
    {"data-dir", EXG_OPT_TEXT, EXG_OPT_RUN, "save/data", 0, 0, "DIR",
     "where datasets are kept: DIR/mnist, DIR/fashion"},
    {"limit-train", EXG_OPT_INT, EXG_OPT_RESULT, "0", 0, 1e12, "",
     "use the first N training samples, 0 for all"},
    {"limit-test", EXG_OPT_INT, EXG_OPT_RESULT, "0", 0, 1e12, "",
     "use the first N test samples, 0 for all"},
    {"out", EXG_OPT_TEXT, EXG_OPT_RUN, "save", 0, 0, "DIR",
     "where results.h5, plots/ and run.jsonl go"},
    {"preset", EXG_OPT_CHOICE, EXG_OPT_RESULT, "default", 0, 0, "default|exigo",
     "exigo: the original program's settings"},
    {"config", EXG_OPT_TEXT, EXG_OPT_RUN, "", 0, 0, "FILE",
     "read options from lines name = value, or from a results.h5"},
    {"model", EXG_OPT_TEXT, EXG_OPT_RESULT, "basic", 0, 0, "TEXT",
     "network: basic, or words such as \"conv3x10 relu linear\""},
    {"init", EXG_OPT_TEXT, EXG_OPT_RESULT, "", 0, 0, "FILE",
     "start from the best model of a results file"},
    {"epochs", EXG_OPT_INT, EXG_OPT_RESULT, "5", 0, 1e6, "",
     "passes over the training set"},
    {"batch", EXG_OPT_INT, EXG_OPT_RESULT, "128", 1, 1e9, "",
     "samples per step over all ranks"},
    {"optimizer", EXG_OPT_CHOICE, EXG_OPT_RESULT, "adam", 0, 0, "adam|sgd",
     "how parameters follow the gradient"},
    {"lr", EXG_OPT_REAL, EXG_OPT_RESULT, "0.001", 1e-12, 1e6, "",
     "learning rate"},
    {"momentum", EXG_OPT_REAL, EXG_OPT_RESULT, "0.9", 0, 0.9999, "",
     "momentum of sgd"},
    {"seed", EXG_OPT_INT, EXG_OPT_RESULT, "6", 0, 9007199254740991.0, "",
     "of initial weights, order and noise"},
    {"shuffle", EXG_OPT_CHOICE, EXG_OPT_RESULT, "yes", 0, 0, "yes|no",
     "a new order each epoch, or that of the file"},
    {"stages", EXG_OPT_SET, EXG_OPT_RESULT, "train,explain,embed,plot", 0, 0,
     "train|explain|embed|plot", "what to do"},
    {"target", EXG_OPT_TEXT, EXG_OPT_RESULT, "true", 0, 0,
     "true|predicted|sum|CLASS", "whose logit is explained"},
    {"baseline", EXG_OPT_CHOICE, EXG_OPT_RESULT, "black", 0, 0,
     "black|mean|blur|noise", "the blank input explanations compare with"},
    {"saliency-samples", EXG_OPT_INT, EXG_OPT_RESULT, "10", 1, 1e7, "",
     "test samples with saliency maps, or all there are"},
    {"tsne-data", EXG_OPT_CHOICE, EXG_OPT_RESULT, "test", 0, 0,
     "test|train|all", "whose embeddings are mapped; all: training, then test"},
    {"tsne-samples", EXG_OPT_INT, EXG_OPT_RESULT, "10000", 4, 1e9, "",
     "the first of them in the t-SNE map, or all there are"},
    EXG_CHOICES_ROWS,
    {"tsne-epochs", EXG_OPT_FLAG, EXG_OPT_RESULT, "no", 0, 0, "",
     "a 2-D map after each epoch that improved, as a film"},
    EXG_LAUNCH_ROWS,
    EXG_KEEP_ROWS,
    EXG_LAUNCH_LOG_ROWS,
    {"doctor", EXG_OPT_FLAG, EXG_OPT_RUN, "no", 0, 0, "",
     "check ranks, hosts, MPI, memory and --out, and stop"},
    EXG_LAUNCH_HELP_ROWS,
};

enum {
    ROWS = sizeof table / sizeof *table
};

static const struct {
    const char *preset, *name, *value;
} presets[] = {
    {"exigo", "epochs", "2"},          {"exigo", "batch", "32"},
    {"exigo", "lr", "1e-5"},           {"exigo", "target", "sum"},
    {"exigo", "tsne-samples", "1000"}, {"exigo", "tsne-dims", "2"},
};

static exg_status apply_preset(exg_opts *opts)
{
    exg_status st = EXG_OK;
    const char *preset = exg_opts_text(opts, "preset");

    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcmp(presets[i].preset, preset) == 0) {
            EXG_TRY(exg_opts_set(opts, "preset ", presets[i].name,
                                 presets[i].value, EXG_OPT_FROM_PRESET));
        }
    }
done:
    return st;
}

/* What a visit to the attributes of /config needs. */
typedef struct {
    exg_opts *opts;
    exg_reader *r;
    const char *where;
    exg_status st; /* the first failure */
} taken;

static void take(void *state, const char *name)
{
    taken *t = state;
    const exg_opt_row *row;
    char value[EXG_OPT_TEXT_MAX];

    if (t->st != EXG_OK || strcmp(name, "NX_class") == 0) {
        return;
    }
    row = exg_opts_row(t->opts, name);
    if (row == NULL || row->role != EXG_OPT_RESULT) {
        exg_opts_ignore(t->opts, name);
        return;
    }
    t->st = exg_reader_attr_text(t->r, EXG_SCHEMA_CONFIG, name, value,
                                 sizeof value);
    if (t->st == EXG_OK) {
        t->st = exg_opts_set(t->opts, t->where, name, value, EXG_OPT_FROM_FILE);
    }
}

/* Options as a results file holds them: attributes of /config.  The file may be
 * of an older version or of the other program: what it lacks keeps its default,
 * what is not known here is noted. */
static exg_status read_results(exg_opts *opts, const char *path)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    char where[EXG_OPT_TEXT_MAX];
    taken t = {.opts = opts, .where = where};

    EXG_TRY(exg_reader_open(path, &r));
    snprintf(where, sizeof where, "%.400s:/config ", path);
    t.r = r;
    EXG_TRY(exg_reader_attrs(r, EXG_SCHEMA_CONFIG, take, &t));
    st = t.st;
done:
    exg_reader_close(&r);
    return st;
}

exg_status exg_options_config(exg_opts *opts)
{
    const char *config = exg_opts_text(opts, "config");

    return config[0] == '\0'           ? EXG_OK
           : exg_probe_is_hdf5(config) ? read_results(opts, config)
                                       : exg_opts_file(opts, config);
}

exg_status exg_options_read(int argc, char *const *argv, exg_opts **out)
{
    exg_status st = EXG_OK;
    exg_opts *opts = NULL;

    EXG_TRY(exg_opts_create(table, ROWS, &opts));
    EXG_TRY(exg_opts_arguments(opts, argc, argv));
    EXG_TRY(exg_options_config(opts));
    EXG_TRY(apply_preset(opts));
    EXG_TRY(exg_into_defaults(opts));
    *out = opts;
    opts = NULL;
done:
    exg_free(opts);
    return st;
}

void exg_options_help(FILE *out)
{
    exg_opts *opts = NULL;

    fprintf(out,
            "usage: mpirun -np N ./exigo-mpi [options]\n\n"
            "Trains a convolutional network data-parallel over N ranks and "
            "shows what it does:\nconfusion matrices, saliency maps and a "
            "t-SNE map of its embeddings, in one HDF5\nfile, with figures. "
            "The results are the same bits for any N.\n\n"
            "options (name, meaning, range, [default]):\n");
    if (exg_opts_create(table, ROWS, &opts) == EXG_OK) {
        exg_opts_print(opts, out);
    }
    exg_free(opts);
    fprintf(out, "\n" EXG_LAUNCH_NOTES "examples:\n"
                 "  mpirun -np 8 ./exigo-mpi --preset exigo\n"
                 "  mpirun -np 4 ./exigo-mpi --data fashion --epochs 10 "
                 "--out save/fashion\n"
                 "  ./exigo-mpi --init save/results.h5 --stages explain,plot "
                 "--out save/look\n"
                 "  mpirun -np 8 ./exigo-mpi --init map/results.h5 --stages "
                 "embed,plot \\\n      --tsne-into map/results.h5 --out "
                 "save/new\n");
}

exg_status exg_options_target(const exg_opts *opts, int *target)
{
    const char *text = exg_opts_text(opts, "target");
    char *end = NULL;
    const long number = strtol(text, &end, 10);

    if (strcmp(text, "true") == 0) {
        *target = EXG_TARGET_TRUE;
    } else if (strcmp(text, "predicted") == 0) {
        *target = EXG_TARGET_PREDICTED;
    } else if (strcmp(text, "sum") == 0) {
        *target = EXG_TARGET_SUM;
    } else if (end != text && *end == '\0' && number >= 0 && number < 1000) {
        *target = (int)number;
    } else {
        return exg_fail(EXG_EUSAGE,
                        "--target: '%.80s', want a class number, true, "
                        "predicted or sum",
                        text);
    }
    return EXG_OK;
}

exg_baseline exg_options_baseline(const exg_opts *opts)
{
    const char *text = exg_opts_text(opts, "baseline");

    return strcmp(text, "mean") == 0    ? EXG_BASELINE_MEAN
           : strcmp(text, "blur") == 0  ? EXG_BASELINE_BLUR
           : strcmp(text, "noise") == 0 ? EXG_BASELINE_NOISE
                                        : EXG_BASELINE_BLACK;
}

void exg_options_json(const exg_opts *opts, exg_opt_role role, char *text,
                      size_t size)
{
    size_t n = (size_t)snprintf(text, size, "{");
    const char *comma = "";

    for (exg_int i = 0; i < opts->n; i++) {
        const int number = opts->row[i].type <= EXG_OPT_REAL;
        const char *quote = number ? "" : "\"";
        char value[2 * EXG_OPT_TEXT_MAX];

        if (opts->row[i].role == role && n + 2 * EXG_OPT_TEXT_MAX < size) {
            if (number) { /* "1e-3" and "+1" are no JSON numbers everywhere */
                snprintf(value, sizeof value, "%.17g",
                         strtod(opts->text[i], NULL));
            } else {
                exg_log_escape(opts->text[i], value, sizeof value);
            }
            n += (size_t)snprintf(text + n, size - n, "%s\"%s\": %s%s%s", comma,
                                  opts->row[i].name, quote, value, quote);
            comma = ", ";
        }
    }
    snprintf(text + n, size - n, "}");
}
