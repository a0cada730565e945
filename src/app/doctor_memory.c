/* doctor_memory.c -- how much each rank may take.
 *
 * A host's ranks share what Linux says is available, or what their control
 * group may use, whichever is less; `ulimit -v` is each rank's own. */
#include "doctor_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    PATH = 4200,
    LINE = 4096
};

/* A default run on one rank takes a quarter of a GiB; this leaves room. */
static const double ENOUGH = 512.0 * 1024 * 1024;
static const double GIB = 1024.0 * 1024 * 1024;

static double available(void)
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
static double group_limit(void)
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

void doctor_ask_memory(doctor_rank *self)
{
    struct rlimit limit;

    self->host_memory = fmin(available(), group_limit());
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
