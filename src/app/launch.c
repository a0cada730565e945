/* launch.c -- start, one message if anything failed, stop, exit status. */
#include "app/launch.h"

#include <stdlib.h>
#include <string.h>

#include "app/version.h"
#include "core/log.h"
#include "core/signal.h"
#include "par/agree.h"
#include "store/probe.h"

/* Leaks on the way out of a failure are looked for too. */
#ifdef EXG_DEBUG
static const int is_debug = 1;
#else
static const int is_debug = 0;
#endif

enum {
    REQUEUE = 75, /* EX_TEMPFAIL: run me again */
    USUAL = 1800, /* seconds a call may wait, as options have it */
    SHORTEST = 10 /* seconds MPI may take to start, at least */
};

static int is_first(void)
{
    return exg_par_launched_rank() == 0;
}

/* How long a call may wait before the options are read, by the command line. */
static double limit_at_start(int argc, char *const *argv)
{
    static const char name[] = "--hang-minutes";
    const size_t n = sizeof name - 1;
    double limit = USUAL;

    for (int a = 1; a < argc; a++) {
        if (strncmp(argv[a], name, n) == 0 && argv[a][n] == '=') {
            limit = 60 * strtod(argv[a] + n + 1, NULL);
        } else if (strcmp(argv[a], name) == 0 && a + 1 < argc) {
            limit = 60 * strtod(argv[a + 1], NULL);
        }
    }
    return !(limit > 0) ? 0 : limit < SHORTEST ? SHORTEST : limit;
}

/* Ranks that find different ways to each other, because one has too little
 * memory for another's, wait in MPI's first calls. */
static exg_status start(int *argc, char ***argv, exg_par *par)
{
    if (exg_watch_start(exg_par_launched_rank(),
                        limit_at_start(*argc, *argv)) != EXG_OK) {
        exg_err_clear(); /* it is begun again, and says so then */
    }
    return exg_par_start(argc, argv, par);
}

/* Whether the argument "--name" is there, whatever else is wrong. */
static int asked(int argc, char *const *argv, const char *name)
{
    for (int a = 1; a < argc; a++) {
        if (strncmp(argv[a], "--", 2) == 0 && strcmp(argv[a] + 2, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* --help and --version need no MPI, so they work on any login node. */
static int answer_at_once(int argc, char **argv, const exg_launch *program)
{
    const int help = asked(argc, argv, "help");

    if (!help && !asked(argc, argv, "version")) {
        return 0;
    }
    if (is_first()) {
        help ? program->help(stdout) : exg_version_print(stdout);
    }
    return 1;
}

/* They are words, and were looked for before anything else. */
static exg_status check_words(const exg_opts *opts)
{
    return exg_opts_flag(opts, "help") || exg_opts_flag(opts, "version")
               ? exg_fail(EXG_EUSAGE, "--help and --version take no value and "
                                      "belong on the command line")
               : EXG_OK;
}

static exg_status same_options(const exg_par *par, const exg_opts *opts)
{
    uint64_t hash = 0;

    for (exg_int i = 0; i < opts->n; i++) {
        hash = exg_par_hash(hash, opts->text[i], strlen(opts->text[i]));
    }
    return exg_par_same(par, hash, "options");
}

/* What a child process is to try. */
typedef struct {
    int argc;
    char **argv;
    const exg_launch *program;
} attempt;

/* In the child: read options, which may be in a results file, and then every
 * HDF5 file that one of them names. */
static void try_files(void *data)
{
    const attempt *a = data;
    exg_opts *opts = NULL;

    for (int i = 1; i < a->argc; i++) { /* for the message, if it crashes */
        exg_probe_file(a->argv[i]);
    }
    if (a->program->options(a->argc, a->argv, &opts) == EXG_OK) {
        for (exg_int i = 0; i < opts->n; i++) {
            exg_probe_file(opts->text[i]);
        }
    }
}

/* The first rank has damaged files crash a child instead of itself. */
static exg_status probe(int argc, char **argv, const exg_launch *program)
{
    return is_first()
               ? exg_probe_run(try_files, &(attempt){argc, argv, program})
               : EXG_OK;
}

static exg_status run(const exg_par *par, exg_status probed, int argc,
                      char **argv, const exg_launch *program)
{
    exg_status st = EXG_OK;
    exg_opts *opts = NULL;

    EXG_TRY(exg_agree(par, probed));
    EXG_TRY_ALL(par, program->options(argc, argv, &opts));
    EXG_TRY_ALL(par, check_words(opts));
    exg_log_start((exg_log_setup){.speaks = par->rank == 0,
                                  .quiet = exg_opts_flag(opts, "quiet"),
                                  .form = exg_opts_text(opts, "log")[0] == 'j'
                                              ? EXG_LOG_JSON
                                              : EXG_LOG_TEXT});
    exg_version_warn();
    if (opts->ignored[0] != '\0') {
        exg_log_warn("--config: ignored, this program has no such options: %s",
                     opts->ignored);
    }
    exg_watch_stop();
    EXG_TRY_ALL(par, exg_watch_start(par->rank,
                                     60 * exg_opts_real(opts, "hang-minutes")));
    EXG_TRY(same_options(par, opts));
    EXG_TRY(program->run(par, opts, argc, argv));
done:
    exg_log_stop();
    exg_free(opts);
    return st;
}

int exg_launch_main(int argc, char **argv, const exg_launch *program)
{
    exg_par par;
    exg_status st, probed;

    if (answer_at_once(argc, argv, program)) {
        return 0;
    }
    exg_signal_watch(); /* also of what comes before there is work to stop */
    probed = probe(argc, argv, program);
    st = start(&argc, &argv, &par);
    if (st == EXG_OK) {
        st = run(&par, probed, argc, argv, program);
    }
    if (st != EXG_OK && st != EXG_ESTOP && par.rank == 0) {
        fprintf(stderr, "exigo: %s\n", exg_err_text());
    }
    if (st != EXG_OK) {
        exg_watch_told();
    }
    if (exg_mem_live() != 0 && (st == EXG_OK || is_debug)) {
        fprintf(stderr, "exigo: %td blocks of memory not freed [rank %d]\n",
                exg_mem_live(), par.rank);
        st = EXG_ENOMEM;
    }
    exg_par_stop(&par);
    exg_watch_stop();
    return st == EXG_OK       ? 0
           : st == EXG_EUSAGE ? 2
           : st == EXG_ESTOP  ? REQUEUE
                              : 1;
}
