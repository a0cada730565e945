/* check_core.c -- memory, errors, exact sums, random numbers, files, log. */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/fixed.h"
#include "core/log.h"
#include "core/part.h"
#include "core/rng.h"
#include "support.h"

/* Known answers of Philox4x32-10 from the Random123 distribution. */
START_TEST(philox_gives_the_published_numbers)
{
    const exg_rng zero = {0, 0, 0};
    const exg_rng ones = {UINT64_MAX, UINT32_MAX, UINT32_MAX};
    const exg_rng pi = {0x299f31d0a4093822u, 0x13198a2eu, 0x03707344u};
    uint32_t out[4];

    exg_rng_block(zero, 0, out);
    ck_assert_uint_eq(out[0], 0x6627e8d5u);
    ck_assert_uint_eq(out[3], 0x9b00dbd8u);
    exg_rng_block(ones, UINT64_MAX, out);
    ck_assert_uint_eq(out[0], 0x408f276du);
    ck_assert_uint_eq(out[3], 0x6d5451fdu);
    exg_rng_block(pi, 0x85a308d3243f6a88u, out);
    ck_assert_uint_eq(out[0], 0xd16cfe09u);
    ck_assert_uint_eq(out[3], 0x24126ea1u);
}
END_TEST

START_TEST(uniform_and_normal_have_their_moments)
{
    enum {
        N = 100000
    };
    const exg_rng stream = {7, EXG_RNG_SYNTH, 0};
    double u = 0, uu = 0, z = 0, zz = 0;

    for (uint64_t i = 0; i < N; i++) {
        const double a = exg_rng_uniform(stream, i);
        const double b = exg_rng_normal(stream, i);

        ck_assert(a >= 0 && a < 1);
        u += a;
        uu += a * a;
        z += b;
        zz += b * b;
    }
    ck_assert_double_eq_tol(u / N, 0.5, 0.005); /* 5 standard errors */
    ck_assert_double_eq_tol(uu / N, 1.0 / 3, 0.005);
    ck_assert_double_eq_tol(z / N, 0, 0.016);
    ck_assert_double_eq_tol(zz / N, 1, 0.025);
}
END_TEST

START_TEST(fixed_sums_do_not_depend_on_order)
{
    enum {
        N = 1000
    };
    const exg_rng stream = {1, EXG_RNG_SYNTH, 1};
    exg_fixed up = 0, down = 0;

    for (int i = 0; i < N; i++) {
        const float a = (float)exg_rng_normal(stream, (uint64_t)i) * 1e3f;
        const float b =
            (float)exg_rng_normal(stream, (uint64_t)(N - 1 - i)) * 1e3f;

        ck_assert(exg_fixed_add(1, &a, EXG_FIXED_GRAD, N, &up) == 1);
        ck_assert(exg_fixed_add(1, &b, EXG_FIXED_GRAD, N, &down) == 1);
    }
    ck_assert(up == down);
}
END_TEST

START_TEST(fixed_refuses_what_could_wrap)
{
    const float v[4] = {1.0f, -2.0f, 6.8e7f, NAN};
    const float inf = INFINITY;
    exg_fixed sum[4] = {0};

    ck_assert_int_eq(exg_fixed_add(2, v, 36, 1, sum), 2);
    ck_assert_int_eq(exg_fixed_add(4, v, 36, 1, sum), 2); /* 2^26 = 6.7e7 */
    ck_assert_int_eq(exg_fixed_add(4, v, 35, 1, sum), 3); /* the NaN      */
    ck_assert_int_eq(exg_fixed_add(1, &inf, 36, 1, sum), 0);
    ck_assert_int_eq(exg_fixed_add(2, v, 36, (exg_int)1 << 26, sum), 1);
}
END_TEST

START_TEST(fixed_scale_is_the_largest_that_fits)
{
    for (exg_int terms = 1; terms < 100000; terms = 3 * terms + 1) {
        const double bound = 0.7;
        const int s = exg_fixed_scale(bound, terms);

        ck_assert(ldexp(bound, s) * (double)terms <= ldexp(1, 62));
        ck_assert(s == 62 ||
                  ldexp(bound, s + 2) * (double)terms > ldexp(1, 62));
    }
}
END_TEST

START_TEST(mean_of_fixed_is_exact_for_small_numbers)
{
    const float v[2] = {0.25f, -3.0f};
    exg_fixed sum[2] = {0};
    float mean[2];

    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(exg_fixed_add(2, v, EXG_FIXED_GRAD, 8, sum), 2);
    }
    exg_fixed_to_mean(2, sum, 8, EXG_FIXED_GRAD, mean);
    ck_assert(mean[0] == v[0] && mean[1] == v[1]);
}
END_TEST

START_TEST(memory_beyond_the_limit_is_refused_until_some_is_freed)
{
    const size_t before = exg_mem_limit();
    char *first = NULL, *second = NULL;

    ck_assert(before > 0);
    exg_mem_bound(10000);
    ck_assert(exg_mem_limit() == 10000);
    ck_assert(exg_new(&first, 6000) == EXG_OK);
    ck_refused(world, exg_new(&second, 6000), EXG_ENOMEM, "of 10000 at most");
    ck_assert_ptr_null(second);
    exg_err_clear();
    exg_free(first);
    ck_assert(exg_new(&second, 6000) == EXG_OK);
    exg_free(second);
    exg_mem_bound(before);
}
END_TEST

START_TEST(memory_is_aligned_zeroed_and_checked)
{
    double *p = NULL;
    exg_int out = 0;

    ck_assert(exg_new(&p, 33) == EXG_OK);
    ck_assert((uintptr_t)p % 64 == 0);
    for (int i = 0; i < 33; i++) {
        ck_assert(p[i] == 0);
    }
    exg_free(p);
    p = NULL;
    ck_assert(exg_new(&p, PTRDIFF_MAX / 4) == EXG_ENOMEM);
    ck_assert(exg_new(&p, -1) == EXG_ENOMEM);
    ck_assert(p == NULL);
    ck_assert(exg_mem_product(PTRDIFF_MAX / 2, 3, &out) == EXG_ENOMEM);
}
END_TEST

START_TEST(first_message_wins_and_is_one_line)
{
    ck_assert(exg_fail(EXG_EIO, "first %d\nline", 1) == EXG_EIO);
    ck_assert(exg_fail(EXG_EINPUT, "second") == EXG_EINPUT);
    ck_assert(strncmp(exg_err_text(), "first 1?line [", 14) == 0);
    exg_err_clear();
    ck_assert_str_eq(exg_err_text(), "");
}
END_TEST

START_TEST(a_long_message_keeps_both_its_ends)
{
    static const char first[] = "/first", last[] = "/last: No space left";
    char path[4000], text[EXG_ERR_MAX];

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    (void)exg_fail(EXG_EIO, "%s%s: cannot rename to %s%s", first, path, path,
                   last);
    snprintf(text, sizeof text, "%s", exg_err_text());
    for (int rank = -1; rank < 1000000; rank += 500000) {
        char want[64] = "/last: No space left [";

        if (rank >= 0) {
            exg_err_adopt(EXG_EIO, text, rank);
            snprintf(want, sizeof want, "%s [rank %d, ", last, rank);
        }
        ck_assert(strncmp(exg_err_text(), first, strlen(first)) == 0);
        ck_assert_ptr_nonnull(strstr(exg_err_text(), "xx ... xx"));
        ck_assert_ptr_nonnull(strstr(exg_err_text(), want));
        ck_assert_uint_lt(strlen(exg_err_text()), EXG_ERR_MAX);
        ck_assert_uint_gt(strlen(exg_err_text()), EXG_ERR_MAX - 100);
    }
}
END_TEST

START_TEST(a_message_is_taken_without_its_place)
{
    (void)exg_fail(EXG_EIO, "/runs[1]/x: damaged");
    ck_assert_str_eq(exg_err_take(), "/runs[1]/x: damaged");
    ck_assert_str_eq(exg_err_text(), "");
}
END_TEST

START_TEST(a_message_is_printable_utf8)
{
    static const struct {
        const char *read, *shown;
    } text[] = {{"a\tb\n\x7f", "a?b??"},
                {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
                 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"}, /* 2, 3, 4 bytes */
                {"\x89HDF \xff\xfe", "?HDF ??"},
                {"\xc0\xaf \xe0\x80\xaf", "?? ???"}, /* overlong       */
                {"\xed\xa0\x80 \xc2\x9b", "??? ??"}, /* surrogate, CSI */
                {"\xe2\x82", "??"}};                 /* cut off        */

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        (void)exg_fail(EXG_EINPUT, "%s|", text[i].read);
        ck_assert(
            strncmp(exg_err_text(), text[i].shown, strlen(text[i].shown)) == 0);
        ck_assert(exg_err_text()[strlen(text[i].shown)] == '|');
        exg_err_clear();
    }
}
END_TEST

START_TEST(another_ranks_message_names_the_rank)
{
    exg_err_adopt(EXG_EIO, "x: short [src/a.c:7]", 3);
    ck_assert_str_eq(exg_err_text(), "x: short [rank 3, src/a.c:7]");
    exg_err_adopt(EXG_EIO, "x: short", 3);
    ck_assert_str_eq(exg_err_text(), "x: short [rank 3]");
    exg_err_adopt(EXG_ENUMERIC, "", 0);
    ck_assert_str_eq(exg_err_text(), "numeric error [rank 0]");
    exg_err_clear();
    ck_assert_str_eq(exg_err_name(EXG_ENOMEM), "memory");
    ck_assert_str_eq(exg_err_name((exg_status)99), "unknown");
}
END_TEST

/* What a child of this process wrote to standard error before it aborted. */
START_TEST(a_failed_assertion_ends_the_program_with_its_place)
{
    char text[200] = "";
    int ends[2], status = 0;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};

        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        exg_err_assert("a.c", 7, "n > 0");
    }
    close(ends[1]);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert_str_eq(text, "exigo: assertion failed: n > 0 [a.c:7]\n");
}
END_TEST

/* What a file holds; "" where there is none. */
static const char *content(const char *path)
{
    static char text[64];
    FILE *f = fopen(path, "r");

    text[0] = '\0';
    if (f != NULL) {
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
    }
    return text;
}

START_TEST(a_file_appears_whole_or_not_at_all)
{
    char path[128], part[140];
    exg_part p;

    snprintf(path, sizeof path, "%s/file", exg_scratch());
    snprintf(part, sizeof part, "%s.part", path);
    ck_assert(exg_part_open(path, &p) == EXG_OK);
    fputs("one", p.f);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert(exg_part_close(&p, EXG_OK) == EXG_OK);
    ck_assert_str_eq(content(path), "one");
    ck_assert(exg_part_open(path, &p) == EXG_OK);
    fputs("two", p.f);
    ck_assert(exg_part_close(&p, EXG_EINPUT) == EXG_EINPUT);
    ck_assert_str_eq(content(path), "one");
    ck_assert_int_ne(access(part, F_OK), 0);
    ck_assert(exg_part_same(path, path) && !exg_part_same(path, part));
    ck_assert_int_eq(link(path, part), 0);
    ck_assert(exg_part_same(path, part));
    ck_assert_int_eq(unlink(part), 0);
}
END_TEST

START_TEST(a_file_is_never_written_through_a_link_or_into_a_pipe)
{
    char path[128], part[140], other[128];
    exg_part p;

    snprintf(path, sizeof path, "%s/own", exg_scratch());
    snprintf(part, sizeof part, "%s.part", path);
    snprintf(other, sizeof other, "%s/other", exg_scratch());
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(i == 0 ? symlink(other, part) : mkfifo(part, 0666), 0);
        ck_ok(world, exg_part_open(path, &p));
        fputs("mine", p.f);
        ck_ok(world, exg_part_close(&p, EXG_OK));
        ck_assert_str_eq(content(path), "mine");
        ck_assert_int_ne(access(other, F_OK), 0);
    }
    ck_assert_int_eq(mkdir(part, 0777), 0);
    ck_refused(world, exg_part_open(path, &p), EXG_EIO,
               "own.part: cannot create: Is a directory");
    ck_assert_int_eq(rmdir(part), 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_one_line)
{
    char long_path[EXG_PART_BYTES + 1];
    exg_part p;

    memset(long_path, 'x', EXG_PART_BYTES);
    long_path[EXG_PART_BYTES] = '\0';
    ck_refused(world, exg_part_open(long_path, &p), EXG_EIO,
               "path is too long");
    ck_refused(world, exg_part_open("/nonexistent/a", &p), EXG_EIO,
               "/nonexistent/a.part: cannot");
    ck_assert(exg_part_open(exg_scratch(), &p) == EXG_OK); /* a directory */
    ck_refused(world, exg_part_close(&p, EXG_OK), EXG_EIO, "cannot rename to ");
    ck_assert_int_ne(access(p.part, F_OK), 0);
    ck_assert(exg_part_open(exg_scratch(), &p) == EXG_OK);
    fclose(p.f);
    exg_err_clear();
    p.f = fopen("/dev/full", "w");
    fputs("text", p.f);
    ck_refused(world, exg_part_close(&p, EXG_OK), EXG_EIO, "No space left");
    ck_assert_int_ne(access(p.part, F_OK), 0);
}
END_TEST

START_TEST(log_escapes_json)
{
    char out[64];

    ck_assert_str_eq(exg_log_escape("a\"b\\\n", out, sizeof out),
                     "a\\\"b\\\\\\u000a");
    exg_log_escape("aaaaaaaaaaaaaaaaaaaa", out, 12); /* cut, never overrun */
    ck_assert(strlen(out) < 12);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("core");
    TCase *tc = exg_case(s, "core");

    tcase_add_test(tc, philox_gives_the_published_numbers);
    tcase_add_test(tc, uniform_and_normal_have_their_moments);
    tcase_add_test(tc, fixed_sums_do_not_depend_on_order);
    tcase_add_test(tc, fixed_refuses_what_could_wrap);
    tcase_add_test(tc, fixed_scale_is_the_largest_that_fits);
    tcase_add_test(tc, mean_of_fixed_is_exact_for_small_numbers);
    tcase_add_test(tc, memory_is_aligned_zeroed_and_checked);
    tcase_add_test(tc, memory_beyond_the_limit_is_refused_until_some_is_freed);
    tcase_add_test(tc, first_message_wins_and_is_one_line);
    tcase_add_test(tc, a_long_message_keeps_both_its_ends);
    tcase_add_test(tc, a_message_is_taken_without_its_place);
    tcase_add_test(tc, a_message_is_printable_utf8);
    tcase_add_test(tc, another_ranks_message_names_the_rank);
    tcase_add_test(tc, a_failed_assertion_ends_the_program_with_its_place);
    tcase_add_test(tc, a_file_appears_whole_or_not_at_all);
    tcase_add_test(tc, a_file_is_never_written_through_a_link_or_into_a_pipe);
    tcase_add_test(tc, a_file_that_cannot_be_written_is_one_line);
    tcase_add_test(tc, log_escapes_json);
    return s;
}
