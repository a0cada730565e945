/* ring.c -- see ring.h.
 *
 * At step s a rank holds the block of rank + s and passes it on to rank - 1
 * while it works on it, so the transfer hides behind the products; so does the
 * question whether a rank was told to stop. */
#include "embed/ring.h"

#include <cblas.h>
#include <string.h>

#include "core/signal.h"
#include "par/agree.h"
#include "par/wish.h"

/* c = a b', the product of two tiles. */
static void product(const float *a, const float *b, exg_int dim, float *c)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, EXG_TILE, EXG_TILE,
                (blasint)dim, 1.0f, a, (blasint)dim, b, (blasint)dim, 0.0f, c,
                EXG_TILE);
}

/* My block in travelling form.  Norms come from the same products as distances,
 * so that those of identical rows cancel. */
static exg_status pack(const exg_tiles *t, exg_int tile_floats, float *block)
{
    exg_status st = EXG_OK;
    const exg_int n = EXG_TILE * t->dim;
    float *c = NULL;

    EXG_TRY(exg_new(&c, EXG_TILE * EXG_TILE));
    for (exg_int i = 0; i < t->own.count; i++) {
        float *tile = block + i * tile_floats;

        memcpy(tile, t->x + i * n, sizeof(float) * (size_t)n);
        product(tile, tile, t->dim, c);
        for (exg_int r = 0; r < EXG_TILE; r++) {
            tile[n + r] = c[r * EXG_TILE + r];
        }
    }
done:
    exg_free(c);
    return st;
}

/* Step s of the turn: pass the block on, look at it, take the next. */
static exg_status step(const exg_par *par, int s, const exg_ring_block *now,
                       MPI_Datatype type, float *into, exg_status mine,
                       exg_ring_visit visit, void *state)
{
    const int size = par->size, rank = par->rank;
    const exg_shard next =
        exg_shard_of(now->tiles.total, (rank + s + 1) % size, size);
    MPI_Request request[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};

    /* The checker does not follow an array of requests.
     * NOLINTBEGIN(clang-analyzer-optin.mpi.MPI-Checker) */
    if (s + 1 < size) {
        EXG_MPI(MPI_Irecv(into, exg_mpi_count(next.count), type,
                          (rank + 1) % size, s, par->comm, &request[0]));
        EXG_MPI(MPI_Isend(now->data, exg_mpi_count(now->tiles.count), type,
                          (rank + size - 1) % size, s, par->comm, &request[1]));
    }
    if (mine == EXG_OK) { /* a failure must not stop the passing on */
        mine = visit(state, now);
    }
    EXG_MPI(MPI_Waitall(2, request, MPI_STATUSES_IGNORE));
    /* NOLINTEND(clang-analyzer-optin.mpi.MPI-Checker) */
    return mine;
}

exg_status exg_ring_turn(const exg_par *par, exg_shard own, exg_int tile_floats,
                         const float *mine, exg_ring_visit visit, void *state)
{
    exg_status st = EXG_OK, verdict = EXG_OK;
    const int size = par->size;
    const exg_int most = exg_shard_of(own.total, 0, size).count * tile_floats;
    float *buffer[2] = {NULL, NULL};
    exg_ring_block now = {.tile_floats = tile_floats, .data = mine};
    MPI_Datatype type;
    exg_wish_asking asking;
    exg_wish wish = {.stop = 0};

    EXG_TRY_ALL(par, exg_new(&buffer[0], size > 2 ? most : 0));
    EXG_TRY_ALL(par, exg_new(&buffer[1], size > 1 ? most : 0));
    type = exg_par_row_type(tile_floats * (exg_int)sizeof(float));
    for (int s = 0; s < size && wish.stop == 0; s++) {
        exg_wish_begin(par, 0, &asking);
        now.tiles = exg_shard_of(own.total, (par->rank + s) % size, size);
        verdict = step(par, s, &now, type, buffer[(s + 1) % 2], verdict, visit,
                       state);
        now.data = buffer[(s + 1) % 2];
        wish = exg_wish_end(&asking);
    }
    EXG_MPI(MPI_Type_free(&type));
    verdict =
        wish.stop != 0 && verdict == EXG_OK
            ? exg_fail(EXG_ESTOP, "stopped by %s", exg_signal_name(wish.stop))
            : verdict;
    EXG_TRY(exg_agree(par, verdict));
done:
    exg_free(buffer[0]);
    exg_free(buffer[1]);
    return st;
}

/* What distances need. */
typedef struct {
    const exg_tiles *tiles;
    exg_int step;   /* between tiles that are measured */
    float *norm;    /* shape (own rows with padding), from my own block */
    float *product; /* shape (EXG_TILE, EXG_TILE)                       */
    exg_ring_use use;
    void *state;
} measure;

/* Products into squared distances, clamped at 0. */
static void distances(const float *na, const float *nb, float *c)
{
    for (exg_int i = 0; i < EXG_TILE; i++) {
        float *row = c + i * EXG_TILE;
        const float a = na[i];

        for (exg_int j = 0; j < EXG_TILE; j++) {
            const float d = (a + nb[j]) - 2.0f * row[j]; /* 2 ab is exact */

            row[j] = d > 0.0f ? d : 0.0f;
        }
    }
}

/* All of my tiles against a block. */
static exg_status measure_block(void *state, const exg_ring_block *block)
{
    exg_status st = EXG_OK;
    const measure *m = state;
    const exg_tiles *t = m->tiles;
    const exg_int n = EXG_TILE * t->dim;

    if (block->tiles.first == t->own.first) { /* mine, the first of all */
        for (exg_int i = 0; i < t->own.count; i++) {
            memcpy(m->norm + i * EXG_TILE,
                   block->data + i * block->tile_floats + n,
                   sizeof(float) * EXG_TILE);
        }
    }
    for (exg_int i = 0; i < t->own.count; i++) {
        if ((t->own.first + i) % m->step != 0) {
            continue;
        }
        EXG_TRY(exg_signal_check());
        for (exg_int j = 0; j < block->tiles.count; j++) {
            const float *b = block->data + j * block->tile_floats;
            const exg_int first = (block->tiles.first + j) * EXG_TILE;
            const exg_int left = t->total - first;

            product(t->x + i * n, b, t->dim, m->product);
            distances(m->norm + i * EXG_TILE, b + n, m->product);
            m->use(m->state, i, first, left < EXG_TILE ? left : EXG_TILE,
                   m->product);
        }
    }
done:
    return st;
}

exg_status exg_ring_distances(const exg_par *par, const exg_tiles *tiles,
                              exg_int step, exg_ring_use use, void *state)
{
    exg_status st = EXG_OK;
    const exg_int tile_floats = EXG_TILE * (tiles->dim + 1);
    measure m = {.tiles = tiles, .step = step, .use = use, .state = state};
    float *mine = NULL;

    openblas_set_num_threads(1);
    EXG_TRY_ALL(par, exg_new(&mine, tiles->own.count * tile_floats));
    EXG_TRY_ALL(par, pack(tiles, tile_floats, mine));
    EXG_TRY_ALL(par, exg_new(&m.norm, tiles->own.count * EXG_TILE));
    EXG_TRY_ALL(par, exg_new(&m.product, EXG_TILE * EXG_TILE));
    EXG_TRY(
        exg_ring_turn(par, tiles->own, tile_floats, mine, measure_block, &m));
done:
    exg_free(mine);
    exg_free(m.norm);
    exg_free(m.product);
    return st;
}
