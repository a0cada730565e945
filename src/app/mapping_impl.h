/* mapping_impl.h -- what the stage "embed" keeps in a run.  Layer: app. */
#ifndef EXG_APP_MAPPING_IMPL_H
#define EXG_APP_MAPPING_IMPL_H

#include "app/maps_keep.h"
#include "app/run.h"

struct exg_run_map {
    exg_maps_keep kept;
    exg_maps maps;  /* of the best model                                  */
    exg_int nframe; /* of the film through training                       */
    int32_t *epoch; /* shape (epochs); nframe are in use                  */
    double *kl;     /* the same                                           */
    exg_int room;   /* frames that there is room for                      */
    float *frame;   /* shape (room, my points, 2); nframe are in use      */
};

/** Room for the film's epochs; freed by exg_mapping_clear() in any case.
 * Collective. */
EXG_MUST_CHECK exg_status exg_mapping_room(exg_run *run);

#endif
