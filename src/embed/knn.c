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
 * them.
 *
 * Tiles pass round the ring of ranks; or, on one host, every rank looks at
 * those of all where they are, so that near ones come first whosever they are.
 */
#include "embed/knn.h"

#include <cblas.h> /* openblas_set_num_threads */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "knn_impl.h"
#include "par/agree.h"

static exg_status visit(void *state, const exg_ring_block *block)
{
    return exg_knn_meet(state, 1, block);
}

/* All tiles at once, in memory that all ranks see. */
static exg_status meet_shared(const exg_par *par, const exg_pack *p,
                              exg_knn_search *s)
{
    exg_status st = EXG_OK;
    exg_ring_block *block = NULL;

    EXG_TRY_ALL(par, exg_new(&block, par->size));
    for (int r = 0; r < par->size; r++) {
        block[r] = (exg_ring_block){
            .tiles = exg_shard_of(p->tiles.total, r, par->size),
            .tile_floats = p->at.floats,
            .data = s->shared->at[r]};
    }
    EXG_TRY_ALL(par, exg_knn_meet(s, par->size, block));
done:
    exg_free(block);
    return st;
}

/* Let all ranks see a pack, if they can: it moves there. */
static int share(const exg_par *par, exg_pack *p, exg_shared *shared)
{
    const exg_int bytes =
        p->tiles.count * p->at.floats * (exg_int)sizeof *p->data;

    if (!exg_shared_grow(par, bytes + 2 * EXG_KNN_LINE, shared)) {
        return 0;
    }
    memcpy(shared->at[par->rank], p->data, (size_t)bytes);
    exg_pack_clear(p);
    p->data = shared->at[par->rank];
    exg_shared_meet(par);
    return 1;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The k best of my tiles' rows, in order. */
static void finish(exg_knn_search *s, exg_int first, int32_t *index,
                   float *dist2)
{
    const exg_pack_layout *at = &s->pack->at;

    for (exg_int i = 0; i < s->pack->tiles.count * EXG_TILE; i++) {
        const float *tile = s->pack->data + i / EXG_TILE * at->floats;
        const exg_int row = exg_pack_id(at, tile, i % EXG_TILE) - first;
        uint64_t *w = s->word + i * s->room;

        if (row + first < 0) {
            continue;
        }
        exg_knn_shrink(s, i);
        qsort(w, (size_t)s->k, sizeof *w, by_value);
        for (exg_int a = 0; a < s->k; a++) {
            index[row * s->k + a] = (int32_t)(w[a] & 0xffffffffu);
            dist2[row * s->k + a] = exg_knn_distance_of(w[a]);
        }
    }
}

/* Pack the rows, those that ask and, where they are others, those that are
 * searched, and make room for candidates. */
static exg_status prepare(const exg_par *par, const exg_tiles *tiles,
                          const exg_tiles *among, exg_pack *pack,
                          exg_knn_search *s)
{
    exg_status st = EXG_OK;
    const exg_int n = tiles->own.count * EXG_TILE;
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
    EXG_TRY_ALL(par, exg_new(&s->visitor, among->own.total));
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
    exg_knn_search s = {.how = how != NULL ? *how : plain,
                        .planned = tiles->own.count * among->own.total,
                        .k = k,
                        .rank = par->rank,
                        .same = among == tiles};
    exg_pack *other = &pack[s.same ? 0 : 1];
    exg_shared shared = {.at = NULL};
    int32_t *found = NULL;
    float *far = NULL;

    s.kern = s.how.kern;
    EXG_TRY(prepare(par, tiles, among, pack, &s));
    EXG_TRY_ALL(par, exg_new(&found, n * k));
    EXG_TRY_ALL(par, exg_new(&far, n * k));
    exg_knn_advance(&s, 0);
    s.shared = share(par, other, &shared) ? &shared : NULL;
    EXG_TRY(s.shared != NULL
                ? meet_shared(par, other, &s)
                : exg_ring_turn(par, other->tiles, other->at.floats,
                                other->data, visit, &s));
    finish(&s, tiles->first, found, far);
    EXG_TRY(
        exg_tiles_back(par, tiles, k * (exg_int)sizeof *index, found, index));
    EXG_TRY(exg_tiles_back(par, tiles, k * (exg_int)sizeof *dist2, far, dist2));
done:
    if (s.shared != NULL) {
        other->data = NULL; /* it was there */
    }
    exg_shared_free(&shared);
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
