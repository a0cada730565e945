/* repulse_fft_impl.h -- what the files of the grid engine share: see
 * repulse_fft.c. */
#ifndef EXG_SRC_EMBED_REPULSE_FFT_IMPL_H
#define EXG_SRC_EMBED_REPULSE_FFT_IMPL_H

#include "embed/convolve.h"
#include "embed/mesh.h"
#include "embed/repulse_fft.h"
#include "embed/zone.h"

/** The engine's state. */
typedef struct {
    const exg_kern *kern;
    int dims, z_scale, force2_scale;
    int thrifty; /* 1: all pairs where they cost less */
    int warned;  /* that the map is too wide          */
    int bits;    /* of charges, for the next call       */
    int age;     /* calls since points were sorted      */
    exg_shard mine;
    double dof;               /* of the grid's kernel       */
    double unit;              /* exg_mesh_unit() of it      */
    exg_convolve *grid;       /* NULL: none yet             */
    exg_convolve_rooms rooms; /* its data between ranks */
    exg_mesh mesh;            /* its shape, in units        */
    double wanted;            /* spacing, for the next call */
    void *exact;              /* for maps too wide for a grid */

    exg_int stride;
    exg_zone zone; /* which points are mine to spread and gather  */
    float *y;      /* shape (dims, stride): they                  */
    float *value;  /* shape (stride)                              */
    float *slope;  /* shape (dims, stride)                        */
    exg_fft_cost cost;
} exg_fft_engine;

/** What a pass finds, over all points. */
typedef struct {
    double z;       /* sum of q, each point with itself included */
    double force2;  /* mean square of F, in units                */
    double density; /* mean over points: points in a unit of volume */
} exg_fft_found;

/** Spread, convolve, gather, on the grid in use.  Collective.  Sets e->bits for
 * the next pass.
 * @param[in]  s     the grid, with my zone's points
 * @param[out] fits  0 where a node's charge did not: the pass is to be repeated
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_repulse_fft_pass(const exg_par *par,
                                               exg_fft_engine *e,
                                               const exg_stencil *s,
                                               exg_fft_found *out, int *fits);

#endif
