/* choices.h -- the t-SNE options, which exigo-mpi and exigo-tsne share.
 * Layer: app. */
#ifndef EXG_APP_CHOICES_H
#define EXG_APP_CHOICES_H

#include "core/opt.h"
#include "embed/repulse.h"
#include "embed/tsne.h"

/* clang-format off */
/** Their rows, for an option table. */
#define EXG_CHOICES_ROWS                                                       \
    {"tsne-dims", EXG_OPT_SET, EXG_OPT_RESULT, "2,3", 0, 0, "2|3",             \
     "dimensions of the map; one map each"},                                   \
    {"tsne-pca", EXG_OPT_INT, EXG_OPT_RESULT, "0", 0, 1e6, "",                 \
     "map the first N principal components; 0: all features"},                 \
    {"tsne-perplexity", EXG_OPT_TEXT, EXG_OPT_RESULT, "30", 0, 0,              \
     "X[,X...]",                                                               \
     "effective number of neighbours; several are averaged"},                  \
    {"tsne-sweep", EXG_OPT_TEXT, EXG_OPT_RESULT, "", 0, 0, "X[,X...]",         \
     "2-D maps at each of these perplexities, beside the map"},                \
    {"tsne-iterations", EXG_OPT_INT, EXG_OPT_RESULT, "1000", 1, 1e7, "",       \
     "steps of the t-SNE descent"},                                            \
    {"tsne-early", EXG_OPT_INT, EXG_OPT_RESULT, "250", 0, 1e7, "",             \
     "the first of them, with exaggerated attraction"},                        \
    {"tsne-exaggeration", EXG_OPT_REAL, EXG_OPT_RESULT, "12", 0.1, 1000, "",   \
     "factor of the attraction in those"},                                     \
    {"tsne-late", EXG_OPT_REAL, EXG_OPT_RESULT, "1", 0.1, 1000, "",            \
     "factor of the attraction after them; 1: none"},                          \
    {"tsne-dof", EXG_OPT_REAL, EXG_OPT_RESULT, "1", EXG_REPULSE_LEAST_DOF,     \
     EXG_REPULSE_MOST_DOF, "",                                                 \
     "kernel (1 + d^2/X)^-X of the map; less: finer clusters"},               \
    {"tsne-lr", EXG_OPT_TEXT, EXG_OPT_RESULT, "auto", 0, 0, "auto|X",          \
     "learning rate; auto: points / exaggeration, at least 200"},              \
    {"tsne-momentum", EXG_OPT_TEXT, EXG_OPT_RESULT, "auto", 0, 0, "auto|X",    \
     "share of a step that the next keeps; auto: 0.8, 0.9 above 20000 points"}, \
    {"tsne-stop", EXG_OPT_REAL, EXG_OPT_RESULT, "0", 0, 1, "",                 \
     "end when 25 steps lower KL by a smaller share; 0: never"},               \
    {"tsne-engine", EXG_OPT_CHOICE, EXG_OPT_RESULT, "auto", 0, 0,              \
     "auto|exact|fft",                                                         \
     "repulsion: of all pairs, by a grid, or the faster of the two"},          \
    {"tsne-into", EXG_OPT_TEXT, EXG_OPT_RESULT, "", 0, 0, "FILE",             \
     "place the points into the map of this results file, which stays"},      \
    {"tsne-init", EXG_OPT_CHOICE, EXG_OPT_RESULT, "pca", 0, 0, "pca|random",   \
     "first positions of the points"},                                         \
    {"tsne-quality", EXG_OPT_CHOICE, EXG_OPT_RESULT, "auto", 0, 0,             \
     "auto|yes|no",                                                            \
     "measure maps; auto: beyond 10240 points partly on a sample"}
/* clang-format on */

/** The perplexities in a list such as "30,300".  Local.
 * @param[in]  name    "tsne-perplexity" or "tsne-sweep"
 * @param[out] scales  count is 0 where the list is empty
 * @return EXG_OK, or EXG_EUSAGE: not numbers above 1, more than
 *         EXG_AFFINITY_SCALES of them, or one of them twice */
EXG_MUST_CHECK exg_status exg_choices_scales(const exg_opts *opts,
                                             const char *name,
                                             exg_affinity_scales *scales);

/** What the options say of a map.  Local.
 * @param[out] choice  perplexity is the largest; dims, kern and progress are
 *                     the caller's to fill in
 * @return EXG_OK or EXG_EUSAGE */
EXG_MUST_CHECK exg_status exg_choices_read(const exg_opts *opts,
                                           exg_tsne_options *choice);

/** Check all t-SNE options against `total` points of `dim` features.  Local.
 * @return EXG_OK, or EXG_EUSAGE with what is possible, before anything is
 *         computed */
EXG_MUST_CHECK exg_status exg_choices_check(const exg_opts *opts, exg_int total,
                                            exg_int dim);

#endif
