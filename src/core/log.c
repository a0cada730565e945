/* log.c -- see log.h.
 *
 * A progress bar is redrawn in place on a terminal's standard error, ten times
 * a second at most; in a file (a SLURM log) each 10 % is one line, not more
 * than one a second, so that logs stay short.  Names in lines come from files:
 * what could steer a terminal is taken out of every line. */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/utf8.h"

static exg_log_setup setup;
static FILE *journal;
static int bar_open; /* the cursor stands behind a bar */
static char phase[48] = "prepare";

void exg_log_start(exg_log_setup wanted)
{
    setup = wanted;
}

/* Does another process hold it?  Where there are no locks, nobody does; and
 * what is no file, such as /dev/null, is for everybody. */
static int is_held(int fd)
{
    struct stat info;
    int rc;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return 0;
    }
    do {
        rc = flock(fd, LOCK_EX | LOCK_NB);
    } while (rc != 0 && errno == EINTR);
    return rc != 0 && errno == EWOULDBLOCK;
}

exg_status exg_log_journal(const char *path, int *held)
{
    struct stat info;
    int fd;

    *held = 0;
    if (!setup.speaks) {
        return EXG_OK;
    }
    if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode)) {
        /* Opening it would wait for a reader for ever. */
        return exg_fail(EXG_EIO, "%s: is a pipe, want a file", path);
    }
    fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
    *held = fd >= 0 && is_held(fd);
    if (*held) {
        close(fd);
        return EXG_OK;
    }
    journal = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (journal == NULL) {
        const exg_status st =
            exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));

        if (fd >= 0) {
            close(fd);
        }
        return st;
    }
    return EXG_OK;
}

exg_status exg_log_journal_anew(void)
{
    /* EINVAL: a device has nothing to be taken away. */
    if (journal != NULL && ftruncate(fileno(journal), 0) != 0 &&
        errno != EINVAL) {
        return exg_fail(EXG_EIO, "run.jsonl: cannot be emptied: %s",
                        strerror(errno));
    }
    return EXG_OK;
}

/* Wipe the bar, so that the next line starts at the left edge. */
static void end_bar(void)
{
    if (bar_open) {
        fputs("\r\033[K", stderr);
        bar_open = 0;
    }
}

void exg_log_stop(void)
{
    FILE *f = journal;
    int bad;

    end_bar();
    if (f == NULL) {
        return;
    }
    journal = NULL; /* the warning below cannot go there */
    bad = ferror(f);
    if (fclose(f) != 0 || bad) {
        exg_log_warn("run.jsonl is not complete: it could not be written");
    }
}

enum {
    LINE = 4096 /* bytes of a line or an event's fields */
};

void exg_log_say(const char *format, ...)
{
    char text[LINE];
    va_list args;

    if (!setup.speaks || setup.quiet || setup.form == EXG_LOG_JSON) {
        return;
    }
    end_bar();
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    puts(exg_utf8_printable(text));
    fflush(stdout);
}

void exg_log_warn(const char *format, ...)
{
    char text[8 * EXG_ERR_MAX], safe[2 * EXG_ERR_MAX];
    va_list args;

    if (!setup.speaks) {
        return;
    }
    end_bar();
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    exg_utf8_printable(exg_utf8_fit(text, EXG_ERR_MAX));
    fprintf(stderr, "exigo: %s\n", text);
    exg_log_event("warning", "\"text\": \"%s\"",
                  exg_log_escape(text, safe, sizeof safe));
}

void exg_log_event(const char *name, const char *fields, ...)
{
    char text[LINE];
    va_list args;
    const char *comma = fields[0] != '\0' ? ", " : "";
    int length;

    if (!setup.speaks) {
        return;
    }
    va_start(args, fields);
    length = vsnprintf(text, sizeof text, fields, args);
    va_end(args);
    if (length >= LINE) { /* half an object is none */
        snprintf(text, sizeof text, "\"bytes_left_out\": %d", length);
    }
    if (journal != NULL) {
        fprintf(journal, "{\"event\": \"%s\"%s%s}\n", name, comma, text);
        fflush(journal);
    }
    if (setup.form == EXG_LOG_JSON && !setup.quiet) {
        printf("{\"event\": \"%s\"%s%s}\n", name, comma, text);
        fflush(stdout);
    }
}

void exg_log_phase(const char *name)
{
    snprintf(phase, sizeof phase, "%s", name);
    exg_log_event("phase", "\"name\": \"%s\"", name);
}

const char *exg_log_phase_now(void)
{
    return phase;
}

/* One character, or byte that is none, as JSON: what cannot be shown goes by
 * its number, and a byte without meaning becomes U+FFFD.  Returns the bytes
 * read. */
static size_t escape_one(const char *text, char *out, size_t size)
{
    const unsigned char c = (unsigned char)*text;
    const size_t n = exg_utf8_length(text);

    if (c == '"' || c == '\\') {
        snprintf(out, size, "\\%c", c);
    } else if (n > 0) {
        snprintf(out, size, "%.*s", (int)n, text);
    } else {
        snprintf(out, size, "\\u%04x", c < 0x80 ? c : 0xfffdu);
    }
    return n > 0 ? n : 1;
}

char *exg_log_escape(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (const char *t = text; *t != '\0' && n + 7 < size;) {
        t += escape_one(t, out + n, size - n);
        n += strlen(out + n);
    }
    out[n] = '\0';
    return out;
}

static int tenth_of(exg_int done, exg_int total)
{
    return total > 0 ? (int)(10 * done / total) : 10;
}

exg_log_progress exg_log_progress_start(const char *what, const char *unit,
                                        exg_int first, exg_int total)
{
    const double now = exg_clock_now();

    return (exg_log_progress){.what = what,
                              .unit = unit,
                              .first = first,
                              .total = total,
                              .start = now,
                              .shown = now,
                              .tenth = tenth_of(first, total)};
}

static void draw_bar(const exg_log_progress *p, exg_int done, double rate,
                     double left, const char *note)
{
    enum {
        WIDTH = 24
    };
    const int full = (int)(WIDTH * done / p->total);
    char bar[WIDTH + 1];

    memset(bar, '.', WIDTH);
    memset(bar, '#', (size_t)full);
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r%-12s [%s] %3d%%  %.0f %s/s, %.0f s left %s\033[K",
            p->what, bar, (int)(100 * done / p->total), rate, p->unit, left,
            note);
    fflush(stderr);
    bar_open = 1;
}

void exg_log_progress_at(exg_log_progress *p, exg_int done, const char *note)
{
    const double now = exg_clock_now();
    const double rate = (double)(done - p->first) / (now - p->start + 1e-9);
    const double left = (double)(p->total - done) / (rate + 1e-9);
    const int tenth = tenth_of(done, p->total);

    if (!setup.speaks || setup.quiet || setup.form == EXG_LOG_JSON ||
        p->total <= 0) {
        return;
    }
    if (isatty(STDERR_FILENO)) {
        if (done >= p->total) {
            end_bar();
        } else if (now - p->shown >= 0.1) {
            p->shown = now;
            draw_bar(p, done, rate, left, note);
        }
    } else if (tenth > p->tenth && tenth < 10 && now - p->shown >= 1.0) {
        p->shown = now;
        p->tenth = tenth;
        exg_log_say("%s: %d %%, %.0f %s/s, %.0f s left %s", p->what, 10 * tenth,
                    rate, p->unit, left, note);
    }
}
