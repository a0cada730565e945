/* pipeline.c -- options -> dataset -> train -> explain -> embed -> results.h5
 * -> figures.  Whatever can be wrong with the options is found before the
 * first epoch. */
#include "app/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/mapping.h"
#include "app/options.h"
#include "app/record.h"
#include "app/resume.h"
#include "app/training.h"
#include "core/log.h"
#include "core/signal.h"
#include "model/init.h"
#include "par/agree.h"
#include "plot/figures.h"
#include "store/results.h"
#include "store/schema.h"

enum {
    PATH = EXG_OPT_TEXT_MAX + 64,
    PATIENCE = 10, /* seconds: a rank that was killed may still be going */
    LOOKS_A_SECOND = 5
};

static int is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* mkdir -p. */
static exg_status make_directories(const char *path)
{
    char part[PATH];

    snprintf(part, sizeof part, "%s", path);
    for (char *c = part + 1;; c++) {
        const char kept = *c;

        if (kept == '/' || kept == '\0') {
            *c = '\0';
            if (mkdir(part, 0777) != 0 && !is_directory(part)) {
                return exg_fail(EXG_EIO, "--out: %s: %s", part,
                                strerror(errno == EEXIST ? ENOTDIR : errno));
            }
            *c = kept;
        }
        if (kept == '\0') {
            return EXG_OK;
        }
    }
}

/* One attempt; *held unless it was the last.  Signals end the waiting, also
 * those that came to another rank. */
static exg_status try_journal(const char *path, double since, int *held)
{
    exg_status st = EXG_OK;

    if (*held) {
        EXG_TRY(exg_signal_check());
    }
    EXG_TRY(exg_log_journal(path, held));
    if (*held && exg_clock_now() - since > PATIENCE) {
        st = exg_fail(EXG_EIO,
                      "%s: another run is writing to this directory (wait for "
                      "it, or use another --out)",
                      path);
    }
done:
    return st;
}

/* The journal is this run's, and with it the directory.  The ranks ask again
 * and again instead of waiting for rank 0, so that none of their calls lasts
 * longer than --hang-minutes allows. */
static exg_status claim_journal(const exg_run *run)
{
    exg_status st = EXG_OK;
    const struct timespec pause = {.tv_nsec = 1000000000 / LOOKS_A_SECOND};
    const double start = exg_clock_now();
    char path[PATH];
    int held = 0;

    snprintf(path, sizeof path, "%s/run.jsonl",
             exg_opts_text(run->opts, "out"));
    for (int tries = 0; tries == 0 || held; tries++) {
        if (held && tries == 1) {
            exg_log_say("%s: another run is writing to this directory; it has "
                        "%d s to end",
                        path, PATIENCE);
        }
        if (held) {
            nanosleep(&pause, NULL);
        }
        EXG_TRY_ALL(run->par, try_journal(path, start, &held));
        EXG_MPI(MPI_Bcast(&held, 1, MPI_INT, 0, run->par->comm));
    }
done:
    if (st == EXG_ESTOP) { /* which is no failure, and else nobody says it */
        exg_log_warn("stopped by %s while another run was writing to %s",
                     exg_signal_name(exg_wish_ask(run->par, 0).stop),
                     exg_opts_text(run->opts, "out"));
    }
    return st;
}

/* The output directory exists, can be written to and is no other run's: found
 * out now, not after an hour of training. */
static exg_status open_output(const exg_run *run)
{
    exg_status st = EXG_OK;
    const int first = run->par->rank == 0;
    const char *out = exg_opts_text(run->opts, "out");
    char results[PATH];

    snprintf(results, sizeof results, "%s/results.h5", out);
    EXG_TRY_ALL(run->par, first ? make_directories(out) : EXG_OK);
    EXG_TRY(claim_journal(run));
    EXG_TRY_ALL(run->par, first ? exg_writer_clear(results) : EXG_OK);
done:
    return st;
}

/* Only now, as another run may have kept its last checkpoint until just now,
 * it is looked whether this one goes on. */
static exg_status begin(exg_run *run)
{
    exg_status st = EXG_OK;

    EXG_TRY(open_output(run));
    EXG_TRY(exg_resume_create(run));
    EXG_TRY_ALL(run->par, exg_keep_resumes(run->resume->keep)
                              ? EXG_OK
                              : exg_log_journal_anew());
done:
    return st;
}

/* Parameters from the best model of a results file, read on rank 0. */
static exg_status read_parameters(const exg_net *net, const char *path)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    exg_results_layer layer[EXG_NET_LAYERS];
    const exg_int n = exg_record_layers(net, net->param, layer);

    EXG_TRY(exg_reader_open(path, &r));
    for (exg_int i = 0; i < n; i++) {
        float *weight = net->param + (layer[i].weight - net->param);
        float *bias = net->param + (layer[i].bias - net->param);

        EXG_TRY(exg_results_layer_get(r, EXG_SCHEMA_MODEL_BEST, layer + i,
                                      weight, bias));
    }
done:
    exg_reader_close(&r);
    return st;
}

static exg_status prepare_net(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_par *par = run->par;
    const exg_dataset *set = run->set;
    const char *init = exg_opts_text(run->opts, "init");

    EXG_TRY_ALL(par, exg_net_create(exg_opts_text(run->opts, "model"), set->c,
                                    set->h, set->w, set->nclass, &run->net));
    exg_init_uniform(run->net, (uint64_t)exg_opts_int(run->opts, "seed"));
    if (init[0] != '\0') {
        EXG_TRY_ALL(par,
                    par->rank == 0 ? read_parameters(run->net, init) : EXG_OK);
        EXG_MPI(MPI_Bcast(run->net->param, exg_mpi_count(run->net->nparam),
                          MPI_FLOAT, 0, par->comm));
    }
    EXG_TRY_ALL(par, exg_pass_create(run->net, &run->pass));
    EXG_TRY_ALL(par, exg_new(&run->init, run->net->nparam));
    memcpy(run->init, run->net->param,
           (size_t)run->net->nparam * sizeof *run->init);
done:
    return st;
}

static exg_status prepare_saliency(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_int wanted = exg_opts_int(run->opts, "saliency-samples");
    const exg_int all = run->set->test.shard.total;
    exg_saliency_plan plan = {.samples = wanted < all ? wanted : all,
                              .baseline = exg_options_baseline(run->opts),
                              .seed =
                                  (uint64_t)exg_opts_int(run->opts, "seed")};

    EXG_TRY(exg_options_target(run->opts, &plan.target));
    EXG_TRY(exg_saliency_create(run->par, run->set, plan, &run->saliency));
done:
    return st;
}

static exg_status prepare(exg_run *run)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    const exg_source_want want = {
        .data = exg_opts_text(run->opts, "data"),
        .data_dir = exg_opts_text(run->opts, "data-dir"),
        .limit_train = exg_opts_int(run->opts, "limit-train"),
        .limit_test = exg_opts_int(run->opts, "limit-test")};

    EXG_TRY(exg_source_create(run->par, &want, &run->set));
    EXG_TRY(exg_batches_create(run->par, &run->set->test,
                               (exg_batches_plan){.batch = 0}, &run->test));
    EXG_TRY(prepare_net(run));
    if (exg_run_does(run, "explain")) {
        EXG_TRY(prepare_saliency(run));
    }
    EXG_TRY_ALL(run->par, exg_mapping_check(run));
    EXG_TRY(begin(run));
    exg_log_say("%s: %td training and %td test images of %td x %td, %td "
                "classes; network of %td parameters; %d rank%s",
                run->set->name, run->set->train.shard.total,
                run->set->test.shard.total, run->set->h, run->set->w,
                run->set->nclass, run->net->nparam, run->par->size,
                run->par->size == 1 ? "" : "s");
    exg_clock_add(&run->clock, "prepare", exg_clock_now() - start);
done:
    return st;
}

/* Figures from the results file, dealt to the ranks one by one. */
static exg_status draw(exg_run *run, const char *results)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    char plots[PATH];

    exg_log_phase("figures");
    snprintf(plots, sizeof plots, "%s/plots", exg_opts_text(run->opts, "out"));
    EXG_TRY_ALL(run->par,
                run->par->rank == 0 ? make_directories(plots) : EXG_OK);
    EXG_TRY_ALL(run->par, exg_figures_draw(results, plots, run->par->rank,
                                           run->par->size, NULL));
    exg_log_say("figures: %s (%.1f s)", plots, exg_clock_now() - start);
done:
    return st;
}

static int computes(const exg_run *run)
{
    return exg_run_does(run, "train") || exg_run_does(run, "explain") ||
           exg_run_does(run, "embed");
}

static exg_status run_stages(exg_run *run, int argc, char *const *argv)
{
    exg_status st = EXG_OK;
    char results[PATH];

    snprintf(results, sizeof results, "%s/results.h5",
             exg_opts_text(run->opts, "out"));
    if (computes(run)) {
        EXG_TRY(prepare(run));
        EXG_TRY(exg_training_run(run));
        EXG_TRY(exg_mapping_run(run));
        EXG_TRY(exg_record_write(run, results, argc, argv));
        exg_log_say("results: %s", results);
    }
    if (exg_run_does(run, "plot")) {
        EXG_TRY(draw(run, results));
    }
    if (run->resume != NULL) {
        EXG_TRY(exg_keep_remove(run->par, run->resume->keep));
    }
    exg_log_say("done in %.1f s", exg_clock_now() - run->start);
    exg_log_event("done", "\"seconds\": %.3f", exg_clock_now() - run->start);
done:
    return st;
}

static void clear(exg_run *run)
{
    exg_mapping_clear(run);
    exg_resume_destroy(run);
    exg_run_epochs_clear(run);
    exg_saliency_destroy(run->par, &run->saliency);
    exg_prediction_destroy(&run->shown);
    exg_batches_destroy(run->par, &run->test);
    exg_pass_destroy(&run->pass);
    exg_net_destroy(&run->net);
    exg_source_destroy(&run->set);
    exg_free(run->init);
}

exg_status exg_pipeline_run(const exg_par *par, const exg_opts *opts, int argc,
                            char *const *argv)
{
    exg_status st = EXG_OK;
    exg_run run = {.par = par, .opts = opts, .start = exg_clock_now()};

    EXG_TRY(run_stages(&run, argc, argv));
done:
    clear(&run);
    return st;
}
