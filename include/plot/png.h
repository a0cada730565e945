/* png.h -- pixels to a PNG file and back.  Layer: plot. */
#ifndef EXG_PLOT_PNG_H
#define EXG_PLOT_PNG_H

#include <stdint.h>

#include "core/mem.h"

/** What is stored beside the pixels.  Borrowed; NULL texts are left out. */
typedef struct {
    double dpi;         /* pixels per inch, pHYs; 0 leaves it out */
    const char *title;  /* UTF-8                                   */
    const char *source; /* the file that was drawn, UTF-8          */
} exg_png_note;

/** Write an 8-bit RGB file, by way of path.part and a rename.  Local.
 *
 * @param[in] path    file to create or replace
 * @param[in] width   pixels, >= 1
 * @param[in] height  pixels, >= 1
 * @param[in] stride  pixels from one row to the next, >= width
 * @param[in] pixels  shape (height, stride), 0xXXRRGGBB
 * @param[in] note    texts and resolution
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM, EXG_ELIB (libpng refuses)
 */
EXG_MUST_CHECK exg_status exg_png_write(const char *path, exg_int width,
                                        exg_int height, exg_int stride,
                                        const uint32_t *pixels,
                                        exg_png_note note);

/** Read a PNG file of any kind as 8-bit RGB, transparency on white.  Local.
 *
 * @param[out] width,height  pixels
 * @param[out] pixels        shape (height, width), 0x00RRGGBB; the caller frees
 *                           with exg_free()
 * @return EXG_OK, EXG_EIO, EXG_EINPUT (no PNG, or damaged), EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_png_read(const char *path, exg_int *width,
                                       exg_int *height, uint32_t **pixels);

#endif
