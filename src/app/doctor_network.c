/* doctor_network.c -- the way to the other hosts, and their clocks.
 *
 * Rank 0 plays ping-pong with the first rank of every other host.  The fastest
 * of many rounds is the round trip; in it the other clock was read half-way, so
 * its offset is known to half a round trip (Cristian's method). */
#include "doctor_impl.h"

#include <math.h>
#include <time.h>

#include "core/clock.h"
#include "par/agree.h"

enum {
    ROUNDS = 50,
    BULK_ROUNDS = 4,
    BULK = 4 * 1024 * 1024, /* bytes of a large message */
    TAG = 77
};

static const double SKEW = 1.0;   /* seconds: more confuses file times       */
static const double SLOW = 100e6; /* bytes/s: less than gigabit Ethernet has */

static double wall_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What rank 0 finds out about a host.  In seconds and bytes/s. */
typedef struct {
    double trip, offset, rate;
} way;

static way measure(const exg_par *par, int to, char *bulk)
{
    way w = {.trip = INFINITY};
    double start;

    for (int i = 0; i < ROUNDS; i++) {
        const double sent = wall_clock();
        double there = sent, trip;

        EXG_MPI(MPI_Sendrecv_replace(&there, 1, MPI_DOUBLE, to, TAG, to, TAG,
                                     par->comm, MPI_STATUS_IGNORE));
        trip = wall_clock() - sent;
        if (trip < w.trip) {
            w.trip = trip;
            w.offset = there - (sent + trip / 2);
        }
    }
    start = exg_clock_now();
    for (int i = 0; i < BULK_ROUNDS; i++) {
        EXG_MPI(MPI_Send(bulk, BULK, MPI_BYTE, to, TAG, par->comm));
        EXG_MPI(MPI_Recv(bulk, BULK, MPI_BYTE, to, TAG, par->comm,
                         MPI_STATUS_IGNORE));
    }
    w.rate = 2.0 * BULK * BULK_ROUNDS / (exg_clock_now() - start);
    return w;
}

static void answer(const exg_par *par, char *bulk)
{
    for (int i = 0; i < ROUNDS; i++) {
        double now;

        EXG_MPI(MPI_Recv(&now, 1, MPI_DOUBLE, 0, TAG, par->comm,
                         MPI_STATUS_IGNORE));
        now = wall_clock();
        EXG_MPI(MPI_Send(&now, 1, MPI_DOUBLE, 0, TAG, par->comm));
    }
    for (int i = 0; i < BULK_ROUNDS; i++) {
        EXG_MPI(MPI_Recv(bulk, BULK, MPI_BYTE, 0, TAG, par->comm,
                         MPI_STATUS_IGNORE));
        EXG_MPI(MPI_Send(bulk, BULK, MPI_BYTE, 0, TAG, par->comm));
    }
}

static void judge(doctor *d, const way *worst, const int *where)
{
    const char *slow = d->rank[where[1]].host, *odd = d->rank[where[2]].host;

    if (worst->rate < SLOW) {
        doctor_say(d, DOCTOR_WARNING, "network",
                   "%.0f MB/s to %.64s, which is slow; mend: name the fast "
                   "interface in OMPI_MCA_btl_tcp_if_include",
                   worst->rate / 1e6, slow);
    } else {
        doctor_say(d, DOCTOR_GOOD, "network",
                   "at worst %.0f us one way and %.2f GB/s between hosts",
                   worst->trip / 2 * 1e6, worst->rate / 1e9);
    }
    if (fabs(worst->offset) > SKEW + worst->trip) {
        doctor_say(d, DOCTOR_WARNING, "clocks",
                   "%.64s is %.1f s %s %.64s; mend: let a time service such "
                   "as chrony set them",
                   odd, fabs(worst->offset),
                   worst->offset > 0 ? "ahead of" : "behind", d->rank[0].host);
    } else {
        doctor_say(d, DOCTOR_GOOD, "clocks", "of hosts within %.3f s",
                   fabs(worst->offset) + worst->trip / 2);
    }
}

static void ask_hosts(doctor *d, char *bulk)
{
    way worst = {.rate = INFINITY};
    int where[3] = {0};

    for (int h = 1; h < d->nhost; h++) {
        const int to = d->host[h].first;
        const way w = measure(d->par, to, bulk);

        if (w.trip > worst.trip) {
            worst.trip = w.trip;
            where[0] = to;
        }
        if (w.rate < worst.rate) {
            worst.rate = w.rate;
            where[1] = to;
        }
        if (fabs(w.offset) > fabs(worst.offset)) {
            worst.offset = w.offset;
            where[2] = to;
        }
    }
    if (d->nhost > 1) {
        judge(d, &worst, where);
    }
}

exg_status doctor_check_network(doctor *d)
{
    exg_status st = EXG_OK;
    const exg_par *par = d->par;
    char *bulk = NULL;
    int *plays = NULL; /* shape (size), on rank 0: asked ranks */
    int mine = 0;

    EXG_TRY_ALL(par, exg_new(&bulk, BULK));
    EXG_TRY_ALL(par, exg_new(&plays, par->rank == 0 ? par->size : 1));
    for (int h = 1; h < d->nhost; h++) {
        plays[d->host[h].first] = 1;
    }
    EXG_MPI(MPI_Scatter(plays, 1, MPI_INT, &mine, 1, MPI_INT, 0, par->comm));
    if (par->rank == 0) {
        ask_hosts(d, bulk);
    } else if (mine) {
        answer(par, bulk);
    }
done:
    exg_free(plays);
    exg_free(bulk);
    return st;
}
