/* repulse_exact.c -- all pairs, each once.
 *
 * The points are cut into tiles of EXG_PAIRS_TILE.  The forces within a pair of
 * tiles are floats in an order fixed by the tile; across tiles they add up in
 * fixed point, so any rank may take any pair of tiles.  Ranks take contiguous
 * runs of the pairs (I, J), I <= J, of nearly equal cost; one reduce-scatter
 * gives each rank the totals of its own points. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/fixed.h"
#include "embed/repulse.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    T = EXG_PAIRS_TILE,
    LANE = 16,
    MOST_SCALE = 43 /* a tile's force is below T / 2 = 2^8: 51 bits in all */
};

#define FORCE_BOUND 0.33 /* q^2 |d| <= 3 sqrt(3) / 16 */
#define TAILS_BOUND                                              \
    0.43 /* w u |d| of any b: (2 e)^(-1/2) at the Gaussian, less \
            before */
#define ROUNDER 0x1.8p52 /* x + ROUNDER has round(x) in its low bits */

typedef struct {
    const exg_kern *kern;
    int dims;
    int scale, z_scale;
    exg_pairs_tails tails; /* the kernel, in this call */
    exg_int total, stride;
    exg_fixed *sum;    /* shape (dims, stride)              */
    exg_fixed *by_row; /* shape (total, dims), then 1: Z    */
    exg_fixed *mine;   /* shape (my points, dims)           */
    float *fi, *fj;    /* shape (dims, T)                   */
} exact;

static void destroy(void **state)
{
    exact *e = *state;

    if (e != NULL) {
        exg_free(e->sum);
        exg_free(e->by_row);
        exg_free(e->mine);
        exg_free(e->fi);
        exg_free(e->fj);
        exg_free(e);
        *state = NULL;
    }
}

static exg_status create(const exg_par *par, const exg_kern *kern,
                         exg_int total, int dims, void **state)
{
    exg_status st = EXG_OK;
    const exg_int tiles = (total + T - 1) / T;
    const exg_shard mine = exg_shard_mine(par, total);
    exact *e = NULL;
    void *owned;

    EXG_TRY_ALL(par, exg_new(&e, 1));
    e->kern = kern;
    e->dims = dims;
    e->total = total;
    e->stride = tiles * T;
    e->z_scale = exg_fixed_scale((double)total, total + T);
    EXG_TRY_ALL(par, exg_new(&e->sum, e->stride * dims));
    EXG_TRY_ALL(par, exg_new(&e->by_row, total * dims));
    EXG_TRY_ALL(par, exg_new(&e->mine, mine.count * dims));
    EXG_TRY_ALL(par, exg_new(&e->fi, T * dims));
    EXG_TRY_ALL(par, exg_new(&e->fj, T * dims));
    *state = e;
    e = NULL;
done:
    owned = e;
    destroy(&owned);
    return st;
}

/* sum += round(f * 2^scale): the sum of a float and ROUNDER, read as an
 * integer, avoids a conversion that plain x86-64 has for scalars only. */
static void add_forces(exg_int n, const float *f, double factor, exg_fixed *sum)
{
    const double rounder = ROUNDER;
    int64_t zero;

    memcpy(&zero, &rounder, sizeof zero);
    for (exg_int i = 0; i < n; i++) {
        const double x = (double)f[i] * factor + rounder;
        int64_t bits;

        memcpy(&bits, &x, sizeof bits);
        sum[i] += bits - zero;
    }
}

/* Points of a tile, in whole lanes. */
static exg_int points_of(const exact *e, exg_int tile)
{
    const exg_int padded = (e->total + LANE - 1) / LANE * LANE;
    const exg_int left = padded - tile * T;

    return left < T ? left : T;
}

/* The kernel of this cloud, and what its forces need. */
static void set_kernel(exact *e, double dof)
{
    const int cauchy = dof == 1.0;
    const int fits =
        exg_fixed_scale(cauchy ? FORCE_BOUND : TAILS_BOUND, e->total);

    e->scale = fits < MOST_SCALE ? fits : MOST_SCALE;
    e->tails = exg_pairs_tails_of(dof);
}

/* The forces of one pair of tiles; returns its share of Z. */
static exg_fixed add_pair(exact *e, const exg_cloud *cloud, exg_int i,
                          exg_int j)
{
    const exg_pairs_tiles t = {.dims = e->dims,
                               .same = i == j,
                               .ni = points_of(e, i),
                               .nj = points_of(e, j),
                               .stride = e->stride,
                               .yi = cloud->y + i * T,
                               .yj = cloud->y + j * T,
                               .tails = cloud->dof == 1.0 ? NULL : &e->tails};
    const double factor = ldexp(1.0, e->scale);
    const double z = e->kern->pairs_tile(&t, e->fi, e->fj);

    for (int k = 0; k < e->dims; k++) {
        exg_fixed *sum = e->sum + k * e->stride;

        add_forces(t.ni, e->fi + k * T, factor, sum + i * T);
        add_forces(t.nj, e->fj + k * T, factor, sum + j * T);
    }
    return exg_fixed_of(z, e->z_scale);
}

/* My run of the pairs of tiles.  A tile with itself is half the work, so pair
 * (I, J) begins at cost 2 (pairs before) - (tiles I before). */
static exg_fixed add_my_pairs(const exg_par *par, exact *e,
                              const exg_cloud *cloud)
{
    const exg_int tiles = e->stride / T;
    const exg_int cost = tiles * tiles;
    const exg_int from = cost * par->rank / par->size;
    const exg_int to = cost * (par->rank + 1) / par->size;
    exg_int at = 0;
    exg_fixed z = 0;

    for (exg_int i = 0; i < tiles; i++) {
        for (exg_int j = i; j < tiles; j++) {
            if (at >= from && at < to) {
                z += add_pair(e, cloud, i, j);
            }
            at += i == j ? 1 : 2;
        }
    }
    return z;
}

static exg_status forces(const exg_par *par, void *state,
                         const exg_cloud *cloud, float *f, double *z)
{
    exact *e = state;
    const exg_shard mine = exg_shard_mine(par, e->total);
    const exg_int self = (e->total + LANE - 1) / LANE * LANE;
    exg_fixed zsum;

    set_kernel(e, cloud->dof);
    memset(e->sum, 0, sizeof *e->sum * (size_t)(e->stride * e->dims));
    zsum = add_my_pairs(par, e, cloud);
    for (int k = 0; k < e->dims; k++) {
        for (exg_int i = 0; i < e->total; i++) {
            e->by_row[i * e->dims + k] = e->sum[k * e->stride + i];
        }
    }
    exg_reduce_rows(par, e->total, e->dims, e->by_row, e->mine);
    exg_reduce_fixed(par, 1, &zsum);
    for (exg_int i = 0; i < mine.count * e->dims; i++) {
        f[i] = (float)exg_fixed_value(e->mine[i], e->scale);
    }
    *z = exg_fixed_value(zsum, e->z_scale) - (double)self;
    return EXG_OK;
}

const exg_repulse exg_repulse_exact = {
    .name = "exact", .create = create, .forces = forces, .destroy = destroy};
