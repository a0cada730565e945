/* synth.c -- bars that a small network can tell apart. */
#include "data/synth.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/rng.h"

enum {
    SHIFT_INDEX = 0, /* of a sample's random numbers: its shift, then noise */
    NOISE_INDEX = 2
};

/* Brightness 0..255 of class k at (y, x): a bar through a point near the
 * centre, both turning with the class. */
static double bar(const exg_synth *want, int k, double y, double x)
{
    const double turn = 3.14159265358979 * k / (double)want->nclass;
    const double side = (double)(want->h < want->w ? want->h : want->w);
    const double cy = 0.5 * (double)(want->h - 1) + 0.2 * side * cos(2 * turn);
    const double cx = 0.5 * (double)(want->w - 1) + 0.2 * side * sin(2 * turn);
    const double away = (x - cx) * sin(turn) - (y - cy) * cos(turn);
    const double along = (x - cx) * cos(turn) + (y - cy) * sin(turn);

    return fabs(along) > 0.35 * side
               ? 0.0
               : 230.0 * exp(-away * away / (0.06 * side));
}

int exg_synth_sample(const exg_synth *want, int set, exg_int i, uint8_t *pixels)
{
    const exg_rng stream = {
        .seed = want->seed, .use = EXG_RNG_SYNTH, .sub = (uint32_t)set};
    const exg_int size = want->h * want->w;
    const uint64_t base = (uint64_t)(i * (size + NOISE_INDEX));
    const int k = (int)(i % want->nclass);
    const double dy = 2.0 * exg_rng_uniform(stream, base + SHIFT_INDEX) - 1.0;
    const double dx =
        2.0 * exg_rng_uniform(stream, base + SHIFT_INDEX + 1) - 1.0;

    for (exg_int p = 0; p < size; p++) {
        const exg_int y = p / want->w;
        const exg_int x = p % want->w;
        const double noise =
            25.0 * exg_rng_uniform(stream, base + NOISE_INDEX + (uint64_t)p);

        pixels[p] =
            (uint8_t)(bar(want, k, (double)y - dy, (double)x - dx) + noise);
    }
    return k;
}

static void put_big_endian(uint8_t *b, exg_int v)
{
    for (int i = 0; i < 4; i++) {
        b[i] = (uint8_t)(v >> (24 - 8 * i));
    }
}

/* One IDX file.  zlib writes plain files too, in its transparent mode "T". */
static exg_status write_file(const char *dir, const char *name, int gzip,
                             const uint8_t *head, exg_int head_bytes,
                             const uint8_t *body, exg_int bytes)
{
    char path[1024];
    gzFile file;
    int good;

    snprintf(path, sizeof path, "%s/%s%s", dir, name, gzip ? ".gz" : "");
    file = gzopen(path, gzip ? "wb" : "wbT");
    if (file == NULL) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    good = gzwrite(file, head, (unsigned)head_bytes) == (int)head_bytes &&
           gzwrite(file, body, (unsigned)bytes) == (int)bytes;
    good = gzclose(file) == Z_OK && good;
    if (!good) {
        return exg_fail(EXG_EIO, "%s: cannot be written: %s", path,
                        strerror(errno));
    }
    return EXG_OK;
}

static exg_status write_set(const exg_synth *want, const char *dir, int set)
{
    exg_status st = EXG_OK;
    const exg_int n = set == 0 ? want->train : want->test;
    const exg_int size = want->h * want->w;
    uint8_t head[16] = {0, 0, 8, 3};
    uint8_t *image = NULL;
    uint8_t *label = NULL;

    EXG_TRY(exg_new(&image, n * size));
    EXG_TRY(exg_new(&label, n));
    for (exg_int i = 0; i < n; i++) {
        label[i] = (uint8_t)exg_synth_sample(want, set, i, image + i * size);
    }
    put_big_endian(head + 4, n);
    put_big_endian(head + 8, want->h);
    put_big_endian(head + 12, want->w);
    EXG_TRY(write_file(
        dir, set == 0 ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte",
        want->gzip, head, 16, image, n * size));
    head[3] = 1;
    EXG_TRY(write_file(
        dir, set == 0 ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte",
        want->gzip, head, 8, label, n));
done:
    exg_free(label);
    exg_free(image);
    return st;
}

exg_status exg_synth_write(const exg_synth *want, const char *dir)
{
    exg_status st = EXG_OK;

    if (want->train < 1 || want->test < 1 || want->h < 1 || want->w < 1 ||
        want->nclass < 2 || want->nclass > 256 ||
        (want->train > want->test ? want->train : want->test) >
            (1 << 30) / (want->h * want->w)) {
        return exg_fail(EXG_EUSAGE,
                        "no such set: %td and %td samples of %td x %td, %td "
                        "classes",
                        want->train, want->test, want->h, want->w,
                        want->nclass);
    }
    EXG_TRY(write_set(want, dir, 0));
    EXG_TRY(write_set(want, dir, 1));
done:
    return st;
}
