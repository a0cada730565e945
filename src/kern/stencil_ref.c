/* stencil_ref.c -- see stencil.h: the definitions, in double. */
#include <math.h>

#include "kern/stencil.h"

enum {
    P = EXG_STENCIL,
    BEFORE = 2
};

/* The centred B-spline of order p: a sum of truncated powers. */
static double spline(int p, double x)
{
    double sum = 0.0, sign = 1.0, choose = 1.0, factorial = 1.0;

    for (int k = 0; k <= p; k++) {
        const double from = x + 0.5 * p - k;

        sum += from > 0.0 ? sign * choose * pow(from, p - 1) : 0.0;
        choose = choose * (p - k) / (k + 1);
        sign = -sign;
    }
    for (int k = 2; k < p; k++) {
        factorial *= k;
    }
    return sum / factorial;
}

/* The rows of a point on all axes; an axis that is not there has one node. */
typedef struct {
    exg_int first[3], nodes[3];
    double weight[3][P], slope[3][P];
} rows;

static void locate(const exg_stencil *s, exg_int i, rows *r)
{
    for (int k = 0; k < 3; k++) {
        double u = BEFORE, cell;

        r->first[k] = 0;
        r->nodes[k] = k < s->dims ? P : 1;
        r->weight[k][0] = 1.0;
        r->slope[k][0] = 0.0;
        if (k >= s->dims) {
            continue;
        }
        u = ((double)s->y[k * s->stride + i] - (double)s->first[k]) *
            (double)s->per_unit;
        u = fmin(fmax(u, BEFORE), (double)(s->n - P + BEFORE) + 1.0);
        cell = fmin(floor(u), (double)(s->n - P + BEFORE));
        r->first[k] = (exg_int)cell - BEFORE;
        for (int a = 0; a < P; a++) {
            const double x = u - cell + BEFORE - a;

            r->weight[k][a] = spline(P, x);
            r->slope[k][a] = spline(P - 1, x + 0.5) - spline(P - 1, x - 0.5);
        }
    }
}

static exg_int node(const exg_stencil *s, const rows *r, exg_int a, exg_int b,
                    exg_int c)
{
    return ((r->first[2] + c) * s->n + r->first[1] + b) * s->n + r->first[0] +
           a - s->origin;
}

void exg_stencil_spread_ref(const exg_stencil *s, int bits, uint32_t *grid)
{
    rows r;

    for (exg_int i = 0; i < s->count; i++) {
        locate(s, i, &r);
        for (exg_int c = 0; c < r.nodes[2]; c++) {
            for (exg_int b = 0; b < r.nodes[1]; b++) {
                for (exg_int a = 0; a < r.nodes[0]; a++) {
                    const double w =
                        r.weight[0][a] * r.weight[1][b] * r.weight[2][c];

                    grid[node(s, &r, a, b, c)] +=
                        (uint32_t)lrint(ldexp(w, bits));
                }
            }
        }
    }
}

void exg_stencil_gather_ref(const exg_stencil *s, const float *grid,
                            float *value, float *slope)
{
    rows r;

    for (exg_int i = 0; i < s->count; i++) {
        double sum[4] = {0.0};

        locate(s, i, &r);
        for (exg_int c = 0; c < r.nodes[2]; c++) {
            for (exg_int b = 0; b < r.nodes[1]; b++) {
                for (exg_int a = 0; a < r.nodes[0]; a++) {
                    const double g = (double)grid[node(s, &r, a, b, c)];
                    sum[0] +=
                        g * r.weight[0][a] * r.weight[1][b] * r.weight[2][c];
                    sum[1] +=
                        g * r.slope[0][a] * r.weight[1][b] * r.weight[2][c];
                    sum[2] +=
                        g * r.weight[0][a] * r.slope[1][b] * r.weight[2][c];
                    sum[3] +=
                        g * r.weight[0][a] * r.weight[1][b] * r.slope[2][c];
                }
            }
        }
        value[i] = (float)sum[0];
        for (int k = 0; k < s->dims; k++) {
            slope[k * s->stride + i] = (float)sum[1 + k];
        }
    }
}
