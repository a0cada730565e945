/* text.h -- strings fit to be drawn.  Layer: plot.  All Local. */
#ifndef EXG_PLOT_TEXT_H
#define EXG_PLOT_TEXT_H

#include <stdint.h>

#include "core/mem.h"

enum {
    EXG_TEXT_MAX = 256 /* bytes of the longest text drawn, with its zero */
};

/** Copy text as valid UTF-8 without control characters.
 *
 * Names come from files and may hold any bytes.  A byte that is not part of a
 * printable character (core/utf8.h) becomes U+FFFD, an ASCII control character
 * a space; what is too long ends in "...".
 * @param[in]  text   any bytes, zero-terminated; NULL counts as ""
 * @param[in]  ascii  1 where the font knows ASCII only: a minus sign becomes
 *                    '-', a dash '-', a multiplication sign 'x', others '?'
 * @param[out] out    shape (size), always terminated
 * @return out
 */
char *exg_text_clean(const char *text, int ascii, char *out, size_t size);

/** A number as a tick label: no more digits than `step` needs, U+2212 as minus,
 * powers of ten only where plain digits would not fit.
 * @param[in] step  distance to the next tick; 0 for three significant digits
 * @return out */
char *exg_text_number(double value, double step, char *out, size_t size);

/** A count: all digits, never scientific notation, thousands parted by commas
 * from 10,000 on.
 * @return out */
char *exg_text_count(int64_t value, char *out, size_t size);

#endif
