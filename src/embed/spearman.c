/* spearman.c -- see spearman.h. */
#include "embed/spearman.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "par/agree.h"
#include "par/gather.h"

/* A distance on its way to a rank. */
typedef struct {
    double value;
    exg_int pair;
} entry;

static int by_value(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Squared distances of all pairs of n points. */
static void distances(exg_int n, exg_int d, const float *x, entry *e)
{
    exg_int pair = 0;

    for (exg_int i = 0; i < n; i++) {
        for (exg_int j = i + 1; j < n; j++, pair++) {
            double sum = 0.0;

            for (exg_int k = 0; k < d; k++) {
                const double v = (double)x[i * d + k] - (double)x[j * d + k];

                sum += v * v;
            }
            e[pair] = (entry){.value = sum, .pair = pair};
        }
    }
}

/* Ranks of n distances, minus their mean. */
static void rank_all(exg_int n, entry *e, double *rank)
{
    exg_int end;

    qsort(e, (size_t)n, sizeof *e, by_value);
    for (exg_int i = 0; i < n; i = end) {
        for (end = i + 1; end < n && e[end].value == e[i].value; end++) {
        }
        for (exg_int a = i; a < end; a++) {
            rank[e[a].pair] =
                0.5 * (double)(i + end - 1) - 0.5 * (double)(n - 1);
        }
    }
}

static double correlation(exg_int n, const double *a, const double *b)
{
    double aa = 0.0, bb = 0.0, ab = 0.0;

    for (exg_int i = 0; i < n; i++) {
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
    }
    return aa > 0.0 && bb > 0.0 ? ab / sqrt(aa * bb) : NAN;
}

/* Local: the sample's features and positions. */
static exg_status correlate(exg_int n, exg_int dim, const float *x, int dims,
                            const float *y, double *out)
{
    exg_status st = EXG_OK;
    const exg_int pairs = n * (n - 1) / 2;
    entry *e = NULL;
    double *high = NULL, *low = NULL;

    EXG_TRY(exg_new(&e, pairs));
    EXG_TRY(exg_new(&high, pairs));
    EXG_TRY(exg_new(&low, pairs));
    distances(n, dim, x, e);
    rank_all(pairs, e, high);
    distances(n, dims, y, e);
    rank_all(pairs, e, low);
    *out = correlation(pairs, high, low);
done:
    exg_free(e);
    exg_free(high);
    exg_free(low);
    return st;
}

exg_status exg_spearman(const exg_par *par, const exg_tiles *tiles,
                        exg_int most, int dims, const float *y, double *out)
{
    exg_status st = EXG_OK;
    const exg_int d = tiles->dim, step = (tiles->total + most - 1) / most;
    const exg_int all = par->rank == 0 ? (tiles->total + step - 1) / step : 0;
    exg_int n = 0;
    float *mine = NULL, *x = NULL, *z = NULL;
    double result = NAN;

    EXG_TRY_ALL(par, exg_new(&mine, (tiles->count / step + 1) * d));
    EXG_TRY_ALL(par, exg_new(&x, all * d));
    EXG_TRY_ALL(par, exg_new(&z, all * dims));
    for (exg_int i = 0; i < tiles->count; i++) {
        if ((tiles->first + i) % step == 0) {
            memcpy(mine + n++ * d, tiles->x + i * d, sizeof *x * (size_t)d);
        }
    }
    exg_gather_rows(par, d * (exg_int)sizeof *x, n, mine, x);
    for (exg_int i = 0; i < all; i++) {
        memcpy(z + i * dims, y + i * step * dims, sizeof *z * (size_t)dims);
    }
    EXG_TRY_ALL(par, par->rank == 0 ? correlate(all, d, x, dims, z, &result)
                                    : EXG_OK);
    EXG_MPI(MPI_Bcast(&result, 1, MPI_DOUBLE, 0, par->comm));
    *out = result;
done:
    exg_free(mine);
    exg_free(x);
    exg_free(z);
    return st;
}
