/* idx.c -- headers are checked against the file before anything is allocated.
 *
 * A plain file's length must be what its header says, to the byte; then every
 * rank reads its own slice with pread, which needs no agreement and no copy of
 * what others read.  The length of a gzip file's content shows only at its
 * end: deal.c reads it. */
#include "data/idx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/deal.h"
#include "data/gunzip.h"
#include "par/agree.h"

enum {
    MAGIC_LABELS = 0x801, /* two zero bytes, type uint8, 1 dimension  */
    MAGIC_IMAGES = 0x803, /* 3 dimensions                             */
    HEAD_LABELS = 8,      /* bytes                                    */
    HEAD_IMAGES = 16,
    MAX_SIDE = 1 << 14, /* pixels: larger is no picture of ours     */
    MAX_RATIO = 1032,   /* deflate's best: RFC 1951 by 258 per 2 bits */
    PIECE = 1 << 20     /* bytes moved at a time                    */
};

exg_int exg_idx_offset(const exg_idx *idx, exg_int sample)
{
    return (idx->kind == EXG_IDX_IMAGES ? HEAD_IMAGES : HEAD_LABELS) +
           sample * idx->h * idx->w;
}

static exg_int least(exg_int a, exg_int b)
{
    return a < b ? a : b;
}

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

/* Read `count` bytes at `offset`, all of them. */
static exg_status read_at(int file, const char *path, exg_int offset,
                          exg_int count, uint8_t *bytes)
{
    for (exg_int done = 0; done < count;) {
        const ssize_t n = pread(file, bytes + done, (size_t)(count - done),
                                (off_t)(offset + done));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return exg_fail(EXG_EIO, "%s: cannot be read at byte %td: %s", path,
                            offset + done, strerror(errno));
        }
        if (n == 0) {
            return exg_fail(EXG_EINPUT, "%s: ends at byte %td, want %td", path,
                            offset + done, offset + count);
        }
        done += n;
    }
    return EXG_OK;
}

static exg_status open_file(const char *path, int *file)
{
    /* Opening a FIFO would wait for its writer. */
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    return EXG_OK;
}

/* The magic says what the file holds: tell apart the ways to be wrong. */
static exg_status check_magic(const exg_idx *idx, uint32_t magic)
{
    const uint32_t want =
        idx->kind == EXG_IDX_IMAGES ? MAGIC_IMAGES : MAGIC_LABELS;

    if (magic == want) {
        return EXG_OK;
    }
    if ((magic & 0xffffff00u) == (want & 0xffffff00u)) {
        return exg_fail(EXG_EINPUT, "%s: %u dimensions at byte 3, want %u (%s)",
                        idx->path, magic & 0xffu, want & 0xffu,
                        idx->kind == EXG_IDX_IMAGES ? "images" : "labels");
    }
    return exg_fail(EXG_EINPUT, "%s: magic 0x%08x at byte 0, want 0x%08x",
                    idx->path, magic, want);
}

/* Take count and sides from a header's bytes.  A side is 2^14 at most and a
 * count below 2^32, so no product of the three leaves 60 bits. */
static exg_status parse_head(exg_idx *idx, const uint8_t *head)
{
    exg_status st = EXG_OK;

    EXG_TRY(check_magic(idx, big_endian(head)));
    idx->count = big_endian(head + 4);
    idx->h = idx->w = 1;
    if (idx->count == 0) {
        st = exg_fail(EXG_EINPUT, "%s: 0 samples at byte 4, want 1 at least",
                      idx->path);
        goto done;
    }
    if (idx->kind == EXG_IDX_IMAGES) {
        idx->h = big_endian(head + 8);
        idx->w = big_endian(head + 12);
        if (idx->h < 1 || idx->h > MAX_SIDE || idx->w < 1 ||
            idx->w > MAX_SIDE) {
            st = exg_fail(EXG_EINPUT,
                          "%s: images of %td x %td pixels at byte 8, want "
                          "sides of 1 to %d",
                          idx->path, idx->h, idx->w, MAX_SIDE);
        }
    }
done:
    return st;
}

/* What the header says against the length of the file. */
static exg_status check_length(const exg_idx *idx, exg_int length)
{
    const exg_int want = exg_idx_offset(idx, idx->count);

    if (idx->gzip ? want / MAX_RATIO > length : want != length) {
        return exg_fail(EXG_EINPUT,
                        "%s: %td bytes%s, want %td for %td samples of %td x "
                        "%td",
                        idx->path, length, idx->gzip ? " of gzip" : "", want,
                        idx->count, idx->h, idx->w);
    }
    return EXG_OK;
}

/* The header's bytes, decompressed. */
static exg_status gzip_head(const exg_idx *idx, uint8_t *head)
{
    exg_status st = EXG_OK;
    exg_gunzip *z = NULL;
    exg_int got = 0;

    EXG_TRY(exg_gunzip_open(idx->path, &z));
    EXG_TRY(exg_gunzip_read(z, exg_idx_offset(idx, 0), head, &got));
    if (got < exg_idx_offset(idx, 0)) {
        st = exg_fail(EXG_EINPUT,
                      "%s: ends at byte %td (decompressed), want a header of "
                      "%td",
                      idx->path, got, exg_idx_offset(idx, 0));
    }
done:
    exg_gunzip_close(&z);
    return st;
}

/* Rank 0's part of exg_idx_head(). */
static exg_status look_at(exg_idx *idx)
{
    exg_status st = EXG_OK;
    uint8_t head[HEAD_IMAGES] = {0};
    struct stat info;
    int file = -1;

    EXG_TRY(open_file(idx->path, &file));
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        st = exg_fail(EXG_EIO, "%s: no regular file", idx->path);
        goto done;
    }
    EXG_TRY(read_at(file, idx->path, 0,
                    least(exg_idx_offset(idx, 0), info.st_size), head));
    idx->gzip = head[0] == 0x1f && head[1] == 0x8b;
    if (idx->gzip) {
        EXG_TRY(gzip_head(idx, head));
    } else if (info.st_size < exg_idx_offset(idx, 0)) {
        st = exg_fail(EXG_EINPUT, "%s: ends at byte %td, want a header of %td",
                      idx->path, (exg_int)info.st_size, exg_idx_offset(idx, 0));
        goto done;
    }
    EXG_TRY(parse_head(idx, head));
    EXG_TRY(check_length(idx, info.st_size));
done:
    if (file >= 0) {
        close(file);
    }
    return st;
}

exg_status exg_idx_head(const exg_par *par, const char *path, exg_idx_kind kind,
                        exg_idx *out)
{
    exg_status st = EXG_OK;
    exg_idx idx = {.kind = kind};

    if (snprintf(idx.path, sizeof idx.path, "%s", path) >=
        (int)sizeof idx.path) {
        return exg_fail(EXG_EIO, "path of %zu bytes, want %d at most: %.64s...",
                        strlen(path), EXG_IDX_PATH - 1, path);
    }
    EXG_TRY_ALL(par, par->rank == 0 ? look_at(&idx) : EXG_OK);
    EXG_MPI(MPI_Bcast(&idx, (int)sizeof idx, MPI_BYTE, 0, par->comm));
    *out = idx;
done:
    return st;
}

exg_int exg_idx_piece(const exg_idx *idx)
{
    const exg_int size = idx->h * idx->w;

    return size < PIECE ? PIECE / size : 1;
}

void exg_idx_unpack(const exg_idx *idx, const uint8_t *packed, exg_int count,
                    exg_int stride, uint8_t *rows)
{
    const exg_int size = idx->h * idx->w;

    for (exg_int i = 0; i < count; i++) {
        memcpy(rows + i * stride, packed + i * size, (size_t)size);
    }
}

/* My slice of a plain file. */
static exg_status read_slice(const exg_idx *idx, exg_shard mine, exg_int stride,
                             uint8_t *rows)
{
    exg_status st = EXG_OK;
    const exg_int size = idx->h * idx->w;
    const exg_int most = exg_idx_piece(idx);
    uint8_t *piece = NULL;
    int file = -1;

    EXG_TRY(exg_new(&piece, most * size));
    EXG_TRY(open_file(idx->path, &file));
    for (exg_int i = 0; i < mine.count; i += most) {
        const exg_int n = least(most, mine.count - i);

        EXG_TRY(read_at(file, idx->path, exg_idx_offset(idx, mine.first + i),
                        n * size, piece));
        exg_idx_unpack(idx, piece, n, stride, rows + i * stride);
    }
done:
    if (file >= 0) {
        close(file);
    }
    exg_free(piece);
    return st;
}

exg_status exg_idx_read(const exg_par *par, const exg_idx *idx, exg_int total,
                        exg_int stride, uint8_t *rows)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_shard_mine(par, total);

    EXG_ASSERT(total >= 1 && total <= idx->count && stride >= idx->h * idx->w);
    if (idx->gzip) {
        return exg_deal_rows(par, idx, total, stride, rows);
    }
    EXG_TRY_ALL(par, read_slice(idx, mine, stride, rows));
done:
    return st;
}
