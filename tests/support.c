/* support.c -- main of every test program.
 *
 * Check's forking and its time limits do not go with MPI: a forked child must
 * not use the parent's communicator.  So tests run in one process per rank, an
 * alarm ends a test that hangs, and the teardown lets all ranks agree on each
 * verdict, so that rank 0's closing line counts what failed anywhere. */
#include "support.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TEST_SECONDS = 60 /* for one test; TEST_SECONDS=240 where builds are slow */
};

static exg_par self;
const exg_par *world = &self;

static char scratch[64];
static exg_int live_before;

static void on_alarm(int signal_number)
{
    static const char text[] = "\ntest program: a test took too long\n";

    (void)signal_number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        _exit(125);
    }
    _exit(124);
}

/* Check installs its own SIGALRM handler in srunner_run_all: ours goes in
 * before each test. */
static void set_up(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    const char *asked = getenv("TEST_SECONDS");
    const long seconds = asked != NULL ? strtol(asked, NULL, 10) : TEST_SECONDS;

    sigaction(SIGALRM, &action, NULL);
    alarm(seconds > 0 ? (unsigned)seconds : TEST_SECONDS);
    exg_err_clear();
    live_before = exg_mem_live();
}

static void tear_down(void)
{
    const exg_int leaked = exg_mem_live() - live_before;
    int bad = leaked != 0;

    MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, self.comm);
    alarm(0);
    ck_assert_msg(leaked == 0, "rank %d: %td blocks leaked", self.rank, leaked);
    ck_assert_msg(!bad, "rank %d: another rank leaked", self.rank);
}

TCase *exg_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, set_up, tear_down);
    suite_add_tcase(suite, tc);
    return tc;
}

const char *exg_scratch(void)
{
    if (scratch[0] == '\0') {
        snprintf(scratch, sizeof scratch, "/tmp/exigo-test.XXXXXX");
        if (self.rank == 0 && mkdtemp(scratch) == NULL) {
            perror(scratch);
            MPI_Abort(self.comm, 1);
        }
        MPI_Bcast(scratch, (int)sizeof scratch, MPI_CHAR, 0, self.comm);
    }
    return scratch;
}

static int remove_one(const char *path, const struct stat *info, int flag,
                      struct FTW *ftw)
{
    (void)info;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* The other ranks' messages, in rank order. */
static void print_failures(SRunner *runner, int failed)
{
    for (int r = 1; r < self.size; r++) {
        if (self.rank == r && failed > 0) {
            TestResult **result = srunner_failures(runner);

            for (int i = 0; i < failed; i++) {
                fprintf(stderr, "[rank %d] %s:%d: %s\n", r, tr_lfile(result[i]),
                        tr_lno(result[i]), tr_msg(result[i]));
            }
            free(result);
            fflush(stderr);
        }
        MPI_Barrier(self.comm);
    }
}

int main(int argc, char **argv)
{
    SRunner *runner;
    int failed, worst;

    if (exg_par_start(&argc, &argv, &self) != EXG_OK) {
        fprintf(stderr, "%s\n", exg_err_text());
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    runner = srunner_create(exg_suite());
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, self.rank == 0 ? CK_NORMAL : CK_SILENT);
    fflush(stdout);
    failed = srunner_ntests_failed(runner);
    MPI_Allreduce(&failed, &worst, 1, MPI_INT, MPI_MAX, self.comm);
    if (worst > 0) {
        print_failures(runner, failed);
    }
    srunner_free(runner);
    MPI_Barrier(self.comm);
    if (self.rank == 0 && scratch[0] != '\0') {
        nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    exg_par_stop(&self);
    return worst > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
