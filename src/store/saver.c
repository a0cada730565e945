/* saver.c -- see saver.h.
 *
 * The thread owns the bytes while it runs, sets `finished` last, and leaves
 * its failure as a number and the name of the step: the error slot belongs to
 * the main thread, and so does our memory. */
#include "store/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "saver_impl.h"

struct exg_saver {
    char path[EXG_SAVER_PATH], older[EXG_SAVER_PATH];
    char part[EXG_SAVER_PATH + 8];
    exg_saver_worth worth; /* of what is there */
    int joins;             /* a thread is to be joined                    */
    int untold;            /* what became of the last has not been said   */
    pthread_t thread;
    unsigned char *bytes;
    exg_int size;
    atomic_int finished;
    int error;        /* errno of the step that failed, or 0   */
    const char *step; /* its name */
};

exg_status exg_saver_create(const char *path, const char *older,
                            exg_saver_worth worth, exg_saver **out)
{
    exg_status st = EXG_OK;
    exg_saver *s = NULL;

    if (strlen(path) >= EXG_SAVER_PATH || strlen(older) >= EXG_SAVER_PATH) {
        return exg_fail(EXG_EUSAGE, "%.80s...: a name of %zu bytes, want %d",
                        path, strlen(path), EXG_SAVER_PATH - 1);
    }
    EXG_TRY(exg_new(&s, 1));
    snprintf(s->path, sizeof s->path, "%s", path);
    snprintf(s->older, sizeof s->older, "%s", older);
    snprintf(s->part, sizeof s->part, "%s.part", path);
    s->worth = worth;
    atomic_init(&s->finished, 1);
    *out = s;
    s = NULL;
done:
    return st;
}

static int fail(exg_saver *s, const char *step)
{
    s->error = errno != 0 ? errno : EIO;
    s->step = step;
    return 0;
}

static int write_all(exg_saver *s, int fd)
{
    exg_int done = 0;

    while (done < s->size) {
        const ssize_t n = write(fd, s->bytes + done, (size_t)(s->size - done));

        if (n < 0 && errno != EINTR) {
            return fail(s, "cannot write");
        }
        done += n > 0 ? n : 0;
    }
    return fsync(fd) == 0 || fail(s, "cannot force to disk");
}

/* Never into what is there already: a link would lead to another file, a pipe
 * would wait for a reader for ever. */
static int write_part(exg_saver *s)
{
    int fd, good;

    if (unlink(s->part) != 0 && errno != ENOENT) {
        return fail(s, "cannot create");
    }
    fd = open(s->part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) {
        return fail(s, "cannot create");
    }
    good = write_all(s, fd);
    if (close(fd) != 0 && good) {
        good = fail(s, "cannot close");
    }
    if (!good) {
        (void)unlink(s->part); /* give the space back */
    }
    return good;
}

/* The new one is on the disk: let it take its place. */
static int take_place(exg_saver *s)
{
    char where[EXG_SAVER_PATH + 8];
    int fd;

    if (s->worth == EXG_SAVER_NEWEST && rename(s->path, s->older) != 0 &&
        errno != ENOENT) {
        return fail(s, "cannot make room for");
    }
    if (rename(s->part, s->path) != 0) {
        return fail(s, "cannot rename to");
    }
    if (s->worth == EXG_SAVER_NONE) {
        (void)unlink(s->older);
    }
    s->worth = EXG_SAVER_NEWEST;
    snprintf(where, sizeof where, "%s", s->part);
    fd = open(dirname(where), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) { /* where a file system cannot, the file is good as well */
        (void)fsync(fd);
        close(fd);
    }
    return 1;
}

static void *work(void *state)
{
    exg_saver *s = state;

    exg_saver_seal(s->bytes, s->size);
    if (write_part(s)) {
        (void)take_place(s);
    }
    atomic_store(&s->finished, 1);
    return NULL;
}

static void join(exg_saver *s)
{
    if (s->joins) {
        pthread_join(s->thread, NULL);
        s->joins = 0;
    }
    exg_free(s->bytes);
    s->bytes = NULL;
}

void exg_saver_destroy(exg_saver **s)
{
    if (*s != NULL) {
        join(*s);
        exg_free(*s);
        *s = NULL;
    }
}

int exg_saver_busy(exg_saver *s)
{
    return !atomic_load(&s->finished);
}

void exg_saver_start(exg_saver *s, unsigned char **bytes, exg_int size)
{
    sigset_t all, before;
    int rc;

    join(s);
    s->bytes = *bytes;
    s->size = size;
    *bytes = NULL;
    s->error = 0;
    atomic_store(&s->finished, 0);
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&s->thread, NULL, work, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->joins = rc == 0;
    s->untold = 1;
    if (rc != 0) {
        exg_log_warn("%s: no thread to write it: %s -- the run waits for the "
                     "disk",
                     s->path, strerror(rc));
        (void)work(s);
    }
}

exg_status exg_saver_wait(exg_saver *s)
{
    const int untold = s->untold;

    join(s);
    s->untold = 0;
    if (!untold || s->error == 0) {
        return EXG_OK;
    }
    return exg_fail(EXG_EIO, "%s: %s: %s", s->path, s->step,
                    strerror(s->error));
}

exg_status exg_saver_remove(exg_saver *s)
{
    const char *file[] = {s->part, s->older, s->path};

    join(s);
    for (int i = 0; i < 3; i++) {
        if (unlink(file[i]) != 0 && errno != ENOENT) {
            return exg_fail(EXG_EIO, "%s: cannot remove: %s", file[i],
                            strerror(errno));
        }
    }
    return EXG_OK;
}
