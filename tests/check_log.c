/* check_log.c -- what the log says, where, and in which form. */
#include "core/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"
#include "streams.h"
#include "support.h"

static int times(const char *word, const char *text)
{
    int n = 0;

    for (const char *t = strstr(text, word); t != NULL;
         t = strstr(t + 1, word)) {
        n++;
    }
    return n;
}

static const exg_log_setup aloud = {.speaks = 1};

/* Progress in twentieths, each two seconds after the one before. */
static void go_through(void)
{
    exg_log_progress p = exg_log_progress_start("epoch 0", "images", 0, 100);

    for (exg_int done = 5; done <= 100; done += 5) {
        p.shown -= 2;
        exg_log_progress_at(&p, done, "loss 0.5");
    }
}

/* What go_through says on the stream, which is a file. */
static const char *heard(exg_log_setup setup, int stream)
{
    char path[128];
    const int file = scratch_file("heard", path, sizeof path);
    const detour d = lead(stream, file);

    exg_log_start(setup);
    go_through();
    exg_log_stop();
    lead_back(&d);
    close(file);
    exg_log_start(aloud);
    return text_of(path);
}

START_TEST(progress_in_a_file_is_a_line_per_tenth)
{
    char path[128];
    const int file = scratch_file("err", path, sizeof path);
    const detour d = lead(STDERR_FILENO, file);
    const char *text = heard(aloud, STDOUT_FILENO);

    lead_back(&d);
    close(file);
    ck_assert_int_eq(times("\n", text), 9); /* 10 % to 90 % */
    ck_assert_int_eq(times(" images/s, ", text), 9);
    ck_assert_ptr_nonnull(strstr(text, "epoch 0: 10 %, "));
    ck_assert_ptr_nonnull(strstr(text, "epoch 0: 90 %, "));
    ck_assert_ptr_nonnull(strstr(text, " s left loss 0.5\n"));
    ck_assert_str_eq(text_of(path), "");
}
END_TEST

/* From 40 million of 100; 20 more in 2000 seconds. */
START_TEST(progress_that_goes_on_has_the_rate_of_its_own)
{
    const exg_int million = 1000000;
    char path[128];
    const int file = scratch_file("rest", path, sizeof path);
    const detour d = lead(STDOUT_FILENO, file);
    double rate = 0, left = 0;
    exg_log_progress p = exg_log_progress_start("epoch 0", "images",
                                                40 * million, 100 * million);

    p.start -= 2000;
    p.shown -= 2;
    exg_log_progress_at(&p, 45 * million, ""); /* no new tenth */
    exg_log_progress_at(&p, 60 * million, "");
    exg_log_stop();
    lead_back(&d);
    close(file);
    ck_assert_int_eq(sscanf(text_of(path),
                            "epoch 0: 60 %%, %lf images/s, %lf s left", &rate,
                            &left),
                     2);
    ck_assert(rate > 9900 && rate <= 10000 && left >= 4000 && left < 4040);
}
END_TEST

START_TEST(progress_is_silent_where_it_must_be)
{
    const exg_log_setup other = {.speaks = 0};
    const exg_log_setup quiet = {.speaks = 1, .quiet = 1};
    const exg_log_setup json = {.speaks = 1, .form = EXG_LOG_JSON};

    ck_assert_str_eq(heard(other, STDOUT_FILENO), "");
    ck_assert_str_eq(heard(quiet, STDOUT_FILENO), "");
    ck_assert_str_eq(heard(json, STDOUT_FILENO), "");
}
END_TEST

/* All that came to the terminal, whose line is closed. */
static const char *shown_on(int terminal)
{
    static char text[8192];
    size_t length = 0;
    ssize_t n;

    do {
        n = read(terminal, text + length, sizeof text - 1 - length);
        length += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    text[length] = '\0';
    return text;
}

START_TEST(progress_on_a_terminal_is_a_bar_that_goes)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    exg_log_progress p;
    const char *text;
    detour d;
    int line;

    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(grantpt(terminal) | unlockpt(terminal), 0);
    line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    d = lead(STDERR_FILENO, line);
    exg_log_start(aloud);
    p = exg_log_progress_start("epoch 0", "images", 0, 48);
    exg_log_progress_at(&p, 1, ""); /* too soon for a drawing */
    p.shown -= 1;
    exg_log_progress_at(&p, 24, "loss 0.5");
    exg_log_progress_at(&p, 48, "");
    lead_back(&d);
    close(line);
    text = shown_on(terminal);
    close(terminal);
    ck_assert_int_eq(times("epoch 0", text), 1);
    ck_assert_ptr_nonnull(strstr(text, "[############............]  50%  "));
    ck_assert_ptr_nonnull(strstr(text, "loss 0.5"));
    ck_assert_str_eq(text + strlen(text) - 4, "\r\033[K"); /* wiped */
}
END_TEST

START_TEST(events_are_objects_a_line_and_never_half_of_one)
{
    char path[128], long_text[5000];
    const int file = scratch_file("events", path, sizeof path);
    const detour d = lead(STDOUT_FILENO, file);

    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    exg_log_start((exg_log_setup){.speaks = 1, .form = EXG_LOG_JSON});
    exg_log_event("epoch", "\"epoch\": %d", 3);
    exg_log_event("long", "\"text\": \"%s\"", long_text);
    exg_log_start((exg_log_setup){.speaks = 0, .form = EXG_LOG_JSON});
    exg_log_event("epoch", "\"epoch\": %d", 4);
    lead_back(&d);
    close(file);
    exg_log_start(aloud);
    ck_assert_str_eq(text_of(path), "{\"event\": \"epoch\", \"epoch\": 3}\n"
                                    "{\"event\": \"long\", "
                                    "\"bytes_left_out\": 5009}\n");
}
END_TEST

/* The text of a JSON string from behind its opening quote: its length, up to
 * the quote that ends it; -1 if it is no JSON. */
static int json_string(const char *text)
{
    int i = 0;

    while (text[i] != '"') {
        const int escaped = text[i] == '\\';
        const size_t n = exg_utf8_length(text + i);

        if (n == 0 || (escaped && strchr("\"\\u", text[i + 1]) == NULL)) {
            return -1;
        }
        if (escaped && text[i + 1] == 'u' &&
            strspn(text + i + 2, "0123456789abcdef") < 4) {
            return -1;
        }
        i += escaped ? text[i + 1] == 'u' ? 6 : 2 : (int)n;
    }
    return i;
}

START_TEST(hostile_text_stays_one_json_string)
{
    static char text[HOSTILE_MAX], safe[6 * HOSTILE_MAX + 8];
    size_t n;

    for (int i = 0; i < HOSTILE_ALL; i++) {
        static const size_t room[] = {8, 9, 40, 1700, sizeof safe - 1};

        hostile(i, text);
        for (int r = 0; r < 5; r++) {
            exg_log_escape(text, safe, room[r]);
            n = strlen(safe);
            ck_assert_uint_lt(n, room[r]);
            snprintf(safe + n, 2, "\"");
            ck_assert_msg(json_string(safe) == (int)n, "%d: %s", i, safe);
        }
    }
    /* Nothing is lost but what cannot be said. */
    ck_assert_str_eq(exg_log_escape("\x1b[\"\\\n\xff\xc3\xa9", safe, 99),
                     "\\u001b[\\\"\\\\\\u000a\\ufffd\xc3\xa9");
}
END_TEST

/* Lines of a text, all of which can be shown. */
static int plain_lines(const char *text)
{
    int n = 0;

    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        ck_assert(is_plain(text, (size_t)(end - text)));
        n++;
    }
    ck_assert_str_eq(text, "");
    return n;
}

START_TEST(hostile_text_is_one_line_everywhere)
{
    static const char begin[] = "{\"event\": \"warning\", \"text\": \"";
    static char text[HOSTILE_MAX];
    char heard[128], read[128], told[128];
    int held = 0;

    exg_log_start(aloud);
    for (int i = 0; i < HOSTILE_ALL; i++) {
        const int out = scratch_file("out", heard, sizeof heard);
        const int err = scratch_file("warned", read, sizeof read);
        const detour d = lead(STDOUT_FILENO, out);
        const detour e = lead(STDERR_FILENO, err);
        const char *line;

        snprintf(told, sizeof told, "%s/journal", exg_scratch());
        ck_ok(world, exg_log_journal(told, &held));
        ck_ok(world, exg_log_journal_anew());
        exg_log_say("%s", hostile(i, text));
        exg_log_warn("%s", text);
        exg_log_stop();
        lead_back(&d);
        lead_back(&e);
        close(out);
        close(err);
        ck_assert_int_eq(plain_lines(text_of(heard)), 1);
        ck_assert_int_eq(plain_lines(text_of(read)), 1);
        line = text_of(told);
        ck_assert_int_eq(plain_lines(line), 1);
        ck_assert(strncmp(line, begin, sizeof begin - 1) == 0);
        line += sizeof begin - 1;
        ck_assert_int_ge(json_string(line), 0);
        ck_assert_str_eq(line + json_string(line), "\"}\n");
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("log");
    TCase *tc = exg_case(s, "log");

    tcase_add_test(tc, progress_in_a_file_is_a_line_per_tenth);
    tcase_add_test(tc, progress_that_goes_on_has_the_rate_of_its_own);
    tcase_add_test(tc, progress_is_silent_where_it_must_be);
    tcase_add_test(tc, progress_on_a_terminal_is_a_bar_that_goes);
    tcase_add_test(tc, events_are_objects_a_line_and_never_half_of_one);
    tcase_add_test(tc, hostile_text_stays_one_json_string);
    tcase_add_test(tc, hostile_text_is_one_line_everywhere);
    return s;
}
