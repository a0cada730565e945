/* field.h -- the repulsion of a finished map's points on others.
 * Layer: embed.
 *
 * With q = 1 / (1 + |y - r_j|^2), Z(y) = sum over j of q and F(y) = sum over j
 * of q^2 (y - r_j) = -1/2 dZ/dy; with other tails, w and w u of repulse.h stand
 * for q and q^2.  The points r_j stay where they are, so one
 * convolution on a grid serves for all time: the field at a place is then read
 * off Z's spline.  Up to some thousand points, and wherever the grid does not
 * reach, all of them are summed. */
#ifndef EXG_EMBED_FIELD_H
#define EXG_EMBED_FIELD_H

#include "kern/kern.h"
#include "par/shard.h"

enum {
    EXG_FIELD_FEW = 4096 /* points of which "auto" sums all */
};

/** A finished map. */
typedef struct {
    exg_int total;  /* points, N >= 1                      */
    int dims;       /* 1, 2 or 3                           */
    double dof;     /* b of its kernel, see repulse.h      */
    const float *r; /* shape (N, dims), finite             */
} exg_field_map;

/** The points of a map, and their field.  Opaque. */
typedef struct exg_field exg_field;

/** Prepare the field of a map.
 *
 * Collective; all arguments are equal on all ranks.  The field is the same bits
 * for any number of ranks.
 *
 * @param[in]  kern    kernels, the same set on every rank
 * @param[in]  engine  "exact", "fft" or "auto": what is computed depends on the
 *                     map alone
 * @param[in]  map     is copied
 * @param[out] field   ended by exg_field_destroy()
 * @return EXG_OK, EXG_EUSAGE (engine, dims), EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_field_create(const exg_par *par,
                                           const exg_kern *kern,
                                           const char *engine,
                                           const exg_field_map *map,
                                           exg_field **field);

/** Free; sets *field NULL.  Local. */
void exg_field_destroy(exg_field **field);

/** The engine in use: "exact" or "fft".  Local. */
const char *exg_field_engine(const exg_field *field);

/** b of the map's kernel.  Local. */
double exg_field_dof(const exg_field *field);

/** The field at n places.  Local; a place's does not depend on the others.
 * Errors of the grid's are below 1e-3, both as root mean squares.
 * @param[in]  stride  a multiple of 16, >= n
 * @param[in]  y       shape (dims, stride), 64-byte aligned, finite
 * @param[out] z       shape (stride): Z
 * @param[out] f       shape (dims, stride): F */
void exg_field_at(const exg_field *field, exg_int n, exg_int stride,
                  const float *y, float *z, float *f);

#endif
