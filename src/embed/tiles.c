/* tiles.c -- see tiles.h.  Both layouts are contiguous and in rank order, so a
 * move sends each rank the overlap of two intervals: one MPI_Alltoallv. */
#include "embed/tiles.h"

#include <math.h>
#include <string.h>

#include "core/fixed.h"
#include "par/agree.h"
#include "par/reduce.h"

enum {
    MOST_TIMES = 48 /* factor 2^48: squares stay far below float's largest */
};

exg_shard exg_tiles_rows(exg_int total, int rank, int size)
{
    const exg_int n = (total + EXG_TILE - 1) / EXG_TILE;
    const exg_shard t = exg_shard_of(n, rank, size);
    const exg_int first = t.first * EXG_TILE;
    const exg_int end = (t.first + t.count) * EXG_TILE;
    const exg_int last = end < total ? end : total;

    return (exg_shard){.total = total,
                       .first = first < total ? first : total,
                       .count = last > first ? last - first : 0};
}

/* Which of my rows [a.first, a.first + a.count) are in b: count and offset. */
static void overlap(exg_shard a, exg_shard b, int *count, int *offset)
{
    const exg_int from = a.first > b.first ? a.first : b.first;
    const exg_int a_end = a.first + a.count, b_end = b.first + b.count;
    const exg_int to = a_end < b_end ? a_end : b_end;

    *count = to > from ? exg_mpi_count(to - from) : 0;
    *offset = to > from ? exg_mpi_count(from - a.first) : 0;
}

/* Move rows between the two layouts. */
static exg_status move(const exg_par *par, exg_int total, int to_tiles,
                       exg_int row_bytes, const void *in, void *out)
{
    exg_status st = EXG_OK;
    const int size = par->size;
    int *lay = NULL;
    MPI_Datatype row;

    EXG_TRY_ALL(par, exg_new(&lay, 4 * (exg_int)size));
    for (int r = 0; r < size; r++) {
        const exg_shard my_rows = exg_shard_mine(par, total);
        const exg_shard my_tile = exg_tiles_rows(total, par->rank, size);
        const exg_shard his_rows = exg_shard_of(total, r, size);
        const exg_shard his_tile = exg_tiles_rows(total, r, size);

        overlap(to_tiles ? my_rows : my_tile, to_tiles ? his_tile : his_rows,
                &lay[r], &lay[size + r]);
        overlap(to_tiles ? my_tile : my_rows, to_tiles ? his_rows : his_tile,
                &lay[2 * size + r], &lay[3 * size + r]);
    }
    row = exg_par_row_type(row_bytes);
    EXG_MPI(MPI_Alltoallv(in, lay, lay + size, row, out, lay + 2 * size,
                          lay + 3 * size, row, par->comm));
    EXG_MPI(MPI_Type_free(&row));
done:
    exg_free(lay);
    return st;
}

exg_status exg_tiles_back(const exg_par *par, const exg_tiles *tiles,
                          exg_int row_bytes, const void *mine, void *rows)
{
    return move(par, tiles->total, 0, row_bytes, mine, rows);
}

exg_status exg_tiles_deal(const exg_par *par, exg_int total, exg_int row_bytes,
                          const void *rows, void *mine)
{
    return move(par, total, 1, row_bytes, rows, mine);
}

/* The largest magnitude of my rows, or the first value that is no number. */
static exg_status largest(exg_shard mine, exg_int dim, const float *x,
                          double *out)
{
    float most = 0.0f;

    for (exg_int i = 0; i < mine.count * dim; i++) {
        if (!isfinite(x[i])) {
            return exg_fail(EXG_EINPUT,
                            "features: row %td, column %td is %f, want finite",
                            mine.first + i / dim, i % dim, (double)x[i]);
        }
        most = fmaxf(most, fabsf(x[i]));
    }
    *out = (double)most;
    return EXG_OK;
}

/* Scale my tiles in place, exactly, and find the exact column means. */
static exg_status scale(const exg_par *par, exg_tiles *t)
{
    exg_status st = EXG_OK;
    const int s = exg_fixed_scale(1.0, t->total);
    const double factor = ldexp(1.0, -t->exponent), unit = ldexp(1.0, s);
    exg_fixed *sum = NULL;

    EXG_TRY_ALL(par, exg_new(&sum, t->dim));
    for (exg_int i = 0; i < t->count; i++) {
        float *row = t->x + i * t->dim;

        for (exg_int c = 0; c < t->dim; c++) {
            row[c] = (float)((double)row[c] * factor); /* exact */
            sum[c] += llrint((double)row[c] * unit);
        }
    }
    exg_reduce_fixed(par, t->dim, sum);
    exg_fixed_to_mean(t->dim, sum, t->total, s, t->mean);
done:
    exg_free(sum);
    return st;
}

/* The other matrix's scale and means. */
static void scale_like(const exg_tiles *like, exg_tiles *t)
{
    const double factor = ldexp(1.0, -t->exponent);

    for (exg_int i = 0; i < t->count * t->dim; i++) {
        t->x[i] = (float)((double)t->x[i] * factor);
    }
    memcpy(t->mean, like->mean, sizeof *t->mean * (size_t)t->dim);
}

static void centre(exg_tiles *t)
{
    for (exg_int i = 0; i < t->count; i++) {
        for (exg_int c = 0; c < t->dim; c++) {
            t->x[i * t->dim + c] -= t->mean[c];
        }
    }
}

/* Rows in tiles, as they are. */
static exg_status deal(const exg_par *par, exg_int total, exg_int dim,
                       const float *x, exg_tiles **tiles)
{
    exg_status st = EXG_OK;
    const exg_shard rows = exg_tiles_rows(total, par->rank, par->size);
    exg_tiles *t = NULL;
    exg_int room = 0;

    EXG_TRY_ALL(par, exg_new(&t, 1));
    t->total = total;
    t->dim = dim;
    t->own = exg_shard_mine(par, (total + EXG_TILE - 1) / EXG_TILE);
    t->first = rows.first;
    t->count = rows.count;
    EXG_TRY_ALL(par, exg_mem_product(t->own.count * EXG_TILE, dim, &room));
    EXG_TRY_ALL(par, exg_new(&t->x, room));
    EXG_TRY_ALL(par, exg_new(&t->mean, dim));
    EXG_TRY(exg_tiles_deal(par, total, dim * (exg_int)sizeof *x, x, t->x));
    *tiles = t;
    t = NULL;
done:
    exg_tiles_destroy(&t);
    return st;
}

exg_status exg_tiles_create(const exg_par *par, exg_int total, exg_int dim,
                            const float *x, exg_tiles **tiles)
{
    exg_status st = EXG_OK;
    exg_tiles *t = NULL;
    double most = 0.0;

    EXG_TRY_ALL(par, largest(exg_shard_mine(par, total), dim, x, &most));
    EXG_TRY(deal(par, total, dim, x, &t));
    most = exg_reduce_max(par, most);
    (void)frexp(most, &t->exponent);
    EXG_TRY(scale(par, t));
    centre(t);
    *tiles = t;
    t = NULL;
done:
    exg_tiles_destroy(&t);
    return st;
}

exg_status exg_tiles_create_like(const exg_par *par, const exg_tiles *like,
                                 exg_int total, const float *x,
                                 exg_tiles **tiles)
{
    exg_status st = EXG_OK;
    exg_tiles *t = NULL;
    double most = 0.0;

    EXG_TRY_ALL(par, largest(exg_shard_mine(par, total), like->dim, x, &most));
    most = exg_reduce_max(par, most);
    EXG_TRY_ALL(par,
                most < ldexp(1.0, like->exponent + MOST_TIMES)
                    ? EXG_OK
                    : exg_fail(EXG_EINPUT,
                               "features: a value of magnitude %g, want "
                               "less than %g beside those of the "
                               "reference",
                               most, ldexp(1.0, like->exponent + MOST_TIMES)));
    EXG_TRY(deal(par, total, like->dim, x, &t));
    t->exponent = like->exponent;
    scale_like(like, t);
    centre(t);
    *tiles = t;
    t = NULL;
done:
    exg_tiles_destroy(&t);
    return st;
}

void exg_tiles_destroy(exg_tiles **tiles)
{
    if (*tiles != NULL) {
        exg_free((*tiles)->x);
        exg_free((*tiles)->mean);
        exg_free(*tiles);
        *tiles = NULL;
    }
}
