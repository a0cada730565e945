/* main.c -- start, one message if anything failed, stop, exit status. */
#include <stdio.h>
#include <stdlib.h>

#include "app/options.h"
#include "app/pipeline.h"
#include "app/version.h"
#include "core/log.h"
#include "par/agree.h"

/* Leaks on the way out of a failure are looked for too. */
#ifdef EXG_DEBUG
static const int is_debug = 1;
#else
static const int is_debug = 0;
#endif

/* Before MPI_Init only the launcher's variables tell who is first. */
static int is_first(void)
{
    static const char *const variable[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                           "PMI_RANK", "SLURM_PROCID"};

    for (size_t i = 0; i < sizeof variable / sizeof *variable; i++) {
        const char *text = getenv(variable[i]);

        if (text != NULL) {
            return strtol(text, NULL, 10) == 0;
        }
    }
    return 1;
}

/* --help and --version need no MPI, so they work on any login node. */
static int answer_at_once(int argc, char **argv)
{
    const int help = exg_options_asked(argc, argv, "help");

    if (!help && !exg_options_asked(argc, argv, "version")) {
        return 0;
    }
    if (is_first()) {
        help ? exg_options_help(stdout) : exg_version_print(stdout);
    }
    return 1;
}

static exg_status run(const exg_par *par, int argc, char **argv)
{
    exg_status st = EXG_OK;
    exg_opts *opts = NULL;

    EXG_TRY_ALL(par, exg_options_read(argc, argv, &opts));
    exg_log_start((exg_log_setup){.speaks = par->rank == 0,
                                  .quiet = exg_opts_flag(opts, "quiet"),
                                  .form = exg_opts_text(opts, "log")[0] == 'j'
                                              ? EXG_LOG_JSON
                                              : EXG_LOG_TEXT});
    exg_version_warn();
    EXG_TRY(exg_pipeline_run(par, opts, argc, argv));
done:
    exg_log_stop();
    exg_free(opts);
    return st;
}

int main(int argc, char **argv)
{
    exg_par par;
    exg_status st;

    if (answer_at_once(argc, argv)) {
        return 0;
    }
    st = exg_par_start(&argc, &argv, &par);
    if (st == EXG_OK) {
        st = run(&par, argc, argv);
    }
    if (st != EXG_OK && par.rank == 0) {
        fprintf(stderr, "exigo: %s\n", exg_err_text());
    }
    if (exg_mem_live() != 0 && (st == EXG_OK || is_debug)) {
        fprintf(stderr, "exigo: %td blocks of memory not freed [rank %d]\n",
                exg_mem_live(), par.rank);
        st = EXG_ENOMEM;
    }
    exg_par_stop(&par);
    return st == EXG_OK ? 0 : st == EXG_EUSAGE ? 2 : 1;
}
