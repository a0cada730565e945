/* colormap.h -- numbers to colours, 0xRRGGBB.  Layer: plot.  All Local. */
#ifndef EXG_PLOT_COLORMAP_H
#define EXG_PLOT_COLORMAP_H

#include <stdint.h>

#include "core/mem.h"

/** What a value in [0, 1] looks like. */
typedef enum {
    EXG_COLORMAP_GREY,     /* black to white                              */
    EXG_COLORMAP_VIRIDIS,  /* dark blue to yellow                         */
    EXG_COLORMAP_MAGMA,    /* black to cream                              */
    EXG_COLORMAP_BLUES,    /* white to dark blue: ink for large values    */
    EXG_COLORMAP_DIVERGING /* blue, white at 0.5, red                     */
} exg_colormap;

/** The colour of t.
 * @param[in] t  clamped to [0, 1]; NaN gives EXG_COLORMAP_NAN */
uint32_t exg_colormap_at(exg_colormap map, double t);

/** The colour of what is not a number: none of the maps comes near it. */
#define EXG_COLORMAP_NAN 0x7fc97fu

/** A colour for class k: ten that colour-blind readers can tell apart
 * (Petroff, "Accessible color sequences for data visualization",
 * arXiv:2107.02270), then lighter and darker shades of them. */
uint32_t exg_colormap_class(exg_int k);

/** Relative luminance, 0 black to 1 white (WCAG 2.1). */
double exg_colormap_luminance(uint32_t rgb);

/** Black or white, whichever stands out more from the background. */
uint32_t exg_colormap_ink(uint32_t background);

/** The mix (1 - t) a + t b. */
uint32_t exg_colormap_mix(uint32_t a, uint32_t b, double t);

#endif
