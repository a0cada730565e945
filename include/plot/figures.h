/* figures.h -- every figure of a results file.  Layer: plot.  All Local.
 *
 * Figures are independent of each other, so ranks share them: each opens the
 * file, draws its part, and no rank waits for another. */
#ifndef EXG_PLOT_FIGURES_H
#define EXG_PLOT_FIGURES_H

#include "core/mem.h"

/** A results file and the list of figures that can be drawn from it.  Opaque.
 */
typedef struct exg_figures exg_figures;

/** Open a results file and list its figures.  Sections that did not run have
 * none: curves (/history), confusion_e<N> and confusion_e<N>_normalised
 * (/metrics), saliency_e<N> or saliency_before (/saliency; _2, _3 ... for
 * further sheets of ten samples), tsne (/tsne), tsne_3d (/tsne_3d), tsne_sweep
 * (/tsne_sweep), tsne_epochs (/tsne_epochs).
 * @return EXG_OK, or what exg_reader_open() and the reading calls return */
EXG_MUST_CHECK exg_status exg_figures_open(const char *results,
                                           exg_figures **out);

/** Close; sets *f NULL. */
void exg_figures_close(exg_figures **f);

/** How many figures there are, costly ones first. */
exg_int exg_figures_count(const exg_figures *f);

/** The file name of figure i without folder and ending.  Borrowed. */
const char *exg_figures_name(const exg_figures *f, exg_int i);

/** Draw figure i as dir/name.png and dir/name.svg; dir must exist.
 * @return EXG_OK, EXG_EIO, EXG_EINPUT (the section is damaged), EXG_ENOMEM,
 *         EXG_ELIB */
EXG_MUST_CHECK exg_status exg_figures_draw_one(exg_figures *f, exg_int i,
                                               const char *dir);

/** Remove from dir the figures that carry such names, as .png or .svg, and that
 * this results file does not have: those of an earlier run.  Nothing else is
 * touched, so other figures may be drawn at the same time.
 * @return EXG_OK or EXG_EIO */
EXG_MUST_CHECK exg_status exg_figures_tidy(const exg_figures *f,
                                           const char *dir);

/** Draw the figures i with i % parts == part; dir is made if it is missing, and
 * part 0 tidies it.
 * @param[in]  part,parts  0 <= part < parts; 0 and 1 for all figures
 * @param[out] drawn       how many; NULL if not wanted
 * @return as exg_figures_open() and exg_figures_draw_one() */
EXG_MUST_CHECK exg_status exg_figures_draw(const char *results, const char *dir,
                                           int part, int parts, exg_int *drawn);

#endif
