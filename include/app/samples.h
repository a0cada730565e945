/* samples.h -- whose embeddings are mapped: --tsne-data and --tsne-samples.
 * Layer: app. */
#ifndef EXG_APP_SAMPLES_H
#define EXG_APP_SAMPLES_H

#include "app/maps.h"
#include "app/run.h"

/** How many samples are mapped: --tsne-samples of those of --tsne-data, or all
 * there are.  Local. */
exg_int exg_samples_count(const exg_run *run);

/** Say so where --tsne-data all leaves no test samples.  Local. */
void exg_samples_warn(const exg_run *run);

/** Name the network's parameters: features of different ones do not compare.
 * Local.
 * @param[out] name  shape (EXG_MAPS_MODEL) */
void exg_samples_model(const exg_run *run, char *name);

/** Features, labels, sets and row numbers of the samples, dealt in equal
 * shards: training samples first.
 *
 * Collective.  Features of test samples are those of run->shown; features of
 * training samples are computed with the parameters that run->net has.
 * @param[in,out] m  zero, or with maps that are finished, which stay; ended by
 *                   exg_maps_clear()
 * @return EXG_OK, or on every rank EXG_ENOMEM, EXG_ENUMERIC */
EXG_MUST_CHECK exg_status exg_samples_collect(exg_run *run, exg_maps *m);

#endif
