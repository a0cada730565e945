/* canvas_impl.h -- shared by canvas.c and canvas_text.c.  Layer: plot. */
#ifndef EXG_PLOT_CANVAS_IMPL_H
#define EXG_PLOT_CANVAS_IMPL_H

#include <cairo.h>

#include "plot/canvas.h"
#include "plot/svg.h"

struct exg_canvas {
    exg_canvas_form form;
    double width, height, scale; /* points, points, pixels per point */
    cairo_surface_t *page;
    cairo_t *cr;      /* where drawing goes                       */
    cairo_t *under;   /* the page while cr is a raster; else NULL */
    double left, top; /* corner of the raster                     */
    int ascii;        /* the font knows no more                   */
    exg_status st;    /* first failure of a drawing call          */
    exg_svg svg;
};

/** The colour of what is drawn next. */
void exg_canvas_rgb(exg_canvas *c, uint32_t rgb, double alpha);

/** Choose the font of c->cr and learn whether it is cairo's own (c->ascii). */
void exg_canvas_font(exg_canvas *c);

#endif
