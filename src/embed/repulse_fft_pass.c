/* repulse_fft_pass.c -- one pass over the grid: see repulse_fft.c.
 *
 * Charges have as many bits as the fullest node allows.  What is learnt on the
 * way (Z, the forces' size, the density, whether charges fitted) rides one
 * reduction. */
#include <stdlib.h>

#include "core/clock.h"
#include "core/fixed.h"
#include "par/reduce.h"
#include "repulse_fft_impl.h"

enum {
    FEWER_BITS = 4 /* after charges that did not fit */
};

/* Bits of the next call's charges, by the fullest node of this one. */
static int next_bits(const exg_fft_engine *e, const exg_charge_sums *sums)
{
    if (sums->large > 0) {
        return e->bits > 2 ? e->bits - 2 : 0;
    }
    return sums->medium == 0 && e->bits < EXG_STENCIL_MOST_BITS ? e->bits + 1
                                                                : e->bits;
}

/* My share of it, in fixed point. */
static void add_up(const exg_fft_engine *e, const exg_stencil *s,
                   exg_fixed *all)
{
    const double unit = 0.5 * (double)s->per_unit / e->unit;

    for (exg_int i = 0; i < e->mine.count; i++) {
        const double f2 =
            exg_mesh_force2(e->dims, e->stride, e->slope, i, unit);

        all[0] += exg_fixed_of((double)e->value[i], e->z_scale);
        all[1] += exg_fixed_of(f2, e->force2_scale);
    }
}

exg_status exg_repulse_fft_pass(const exg_par *par, exg_fft_engine *e,
                                const exg_stencil *s, exg_fft_found *out,
                                int *fits)
{
    exg_status st = EXG_OK;
    const double n = (double)e->mine.total;
    const int64_t due = (int64_t)e->mine.total << e->bits;
    exg_stencil in = *s; /* seen from the canvas */
    exg_canvas canvas;
    exg_charge_sums sums;
    exg_fixed all[6] = {0};
    double from = exg_clock_now();

    EXG_TRY(exg_convolve_open(par, e->grid, exg_zone_window(s), &canvas));
    in.origin = canvas.span.first * exg_convolve_plane(e->grid);
    if (s->count > 0) {
        e->kern->stencil_spread(&in, e->bits, canvas.charge);
    }
    e->cost.spread += exg_clock_lap(&from);
    exg_convolve_run(par, e->grid, e->bits, &sums);
    exg_clock_lap(&from);
    e->kern->stencil_gather(&in, canvas.potential, e->value, e->slope);
    add_up(e, s, all);
    e->cost.gather += exg_clock_lap(&from);
    all[2] = sums.total;
    all[3] = sums.large;
    all[4] = sums.medium;
    all[5] = sums.squares;
    exg_reduce_fixed(par, 6, all);
    e->cost.agree += exg_clock_lap(&from);
    sums = (exg_charge_sums){all[2], all[3], all[4], all[5]};
    out->z = exg_fixed_value(all[0], e->z_scale) +
             n * n * exg_convolve_mean(e->grid);
    out->force2 = exg_fixed_value(all[1], e->force2_scale) / n;
    out->density =
        exg_mesh_density(e->dims, e->mesh.spacing, e->mine.total,
                         exg_convolve_squares(e->bits, sums.squares));
    /* a node that wrapped took 2^32 from the total */
    *fits = llabs(sums.total - due) < (int64_t)1 << 31;
    e->bits = *fits ? next_bits(e, &sums)
                    : (e->bits > FEWER_BITS ? e->bits - FEWER_BITS : 0);
done:
    return st;
}
