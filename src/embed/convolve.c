/* convolve.c -- see convolve.h.
 *
 * Charges are on n nodes of an axis, and so is the potential that is asked for:
 * a transform must keep them from meeting their images.  On the axis of nodes,
 * whose numbers are real, one transform of L >= n complex numbers does: twisted
 * by exp(-pi i j / 2 L), it gives the waves k + 1/4, and an image is i times
 * what it is an image of, so it is imaginary and is left out.  On the other
 * axes, where all is complex, it takes 2 L waves: L even ones, and L odd ones
 * by a twist of exp(-pi i j / L).  No transform sees padding, and none needs
 * the symmetry of real numbers put in afterwards.
 *
 * A rank has a few planes (in 2-D a plane is one row, in 3-D a square), and
 * then a few of the lines across planes; between them one MPI_Alltoallv turns
 * the data, or, on one host, each rank takes its lines from where the others
 * have put their planes, and puts them back there.  Transforms are computed 16
 * at a time (kern/fft.h). */
#include <math.h>

#include "convolve_impl.h"
#include "core/clock.h"
#include "par/agree.h"

enum {
    GUARD = 8,      /* L - n: keeps the kernel's kink at distance L ten nodes
                       from any pair of points; the splines' inverse falls by
                       0.43 a node */
    SMALL = 96,     /* nodes of a grid whose kernel is large at its rim:   */
    SMOOTHING = 24, /* there L - n of the axis of nodes, on which it falls */
    LEAST = 8
};

exg_int exg_convolve_nodes(exg_int wanted)
{
    exg_int m = (wanted < LEAST ? LEAST : wanted) + GUARD;

    while (!exg_fourier_is_smooth(m)) {
        m++;
    }
    return m - GUARD;
}

static exg_int whole(exg_int n)
{
    return (n + EXG_LINE - 1) / EXG_LINE * EXG_LINE;
}

static exg_status make_plans(exg_convolve *c)
{
    exg_int m = c->n + (c->n < SMALL ? SMOOTHING : GUARD);
    exg_status st = EXG_OK;

    while (!exg_fourier_is_smooth(m)) {
        m++;
    }
    EXG_TRY(exg_fourier_create(m, &c->node));
    EXG_TRY(exg_fourier_create(c->dims > 1 ? c->n + GUARD : 1, &c->other));
done:
    return st;
}

static void set_shape(const exg_par *par, exg_convolve *c)
{
    c->planes = c->dims > 1 ? c->n : 1;
    c->rows = c->dims > 2 ? c->n : 1;
    c->padded = whole(c->n);
    c->band = c->dims > 1 ? c->other->n + 1 : 1;
    c->groups = whole(c->node->n) / EXG_LINE;
    c->blocks = c->groups * (c->dims > 2 ? 2 * c->other->n : 1);
    c->plane = exg_shard_mine(par, c->planes);
    c->block = exg_shard_mine(par, c->blocks);
}

/* Who sends how much to whom. */
static exg_status set_counts(const exg_par *par, exg_convolve *c)
{
    exg_status st = EXG_OK;
    const exg_int size = par->size;

    EXG_TRY(exg_new(&c->there_count, 6 * size));
    c->there_first = c->there_count + size;
    c->here_count = c->there_first + size;
    c->here_first = c->here_count + size;
    c->window = c->here_first + size;
    for (int r = 0; r < par->size; r++) {
        const exg_shard p = exg_shard_of(c->planes, r, par->size);
        const exg_shard b = exg_shard_of(c->blocks, r, par->size);
        const exg_int mine = c->plane.count * EXG_CHUNK;
        const exg_int theirs = c->block.count * EXG_CHUNK;

        c->there_count[r] = exg_mpi_count(b.count * mine);
        c->there_first[r] = exg_mpi_count(b.first * mine);
        c->here_count[r] = exg_mpi_count(p.count * theirs);
        c->here_first[r] = exg_mpi_count(p.first * theirs);
    }
done:
    return st;
}

/* Room for what is turned between ranks: see c->piece. */
static exg_status make_pieces(const exg_par *par, exg_convolve *c)
{
    void *const *seen = NULL; /* everyone's, where all ranks see them */
    const exg_int there = c->blocks * c->plane.count * EXG_CHUNK;
    exg_status st = EXG_OK;

    if (c->rooms != NULL &&
        exg_shared_grow(par, there * (exg_int)sizeof *c->there,
                        &c->rooms->lines)) {
        seen = c->rooms->lines.at;
    }
    c->is_shared = seen != NULL;
    EXG_TRY_ALL(par, exg_new(&c->piece, par->size));
    if (seen != NULL) {
        c->there = seen[par->rank];
    } else {
        EXG_TRY_ALL(par, exg_new(&c->there, there));
    }
    if (seen == NULL && par->size > 1) {
        EXG_TRY_ALL(par,
                    exg_new(&c->here, c->block.count * c->planes * EXG_CHUNK));
    }
    for (int r = 0; r < par->size; r++) {
        const exg_shard p = exg_shard_of(c->planes, r, par->size);

        c->piece[r] = seen != NULL ? (float *)seen[r] +
                                         c->block.first * p.count * EXG_CHUNK
                      : c->here != NULL ? c->here + c->here_first[r]
                                        : c->there;
    }
done:
    return st;
}

static exg_status make_room(exg_convolve *c)
{
    const exg_int long_axis = c->groups * EXG_LINE;
    const exg_int longest = long_axis > c->other->n ? long_axis : c->other->n;
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&c->row, EXG_LINE * c->padded));
    EXG_TRY(exg_new(&c->lane, EXG_LINE * c->padded));
    EXG_TRY(exg_new(&c->wave, longest * EXG_CHUNK));
    EXG_TRY(exg_new(&c->twin, c->other->n * EXG_CHUNK));
    EXG_TRY(exg_new(&c->flat, c->groups * c->rows * EXG_CHUNK));
    EXG_TRY(exg_new(&c->factor, c->block.count * c->band * EXG_LINE));
    EXG_TRY(exg_new(&c->quarter, 2 * c->node->n));
    EXG_TRY(exg_new(&c->half, 2 * c->other->n));
    EXG_TRY(exg_new(&c->even, 2 * c->other->n));
    c->odd = c->even + c->other->n;
done:
    return st;
}

/* Twists, and which row of factors is whose: waves f and 2 L - f share one. */
static void set_tables(exg_convolve *c)
{
    const exg_int m = c->other->n;

    exg_fourier_twist(c->node->n, 0.25 / (double)c->node->n, c->quarter);
    exg_fourier_twist(m, 0.5 / (double)m, c->half);
    for (exg_int t = 0; t < m; t++) {
        const int32_t f = 2 * c->other->wave[t], all = (int32_t)(2 * m);

        c->even[t] = f <= m ? f : all - f;
        c->odd[t] = f + 1 <= m ? f + 1 : all - f - 1;
    }
}

void exg_convolve_destroy(exg_convolve **out)
{
    exg_convolve *c = *out;

    if (c == NULL) {
        return;
    }
    exg_fourier_destroy(&c->node);
    exg_fourier_destroy(&c->other);
    exg_free(c->charge);
    exg_free(c->potential);
    exg_free(c->inbox);
    exg_free(c->row);
    exg_free(c->lane);
    exg_free(c->wave);
    exg_free(c->twin);
    exg_free(c->flat);
    exg_free(c->is_shared ? NULL : c->there);
    exg_free(c->here);
    exg_free(c->piece);
    exg_free(c->factor);
    exg_free(c->quarter);
    exg_free(c->half);
    exg_free(c->even);
    exg_free(c->there_count);
    exg_free(c);
    *out = NULL;
}

static exg_status prepare(const exg_par *par, double spacing, exg_convolve *c)
{
    exg_status st = EXG_OK;

    EXG_TRY(make_plans(c));
    set_shape(par, c);
    EXG_TRY(set_counts(par, c));
    EXG_TRY(make_room(c));
    set_tables(c);
    EXG_TRY(exg_convolve_factors(c, spacing));
done:
    return st;
}

exg_status exg_convolve_create(const exg_par *par, const exg_kern *kern,
                               int dims, exg_int n, double spacing, double dof,
                               exg_convolve_rooms *rooms, exg_convolve **out)
{
    exg_status st = EXG_OK;
    exg_convolve *c = NULL;

    EXG_TRY_ALL(par, exg_new(&c, 1));
    c->kern = kern;
    c->dims = dims;
    c->n = n;
    c->dof = dof;
    c->rank = par->rank;
    c->size = par->size;
    c->rooms = rooms;
    EXG_TRY_ALL(par, prepare(par, spacing, c));
    EXG_TRY(make_pieces(par, c));
    *out = c;
    c = NULL;
done:
    exg_convolve_destroy(&c);
    return st;
}

void exg_convolve_rooms_free(exg_convolve_rooms *rooms)
{
    exg_shared_free(&rooms->planes);
    exg_shared_free(&rooms->lines);
}

double exg_convolve_mean(const exg_convolve *c)
{
    return c->mean;
}

double exg_convolve_squares(int bits, int64_t squares)
{
    const int least = bits < EXG_CONVOLVE_SQUARE ? bits : EXG_CONVOLVE_SQUARE;

    return ldexp((double)squares, -2 * least);
}

exg_convolve_cost exg_convolve_cost_of(const exg_convolve *c)
{
    return c->cost;
}

static void exchange(const exg_par *par, exg_convolve *c, int back)
{
    if (c->is_shared) {
        exg_shared_meet(par);
        return;
    }
    if (par->size == 1) {
        return;
    }
    if (back) {
        EXG_MPI(MPI_Alltoallv(c->here, c->here_count, c->here_first, MPI_FLOAT,
                              c->there, c->there_count, c->there_first,
                              MPI_FLOAT, par->comm));
    } else {
        EXG_MPI(MPI_Alltoallv(c->there, c->there_count, c->there_first,
                              MPI_FLOAT, c->here, c->here_count, c->here_first,
                              MPI_FLOAT, par->comm));
    }
}

exg_int exg_convolve_plane(const exg_convolve *c)
{
    return c->rows * c->n;
}

exg_window exg_convolve_all(const exg_convolve *c)
{
    return (exg_window){0, c->planes};
}

/* What this rank sends to turn the data there and back. */
static double bytes_of(const exg_convolve *c)
{
    const exg_int there = (c->blocks - c->block.count) * c->plane.count;
    const exg_int back = c->block.count * (c->planes - c->plane.count);

    return c->is_shared
               ? 0.0
               : (double)sizeof(float) * EXG_CHUNK * (double)(there + back);
}

void exg_convolve_run(const exg_par *par, exg_convolve *c, int bits,
                      exg_charge_sums *sums)
{
    double from = exg_clock_now();
    const uint32_t *charge = exg_convolve_collect(par, c);

    *sums = (exg_charge_sums){.total = 0};
    c->cost.sum += exg_clock_lap(&from);
    exg_convolve_planes_to(c, bits, charge, sums);
    c->cost.forward += exg_clock_lap(&from);
    exchange(par, c, 0);
    c->cost.turn += exg_clock_lap(&from);
    exg_convolve_lines(c);
    c->cost.line += exg_clock_lap(&from);
    exchange(par, c, 1);
    c->cost.turn += exg_clock_lap(&from);
    exg_convolve_planes_from(c, exg_convolve_mine(c));
    c->cost.inverse += exg_clock_lap(&from);
    exg_convolve_share(par, c);
    c->cost.share += exg_clock_lap(&from);
    c->cost.bytes += bytes_of(c);
}
