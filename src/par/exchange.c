/* exchange.c -- a two-step fetch: ids to the owners, rows back.
 *
 * Ids cost 8 bytes per row against 784 for an image, and spare every table an
 * inverse of its permutation.  The rows go by MPI_Ialltoallv, so an epoch's
 * exchange runs behind the training of the one before.  A rank's own rows stay
 * where they are until the finish: on one rank, and on few, that spares most of
 * the two buffers, whose page faults cost more than the copying. */
#include "par/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "par/agree.h"

struct exg_exchange {
    exg_int row_bytes, nwant;
    const unsigned char *mine;
    exg_int *place;      /* shape (nwant): arrival slot of want[i],
                            or -1 - i where it is my own row i      */
    unsigned char *sent; /* rows on their way out, by rank          */
    unsigned char *came; /* rows on their way in, by rank           */
    int *layout;         /* counts and offsets, 4 x (size)          */
    MPI_Datatype row;
    MPI_Request request;
};

/* No datatype is not all zero bits: set before anyone may call destroy(). */
static exg_status create(exg_exchange **x)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(x, 1));
    (*x)->row = MPI_DATATYPE_NULL;
done:
    return st;
}

static void destroy(exg_exchange **x)
{
    if (*x == NULL) {
        return;
    }
    exg_free((*x)->place);
    exg_free((*x)->sent);
    exg_free((*x)->came);
    exg_free((*x)->layout);
    if ((*x)->row != MPI_DATATYPE_NULL) {
        MPI_Type_free(&(*x)->row);
    }
    exg_free(*x);
    *x = NULL;
}

/* Offsets from counts; the total. */
static exg_int offsets(int size, const int *count, int *first)
{
    exg_int sum = 0;

    for (int r = 0; r < size; r++) {
        first[r] = exg_mpi_count(sum);
        sum += count[r];
    }
    return sum;
}

/* Sort the wanted ids of others by owner (counting sort, stable): ids in
 * request order and, for each wanted row, its place there.  Returns how many
 * come. */
static exg_int sort_wants(const exg_par *par, exg_shard mine, exg_int nwant,
                          const exg_int *want, int *in_count, int *in_first,
                          exg_int *ids, exg_int *place)
{
    for (exg_int i = 0; i < nwant; i++) {
        in_count[exg_shard_owner(mine.total, par->size, want[i])]++;
    }
    in_count[par->rank] = 0;
    (void)offsets(par->size, in_count, in_first);
    for (exg_int i = 0; i < nwant; i++) {
        const int owner = exg_shard_owner(mine.total, par->size, want[i]);

        if (owner == par->rank) {
            place[i] = -1 - (want[i] - mine.first);
        } else {
            place[i] = in_first[owner]++;
            ids[place[i]] = want[i];
        }
    }
    return offsets(par->size, in_count, in_first);
}

exg_status exg_exchange_start(const exg_par *par, exg_int total,
                              exg_int row_bytes, const void *mine,
                              exg_int nwant, const exg_int *want,
                              exg_exchange **out)
{
    exg_status st = EXG_OK;
    const exg_shard shard = exg_shard_mine(par, total);
    exg_exchange *x = NULL;
    exg_int *ids = NULL;
    exg_int *asked = NULL;
    exg_int ncome, nsend;
    int *in_count, *in_first, *out_count, *out_first;

    EXG_TRY_ALL(par, create(&x));
    x->row_bytes = row_bytes;
    x->nwant = nwant;
    x->mine = mine;
    EXG_TRY_ALL(par, exg_new(&x->layout, 4 * par->size));
    in_count = x->layout;
    in_first = in_count + par->size;
    out_count = in_first + par->size;
    out_first = out_count + par->size;
    EXG_TRY_ALL(par, exg_new(&x->place, nwant));
    EXG_TRY_ALL(par, exg_new(&ids, nwant));
    ncome =
        sort_wants(par, shard, nwant, want, in_count, in_first, ids, x->place);

    EXG_MPI(
        MPI_Alltoall(in_count, 1, MPI_INT, out_count, 1, MPI_INT, par->comm));
    nsend = offsets(par->size, out_count, out_first);
    EXG_TRY_ALL(par, exg_new(&asked, nsend));
    EXG_MPI(MPI_Alltoallv(ids, in_count, in_first, MPI_INT64_T, asked,
                          out_count, out_first, MPI_INT64_T, par->comm));
    /* Both factors are MPI counts, 31 bits each. */
    x->row = exg_par_row_type(row_bytes);
    EXG_TRY_ALL(par, exg_new(&x->sent, nsend * row_bytes));
    EXG_TRY_ALL(par, exg_new(&x->came, ncome * row_bytes));
    for (exg_int i = 0; i < nsend; i++) {
        memcpy(x->sent + i * row_bytes,
               (const char *)mine + (asked[i] - shard.first) * row_bytes,
               (size_t)row_bytes);
    }
    EXG_MPI(MPI_Ialltoallv(x->sent, out_count, out_first, x->row, x->came,
                           in_count, in_first, x->row, par->comm, &x->request));
    *out = x;
    x = NULL;
done:
    exg_free(ids);
    exg_free(asked);
    destroy(&x);
    return st;
}

void exg_exchange_finish(const exg_par *par, exg_exchange **x, void *rows)
{
    const exg_int bytes = (*x)->row_bytes;
    const exg_int *place = (*x)->place;

    (void)par;
    /* Begun in exg_exchange_start().
     * NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker) */
    EXG_MPI(MPI_Wait(&(*x)->request, MPI_STATUS_IGNORE));
    for (exg_int i = 0; i < (*x)->nwant; i++) {
        memcpy((char *)rows + i * bytes,
               place[i] < 0 ? (*x)->mine + (-1 - place[i]) * bytes
                            : (*x)->came + place[i] * bytes,
               (size_t)bytes);
    }
    destroy(x);
}

void exg_exchange_drop(const exg_par *par, exg_exchange **x)
{
    (void)par;
    if (*x == NULL) {
        return;
    }
    /* Begun in exg_exchange_start().
     * NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker) */
    EXG_MPI(MPI_Wait(&(*x)->request, MPI_STATUS_IGNORE));
    destroy(x);
}
