/* convolve_impl.h -- what the files of convolve share: see convolve.c. */
#ifndef EXG_SRC_EMBED_CONVOLVE_IMPL_H
#define EXG_SRC_EMBED_CONVOLVE_IMPL_H

#include "embed/convolve.h"
#include "embed/fourier.h"
#include "par/shard.h"

enum {
    EXG_LINE = 16,            /* lines, or rows, at a time: lanes          */
    EXG_CHUNK = 2 * EXG_LINE, /* floats of a complex number in each of them */
    EXG_RIM = 5               /* nodes of an axis less than the farthest pair */
};

/** Axes in the order of memory: plane, row, node.  An axis that the grid lacks
 * has one node. */
struct exg_convolve {
    const exg_kern *kern;
    int dims;
    int rank, size;         /* of the communicator                       */
    double dof;             /* of the kernel                             */
    exg_int n;              /* nodes on an axis                          */
    exg_int planes, rows;   /* of the grid: n or 1                       */
    exg_int padded;         /* n in whole lanes                          */
    exg_fft *node;          /* transforms of the axis of nodes           */
    exg_fft *other;         /* of the other axes; each wants two of them */
    exg_int band;           /* waves of another axis, but for their sign */
    exg_int groups;         /* of EXG_LINE waves of the axis of nodes    */
    exg_int blocks;         /* of EXG_LINE lines across planes           */
    exg_shard plane, block; /* mine                                    */
    double mean;

    float *quarter; /* shape (node->n, 2): twist of the axis of nodes     */
    float *half;    /* shape (other->n, 2): of another axis's odd waves   */
    int32_t *even;  /* shape (other->n): rows of factors, by place        */
    int32_t *odd;
    float *factor; /* shape (block.count, band, EXG_LINE)                */

    exg_convolve_rooms *rooms; /* NULL: ranks send messages             */
    int planes_shared;         /* charges and potentials are there      */
    exg_int room;              /* elements that each array can have     */
    exg_window span;           /* planes of the canvas                  */
    uint32_t *charge;          /* shape (span.count, rows, n), not shared */
    float *potential;          /* the same shape                        */
    uint32_t *inbox;           /* shape (plane.count, rows, n): another's */

    float *row;    /* shape (EXG_LINE, padded): rows, one by one     */
    float *lane;   /* shape (padded, EXG_LINE): rows, side by side   */
    float *wave;   /* chunks of the longest transform                */
    float *twin;   /* chunks of other->n: odd waves                  */
    float *flat;   /* shape (groups, rows) chunks: a plane, in space */
    int is_shared; /* `there` is seen by all ranks                   */
    float *there;  /* shape (blocks, plane.count) chunks             */
    float *here;   /* shape (R)(block.count, planes of R) chunks; NULL
                      where they are taken from where they are       */
    float **piece; /* shape (R): mine of each rank's chunks, shape
                      (block.count, planes of R), here or there      */
    int *there_count, *there_first, *here_count, *here_first; /* shape (R) */
    int *window; /* shape (R, 2): first plane and number */
    exg_convolve_cost cost;
};

/** c->factor and c->mean, from the rest.  Local; alike on every rank.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_convolve_factors(exg_convolve *c, double spacing);

/** My planes' transforms, from charges of `bits` to c->there.  Local. */
void exg_convolve_planes_to(exg_convolve *c, int bits, const uint32_t *charge,
                            exg_charge_sums *sums);

/** And back. */
void exg_convolve_planes_from(exg_convolve *c, float *potential);

/** Add up the charges of all ranks' windows on my planes.  Collective.
 * @return my planes' */
const uint32_t *exg_convolve_collect(const exg_par *par, exg_convolve *c);

/** My planes' potential, as the canvas has it.  Local. */
float *exg_convolve_mine(const exg_convolve *c);

/** Potentials of others' planes, to the canvas.  Collective. */
void exg_convolve_share(const exg_par *par, exg_convolve *c);

/** Transform my lines in c->piece, multiply, transform back.  Local. */
void exg_convolve_lines(exg_convolve *c);

#endif
