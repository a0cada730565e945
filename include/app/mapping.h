/* mapping.h -- the stage "embed": t-SNE maps of the embeddings.  Layer: app. */
#ifndef EXG_APP_MAPPING_H
#define EXG_APP_MAPPING_H

#include "app/run.h"
#include "store/results.h"

/** Check the t-SNE options against the test set in use.  Local.
 * @return EXG_OK or EXG_EUSAGE, before anything is computed */
EXG_MUST_CHECK exg_status exg_mapping_check(const exg_run *run);

/** With --tsne-epochs: a 2-D map of the embeddings after an epoch, started from
 * the one before, so that all of them can be played as one film.
 *
 * Collective.  Called when run->shown holds the answers of a better model.
 * Does nothing without the option or the stage.
 * @return EXG_OK, or on every rank what exg_tsne() returns */
EXG_MUST_CHECK exg_status exg_mapping_epoch(exg_run *run, int epoch);

/** Map the embeddings of the first test images, once per --tsne-dims.
 *
 * Collective.  Does nothing without the stage.
 * @return EXG_OK, or on every rank what exg_tsne_map() returns */
EXG_MUST_CHECK exg_status exg_mapping_run(exg_run *run);

/** Take the film and finished maps back from the checkpoint that is resumed,
 * and put them into the next ones.  Collective. */
EXG_MUST_CHECK exg_status exg_mapping_resume(exg_run *run);

/** Write /embedding and every map.  Collective. */
EXG_MUST_CHECK exg_status exg_mapping_record(const exg_run *run, exg_writer *w);

/** Free what the stage left in the run.  Local. */
void exg_mapping_clear(exg_run *run);

#endif
