/* mapping.h -- the stage "embed": t-SNE maps of the embeddings.  Layer: app. */
#ifndef EXG_APP_MAPPING_H
#define EXG_APP_MAPPING_H

#include "app/run.h"
#include "store/results.h"

/** Check the t-SNE options against the test set in use.  Local.
 * @return EXG_OK or EXG_EUSAGE, before anything is computed */
EXG_MUST_CHECK exg_status exg_mapping_check(const exg_run *run);

/** Map the embeddings of the first test images, once per --tsne-dims.
 *
 * Collective.  Does nothing without the stage.
 * @return EXG_OK, or on every rank what exg_tsne_run() returns */
EXG_MUST_CHECK exg_status exg_mapping_run(exg_run *run);

/** Write /embedding, /tsne and /tsne_3d.  Collective. */
EXG_MUST_CHECK exg_status exg_mapping_record(const exg_run *run, exg_writer *w);

/** Free what the stage left in the run.  Local. */
void exg_mapping_clear(exg_run *run);

#endif
