/* hostile.h -- names that a file or a user may give, to be shown or stored by
 * someone else: what markup, JSON, a terminal or UTF-8 could trip over. */
#ifndef EXG_TESTS_HOSTILE_H
#define EXG_TESTS_HOSTILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

enum {
    HOSTILE_MAX = 4000 /* longest, bytes, with its zero */
};

static const char *const hostile_text[] = {
    "",
    "<script>alert(\"1\")</script>",
    "&amp;&#0;&;<![CDATA[x]]>",
    "--><svg onload='x'/><!--",
    "---",
    "\"}\n{\"event\": \"done\"",
    "\\\" \\u0022 \\",
    "a\r\nb\tc\vd\be\a",
    "\x1b[2J\x1b]0;title\x07 \xc2\x9b 31m",
    "\x01\x02\x7f\xc2\x80",
    "caf\xe9 \xff\xfe \xc0\x80 \xed\xa0\x80 \xf5\x80\x80\x80",
    "\xe2\x80\xae txt.exe \xe2\x81\xa6 \xe2\x80\xa8",
    "\xef\xbf\xbe \xef\xbf\xbf \xf0\x9f\xbf\xbe",
    "%s%n%d %1000000d",
    "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x99\x82 \xe2\x82",
};

enum {
    HOSTILE = sizeof hostile_text / sizeof hostile_text[0],
    HOSTILE_ALL = 3 * HOSTILE + 200
};

/* Text i of HOSTILE_ALL: each of the above, each very long, each with another
 * before it, and random bytes.  `out` has room for HOSTILE_MAX. */
static inline const char *hostile(int i, char *out)
{
    const char *text = hostile_text[i % HOSTILE];
    const size_t length = strlen(text);
    size_t n = 0;

    if (i < HOSTILE) {
        n = (size_t)snprintf(out, HOSTILE_MAX, "%s", text);
    } else if (i < 2 * HOSTILE) {
        while (length > 0 && n + length < HOSTILE_MAX) {
            memcpy(out + n, text, length);
            n += length;
        }
    } else if (i < 3 * HOSTILE) {
        n = (size_t)snprintf(out, HOSTILE_MAX, "%s%s",
                             hostile_text[HOSTILE - 1], text);
    } else {
        srand((unsigned)i);
        while (n < 300) {
            out[n++] = (char)(1 + rand() % 255);
        }
    }
    out[n] = '\0';
    return out;
}

/* Whether n bytes are characters that can be shown, and nothing else. */
static inline int is_plain(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && exg_utf8_length(text + i) > 0) {
        i += exg_utf8_length(text + i);
    }
    return i == n;
}

#endif
