/* convolve.c -- see convolve.h.
 *
 * The grid is padded to m >= 2 n nodes on each axis, so that the circular
 * convolution of a discrete Fourier transform is a plain one.  Its transform is
 * that of the planes (in 2-D a plane is one row, in 3-D a square), of which a
 * rank has a few, and then that of the lines across planes, of which a rank has
 * others; between them one MPI_Alltoallv turns the data.  Only planes and rows
 * that hold charges are transformed, and only those that points can see are
 * transformed back: n of m on each axis, which leaves 3/4 of a padded 2-D
 * transform and 7/12 of a 3-D one. */
#include <string.h>

#include "convolve_impl.h"
#include "core/clock.h"
#include "par/agree.h"

enum {
    GUARD = 16, /* m - 2 n: keeps the kernel's kink at distance m / 2 ten nodes
                   from any pair of points; the splines' inverse falls by 0.43
                   a node */
    EVEN = 4,   /* m is a multiple                                      */
    WHOLE = 8,  /* rows in memory are multiples: 64 bytes                */
    LEAST = 8
};

static int is_smooth(exg_int m)
{
    static const int prime[] = {2, 3, 5, 7};

    for (size_t i = 0; i < sizeof prime / sizeof *prime; i++) {
        while (m % prime[i] == 0) {
            m /= prime[i];
        }
    }
    return m == 1;
}

exg_int exg_convolve_nodes(exg_int wanted)
{
    const exg_int n = wanted < LEAST ? LEAST : wanted;
    exg_int m = (2 * n + GUARD + EVEN - 1) / EVEN * EVEN;

    while (!is_smooth(m)) {
        m += EVEN;
    }
    return (m - GUARD) / 2;
}

static exg_int whole(exg_int n)
{
    return (n + WHOLE - 1) / WHOLE * WHOLE;
}

static void set_shape(const exg_par *par, int dims, exg_int n, exg_convolve *c)
{
    const exg_int m = 2 * n + GUARD;

    c->dims = dims;
    c->n = n;
    c->m = m;
    c->planes = dims > 1 ? n : 1;
    c->mplane = dims > 1 ? m : 1;
    c->rows = dims > 2 ? n : 1;
    c->mrow = dims > 2 ? m : 1;
    c->half = m / 2 + 1;
    c->width = whole(c->half);
    c->lines = c->mrow * c->half;
    c->pitch = whole(c->mplane);
    c->band = c->mplane / 2 + 1;
    c->plane = exg_shard_mine(par, c->planes);
    c->line = exg_shard_mine(par, c->lines);
}

/* Who sends how much to whom. */
static exg_status set_counts(const exg_par *par, exg_convolve *c)
{
    exg_status st = EXG_OK;
    const exg_int size = par->size;

    EXG_TRY(exg_new(&c->count, 7 * size));
    c->turned_count = c->count + size;
    c->turned_first = c->turned_count + size;
    c->post_count = c->turned_first + size;
    c->post_first = c->post_count + size;
    c->share_count = c->post_first + size;
    c->share_first = c->share_count + size;
    for (int r = 0; r < par->size; r++) {
        const exg_shard p = exg_shard_of(c->planes, r, par->size);
        const exg_shard l = exg_shard_of(c->lines, r, par->size);

        c->count[r] = exg_mpi_count(p.count * c->rows * c->n);
        c->share_count[r] = c->count[r];
        c->share_first[r] = exg_mpi_count(p.first * c->rows * c->n);
        c->turned_count[r] = exg_mpi_count(l.count * c->plane.count);
        c->turned_first[r] = exg_mpi_count(l.first * c->plane.count);
        c->post_count[r] = exg_mpi_count(c->line.count * p.count);
        c->post_first[r] = exg_mpi_count(c->line.count * p.first);
    }
done:
    return st;
}

static exg_status make_room(exg_convolve *c)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&c->charge, c->plane.count * c->rows * c->n));
    EXG_TRY(exg_new(&c->across, c->mrow * c->width));
    EXG_TRY(exg_new(&c->turned, c->lines * c->plane.count));
    EXG_TRY(exg_new(&c->post, c->line.count * c->planes));
    EXG_TRY(exg_new(&c->along, c->pitch));
    EXG_TRY(exg_new(&c->factor, c->line.count * c->band));
done:
    return st;
}

/* Estimated plans only: measured ones differ from run to run. */
static exg_status make_plans(exg_convolve *c)
{
    const int m = (int)c->m, rows = (int)c->mrow, planes = (int)c->mplane;
    const int half = (int)c->half, width = (int)c->width;
    fftwf_complex *a = c->across, *l = c->along;

    c->row_to = fftwf_plan_dft_r2c_1d(m, (float *)a, a, FFTW_ESTIMATE);
    c->row_from = fftwf_plan_dft_c2r_1d(m, a, (float *)a, FFTW_ESTIMATE);
    c->col_to = fftwf_plan_many_dft(1, &rows, half, a, NULL, width, 1, a, NULL,
                                    width, 1, FFTW_FORWARD, FFTW_ESTIMATE);
    c->col_from =
        fftwf_plan_many_dft(1, &rows, half, a, NULL, width, 1, a, NULL, width,
                            1, FFTW_BACKWARD, FFTW_ESTIMATE);
    c->line_to = fftwf_plan_dft_1d(planes, l, l, FFTW_FORWARD, FFTW_ESTIMATE);
    c->line_from =
        fftwf_plan_dft_1d(planes, l, l, FFTW_BACKWARD, FFTW_ESTIMATE);
    if (c->row_to == NULL || c->row_from == NULL || c->col_to == NULL ||
        c->col_from == NULL || c->line_to == NULL || c->line_from == NULL) {
        return exg_fail(EXG_ENOMEM, "t-SNE: no FFTW plan of length %d", m);
    }
    return EXG_OK;
}

void exg_convolve_destroy(exg_convolve **out)
{
    exg_convolve *c = *out;

    if (c == NULL) {
        return;
    }
    fftwf_destroy_plan(c->row_to);
    fftwf_destroy_plan(c->row_from);
    fftwf_destroy_plan(c->col_to);
    fftwf_destroy_plan(c->col_from);
    fftwf_destroy_plan(c->line_to);
    fftwf_destroy_plan(c->line_from);
    exg_free(c->charge);
    exg_free(c->across);
    exg_free(c->turned);
    exg_free(c->post);
    exg_free(c->along);
    exg_free(c->factor);
    exg_free(c->count);
    exg_free(c);
    *out = NULL;
}

static exg_status prepare(const exg_par *par, double spacing, exg_convolve *c)
{
    exg_status st = EXG_OK;

    EXG_TRY(set_counts(par, c));
    EXG_TRY(make_room(c));
    EXG_TRY(make_plans(c));
    EXG_TRY(exg_convolve_factors(c, spacing));
done:
    return st;
}

exg_status exg_convolve_create(const exg_par *par, int dims, exg_int n,
                               double spacing, exg_convolve **out)
{
    exg_status st = EXG_OK;
    exg_convolve *c = NULL;

    EXG_TRY_ALL(par, exg_new(&c, 1));
    set_shape(par, dims, n, c);
    EXG_TRY_ALL(par, prepare(par, spacing, c));
    *out = c;
    c = NULL;
done:
    exg_convolve_destroy(&c);
    return st;
}

double exg_convolve_mean(const exg_convolve *c)
{
    return c->mean;
}

exg_convolve_cost exg_convolve_cost_of(const exg_convolve *c)
{
    return c->cost;
}

static exg_convolve_sums sums_of(exg_int n, int bits, const uint32_t *charge)
{
    const int shift =
        bits > EXG_CONVOLVE_SQUARE ? bits - EXG_CONVOLVE_SQUARE : 0;
    exg_convolve_sums s = {0, 0, 0, 0};
    uint64_t squares = 0;

    for (exg_int i = 0; i < n; i++) {
        const uint32_t c = charge[i] >> shift;

        squares += (uint64_t)c * c;
        s.total += (int32_t)charge[i];
        s.large += charge[i] >= (1u << 29);
        s.medium += charge[i] >= (1u << 27);
    }
    s.squares = (int64_t)squares;
    return s;
}

/* A plane's transform, from charges to c->across. */
static void plane_forward(exg_convolve *c, float unit, const uint32_t *charge)
{
    for (exg_int r = 0; r < c->rows; r++) {
        fftwf_complex *row = c->across + r * c->width;
        float *x = (float *)row;

        for (exg_int i = 0; i < c->n; i++) {
            x[i] = (float)(int32_t)charge[r * c->n + i] * unit;
        }
        memset(x + c->n, 0, sizeof *x * (size_t)(c->m - c->n));
        fftwf_execute_dft_r2c(c->row_to, x, row);
    }
    if (c->dims > 2) {
        memset(c->across + c->rows * c->width, 0,
               sizeof *c->across * (size_t)((c->mrow - c->rows) * c->width));
        fftwf_execute(c->col_to);
    }
}

static void plane_inverse(exg_convolve *c, float *potential)
{
    if (c->dims > 2) {
        fftwf_execute(c->col_from);
    }
    for (exg_int r = 0; r < c->rows; r++) {
        fftwf_complex *row = c->across + r * c->width;

        fftwf_execute_dft_c2r(c->row_from, row, (float *)row);
        memcpy(potential + r * c->n, row, sizeof(float) * (size_t)c->n);
    }
}

/* c->across, as element p of every line of c->turned, or back. */
static void turn_plane(exg_convolve *c, exg_int p, int back)
{
    const exg_int step = c->plane.count;

    for (exg_int r = 0; r < c->mrow; r++) {
        fftwf_complex *a = c->across + r * c->width;
        fftwf_complex *t = c->turned + r * c->half * step + p;

        for (exg_int i = 0; i < c->half; i++) {
            if (back) {
                a[i] = t[i * step];
            } else {
                t[i * step] = a[i];
            }
        }
    }
}

static void exchange(const exg_par *par, exg_convolve *c, int back)
{
    if (back) {
        EXG_MPI(MPI_Alltoallv(c->post, c->post_count, c->post_first,
                              MPI_C_FLOAT_COMPLEX, c->turned, c->turned_count,
                              c->turned_first, MPI_C_FLOAT_COMPLEX, par->comm));
    } else {
        EXG_MPI(MPI_Alltoallv(c->turned, c->turned_count, c->turned_first,
                              MPI_C_FLOAT_COMPLEX, c->post, c->post_count,
                              c->post_first, MPI_C_FLOAT_COMPLEX, par->comm));
    }
}

/* Line l of c->post, in its pieces from all ranks, to c->along or back. */
static void move_line(const exg_par *par, exg_convolve *c, exg_int l, int back)
{
    for (int r = 0; r < par->size; r++) {
        const exg_shard p = exg_shard_of(c->planes, r, par->size);
        fftwf_complex *piece = c->post + c->post_first[r] + l * p.count;
        const size_t bytes = sizeof *piece * (size_t)p.count;

        if (back) {
            memcpy(piece, c->along + p.first, bytes);
        } else {
            memcpy(c->along + p.first, piece, bytes);
        }
    }
}

/* The convolution proper: transform, multiply, transform back. */
static void convolve_line(const exg_par *par, exg_convolve *c, exg_int l)
{
    const float *factor = c->factor + l * c->band;
    float *x = (float *)c->along;

    move_line(par, c, l, 0);
    memset(c->along + c->planes, 0,
           sizeof *c->along * (size_t)(c->mplane - c->planes));
    fftwf_execute(c->line_to);
    for (exg_int i = 0; i < c->band; i++) {
        x[2 * i] *= factor[i];
        x[2 * i + 1] *= factor[i];
    }
    for (exg_int i = c->band; i < c->mplane; i++) {
        x[2 * i] *= factor[c->mplane - i];
        x[2 * i + 1] *= factor[c->mplane - i];
    }
    fftwf_execute(c->line_from);
    move_line(par, c, l, 1);
}

/* What this rank sends in a run, where sums and shares go round a ring. */
static double bytes_of(const exg_par *par, const exg_convolve *c)
{
    const double nodes = (double)(c->planes * c->rows * c->n);
    const exg_int there = (c->lines - c->line.count) * c->plane.count;
    const exg_int back = c->line.count * (c->planes - c->plane.count);

    return 2.0 * sizeof(float) * nodes * (par->size - 1) / par->size +
           (double)sizeof(fftwf_complex) * (double)(there + back);
}

void exg_convolve_run(const exg_par *par, exg_convolve *c, int bits,
                      const uint32_t *charge, float *potential,
                      exg_convolve_sums *sums)
{
    const exg_int size = c->rows * c->n; /* of a plane */
    const float unit = 1.0f / (float)(1 << bits);
    double from = exg_clock_now();

    EXG_MPI(MPI_Reduce_scatter(charge, c->charge, c->count, MPI_UINT32_T,
                               MPI_SUM, par->comm));
    *sums = sums_of(c->plane.count * size, bits, c->charge);
    c->cost.sum += exg_clock_lap(&from);
    for (exg_int p = 0; p < c->plane.count; p++) {
        plane_forward(c, unit, c->charge + p * size);
        turn_plane(c, p, 0);
    }
    c->cost.forward += exg_clock_lap(&from);
    exchange(par, c, 0);
    c->cost.turn += exg_clock_lap(&from);
    for (exg_int l = 0; l < c->line.count; l++) {
        convolve_line(par, c, l);
    }
    c->cost.line += exg_clock_lap(&from);
    exchange(par, c, 1);
    c->cost.turn += exg_clock_lap(&from);
    for (exg_int p = 0; p < c->plane.count; p++) {
        turn_plane(c, p, 1);
        plane_inverse(c, potential + (c->plane.first + p) * size);
    }
    c->cost.inverse += exg_clock_lap(&from);
    EXG_MPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, potential,
                           c->share_count, c->share_first, MPI_FLOAT,
                           par->comm));
    c->cost.share += exg_clock_lap(&from);
    c->cost.bytes += bytes_of(par, c);
}
