/* text.c -- names that can be drawn, numbers as people write them.
 *
 * cairo goes into an error state for good at the first malformed byte, and the
 * whole figure would be lost for one class name; hence the cleaning. */
#include "plot/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define MINUS "\xe2\x88\x92"       /* U+2212 */

/* Code point of the printable character at s, n bytes long. */
static uint32_t code_of(const unsigned char *s, size_t n)
{
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7fu >> n);

    for (size_t i = 1; i < n; i++) {
        code = code << 6 | (s[i] & 0x3fu);
    }
    return code;
}

static const char *in_ascii(uint32_t code)
{
    switch (code) {
    case 0x2212: /* minus    */
    case 0x2010: /* hyphens  */
    case 0x2011:
    case 0x2013: /* en dash  */
    case 0x2014: /* em dash  */
        return "-";
    case 0xd7:
        return "x";
    case 0xb7:
        return ".";
    case 0x2026:
        return "...";
    case 0x2264:
        return "<=";
    case 0x2265:
        return ">=";
    case 0x2192:
        return "->";
    default:
        return "?";
    }
}

char *exg_text_clean(const char *text, int ascii, char *out, size_t size)
{
    const char *s = text != NULL ? text : "";
    size_t used = 0, back = 0; /* back: where "..." would still fit */

    EXG_ASSERT(size >= 4);
    while (*s != '\0') {
        const size_t n = exg_utf8_length(s);
        const uint32_t code = code_of((const unsigned char *)s, n > 0 ? n : 1);
        char one[8] = "";
        size_t len;

        if (n == 0 && (code < 0x20 || code == 0x7f)) {
            one[0] = ' ';
        } else if (n == 0) {
            snprintf(one, sizeof one, "%s", ascii ? "?" : REPLACEMENT);
        } else if (ascii && code >= 0x80) {
            snprintf(one, sizeof one, "%s", in_ascii(code));
        } else {
            memcpy(one, s, n);
        }
        len = strlen(one);
        if (used + len >= size) {
            snprintf(out + back, size - back, "...");
            return out;
        }
        memcpy(out + used, one, len);
        used += len;
        back = used + 4 <= size ? used : back;
        s += n == 0 ? 1 : n;
    }
    out[used] = '\0';
    return out;
}

/* '-' at the front of a number or of its exponent becomes a minus sign. */
static void put_minus(const char *plain, char *out, size_t size)
{
    size_t used = 0;

    for (; *plain != '\0' && used + 4 < size; plain++) {
        if (*plain == '-') {
            memcpy(out + used, MINUS, 3);
            used += 3;
        } else {
            out[used++] = *plain;
        }
    }
    out[used] = '\0';
}

char *exg_text_number(double value, double step, char *out, size_t size)
{
    char plain[64];
    const double large = fmax(fabs(value), fabs(step));

    if (!isfinite(value)) {
        snprintf(plain, sizeof plain, "%s",
                 isnan(value) ? "n/a"
                 : value > 0  ? "inf"
                              : "-inf");
    } else if (value == 0 || (step > 0 && fabs(value) < 1e-9 * step)) {
        snprintf(plain, sizeof plain, "0");
    } else if (large >= 1e6 || large < 1e-3 || step <= 0) {
        snprintf(plain, sizeof plain, "%.3g", value);
    } else {
        const int digits = (int)fmax(0, ceil(-log10(step) - 1e-9));

        snprintf(plain, sizeof plain, "%.*f", digits, value);
    }
    put_minus(plain, out, size);
    return out;
}

char *exg_text_count(int64_t value, char *out, size_t size)
{
    char digits[32], plain[64];
    const int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    const int parted = value >= 10000 || value <= -10000;
    size_t used = 0;

    for (int i = 0; i < n; i++) {
        const int left = n - i;

        plain[used++] = digits[i];
        if (parted && left > 1 && left % 3 == 1 && digits[i] != '-') {
            plain[used++] = ',';
        }
    }
    plain[used] = '\0';
    put_minus(plain, out, size);
    return out;
}
