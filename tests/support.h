/* support.h -- Check under mpirun: one suite, all ranks, one verdict. */
#ifndef EXG_TESTS_SUPPORT_H
#define EXG_TESTS_SUPPORT_H

#include <check.h>
#include <string.h>

#include "par/par.h"

/* Check notes every assertion that holds in a file, and reads them all when the
 * test is over, in time that grows with their square: with a million elements
 * compared that was half of some suites.  What fails is noted all the same. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _mark_point(file, line) ((void)0)

/** The ranks of this test program. */
extern const exg_par *world;

/** Each test program defines this. */
Suite *exg_suite(void);

/** A collective assertion: all ranks call it, and all fail together, so none
 * is left waiting in a collective call. */
#define ck_all(par, cond)                                                     \
    do {                                                                      \
        const int ck_mine = !!(cond);                                         \
        int ck_every = 0;                                                     \
        MPI_Allreduce(&ck_mine, &ck_every, 1, MPI_INT, MPI_MIN, (par)->comm); \
        ck_assert_msg(ck_mine, "rank %d: %s", (par)->rank, #cond);            \
        ck_assert_msg(ck_every, "rank %d: '%s' fails on another rank",        \
                      (par)->rank, #cond);                                    \
    } while (0)

/** The call succeeds on every rank; its message is shown where not. */
#define ck_ok(par, call)                                                      \
    do {                                                                      \
        const exg_status ck_st = (call);                                      \
        int ck_bad = ck_st != EXG_OK;                                         \
        MPI_Allreduce(MPI_IN_PLACE, &ck_bad, 1, MPI_INT, MPI_MAX,             \
                      (par)->comm);                                           \
        ck_assert_msg(ck_st == EXG_OK, "rank %d: %s: %s", (par)->rank, #call, \
                      exg_err_text());                                        \
        ck_assert_msg(!ck_bad, "rank %d: '%s' fails on another rank",         \
                      (par)->rank, #call);                                    \
    } while (0)

/** The call fails on every rank with this status and a message of one line that
 * has these words, which is then forgotten. */
#define ck_refused(par, call, status, words)                             \
    do {                                                                 \
        const exg_status ck_st = (call);                                 \
        int ck_bad = ck_st != (status) ||                                \
                     strstr(exg_err_text(), (words)) == NULL ||          \
                     strchr(exg_err_text(), '\n') != NULL;               \
        const int ck_mine = ck_bad;                                      \
        MPI_Allreduce(MPI_IN_PLACE, &ck_bad, 1, MPI_INT, MPI_MAX,        \
                      (par)->comm);                                      \
        ck_assert_msg(!ck_mine, "rank %d: %s: status %d, '%s', want %s", \
                      (par)->rank, #call, (int)ck_st, exg_err_text(),    \
                      (words));                                          \
        ck_assert_msg(!ck_bad, "rank %d: '%s' differs on another rank",  \
                      (par)->rank, #call);                               \
        exg_err_clear();                                                 \
    } while (0)

/** A test case named `name`, with the fixture that limits its time, clears the
 * pending error and checks that no block of ours leaks. */
TCase *exg_case(Suite *suite, const char *name);

/** A scratch directory for this test program, made by rank 0, the same on all
 * ranks; removed at the end. */
const char *exg_scratch(void);

#endif
