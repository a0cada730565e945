/* field.h -- the repulsion of points that stay on points that come.
 * Layer: kern.
 *
 * With q = 1 / (1 + |y_i - r_j|^2): for each point i that comes, Z_i = sum over
 * j of q and F_i = sum over j of q^2 (y_i - r_j); with other tails, w and w u
 * of pairs.h stand for q and q^2.  Kernels are local, allocate nothing and
 * cannot fail; the fast one is a member of exg_kern. */
#ifndef EXG_KERN_FIELD_H
#define EXG_KERN_FIELD_H

#include "core/mem.h"
#include "kern/pairs.h"

enum {
    EXG_FIELD_GROUP = 4,  /* points that come, at a time        */
    EXG_FIELD_DIMS = 3,   /* most dimensions                    */
    EXG_FIELD_TILE = 1024 /* points that stay, at most, at once */
};

/** Some points that stay. */
typedef struct {
    int dims;       /* 1, 2 or 3                                             */
    exg_int count;  /* a multiple of 16, up to EXG_FIELD_TILE; those that are
                       none lie so far away that they exert nothing          */
    exg_int stride; /* floats from one axis of r to the next                 */
    const float *r; /* shape (dims, stride), 64-byte aligned                 */
    const exg_pairs_tails *tails; /* the kernel; NULL: that of q */
} exg_field_tile;

/** Their field at EXG_FIELD_GROUP points, the definition.
 * @param[in]  y  shape (EXG_FIELD_GROUP, dims)
 * @param[out] z  shape (EXG_FIELD_GROUP)
 * @param[out] f  shape (EXG_FIELD_GROUP, dims) */
void exg_field_at_ref(const exg_field_tile *t, const float *y, float *z,
                      float *f);

#endif
