/* deal.c -- rank 0 decompresses, and passes on what is not its own.
 *
 * Pieces go to their owners as they come, so no rank holds more than its rows
 * and a piece.  Where rank 0 fails, it sends empty pieces to those who wait,
 * so that all reach the agreement. */
#include "data/deal.h"

#include "data/gunzip.h"
#include "par/agree.h"

enum {
    TAG_PIECE = 17
};

static exg_int least(exg_int a, exg_int b)
{
    return a < b ? a : b;
}

/* Decompress exactly `count` bytes, which begin at byte `offset`. */
static exg_status inflate_all(exg_gunzip *z, const exg_idx *idx, exg_int offset,
                              exg_int count, uint8_t *bytes)
{
    exg_status st = EXG_OK;
    exg_int got = 0;

    EXG_TRY(exg_gunzip_read(z, count, bytes, &got));
    if (got < count) {
        st = exg_fail(EXG_EINPUT,
                      "%s: ends at byte %td (decompressed), want %td",
                      idx->path, offset + got, exg_idx_offset(idx, idx->count));
    }
done:
    return st;
}

/* Samples first .. first+n-1 of a gzip file, to their owner. */
static exg_status deal_piece(const exg_par *par, exg_gunzip *z,
                             const exg_idx *idx, int owner, exg_int first,
                             exg_int n, uint8_t *piece)
{
    exg_status st = EXG_OK;
    const exg_int size = idx->h * idx->w;

    EXG_TRY(inflate_all(z, idx, exg_idx_offset(idx, first), n * size, piece));
    if (owner > 0) {
        EXG_MPI(MPI_Send(piece, exg_mpi_count(n * size), MPI_BYTE, owner,
                         TAG_PIECE, par->comm));
    }
done:
    return st;
}

/* What follows the samples in use: the other samples, then the file's end. */
static exg_status check_rest(exg_gunzip *z, const exg_idx *idx, exg_int total,
                             exg_int most, uint8_t *piece)
{
    exg_status st = EXG_OK;
    const exg_int size = idx->h * idx->w;
    exg_int got = 0;

    for (exg_int i = total; i < idx->count; i += most) {
        EXG_TRY(inflate_all(z, idx, exg_idx_offset(idx, i),
                            least(most, idx->count - i) * size, piece));
    }
    EXG_TRY(exg_gunzip_read(z, 1, piece, &got));
    if (got > 0) {
        st = exg_fail(EXG_EINPUT, "%s: goes on after byte %td (decompressed)",
                      idx->path, exg_idx_offset(idx, idx->count));
    }
done:
    return st;
}

/* Rank 0: decompress the file, everyone's rows in turn, its own first. */
static exg_status deal(const exg_par *par, const exg_idx *idx, exg_int total,
                       exg_int stride, uint8_t *rows, uint8_t *piece)
{
    exg_status st = EXG_OK;
    const exg_int most = exg_idx_piece(idx);
    exg_gunzip *z = NULL;
    int owner = 1; /* the first that still waits for rows */

    EXG_TRY(exg_gunzip_open(idx->path, &z));
    EXG_TRY(inflate_all(z, idx, 0, exg_idx_offset(idx, 0), piece));
    for (int r = 0; r < par->size; r++) {
        const exg_shard shard = exg_shard_of(total, r, par->size);

        for (exg_int i = 0; i < shard.count; i += most) {
            const exg_int n = least(most, shard.count - i);

            EXG_TRY(deal_piece(par, z, idx, r, shard.first + i, n, piece));
            if (r == 0) {
                exg_idx_unpack(idx, piece, n, stride, rows + i * stride);
            }
        }
        owner = r + 1;
    }
    EXG_TRY(check_rest(z, idx, total, most, piece));
done:
    for (; owner < par->size; owner++) { /* an empty piece: there is no more */
        if (exg_shard_of(total, owner, par->size).count > 0) {
            EXG_MPI(MPI_Send(piece, 0, MPI_BYTE, owner, TAG_PIECE, par->comm));
        }
    }
    exg_gunzip_close(&z);
    return st;
}

/* The other ranks: take what rank 0 deals.  If it fails, it speaks for all. */
static void take(const exg_par *par, const exg_idx *idx, exg_shard mine,
                 exg_int stride, uint8_t *rows, uint8_t *piece)
{
    const exg_int size = idx->h * idx->w;
    const exg_int most = exg_idx_piece(idx);

    for (exg_int i = 0; i < mine.count; i += most) {
        const exg_int n = least(most, mine.count - i);
        MPI_Status got;
        int bytes = 0;

        EXG_MPI(MPI_Recv(piece, exg_mpi_count(n * size), MPI_BYTE, 0, TAG_PIECE,
                         par->comm, &got));
        EXG_MPI(MPI_Get_count(&got, MPI_BYTE, &bytes));
        if (bytes == 0) {
            return;
        }
        exg_idx_unpack(idx, piece, n, stride, rows + i * stride);
    }
}

exg_status exg_deal_rows(const exg_par *par, const exg_idx *idx, exg_int total,
                         exg_int stride, uint8_t *rows)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_shard_mine(par, total);
    uint8_t *piece = NULL;

    EXG_TRY_ALL(par, exg_new(&piece, exg_idx_offset(idx, exg_idx_piece(idx))));
    if (par->rank == 0) {
        st = deal(par, idx, total, stride, rows, piece);
    } else {
        take(par, idx, mine, stride, rows, piece);
    }
    EXG_TRY_ALL(par, st);
done:
    exg_free(piece);
    return st;
}
