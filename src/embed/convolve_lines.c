/* convolve_lines.c -- the convolution proper, across planes: see convolve.c. */
#include <string.h>

#include "convolve_impl.h"

enum {
    CHUNK = EXG_CHUNK
};

static void one_block(exg_convolve *c, exg_int b)
{
    const int size = c->size;
    const exg_kern *k = c->kern;
    const exg_int m = c->other->n;
    const float *factor = c->factor + b * c->band * EXG_LINE;
    const size_t rest = sizeof *factor * (size_t)((m - c->planes) * CHUNK);

    for (int r = 0; r < size; r++) {
        const exg_shard p = exg_shard_of(c->planes, r, size);
        const float *piece = c->piece[r] + b * p.count * CHUNK;

        memcpy(c->wave + p.first * CHUNK, piece,
               sizeof *piece * (size_t)(p.count * CHUNK));
        k->fft_twist(p.count, c->half + 2 * p.first, piece,
                     c->twin + p.first * CHUNK);
    }
    memset(c->wave + c->planes * CHUNK, 0, rest);
    memset(c->twin + c->planes * CHUNK, 0, rest);
    k->fft_run(c->other, 0, c->wave);
    k->fft_scale(m, c->even, factor, c->wave);
    k->fft_run(c->other, 1, c->wave);
    k->fft_run(c->other, 0, c->twin);
    k->fft_scale(m, c->odd, factor, c->twin);
    k->fft_run(c->other, 1, c->twin);
    for (int r = 0; r < size; r++) {
        const exg_shard p = exg_shard_of(c->planes, r, size);
        float *piece = c->piece[r] + b * p.count * CHUNK;

        memcpy(piece, c->wave + p.first * CHUNK,
               sizeof *piece * (size_t)(p.count * CHUNK));
        k->fft_untwist(p.count, c->half + 2 * p.first,
                       c->twin + p.first * CHUNK, piece);
    }
}

void exg_convolve_lines(exg_convolve *c)
{
    for (exg_int b = 0; b < c->block.count; b++) {
        if (c->planes == 1) {
            c->kern->fft_scale(1, c->even, c->factor + b * EXG_LINE,
                               c->piece[0] + b * CHUNK);
        } else {
            one_block(c, b);
        }
    }
}
