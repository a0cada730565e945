/* check_journal.c -- run.jsonl: one run's at a time, and told where it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "streams.h"
#include "support.h"

static const exg_log_setup aloud = {.speaks = 1};

static void open_journal(const char *path)
{
    int held = -1;

    ck_ok(world, exg_log_journal(path, &held));
    ck_assert_int_eq(held, 0);
}

START_TEST(a_journal_goes_on_where_it_is_told_to)
{
    char path[128];

    close(scratch_file("run.jsonl", path, sizeof path));
    exg_log_start(aloud);
    for (int more = 0; more < 2; more++) {
        open_journal(path);
        exg_log_event("run", "\"more\": %d", more);
        exg_log_stop();
    }
    ck_assert_str_eq(text_of(path), "{\"event\": \"run\", \"more\": 0}\n"
                                    "{\"event\": \"run\", \"more\": 1}\n");
    open_journal(path);
    ck_ok(world, exg_log_journal_anew());
    exg_log_stop();
    ck_assert_str_eq(text_of(path), "");
}
END_TEST

START_TEST(a_journal_is_one_runs)
{
    static const char before[] = "of another run\n";
    char path[128];
    int fd = scratch_file("taken.jsonl", path, sizeof path), held = 0;

    exg_log_start(aloud);
    ck_assert_int_eq(write(fd, before, strlen(before)), (int)strlen(before));
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_ok(world, exg_log_journal(path, &held));
    ck_assert_int_eq(held, 1);
    exg_log_event("run", "\"n\": %d", 1); /* it is not open */
    ck_ok(world, exg_log_journal_anew());
    exg_log_stop();
    ck_assert_str_eq(text_of(path), before);

    ck_assert_int_eq(flock(fd, LOCK_UN), 0);
    open_journal(path);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), -1);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    exg_log_stop();
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);

    /* No file, and so nobody's. */
    fd = open("/dev/null", O_WRONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    open_journal("/dev/null");
    ck_ok(world, exg_log_journal_anew());
    exg_log_stop();
    close(fd);
}
END_TEST

START_TEST(a_journal_that_cannot_be_written_is_told)
{
    char path[128], name[160];
    const int file = scratch_file("warned", path, sizeof path);
    int held = 0;
    detour d;

    exg_log_start(aloud);
    snprintf(name, sizeof name, "%s/none/run.jsonl", exg_scratch());
    ck_refused(world, exg_log_journal(name, &held), EXG_EIO,
               "run.jsonl: No such file");
    snprintf(name, sizeof name, "%s/pipe", exg_scratch());
    ck_assert_int_eq(mkfifo(name, 0666), 0);
    ck_refused(world, exg_log_journal(name, &held), EXG_EIO, "pipe: is a pipe");
    ck_assert_int_eq(unlink(name), 0);

    d = lead(STDERR_FILENO, file);
    open_journal("/dev/full");
    exg_log_event("run", "\"n\": %d", 1);
    exg_log_stop();
    lead_back(&d);
    close(file);
    ck_assert_ptr_nonnull(strstr(text_of(path), "run.jsonl is not complete"));
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("journal");
    TCase *tc = exg_case(s, "journal");

    tcase_add_test(tc, a_journal_goes_on_where_it_is_told_to);
    tcase_add_test(tc, a_journal_is_one_runs);
    tcase_add_test(tc, a_journal_that_cannot_be_written_is_told);
    return s;
}
