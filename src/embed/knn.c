/* knn.c -- see knn.h.
 *
 * Most pairs are told to be no neighbours by lower bounds: of whole tiles by
 * their centres and radii, of single pairs by a few lead coordinates (lead.h).
 * Only those that pass, about 1 in 100, are measured in full.  Bounds allow for
 * every rounding, so what is found is exact, and a pair's distance is one
 * definite number whoever measures it.
 *
 * A candidate is one 64-bit word, the bits of its squared distance above its
 * row number: non-negative floats compare like their bits, so words compare by
 * distance and then by row, and the k smallest are one definite set whatever
 * the order in which tiles come.  A row collects what is below its limit; when
 * its buffer fills, the k smallest stay and the limit falls to the largest of
 * them. */
#include "embed/knn.h"

#include <cblas.h> /* openblas_set_num_threads */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/signal.h"
#include "embed/pack.h"
#include "embed/ring.h"
#include "par/agree.h"

_Static_assert((int)EXG_TILE == (int)EXG_NEAR_TILE,
               "kernels work on whole tiles");

/* A tile that passes by, and how far it is. */
typedef struct {
    float far;      /* from centre to centre                     */
    uint32_t tile;  /* of the block                              */
    uint64_t least; /* no pair of it has a smaller word          */
} visitor;

/* Candidates of my packed rows. */
typedef struct {
    const exg_pack *pack;
    int same; /* 1: the tiles that pass are of the same matrix */
    const exg_kern *kern;
    exg_knn_how how;
    exg_int done, planned; /* pairs of tiles                       */
    exg_int k, room;       /* candidates wanted, held at most           */
    double wider;          /* factor of bounds, for rounding            */
    uint64_t *word;        /* shape (rows, room)                        */
    int32_t *held;         /* shape (rows)                              */
    uint64_t *limit;       /* shape (rows): largest word wanted         */
    visitor *visitor;      /* shape (most tiles of a rank)              */
    _Alignas(64) float ka[EXG_TILE];
    uint64_t hit[EXG_TILE * EXG_NEAR_WORDS];
    int32_t which[EXG_TILE];
    float dist2[EXG_TILE];
} search;

static uint64_t word_of(float dist2, int32_t row)
{
    uint32_t bits;

    memcpy(&bits, &dist2, sizeof bits);
    return (uint64_t)bits << 32 | (uint32_t)row;
}

static float distance_of(uint64_t word)
{
    const uint32_t bits = (uint32_t)(word >> 32);
    float d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

/* Keep k candidates of a row, if it has so many, and lower its limit. */
static void shrink(search *s, exg_int row)
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
static void collect(search *s, exg_int row, const float *x, const float *tile,
                    exg_int n)
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
                shrink(s, row);
            }
        }
    }
    if (s->limit[row] == UINT64_MAX) {
        shrink(s, row);
    }
}

/* Rows of a tile that passed the sieve, without the row itself. */
static exg_int passed(search *s, exg_int r, int same)
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
static void meet(search *s, exg_int mine, const float *other, int same)
{
    const exg_pack_layout *at = &s->pack->at;
    const float *tile = s->pack->data + mine * at->floats;
    const exg_int row0 = mine * EXG_TILE;

    for (exg_int r = 0; r < EXG_TILE; r++) {
        const uint64_t limit = s->limit[row0 + r];
        const double bound = limit == UINT64_MAX
                                 ? INFINITY
                                 : (double)distance_of(limit) * s->wider;

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
static visitor look_at(const search *s, const float *a, const float *b,
                       exg_int tile)
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
    return (visitor){.far = (float)far,
                     .tile = (uint32_t)tile,
                     .least = word_of((float)gap, fb.lowest)};
}

static int nearer(const void *a, const void *b)
{
    const visitor *x = a, *y = b;

    if (x->far != y->far) {
        return x->far < y->far ? -1 : 1;
    }
    return x->tile < y->tile ? -1 : x->tile > y->tile;
}

/* The largest word that a row of my tile still wants. */
static uint64_t widest(const search *s, exg_int mine)
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
static void advance(search *s, exg_int more)
{
    s->done += more;
    if (s->how.progress != NULL) {
        s->how.progress(s->how.state, s->done, s->planned);
    }
}

/* All of my tiles against a block, near tiles first. */
static exg_status visit(void *state, const exg_ring_block *block)
{
    exg_status st = EXG_OK;
    search *s = state;
    const exg_pack *p = s->pack;
    const int own = s->same && block->tiles.first == p->tiles.first;

    for (exg_int i = 0; i < p->tiles.count; i++) {
        const float *tile = p->data + i * p->at.floats;

        EXG_TRY(exg_signal_check());
        for (exg_int j = 0; j < block->tiles.count; j++) {
            s->visitor[j] =
                look_at(s, tile, block->data + j * block->tile_floats, j);
            if (own && i == j) {
                s->visitor[j].far = -1.0f;
            }
        }
        qsort(s->visitor, (size_t)block->tiles.count, sizeof *s->visitor,
              nearer);
        for (exg_int j = 0; j < block->tiles.count; j++) {
            const visitor *v = s->visitor + j;

            if (v->least <= widest(s, i)) {
                meet(s, i, block->data + v->tile * block->tile_floats,
                     v->far < 0.0f);
            }
        }
        advance(s, block->tiles.count);
    }
done:
    return st;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The k best of my tiles' rows, in order. */
static void finish(search *s, exg_int first, int32_t *index, float *dist2)
{
    const exg_pack_layout *at = &s->pack->at;

    for (exg_int i = 0; i < s->pack->tiles.count * EXG_TILE; i++) {
        const float *tile = s->pack->data + i / EXG_TILE * at->floats;
        const exg_int row = exg_pack_id(at, tile, i % EXG_TILE) - first;
        uint64_t *w = s->word + i * s->room;

        if (row + first < 0) {
            continue;
        }
        shrink(s, i);
        qsort(w, (size_t)s->k, sizeof *w, by_value);
        for (exg_int a = 0; a < s->k; a++) {
            index[row * s->k + a] = (int32_t)(w[a] & 0xffffffffu);
            dist2[row * s->k + a] = distance_of(w[a]);
        }
    }
}

/* Pack the rows, those that ask and, where they are others, those that are
 * searched, and make room for candidates. */
static exg_status prepare(const exg_par *par, const exg_tiles *tiles,
                          const exg_tiles *among, exg_pack *pack, search *s)
{
    exg_status st = EXG_OK;
    const exg_int n = tiles->own.count * EXG_TILE;
    const exg_int most = exg_shard_of(among->own.total, 0, par->size).count;
    exg_lead lead = {.basis = NULL};
    exg_int room = 0, roundings;

    openblas_set_num_threads(1);
    EXG_TRY_ALL(par,
                s->kern != NULL ? EXG_OK : exg_kern_select(NULL, &s->kern));
    EXG_TRY(exg_lead_choose(par, among, s->k, &lead));
    EXG_TRY_ALL(par, exg_pack_create(&lead, tiles, &pack[0]));
    if (!s->same) {
        EXG_TRY_ALL(par, exg_pack_create(&lead, among, &pack[1]));
    }
    s->pack = pack;
    roundings = tiles->dim / 16 + 32;
    s->wider = 1.0 + exg_pack_slack(lead.m) + (double)roundings * 0x1p-24;
    s->room = s->k + (s->k > EXG_TILE ? s->k / 2 : EXG_TILE / 2);
    EXG_TRY_ALL(par, exg_mem_product(n, s->room, &room));
    EXG_TRY_ALL(par, exg_new(&s->word, room));
    EXG_TRY_ALL(par, exg_new(&s->held, n));
    EXG_TRY_ALL(par, exg_new(&s->limit, n));
    EXG_TRY_ALL(par, exg_new(&s->visitor, most));
    for (exg_int i = 0; i < n; i++) {
        s->limit[i] = UINT64_MAX;
    }
done:
    exg_lead_clear(&lead);
    return st;
}

static exg_status find(const exg_par *par, const exg_knn_how *how,
                       const exg_tiles *tiles, const exg_tiles *among,
                       exg_int k, int32_t *index, float *dist2)
{
    exg_status st = EXG_OK;
    const exg_int n = tiles->count;
    exg_pack pack[2] = {{.data = NULL}, {.data = NULL}}; /* mine, the others */
    const exg_knn_how plain = {.kern = NULL};
    search s = {.how = how != NULL ? *how : plain,
                .planned = tiles->own.count * among->own.total,
                .k = k,
                .same = among == tiles};
    const exg_pack *other = &pack[s.same ? 0 : 1];
    int32_t *found = NULL;
    float *far = NULL;

    s.kern = s.how.kern;
    EXG_TRY(prepare(par, tiles, among, pack, &s));
    EXG_TRY_ALL(par, exg_new(&found, n * k));
    EXG_TRY_ALL(par, exg_new(&far, n * k));
    advance(&s, 0);
    EXG_TRY(exg_ring_turn(par, other->tiles, other->at.floats, other->data,
                          visit, &s));
    finish(&s, tiles->first, found, far);
    EXG_TRY(
        exg_tiles_back(par, tiles, k * (exg_int)sizeof *index, found, index));
    EXG_TRY(exg_tiles_back(par, tiles, k * (exg_int)sizeof *dist2, far, dist2));
done:
    exg_pack_clear(&pack[0]);
    exg_pack_clear(&pack[1]);
    exg_free(s.word);
    exg_free(s.held);
    exg_free(s.limit);
    exg_free(s.visitor);
    exg_free(found);
    exg_free(far);
    return st;
}

exg_status exg_knn(const exg_par *par, const exg_knn_how *how,
                   const exg_tiles *tiles, exg_int k, int32_t *index,
                   float *dist2)
{
    return find(par, how, tiles, tiles, k, index, dist2);
}

exg_status exg_knn_among(const exg_par *par, const exg_knn_how *how,
                         const exg_tiles *asking, const exg_tiles *among,
                         exg_int k, int32_t *index, float *dist2)
{
    return find(par, how, asking, among, k, index, dist2);
}
