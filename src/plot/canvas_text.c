/* canvas_text.c -- text on a page.
 *
 * Compute nodes often have no fonts at all.  cairo then draws with its built-in
 * strokes, which know ASCII only: what kind of font was found decides how texts
 * are cleaned. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "canvas_impl.h"
#include "plot/text.h"

/* Height of capitals over font size, for centring; typical of sans fonts. */
#define CAPITAL 0.72

/* Names of fonts to cairo; the second is that of the built-in strokes. */
static const char *const family[] = {"sans-serif", "@cairo:"};

void exg_canvas_rgb(exg_canvas *c, uint32_t rgb, double alpha)
{
    cairo_set_source_rgba(c->cr, (rgb >> 16 & 255) / 255.0,
                          (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, alpha);
}

void exg_canvas_font(exg_canvas *c)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_scaled_font_t *found;

    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(c->cr, options);
    cairo_font_options_destroy(options);
    cairo_select_font_face(c->cr, family[0], CAIRO_FONT_SLANT_NORMAL,
                           CAIRO_FONT_WEIGHT_NORMAL);
    found = cairo_get_scaled_font(c->cr);
    c->ascii = cairo_scaled_font_status(found) != CAIRO_STATUS_SUCCESS ||
               cairo_scaled_font_get_type(found) == CAIRO_FONT_TYPE_USER;
}

static void set_face(exg_canvas *c, exg_face face)
{
    cairo_select_font_face(c->cr, family[c->ascii], CAIRO_FONT_SLANT_NORMAL,
                           face.bold ? CAIRO_FONT_WEIGHT_BOLD
                                     : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c->cr, face.size);
}

static double clean_width(exg_canvas *c, const char *clean, exg_face face)
{
    cairo_text_extents_t e;

    set_face(c, face);
    cairo_text_extents(c->cr, clean, &e);
    return e.x_advance;
}

double exg_canvas_text_width(exg_canvas *c, const char *text, exg_face face)
{
    char clean[EXG_TEXT_MAX];

    return clean_width(c, exg_text_clean(text, c->ascii, clean, sizeof clean),
                       face);
}

void exg_canvas_text(exg_canvas *c, double x, double y, const char *text,
                     exg_face face)
{
    char clean[EXG_TEXT_MAX];
    double width;

    exg_text_clean(text, c->ascii, clean, sizeof clean);
    width = clean_width(c, clean, face);
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -face.angle * M_PI / 180);
    cairo_move_to(c->cr, -face.hx * width, face.hy * CAPITAL * face.size);
    if (face.halo) {
        cairo_text_path(c->cr, clean);
        exg_canvas_rgb(c, 0xffffff, 1);
        cairo_set_line_width(c->cr, 0.3 * face.size);
        cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
        cairo_set_dash(c->cr, NULL, 0, 0);
        cairo_stroke(c->cr);
        cairo_move_to(c->cr, -face.hx * width, face.hy * CAPITAL * face.size);
    }
    exg_canvas_rgb(c, face.rgb, 1);
    cairo_show_text(c->cr, clean);
    cairo_restore(c->cr);
}

void exg_canvas_text_fit(exg_canvas *c, double x, double y, const char *text,
                         double room, exg_face face)
{
    char clean[EXG_TEXT_MAX], shorter[EXG_TEXT_MAX + 4];
    size_t n;

    exg_text_clean(text, c->ascii, clean, sizeof clean);
    snprintf(shorter, sizeof shorter, "%s", clean);
    n = strlen(clean);
    while (n > 0 && clean_width(c, shorter, face) > room) {
        do {
            n--; /* a whole character: 10xxxxxx continues one */
        } while (n > 0 && ((unsigned char)clean[n] & 0xc0) == 0x80);
        snprintf(shorter, sizeof shorter, "%.*s...", (int)n, clean);
    }
    exg_canvas_text(c, x, y, shorter, face);
}
