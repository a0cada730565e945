/* maps_keep.h -- t-SNE maps in checkpoints: those that are finished, and the
 * descent that is under way.  Layer: app. */
#ifndef EXG_APP_MAPS_KEEP_H
#define EXG_APP_MAPS_KEEP_H

#include "app/keep.h"
#include "app/maps.h"

/** Which map is under way; equal on all ranks. */
typedef enum {
    EXG_MAPS_KEEP_MAP,   /* of maps.map       */
    EXG_MAPS_KEEP_SWEPT, /* of maps.swept     */
    EXG_MAPS_KEEP_FRAME  /* of the film: index is the epoch */
} exg_maps_keep_kind;

enum {
    EXG_MAPS_KEEP_WHAT = 64
};

/** Keeps maps; zero-initialise.  Open: set kind and index before each map. */
struct exg_maps_keep {
    exg_keep *keep;
    const exg_maps *maps; /* the finished ones; NULL: none            */
    exg_shard rows;       /* points                                   */
    exg_maps_keep_kind kind;
    int index;
    char what[EXG_MAPS_KEEP_WHAT]; /* the map under way, for people  */
    int dims;                      /* of it                          */
    int written;          /* 1: a checkpoint holds a state of its descent     */
    const exg_pause *now; /* while it is put                         */
    exg_pause_keeper keeper;

    int found; /* 1: there is a descent to go on with; arrays owned   */
    exg_maps_keep_kind found_kind;
    int found_index, found_dims;
    exg_pause pause;
};

/** Begin: put maps into each checkpoint from now on, and look whether the one
 * that is resumed has a descent under way.  Collective.
 * @param[in] rows  exg_shard_mine() of the points */
EXG_MUST_CHECK exg_status exg_maps_keep_start(const exg_par *par,
                                              exg_maps_keep *k, exg_keep *keep,
                                              exg_shard rows);

/** Free what it holds.  Local. */
void exg_maps_keep_clear(exg_maps_keep *k);

/** The finished maps of the checkpoint that is resumed, into m.  Collective. */
EXG_MUST_CHECK exg_status exg_maps_keep_finished(exg_maps *m);

/** Let a map be kept, and go on with it where it was under way.  Local.
 * @param[in,out] choice  gains keeper and from */
void exg_maps_keep_begin(exg_maps_keep *k, const char *what,
                         exg_tsne_options *choice);

/** A map is finished and counted: stop here if asked to, and write a checkpoint
 * if one can be had.  Collective. */
EXG_MUST_CHECK exg_status exg_maps_keep_end(const exg_par *par,
                                            exg_maps_keep *k);

/** What is returned by work on maps: where it was stopped outside of descents,
 * there is a checkpoint afterwards.  Collective.
 * @return st; with EXG_ESTOP as exg_keep_stop() */
EXG_MUST_CHECK exg_status exg_maps_keep_stop(const exg_par *par,
                                             exg_maps_keep *k, exg_status st);

#endif
