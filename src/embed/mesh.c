/* mesh.c -- see mesh.h.
 *
 * A grid cuts off the waves of the kernel above pi / spacing, where its
 * transform falls as exp(-k), and the quintic spline mixes up those just below.
 * Measured over maps of 500 to 70,000 points, from uniform ones to MNIST's, the
 * error of a force is A spacing^6 sqrt(density) at spacings of 0.2 to 0.6,
 * within a factor of 2 and mostly less: the errors of the points around it add
 * as at random.  Spacings are therefore tuned to the density and to the forces
 * that the map has: sparse late maps want 0.22 to 0.3.  Dense early ones would
 * bear more than 0.33, but a heap of points narrower than the kernel in a wide
 * map would not: there all pairs err alike, by 2e-3 at 0.33.
 *
 * Nodes are tuned to the map's reach.  Maps less than some 30 nodes wide keep
 * 32 and a smaller spacing, in steps of 2^(1/4), down to the first positions of
 * t-SNE, 1e-4 wide: the error stays relative to the forces. */
#include "embed/mesh.h"

#include <math.h>

#include "embed/convolve.h"

enum {
    LANE = 16,
    LEAST_NODES = 32,
    RIM = 5,          /* nodes that the stencils of the outermost want    */
    STEPS = 4,        /* spacings of small maps per factor of 2           */
    MOST_STEPS = 100, /* below 1e-8 everything is one place               */
    ORDER = 6         /* of the error in the spacing                      */
};

#define STEP 1.0594630943592953 /* 2^(1/12): between spacings of large maps */
#define SPARE                                                  \
    1.2            /* a grid is kept where 1.2 times as wide a \
                      map would want it                       */
#define AHEAD 1.04 /* a map that grows goes on growing */
#define FINEST 0.12
#define CAREFUL 0.9 /* of EXG_MESH_BOUND, when a coarser one is chosen     */
#define NONE 1e-30
#define OWN 0.393926 /* sum of squared weights: the spline of order 12 at 0 */

/* By dimensions. */
static const exg_int most_nodes[] = {0, 1 << 20, 4096, 384};
static const double factor[] = {0.0, 1.0, 2.0, 3.0}; /* A */

/* Seconds on one core of a Zen 4 at 3.7 GHz: for spreading and gathering a
 * point, for a node of the padded grid per axis and doubling of its length, for
 * a pair of points, and for one where the kernel is a power. */
static const double per_point[] = {0.0, 11e-9, 34e-9, 92e-9};
static const double per_node[] = {0.0, 0.2e-9, 0.09e-9, 0.15e-9};
static const double per_pair[] = {0.0, 0.16e-9, 0.18e-9, 0.23e-9};
static const double per_power[] = {0.0, 1.15e-9, 1.35e-9, 1.6e-9};
#define PER_PASS 3e-5

double exg_mesh_unit(double dof)
{
    return dof < 1.0 ? sqrt(dof) : 1.0;
}

exg_mesh_box exg_mesh_box_of(const exg_cloud *cloud)
{
    exg_mesh_box b = {.reach = 0.0};

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

exg_mesh exg_mesh_fit(int dims, double reach, double wanted, exg_mesh now)
{
    const exg_int least = exg_convolve_nodes(LEAST_NODES);
    const double small = 0.5 * (double)(least - RIM) * wanted;
    const double nodes = 2.0 * reach / wanted + RIM + 1;
    exg_mesh fit = {.n = least, .spacing = wanted};

    if (reach < small) {
        const double step = floor(STEPS * log2(small / fmax(reach, NONE)));

        fit.spacing *= exp2(-fmin(step, MOST_STEPS) / STEPS);
        return fit;
    }
    fit.n = nodes > (double)most_nodes[dims]
                ? 0
                : exg_convolve_nodes((exg_int)nodes);
    if (fit.n > now.n && now.n > 0 && now.spacing == wanted) {
        const exg_int ahead = exg_convolve_nodes((exg_int)(AHEAD * nodes));

        fit.n = ahead <= most_nodes[dims] ? ahead : fit.n;
    }
    if (fit.n != 0 && fit.n < now.n && now.spacing == wanted &&
        exg_convolve_nodes((exg_int)(SPARE * nodes)) >= now.n) {
        fit.n = now.n;
    }
    return fit;
}

exg_mesh exg_mesh_stretch(int dims, double reach, double wanted, exg_mesh now)
{
    exg_mesh fit = {.n = 0};
    double spacing = wanted * STEP; /* in steps, so that grids last */

    while (fit.n == 0 && spacing <= EXG_MESH_WIDEST) {
        fit = exg_mesh_fit(dims, reach, spacing, now);
        spacing *= STEP;
    }
    return fit;
}

exg_stencil exg_mesh_stencil(int dims, exg_mesh mesh, double unit,
                             const exg_mesh_box *box)
{
    const double spacing = mesh.spacing * unit;
    exg_stencil s = {
        .dims = dims, .n = mesh.n, .per_unit = (float)(1.0 / spacing)};

    for (int k = 0; k < dims; k++) {
        s.first[k] =
            (float)(box->middle[k] - 0.5 * (double)(mesh.n - 1) * spacing);
    }
    return s;
}

double exg_mesh_force2_most(double dof)
{
    return dof == 1.0 ? 0.11  /* (3 sqrt(3) / 16)^2      */
                      : 0.26; /* any b: 1/4 at 0, less */
}

double exg_mesh_density(int dims, double spacing, exg_int total, double squares)
{
    const double own = pow(OWN, dims); /* of one point, on average */
    const double others = squares / (double)total - own;

    return fmax(others, 0.02 * own) / pow(spacing, dims);
}

double exg_mesh_error(int dims, double spacing, double density, double force2)
{
    return force2 > 0.0
               ? factor[dims] * pow(spacing, ORDER) * sqrt(density / force2)
               : 0.0;
}

double exg_mesh_spacing(int dims)
{
    return dims < 3 ? 0.33 : 0.4;
}

double exg_mesh_tune(int dims, double spacing, double density, double force2)
{
    const double error = exg_mesh_error(dims, spacing, density, force2);
    const double wide = pow(STEP, ORDER); /* how a step changes the error */
    double tuned = spacing, left = error;

    while (left > EXG_MESH_BOUND && tuned / STEP > FINEST) {
        tuned /= STEP;
        left /= wide;
    }
    if (error * wide < CAREFUL * EXG_MESH_BOUND &&
        spacing * STEP <= exg_mesh_spacing(dims)) {
        tuned = spacing * STEP;
    }
    return tuned;
}

double exg_mesh_cost(int dims, exg_int total, exg_int n)
{
    const double m = 2.0 * (double)n;

    return PER_PASS + per_point[dims] * (double)total +
           per_node[dims] * dims * pow(m, dims) * log2(m);
}

double exg_mesh_cost_of_pairs(int dims, exg_int total, double dof)
{
    const double each = dof == 1.0 ? per_pair[dims] : per_power[dims];

    return each * 0.5 * (double)total * (double)total;
}
