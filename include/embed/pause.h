/* pause.h -- a t-SNE descent between two updates.  Layer: embed.
 *
 * All that the rest of a descent depends on: begun again with it, on any number
 * of ranks, it ends with the same bits.  Neighbours, affinities and grids are
 * not part of it, because they follow from the features and the positions. */
#ifndef EXG_EMBED_PAUSE_H
#define EXG_EMBED_PAUSE_H

#include <stdint.h>

#include "embed/repulse.h"
#include "par/wish.h"

/** Where a descent is.  Plain data; arrays are borrowed. */
typedef struct {
    exg_int iteration; /* updates made                                       */
    exg_int n;         /* my coordinates: rows * dims                        */
    float *y;          /* shape (n): positions                               */
    float *step;       /* shape (n): last move                               */
    float *gain;       /* shape (n): Jacobs' gain                            */
    double engine[EXG_REPULSE_KEPT]; /* what the engine carries along        */
    exg_int frames;                  /* recorded so far                      */
    float *trajectory;               /* shape (frames, n)                    */
    int64_t *when;                   /* shape (frames): iterations           */
    double *kl;                      /* shape (frames)                       */
} exg_pause;

/** Who keeps checkpoints of a descent. */
typedef struct {
    void *state; /* the keeper's */

    /** 1: a checkpoint is due; rank 0's answer counts.  Local.
     * @param[in] last  1: only measuring follows */
    int (*due)(void *state, int last);

    /** One is due, or a rank was told to stop.  Collective.
     * @return EXG_OK to go on, or what ends the descent on all ranks */
    exg_status (*keep)(const exg_par *par, void *state, const exg_pause *pause,
                       exg_wish wish);
} exg_pause_keeper;

#endif
