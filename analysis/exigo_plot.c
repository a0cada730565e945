/* exigo_plot.c -- every figure again, from the results file alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/utf8.h"
#include "plot/figures.h"
#include "tool.h"

enum {
    PATH_BYTES = 4096
};

typedef struct {
    char *results;
    const char *out, *only;
    int list, help;
} options;

static void print_help(void)
{
    puts(
        "usage: exigo-plot RESULTS.h5 [--out DIR] [--only NAME] [--list]\n"
        "\n"
        "Draw the figures of a results file, as PNG and SVG.  Without --only,\n"
        "figures of an earlier run are removed from the folder.\n"
        "\n"
        "  --out DIR    folder for the figures, made if missing\n"
        "               (default: plots, beside the results file)\n"
        "  --only NAME  only figures whose name begins with NAME: tsne,\n"
        "               confusion_e4, saliency, ...\n"
        "  --list       print the names and draw nothing\n"
        "  --help       print this");
}

/* The value of "--name VALUE" or "--name=VALUE"; NULL if argv[*i] is not it. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    const size_t n = strlen(name);

    if (strncmp(argv[*i], name, n) != 0) {
        return NULL;
    }
    if (argv[*i][n] == '=') {
        return argv[*i] + n + 1;
    }
    return argv[*i][n] == '\0' && *i + 1 < argc ? argv[++*i] : NULL;
}

static exg_status parse(int argc, char **argv, options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *value;

        if (strcmp(argv[i], "--help") == 0) {
            o->help = 1;
        } else if (strcmp(argv[i], "--list") == 0) {
            o->list = 1;
        } else if ((value = value_of("--out", argc, argv, &i)) != NULL) {
            o->out = value;
        } else if ((value = value_of("--only", argc, argv, &i)) != NULL) {
            o->only = value;
        } else if (argv[i][0] == '-') {
            return exg_fail(EXG_EUSAGE,
                            "%s: unknown option or missing value; see --help",
                            argv[i]);
        } else if (o->results != NULL) {
            return exg_fail(EXG_EUSAGE, "%s: a second results file; see --help",
                            argv[i]);
        } else {
            o->results = argv[i];
        }
    }
    return o->help || o->results != NULL
               ? EXG_OK
               : exg_fail(EXG_EUSAGE, "no results file given; see --help");
}

/* --out, or the folder "plots" beside the results file. */
static exg_status choose_folder(const options *o, char *dir)
{
    const char *slash = strrchr(o->results, '/');
    const int n =
        o->out != NULL
            ? snprintf(dir, PATH_BYTES, "%s", o->out)
            : snprintf(dir, PATH_BYTES, "%.*splots",
                       slash != NULL ? (int)(slash + 1 - o->results) : 0,
                       o->results);

    if (n >= PATH_BYTES) {
        return exg_fail(EXG_EUSAGE, "%.100s...: path is too long", dir);
    }
    if (!o->list && mkdir(dir, 0777) != 0 && errno != EEXIST) {
        return exg_fail(EXG_EIO, "%s: cannot create the folder: %s", dir,
                        strerror(errno));
    }
    return EXG_OK;
}

static exg_status draw(void *asked)
{
    exg_status st = EXG_OK;
    const options *o = asked;
    exg_figures *f = NULL;
    char dir[PATH_BYTES], said[PATH_BYTES + 64];
    exg_int chosen = 0;

    EXG_TRY(exg_figures_open(o->results, &f));
    EXG_TRY(choose_folder(o, dir));
    if (!o->list && o->only == NULL) {
        EXG_TRY(exg_figures_tidy(f, dir));
    }
    for (exg_int i = 0; i < exg_figures_count(f); i++) {
        const char *name = exg_figures_name(f, i);

        if (o->only != NULL && strncmp(name, o->only, strlen(o->only)) != 0) {
            continue;
        }
        if (o->list) {
            puts(name);
        } else {
            EXG_TRY(exg_figures_draw_one(f, i, dir));
            snprintf(said, sizeof said, "%s/%s.png, .svg", dir, name);
            puts(exg_utf8_printable(said));
        }
        chosen++;
    }
    if (chosen == 0 && o->only != NULL) {
        st =
            exg_fail(EXG_EUSAGE, "--only %s: %s has no such figure; see --list",
                     o->only, o->results);
    }
done:
    exg_figures_close(&f);
    return st;
}

int main(int argc, char **argv)
{
    options o = {0};
    const exg_status st = parse(argc, argv, &o);

    if (st == EXG_OK && o.help) {
        print_help();
        return EXIT_SUCCESS;
    }
    return tool_run(st, 1, &o.results, draw, &o);
}
