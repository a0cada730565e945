/* canvas.c -- a thin layer over cairo.
 *
 * One drawing code serves both forms: for PNG an image surface scaled to the
 * resolution, for SVG cairo's SVG surface into memory.  Hinting is off in both,
 * so that a text is as wide in one as in the other and layouts agree. */
#include "plot/canvas.h"

#include <cairo-svg.h>
#include <math.h>

#include "canvas_impl.h"
#include "plot/text.h"

#define POINTS_PER_INCH 72.0

enum {
    SIDE_MAX = 20000,   /* pixels of a figure                          */
    CAIRO_MOST = 32767, /* pixels a side: what cairo takes             */
    SQUARES_MIN = 112,  /* pixels a side that a picture has in an SVG  */
    RASTER_DPI = 150    /* of what is drawn as a picture in an SVG     */
};

static cairo_status_t on_svg(void *to, const unsigned char *data,
                             unsigned int size)
{
    return exg_svg_append(to, (const char *)data, size)
               ? CAIRO_STATUS_SUCCESS
               : CAIRO_STATUS_NO_MEMORY;
}

static exg_status check(cairo_status_t got, const char *what)
{
    return got == CAIRO_STATUS_SUCCESS ? EXG_OK
           : got == CAIRO_STATUS_NO_MEMORY
               ? exg_fail(EXG_ENOMEM, "out of memory for %s", what)
               : exg_fail(EXG_ELIB, "cairo: %s: %s", what,
                          cairo_status_to_string(got));
}

exg_status exg_canvas_create(exg_canvas_form form, double width, double height,
                             double dpi, exg_canvas **out)
{
    exg_status st = EXG_OK;
    exg_canvas *c = NULL;

    EXG_TRY(exg_new(&c, 1));
    c->form = form;
    c->width = width;
    c->height = height;
    c->scale = fmin(dpi / POINTS_PER_INCH, SIDE_MAX / fmax(width, height));
    if (form == EXG_CANVAS_PNG) {
        c->page = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                             (int)ceil(width * c->scale),
                                             (int)ceil(height * c->scale));
    } else {
        c->page =
            cairo_svg_surface_create_for_stream(on_svg, &c->svg, width, height);
        c->scale = 1;
    }
    c->cr = cairo_create(c->page);
    EXG_TRY(check(cairo_status(c->cr), "a figure"));
    cairo_scale(c->cr, c->scale, c->scale);
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    exg_canvas_font(c);
    *out = c;
    c = NULL; /* handed to the caller */
done:
    exg_canvas_destroy(&c);
    return st;
}

void exg_canvas_destroy(exg_canvas **c)
{
    if (*c == NULL) {
        return;
    }
    exg_canvas_raster_end(*c);
    cairo_destroy((*c)->cr);
    cairo_surface_destroy((*c)->page);
    exg_svg_free(&(*c)->svg);
    exg_free(*c);
    *c = NULL;
}

const uint32_t *exg_canvas_pixels(exg_canvas *c, exg_int *width,
                                  exg_int *height, exg_int *stride)
{
    if (c->form != EXG_CANVAS_PNG) {
        return NULL;
    }
    cairo_surface_flush(c->page);
    *width = cairo_image_surface_get_width(c->page);
    *height = cairo_image_surface_get_height(c->page);
    *stride = cairo_image_surface_get_stride(c->page) / 4;
    return (const uint32_t *)(const void *)cairo_image_surface_get_data(
        c->page);
}

static exg_status save_png(exg_canvas *c, const char *path, const char *title,
                           const char *source)
{
    const exg_png_note note = {
        .dpi = c->scale * POINTS_PER_INCH, .title = title, .source = source};
    exg_int width = 0, height = 0, stride = 0;
    const uint32_t *pixels = exg_canvas_pixels(c, &width, &height, &stride);

    return exg_png_write(path, width, height, stride, pixels, note);
}

static exg_status save_svg(exg_canvas *c, const char *path, const char *title,
                           const char *source)
{
    exg_status st = EXG_OK;

    cairo_surface_finish(c->page);
    EXG_TRY(check(cairo_surface_status(c->page), path));
    EXG_TRY(exg_svg_renumber(&c->svg));
    EXG_TRY(exg_svg_note(&c->svg, title, source));
    EXG_TRY(exg_svg_save(&c->svg, path));
done:
    return st;
}

exg_status exg_canvas_save(exg_canvas *c, const char *path, const char *title,
                           const char *source)
{
    char clean_title[EXG_TEXT_MAX], clean_source[EXG_TEXT_MAX];
    exg_status st = c->st;

    exg_canvas_raster_end(c);
    EXG_TRY(st);
    EXG_TRY(check(cairo_status(c->cr), path));
    exg_text_clean(title, 0, clean_title, sizeof clean_title);
    exg_text_clean(source, 0, clean_source, sizeof clean_source);
    EXG_TRY((c->form == EXG_CANVAS_PNG ? save_png : save_svg)(
        c, path, clean_title, source != NULL ? clean_source : NULL));
done:
    return st;
}

static void set_pen(exg_canvas *c, exg_pen pen)
{
    exg_canvas_rgb(c, pen.rgb, 1);
    cairo_set_line_width(c->cr, pen.width);
    cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(c->cr, &pen.dash, pen.dash > 0, 0);
}

/* The nearest edge between pixels, in points. */
static double snap(const exg_canvas *c, double v)
{
    return round(v * c->scale) / c->scale;
}

void exg_canvas_line(exg_canvas *c, double x0, double y0, double x1, double y1,
                     exg_pen pen)
{
    set_pen(c, pen);
    cairo_move_to(c->cr, x0, y0);
    cairo_line_to(c->cr, x1, y1);
    cairo_stroke(c->cr);
}

void exg_canvas_curve(exg_canvas *c, exg_int n, const double *x,
                      const double *y, exg_pen pen)
{
    int on = 0;

    set_pen(c, pen);
    for (exg_int i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            on = 0;
        } else if (!on) {
            cairo_move_to(c->cr, x[i], y[i]);
            on = 1;
        } else {
            cairo_line_to(c->cr, x[i], y[i]);
        }
    }
    cairo_stroke(c->cr);
}

void exg_canvas_fill(exg_canvas *c, double x, double y, double w, double h,
                     uint32_t rgb)
{
    const double x0 = snap(c, x), y0 = snap(c, y);

    exg_canvas_rgb(c, rgb, 1);
    cairo_rectangle(c->cr, x0, y0, snap(c, x + w) - x0, snap(c, y + h) - y0);
    cairo_fill(c->cr);
}

void exg_canvas_frame(exg_canvas *c, double x, double y, double w, double h,
                      exg_pen pen)
{
    set_pen(c, pen);
    cairo_rectangle(c->cr, x, y, w, h);
    cairo_stroke(c->cr);
}

/* A line of no length with round ends is a disc: "M x y L x y" takes a quarter
 * of the bytes of four Bezier arcs.  Sixteenths of a point keep numbers short.
 */
void exg_canvas_dots(exg_canvas *c, exg_int n, const double *x, const double *y,
                     double radius, uint32_t rgb, double alpha)
{
    exg_canvas_rgb(c, rgb, alpha);
    cairo_set_dash(c->cr, NULL, 0, 0);
    cairo_set_line_width(c->cr, 2 * radius);
    cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_ROUND);
    for (exg_int i = 0; i < n; i++) {
        if (isfinite(x[i]) && isfinite(y[i])) {
            const double px = round(16 * x[i]) / 16, py = round(16 * y[i]) / 16;

            cairo_move_to(c->cr, px, py);
            cairo_line_to(c->cr, px, py);
        }
    }
    cairo_stroke(c->cr);
}

/* Copy a picture with each pixel blown up to a square of `times`. */
static void put_squares(cairo_surface_t *to, exg_int cols, exg_int rows,
                        exg_int times, const uint32_t *pixels)
{
    unsigned char *base = cairo_image_surface_get_data(to);
    const int stride = cairo_image_surface_get_stride(to);

    cairo_surface_flush(to);
    for (exg_int y = 0; y < rows * times; y++) {
        uint32_t *line = (uint32_t *)(void *)(base + y * stride);
        const uint32_t *from = pixels + y / times * cols;

        for (exg_int x = 0; x < cols * times; x++) {
            line[x] = from[x / times];
        }
    }
    cairo_surface_mark_dirty(to);
}

/* SVG viewers smooth what they enlarge, each in its own way; so pictures go in
 * with their pixels already enlarged to squares. */
void exg_canvas_image(exg_canvas *c, double x, double y, double w, double h,
                      exg_int cols, exg_int rows, const uint32_t *pixels)
{
    const exg_int side = cols > rows ? cols : rows;
    const exg_int times = c->form == EXG_CANVAS_PNG || side >= SQUARES_MIN
                              ? 1
                              : (SQUARES_MIN + side - 1) / side;
    const double x0 = snap(c, x), y0 = snap(c, y);
    const double x1 = snap(c, x + w), y1 = snap(c, y + h);
    cairo_surface_t *s;

    if (side > CAIRO_MOST) { /* cut to an int it might pass for a small one */
        if (c->st == EXG_OK) {
            c->st = exg_fail(EXG_EINPUT,
                             "a picture of %td x %td pixels, want at most %d "
                             "a side",
                             cols, rows, CAIRO_MOST);
        }
        return;
    }
    s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(cols * times),
                                   (int)(rows * times));
    if (cairo_surface_status(s) == CAIRO_STATUS_SUCCESS) {
        put_squares(s, cols, rows, times, pixels);
    } else if (c->st == EXG_OK) {
        c->st = check(cairo_surface_status(s), "a picture");
    }
    cairo_save(c->cr);
    cairo_rectangle(c->cr, x0, y0, x1 - x0, y1 - y0);
    cairo_clip(c->cr);
    cairo_translate(c->cr, x0, y0);
    cairo_scale(c->cr, (x1 - x0) / (double)(cols * times),
                (y1 - y0) / (double)(rows * times));
    cairo_set_source_surface(c->cr, s, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(c->cr), CAIRO_EXTEND_PAD);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(s);
}

void exg_canvas_raster_begin(exg_canvas *c, double x, double y, double w,
                             double h)
{
    const double scale = RASTER_DPI / POINTS_PER_INCH;
    cairo_surface_t *s;

    if (c->form == EXG_CANVAS_PNG || c->under != NULL) {
        return;
    }
    s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)ceil(w * scale),
                                   (int)ceil(h * scale));
    c->under = c->cr;
    c->cr = cairo_create(s);
    cairo_surface_destroy(s); /* cr keeps it */
    exg_canvas_font(c);
    cairo_scale(c->cr, scale, scale);
    cairo_translate(c->cr, -x, -y);
    c->left = x;
    c->top = y;
}

void exg_canvas_raster_end(exg_canvas *c)
{
    const double scale = RASTER_DPI / POINTS_PER_INCH;
    cairo_t *raster = c->cr;

    if (c->under == NULL) {
        return;
    }
    c->cr = c->under;
    c->under = NULL;
    if (cairo_status(raster) != CAIRO_STATUS_SUCCESS && c->st == EXG_OK) {
        c->st = check(cairo_status(raster), "a picture");
    }
    cairo_save(c->cr);
    cairo_translate(c->cr, c->left, c->top);
    cairo_scale(c->cr, 1 / scale, 1 / scale);
    cairo_set_source_surface(c->cr, cairo_get_target(raster), 0, 0);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_destroy(raster);
}
