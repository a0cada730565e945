/* convolve_kernel.c -- see convolve_kernel.h.  A constant is taken off in
 * double: what is left is small for small maps, where the kernel is nearly
 * constant and single precision would see no slope. */
#include "convolve_kernel.h"

#include <math.h>

enum {
    ROWS_OF_MEAN = 48 /* on an axis, at least: all would cost as much as the
                         rest */
};

#define STEEP 3.3 /* erfc(3.3) = 3e-6 */

/* 1 - w(r): no cancellation for small r. */
static double defect_at(const exg_convolve_kernel *w, exg_int squares)
{
    const double r2 = w->spacing * w->spacing * (double)squares;

    return w->dof == 1.0 ? r2 / (1.0 + r2)
                         : -expm1(-w->dof * log1p(r2 / w->dof));
}

/* Those of a row whose first node is so many nodes away, squared: in w->row. */
static void defects(const exg_convolve_kernel *w, exg_int away)
{
    const double unit = w->spacing * w->spacing;

    if (w->by_square != NULL) {
        for (exg_int i = 0; i < w->n; i++) {
            w->row[i] = w->by_square[away + i * i];
        }
    } else if (w->dof != 1.0) {
        for (exg_int i = 0; i < w->n; i++) {
            w->row[i] = defect_at(w, away + i * i);
        }
    } else { /* as above, in vectors */
        for (int i = 0; i < (int)w->n; i++) {
            const double r2 = unit * ((double)away + (double)i * (double)i);

            w->row[i] = r2 / (1.0 + r2);
        }
    }
}

/* How much is left of the kernel, on its way to 0. */
static double fall(const exg_convolve *c, exg_int i)
{
    const double from = (double)(c->n - EXG_RIM);
    const double way = ((double)i - from) / ((double)c->node->n - from);

    return way <= 0.0 ? 1.0 : 0.5 * erfc(STEEP * (2.0 * way - 1.0));
}

/* How many nodes of an axis are as far from 0 as node i. */
static double copies(exg_int i, exg_int band)
{
    return i == 0 || i == band - 1 ? 1.0 : 2.0;
}

/* About: what is taken off here is put back exactly. */
static double mean_defect(const exg_convolve *c, const exg_convolve_kernel *w)
{
    const exg_int rows = c->dims > 2 ? c->band : 1;
    const exg_int step = 1 + c->band / ROWS_OF_MEAN;
    double sum = 0.0, all = 0.0;

    for (exg_int p = 0; p < c->band; p += step) {
        for (exg_int r = 0; r < rows; r += step) {
            const double weight = copies(p, c->band) * copies(r, rows);
            double row = 0.0;

            defects(w, r * r + p * p);
            for (exg_int i = 0; i < w->n; i++) {
                row += (i == 0 ? 1.0 : 2.0) * w->row[i];
            }
            sum += row * weight;
            all += weight * (double)(2 * w->n - 1);
        }
    }
    return sum / all;
}

/* In three dimensions few squared distances are many nodes': powers of them pay
 * to be kept. */
exg_status exg_convolve_kernel_create(const exg_convolve *c, double spacing,
                                      exg_convolve_kernel *w)
{
    exg_status st = EXG_OK;
    const exg_int most =
        c->node->n * c->node->n + 2 * (c->band - 1) * (c->band - 1);

    *w = (exg_convolve_kernel){
        .dof = c->dof, .spacing = spacing, .n = c->node->n};
    EXG_TRY(exg_new(&w->row, w->n));
    EXG_TRY(exg_new(&w->fall, w->n));
    for (exg_int i = 0; i < w->n; i++) {
        w->fall[i] = (float)fall(c, i);
    }
    if (c->dims == 3 && c->dof != 1.0) {
        EXG_TRY(exg_new(&w->by_square, most + 1));
        for (exg_int i = 0; i <= most; i++) {
            w->by_square[i] = defect_at(w, i);
        }
    }
    w->mean = mean_defect(c, w);
done:
    return st;
}

void exg_convolve_kernel_free(exg_convolve_kernel *w)
{
    exg_free(w->by_square);
    exg_free(w->row);
    exg_free(w->fall);
}

void exg_convolve_kernel_row(const exg_convolve_kernel *w, exg_int away,
                             float *x)
{
    defects(w, away);
    for (exg_int i = 0; i < w->n; i++) {
        x[i] = (float)(w->mean - w->row[i]) * w->fall[i];
    }
}
