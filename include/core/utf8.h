/* utf8.h -- text of unknown origin, made fit to be shown.  Layer: core. */
#ifndef EXG_CORE_UTF8_H
#define EXG_CORE_UTF8_H

#include <stddef.h>

/** Bytes of the printable character at the front of a text.
 *
 * Well-formed UTF-8 only (Unicode 15, table 3-7: no overlong form, no
 * surrogate), and nothing that steers a terminal, ends a line or turns the
 * direction of writing; nothing that XML 1.0 does not take.
 * @param[in] text  zero-terminated
 * @return 1 to 4; 0 at the end, and where there is no such character */
size_t exg_utf8_length(const char *text);

/** Put '?' in place of each byte that belongs to no printable character.
 * @return text */
char *exg_utf8_printable(char *text);

/** Cut a text to less than `size` bytes, 64 at least: " ... " stands for what
 * was in its middle, because a message begins with what was read and ends with
 * what was expected.  A character may be cut: see exg_utf8_printable().
 * @return text */
char *exg_utf8_fit(char *text, size_t size);

#endif
