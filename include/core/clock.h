/* clock.h -- stopwatch and named phases.  Layer: core. */
#ifndef EXG_CORE_CLOCK_H
#define EXG_CORE_CLOCK_H

/** Seconds on a clock that never goes back.  Local. */
double exg_clock_now(void);

/** Seconds since *from, which becomes now.  Local. */
double exg_clock_lap(double *from);

enum {
    EXG_CLOCK_PHASES = 48
};

/** Time per named phase, in order of first use.  Zero-initialise. */
typedef struct {
    int count;
    const char *name[EXG_CLOCK_PHASES]; /* static strings */
    double seconds[EXG_CLOCK_PHASES];
} exg_clock;

/** Add seconds to a phase; phases past the table's end are dropped.  Local. */
void exg_clock_add(exg_clock *clock, const char *name, double seconds);

#endif
