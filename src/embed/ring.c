/* ring.c -- see ring.h.
 *
 * At step s a rank holds the block of rank + s and passes it on to rank - 1
 * while it works on it, so the transfer hides behind the products.  A block is
 * its owner's tiles, each followed by the norms of its rows. */
#include "embed/ring.h"

#include <cblas.h>
#include <string.h>

#include "par/agree.h"

/* Blocks on their way. */
typedef struct {
    float *block[2];     /* shape (most tiles) each: rows, then norms */
    float *norm;         /* shape (own rows with padding)             */
    float *product;      /* shape (EXG_TILE, EXG_TILE)                */
    exg_int tile_floats; /* one tile and its norms                    */
    MPI_Datatype type;   /* of one tile and its norms                 */
} ring;

static void product(const float *a, const float *b, exg_int dim, float *c)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, EXG_TILE, EXG_TILE,
                (blasint)dim, 1.0f, a, (blasint)dim, b, (blasint)dim, 0.0f, c,
                EXG_TILE);
}

/* Norms by the same products as distances. */
static void norms(const exg_tiles *t, ring *g)
{
    for (exg_int i = 0; i < t->own.count; i++) {
        const float *x = t->x + i * EXG_TILE * t->dim;

        product(x, x, t->dim, g->product);
        for (exg_int r = 0; r < EXG_TILE; r++) {
            g->norm[i * EXG_TILE + r] = g->product[r * EXG_TILE + r];
        }
    }
}

/* My block in travelling form: each tile with its norms. */
static void pack(const exg_tiles *t, const ring *g, float *block)
{
    const exg_int n = EXG_TILE * t->dim;

    for (exg_int i = 0; i < t->own.count; i++) {
        float *tile = block + i * g->tile_floats;

        memcpy(tile, t->x + i * n, sizeof(float) * (size_t)n);
        memcpy(tile + n, g->norm + i * EXG_TILE, sizeof(float) * EXG_TILE);
    }
}

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
static exg_status work(const exg_tiles *t, ring *g, exg_shard from,
                       const float *block, exg_ring_visit visit, void *state)
{
    exg_status st = EXG_OK;

    for (exg_int i = 0; i < t->own.count; i++) {
        for (exg_int j = 0; j < from.count; j++) {
            const float *b = block + j * g->tile_floats;
            const exg_int first = (from.first + j) * EXG_TILE;
            const exg_int left = t->total - first;

            product(t->x + i * EXG_TILE * t->dim, b, t->dim, g->product);
            distances(g->norm + i * EXG_TILE, b + EXG_TILE * t->dim,
                      g->product);
            EXG_TRY(visit(state, i, first, left < EXG_TILE ? left : EXG_TILE,
                          g->product));
        }
    }
done:
    return st;
}

/* Once round. */
static exg_status turn(const exg_par *par, const exg_tiles *t, ring *g,
                       exg_ring_visit visit, void *state)
{
    exg_status mine = EXG_OK; /* a failure must not stop the passing on */
    const int left = (par->rank + par->size - 1) % par->size;
    const int right = (par->rank + 1) % par->size;

    pack(t, g, g->block[0]);
    for (int s = 0; s < par->size; s++) {
        const exg_shard now =
            exg_shard_of(t->own.total, (par->rank + s) % par->size, par->size);
        const exg_shard next = exg_shard_of(
            t->own.total, (par->rank + s + 1) % par->size, par->size);
        float *block = g->block[s % 2];
        MPI_Request request[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};

        if (s + 1 < par->size) {
            EXG_MPI(MPI_Irecv(g->block[(s + 1) % 2], exg_mpi_count(next.count),
                              g->type, right, s, par->comm, &request[0]));
            EXG_MPI(MPI_Isend(block, exg_mpi_count(now.count), g->type, left, s,
                              par->comm, &request[1]));
        }
        if (mine == EXG_OK) {
            mine = work(t, g, now, block, visit, state);
        }
        EXG_MPI(MPI_Waitall(2, request, MPI_STATUSES_IGNORE));
    }
    return exg_agree(par, mine);
}

exg_status exg_ring_distances(const exg_par *par, const exg_tiles *tiles,
                              exg_ring_visit visit, void *state)
{
    exg_status st = EXG_OK;
    const exg_int most = exg_shard_of(tiles->own.total, 0, par->size).count;
    ring g = {.tile_floats = EXG_TILE * (tiles->dim + 1),
              .type = MPI_DATATYPE_NULL};

    openblas_set_num_threads(1);
    EXG_TRY_ALL(par, exg_new(&g.block[0], most * g.tile_floats));
    EXG_TRY_ALL(par,
                exg_new(&g.block[1], par->size > 1 ? most * g.tile_floats : 0));
    EXG_TRY_ALL(par, exg_new(&g.norm, tiles->own.count * EXG_TILE));
    EXG_TRY_ALL(par, exg_new(&g.product, EXG_TILE * EXG_TILE));
    g.type = exg_par_row_type(g.tile_floats * (exg_int)sizeof(float));
    norms(tiles, &g);
    EXG_TRY(turn(par, tiles, &g, visit, state));
done:
    if (g.type != MPI_DATATYPE_NULL) {
        EXG_MPI(MPI_Type_free(&g.type));
    }
    exg_free(g.block[0]);
    exg_free(g.block[1]);
    exg_free(g.norm);
    exg_free(g.product);
    return st;
}
