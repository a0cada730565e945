/* shared.c -- see shared.h.
 *
 * Each rank makes a file in /dev/shm that has no name, and the others map it
 * through /proc/PID/fd: so nothing is left behind, whoever is killed whenever.
 * (With shm_open() a name stands from then until all have opened it, and stays
 * with its memory where a kill falls in between.)  Room is reserved before it
 * is touched: a full /dev/shm is found out here and not by a signal later, and
 * the ranks agree to do without.  That a process's number means the same to all
 * is told by a number in the file's head: containers on one host may count
 * processes on their own. */
#include "par/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "par/agree.h"

enum {
    HEAD = 4096, /* a page: parts begin at the next */
    SPARE = 4    /* a part of what is wanted more: what grows goes on growing */
};

/* Where a file is open, told to all. */
typedef struct {
    uint64_t number; /* in its head            */
    pid_t pid;       /* whose                  */
    int file;        /* descriptor; -1: no one */
} label;

static int allowed = 1;

void exg_shared_allow(int yes)
{
    allowed = yes;
}

static int agreed(const exg_par *par, int mine)
{
    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_INT, MPI_MIN, par->comm));
    return mine;
}

/* Whether all ranks say that they are on one host: else making files would
 * only cost time. */
static int on_one_host(const exg_par *par)
{
    MPI_Comm host;
    int size = 0;

    EXG_MPI(MPI_Comm_split_type(par->comm, MPI_COMM_TYPE_SHARED, 0,
                                MPI_INFO_NULL, &host));
    EXG_MPI(MPI_Comm_size(host, &size));
    EXG_MPI(MPI_Comm_free(&host));
    return agreed(par, size == par->size);
}

/* Map a file: its part, behind its head; NULL if that cannot be. */
static void *map(int file, exg_int bytes)
{
    void *at = mmap(NULL, (size_t)(HEAD + bytes), PROT_READ | PROT_WRITE,
                    MAP_SHARED, file, 0);

    /* cppcheck-suppress memleak ; unmap() knows the way back */
    return at != MAP_FAILED ? (char *)at + HEAD : NULL;
}

static void unmap(void *part, exg_int bytes)
{
    if (part != NULL) {
        munmap((char *)part - HEAD, (size_t)(HEAD + bytes));
    }
}

/* The number in the head of a part. */
static uint64_t *number_of(void *part)
{
    return (uint64_t *)((char *)part - HEAD);
}

/* Whether a file may be so long: beyond `ulimit -f` there is no error, but a
 * signal that ends the process. */
static int may_make(exg_int bytes)
{
    struct rlimit file;

    return (size_t)bytes <= exg_mem_limit() &&
           getrlimit(RLIMIT_FSIZE, &file) == 0 &&
           (rlim_t)HEAD + (rlim_t)bytes <= file.rlim_cur;
}

/* A file of mine, open until the others have it. */
static void *make(const exg_par *par, exg_int bytes, label *mine)
{
    struct timespec now;
    void *at;
    int full;

    *mine = (label){.pid = getpid(), .file = -1};
    if (!may_make(bytes)) {
        return NULL;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    mine->number =
        exg_par_hash((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
                     (const int[]){mine->pid, par->rank}, 2 * sizeof(int));
    mine->file =
        open("/dev/shm", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (mine->file < 0) {
        return NULL;
    }
    do {
        full = posix_fallocate(mine->file, 0, HEAD + bytes);
    } while (full == EINTR);
    at = full == 0 ? map(mine->file, bytes) : NULL;
    if (at != NULL) {
        *number_of(at) = mine->number;
    }
    return at;
}

/* Another's file; NULL if this host has no such one. */
static void *find(const label *theirs, exg_int bytes)
{
    char name[64];
    struct stat s;
    void *at;
    int file;

    snprintf(name, sizeof name, "/proc/%ld/fd/%d", (long)theirs->pid,
             theirs->file);
    if (stat(name, &s) != 0 || !S_ISREG(s.st_mode) ||
        s.st_size != HEAD + bytes) {
        return NULL;
    }
    file = open(name, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return NULL;
    }
    at = map(file, bytes);
    close(file);
    if (at != NULL && *number_of(at) != theirs->number) {
        unmap(at, bytes);
        at = NULL;
    }
    return at;
}

/* Map everyone's. */
static int map_all(const exg_par *par, label *all, exg_shared *s)
{
    label *mine = all + par->rank;
    int good;

    s->at[par->rank] = make(par, s->bytes, mine);
    good = s->at[par->rank] != NULL;
    EXG_MPI(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all,
                          (int)sizeof *all, MPI_BYTE, par->comm));
    for (int r = 0; r < par->size && good; r++) {
        if (r != par->rank) {
            s->at[r] = find(all + r, s->bytes);
            good = s->at[r] != NULL;
        }
    }
    good = agreed(par, good); /* so everyone has mapped it, or will not */
    if (mine->file >= 0) {
        close(mine->file);
    }
    return good;
}

int exg_shared_grow(const exg_par *par, exg_int bytes, exg_shared *s)
{
    int64_t most = bytes;
    label *all = NULL;
    int good;

    if (!allowed || s->refused || par->size == 1) {
        exg_shared_free(s);
        return 0;
    }
    EXG_MPI(
        MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_INT64_T, MPI_MAX, par->comm));
    if (s->at != NULL && most <= s->bytes) {
        return 1;
    }
    most += s->at != NULL ? most / SPARE : 0;
    exg_shared_free(s);
    s->size = par->size;
    s->bytes = (exg_int)most;
    good = on_one_host(par) && exg_new(&s->at, s->size) == EXG_OK &&
           exg_new(&all, s->size) == EXG_OK;
    if (!good) {
        exg_err_clear();
    }
    good = agreed(par, good) && all != NULL && map_all(par, all, s);
    exg_free(all);
    if (!good) {
        exg_shared_free(s);
        s->refused = 1;
    }
    return good;
}

void exg_shared_meet(const exg_par *par)
{
    atomic_thread_fence(memory_order_seq_cst);
    EXG_MPI(MPI_Barrier(par->comm));
    atomic_thread_fence(memory_order_seq_cst);
}

void exg_shared_free(exg_shared *s)
{
    for (exg_int r = 0; r < s->size && s->at != NULL; r++) {
        unmap(s->at[r], s->bytes);
    }
    exg_free(s->at);
    *s = (exg_shared){.refused = s->refused};
}
