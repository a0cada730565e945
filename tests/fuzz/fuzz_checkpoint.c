/* fuzz_checkpoint.c -- checkpoints that say other things than ours do.
 *
 * The first byte says whether the changed file gets a seal that fits, so that
 * what is behind it is reached, or bytes of the input over its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/app/mapping_impl.h"
#include "../../src/store/saver_impl.h"
#include "app/mapping.h"
#include "app/options.h"
#include "app/resume.h"
#include "fuzz.h"
#include "sound.h"
#include "store/image.h"

enum {
    PLAN = 160, /* bytes of an input that count: some 16 changes */
    CLASSES = 3,
    SIDE = 4,
    TRAIN = 8,
    TEST = 6,
    EPOCHS = 3,
    FRAMES = 2
};

static exg_dataset set = {
    .name = "ants", .nclass = CLASSES, .c = 1, .h = SIDE, .w = SIDE};
static exg_net *net;
static exg_opts *opts;

/* A run as it is before it looks for a checkpoint. */
static void begin(exg_run *run)
{
    *run = (exg_run){.par = &fuzz_par, .opts = opts, .set = &set, .net = net};
    fuzz_want(exg_new(&run->epoch, EPOCHS) == EXG_OK &&
                  exg_new(&run->init, net->nparam) == EXG_OK,
              "no memory");
}

static void end(exg_run *run)
{
    exg_mapping_clear(run);
    exg_resume_destroy(run);
    exg_run_epochs_clear(run);
    exg_free(run->init);
}

/* A map that is finished, with arrays of its own. */
static exg_status finish_map(exg_maps *m, exg_shard rows)
{
    exg_status st = EXG_OK;
    exg_tsne_result *r = m->map + m->nmap++;

    *r = (exg_tsne_result){.rows = rows, .dims = 2, .frames = FRAMES};
    EXG_TRY(exg_new(&r->y, rows.count * 2));
    EXG_TRY(exg_new(&r->trajectory, FRAMES * rows.count * 2));
    EXG_TRY(exg_new(&r->iteration, FRAMES));
    EXG_TRY(exg_new(&r->kl, FRAMES));
done:
    return st;
}

/* Two epochs, a map, and a descent under way. */
static exg_status fill(exg_run *run)
{
    exg_status st = EXG_OK;
    const exg_shard rows = exg_shard_mine(&fuzz_par, TEST);
    exg_maps_keep *kept = &run->map->kept;

    for (; run->nepoch < 2; run->nepoch++) {
        EXG_TRY(exg_run_epoch_create(run->epoch + run->nepoch, CLASSES));
        run->epoch[run->nepoch].epoch = (int)run->nepoch;
        run->epoch[run->nepoch].eval_loss = (double)(9 - run->nepoch);
    }
    run->best = 1;
    run->resume->place = (exg_epoch_place){.epoch = 2, .step = 1};
    EXG_TRY(exg_resume_moment(run, -1));
    EXG_TRY(exg_resume_moment(run, 0));
    EXG_TRY(exg_resume_moment(run, 1));
    EXG_TRY(exg_new(&run->map->frame, rows.count * 2));
    run->map->nframe = run->map->room = 1;
    EXG_TRY(finish_map(&run->map->maps, rows));
    kept->maps = &run->map->maps;
    kept->kind = EXG_MAPS_KEEP_SWEPT;
    kept->dims = 2;
    kept->pause =
        (exg_pause){.iteration = 30, .n = rows.count * 2, .frames = FRAMES};
    EXG_TRY(exg_new(&kept->pause.y, rows.count * 2));
    EXG_TRY(exg_new(&kept->pause.step, rows.count * 2));
    EXG_TRY(exg_new(&kept->pause.gain, rows.count * 2));
    EXG_TRY(exg_new(&kept->pause.trajectory, FRAMES * rows.count * 2));
    EXG_TRY(exg_new(&kept->pause.when, FRAMES));
    EXG_TRY(exg_new(&kept->pause.kl, FRAMES));
    kept->now = &kept->pause;
done:
    return st;
}

/* Write a checkpoint as the program does. */
static exg_status write_one(exg_optimizer *optimizer)
{
    exg_status st = EXG_OK;
    exg_run run;

    begin(&run);
    EXG_TRY(exg_resume_create(&run));
    fuzz_want(!exg_keep_resumes(run.resume->keep), "there is one already");
    EXG_TRY(exg_mapping_resume(&run));
    run.resume->optimizer = optimizer;
    EXG_TRY(fill(&run));
    EXG_TRY(exg_resume_write(&run, (exg_wish){.keep = 1}));
done:
    end(&run);
    return st;
}

static exg_optimizer *new_optimizer(void)
{
    exg_optimizer *o = NULL;

    fuzz_want(exg_optimizer_create((exg_optimizer_plan){.lr = 1e-3},
                                   net->nparam, &o) == EXG_OK,
              "no optimiser");
    return o;
}

static char folder[64];

static void forget(void)
{
    rmdir(folder);
}

void fuzz_prepare(void)
{
    static const char program[] = "exigo-mpi", out[] = "--out";
    static const char text[] = "--epochs=3 --model=linear --tsne-epochs "
                               "--tsne-sweep=2 --tsne-perplexity=1";
    char words[sizeof text], *word[8] = {(char *)program, (char *)out, folder};
    char *next = memcpy(words, text, sizeof text), path[128];
    const char *parent = getenv("TMPDIR");
    exg_optimizer *optimizer;
    int n = 3;

    snprintf(folder, sizeof folder, "%.40s/exg-fuzz-XXXXXX",
             parent != NULL ? parent : "/dev/shm");
    fuzz_want(mkdtemp(folder) != NULL, folder);
    atexit(forget);
    while (next != NULL) {
        word[n++] = strsep(&next, " ");
    }
    set.train.shard = exg_shard_mine(&fuzz_par, TRAIN);
    set.test.shard = exg_shard_mine(&fuzz_par, TEST);
    fuzz_want(exg_options_read(n, word, &opts) == EXG_OK &&
                  exg_net_create("linear", 1, SIDE, SIDE, CLASSES, &net) ==
                      EXG_OK,
              "no run");
    optimizer = new_optimizer();
    fuzz_want(write_one(optimizer) == EXG_OK, "no checkpoint to begin with");
    exg_optimizer_destroy(&optimizer);
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    sound_adopt(path);
}

/* What is read of it must not contradict the run. */
static void check(const exg_run *run)
{
    const exg_int done = run->resume->place.epoch;
    const exg_run_map *m = run->map;

    fuzz_want(run->nepoch == done || run->nepoch == done + 1,
              "a history of another length");
    fuzz_want(run->nepoch <= EPOCHS && run->best < EPOCHS, "too many epochs");
    fuzz_want(m->nframe <= EPOCHS && m->maps.nmap <= EXG_MAPS, "too many maps");
    for (exg_int f = 1; f < m->nframe; f++) {
        fuzz_want(m->epoch[f] > m->epoch[f - 1], "a film out of order");
    }
}

static exg_status resume(exg_run *run, exg_optimizer *optimizer)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_resume_create(run));
    if (exg_keep_resumes(run->resume->keep)) {
        EXG_TRY(exg_mapping_resume(run));
        EXG_TRY(exg_resume_training(run, optimizer));
        run->map->maps.par = &fuzz_par;
        run->map->maps.opts = opts;
        run->map->maps.rows = exg_shard_mine(&fuzz_par, TEST);
        run->map->maps.sweep.count = 1;
        run->map->maps.kept = &run->map->kept;
        EXG_TRY(exg_maps_keep_finished(&run->map->maps));
        check(run);
    }
done:
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const int sealed = size == 0 || bytes[0] % 8 != 0;
    const size_t skip = size > 0, left = size - skip;
    exg_run run;
    exg_optimizer *optimizer;
    unsigned char *all;
    size_t total;
    exg_status st;

    sound_change(bytes + skip, sealed ? left : 0, PLAN);
    all = sound_bytes(&total);
    if (sealed) {
        exg_saver_seal(all, (exg_int)total);
        sound_front(all, EXG_IMAGE_BLOCK);
    } else if (left > 0) {
        sound_front(bytes + skip,
                    left < EXG_IMAGE_BLOCK ? left : EXG_IMAGE_BLOCK);
    }
    optimizer = new_optimizer();
    begin(&run);
    st = resume(&run, optimizer);
    fuzz_want(sealed || st != EXG_OK || left == 0 ||
                  memcmp(all, bytes + skip,
                         left < EXG_IMAGE_BLOCK ? left : EXG_IMAGE_BLOCK) == 0,
              "a broken seal is taken");
    end(&run);
    exg_optimizer_destroy(&optimizer);
    sound_done();
    fuzz_check(st);
    return 0;
}
