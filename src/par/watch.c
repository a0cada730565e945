/* watch.c -- one thread per process, which mostly sleeps.
 *
 * The main thread bumps a counter when it enters a call and clears a pointer
 * when it leaves.  The watch looks a few times a limit: the same counter and a
 * pointer mean the same call.  It counts its own looks, not the clock, so that
 * a process which was stopped as a whole is not to blame afterwards.
 *
 * It cannot tell a stopped rank from one that works alone for long; the limit
 * has to be longer than any such work, and by default is half an hour, where
 * the longest seen is seconds.  MPI_Abort is not for threads, so the process
 * just ends: every launcher takes that for a failure of the job. */
#include "par/watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "core/signal.h"
#include "par/par.h"

enum {
    LOOKS = 16, /* per limit, or one a second */
    STAGGER = 60,
    HURRY = 10 /* seconds, once this process has failed */
};

/* The state of a process. */
enum {
    CALM,
    HURRIED, /* it has failed, and nobody has said so */
    TOLD     /* all know; what is left is to end      */
};

static _Atomic unsigned long calls;
static _Atomic(const char *) inside;

/* The thread, and what it was told. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    int runs, ends;
    int rank;
    double limit, look; /* seconds */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_COND_INITIALIZER};

/* What a process that has failed says if the others do not come. */
static struct {
    _Atomic int state;
    char text[EXG_ERR_MAX]; /* written before the state is HURRIED */
} hurry;

void exg_watch_enter(const char *where)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    atomic_store_explicit(&inside, where, memory_order_release);
}

void exg_watch_leave(void)
{
    atomic_store_explicit(&inside, NULL, memory_order_release);
}

void exg_watch_hurry(const char *text)
{
    if (atomic_load(&hurry.state) == CALM) {
        snprintf(hurry.text, sizeof hurry.text, "%s", text);
        atomic_store(&hurry.state, HURRIED);
    }
}

void exg_watch_told(void)
{
    atomic_store(&hurry.state, TOLD);
}

/* Sleep until the next look; 1 if there is none. */
static int sleep_once(void)
{
    struct timespec until;
    int ends;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)watch.look;
    until.tv_nsec += (long)((watch.look - (double)(time_t)watch.look) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&watch.lock);
    if (!watch.ends) {
        pthread_cond_timedwait(&watch.end, &watch.lock, &until);
    }
    ends = watch.ends;
    pthread_mutex_unlock(&watch.lock);
    return ends;
}

/* A single call has lasted too long: say so, or what had failed before.  A
 * launcher that has seen a rank leave sends the others SIGTERM and kills them
 * a second later, or several on a busy host: they need not say it again. */
static void leave(double waited, const char *where)
{
    const int after = watch.rank > 0 && exg_signal_caught() == SIGTERM;
    const int state = after ? TOLD : atomic_load(&hurry.state);
    char text[EXG_ERR_MAX];

    snprintf(text, sizeof text,
             "waited %.3g minutes for other ranks or the disk; a rank or host "
             "hangs (see --hang-minutes) [rank %d, %s]",
             waited / 60, watch.rank, where);
    exg_par_leave(state == CALM ? text : state == HURRIED ? hurry.text : NULL);
}

static double limit_now(void)
{
    const double limit =
        atomic_load(&hurry.state) != CALM && HURRY < watch.limit ? HURRY
                                                                 : watch.limit;

    return limit + (watch.rank < STAGGER ? watch.rank : STAGGER);
}

static void *look(void *unused)
{
    unsigned long seen = 0;
    double waited = 0;

    while (!sleep_once()) {
        const unsigned long now =
            atomic_load_explicit(&calls, memory_order_relaxed);
        const char *where = atomic_load_explicit(&inside, memory_order_acquire);

        waited = where != NULL && now == seen ? waited + watch.look : 0;
        seen = now;
        if (waited >= limit_now()) {
            leave(waited, where);
        }
    }
    return unused;
}

exg_status exg_watch_start(int rank, double limit)
{
    sigset_t all, before;
    int rc;

    if (limit <= 0 || watch.runs) {
        return EXG_OK;
    }
    watch.rank = rank;
    watch.limit = limit;
    watch.look = limit / LOOKS < 1 ? limit / LOOKS : 1;
    watch.ends = 0;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&watch.thread, NULL, look, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    watch.runs = rc == 0;
    return rc == 0 ? EXG_OK
                   : exg_fail(EXG_ENOMEM,
                              "no thread for the watch on hanging ranks; "
                              "--hang-minutes 0 does without");
}

void exg_watch_stop(void)
{
    if (!watch.runs) {
        return;
    }
    pthread_mutex_lock(&watch.lock);
    watch.ends = 1;
    pthread_cond_signal(&watch.end);
    pthread_mutex_unlock(&watch.lock);
    pthread_join(watch.thread, NULL);
    watch.runs = 0;
}
