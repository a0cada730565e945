/* pairs_ref.c -- see pairs.h: the definitions, in double. */
#include "kern/pairs.h"

#include <math.h>

static const exg_pairs_tails cauchy = {.inverse = 1.0f, .power = 1.0f};

/* 1 + r^2 / b. */
static double spread(const exg_pairs_tails *s, double r2)
{
    return 1.0 + r2 * (double)(s != NULL ? s : &cauchy)->inverse;
}

/* One pair: e = y_i - y_j; returns u. */
static double pair(const exg_pairs_tiles *t, exg_int i, exg_int j, double *e)
{
    double d2 = 0.0;

    for (int k = 0; k < t->dims; k++) {
        e[k] =
            (double)t->yi[k * t->stride + i] - (double)t->yj[k * t->stride + j];
        d2 += e[k] * e[k];
    }
    return 1.0 / spread(t->tails, d2);
}

/* The row of forces on point i; where same, on later points only. */
static double on_point(const exg_pairs_tiles *t, exg_int i, double *fi,
                       double (*fj)[EXG_PAIRS_DIMS])
{
    const exg_pairs_tails *s = t->tails != NULL ? t->tails : &cauchy;
    double z = t->same ? 0.5 : 0.0; /* half of the pair with itself */

    for (exg_int j = t->same ? i + 1 : 0; j < t->nj; j++) {
        double e[EXG_PAIRS_DIMS];
        const double u = pair(t, i, j, e);
        const double w =
            u * EXG_PAIRS_NEVER < 1.0 ? 0.0 : pow(u, (double)s->power);

        z += w;
        for (int k = 0; k < t->dims; k++) {
            fi[k] += w * u * e[k];
            fj[j][k] -= w * u * e[k];
        }
    }
    return 2.0 * z;
}

double exg_pairs_tile_ref(const exg_pairs_tiles *t, float *fi, float *fj)
{
    double sum[EXG_PAIRS_TILE][EXG_PAIRS_DIMS] = {{0}};
    double z = 0.0;

    for (exg_int i = 0; i < t->ni; i++) {
        double mine[EXG_PAIRS_DIMS] = {0};

        z += on_point(t, i, mine, sum);
        for (int k = 0; k < t->dims; k++) {
            fi[k * EXG_PAIRS_TILE + i] = (float)mine[k];
        }
    }
    for (exg_int j = 0; j < t->nj; j++) {
        for (int k = 0; k < t->dims; k++) {
            fj[k * EXG_PAIRS_TILE + j] = (float)sum[j][k];
        }
    }
    return z;
}

/* The point of row i. */
static exg_int point_of(const exg_pairs_sparse *s, exg_int i)
{
    return s->self != NULL ? s->self[i] : s->row0 + i;
}

/* The point of entry a of row i. */
static exg_int other_of(const exg_pairs_sparse *s, exg_int i, exg_int a)
{
    return s->near != NULL && s->base[i] >= 0 ? s->base[i] + s->near[a]
                                              : s->col[a];
}

/* 1 / u, u of the pair with the point of entry a of row i. */
static double apart(const exg_pairs_sparse *s, exg_int i, exg_int a, double *e)
{
    const exg_int width = exg_pairs_width(s->dims);
    const float *mine = s->y + point_of(s, i) * width;
    const float *other = s->y + other_of(s, i, a) * width;
    double d2 = 0.0;

    for (int k = 0; k < s->dims; k++) {
        e[k] = (double)mine[k] - (double)other[k];
        d2 += e[k] * e[k];
    }
    return spread(s->tails, d2);
}

void exg_pairs_attract_ref(const exg_pairs_sparse *s, float *f)
{
    for (exg_int i = 0; i < s->rows; i++) {
        double sum[EXG_PAIRS_DIMS] = {0};

        for (exg_int a = s->row[i]; a < s->row[i + 1]; a++) {
            double e[EXG_PAIRS_DIMS];
            const double d2 = apart(s, i, a, e);

            for (int k = 0; k < s->dims; k++) {
                sum[k] += (double)s->p[a] / d2 * e[k];
            }
        }
        for (int k = 0; k < s->dims; k++) {
            f[i * s->dims + k] = (float)sum[k];
        }
    }
}

void exg_pairs_diverge_ref(const exg_pairs_sparse *s, float *f)
{
    for (exg_int i = 0; i < s->rows; i++) {
        double sum[2] = {0};

        for (exg_int a = s->row[i]; a < s->row[i + 1]; a++) {
            double e[EXG_PAIRS_DIMS];

            sum[0] += (double)s->p[a] * log(apart(s, i, a, e));
            sum[1] += (double)s->p[a];
        }
        f[2 * i] = (float)sum[0];
        f[2 * i + 1] = (float)sum[1];
    }
}
