/* clock.c -- see clock.h. */
#include "core/clock.h"

#include <string.h>
#include <time.h>

double exg_clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double exg_clock_lap(double *from)
{
    const double now = exg_clock_now(), seconds = now - *from;

    *from = now;
    return seconds;
}

void exg_clock_add(exg_clock *clock, const char *name, double seconds)
{
    for (int i = 0; i < clock->count; i++) {
        if (strcmp(clock->name[i], name) == 0) {
            clock->seconds[i] += seconds;
            return;
        }
    }
    if (clock->count < EXG_CLOCK_PHASES) {
        clock->name[clock->count] = name;
        clock->seconds[clock->count++] = seconds;
    }
}
