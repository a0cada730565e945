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
 * Points that no grid in memory can span are left to all pairs, and so are few
 * points on a wide map, where a grid is hopeless; for "auto", all iterations in
 * which all pairs cost less. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/fixed.h"
#include "core/log.h"
#include "embed/convolve.h"
#include "embed/mesh.h"
#include "embed/repulse.h"
#include "embed/repulse_fft.h"
#include "embed/zone.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    LANE = 16,
    SORT_EVERY = 10,
    FEWER_BITS = 4,
    HOPELESS = 100,       /* times the cost of all pairs             */
    MOST_NODES = 1 << 20, /* on an axis, of any grid */
    MANY = 20000          /* points of which all pairs take a second */
};

#define FORCE2_BOUND 0.11 /* of |F|^2 from one point: (3 sqrt(3) / 16)^2 */
#define TAILS2_BOUND 0.26 /* of any b, in exg_mesh_unit(): 1/4 at 0, less */

typedef struct {
    const exg_kern *kern;
    int dims, z_scale, force2_scale;
    int thrifty; /* 1: all pairs where they cost less */
    int warned;  /* that the map is too wide          */
    int bits;    /* of charges, for the next call       */
    int age;     /* calls since points were sorted      */
    exg_shard mine;
    double dof;         /* of the grid's kernel       */
    double unit;        /* exg_mesh_unit() of it      */
    exg_convolve *grid; /* NULL: none yet             */
    exg_mesh mesh;      /* its shape, in units        */
    exg_int size;       /* n^dims                     */
    double wanted;      /* spacing, for the next call */
    uint32_t *charge;   /* shape (n^dims), and slack    */
    float *potential;   /* shape (n^dims), and slack    */
    void *exact;        /* for maps too wide for a grid */

    exg_int stride;
    exg_zone zone; /* which points are mine to spread and gather  */
    float *y;      /* shape (dims, stride): they                  */
    float *value;  /* shape (stride)                              */
    float *slope;  /* shape (dims, stride)                        */
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
    exg_zone_destroy(&e->zone);
    exg_free(e->y);
    exg_free(e->value);
    exg_free(e->slope);
    exg_free(e);
    *state = NULL;
}

static exg_status make_room(const exg_par *par, fft *e)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_zone_create(par, e->mine.total, e->dims, &e->zone));
    EXG_TRY(exg_new(&e->y, e->stride * e->dims));
    EXG_TRY(exg_new(&e->value, e->stride));
    EXG_TRY(exg_new(&e->slope, e->stride * e->dims));
done:
    return st;
}

static exg_status create(const exg_par *par, const exg_kern *kern,
                         exg_int total, int dims, int thrifty, void **state)
{
    exg_status st = EXG_OK;
    fft *e = NULL;
    void *owned;

    EXG_TRY_ALL(par, exg_new(&e, 1));
    e->kern = kern;
    e->dims = dims;
    e->mine = exg_shard_mine(par, total);
    e->stride = (e->mine.count + LANE - 1) / LANE * LANE;
    e->thrifty = thrifty;
    e->wanted = exg_mesh_spacing(dims);
    e->z_scale = exg_fixed_scale(2.0 * (double)total, total);
    e->bits = exg_fixed_scale(1.0, total) - 32;
    e->bits = e->bits < EXG_STENCIL_MOST_BITS ? e->bits : EXG_STENCIL_MOST_BITS;
    e->bits = e->bits > 0 ? e->bits : 0;
    e->age = SORT_EVERY;
    EXG_TRY_ALL(par, make_room(par, e));
    *state = e;
    e = NULL;
done:
    owned = e;
    destroy(&owned);
    return st;
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
    all.nodes = (int)e->mesh.n;
    return all;
}

/* The kernel of this cloud; a grid for another one is of no use. */
static void set_kernel(fft *e, double dof)
{
    const double n = (double)e->mine.total;
    const double bound = dof == 1.0 ? FORCE2_BOUND : TAILS2_BOUND;

    if (e->dof != dof) {
        e->cost = with_grid(e);
        exg_convolve_destroy(&e->grid);
        e->dof = dof;
        e->unit = exg_mesh_unit(dof);
        e->force2_scale = exg_fixed_scale(bound * n * n, e->mine.total);
    }
}

/* Take a grid into use. */
static exg_status regrid(const exg_par *par, fft *e, exg_mesh mesh)
{
    exg_status st = EXG_OK;

    e->cost = with_grid(e);
    exg_convolve_destroy(&e->grid);
    if (mesh.n != e->mesh.n || e->charge == NULL) {
        exg_free(e->charge);
        exg_free(e->potential);
        e->charge = NULL;
        e->potential = NULL;
        e->mesh = mesh;
        e->size = (exg_int)pow((double)mesh.n, e->dims);
        EXG_TRY_ALL(par, exg_new(&e->charge, e->size + EXG_STENCIL_SLACK));
        EXG_TRY_ALL(par, exg_new(&e->potential, e->size + EXG_STENCIL_SLACK));
        e->age = SORT_EVERY;
    }
    e->mesh = mesh;
    EXG_TRY(exg_convolve_create(par, e->kern, e->dims, mesh.n,
                                mesh.spacing * e->unit, e->dof, &e->grid));
    e->cost.grids++;
done:
    return st;
}

static exg_stencil stencil_of(const fft *e, const exg_mesh_box *b)
{
    const double spacing = e->mesh.spacing * e->unit;
    exg_stencil s = {.dims = e->dims,
                     .n = e->mesh.n,
                     .per_unit = (float)(1.0 / spacing),
                     .count = e->mine.count,
                     .stride = e->stride,
                     .y = e->y};

    for (int k = 0; k < e->dims; k++) {
        s.first[k] =
            (float)(b->middle[k] - 0.5 * (double)(e->mesh.n - 1) * spacing);
    }
    return s;
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

/* What a pass finds, over all points. */
typedef struct {
    double z;       /* sum of q, each point with itself included */
    double force2;  /* mean square of F, in units                */
    double density; /* mean over points: points in a unit of volume */
} found;

/* My share of it, in fixed point. */
static void add_up(const fft *e, const exg_stencil *s, exg_fixed *all)
{
    const double unit = 0.5 * (double)s->per_unit / e->unit;

    for (exg_int i = 0; i < e->mine.count; i++) {
        double f2 = 0.0;

        for (int k = 0; k < e->dims; k++) {
            const double f = unit * (double)e->slope[k * e->stride + i];

            f2 += f * f;
        }
        all[0] += exg_fixed_of((double)e->value[i], e->z_scale);
        all[1] += exg_fixed_of(f2, e->force2_scale);
    }
}

/* The sum of squared charges, of which a point is 1. */
static double squares_of(const fft *e, const exg_convolve_sums *sums)
{
    const int bits =
        e->bits < EXG_CONVOLVE_SQUARE ? e->bits : EXG_CONVOLVE_SQUARE;

    return ldexp((double)sums->squares, -2 * bits);
}

/* Spread, convolve, gather.  Returns 0 where a node's charge did not fit: then
 * the total is short by 2^32. */
static int pass(const exg_par *par, fft *e, const exg_stencil *s, found *out)
{
    const double n = (double)e->mine.total;
    const int64_t due = (int64_t)e->mine.total << e->bits;
    const exg_window window = exg_zone_window(s);
    const exg_int plane = e->dims > 1 ? e->size / e->mesh.n : e->size;
    exg_stencil in = *s; /* seen from the window */
    exg_convolve_sums sums;
    exg_fixed all[6] = {0};
    double from = exg_clock_now();
    int fits;

    in.origin = window.first * plane;
    memset(e->charge, 0, sizeof *e->charge * (size_t)(window.count * plane));
    if (s->count > 0) {
        e->kern->stencil_spread(&in, e->bits, e->charge);
    }
    e->cost.spread += exg_clock_lap(&from);
    exg_convolve_run(par, e->grid, window, e->bits, e->charge, e->potential,
                     &sums);
    exg_clock_lap(&from);
    e->kern->stencil_gather(&in, e->potential, e->value, e->slope);
    add_up(e, s, all);
    e->cost.gather += exg_clock_lap(&from);
    all[2] = sums.total;
    all[3] = sums.large;
    all[4] = sums.medium;
    all[5] = sums.squares;
    exg_reduce_fixed(par, 6, all);
    e->cost.agree += exg_clock_lap(&from);
    sums = (exg_convolve_sums){all[2], all[3], all[4], all[5]};
    out->z = exg_fixed_value(all[0], e->z_scale) +
             n * n * exg_convolve_mean(e->grid);
    out->force2 = exg_fixed_value(all[1], e->force2_scale) / n;
    out->density = exg_mesh_density(e->dims, e->mesh.spacing, e->mine.total,
                                    squares_of(e, &sums));
    fits = llabs(sums.total - due) < (int64_t)1 << 31;
    e->bits = fits ? next_bits(e, &sums)
                   : (e->bits > FEWER_BITS ? e->bits - FEWER_BITS : 0);
    return fits;
}

/* One pass on a grid of the wanted spacing; *again: its error was too large,
 * and a finer grid is wanted now. */
static exg_status try_grid(const exg_par *par, fft *e, const exg_cloud *cloud,
                           const exg_mesh_box *box, exg_mesh mesh, found *out,
                           int *again)
{
    exg_status st = EXG_OK;
    const double wanted = e->wanted;
    double from = exg_clock_now();
    exg_stencil s;
    int large;

    if (e->grid == NULL || mesh.n != e->mesh.n ||
        mesh.spacing != e->mesh.spacing) {
        EXG_TRY(regrid(par, e, mesh));
    }
    e->cost.grid += exg_clock_lap(&from);
    s = stencil_of(e, box);
    if (e->age++ >= SORT_EVERY) {
        exg_zone_sort(&e->zone, &s, cloud);
        e->age = 1;
    }
    exg_zone_fetch(&e->zone, cloud, e->stride, e->y);
    e->cost.sort += exg_clock_lap(&from);
    while (!pass(par, e, &s, out)) {
        e->cost.repeats++;
    }
    e->cost.error =
        exg_mesh_error(e->dims, mesh.spacing, out->density, out->force2);
    large = e->cost.error > EXG_MESH_BOUND;
    if (large || mesh.spacing == wanted) { /* small maps have a finer one */
        e->wanted = exg_mesh_tune(e->dims, wanted, out->density, out->force2);
    }
    *again = large && e->wanted < wanted;
done:
    return st;
}

static exg_status all_pairs(const exg_par *par, fft *e, const exg_cloud *cloud,
                            float *f, double *z)
{
    exg_status st = EXG_OK;

    if (e->exact == NULL) {
        EXG_TRY(exg_repulse_exact.create(par, e->kern, cloud->total, e->dims,
                                         &e->exact));
    }
    EXG_TRY(exg_repulse_exact.forces(par, e->exact, cloud, f, z));
    e->cost.pairs++;
done:
    return st;
}

/* Many points on a map too wide for a grid: the user should know why it is
 * slow. */
static void warn_of_width(fft *e, exg_int total)
{
    if (!e->warned && total > MANY) {
        e->warned = 1;
        exg_log_warn("the t-SNE map is too wide for a grid: all pairs of %td "
                     "points are computed, which is slow",
                     total);
    }
}

/* Whether a grid is worth what it costs. */
static int is_worth(const fft *e, exg_int total, exg_mesh mesh)
{
    const double most = e->thrifty ? 1.0 : HOPELESS;

    return mesh.n > 0 &&
           exg_mesh_cost(e->dims, total, mesh.n) <=
               most * exg_mesh_cost_of_pairs(e->dims, total, e->dof);
}

static exg_status forces(const exg_par *par, void *state,
                         const exg_cloud *cloud, float *f, double *z)
{
    exg_status st = EXG_OK;
    fft *e = state;
    const int dims = e->dims;
    const exg_mesh_box box = exg_mesh_box_of(cloud);
    double from;
    found out = {.z = 0.0};
    int again = 1;

    set_kernel(e, cloud->dof);
    while (again) {
        const exg_mesh mesh =
            exg_mesh_fit(dims, box.reach / e->unit, e->wanted, e->mesh);

        if (mesh.n == 0) {
            warn_of_width(e, cloud->total);
        }
        if (!is_worth(e, cloud->total, mesh)) {
            return all_pairs(par, e, cloud, f, z);
        }
        EXG_TRY(try_grid(par, e, cloud, &box, mesh, &out, &again));
    }
    from = exg_clock_now();
    e->cost.bytes +=
        exg_zone_return(par, &e->zone, e->stride, e->slope,
                        (float)(-0.5 / (e->mesh.spacing * e->unit)), f);
    *z = out.z - (double)cloud->total;
    e->cost.scatter += exg_clock_lap(&from);
done:
    return st;
}

/* The tuning of the next call: bits of charges, spacing, the grid in use. */
static void keep(const void *state, double *kept)
{
    const fft *e = state;

    kept[0] = e->bits;
    kept[1] = e->wanted;
    kept[2] = (double)e->mesh.n;
    kept[3] = e->mesh.spacing;
}

static exg_status resume(void *state, const double *kept)
{
    fft *e = state;
    const double coarsest = exg_mesh_spacing(e->dims);

    if (!(kept[0] >= 0 && kept[0] <= EXG_STENCIL_MOST_BITS) ||
        !(kept[1] > 0 && kept[1] <= coarsest) ||
        !(kept[2] >= 0 && kept[2] <= MOST_NODES) ||
        !(kept[3] >= 0 && kept[3] <= coarsest)) {
        return exg_fail(EXG_EINPUT,
                        "the grid of t-SNE: %g bits, spacing %g, %g nodes %g "
                        "apart, want those of a map",
                        kept[0], kept[1], kept[2], kept[3]);
    }
    e->bits = (int)kept[0];
    e->wanted = kept[1];
    e->mesh = (exg_mesh){.n = (exg_int)kept[2], .spacing = kept[3]};
    return EXG_OK;
}

const char *const exg_fft_part[EXG_FFT_PARTS] = {
    "grid", "sort",    "spread", "sum",    "forward", "turn",
    "line", "inverse", "share",  "gather", "agree",   "scatter"};

exg_fft_cost exg_repulse_fft_cost(const void *state)
{
    return with_grid(state);
}

static exg_status create_fft(const exg_par *par, const exg_kern *kern,
                             exg_int total, int dims, void **state)
{
    return create(par, kern, total, dims, 0, state);
}

static exg_status create_auto(const exg_par *par, const exg_kern *kern,
                              exg_int total, int dims, void **state)
{
    return create(par, kern, total, dims, 1, state);
}

const exg_repulse exg_repulse_fft = {.name = "fft",
                                     .create = create_fft,
                                     .forces = forces,
                                     .destroy = destroy,
                                     .keep = keep,
                                     .resume = resume};

const exg_repulse exg_repulse_auto = {.name = "auto",
                                      .create = create_auto,
                                      .forces = forces,
                                      .destroy = destroy,
                                      .keep = keep,
                                      .resume = resume};
