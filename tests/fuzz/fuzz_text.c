/* fuzz_text.c -- text from files on its way into messages, the journal and
 * figures: what comes out is UTF-8 without control characters, JSON, XML. */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/utf8.h"
#include "fuzz.h"
#include "plot/svg.h"
#include "plot/text.h"

enum {
    MOST = 2048
};

void fuzz_prepare(void)
{
}

/* Printable UTF-8 from front to end. */
static void want_clean(const char *text)
{
    while (*text != '\0') {
        const size_t n = exg_utf8_length(text);

        fuzz_want(n > 0, "characters that cannot be printed");
        text += n;
    }
}

static void as_json(const char *text)
{
    char inside[3 * MOST], object[sizeof inside + 32], small[40];

    exg_log_escape(text, inside, sizeof inside);
    snprintf(object, sizeof object, "{\"text\": \"%s\"}", inside);
    want_clean(object);
    fuzz_want(fuzz_is_json(object), object);
    exg_log_escape(text, small, sizeof small); /* cut somewhere */
    snprintf(object, sizeof object, "{\"text\": \"%s\"}", small);
    want_clean(object);
    fuzz_want(fuzz_is_json(object), object);
}

/* Character data without markup: every & begins an entity. */
static void want_data(const char *from, const char *to)
{
    for (const char *c = from; c < to; c++) {
        fuzz_want(*c != '<' && *c != '>', "markup in a text");
        fuzz_want(*c != '&' || strncmp(c, "&lt;", 4) == 0 ||
                      strncmp(c, "&gt;", 4) == 0 || strncmp(c, "&amp;", 5) == 0,
                  "a bare & in a text");
    }
}

static void as_svg(const char *text)
{
    static const char page[] = "<?xml?>\n<svg width='1'></svg>\n";
    exg_svg svg = {0};
    char *title, *end, *comment;

    fuzz_want(exg_svg_append(&svg, page, sizeof page - 1), "memory");
    fuzz_want(exg_svg_note(&svg, text, text) == EXG_OK, "memory");
    fuzz_want(exg_svg_append(&svg, "", 1), "memory");
    title = strstr(svg.data, "<title>");
    end = title != NULL ? strstr(title, "</title>\n<!-- ") : NULL;
    comment = end != NULL ? strstr(end, "-->") : NULL;
    fuzz_want(comment != NULL, "no title, or no comment");
    want_data(title + 7, end);
    fuzz_want(strcmp(comment, "--></svg>\n") == 0, "the comment ends early");
    fuzz_want(strstr(end + 13, "--") == comment, "-- in a comment");
    exg_svg_free(&svg);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char text[MOST], clean[EXG_TEXT_MAX];
    const size_t n = size < MOST ? size : MOST - 1;
    exg_svg svg = {0};

    memcpy(text, bytes, n);
    text[n] = '\0';
    exg_text_clean(text, 0, clean, sizeof clean);
    want_clean(clean);
    as_json(text);
    as_svg(text);
    fuzz_want(exg_svg_append(&svg, text, (exg_int)n), "memory");
    fuzz_want(exg_svg_renumber(&svg) == EXG_OK, "memory");
    exg_svg_free(&svg);
    exg_utf8_printable(text);
    want_clean(text);
    fuzz_check(exg_fail(EXG_EINPUT, "%s.", text));
    return 0;
}
