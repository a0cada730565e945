/* tsne_keep.h -- checkpoints of exigo-tsne, beside its results file.
 * Layer: app. */
#ifndef EXG_APP_TSNE_KEEP_H
#define EXG_APP_TSNE_KEEP_H

#include "app/maps_keep.h"

/** What they need.  Zero-initialise; ended by exg_tsne_keep_clear(). */
typedef struct {
    exg_keep *keep;
    exg_maps_keep maps;
    char path[EXG_OPT_TEXT_MAX + 32], older[EXG_OPT_TEXT_MAX + 32];
} exg_tsne_keep;

/** Look for a checkpoint of this matrix and these options, and let maps be
 * kept: m->kept.
 *
 * Collective; after the matrix has been read.
 * @return what exg_keep_create() returns */
EXG_MUST_CHECK exg_status exg_tsne_keep_create(exg_maps *m, exg_tsne_keep *k);

/** Wait for what is being written and free.  Local. */
void exg_tsne_keep_clear(exg_tsne_keep *k);

#endif
