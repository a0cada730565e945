/* err.c -- the error slot of this rank.
 *
 * One slot is enough: lower layers record a failure and return a status, and
 * only main prints.  The first message wins because it is the cause; what
 * callers add later is only its consequence. */
#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char pending[EXG_ERR_MAX];

/* Bytes of the UTF-8 character at c; 0 where there is none, or one that steers
 * a terminal.  (Unicode 15, table 3-7: no overlong forms, no surrogates.) */
static size_t character(const unsigned char *c)
{
    const size_t n = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

    if (n == 1) {
        return c[0] >= ' ' && c[0] != 127;
    }
    if (c[0] < 0xc2 || c[0] > 0xf4 || (c[0] == 0xc2 && c[1] < 0xa0) ||
        (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) { /* a zero ends the loop: 0 is none */
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

/* One line of text, whatever has been read from a file. */
static void make_printable(char *text)
{
    for (char *c = text; *c != '\0';) {
        const size_t n = character((const unsigned char *)c);

        if (n == 0) {
            *c = '?';
        }
        c += n > 0 ? n : 1;
    }
}

exg_status exg_fail_at(const char *file, int line, exg_status code,
                       const char *format, ...)
{
    va_list args;
    char text[EXG_ERR_MAX - 64];

    if (pending[0] != '\0') {
        return code;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(pending, sizeof pending, "%s [%.48s:%d]", text, file, line);
    make_printable(pending);
    return code;
}

const char *exg_err_text(void)
{
    return pending;
}

void exg_err_adopt(exg_status code, const char *text, int rank)
{
    const char *open = strrchr(text, '[');

    if (text[0] == '\0') {
        snprintf(pending, sizeof pending, "%s error [rank %d]",
                 exg_err_name(code), rank);
    } else if (open == NULL) {
        snprintf(pending, sizeof pending, "%.400s [rank %d]", text, rank);
    } else {
        char head[EXG_ERR_MAX];

        snprintf(head, sizeof head, "%.*s", (int)(open - text), text);
        snprintf(pending, sizeof pending, "%.420s[rank %d, %.60s", head, rank,
                 open + 1);
    }
    make_printable(pending); /* a cut may have gone through a character */
}

void exg_err_clear(void)
{
    pending[0] = '\0';
}

const char *exg_err_name(exg_status code)
{
    static const char *const name[] = {"no",     "usage",   "input",   "file",
                                       "memory", "numeric", "library", "stop"};

    return (unsigned)code < sizeof name / sizeof name[0] ? name[code]
                                                         : "unknown";
}

void exg_err_assert(const char *file, int line, const char *cond)
{
    fprintf(stderr, "exigo: assertion failed: %s [%s:%d]\n", cond, file, line);
    abort();
}
