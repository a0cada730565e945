/* doctor_output.c -- is --out a good place for results?
 *
 * Rank 0 makes a file there, the other ranks look for it: parallel HDF5 wants
 * one file system for all.  Then locks are tried, as HDF5 takes them, and the
 * disk is written to.  A directory that is not there yet is not made: the
 * nearest one above it stands for it. */
#include "doctor_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/clock.h"

enum {
    PATH = EXG_OPT_TEXT_MAX + 64,
    PIECE = 4 * 1024 * 1024,
    PIECES = 8
};

static const double MB = 1e6, GB = 1e9;
static const double SLOW = 50e6;      /* bytes/s        */
static const double LITTLE = 1e9;     /* bytes free     */
static const double TIME_ENOUGH = 1.; /* s of writing   */

/* What rank 0 found out. */
typedef struct {
    char dir[PATH];  /* that is there        */
    char file[PATH]; /* made in it           */
    int fd;          /* of it, or -1         */
    int reason;      /* errno, where fd < 0  */
} place;

static const char *file_system(long type)
{
    static const struct {
        long type;
        const char *name;
    } known[] = {
        {0xEF53, "ext4"},        {0x58465342, "xfs"},    {0x9123683E, "btrfs"},
        {0x2FC12FC1, "zfs"},     {0x01021994, "tmpfs"},  {0x858458F6, "ramfs"},
        {0x794C7630, "overlay"}, {0x6969, "NFS"},        {0x0BD00BD0, "Lustre"},
        {0x47504653, "GPFS"},    {0x19830326, "BeeGFS"}, {0x00C36400, "Ceph"},
        {0xFF534D42, "CIFS"},    {0xFE534D42, "SMB"},    {0x01021997, "9p"},
        {0x65735546, "FUSE"}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].type == type) {
            return known[i].name;
        }
    }
    return "of unknown type";
}

/* The directory, or the nearest above it that is there. */
static void nearest(const char *out, char *dir)
{
    struct stat info;

    snprintf(dir, PATH, "%s", out);
    while (stat(dir, &info) != 0 && errno == ENOENT) {
        char *slash = strrchr(dir, '/');

        if (slash == NULL || slash == dir) {
            snprintf(dir, PATH, slash == NULL ? "." : "/");
            return;
        }
        *slash = '\0';
    }
}

static void make_file(const char *out, place *p)
{
    nearest(out, p->dir);
    snprintf(p->file, sizeof p->file, "%.*s/.exigo-doctor-XXXXXX", PATH - 32,
             p->dir);
    p->fd = mkstemp(p->file);
    p->reason = p->fd < 0 ? errno : 0;
}

/* 0, or why a lock is refused. */
static int try_flock(int fd)
{
    const int rc = flock(fd, LOCK_EX | LOCK_NB);
    const int reason = rc == 0 ? 0 : errno;

    (void)flock(fd, LOCK_UN);
    return reason;
}

static int try_fcntl(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int rc = fcntl(fd, F_SETLK, &lock);
    const int reason = rc == 0 ? 0 : errno;

    lock.l_type = F_UNLCK;
    (void)fcntl(fd, F_SETLK, &lock);
    return reason;
}

static void judge_locks(doctor *d, int fd)
{
    const int by_flock = try_flock(fd), by_fcntl = try_fcntl(fd);
    const char *told = getenv("HDF5_USE_FILE_LOCKING");
    const int off =
        told != NULL && (strcmp(told, "FALSE") == 0 || strcmp(told, "0") == 0);

    if (by_flock != 0 && !off) {
        doctor_say(d, DOCTOR_WARNING, "locks",
                   "flock: %s: HDF5 will not open files there; mend: export "
                   "HDF5_USE_FILE_LOCKING=FALSE",
                   strerror(by_flock));
    } else if (by_fcntl != 0) {
        doctor_say(d, DOCTOR_WARNING, "locks",
                   "fcntl: %s: MPI-IO may fail there; mend: choose --out on "
                   "another file system, or mount it with locks",
                   strerror(by_fcntl));
    } else {
        doctor_say(d, DOCTOR_GOOD, "locks", "%s",
                   by_flock != 0 ? "refused, and HDF5 told not to ask"
                                 : "flock and fcntl are granted");
    }
}

static void judge_space(doctor *d, const char *dir, struct statfs *info)
{
    const double left = (double)info->f_bavail * (double)info->f_bsize;
    const char *type = file_system((long)info->f_type);

    if (left < LITTLE) {
        doctor_say(d, DOCTOR_WARNING, "out",
                   "%.300s: %s, %.2f GB free; mend: free some, or choose "
                   "another --out",
                   dir, type, left / GB);
    } else if (strcmp(type, "tmpfs") == 0 || strcmp(type, "ramfs") == 0) {
        doctor_say(d, DOCTOR_WARNING, "out",
                   "%.300s: %s, which is memory: gone when the host restarts; "
                   "mend: choose --out on a disk",
                   dir, type);
    } else {
        doctor_say(d, DOCTOR_GOOD, "out", "%.300s: %s, %.0f GB free", dir, type,
                   left / GB);
    }
}

/* Write for about a second, then wait for the disk; bytes/s, or 0 with the
 * reason. */
static double write_speed(int fd, double room, int *reason)
{
    static char piece[PIECE];
    const double start = exg_clock_now();
    double bytes = 0;

    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < PIECES && bytes + PIECE < room &&
                    exg_clock_now() - start < TIME_ENOUGH;
         i++) {
        if (write(fd, piece, sizeof piece) != (ssize_t)sizeof piece) {
            *reason = errno;
            return 0;
        }
        bytes += sizeof piece;
    }
    if (fsync(fd) != 0) {
        *reason = errno;
        return 0;
    }
    return bytes / (exg_clock_now() - start);
}

static void judge_speed(doctor *d, int fd, const struct statfs *info)
{
    const double room = (double)info->f_bavail * (double)info->f_bsize / 4;
    int reason = 0;
    const double speed = write_speed(fd, room, &reason);

    if (reason != 0) {
        doctor_say(d, DOCTOR_BAD, "writing",
                   "%s; mend: free some space, or choose another --out",
                   strerror(reason));
    } else if (speed == 0) {
        doctor_say(d, DOCTOR_BAD, "writing",
                   "no room for %.0f MB; mend: free some space, or choose "
                   "another --out",
                   PIECE / MB);
    } else if (speed < SLOW) {
        doctor_say(d, DOCTOR_WARNING, "writing",
                   "%.0f MB/s from rank 0, which is slow; mend: choose --out "
                   "on the cluster's fast file system",
                   speed / MB);
    } else {
        doctor_say(d, DOCTOR_GOOD, "writing", "%.0f MB/s from rank 0",
                   speed / MB);
    }
}

/* The first rank that does not see the file, or size.  Collective. */
static int who_is_blind(const doctor *d, const char *file)
{
    struct stat info;
    int blind = stat(file, &info) == 0 ? d->par->size : d->par->rank;

    EXG_MPI(
        MPI_Allreduce(MPI_IN_PLACE, &blind, 1, MPI_INT, MPI_MIN, d->par->comm));
    return blind;
}

static void judge_place(doctor *d, const place *p, int blind)
{
    struct statfs info;

    if (fstatfs(p->fd, &info) != 0) {
        memset(&info, 0, sizeof info);
    }
    judge_space(d, p->dir, &info);
    if (blind < d->par->size) {
        doctor_say(d, DOCTOR_BAD, "out",
                   "rank %d on %.64s does not see what rank 0 on %.64s "
                   "writes; mend: choose --out on a file system that all "
                   "hosts share",
                   blind, d->rank[blind].host, d->rank[0].host);
    }
    judge_locks(d, p->fd);
    judge_speed(d, p->fd, &info);
}

void doctor_check_output(doctor *d)
{
    const exg_par *par = d->par;
    place p = {.fd = -1};
    int blind;

    if (par->rank == 0) {
        make_file(d->out, &p);
        if (p.fd < 0) {
            doctor_say(d, DOCTOR_BAD, "out",
                       "%.300s cannot be written to: %s; mend: choose another "
                       "--out",
                       p.dir, strerror(p.reason));
        }
    }
    EXG_MPI(MPI_Bcast(&p, sizeof p, MPI_BYTE, 0, par->comm));
    if (p.fd < 0) {
        return;
    }
    blind = who_is_blind(d, p.file);
    if (par->rank == 0) {
        unlink(p.file); /* what follows needs no name */
        judge_place(d, &p, blind);
        close(p.fd);
    }
}
