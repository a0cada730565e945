/* knn_search.c -- my rows against tiles: what a tile must be measured for, and
 * the candidates that come of it.  See knn.c. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/signal.h"
#include "knn_impl.h"

_Static_assert((int)EXG_TILE == (int)EXG_NEAR_TILE,
               "kernels work on whole tiles");

static uint64_t word_of(float dist2, int32_t row)
{
    uint32_t bits;

    memcpy(&bits, &dist2, sizeof bits);
    return (uint64_t)bits << 32 | (uint32_t)row;
}

float exg_knn_distance_of(uint64_t word)
{
    const uint32_t bits = (uint32_t)(word >> 32);
    float d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

/* Keep k candidates of a row, if it has so many, and lower its limit. */
void exg_knn_shrink(exg_knn_search *s, exg_int row)
{
    uint64_t *w = s->word + row * s->room;

    if (s->held[row] >= s->k) {
        exg_pack_smallest(w, s->held[row], s->k);
        s->held[row] = (int32_t)s->k;
        s->limit[row] = w[0];
        for (exg_int a = 1; a < s->k; a++) {
            s->limit[row] = w[a] > s->limit[row] ? w[a] : s->limit[row];
        }
    }
}

/* Measure the n rows of a tile that `which` names; keep the near ones. */
static void collect(exg_knn_search *s, exg_int row, const float *x,
                    const float *tile, exg_int n)
{
    const exg_pack_layout *at = &s->pack->at;
    uint64_t *w = s->word + row * s->room;

    s->kern->near_distances(at->wide, x, tile, n, s->which, s->dist2);
    for (exg_int i = 0; i < n; i++) {
        const int32_t id = exg_pack_id(at, tile, s->which[i]);
        const uint64_t new = word_of(s->dist2[i], id);

        if (new < s->limit[row]) {
            w[s->held[row]++] = new;
            if (s->held[row] == s->room) {
                exg_knn_shrink(s, row);
            }
        }
    }
    if (s->limit[row] == UINT64_MAX) {
        exg_knn_shrink(s, row);
    }
}

/* Rows of a tile that passed the sieve, without the row itself. */
static exg_int passed(exg_knn_search *s, exg_int r, int same)
{
    exg_int n = 0;

    for (int i = 0; i < EXG_NEAR_WORDS; i++) {
        uint64_t bits = s->hit[r * EXG_NEAR_WORDS + i];

        if (same && r / 64 == i) {
            bits &= ~((uint64_t)1 << r % 64);
        }
        for (; bits != 0; bits &= bits - 1) {
            s->which[n++] = i * 64 + __builtin_ctzll(bits);
        }
    }
    return n;
}

/* One of my tiles against another. */
static void meet(exg_knn_search *s, exg_int mine, const float *other, int same)
{
    const exg_pack_layout *at = &s->pack->at;
    const float *tile = s->pack->data + mine * at->floats;
    const exg_int row0 = mine * EXG_TILE;

    for (exg_int r = 0; r < EXG_TILE; r++) {
        const uint64_t limit = s->limit[row0 + r];
        const double bound =
            limit == UINT64_MAX ? INFINITY
                                : (double)exg_knn_distance_of(limit) * s->wider;

        s->ka[r] = exg_pack_id(at, tile, r) < 0
                       ? -INFINITY
                       : (float)(0.5 * bound + (double)tile[at->half + r]);
    }
    s->kern->near_sieve(at->m, tile + at->panel, s->ka, other + at->panel,
                        other + at->half, s->hit);
    for (exg_int r = 0; r < EXG_TILE; r++) {
        const exg_int n = passed(s, r, same);

        if (n > 0) {
            collect(s, row0 + r, tile + r * at->wide, other, n);
        }
    }
}

/* How far a tile is, and what its pairs cannot be below. */
static exg_knn_visitor look_at(const exg_knn_search *s, const float *a,
                               const float *b, exg_int number)
{
    const exg_pack_layout *at = &s->pack->at;
    exg_pack_facts fa, fb;
    double far = 0.0, gap;

    memcpy(&fa, a + at->facts, sizeof fa);
    memcpy(&fb, b + at->facts, sizeof fb);
    for (exg_int c = 0; c < at->m; c++) {
        const double e = (double)a[at->centre + c] - (double)b[at->centre + c];

        far += e * e;
    }
    far = sqrt(far);
    gap = far - (double)fa.radius - (double)fb.radius -
          1e-6 * ((double)fa.norm + (double)fb.norm);
    gap = gap > 0.0 ? gap * gap / s->wider : 0.0;
    return (exg_knn_visitor){.far = (float)far,
                             .number = (uint32_t)number,
                             .tile = b,
                             .least = word_of((float)gap, fb.lowest)};
}

static int nearer(const void *a, const void *b)
{
    const exg_knn_visitor *x = a, *y = b;

    if (x->far != y->far) {
        return x->far < y->far ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The largest word that a row of my tile still wants. */
static uint64_t widest(const exg_knn_search *s, exg_int mine)
{
    const exg_pack_layout *at = &s->pack->at;
    const float *tile = s->pack->data + mine * at->floats;
    uint64_t most = 0;

    for (exg_int r = 0; r < EXG_TILE && exg_pack_id(at, tile, r) >= 0; r++) {
        const uint64_t limit = s->limit[mine * EXG_TILE + r];

        most = limit > most ? limit : most;
    }
    return most;
}

/* So many more pairs of tiles are done. */
void exg_knn_advance(exg_knn_search *s, exg_int more)
{
    s->done += more;
    if (s->how.progress != NULL) {
        s->how.progress(s->how.state, s->done, s->planned);
    }
}

/* All tiles of some blocks, as my tile sees them, near ones first.
 * @return how many */
static exg_int line_up(exg_knn_search *s, exg_int nblock,
                       const exg_ring_block *block, const float *tile)
{
    exg_int n = 0;

    for (exg_int b = 0; b < nblock; b++) {
        for (exg_int j = 0; j < block[b].tiles.count; j++) {
            exg_knn_visitor *v = s->visitor + n;

            *v = look_at(s, tile, block[b].data + j * block[b].tile_floats, n);
            if (v->tile == tile) {
                v->far = -1.0f;
            }
            n++;
        }
    }
    qsort(s->visitor, (size_t)n, sizeof *s->visitor, nearer);
    return n;
}

/* Where ranks that share memory say that they stop: behind the tiles. */
static atomic_int *stop_of(const exg_shared *shared, int rank)
{
    return (atomic_int *)((char *)shared->at[rank] +
                          shared->bytes / EXG_KNN_LINE * EXG_KNN_LINE -
                          EXG_KNN_LINE);
}

/* EXG_ESTOP where this rank was told to stop, and then the others hear of it;
 * *stop where another one was. */
static exg_status look_for_stop(const exg_knn_search *s, int *stop)
{
    const exg_status st = exg_signal_check();

    for (int r = 0; s->shared != NULL && r < (int)s->shared->size; r++) {
        if (st != EXG_OK && r == s->rank) {
            atomic_store(stop_of(s->shared, r), 1);
        }
        *stop |= atomic_load(stop_of(s->shared, r));
    }
    return st;
}

/* All of my tiles against those of some blocks. */
exg_status exg_knn_meet(exg_knn_search *s, exg_int nblock,
                        const exg_ring_block *block)
{
    exg_status st = EXG_OK;
    const exg_pack *p = s->pack;
    int stop = 0;

    for (exg_int i = 0; i < p->tiles.count; i++) {
        const float *tile = p->data + i * p->at.floats;
        exg_int n;

        EXG_TRY(look_for_stop(s, &stop));
        if (stop) {
            break; /* the one that was told to will say so */
        }
        n = line_up(s, nblock, block, tile);
        for (exg_int j = 0; j < n; j++) {
            const exg_knn_visitor *v = s->visitor + j;

            if (v->least <= widest(s, i)) {
                meet(s, i, v->tile, v->far < 0.0f);
            }
        }
        exg_knn_advance(s, n);
    }
done:
    return st;
}
