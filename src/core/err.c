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

#include "core/utf8.h"

enum {
    PLACE = 64,        /* bytes of "[file:line]", or of a rank     */
    LONGEST = 3 * 4096 /* of a message, uncut: two paths and more  */
};

static char pending[EXG_ERR_MAX];

exg_status exg_fail_at(const char *file, int line, exg_status code,
                       const char *format, ...)
{
    va_list args;
    char text[LONGEST];

    if (pending[0] != '\0') {
        return code;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(pending, sizeof pending, "%s [%.48s:%d]",
             exg_utf8_fit(text, sizeof pending - PLACE), file, line);
    exg_utf8_printable(pending);
    return code;
}

const char *exg_err_text(void)
{
    return pending;
}

void exg_err_adopt(exg_status code, const char *text, int rank)
{
    const char *open = strrchr(text, '[');
    char all[EXG_ERR_MAX + PLACE];

    if (text[0] == '\0') {
        snprintf(all, sizeof all, "%s error [rank %d]", exg_err_name(code),
                 rank);
    } else if (open == NULL) {
        snprintf(all, sizeof all, "%s [rank %d]", text, rank);
    } else {
        snprintf(all, sizeof all, "%.*s[rank %d, %s", (int)(open - text), text,
                 rank, open + 1);
    }
    exg_utf8_fit(all, sizeof pending);
    memcpy(pending, all, sizeof pending);
    exg_utf8_printable(pending); /* a cut may have gone through a character */
}

const char *exg_err_take(void)
{
    static char taken[EXG_ERR_MAX];
    char *place;

    memcpy(taken, pending, sizeof taken);
    place = strrchr(taken, '[');
    if (place != NULL && place > taken) {
        place[-1] = '\0';
    }
    exg_err_clear();
    return taken;
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
