/* sets.h -- datasets and networks in memory, for tests of train and explain. */
#ifndef EXG_TESTS_SETS_H
#define EXG_TESTS_SETS_H

#include <stdint.h>
#include <string.h>

#include "data/batch.h"
#include "data/synth.h"
#include "model/init.h"
#include "model/pass.h"
#include "support.h"

enum {
    SETS_SIDE = 28,
    SETS_PIXELS = SETS_SIDE * SETS_SIDE
};

/** This rank's block of images and labels that all ranks have whole. */
static inline void sets_part(const exg_par *par, exg_int total,
                             const uint8_t *pixels, const uint8_t *labels,
                             exg_source_part *part)
{
    part->shard = exg_shard_mine(par, total);
    part->pixels = SETS_PIXELS;
    ck_assert(exg_new(&part->rows, part->shard.count * (SETS_PIXELS + 1)) ==
              EXG_OK);
    for (exg_int i = 0; i < part->shard.count; i++) {
        uint8_t *row = part->rows + i * (SETS_PIXELS + 1);

        memcpy(row, pixels + (part->shard.first + i) * SETS_PIXELS,
               SETS_PIXELS);
        row[SETS_PIXELS] = labels[part->shard.first + i];
    }
}

/** A dataset over the ranks of `par`: the samples are training and test set.
 * Free with exg_source_destroy(). */
static inline exg_dataset *sets_of(const exg_par *par, exg_int total,
                                   const uint8_t *pixels, const uint8_t *labels)
{
    exg_dataset *set = NULL;

    ck_assert(exg_new(&set, 1) == EXG_OK);
    set->nclass = 10;
    set->c = 1;
    set->h = SETS_SIDE;
    set->w = SETS_SIDE;
    sets_part(par, total, pixels, labels, &set->train);
    sets_part(par, total, pixels, labels, &set->test);
    return set;
}

/** The same of generated images. */
static inline exg_dataset *sets_synth(const exg_par *par, exg_int total)
{
    const exg_synth want = EXG_SYNTH_DEFAULTS;
    uint8_t *pixels = NULL, *labels = NULL;
    exg_dataset *set;

    ck_assert(exg_new(&pixels, total * SETS_PIXELS) == EXG_OK);
    ck_assert(exg_new(&labels, total) == EXG_OK);
    for (exg_int i = 0; i < total; i++) {
        labels[i] =
            (uint8_t)exg_synth_sample(&want, 0, i, pixels + i * SETS_PIXELS);
    }
    set = sets_of(par, total, pixels, labels);
    exg_free(pixels);
    exg_free(labels);
    return set;
}

/** The network "basic" and a pass of it; parameters by seed, or `param`. */
static inline void sets_net(uint64_t seed, const float *param, exg_net **net,
                            exg_pass **pass)
{
    ck_assert(exg_net_create("basic", 1, SETS_SIDE, SETS_SIDE, 10, net) ==
              EXG_OK);
    exg_init_uniform(*net, seed);
    if (param != NULL) {
        memcpy((*net)->param, param,
               (size_t)(*net)->nparam * sizeof *(*net)->param);
    }
    ck_assert(exg_pass_create(*net, pass) == EXG_OK);
}

/** This rank alone, beside `world`: what one rank computes.  End it with
 * MPI_Comm_free(&par.comm). */
static inline exg_par sets_alone(void)
{
    exg_par par = {.rank = 0, .size = 1};

    MPI_Comm_dup(MPI_COMM_SELF, &par.comm);
    MPI_Comm_set_errhandler(par.comm, MPI_ERRORS_RETURN);
    return par;
}

#endif
