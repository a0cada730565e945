/* repulse.h -- the repulsive forces of t-SNE: one interface, several engines.
 * Layer: embed.
 *
 * With q_ij = 1 / (1 + |y_i - y_j|^2), an engine gives, for each point,
 * F_i = sum over j of q_ij^2 (y_i - y_j), and Z = sum of q_ij over i != j: the
 * repulsion of van der Maaten & Hinton 2008, equation 5, is F_i / Z.  Forces
 * are the same bits for any number of ranks.
 *
 * That is b = 1 of the kernels of Kobak et al. 2020, "Heavy-tailed kernels
 * reveal a finer cluster structure in t-SNE visualisations", section 2, which
 * are openTSNE's dof and FIt-SNE's df, too:
 *   w_ij = (1 + |y_i - y_j|^2 / b)^-b,   Z = sum of w_ij,
 *   F_i = sum over j of w_ij (y_i - y_j) / (1 + |y_i - y_j|^2 / b),
 * which is -1/2 of the gradient of the sum of w_ij for every b.  Less of b are
 * heavier tails and finer clusters; the limit of more is e^(-r^2), SNE's.  Up
 * to the scale of the map it is Student's t of 2 b - 1 degrees of freedom,
 * where b > 1/2; with less it is no distribution, but a fine kernel.  (van der
 * Maaten 2009 and scikit-learn count otherwise: (1 + d^2 / a)^(-(a + 1) / 2) is
 * b = (a + 1) / 2, in a map sqrt(b / a) times as large as theirs.)
 */
#ifndef EXG_EMBED_REPULSE_H
#define EXG_EMBED_REPULSE_H

#include "kern/kern.h"
#include "par/shard.h"

/** All points, the same on every rank.  Open: read freely. */
typedef struct {
    exg_int total;  /* points N                                              */
    int dims;       /* 1, 2 or 3                                             */
    double dof;     /* b of the kernel between them; 1 in an empty cloud     */
    exg_int stride; /* floats from one axis to the next: N in whole tiles    */
    float *y;       /* shape (dims, stride); up to the next multiple of 16
                       after N, points so far away that they exert no force  */
    float *point;   /* shape (N, exg_pairs_width(dims)): the same by points  */
} exg_cloud;

/** How far away padding lies that exerts nothing by a kernel of this b.
 * Local. */
float exg_cloud_far(double dof);

/** An empty cloud.  Local.
 * @return EXG_OK, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_cloud_create(exg_int total, int dims,
                                           exg_cloud *cloud);

/** Fill a cloud and put its mean at 0.  Local; alike on every rank.
 * @param[in] all  shape (total, dims)
 * @return EXG_OK, or EXG_ENUMERIC if a coordinate is not finite */
EXG_MUST_CHECK exg_status exg_cloud_fill(exg_cloud *cloud, const float *all);

/** Free the contents.  Local. */
void exg_cloud_destroy(exg_cloud *cloud);

/** The least and the most b that engines allow.  Beyond, w falls so slowly that
 * maps burst, or is e^(-r^2) to within 1 % where it is above 0.25. */
#define EXG_REPULSE_LEAST_DOF 0.1
#define EXG_REPULSE_MOST_DOF 100.0

enum {
    EXG_REPULSE_KEPT = 4
};

/** A way to compute the forces.  Plain data. */
typedef struct {
    const char *name;

    /** Prepare for clouds of this size.  Collective.
     * @param[out] state  the engine's; ended by destroy
     * @return EXG_OK, EXG_ENOMEM */
    exg_status (*create)(const exg_par *par, const exg_kern *kern,
                         exg_int total, int dims, void **state);

    /** Forces on my points, and Z.  Collective; allocates nothing, but where a
     * map has outgrown what it needed before.
     * @param[out] f  shape (my count of exg_shard_mine(), dims): F
     * @param[out] z  the same on every rank
     * @return EXG_OK, EXG_ENOMEM */
    exg_status (*forces)(const exg_par *par, void *state,
                         const exg_cloud *cloud, float *f, double *z);

    /** Free; sets *state NULL; NULL is fine.  Local. */
    void (*destroy)(void **state);

    /** What earlier calls have left behind that the bits of the next depend on,
     * the same on every rank; NULL: nothing.  Local.
     * @param[out] kept  shape (EXG_REPULSE_KEPT), zero on entry */
    void (*keep)(const void *state, double *kept);

    /** Go on from it, before the first call; NULL as above.  Local.
     * @return EXG_OK, or EXG_EINPUT: no engine leaves that behind */
    exg_status (*resume)(void *state, const double *kept);
} exg_repulse;

/** All pairs. */
extern const exg_repulse exg_repulse_exact;

/** By a grid and Fourier transforms; errors below 1e-3 of the forces, both as
 * root mean squares over points (2e-3 where nearly all points are one heap,
 * narrower than 1, in a map that a few others make wide).  Maps that are too
 * wide for a grid in memory (in 3-D 384 nodes, some 75 units; in the plane 4096
 * nodes, 1,000 units) are computed as all pairs. */
extern const exg_repulse exg_repulse_fft;

/** In each call the one of the two that costs less, by a model that knows the
 * number of points and the grid that their map wants, not the clock. */
extern const exg_repulse exg_repulse_auto;

/** An engine by name.  Local.
 * @param[in] name  "exact", "fft" or "auto"
 * @return EXG_OK, or EXG_EUSAGE */
EXG_MUST_CHECK exg_status exg_repulse_pick(const char *name, int dims,
                                           const exg_repulse **engine);

#endif
