/* launch.h -- what the main() of every MPI program here does.  Layer: app. */
#ifndef EXG_APP_LAUNCH_H
#define EXG_APP_LAUNCH_H

#include <stdio.h>

#include "core/opt.h"
#include "par/par.h"

/* clang-format off */
/** Option rows of every program: how it runs, what it says, questions. */
#define EXG_LAUNCH_ROWS                                                        \
    {"hang-minutes", EXG_OPT_REAL, EXG_OPT_RUN, "30", 0, 1e6, "",              \
     "end the job where a rank has waited so long in one call; 0: never"}
#define EXG_LAUNCH_LOG_ROWS                                                    \
    {"quiet", EXG_OPT_FLAG, EXG_OPT_RUN, "no", 0, 0, "",                       \
     "print warnings and errors only"},                                        \
    {"log", EXG_OPT_CHOICE, EXG_OPT_RUN, "text", 0, 0, "text|json",            \
     "what standard output looks like"}
#define EXG_LAUNCH_HELP_ROWS                                                   \
    {"help", EXG_OPT_FLAG, EXG_OPT_RUN, "no", 0, 0, "",                        \
     "print this and stop"},                                                   \
    {"version", EXG_OPT_FLAG, EXG_OPT_RUN, "no", 0, 0, "",                     \
     "print versions of program and libraries and stop"}

/** What the help of every program says behind its options. */
#define EXG_LAUNCH_NOTES                                                       \
    "environment: EXG_ISA=avx512|avx2|base chooses the kernels.\n"             \
    "exit status: 0 done, 2 wrong usage, 75 stopped after a checkpoint, 1 any" \
    "\nother error.\n"
/* clang-format on */

/** A program.  Static data. */
typedef struct {
    /** Print the help.  Local. */
    void (*help)(FILE *out);

    /** Options of the command line; owned by the caller, exg_free().  Local. */
    exg_status (*options)(int argc, char *const *argv, exg_opts **opts);

    /** The work.  Collective; opts are the same on all ranks, and the log and
     * the watch on hanging ranks follow the rows above. */
    exg_status (*run)(const exg_par *par, const exg_opts *opts, int argc,
                      char *const *argv);
} exg_launch;

/** Answer --help and --version, which need no MPI; else start, run, print one
 * message if anything failed, stop.  Collective; first call of main().
 * @return the exit status: 0, 2 for wrong usage, 75 for a run that was told to
 *         stop and said so, 1 for any other failure */
int exg_launch_main(int argc, char **argv, const exg_launch *program);

#endif
