/* svg.c -- what cairo writes, made the same in every run.
 *
 * A pass over the text finds the words surfaceN, imageN, ... wherever they
 * stand (ids and references alike) and gives each its rank of appearance.  The
 * words cannot occur in drawn text: cairo writes text as glyph outlines. */
#include "plot/svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/part.h"
#include "plot/text.h"

enum {
    FIRST_ROOM = 1 << 16
};

int exg_svg_append(exg_svg *svg, const char *data, exg_int size)
{
    if (size == 0) { /* there may be no block yet */
        return 1;
    }
    if (size > svg->room - svg->size) {
        const exg_int room =
            (svg->room > 0 ? 2 * svg->room : FIRST_ROOM) + size;
        char *grown = NULL;

        if (exg_new(&grown, room) != EXG_OK) {
            svg->failed = 1;
            return 0;
        }
        if (svg->size > 0) {
            memcpy(grown, svg->data, (size_t)svg->size);
        }
        exg_free(svg->data);
        svg->data = grown;
        svg->room = room;
    }
    memcpy(svg->data + svg->size, data, (size_t)size);
    svg->size += size;
    return 1;
}

void exg_svg_free(exg_svg *svg)
{
    exg_free(svg->data);
    *svg = (exg_svg){0};
}

/* A numbered word at s, such as surface12: the length of its letters, else 0.
 * `left` bytes may be read. */
static exg_int numbered_word(const char *s, exg_int left)
{
    static const char *const word[] = {"surface", "image", "source", "mask"};

    for (int i = 0; i < 4; i++) {
        const exg_int n = (exg_int)strlen(word[i]);

        if (n < left && memcmp(s, word[i], (size_t)n) == 0 && s[n] >= '0' &&
            s[n] <= '9') {
            return n;
        }
    }
    return 0;
}

/* Rank of appearance of a number; -1 if memory is out. */
static exg_int rank_of(long number, long **seen, exg_int *count, exg_int *room)
{
    for (exg_int i = *count - 1; i >= 0; i--) { /* recent ones come again */
        if ((*seen)[i] == number) {
            return i;
        }
    }
    if (*count == *room) {
        long *grown = NULL;

        if (exg_new(&grown, 2 * *room + 64) != EXG_OK) {
            return -1;
        }
        if (*count > 0) {
            memcpy(grown, *seen, (size_t)*count * sizeof **seen);
        }
        exg_free(*seen);
        *seen = grown;
        *room = 2 * *room + 64;
    }
    (*seen)[*count] = number;
    return (*count)++;
}

/* The id at s -- letters, then a number -- under its new number.  Returns the
 * bytes read, or 0 if memory is out. */
static exg_int put_word(exg_svg *out, const char *s, exg_int letters,
                        long **seen, exg_int *count, exg_int *room)
{
    char word[48];
    char *end = NULL;
    const long number = strtol(s + letters, &end, 10);
    const exg_int rank = rank_of(number, seen, count, room);
    const int n = snprintf(word, sizeof word, "%.*s%td", (int)letters, s, rank);

    return rank >= 0 && exg_svg_append(out, word, n) ? end - s : 0;
}

exg_status exg_svg_renumber(exg_svg *svg)
{
    exg_svg out = {0};
    long *seen = NULL;
    exg_int count = 0, room = 0, from = 0, i = 0;

    if (!exg_svg_append(svg, "", 1)) { /* strtol must find an end */
        return EXG_ENOMEM;
    }
    svg->size--;
    while (i < svg->size) {
        const exg_int letters =
            strchr("sim", svg->data[i]) != NULL
                ? numbered_word(svg->data + i, svg->size - i)
                : 0;

        if (letters == 0) {
            i++;
            continue;
        }
        if (exg_svg_append(&out, svg->data + from, i - from)) {
            i += put_word(&out, svg->data + i, letters, &seen, &count, &room);
        }
        if (out.failed) {
            break;
        }
        from = i;
    }
    exg_svg_append(&out, svg->data + from, svg->size - from);
    exg_free(seen);
    exg_svg_free(svg);
    *svg = out;
    return out.failed ? EXG_ENOMEM : EXG_OK;
}

/* Text as XML character data; "--" would end a comment and is parted. */
static void put_escaped(exg_svg *svg, const char *text)
{
    char clean[EXG_TEXT_MAX];

    exg_text_clean(text, 0, clean, sizeof clean);
    for (const char *s = clean; *s != '\0'; s++) {
        const char *as = *s == '<'                  ? "&lt;"
                         : *s == '>'                ? "&gt;"
                         : *s == '&'                ? "&amp;"
                         : *s == '-' && s[1] == '-' ? "- "
                                                    : NULL;

        exg_svg_append(svg, as != NULL ? as : s,
                       as != NULL ? (exg_int)strlen(as) : 1);
    }
}

exg_status exg_svg_note(exg_svg *svg, const char *title, const char *source)
{
    static const char open[] = "<title>", close[] = "</title>\n<!-- exigo-mpi";
    exg_svg out = {0};
    exg_int at = 0;

    while (at + 5 < svg->size && memcmp(svg->data + at, "<svg ", 5) != 0) {
        at++;
    }
    while (at < svg->size && svg->data[at] != '>') {
        at++;
    }
    at += at < svg->size; /* after the tag <svg ...> */
    exg_svg_append(&out, svg->data, at);
    exg_svg_append(&out, open, sizeof open - 1);
    put_escaped(&out, title);
    exg_svg_append(&out, close, sizeof close - 1);
    if (source != NULL) {
        exg_svg_append(&out, ", from ", 7);
        put_escaped(&out, source);
    }
    exg_svg_append(&out, " -->", 4);
    exg_svg_append(&out, svg->data + at, svg->size - at);
    exg_svg_free(svg);
    *svg = out;
    return out.failed ? EXG_ENOMEM : EXG_OK;
}

exg_status exg_svg_save(const exg_svg *svg, const char *path)
{
    exg_status st = EXG_OK;
    exg_part p;

    EXG_TRY(exg_part_open(path, &p));
    (void)fwrite(svg->data, 1, (size_t)svg->size, p.f); /* close() looks */
    st = exg_part_close(&p, EXG_OK);
done:
    return st;
}
