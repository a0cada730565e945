/* doctor.c -- ask every rank, judge on rank 0.
 *
 * A run that is slow or dies on a cluster mostly does so for a dozen reasons
 * that can be seen in seconds: ranks that share a core, a BLAS held back, a
 * directory that only one host has, locks that the file system refuses.  Each
 * rank fills in a struct about itself; rank 0 gathers them and looks for what
 * does not fit, and each line that is not good says how to mend it. */
#include "doctor_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "par/agree.h"
#include "par/gather.h"

void doctor_say(doctor *d, doctor_verdict verdict, const char *what,
                const char *format, ...)
{
    static const char *const word[] = {"good", "warning", "bad"};
    char text[DOCTOR_TEXT], safe[1700]; /* an event's fields end at 2048 */
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (d->quiet && verdict != DOCTOR_GOOD) {
        exg_log_warn("%s: %s: %s", word[verdict], what, text);
    }
    exg_log_say("%s: %s: %s", word[verdict], what, text);
    exg_log_event("doctor",
                  "\"verdict\": \"%s\", \"what\": \"%s\", \"text\": \"%s\"",
                  word[verdict], what, exg_log_escape(text, safe, sizeof safe));
    d->nbad += verdict == DOCTOR_BAD;
}

/* Which ranks share a host: by name, in order of first ranks. */
static void sort_hosts(doctor *d)
{
    for (int r = 0; r < d->par->size; r++) {
        doctor_rank *self = d->rank + r;
        int h = 0;

        while (h < d->nhost &&
               strcmp(d->rank[d->host[h].first].host, self->host) != 0) {
            h++;
        }
        if (h == d->nhost) {
            d->host[d->nhost++].first = r;
        }
        self->index = h;
        self->local = d->host[h].ranks++;
    }
}

static exg_status ask_all(doctor *d)
{
    exg_status st = EXG_OK;
    const exg_par *par = d->par;
    doctor_rank *self = NULL;

    EXG_TRY_ALL(par, exg_new(&self, 1));
    EXG_TRY_ALL(par, exg_new(&d->rank, par->rank == 0 ? par->size : 1));
    EXG_TRY_ALL(par, exg_new(&d->host, par->rank == 0 ? par->size : 1));
    doctor_ask_self(self);
    doctor_ask_memory(self);
    exg_gather_rows(par, sizeof *self, 1, self, d->rank);
    if (par->rank == 0) {
        sort_hosts(d);
    }
done:
    exg_free(self);
    return st;
}

static void judge_ranks(doctor *d)
{
    doctor_check_hosts(d);
    doctor_check_binding(d);
    doctor_check_cpu(d);
    doctor_check_memory(d);
    doctor_check_mpi(d);
}

exg_status exg_doctor_run(const exg_par *par, const exg_opts *opts)
{
    exg_status st = EXG_OK;
    doctor d = {.par = par,
                .out = exg_opts_text(opts, "out"),
                .quiet = exg_opts_flag(opts, "quiet")};

    EXG_TRY(ask_all(&d));
    if (par->rank == 0) {
        judge_ranks(&d);
    }
    doctor_check_sharing(&d);
    EXG_TRY(doctor_check_network(&d));
    doctor_check_output(&d);
    EXG_TRY_ALL(par, d.nbad == 0
                         ? EXG_OK
                         : exg_fail(EXG_EIO,
                                    "--doctor: %d finding%s above make%s a "
                                    "run impossible",
                                    d.nbad, d.nbad == 1 ? "" : "s",
                                    d.nbad == 1 ? "s" : ""));
done:
    exg_free(d.rank);
    exg_free(d.host);
    return st;
}
