/* check_log.c -- what the log says, where, and in which form. */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostile.h"
#include "support.h"

enum {
    TEXT = 8192
};

/* One of this process's streams, led elsewhere for a while. */
typedef struct {
    int stream; /* STDOUT_FILENO or STDERR_FILENO */
    int kept;   /* where it leads otherwise       */
    int to;
} detour;

static detour lead(int stream, int to)
{
    detour d = {.stream = stream, .kept = dup(stream), .to = to};

    fflush(NULL);
    ck_assert_int_ge(d.kept, 0);
    ck_assert_int_ge(to, 0);
    ck_assert_int_eq(dup2(to, stream), stream);
    return d;
}

static void lead_back(const detour *d)
{
    fflush(NULL);
    dup2(d->kept, d->stream);
    close(d->kept);
}

static int scratch_file(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", exg_scratch(), name);
    return open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static const char *text_of(const char *path)
{
    static char text[TEXT];
    FILE *f = fopen(path, "r");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

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
    static char text[TEXT];
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

static void open_journal(const char *path)
{
    int held = -1;

    ck_ok(world, exg_log_journal(path, &held));
    ck_assert_int_eq(held, 0);
}

START_TEST(hostile_text_is_one_line_everywhere)
{
    static const char begin[] = "{\"event\": \"warning\", \"text\": \"";
    static char text[HOSTILE_MAX];
    char heard[128], read[128], told[128];

    exg_log_start(aloud);
    for (int i = 0; i < HOSTILE_ALL; i++) {
        const int out = scratch_file("out", heard, sizeof heard);
        const int err = scratch_file("warned", read, sizeof read);
        const detour d = lead(STDOUT_FILENO, out);
        const detour e = lead(STDERR_FILENO, err);
        const char *line;

        snprintf(told, sizeof told, "%s/journal", exg_scratch());
        open_journal(told);
        ck_assert_int_eq(exg_log_journal_anew(), EXG_OK);
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
    Suite *s = suite_create("log");
    TCase *tc = exg_case(s, "log");

    tcase_add_test(tc, progress_in_a_file_is_a_line_per_tenth);
    tcase_add_test(tc, progress_that_goes_on_has_the_rate_of_its_own);
    tcase_add_test(tc, progress_is_silent_where_it_must_be);
    tcase_add_test(tc, progress_on_a_terminal_is_a_bar_that_goes);
    tcase_add_test(tc, events_are_objects_a_line_and_never_half_of_one);
    tcase_add_test(tc, hostile_text_stays_one_json_string);
    tcase_add_test(tc, hostile_text_is_one_line_everywhere);
    tcase_add_test(tc, a_journal_goes_on_where_it_is_told_to);
    tcase_add_test(tc, a_journal_is_one_runs);
    tcase_add_test(tc, a_journal_that_cannot_be_written_is_told);
    return s;
}
