/* canvas.h -- a page to draw on, saved as PNG or SVG.  Layer: plot.  All Local.
 *
 * Lengths are points (1/72 inch) from the upper left corner, y downwards.
 * Colours are 0xRRGGBB.  Drawing returns nothing: the first failure is kept and
 * reported by exg_canvas_save(). */
#ifndef EXG_PLOT_CANVAS_H
#define EXG_PLOT_CANVAS_H

#include <stdint.h>

#include "core/mem.h"
#include "plot/png.h"

typedef enum {
    EXG_CANVAS_PNG,
    EXG_CANVAS_SVG
} exg_canvas_form;

/** A page.  Opaque. */
typedef struct exg_canvas exg_canvas;

/** How a line is drawn.  Plain data. */
typedef struct {
    double width; /* points                       */
    uint32_t rgb;
    double dash; /* length of dashes; 0: unbroken */
} exg_pen;

/** How a text is drawn.  Plain data; zeros are left, on the line, level. */
typedef struct {
    double size; /* font size, points                            */
    uint32_t rgb;
    double hx;    /* point lies at this part of the width: 0 left  */
    double hy;    /* ... of the height of capitals: 0 base line    */
    double angle; /* degrees, anticlockwise, about the point       */
    int bold;
    int halo; /* 1: a white rim, to be read on top of anything */
} exg_face;

/** A white page.
 * @param[in]  width,height  points, > 0
 * @param[in]  dpi           of a PNG; lowered where a side would pass 20,000
 *                           pixels
 * @return EXG_OK, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_canvas_create(exg_canvas_form form, double width,
                                            double height, double dpi,
                                            exg_canvas **out);

/** Free; sets *c NULL. */
void exg_canvas_destroy(exg_canvas **c);

/** Write the page to a file, by way of path.part and a rename.  The same
 * drawing gives the same bytes.  Nothing may be drawn afterwards.
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB (a drawing call had failed) */
EXG_MUST_CHECK exg_status exg_canvas_save(exg_canvas *c, const char *path,
                                          const char *title,
                                          const char *source);

/** The page of a PNG as pixels, 0xXXRRGGBB, for tests.
 * @param[out] width,height,stride  pixels
 * @return borrowed; NULL for SVG */
const uint32_t *exg_canvas_pixels(exg_canvas *c, exg_int *width,
                                  exg_int *height, exg_int *stride);

/** A line from (x0, y0) to (x1, y1). */
void exg_canvas_line(exg_canvas *c, double x0, double y0, double x1, double y1,
                     exg_pen pen);

/** Straight lines through n points; a NaN breaks the line. */
void exg_canvas_curve(exg_canvas *c, exg_int n, const double *x,
                      const double *y, exg_pen pen);

/** A filled rectangle, edges on whole pixels. */
void exg_canvas_fill(exg_canvas *c, double x, double y, double w, double h,
                     uint32_t rgb);

/** The outline of a rectangle. */
void exg_canvas_frame(exg_canvas *c, double x, double y, double w, double h,
                      exg_pen pen);

/** n discs of one colour as one path: cheap, and short in SVG.
 * @param[in] alpha  0 unseen to 1 opaque; discs of one call do not add up */
void exg_canvas_dots(exg_canvas *c, exg_int n, const double *x, const double *y,
                     double radius, uint32_t rgb, double alpha);

/** A picture of rows x cols pixels over a rectangle, pixels kept as squares.
 * Sides of more than 32767 are refused by exg_canvas_save().
 * @param[in] pixels  shape (rows, cols), 0xRRGGBB */
void exg_canvas_image(exg_canvas *c, double x, double y, double w, double h,
                      exg_int cols, exg_int rows, const uint32_t *pixels);

/** A text; any bytes (see exg_text_clean). */
void exg_canvas_text(exg_canvas *c, double x, double y, const char *text,
                     exg_face face);

/** Its width in points. */
double exg_canvas_text_width(exg_canvas *c, const char *text, exg_face face);

/** A text shortened with "..." to at most `room` points. */
void exg_canvas_text_fit(exg_canvas *c, double x, double y, const char *text,
                         double room, exg_face face);

/** Until exg_canvas_raster_end(), draw into a picture that covers the rectangle
 * instead of as shapes, so that an SVG of 10^5 points stays small.  Nothing
 * changes in a PNG. */
void exg_canvas_raster_begin(exg_canvas *c, double x, double y, double w,
                             double h);
void exg_canvas_raster_end(exg_canvas *c);

#endif
