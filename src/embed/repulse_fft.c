/* repulse_fft.c -- repulsion by a grid.
 *
 * The force is half a gradient: F_i = -1/2 d/dy_i of sum over j of
 * 1 / (1 + |y_i - y_j|^2).  So one convolution is enough, of unit charges with
 * the kernel of Z: points are spread to a grid by quintic B-splines, convolved
 * by one Fourier transform and one back, and the value and the slope of the
 * potential's spline are read off at the points (analytic differentiation, as
 * in smooth particle-mesh Ewald, Essmann et al. 1995).  Linderman et al. 2019
 * take four charges, double precision and a node every 1/3.
 *
 * Errors: the kernel's transform falls as exp(-k), so a grid cuts off
 * exp(-pi / spacing) of it; the splines add about as much. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/fixed.h"
#include "embed/convolve.h"
#include "embed/repulse.h"
#include "embed/repulse_fft.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    LANE = 16,
    LEAST_NODES = 32, /* for small maps: the grid shrinks with them       */
    RIM = 5,          /* nodes that the stencils of the outermost want    */
    STEPS = 4,        /* spacings of small maps per factor of 2           */
    MOST_STEPS = 100, /* below 1e-8 everything is one place               */
    SORT_EVERY = 10,
    BUCKETS = 1 << 20,
    FEWER_BITS = 4
};

/* By dimensions: nodes that fit in memory, and a spacing at which the error is
 * below 1e-3 of the forces. */
static const exg_int most_nodes[] = {0, 1 << 20, 4096, 384};
static const double coarsest[] = {0.0, 0.22, 0.25, 0.3};

typedef struct {
    const exg_kern *kern;
    int dims, z_scale;
    int bits; /* of charges, for the next call       */
    int age;  /* calls since points were sorted      */
    exg_shard mine;
    exg_convolve *grid; /* NULL: none yet             */
    exg_int n;          /* its nodes, its step        */
    double spacing;
    uint32_t *charge; /* shape (n^dims), and slack    */
    float *potential; /* shape (n^dims), and slack    */
    void *exact;      /* for maps too wide for a grid */

    exg_int stride;
    int32_t *order;  /* shape (my points): sorted in space            */
    int32_t *bucket; /* shape (BUCKETS + 1)                           */
    float *y;        /* shape (dims, stride): mine, in that order     */
    float *value;    /* shape (stride)                                */
    float *slope;    /* shape (dims, stride)                          */
    exg_fft_cost cost;
} fft;

static void destroy(void **state)
{
    fft *e = *state;

    if (e == NULL) {
        return;
    }
    exg_convolve_destroy(&e->grid);
    exg_repulse_exact.destroy(&e->exact);
    exg_free(e->charge);
    exg_free(e->potential);
    exg_free(e->order);
    exg_free(e->bucket);
    exg_free(e->y);
    exg_free(e->value);
    exg_free(e->slope);
    exg_free(e);
    *state = NULL;
}

static exg_status make_room(fft *e)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&e->order, e->mine.count));
    EXG_TRY(exg_new(&e->bucket, BUCKETS + 1));
    EXG_TRY(exg_new(&e->y, e->stride * e->dims));
    EXG_TRY(exg_new(&e->value, e->stride));
    EXG_TRY(exg_new(&e->slope, e->stride * e->dims));
done:
    return st;
}

static exg_status create(const exg_par *par, const exg_kern *kern,
                         exg_int total, int dims, void **state)
{
    exg_status st = EXG_OK;
    fft *e = NULL;
    void *owned;

    EXG_TRY_ALL(par, exg_new(&e, 1));
    e->kern = kern;
    e->dims = dims;
    e->mine = exg_shard_mine(par, total);
    e->stride = (e->mine.count + LANE - 1) / LANE * LANE;
    e->z_scale = exg_fixed_scale(2.0 * (double)total, total);
    e->bits = exg_fixed_scale(1.0, total) - 32;
    e->bits = e->bits < EXG_STENCIL_MOST_BITS ? e->bits : EXG_STENCIL_MOST_BITS;
    e->bits = e->bits > 0 ? e->bits : 0;
    e->age = SORT_EVERY;
    EXG_TRY_ALL(par, make_room(e));
    for (exg_int i = 0; i < e->mine.count; i++) {
        e->order[i] = (int32_t)i;
    }
    *state = e;
    e = NULL;
done:
    owned = e;
    destroy(&owned);
    return st;
}

/* The box of all points. */
typedef struct {
    double middle[EXG_PAIRS_DIMS];
    double reach; /* half of its longest side */
} box;

static box box_of(const exg_cloud *cloud)
{
    box b = {.reach = 0.0};

    for (int k = 0; k < cloud->dims; k++) {
        const float *y = cloud->y + k * cloud->stride;
        float low[LANE], high[LANE]; /* lanes, so that it can be vectorised */

        for (int l = 0; l < LANE; l++) {
            low[l] = high[l] = y[0];
        }
        for (exg_int i = 0; i < cloud->total / LANE * LANE; i += LANE) {
            for (int l = 0; l < LANE; l++) {
                low[l] = y[i + l] < low[l] ? y[i + l] : low[l];
                high[l] = y[i + l] > high[l] ? y[i + l] : high[l];
            }
        }
        for (exg_int i = 0; i < cloud->total % LANE; i++) {
            const float v = y[cloud->total - 1 - i];

            low[i] = v < low[i] ? v : low[i];
            high[i] = v > high[i] ? v : high[i];
        }
        for (int l = 1; l < LANE; l++) {
            low[0] = low[l] < low[0] ? low[l] : low[0];
            high[0] = high[l] > high[0] ? high[l] : high[0];
        }
        b.middle[k] = 0.5 * ((double)low[0] + (double)high[0]);
        b.reach = fmax(b.reach, 0.5 * ((double)high[0] - (double)low[0]));
    }
    return b;
}

/* Nodes and spacing for a map of this reach; n = 0: too wide.  A grid stays
 * until the map outgrows it or wants much less. */
static void fit(const fft *e, double reach, exg_int *n, double *spacing)
{
    const double most = coarsest[e->dims];
    const exg_int least = exg_convolve_nodes(LEAST_NODES);
    const double small = 0.5 * (double)(least - RIM) * most;
    const double nodes = 2.0 * reach / most + RIM + 1;

    if (nodes > (double)most_nodes[e->dims]) {
        *n = 0;
        *spacing = most;
        return;
    }
    *n = exg_convolve_nodes((exg_int)nodes);
    *spacing = most;
    if (reach < small) {
        const double step = floor(STEPS * log2(small / fmax(reach, 1e-30)));

        *n = least;
        *spacing *= exp2(-fmin(step, MOST_STEPS) / STEPS);
    } else if (*n < e->n &&
               exg_convolve_nodes((exg_int)(1.2 * nodes)) >= e->n) {
        *n = e->n;
    }
}

static exg_int size_of(const fft *e)
{
    return e->dims == 1   ? e->n
           : e->dims == 2 ? e->n * e->n
                          : e->n * e->n * e->n;
}

/* The grid's part is added as long as the grid lives, and kept at its end. */
static exg_fft_cost with_grid(const fft *e)
{
    exg_fft_cost all = e->cost;

    if (e->grid != NULL) {
        const exg_convolve_cost c = exg_convolve_cost_of(e->grid);

        all.sum += c.sum;
        all.forward += c.forward;
        all.turn += c.turn;
        all.line += c.line;
        all.inverse += c.inverse;
        all.share += c.share;
        all.bytes += c.bytes;
    }
    all.nodes = (int)e->n;
    return all;
}

/* A grid that suits the map. */
static exg_status regrid(const exg_par *par, fft *e, exg_int n, double spacing)
{
    exg_status st = EXG_OK;

    e->cost = with_grid(e);
    exg_convolve_destroy(&e->grid);
    if (n != e->n) {
        exg_free(e->charge);
        exg_free(e->potential);
        e->charge = NULL;
        e->potential = NULL;
        e->n = n;
        EXG_TRY_ALL(par, exg_new(&e->charge, size_of(e) + EXG_STENCIL_SLACK));
        EXG_TRY_ALL(par,
                    exg_new(&e->potential, size_of(e) + EXG_STENCIL_SLACK));
        e->age = SORT_EVERY;
    }
    e->spacing = spacing;
    EXG_TRY(exg_convolve_create(par, e->dims, n, spacing, &e->grid));
    e->cost.grids++;
done:
    return st;
}

static exg_stencil stencil_of(const fft *e, const box *b)
{
    exg_stencil s = {.dims = e->dims,
                     .n = e->n,
                     .per_unit = (float)(1.0 / e->spacing),
                     .count = e->mine.count,
                     .stride = e->stride,
                     .y = e->y};

    for (int k = 0; k < e->dims; k++) {
        s.first[k] =
            (float)(b->middle[k] - 0.5 * (double)(e->n - 1) * e->spacing);
    }
    return s;
}

/* The block of cells that holds my point i. */
static exg_int bucket_of(const fft *e, const exg_stencil *s,
                         const exg_cloud *cloud, int shift, exg_int i)
{
    exg_int at = 0;

    for (int k = e->dims - 1; k >= 0; k--) {
        const float y = cloud->y[k * cloud->stride + e->mine.first + i];
        exg_int cell = (exg_int)((y - s->first[k]) * s->per_unit);

        cell = cell < 0 ? 0 : cell >= e->n ? e->n - 1 : cell;
        at = at * ((e->n >> shift) + 1) + (cell >> shift);
    }
    return at;
}

/* Sort my points by blocks of cells: the grid then stays in cache.  The order
 * changes no result. */
static void sort_points(fft *e, const exg_stencil *s, const exg_cloud *cloud)
{
    int shift = 0;
    int32_t *first = e->bucket;

    while (pow((double)((e->n >> shift) + 1), e->dims) > BUCKETS) {
        shift++;
    }
    memset(first, 0, sizeof *first * (BUCKETS + 1));
    for (exg_int i = 0; i < e->mine.count; i++) {
        first[bucket_of(e, s, cloud, shift, i) + 1]++;
    }
    for (exg_int b = 0; b < BUCKETS; b++) {
        first[b + 1] += first[b];
    }
    for (exg_int i = 0; i < e->mine.count; i++) {
        e->order[first[bucket_of(e, s, cloud, shift, i)]++] = (int32_t)i;
    }
}

static double lap(double *from)
{
    const double now = exg_clock_now(), seconds = now - *from;

    *from = now;
    return seconds;
}

/* Bits of the next call's charges, by the fullest node of this one. */
static int next_bits(const fft *e, const exg_convolve_sums *sums)
{
    if (sums->large > 0) {
        return e->bits > 2 ? e->bits - 2 : 0;
    }
    return sums->medium == 0 && e->bits < EXG_STENCIL_MOST_BITS ? e->bits + 1
                                                                : e->bits;
}

/* Spread, convolve, gather.  Returns 0 where a node's charge did not fit: then
 * the total is short by 2^32. */
static int pass(const exg_par *par, fft *e, const exg_stencil *s, double *z)
{
    const int64_t due = (int64_t)e->mine.total << e->bits;
    exg_convolve_sums sums;
    exg_fixed all[4] = {0};
    double from = exg_clock_now();
    int fits;

    memset(e->charge, 0, sizeof *e->charge * (size_t)size_of(e));
    e->kern->stencil_spread(s, e->bits, e->charge);
    e->cost.spread += lap(&from);
    exg_convolve_run(par, e->grid, e->bits, e->charge, e->potential, &sums);
    lap(&from);
    e->kern->stencil_gather(s, e->potential, e->value, e->slope);
    for (exg_int i = 0; i < e->mine.count; i++) {
        all[0] += exg_fixed_of((double)e->value[i], e->z_scale);
    }
    e->cost.gather += lap(&from);
    all[1] = sums.total;
    all[2] = sums.large;
    all[3] = sums.medium;
    exg_reduce_fixed(par, 4, all);
    e->cost.agree += lap(&from);
    sums = (exg_convolve_sums){all[1], all[2], all[3]};
    *z = exg_fixed_value(all[0], e->z_scale);
    fits = llabs(sums.total - due) < (int64_t)1 << 31;
    e->bits = fits ? next_bits(e, &sums)
                   : (e->bits > FEWER_BITS ? e->bits - FEWER_BITS : 0);
    return fits;
}

static exg_status forces(const exg_par *par, void *state,
                         const exg_cloud *cloud, float *f, double *z)
{
    exg_status st = EXG_OK;
    fft *e = state;
    const double n = (double)cloud->total;
    double from = exg_clock_now();
    const box b = box_of(cloud);
    exg_stencil s;
    exg_int nodes;
    double spacing, sum;

    fit(e, b.reach, &nodes, &spacing);
    if (nodes == 0) {
        if (e->exact == NULL) {
            EXG_TRY(exg_repulse_exact.create(par, e->kern, cloud->total,
                                             e->dims, &e->exact));
        }
        return exg_repulse_exact.forces(par, e->exact, cloud, f, z);
    }
    if (e->grid == NULL || nodes != e->n || spacing != e->spacing) {
        EXG_TRY(regrid(par, e, nodes, spacing));
    }
    e->cost.grid += lap(&from);
    s = stencil_of(e, &b);
    if (e->age++ >= SORT_EVERY) {
        sort_points(e, &s, cloud);
        e->age = 1;
    }
    for (int k = 0; k < e->dims; k++) {
        const float *y = cloud->y + k * cloud->stride + e->mine.first;

        for (exg_int i = 0; i < e->mine.count; i++) {
            e->y[k * e->stride + i] = y[e->order[i]];
        }
    }
    e->cost.sort += lap(&from);
    while (!pass(par, e, &s, &sum)) {
        e->cost.repeats++;
    }
    lap(&from);
    for (int k = 0; k < e->dims; k++) {
        const float factor = -0.5f * s.per_unit;

        for (exg_int i = 0; i < e->mine.count; i++) {
            f[e->order[i] * e->dims + k] = factor * e->slope[k * e->stride + i];
        }
    }
    *z = sum + n * n * exg_convolve_mean(e->grid) - n;
    e->cost.scatter += lap(&from);
done:
    return st;
}

const char *const exg_fft_part[EXG_FFT_PARTS] = {
    "grid", "sort",    "spread", "sum",    "forward", "turn",
    "line", "inverse", "share",  "gather", "agree",   "scatter"};

exg_fft_cost exg_repulse_fft_cost(const void *state)
{
    return with_grid(state);
}

const exg_repulse exg_repulse_fft = {.name = "fft",
                                     .most_dims = 3,
                                     .create = create,
                                     .forces = forces,
                                     .destroy = destroy};
