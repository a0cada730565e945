/* idx.h -- IDX files (the format of MNIST), plain or gzip.  Layer: data.
 *
 * Images: magic 0x803, count, rows, columns, then uint8 pixels.  Labels: magic
 * 0x801, count, then uint8 labels.  Numbers are big-endian, 32 bits.  Format:
 * LeCun, Cortes, Burges, "The MNIST database of handwritten digits". */
#ifndef EXG_DATA_IDX_H
#define EXG_DATA_IDX_H

#include <stdint.h>

#include "par/shard.h"

typedef enum {
    EXG_IDX_LABELS,
    EXG_IDX_IMAGES
} exg_idx_kind;

enum {
    EXG_IDX_PATH = 1024 /* longest path, bytes, with its zero */
};

/** A file whose header has been read.  Plain data, equal on all ranks. */
typedef struct {
    char path[EXG_IDX_PATH];
    exg_idx_kind kind;
    int gzip;      /* by content, not by name   */
    exg_int count; /* samples in the file, > 0  */
    exg_int h, w;  /* 1 x 1 for labels          */
} exg_idx;

/** Read and check a header; for a plain file also its size.  Collective: rank
 * 0 reads.
 *
 * @param[in]  path  equal on all ranks
 * @param[in]  kind  what the file must hold
 * @param[out] idx   filled in
 * @return EXG_OK, or on every rank EXG_EIO (cannot be read), EXG_EINPUT (wrong
 *         magic, dimensions, sizes; shorter or longer than its header says;
 *         no valid gzip)
 */
EXG_MUST_CHECK exg_status exg_idx_head(const exg_par *par, const char *path,
                                       exg_idx_kind kind, exg_idx *idx);

/** Read this rank's share of the first `total` samples.  Collective.
 *
 * From a plain file each rank reads its own slice.  A gzip file is
 * decompressed by rank 0 in pieces, which go to their owners at once, and is
 * checked to its end whatever `total` is.
 *
 * @param[in]  idx     of exg_idx_head()
 * @param[in]  total   1..idx->count
 * @param[in]  stride  bytes from one sample to the next in `rows`, >= h*w
 * @param[out] rows    shape (count, stride), count of exg_shard_mine(total):
 *                     the first h*w bytes of each row are written
 * @return EXG_OK, or on every rank EXG_EIO, EXG_EINPUT, EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_idx_read(const exg_par *par, const exg_idx *idx,
                                       exg_int total, exg_int stride,
                                       uint8_t *rows);

/** Where a sample begins in the uncompressed file, in bytes; sample `count` is
 * the end.  Local. */
exg_int exg_idx_offset(const exg_idx *idx, exg_int sample);

/** How many samples to move at a time: about 1 MiB, one at least.  Local. */
exg_int exg_idx_piece(const exg_idx *idx);

/** Spread `count` packed samples to rows that are `stride` bytes apart.
 * Local. */
void exg_idx_unpack(const exg_idx *idx, const uint8_t *packed, exg_int count,
                    exg_int stride, uint8_t *rows);

#endif
