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
 * Points that no grid in memory can span are left to all pairs, or, where that
 * would take an age, to the finest grid that can.  All pairs also serve few
 * points on a wide map, where a grid is hopeless, and for "auto" wherever they
 * cost less. */
#include <math.h>

#include "core/clock.h"
#include "core/fixed.h"
#include "core/log.h"
#include "embed/repulse.h"
#include "par/agree.h"
#include "repulse_fft_impl.h"

enum {
    LANE = 16,
    SORT_EVERY = 10,
    PATIENCE = 4,         /* for exactness by all pairs: times a grid's cost */
    HOPELESS = 100,       /* times the cost of all pairs             */
    MOST_NODES = 1 << 20, /* on an axis, of any grid */
    MANY = 20000          /* points of which all pairs take a second */
};

static void destroy(void **state)
{
    exg_fft_engine *e = *state;

    if (e == NULL) {
        return;
    }
    exg_convolve_destroy(&e->grid);
    exg_convolve_rooms_free(&e->rooms);
    exg_repulse_exact.destroy(&e->exact);
    exg_zone_destroy(&e->zone);
    exg_free(e->y);
    exg_free(e->value);
    exg_free(e->slope);
    exg_free(e);
    *state = NULL;
}

static exg_status make_room(const exg_par *par, exg_fft_engine *e)
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
    exg_fft_engine *e = NULL;
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
static exg_fft_cost with_grid(const exg_fft_engine *e)
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
static void set_kernel(exg_fft_engine *e, double dof)
{
    const double n = (double)e->mine.total;

    if (e->dof != dof) {
        e->cost = with_grid(e);
        exg_convolve_destroy(&e->grid);
        e->dof = dof;
        e->unit = exg_mesh_unit(dof);
        e->force2_scale =
            exg_fixed_scale(exg_mesh_force2_most(dof) * n * n, e->mine.total);
    }
}

/* Take a grid into use. */
static exg_status regrid(const exg_par *par, exg_fft_engine *e, exg_mesh mesh)
{
    exg_status st = EXG_OK;

    e->cost = with_grid(e);
    exg_convolve_destroy(&e->grid);
    if (mesh.n != e->mesh.n) {
        e->age = SORT_EVERY;
    }
    e->mesh = mesh;
    EXG_TRY(exg_convolve_create(par, e->kern, e->dims, mesh.n,
                                mesh.spacing * e->unit, e->dof, &e->rooms,
                                &e->grid));
    e->cost.grids++;
done:
    return st;
}

static exg_stencil stencil_of(const exg_fft_engine *e, const exg_mesh_box *b)
{
    exg_stencil s = exg_mesh_stencil(e->dims, e->mesh, e->unit, b);

    s.count = e->mine.count;
    s.stride = e->stride;
    s.y = e->y;
    return s;
}

/* Many points on a map too wide for a grid: the user should know why it is
 * slow. */
static void warn_of_width(exg_fft_engine *e, exg_int total)
{
    if (!e->warned && total > MANY) {
        e->warned = 1;
        exg_log_warn("the t-SNE map is too wide for a grid: all pairs of %td "
                     "points are computed, which is slow",
                     total);
    }
}

/* The finest grid allowed is too coarse: the user should know how much. */
static void warn_of_error(exg_fft_engine *e)
{
    if (!e->warned && e->cost.error > EXG_MESH_BOUND) {
        e->warned = 1;
        exg_log_warn("the t-SNE map is too wide for a fine grid: forces are "
                     "off by up to %.2g %% of their mean",
                     100.0 * e->cost.error);
    }
}

/* One pass on a grid of the wanted spacing; *again: its error was too large,
 * and a finer grid is wanted now. */
static exg_status try_grid(const exg_par *par, exg_fft_engine *e,
                           const exg_cloud *cloud, const exg_mesh_box *box,
                           exg_mesh mesh, exg_fft_found *out, int *again)
{
    exg_status st = EXG_OK;
    const double wanted = e->wanted;
    double from = exg_clock_now();
    exg_stencil s;
    int large, fits = 0;

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
    while (!fits) {
        EXG_TRY(exg_repulse_fft_pass(par, e, &s, out, &fits));
        e->cost.repeats += !fits;
    }
    e->cost.error =
        exg_mesh_error(e->dims, mesh.spacing, out->density, out->force2);
    large = e->cost.error > EXG_MESH_BOUND;
    if (mesh.spacing > wanted) { /* no finer one is allowed */
        warn_of_error(e);
    } else if (large || mesh.spacing == wanted) { /* small maps: finer */
        e->wanted = exg_mesh_tune(e->dims, wanted, out->density, out->force2);
    }
    *again = large && e->wanted < wanted;
done:
    return st;
}

static exg_status all_pairs(const exg_par *par, exg_fft_engine *e,
                            const exg_cloud *cloud, float *f, double *z)
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

/* A grid for the map.  Where one that is exact enough would have too many
 * nodes, and all pairs would take an age, a coarser one; n = 0: none. */
static exg_mesh choose(exg_fft_engine *e, exg_int total, double reach)
{
    const exg_mesh none = {.n = 0};
    exg_mesh mesh = exg_mesh_fit(e->dims, reach, e->wanted, e->mesh);

    if (mesh.n == 0) {
        mesh = exg_mesh_stretch(e->dims, reach, e->wanted, e->mesh);
        if (mesh.n == 0 || PATIENCE * exg_mesh_cost(e->dims, total, mesh.n) >
                               exg_mesh_cost_of_pairs(e->dims, total, e->dof)) {
            mesh = none;
        }
    }
    if (mesh.n == 0) {
        warn_of_width(e, total);
    }
    return mesh;
}

/* Whether a grid is worth what it costs. */
static int is_worth(const exg_fft_engine *e, exg_int total, exg_mesh mesh)
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
    exg_fft_engine *e = state;
    const exg_mesh_box box = exg_mesh_box_of(cloud);
    double from;
    exg_fft_found out = {.z = 0.0};
    int again = 1;

    set_kernel(e, cloud->dof);
    while (again) {
        const exg_mesh mesh = choose(e, cloud->total, box.reach / e->unit);

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
    const exg_fft_engine *e = state;

    kept[0] = e->bits;
    kept[1] = e->wanted;
    kept[2] = (double)e->mesh.n;
    kept[3] = e->mesh.spacing;
}

/* Whether transforms of so many nodes on an axis can be had; 0: no grid yet. */
static int is_of_grids(double nodes)
{
    return nodes == 0.0 || (double)exg_convolve_nodes((exg_int)nodes) == nodes;
}

static exg_status resume(void *state, const double *kept)
{
    exg_fft_engine *e = state;
    const double coarsest = exg_mesh_spacing(e->dims);

    if (!(kept[0] >= 0 && kept[0] <= EXG_STENCIL_MOST_BITS) ||
        !(kept[1] > 0 && kept[1] <= coarsest) ||
        !(kept[2] >= 0 && kept[2] <= MOST_NODES) || !is_of_grids(kept[2]) ||
        !(kept[3] >= 0 && kept[3] <= EXG_MESH_WIDEST)) {
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
