/* maps_keep_impl.h -- names of maps in a checkpoint.  Layer: app. */
#ifndef EXG_APP_MAPS_KEEP_IMPL_H
#define EXG_APP_MAPS_KEEP_IMPL_H

#include "app/maps_keep.h"

#define EXG_MAPS_KEEP_DESCENT "/descent"

enum {
    EXG_MAPS_KEEP_NAME = 32,   /* bytes of a group's name, with 0       */
    EXG_MAPS_KEEP_PATH = 64,   /* and of a dataset's in it              */
    EXG_MAPS_KEEP_PLACE = 4,   /* kind, index, dims, iteration        */
    EXG_MAPS_KEEP_NUMBERS = 12 /* dims, KL, rested, rate, the quality */
};

/** The group of a finished map.  Local.
 * @param[out] group  shape (EXG_MAPS_KEEP_NAME) */
void exg_maps_keep_group(exg_maps_keep_kind kind, exg_int index, char *group);

/** Read the descent under way.  Collective. */
EXG_MUST_CHECK exg_status exg_maps_keep_load(const exg_par *par,
                                             exg_maps_keep *k);

#endif
