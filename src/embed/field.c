/* field.c -- see field.h.
 *
 * The grid is that of repulse_fft.c, a margin wider: points that come may be
 * pushed out of the map.  Its spacing is refined until the estimate of the
 * error, made at the map's own points, is below the bound; charges have as many
 * bits as fit.  All of it is a matter of the map, never of who comes. */
#include "embed/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/fixed.h"
#include "core/log.h"
#include "embed/convolve.h"
#include "embed/mesh.h"
#include "embed/repulse.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    LANE = 16,
    GROUP = EXG_FIELD_GROUP,
    FEWER_BITS = 2
};

#define MARGIN 2.0        /* around the map, and a share of its reach more  */
#define MARGIN_SHARE 0.05 /* equilibria outside are that near               */
#define RIM_LOW 2.5f      /* nodes: farther out a spline is no longer whole */
#define RIM_HIGH 3.5f

struct exg_field {
    const exg_kern *kern;
    int dims;
    double dof;            /* of the map's kernel        */
    double unit;           /* exg_mesh_unit() of it      */
    exg_pairs_tails tails; /* it, where dof is not 1     */
    exg_int total, stride;
    float *r; /* shape (dims, stride): the map, padded to lanes by far points */
    int gridded;
    exg_mesh mesh;       /* in units                                     */
    exg_stencil stencil; /* its place; points are filled in at each call */
    float *potential;    /* shape (n^dims), and slack                    */
    double mean;         /* what the potential lacks                     */
};

void exg_field_destroy(exg_field **field)
{
    if (*field != NULL) {
        exg_free((*field)->r);
        exg_free((*field)->potential);
        exg_free(*field);
        *field = NULL;
    }
}

const char *exg_field_engine(const exg_field *field)
{
    return field->gridded ? "fft" : "exact";
}

double exg_field_dof(const exg_field *field)
{
    return field->dof;
}

/* The map by axes. */
static exg_status fill(exg_field *e, const float *r)
{
    exg_status st = EXG_OK;
    const float far = exg_cloud_far(e->dof);

    e->stride = (e->total + LANE - 1) / LANE * LANE;
    EXG_TRY(exg_new(&e->r, e->stride * e->dims));
    for (int k = 0; k < e->dims; k++) {
        for (exg_int j = 0; j < e->total; j++) {
            e->r[k * e->stride + j] = r[j * e->dims + k];
        }
        for (exg_int j = e->total; j < e->stride; j++) {
            e->r[k * e->stride + j] = k == 0 ? far : 0.0f;
        }
    }
done:
    return st;
}

/* A grid under trial: what one convolution needs. */
typedef struct {
    exg_shard mine; /* of the map's points                              */
    exg_int stride, size;
    exg_convolve *grid;
    float *y;     /* shape (dims, stride): mine                   */
    float *value; /* shape (stride)                               */
    float *slope; /* shape (dims, stride)                         */
    double error; /* of forces, estimated                         */
    double density, force2;
} trial;

static void trial_free(trial *t)
{
    exg_convolve_destroy(&t->grid);
    exg_free(t->y);
    exg_free(t->value);
    exg_free(t->slope);
}

static exg_status trial_room(const exg_field *e, trial *t)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&t->y, t->stride * e->dims));
    EXG_TRY(exg_new(&t->value, t->stride));
    EXG_TRY(exg_new(&t->slope, t->stride * e->dims));
    for (int k = 0; k < e->dims; k++) {
        for (exg_int i = 0; i < t->mine.count; i++) {
            t->y[k * t->stride + i] = e->r[k * e->stride + t->mine.first + i];
        }
    }
done:
    return st;
}

/* Take a grid of this shape. */
static exg_status regrid(const exg_par *par, exg_field *e,
                         const exg_mesh_box *box, exg_mesh mesh, trial *t)
{
    exg_status st = EXG_OK;

    exg_convolve_destroy(&t->grid);
    exg_free(e->potential);
    e->potential = NULL;
    e->mesh = mesh;
    t->size = (exg_int)pow((double)mesh.n, e->dims);
    e->stencil = exg_mesh_stencil(e->dims, mesh, e->unit, box);
    EXG_TRY_ALL(par, exg_new(&e->potential, t->size + EXG_STENCIL_SLACK));
    EXG_TRY(exg_convolve_create(par, e->kern, e->dims, mesh.n,
                                mesh.spacing * e->unit, e->dof, NULL,
                                &t->grid));
done:
    return st;
}

/* Spread and convolve.  *fits is 0 where a node's charge did not: then the
 * total is short by 2^32. */
static exg_status convolve(const exg_par *par, exg_field *e,
                           const exg_stencil *s, int bits, trial *t, int *fits)
{
    exg_status st = EXG_OK;
    const int64_t due = (int64_t)e->total << bits;
    exg_canvas canvas;
    exg_charge_sums sums;
    exg_fixed all[2];

    EXG_TRY(
        exg_convolve_open(par, t->grid, exg_convolve_all(t->grid), &canvas));
    e->kern->stencil_spread(s, bits, canvas.charge);
    exg_convolve_run(par, t->grid, bits, &sums);
    memcpy(e->potential, canvas.potential,
           sizeof *e->potential * (size_t)t->size);
    all[0] = sums.total;
    all[1] = sums.squares;
    exg_reduce_fixed(par, 2, all);
    t->density = exg_mesh_density(e->dims, e->mesh.spacing, e->total,
                                  exg_convolve_squares(bits, all[1]));
    *fits = llabs(all[0] - due) < (int64_t)1 << 31;
done:
    return st;
}

/* The mean square of the forces on the map's own points. */
static void measure(const exg_par *par, const exg_field *e,
                    const exg_stencil *s, trial *t)
{
    const double n = (double)e->total;
    const double unit = 0.5 * (double)s->per_unit / e->unit;
    const int scale =
        exg_fixed_scale(exg_mesh_force2_most(e->dof) * n * n, e->total);
    exg_fixed sum = 0;

    e->kern->stencil_gather(s, e->potential, t->value, t->slope);
    for (exg_int i = 0; i < t->mine.count; i++) {
        sum += exg_fixed_of(
            exg_mesh_force2(e->dims, t->stride, t->slope, i, unit), scale);
    }
    exg_reduce_fixed(par, 1, &sum);
    t->force2 = exg_fixed_value(sum, scale) / n;
    t->error = exg_mesh_error(e->dims, e->mesh.spacing, t->density, t->force2);
}

/* The potential on a grid of this shape. */
static exg_status pass(const exg_par *par, exg_field *e, trial *t)
{
    exg_status st = EXG_OK;
    exg_stencil s = e->stencil;
    int fits = 0;

    s.count = t->mine.count;
    s.stride = t->stride;
    s.y = t->y;
    for (int bits = EXG_STENCIL_MOST_BITS; !fits && bits >= 0;
         bits -= FEWER_BITS) {
        EXG_TRY(convolve(par, e, &s, bits, t, &fits));
    }
    measure(par, e, &s, t);
    e->mean = exg_convolve_mean(t->grid) * (double)e->total;
done:
    return st;
}

/* Refine until it is exact enough; e->gridded stays 0 if no grid can span the
 * map. */
static exg_status make_grid(const exg_par *par, exg_field *e)
{
    exg_status st = EXG_OK;
    const exg_cloud cloud = {
        .total = e->total, .dims = e->dims, .stride = e->stride, .y = e->r};
    const exg_mesh_box box = exg_mesh_box_of(&cloud);
    const double reach = ((1.0 + MARGIN_SHARE) * box.reach + MARGIN) / e->unit;
    double wanted = exg_mesh_spacing(e->dims);
    trial t = {.mine = exg_shard_mine(par, e->total)};
    int again = 1;

    t.stride = (t.mine.count + LANE - 1) / LANE * LANE;
    EXG_TRY_ALL(par, trial_room(e, &t));
    while (again) {
        const exg_mesh none = {.n = 0};
        const exg_mesh mesh = exg_mesh_fit(e->dims, reach, wanted, none);
        const double now = wanted;

        if (mesh.n == 0) {
            e->gridded = 0;
            exg_log_warn("the map is too wide for a grid: the repulsion of all "
                         "%td points is summed, which is slow",
                         e->total);
            break;
        }
        EXG_TRY(regrid(par, e, &box, mesh, &t));
        EXG_TRY(pass(par, e, &t));
        e->gridded = 1;
        wanted = exg_mesh_tune(e->dims, now, t.density, t.force2);
        again = t.error > EXG_MESH_BOUND && wanted < now;
    }
done:
    trial_free(&t);
    return st;
}

exg_status exg_field_create(const exg_par *par, const exg_kern *kern,
                            const char *engine, const exg_field_map *map,
                            exg_field **field)
{
    exg_status st = EXG_OK;
    const exg_repulse *known;
    exg_field *e = NULL;

    EXG_TRY_ALL(par, exg_repulse_pick(engine, map->dims, &known));
    EXG_TRY_ALL(par, exg_new(&e, 1));
    e->kern = kern;
    e->dims = map->dims;
    e->total = map->total;
    e->dof = map->dof;
    e->unit = exg_mesh_unit(map->dof);
    e->tails = exg_pairs_tails_of(map->dof);
    EXG_TRY_ALL(par, fill(e, map->r));
    if (known == &exg_repulse_fft ||
        (known == &exg_repulse_auto && map->total > EXG_FIELD_FEW)) {
        EXG_TRY(make_grid(par, e));
    }
    *field = e;
    e = NULL;
done:
    exg_field_destroy(&e);
    return st;
}

/* The sums over all points, at GROUP places. */
static void sum_all(const exg_field *e, const float *y, float *z, float *f)
{
    double all[GROUP * (EXG_FIELD_DIMS + 1)] = {0};
    const int n = GROUP * e->dims;

    for (exg_int j = 0; j < e->stride; j += EXG_FIELD_TILE) {
        const exg_int left = e->stride - j;
        const exg_field_tile t = {
            .dims = e->dims,
            .count = left < EXG_FIELD_TILE ? left : EXG_FIELD_TILE,
            .stride = e->stride,
            .r = e->r + j,
            .tails = e->dof == 1.0 ? NULL : &e->tails};

        e->kern->field_at(&t, y, z, f);
        for (int u = 0; u < GROUP; u++) {
            all[n + u] += (double)z[u];
        }
        for (int c = 0; c < n; c++) {
            all[c] += (double)f[c];
        }
    }
    for (int u = 0; u < GROUP; u++) {
        z[u] = (float)all[n + u];
    }
    for (int c = 0; c < n; c++) {
        f[c] = (float)all[c];
    }
}

/* The sums at places i[0] .. i[count - 1], count <= GROUP. */
static void sum_some(const exg_field *e, int count, const exg_int *i,
                     exg_int stride, const float *y, float *z, float *f)
{
    float at[GROUP * EXG_FIELD_DIMS], zs[GROUP], fs[GROUP * EXG_FIELD_DIMS];

    for (int u = 0; u < GROUP; u++) {
        for (int k = 0; k < e->dims; k++) {
            at[u * e->dims + k] = y[k * stride + i[u < count ? u : 0]];
        }
    }
    sum_all(e, at, zs, fs);
    for (int u = 0; u < count; u++) {
        z[i[u]] = zs[u];
        for (int k = 0; k < e->dims; k++) {
            f[k * stride + i[u]] = fs[u * e->dims + k];
        }
    }
}

/* Whether the grid's spline is whole at a place. */
static int is_inside(const exg_stencil *s, exg_int i)
{
    int inside = 1;

    for (int k = 0; k < s->dims; k++) {
        const float at = (s->y[k * s->stride + i] - s->first[k]) * s->per_unit;

        inside &= at >= RIM_LOW && at <= (float)s->n - RIM_HIGH;
    }
    return inside;
}

/* Off the grid, in units of length and with the mean. */
static void gather(const exg_field *e, const exg_stencil *s, float *z, float *f)
{
    const float unit = -0.5f * s->per_unit;

    e->kern->stencil_gather(s, e->potential, z, f);
    for (exg_int i = 0; i < s->count; i++) {
        z[i] = (float)((double)z[i] + e->mean);
    }
    for (int k = 0; k < e->dims; k++) {
        for (exg_int i = 0; i < s->count; i++) {
            f[k * s->stride + i] *= unit;
        }
    }
}

void exg_field_at(const exg_field *e, exg_int n, exg_int stride, const float *y,
                  float *z, float *f)
{
    exg_stencil s = e->stencil;
    exg_int who[GROUP];
    int held = 0;

    s.count = n;
    s.stride = stride;
    s.y = y;
    if (e->gridded && n > 0) {
        gather(e, &s, z, f);
    }
    for (exg_int i = 0; i < n; i++) {
        if (!e->gridded || !is_inside(&s, i)) {
            who[held++] = i;
        }
        if (held == GROUP) {
            sum_some(e, held, who, stride, y, z, f);
            held = 0;
        }
    }
    if (held > 0) {
        sum_some(e, held, who, stride, y, z, f);
    }
}
