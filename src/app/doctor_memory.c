/* doctor_memory.c -- how much each rank may take, and what ranks of a host can
 * show each other.
 *
 * A host's ranks share what Linux says is available, or what their control
 * group may use, whichever is less; `ulimit -v` is each rank's own.  What they
 * show each other is in /dev/shm, of which a container may have little. */
#include "doctor_impl.h"

#include <math.h>
#include <sys/resource.h>

#include "par/memory.h"
#include "par/shared.h"

enum {
    SHOWN_MIB = 256 /* of a host's ranks: t-SNE of 70,000 points shows 120 */
};

/* A default run on one rank takes a quarter of a GiB; this leaves room. */
static const double ENOUGH = 512.0 * 1024 * 1024;
static const double GIB = 1024.0 * 1024 * 1024;

void doctor_ask_memory(doctor_rank *self)
{
    struct rlimit limit;

    self->host_memory = fmin(exg_memory_available(), exg_memory_limit());
    self->own_memory = INFINITY;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        self->own_memory = (double)limit.rlim_cur;
    }
}

/* Of all ranks, the one with the least. */
static int poorest(const doctor *d, double *bytes)
{
    int who = 0;

    *bytes = INFINITY;
    for (int r = 0; r < d->par->size; r++) {
        const doctor_rank *self = d->rank + r;
        const double share = fmin(
            self->host_memory / d->host[self->index].ranks, self->own_memory);

        if (share < *bytes) {
            *bytes = share;
            who = r;
        }
    }
    return who;
}

void doctor_check_memory(doctor *d)
{
    double bytes = 0;
    const doctor_rank *least = d->rank + poorest(d, &bytes);

    if (!(bytes < ENOUGH)) {
        doctor_say(d, DOCTOR_GOOD, "memory", "%.1f GiB per rank", bytes / GIB);
    } else if (least->own_memory <= bytes) {
        doctor_say(d, DOCTOR_WARNING, "memory",
                   "%.2f GiB for a rank on %.64s, by ulimit -v; mend: ulimit "
                   "-v unlimited",
                   bytes / GIB, least->host);
    } else {
        doctor_say(d, DOCTOR_WARNING, "memory",
                   "%.2f GiB for a rank on %.64s; mend: fewer ranks per host, "
                   "or ask for more memory (sbatch --mem)",
                   bytes / GIB, least->host);
    }
}

void doctor_check_sharing(doctor *d)
{
    exg_shared shared = {.at = NULL};
    const int each = (SHOWN_MIB - 1) / d->par->size + 1;
    const int good = exg_shared_grow(d->par, (exg_int)each << 20, &shared);

    exg_shared_free(&shared);
    if (d->par->rank != 0 || d->par->size == 1) {
        return;
    }
    if (good) {
        doctor_say(d, DOCTOR_GOOD, "sharing",
                   "ranks see each other's memory, %d MiB of each and more",
                   each);
    } else if (d->nhost > 1) {
        doctor_say(d, DOCTOR_GOOD, "sharing",
                   "ranks on several hosts send each other messages");
    } else {
        doctor_say(d, DOCTOR_WARNING, "sharing",
                   "/dev/shm has no %d MiB for each rank, or /proc does not "
                   "show ranks to each other: t-SNE sends messages instead, "
                   "which is slower; mend: a larger /dev/shm (docker run "
                   "--shm-size=1g), one container for all ranks of a host",
                   each);
    }
}
