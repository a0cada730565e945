/* source.h -- from a dataset's name to this rank's samples.  Layer: data. */
#ifndef EXG_DATA_SOURCE_H
#define EXG_DATA_SOURCE_H

#include <stdint.h>

#include "par/shard.h"

enum {
    EXG_SOURCE_CLASSES = 256, /* most classes: labels are bytes  */
    EXG_SOURCE_NAME = 16      /* longest class name, with zero   */
};

/** What is asked for.  Plain data. */
typedef struct {
    const char *data;     /* mnist, fashion, or a directory of four IDX files */
    const char *data_dir; /* mnist and fashion are <data_dir>/<name>          */
    exg_int limit_train;  /* first samples of the file only; 0: all           */
    exg_int limit_test;
} exg_source_want;

/** Training or test samples: this rank's block, in the order of the file.
 * A row is an image followed by its label, so that both travel together. */
typedef struct {
    exg_shard shard; /* total after the limit; my first and count      */
    exg_int pixels;  /* H*W                                            */
    uint8_t *rows;   /* shape (shard.count, pixels + 1): image, label  */
} exg_source_part;

/** A dataset, its rows spread over the ranks.  Open for reading. */
typedef struct {
    char name[64];  /* "mnist", "fashion", or the directory's own name */
    exg_int nclass; /* K >= 2                                */
    char class_name[EXG_SOURCE_CLASSES][EXG_SOURCE_NAME]; /* K of them   */
    exg_int c, h, w;                                      /* c = 1       */
    exg_source_part train, test;
    uint64_t checksum; /* of the rows in use, in order: the same for any
                          number of ranks, plain or gzip */
} exg_dataset;

/** Read a dataset.  Collective: `want` is equal on all ranks.
 *
 * The directory holds train-images-idx3-ubyte, train-labels-idx1-ubyte,
 * t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with .gz
 * (the plain one goes first), or named with a dot for the second hyphen
 * (train-images.idx3-ubyte).  Where <data_dir>/fashion does not exist, Debian's
 * /usr/share/datasets/fashion-mnist is read.  A directory of other data has
 * as many classes as its largest label, in whichever of the two sets, asks
 * for.
 *
 * @param[out] set  owned by the caller: exg_source_destroy()
 * @return EXG_OK, or on every rank EXG_EUSAGE (a limit below 0 or above the
 *         set's size), EXG_EIO, EXG_EINPUT (as exg_idx_head(); counts of
 *         images and labels that differ; a label that is no class; training
 *         and test images of different size), EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_source_create(const exg_par *par,
                                            const exg_source_want *want,
                                            exg_dataset **set);

/** Free a dataset; sets *set NULL.  Local. */
void exg_source_destroy(exg_dataset **set);

/** My i-th image, shape (H, W), and its label.  Local. */
static inline const uint8_t *exg_source_image(const exg_source_part *part,
                                              exg_int i)
{
    return part->rows + i * (part->pixels + 1);
}
static inline int exg_source_label(const exg_source_part *part, exg_int i)
{
    return part->rows[i * (part->pixels + 1) + part->pixels];
}

#endif
