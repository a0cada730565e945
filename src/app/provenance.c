/* provenance.c -- see provenance.h. */
#include "app/provenance.h"

#include <string.h>
#include <time.h>

#include "app/options.h"
#include "app/version.h"
#include "par/agree.h"
#include "par/gather.h"
#include "par/reduce.h"

enum {
    MORE = 6,   /* facts beside the versions           */
    TEXT = 4096 /* longest of them, bytes              */
};

/* "node1 node2": the different host names in rank order, on rank 0. */
static exg_status list_hosts(const exg_par *par, char *text)
{
    exg_status st = EXG_OK;
    char mine[MPI_MAX_PROCESSOR_NAME] = "";
    char *all = NULL; /* shape (size, MPI_MAX_PROCESSOR_NAME) */
    int length = 0;
    size_t n = 0;

    EXG_TRY_ALL(par, exg_new(&all, (exg_int)par->size * (exg_int)sizeof mine));
    EXG_MPI(MPI_Get_processor_name(mine, &length));
    exg_gather_rows(par, sizeof mine, 1, mine, all);
    for (int r = 0; par->rank == 0 && r < par->size; r++) {
        const char *host = all + (size_t)r * sizeof mine;
        int seen = 0;

        for (int q = 0; q < r; q++) {
            seen |= strcmp(all + (size_t)q * sizeof mine, host) == 0;
        }
        if (!seen && n + strlen(host) + 2 < TEXT) {
            n += (size_t)snprintf(text + n, TEXT - n, "%s%s", n > 0 ? " " : "",
                                  host);
        }
    }
done:
    exg_free(all);
    return st;
}

static void join_arguments(int argc, char *const *argv, char *text)
{
    size_t n = 0;

    for (int a = 0; a < argc && n + strlen(argv[a]) + 2 < TEXT; a++) {
        n += (size_t)snprintf(text + n, TEXT - n, "%s%s", a > 0 ? " " : "",
                              argv[a]);
    }
}

/* Seconds of each phase over ranks: (nphase, 3). */
static void reduce_phases(const exg_run *run, double *seconds)
{
    for (int i = 0; i < run->clock.count; i++) {
        const exg_reduce_stats s =
            exg_reduce_stats_of(run->par, run->clock.seconds[i]);

        seconds[3 * i] = s.min;
        seconds[3 * i + 1] = s.mean;
        seconds[3 * i + 2] = s.max;
    }
}

exg_status exg_provenance_put(const exg_run *run, exg_writer *w, int argc,
                              char *const *argv)
{
    exg_status st = EXG_OK;
    exg_results_pair fact[EXG_VERSION_FACTS + MORE];
    char version[EXG_VERSION_FACTS][EXG_VERSION_TEXT];
    double seconds[3 * EXG_CLOCK_PHASES];
    char(*text)[TEXT] = NULL;
    const time_t now = time(NULL);
    struct tm utc;
    exg_int n = exg_version_facts(fact, version);

    EXG_TRY_ALL(run->par, exg_new(&text, MORE));
    EXG_TRY(list_hosts(run->par, text[0]));
    snprintf(text[1], TEXT, "%d", run->par->size);
    join_arguments(argc, argv, text[2]);
    gmtime_r(&now, &utc);
    strftime(text[3], TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(text[4], TEXT, "%.3f", exg_clock_now() - run->start);
    exg_options_json(run->opts, EXG_OPT_RUN, text[5], TEXT);
    fact[n++] = (exg_results_pair){"hosts", text[0]};
    fact[n++] = (exg_results_pair){"ranks", text[1]};
    fact[n++] = (exg_results_pair){"command_line", text[2]};
    fact[n++] = (exg_results_pair){"written", text[3]};
    fact[n++] = (exg_results_pair){"seconds_so_far", text[4]};
    fact[n++] = (exg_results_pair){"run_options", text[5]};
    reduce_phases(run, seconds);
    EXG_TRY(exg_results_provenance_put(
        run->par, w,
        &(exg_results_provenance){.nfact = n,
                                  .fact = fact,
                                  .nphase = run->clock.count,
                                  .phase = run->clock.name,
                                  .seconds = seconds}));
done:
    exg_free(text);
    return st;
}
