/* quality_impl.h -- what the files of quality share: see quality.c. */
#ifndef EXG_SRC_EMBED_QUALITY_IMPL_H
#define EXG_SRC_EMBED_QUALITY_IMPL_H

#include "core/fixed.h"
#include "embed/quality.h"

/* What is known of my tiles' rows. */
typedef struct {
    const exg_quality_job *job;
    const exg_tiles *tiles;
    exg_cloud cloud;
    exg_int k, m; /* neighbours in the list; on the map, min(M, N - 1) */
    exg_int step; /* between tiles whose rows are ranked               */
    exg_int planned, done; /* tiles' worth of distances of ranked tiles  */
    int32_t *near;  /* shape (rows, k): by features                      */
    int32_t *low;   /* shape (rows, m): on the map, nearest first        */
    float *dist2;   /* shape (rows, m): of low, by features; -1: in list */
    int32_t *rank;  /* shape (rows, m): of low, among features, from 1;
                       beyond the list 0, where the row is not ranked    */
    int32_t *label; /* shape (N), or NULL                                */
} exg_quality_scene;

/** Whether all distances of one of my rows are looked at.  Local. */
int exg_quality_ranked(const exg_quality_scene *s, exg_int row);

/** So many more tiles are done: tell who wants to know.  Local. */
void exg_quality_advance(exg_quality_scene *s, exg_int tiles);

/** Ranks of neighbours on the map among those by features: s->rank.
 * Collective.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_quality_find_ranks(const exg_par *par,
                                                 exg_quality_scene *s);

/** By how much the ranks on the map of a row's neighbours by features exceed
 * EXG_QUALITY_NEAR, in sum.  Local. */
exg_fixed exg_quality_lost(const exg_quality_scene *s, exg_int i);

#endif
