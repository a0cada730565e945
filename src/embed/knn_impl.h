/* knn_impl.h -- what the files of the neighbour search share: see knn.c. */
#ifndef EXG_SRC_EMBED_KNN_IMPL_H
#define EXG_SRC_EMBED_KNN_IMPL_H

#include "embed/knn.h"
#include "embed/pack.h"
#include "embed/ring.h"
#include "par/shared.h"

enum {
    EXG_KNN_LINE = 64 /* bytes of a cache line */
};

/* A tile that passes by, and how far it is. */
typedef struct {
    float far;         /* from centre to centre            */
    uint32_t number;   /* among all that pass with it      */
    const float *tile; /* its rows                         */
    uint64_t least;    /* no pair of it has a smaller word */
} exg_knn_visitor;

/* Candidates of my packed rows. */
typedef struct {
    const exg_pack *pack;
    int same; /* 1: the tiles that pass are of the same matrix */
    int rank;
    const exg_shared *shared; /* NULL: tiles pass round the ring */
    const exg_kern *kern;
    exg_knn_how how;
    exg_int done, planned;    /* pairs of tiles                       */
    exg_int k, room;          /* candidates wanted, held at most           */
    double wider;             /* factor of bounds, for rounding            */
    uint64_t *word;           /* shape (rows, room)                        */
    int32_t *held;            /* shape (rows)                              */
    uint64_t *limit;          /* shape (rows): largest word wanted         */
    exg_knn_visitor *visitor; /* shape (most tiles that pass together)     */
    _Alignas(64) float ka[EXG_TILE];
    uint64_t hit[EXG_TILE * EXG_NEAR_WORDS];
    int32_t which[EXG_TILE];
    float dist2[EXG_TILE];
} exg_knn_search;

/** Keep k candidates of a row, if it has so many, and lower its limit. */
void exg_knn_shrink(exg_knn_search *s, exg_int row);

/** The squared distance in a candidate's word. */
float exg_knn_distance_of(uint64_t word);

/** So many more pairs of tiles are done: tell the one who watches. */
void exg_knn_advance(exg_knn_search *s, exg_int more);

/** All of my tiles against those of some blocks, near ones first.  Local; but
 * ranks that share memory stop together.
 * @return EXG_OK, also where another rank was told to stop; EXG_ESTOP */
EXG_MUST_CHECK exg_status exg_knn_meet(exg_knn_search *s, exg_int nblock,
                                       const exg_ring_block *block);

#endif
