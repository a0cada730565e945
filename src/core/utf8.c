/* utf8.c -- byte by byte, by table 3-7 of the Unicode Standard: the second byte
 * of a character is what rules out overlong forms and surrogates. */
#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

/* A code point that belongs into no line of text. */
static int is_steering(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || /* C0, DEL, C1  */
           (code >= 0x200e && code <= 0x200f) ||           /* direction    */
           (code >= 0x2028 && code <= 0x202e) ||           /* lines, same  */
           (code >= 0x2066 && code <= 0x2069) ||
           (code & 0xfffe) == 0xfffe; /* no characters at all */
}

size_t exg_utf8_length(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    const size_t n = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    uint32_t code = c[0] & (0xffu >> (n > 1 ? n + 1 : 1));

    if (n > 1 &&
        (c[0] < 0xc2 || c[0] > 0xf4 || (c[0] == 0xe0 && c[1] < 0xa0) ||
         (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf0 && c[1] < 0x90) ||
         (c[0] == 0xf4 && c[1] > 0x8f))) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) { /* a zero ends the loop: 0 is none */
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (c[i] & 0x3fu);
    }
    return is_steering(code) ? 0 : n;
}

char *exg_utf8_printable(char *text)
{
    for (char *c = text; *c != '\0';) {
        const size_t n = exg_utf8_length(c);

        if (n == 0) {
            *c = '?';
        }
        c += n > 0 ? n : 1;
    }
    return text;
}

char *exg_utf8_fit(char *text, size_t size)
{
    static const char gap[] = " ... ";
    const size_t length = strlen(text);
    const size_t head = (size - sizeof gap) / 2;
    const size_t tail = size - sizeof gap - head;

    if (length >= size) {
        memcpy(text + head, gap, sizeof gap - 1);
        memmove(text + head + sizeof gap - 1, text + length - tail, tail + 1);
    }
    return text;
}
