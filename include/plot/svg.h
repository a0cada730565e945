/* svg.h -- SVG text collected in memory, made repeatable, saved.  Layer: plot.
 * All Local. */
#ifndef EXG_PLOT_SVG_H
#define EXG_PLOT_SVG_H

#include "core/mem.h"

/** Bytes that grow.  Zero-initialise; free with exg_svg_free(). */
typedef struct {
    char *data;
    exg_int size, room;
    int failed; /* out of memory */
} exg_svg;

/** Append bytes.
 * @return 1, or 0 if memory is out (also kept in svg->failed) */
int exg_svg_append(exg_svg *svg, const char *data, exg_int size);

/** Free; leaves it empty. */
void exg_svg_free(exg_svg *svg);

/** Renumber ids in the order in which they appear.
 *
 * cairo numbers surfaces and pictures by a count that runs through the whole
 * process, so the same drawing would differ from one run to the next.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_svg_renumber(exg_svg *svg);

/** Insert <title> and a comment that names program and source file.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_svg_note(exg_svg *svg, const char *title,
                                       const char *source);

/** Write to path.part, then rename to path.
 * @return EXG_OK, EXG_EIO */
EXG_MUST_CHECK exg_status exg_svg_save(const exg_svg *svg, const char *path);

#endif
