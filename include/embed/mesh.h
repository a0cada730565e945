/* mesh.h -- which grid suits a map, what it costs and how exact it is.
 * Layer: embed.  Every function is local, and alike on every rank. */
#ifndef EXG_EMBED_MESH_H
#define EXG_EMBED_MESH_H

#include "embed/repulse.h"

/** The length by which all others of a map are measured here, where its kernel
 * has b = `dof` (repulse.h); 1 for 1. */
double exg_mesh_unit(double dof);

/** The box of a map. */
typedef struct {
    double middle[EXG_PAIRS_DIMS];
    double reach; /* half of its longest side */
} exg_mesh_box;

exg_mesh_box exg_mesh_box_of(const exg_cloud *cloud);

/** Nodes on each axis, and their spacing. */
typedef struct {
    exg_int n; /* 0: no grid of that many nodes is allowed */
    double spacing;
} exg_mesh;

/** A grid for a map of this reach.
 * @param[in] wanted  the coarsest spacing that is exact enough, see
 *                    exg_mesh_tune()
 * @param[in] now     the grid in use, which stays while it is wide enough and
 *                    not much too wide; n = 0: none */
exg_mesh exg_mesh_fit(int dims, double reach, double wanted, exg_mesh now);

/** The finest grid that spans a map too wide for one of the wanted spacing: as
 * many nodes as are allowed, and so a larger error; n = 0: none with nodes
 * EXG_MESH_WIDEST apart or less. */
exg_mesh exg_mesh_stretch(int dims, double reach, double wanted, exg_mesh now);

/** A grid in place, centred on a box, without points yet.
 * @param[in] unit  exg_mesh_unit(): mesh.spacing is measured by it */
exg_stencil exg_mesh_stencil(int dims, exg_mesh mesh, double unit,
                             const exg_mesh_box *box);

/** What |F|^2 from one point stays below, in units, for a kernel of this b. */
double exg_mesh_force2_most(double dof);

/** |F|^2 of point i in units.
 * @param[in] stride, slope  what stencil_gather() gave: shape (dims, stride)
 * @param[in] unit  half of the nodes in a unit: F is half a slope */
static inline double exg_mesh_force2(int dims, exg_int stride,
                                     const float *slope, exg_int i, double unit)
{
    double f2 = 0.0;

    for (int k = 0; k < dims; k++) {
        const double f = unit * (double)slope[k * stride + i];

        f2 += f * f;
    }
    return f2;
}

/** The mean density around points, in points per unit of length^dims.
 * @param[in] squares  sum over nodes of squared charges, of which a point has 1
 *                     in all */
double exg_mesh_density(int dims, double spacing, exg_int total,
                        double squares);

/** The error of forces that a grid of this spacing gives, root mean square over
 * root mean square: an estimate, mostly too large.
 * @param[in] density  of exg_mesh_density()
 * @param[in] force2   mean square of F */
double exg_mesh_error(int dims, double spacing, double density, double force2);

/** The spacing to begin with, and the coarsest. */
double exg_mesh_spacing(int dims);

/** The spacing for the next pass, where this one found these: the same
 * unless its error is above EXG_MESH_BOUND or far below. */
double exg_mesh_tune(int dims, double spacing, double density, double force2);

/** Seconds of one core, about, for the forces by a grid and by all pairs. */
double exg_mesh_cost(int dims, exg_int total, exg_int n);
double exg_mesh_cost_of_pairs(int dims, exg_int total, double dof);

/** Spacing of the coarsest grid: farther apart, nodes miss the kernel. */
#define EXG_MESH_WIDEST 0.9

/** What exg_mesh_tune() keeps estimates below: 1e-3 for the error itself, less
 * a quarter, because estimates err. */
#define EXG_MESH_BOUND 7.5e-4

#endif
