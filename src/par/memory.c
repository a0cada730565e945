/* memory.c -- see memory.h. */
#include "par/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "par/agree.h"

enum {
    PATH = 4200,
    LINE = 4096
};

static const double GIB = 1024.0 * 1024 * 1024;

double exg_memory_available(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[LINE];
    double bytes = INFINITY;

    if (f == NULL) {
        return bytes;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "MemAvailable:", 13) == 0) {
            bytes = strtod(line + 13, NULL) * 1024;
        }
    }
    fclose(f);
    return bytes;
}

/* The number in a file, or infinity: "max", or no such file. */
static double number_in(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[LINE] = "", *end = line;
    double value;

    if (f == NULL) {
        return INFINITY;
    }
    value = fgets(line, sizeof line, f) != NULL ? strtod(line, &end) : INFINITY;
    fclose(f);
    return end == line ? INFINITY : value;
}

/* The least limit of a control group and those above it. */
static double limit_above(const char *root, char *group, const char *file)
{
    double least = INFINITY;

    for (;;) {
        char path[PATH + LINE];
        char *slash = strrchr(group, '/');

        snprintf(path, sizeof path, "%s%s/%s", root, group, file);
        least = fmin(least, number_in(path));
        if (slash == NULL) {
            return least;
        }
        *slash = '\0';
    }
}

/* /proc/self/cgroup: "0::/a/b" (version 2) or "4:memory:/a/b" (version 1). */
double exg_memory_limit(void)
{
    FILE *f = fopen("/proc/self/cgroup", "r");
    char line[LINE];
    double least = INFINITY;

    if (f == NULL) {
        return least;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        char *name = strchr(line, ':');
        char *group = name != NULL ? strchr(name + 1, ':') : NULL;

        line[strcspn(line, "\n")] = '\0';
        if (group == NULL) {
            continue;
        }
        if (strncmp(line, "0::", 3) == 0) {
            least = fmin(
                least, limit_above("/sys/fs/cgroup", group + 1, "memory.max"));
        } else if (strncmp(name, ":memory:", 8) == 0) {
            least = fmin(least, limit_above("/sys/fs/cgroup/memory", group + 1,
                                            "memory.limit_in_bytes"));
        }
    }
    fclose(f);
    return least;
}

/* Bytes of this process that are in memory. */
static double resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    char line[LINE] = "", *end = line;
    double pages = 0.0;

    if (f != NULL) {
        if (fgets(line, sizeof line, f) != NULL) {
            (void)strtod(line, &end); /* its size */
            pages = strtod(end, NULL);
        }
        fclose(f);
    }
    return pages * (double)sysconf(_SC_PAGESIZE);
}

exg_status exg_memory_check(const exg_par *par, const char *what, double bytes,
                            const char *mend)
{
    exg_status st = EXG_OK;
    double sum[2] = {bytes, resident()}, room, group = exg_memory_limit();
    int ranks = 1;
    MPI_Comm host;

    EXG_MPI(MPI_Comm_split_type(par->comm, MPI_COMM_TYPE_SHARED, par->rank,
                                MPI_INFO_NULL, &host));
    EXG_MPI(MPI_Comm_size(host, &ranks));
    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, host));
    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, &group, 1, MPI_DOUBLE, MPI_MIN, host));
    room = fmin(exg_memory_available(), group - sum[1]);
    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, &room, 1, MPI_DOUBLE, MPI_MIN, host));
    EXG_MPI(MPI_Comm_free(&host));
    EXG_TRY_ALL(par,
                sum[0] <= room
                    ? EXG_OK
                    : exg_fail(EXG_ENOMEM,
                               "%s: needs %.3g GiB for %d rank%s of a "
                               "host that has %.3g GiB free: %s",
                               what, sum[0] / GIB, ranks, ranks == 1 ? "" : "s",
                               fmax(room, 0) / GIB, mend));
done:
    return st;
}
