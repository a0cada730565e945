/* affinity.h -- from neighbours to the joint probabilities P.  Layer: embed. */
#ifndef EXG_EMBED_AFFINITY_H
#define EXG_EMBED_AFFINITY_H

#include <stdint.h>

#include "par/shard.h"

/** My rows of the sparse, symmetric P.  Open: read freely.  Rows are padded
 * with p = 0 at their own column to multiples of 16 entries. */
typedef struct {
    exg_shard rows;  /* which rows of P                              */
    exg_int *row;    /* shape (rows.count + 1): first entry          */
    int32_t *col;    /* shape (row[rows.count]), ascending in a row  */
    float *p;        /* the same shape; over all ranks the sum is 1  */
    double negative; /* sum of p log p over all ranks, nats          */
} exg_affinity;

enum {
    EXG_AFFINITY_SCALES = 16 /* most perplexities at a time */
};

/** The perplexities of a map: one, or several whose affinities are averaged, so
 * that near and far structure both count (Kobak & Berens 2019). */
typedef struct {
    int count;                              /* 1..EXG_AFFINITY_SCALES  */
    double perplexity[EXG_AFFINITY_SCALES]; /* each 1 .. (N - 1) / 3  */
} exg_affinity_scales;

/** One perplexity.  Local. */
exg_affinity_scales exg_affinity_one_scale(double perplexity);

/** The largest of them.  Local. */
double exg_affinity_most(const exg_affinity_scales *scales);

/** Probabilities of one point's neighbours, at the Gaussian precision whose
 * entropy is log(perplexity).  Local.
 *
 * p_j = exp(-b dist2_j) / sum: van der Maaten & Hinton 2008, equation 1.  Where
 * more neighbours than the perplexity are equally near, no precision reaches
 * it: they share evenly.
 *
 * @param[in]  k           neighbours, > perplexity
 * @param[in]  dist2       shape (k), >= 0, ascending
 * @param[in]  perplexity  > 1
 * @param[out] p           shape (2k): the first k sum to 1, the rest is work
 * @return the perplexity reached, exp(entropy)
 */
double exg_affinity_row(exg_int k, const float *dist2, double perplexity,
                        double *p);

/** P of all points: p_ij = (p_j|i + p_i|j) / 2N, where p_j|i is the mean over
 * the perplexities.
 *
 * Collective.  Pairs (i, j) reach the owner of j by one MPI_Alltoallv.
 *
 * @param[in]  total       points N
 * @param[in]  k           neighbours per point
 * @param[in]  index       shape (my count of exg_shard_mine(), k)
 * @param[in]  dist2       the same shape, ascending in a row
 * @param[in]  scales      perplexities, all below k
 * @param[out] out         ended by exg_affinity_destroy()
 * @return EXG_OK, EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_affinity_create(const exg_par *par, exg_int total,
                                              exg_int k, const int32_t *index,
                                              const float *dist2,
                                              const exg_affinity_scales *scales,
                                              exg_affinity **out);

/** Free; sets *p NULL.  Local. */
void exg_affinity_destroy(exg_affinity **p);

#endif
