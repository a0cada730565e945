/* convolve_planes.c -- transforms within planes: see convolve.c.
 *
 * Rows are transformed 16 at a time, side by side in lanes.  Their waves are
 * turned into chunks, in which 16 waves of one row lie side by side: then
 * transforms across rows and planes have lanes of waves. */
#include <string.h>

#include "convolve_impl.h"

enum {
    L = EXG_LINE,
    CHUNK = EXG_CHUNK
};

/* Where the chunks of 16 rows are, group after group of waves. */
typedef struct {
    float *at;
    exg_int step; /* floats from group to group; rows follow each other */
} chunks;

/* Charges as they come, and what they are. */
typedef struct {
    int shift;  /* of squares            */
    float unit; /* that a charge counts  */
    exg_charge_sums *sums;
} taking;

/* Up to 16 rows of charges, to their chunks. */
static void rows_to(exg_convolve *c, const taking *how, exg_int count,
                    const uint32_t *charge, chunks to)
{
    const exg_kern *k = c->kern;
    _Alignas(64) float turned[L * CHUNK];

    for (exg_int r = 0; r < L; r++) {
        float *row = c->row + r * c->padded;

        if (r < count) {
            k->charge_take(c->n, how->shift, how->unit, charge + r * c->n, row,
                           how->sums);
        } else {
            memset(row, 0, sizeof *row * (size_t)c->n);
        }
    }
    for (exg_int i = 0; i < c->padded; i += L) {
        k->fft_turn(c->row + i, c->padded, c->lane + i * L, L);
    }
    k->fft_enter(c->n, c->quarter, c->lane, c->wave);
    memset(c->wave + c->n * CHUNK, 0,
           sizeof *c->wave * (size_t)((c->groups * L - c->n) * CHUNK));
    k->fft_run(c->node, 0, c->wave);
    for (exg_int g = 0; g < c->groups; g++) {
        float *out = count == L ? to.at + g * to.step : turned;

        k->fft_turn(c->wave + g * L * CHUNK, CHUNK, out, CHUNK);
        k->fft_turn(c->wave + g * L * CHUNK + L, CHUNK, out + L, CHUNK);
        if (count < L) {
            memcpy(to.at + g * to.step, turned,
                   sizeof *turned * (size_t)(count * CHUNK));
        }
    }
}

/* Chunks of up to 16 rows, to their potential. */
static void rows_from(exg_convolve *c, exg_int count, chunks from,
                      float *potential)
{
    const exg_kern *k = c->kern;
    _Alignas(64) float few[L * CHUNK] = {0};

    for (exg_int g = 0; g < c->groups; g++) {
        const float *in = from.at + g * from.step;

        if (count < L) {
            memcpy(few, in, sizeof *few * (size_t)(count * CHUNK));
            in = few;
        }
        k->fft_turn(in, CHUNK, c->wave + g * L * CHUNK, CHUNK);
        k->fft_turn(in + L, CHUNK, c->wave + g * L * CHUNK + L, CHUNK);
    }
    k->fft_run(c->node, 1, c->wave);
    k->fft_leave(c->n, c->quarter, c->wave, c->lane);
    for (exg_int i = 0; i < c->padded; i += L) {
        k->fft_turn(c->lane + i * L, L, c->row + i, c->padded);
    }
    for (exg_int r = 0; r < count; r++) {
        memcpy(potential + r * c->n, c->row + r * c->padded,
               sizeof *potential * (size_t)c->n);
    }
}

static exg_int lesser(exg_int a, exg_int b)
{
    return a < b ? a : b;
}

/* The chunk in c->there of place t of waves, even or odd, of group g. */
static float *chunk_of(const exg_convolve *c, exg_int g, int is_odd, exg_int t,
                       exg_int plane)
{
    const exg_int block = (2 * g + is_odd) * c->other->n + t;

    return c->there + (block * c->plane.count + plane) * CHUNK;
}

/* The rows of a plane in space: c->flat, across rows, to c->there. */
static void across_to(exg_convolve *c, exg_int g, exg_int plane)
{
    const exg_kern *k = c->kern;
    const exg_int m = c->other->n;
    const float *from = c->flat + g * c->rows * CHUNK;
    const size_t rest = sizeof *from * (size_t)((m - c->rows) * CHUNK);

    memcpy(c->wave, from, sizeof *from * (size_t)(c->rows * CHUNK));
    memset(c->wave + c->rows * CHUNK, 0, rest);
    k->fft_twist(c->rows, c->half, from, c->twin);
    memset(c->twin + c->rows * CHUNK, 0, rest);
    k->fft_run(c->other, 0, c->wave);
    k->fft_run(c->other, 0, c->twin);
    for (exg_int t = 0; t < m; t++) {
        memcpy(chunk_of(c, g, 0, t, plane), c->wave + t * CHUNK,
               sizeof *from * CHUNK);
        memcpy(chunk_of(c, g, 1, t, plane), c->twin + t * CHUNK,
               sizeof *from * CHUNK);
    }
}

static void across_from(exg_convolve *c, exg_int g, exg_int plane)
{
    const exg_kern *k = c->kern;
    const exg_int m = c->other->n;
    float *to = c->flat + g * c->rows * CHUNK;

    for (exg_int t = 0; t < m; t++) {
        memcpy(c->wave + t * CHUNK, chunk_of(c, g, 0, t, plane),
               sizeof *to * CHUNK);
        memcpy(c->twin + t * CHUNK, chunk_of(c, g, 1, t, plane),
               sizeof *to * CHUNK);
    }
    k->fft_run(c->other, 1, c->wave);
    k->fft_run(c->other, 1, c->twin);
    memcpy(to, c->wave, sizeof *to * (size_t)(c->rows * CHUNK));
    k->fft_untwist(c->rows, c->half, c->twin, to);
}

void exg_convolve_planes_to(exg_convolve *c, int bits, const uint32_t *charge,
                            exg_charge_sums *sums)
{
    const exg_int flat = c->rows == 1, count = c->plane.count;
    const int over = bits - EXG_CONVOLVE_SQUARE;
    const taking how = {.shift = over > 0 ? over : 0,
                        .unit = 1.0f / (float)(1 << bits),
                        .sums = sums};

    for (exg_int q = 0; q < count && flat; q += L) {
        rows_to(c, &how, lesser(L, count - q), charge + q * c->n,
                (chunks){c->there + q * CHUNK, count * CHUNK});
    }
    for (exg_int q = 0; q < count && !flat; q++) {
        for (exg_int r = 0; r < c->rows; r += L) {
            rows_to(c, &how, lesser(L, c->rows - r),
                    charge + (q * c->rows + r) * c->n,
                    (chunks){c->flat + r * CHUNK, c->rows * CHUNK});
        }
        for (exg_int g = 0; g < c->groups; g++) {
            across_to(c, g, q);
        }
    }
}

void exg_convolve_planes_from(exg_convolve *c, float *potential)
{
    const exg_int flat = c->rows == 1, count = c->plane.count;

    for (exg_int q = 0; q < count && flat; q += L) {
        rows_from(c, lesser(L, count - q),
                  (chunks){c->there + q * CHUNK, count * CHUNK},
                  potential + q * c->n);
    }
    for (exg_int q = 0; q < count && !flat; q++) {
        for (exg_int g = 0; g < c->groups; g++) {
            across_from(c, g, q);
        }
        for (exg_int r = 0; r < c->rows; r += L) {
            rows_from(c, lesser(L, c->rows - r),
                      (chunks){c->flat + r * CHUNK, c->rows * CHUNK},
                      potential + (q * c->rows + r) * c->n);
        }
    }
}
