/* affinity.c -- see affinity.h.
 *
 * The entropy falls monotonically with the precision b, so its logarithm
 * u = log b is found by Newton's method inside a bracket; a step that leaves
 * the bracket is replaced by bisection.  About 6 evaluations, against 30 to 50
 * of plain bisection. */
#include "embed/affinity.h"

#include <math.h>
#include <stdlib.h>

#include "core/fixed.h"
#include "core/signal.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    PAD = 16,          /* entries: a lane            */
    STEPS = 200,       /* bisection would end as well */
    NEGATIVE_BITS = 50 /* |sum p log p| <= log N^2   */
};

#define BRACKET 300.0   /* of u; distances are relative to their mean */
#define TOLERANCE 1e-10 /* of the entropy, nats                       */

/* p, entropy and its derivative by u at precision b. */
static double entropy(exg_int k, const double *d, double b, double *p,
                      double *slope)
{
    double sum = 0.0, mean = 0.0, square = 0.0;

    for (exg_int j = 0; j < k; j++) {
        p[j] = exp(-b * d[j]);
        sum += p[j];
    }
    for (exg_int j = 0; j < k; j++) {
        p[j] /= sum;
        if (p[j] > 0.0) {
            mean += p[j] * b * d[j];
            square += p[j] * (b * d[j]) * (b * d[j]);
        }
    }
    *slope = mean * mean - square; /* - b^2 variance of d */
    return log(sum) + mean;
}

double exg_affinity_row(exg_int k, const float *dist2, double perplexity,
                        double *p)
{
    double low = -BRACKET, high = BRACKET, u = 0.0, mean = 0.0, h = 0.0;
    double *d = p + k; /* second half: distances relative to the nearest */

    for (exg_int j = 0; j < k; j++) {
        d[j] = (double)dist2[j] - (double)dist2[0];
        mean += d[j] / (double)k;
    }
    for (exg_int j = 0; j < k && mean > 0.0; j++) {
        d[j] /= mean;
    }
    for (int step = 0; step < STEPS; step++) {
        double slope, gap;

        h = entropy(k, d, exp(u), p, &slope);
        gap = h - log(perplexity);
        if (fabs(gap) < TOLERANCE || high - low < TOLERANCE) {
            break;
        }
        if (gap > 0.0) {
            low = u;
        } else {
            high = u;
        }
        u -= gap / slope;
        if (!(u > low && u < high)) { /* also where slope is 0 */
            u = 0.5 * (low + high);
        }
    }
    return exp(h);
}

/* One conditional probability on its way to the owner of `to`. */
typedef struct {
    int32_t to, from;
    double p;
} entry;

static int by_column(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

exg_affinity_scales exg_affinity_one_scale(double perplexity)
{
    return (exg_affinity_scales){.count = 1, .perplexity = {perplexity}};
}

double exg_affinity_most(const exg_affinity_scales *scales)
{
    double most = 0.0;

    for (int s = 0; s < scales->count; s++) {
        most = fmax(most, scales->perplexity[s]);
    }
    return most;
}

/* The mean over the scales of a row's probabilities; work has 2k. */
static void mixture(exg_int k, const float *dist2,
                    const exg_affinity_scales *scales, double *work, double *p)
{
    for (exg_int a = 0; a < k; a++) {
        p[a] = 0.0;
    }
    for (int s = 0; s < scales->count; s++) {
        (void)exg_affinity_row(k, dist2, scales->perplexity[s], work);
        for (exg_int a = 0; a < k; a++) {
            p[a] += work[a] / scales->count;
        }
    }
}

/* The conditional probabilities of my rows, once for each end of the pair:
 * `to` is the row of P that they enter. */
static exg_status conditionals(exg_shard mine, exg_int k, const int32_t *index,
                               const float *dist2,
                               const exg_affinity_scales *scales, entry *own,
                               entry *other)
{
    exg_status st = EXG_OK;
    double *p = NULL;

    EXG_TRY(exg_new(&p, 3 * k));
    for (exg_int i = 0; i < mine.count; i++) {
        const int32_t row = (int32_t)(mine.first + i);

        EXG_TRY(exg_signal_check());
        mixture(k, dist2 + i * k, scales, p + k, p);
        for (exg_int a = 0; a < k; a++) {
            const int32_t col = index[i * k + a];
            const double v = p[a] / (2.0 * (double)mine.total);

            own[i * k + a] = (entry){.to = row, .from = col, .p = v};
            other[i * k + a] = (entry){.to = col, .from = row, .p = v};
        }
    }
done:
    exg_free(p);
    return st;
}

/* Send each entry to the owner of its row. */
static exg_status send(const exg_par *par, exg_int total, exg_int n,
                       const entry *out, exg_int *nin, entry **in)
{
    exg_status st = EXG_OK;
    const int size = par->size;
    int *lay = NULL; /* counts and offsets out, counts and offsets in */
    entry *sorted = NULL;
    MPI_Datatype type = exg_par_row_type(sizeof(entry));

    EXG_TRY_ALL(par, exg_new(&lay, 4 * (exg_int)size));
    EXG_TRY_ALL(par, exg_new(&sorted, n));
    for (exg_int i = 0; i < n; i++) {
        lay[exg_shard_owner(total, size, out[i].to)]++;
    }
    EXG_MPI(
        MPI_Alltoall(lay, 1, MPI_INT, lay + 2 * size, 1, MPI_INT, par->comm));
    *nin = lay[2 * size];
    for (int r = 1; r < size; r++) {
        lay[size + r] = lay[size + r - 1] + lay[r - 1];
        lay[3 * size + r] = exg_mpi_count(*nin);
        *nin += lay[2 * size + r];
    }
    EXG_TRY_ALL(par, exg_new(in, *nin));
    for (exg_int i = 0; i < n; i++) {
        sorted[lay[size + exg_shard_owner(total, size, out[i].to)]++] = out[i];
    }
    for (int r = 0; r < size; r++) {
        lay[size + r] -= lay[r];
    }
    EXG_MPI(MPI_Alltoallv(sorted, lay, lay + size, type, *in, lay + 2 * size,
                          lay + 3 * size, type, par->comm));
done:
    EXG_MPI(MPI_Type_free(&type));
    exg_free(lay);
    exg_free(sorted);
    return st;
}

/* Sort the entries of one row by column and add those that meet; how many are
 * left.  At most two meet, and two numbers add alike in either order. */
static exg_int merge(exg_int n, entry *e)
{
    exg_int left = 0;

    qsort(e, (size_t)n, sizeof *e, by_column);
    for (exg_int i = 0; i < n; i++) {
        if (left > 0 && e[left - 1].from == e[i].from) {
            e[left - 1].p += e[i].p;
        } else {
            e[left++] = e[i];
        }
    }
    return left;
}

/* Entries of all my rows, in any order, into rows of P. */
static exg_status build(exg_affinity *a, exg_int n, const entry *own,
                        exg_int nin, const entry *in)
{
    exg_status st = EXG_OK;
    const exg_int rows = a->rows.count;
    exg_int *first = NULL;
    entry *e = NULL;

    EXG_TRY(exg_new(&first, rows + 2));
    EXG_TRY(exg_new(&e, n + nin));
    EXG_TRY(exg_new(&a->row, rows + 1));
    for (exg_int i = 0; i < n + nin; i++) {
        first[(i < n ? own[i].to : in[i - n].to) - a->rows.first + 2]++;
    }
    for (exg_int r = 0; r < rows; r++) {
        first[r + 2] += first[r + 1];
    }
    for (exg_int i = 0; i < n + nin; i++) {
        const entry *v = i < n ? &own[i] : &in[i - n];

        e[first[v->to - a->rows.first + 1]++] = *v;
    }
    for (exg_int r = 0; r < rows; r++) {
        const exg_int left = merge(first[r + 1] - first[r], e + first[r]);

        a->row[r + 1] = a->row[r] + (left + PAD - 1) / PAD * PAD;
        if (left < first[r + 1] - first[r]) {
            e[first[r] + left].to = -1; /* the row ends here */
        }
    }
    EXG_TRY(exg_new(&a->col, a->row[rows]));
    EXG_TRY(exg_new(&a->p, a->row[rows]));
    for (exg_int r = 0; r < rows; r++) {
        const entry *v = e + first[r], *end = e + first[r + 1];

        for (exg_int i = a->row[r]; i < a->row[r + 1]; i++) {
            const int here = v < end && v->to >= 0;

            a->col[i] = here ? v->from : (int32_t)(a->rows.first + r);
            a->p[i] = here ? (float)v->p : 0.0f;
            end = here ? end : v;
            v++;
        }
    }
done:
    exg_free(first);
    exg_free(e);
    return st;
}

/* The sum of p log p, exactly over rows. */
static double negative_entropy(const exg_par *par, const exg_affinity *a)
{
    exg_fixed sum = 0;

    for (exg_int r = 0; r < a->rows.count; r++) {
        double row = 0.0;

        for (exg_int i = a->row[r]; i < a->row[r + 1]; i++) {
            const double p = (double)a->p[i];

            row += p > 0.0 ? p * log(p) : 0.0;
        }
        sum += exg_fixed_of(row, NEGATIVE_BITS);
    }
    exg_reduce_fixed(par, 1, &sum);
    return exg_fixed_value(sum, NEGATIVE_BITS);
}

exg_status exg_affinity_create(const exg_par *par, exg_int total, exg_int k,
                               const int32_t *index, const float *dist2,
                               const exg_affinity_scales *scales,
                               exg_affinity **out)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_shard_mine(par, total);
    const exg_int n = mine.count * k;
    exg_int nin = 0;
    entry *own = NULL, *other = NULL, *in = NULL;
    exg_affinity *a = NULL;

    EXG_TRY_ALL(par, n <= INT32_MAX
                         ? EXG_OK
                         : exg_fail(EXG_ENOMEM,
                                    "t-SNE: %td neighbours of %td points on a "
                                    "rank, want %d at most: more ranks or a "
                                    "smaller perplexity",
                                    n, mine.count, INT32_MAX));
    EXG_TRY_ALL(par, exg_new(&a, 1));
    a->rows = mine;
    EXG_TRY_ALL(par, exg_new(&own, n));
    EXG_TRY_ALL(par, exg_new(&other, n));
    EXG_TRY_ALL(par, conditionals(mine, k, index, dist2, scales, own, other));
    EXG_TRY(send(par, total, n, other, &nin, &in));
    exg_free(other); /* the rows of P need the room */
    other = NULL;
    EXG_TRY_ALL(par, build(a, n, own, nin, in));
    a->negative = negative_entropy(par, a);
    *out = a;
    a = NULL;
done:
    exg_free(own);
    exg_free(other);
    exg_free(in);
    exg_affinity_destroy(&a);
    return st;
}

void exg_affinity_destroy(exg_affinity **p)
{
    if (*p != NULL) {
        exg_free((*p)->row);
        exg_free((*p)->col);
        exg_free((*p)->p);
        exg_free(*p);
        *p = NULL;
    }
}
