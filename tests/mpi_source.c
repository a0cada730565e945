/* mpi_source.c -- datasets by name and directory; what does not fit is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/batch.h"
#include "data/source.h"
#include "data/synth.h"
#include "par/agree.h"
#include "support.h"

static const exg_synth small = {
    .train = 37, .test = 11, .h = 6, .w = 5, .nclass = 7, .seed = 4};

/* Its checksum, as one rank found it. */
static const uint64_t SMALL_SUM = 0x8924948f8b780d09u;

static char dir[256];

/* A fresh directory with a generated dataset. */
static void make_set(const char *name, exg_synth synth)
{
    exg_status st = EXG_OK;

    snprintf(dir, sizeof dir, "%s/%s", exg_scratch(), name);
    if (world->rank == 0) {
        mkdir(dir, 0700);
        st = exg_synth_write(&synth, dir);
    }
    ck_ok(world, exg_agree(world, st));
}

static exg_source_want want_of(const char *data)
{
    return (exg_source_want){.data = data, .data_dir = exg_scratch()};
}

/* Put one byte into a file of the set. */
static void poke(const char *file, long at, int value)
{
    if (world->rank == 0) {
        char path[512];
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", dir, file);
        f = fopen(path, "r+b");
        ck_assert(f != NULL);
        fseek(f, at, SEEK_SET);
        fputc(value, f);
        fclose(f);
    }
    MPI_Barrier(world->comm);
}

/* 1 if my rows are what the generator makes. */
static int part_is_right(const exg_source_part *part, exg_synth synth, int set)
{
    const exg_shard mine = exg_shard_mine(world, part->shard.total);
    int good = part->shard.first == mine.first &&
               part->shard.count == mine.count && part->pixels == 30;

    for (exg_int i = 0; i < mine.count; i++) {
        uint8_t pixels[30];
        const int k = exg_synth_sample(&synth, set, mine.first + i, pixels);

        good &= memcmp(pixels, exg_source_image(part, i), 30) == 0;
        good &= exg_source_label(part, i) == k;
    }
    return good;
}

/* A set is refused on every rank, with that status and those words. */
static void refused(const exg_source_want *want, exg_status status,
                    const char *words)
{
    exg_dataset *set = NULL;

    ck_refused(world, exg_source_create(world, want, &set), status, words);
    ck_all(world, set == NULL);
}

START_TEST(directory_becomes_a_dataset)
{
    exg_source_want want;
    exg_dataset *set = NULL;
    int good;

    make_set("seven", small);
    want = want_of(dir);
    ck_ok(world, exg_source_create(world, &want, &set));
    good = strcmp(set->name, "seven") == 0 && set->nclass == 7 &&
           strcmp(set->class_name[6], "6") == 0 && set->c == 1 && set->h == 6 &&
           set->w == 5 && set->train.shard.total == 37 &&
           set->test.shard.total == 11 &&
           part_is_right(&set->train, small, 0) &&
           part_is_right(&set->test, small, 1);
    exg_source_destroy(&set);
    ck_all(world, good && set == NULL);
}
END_TEST

/* The checksum of a set on this machine's ranks, at the limits given. */
static uint64_t checksum_of(const char *data, exg_int train, exg_int test)
{
    exg_source_want want = want_of(data);
    exg_dataset *set = NULL;
    uint64_t sum;

    want.limit_train = train;
    want.limit_test = test;
    ck_ok(world, exg_source_create(world, &want, &set));
    sum = set->checksum;
    exg_source_destroy(&set);
    return sum;
}

START_TEST(gzip_and_plain_are_the_same_set)
{
    exg_synth synth = small;
    uint64_t plain, gzip;

    make_set("plain", synth);
    plain = checksum_of(dir, 0, 0);
    synth.gzip = 1;
    make_set("gzip", synth);
    gzip = checksum_of(dir, 0, 0);
    ck_all(world, plain == gzip);
    ck_all(world, plain == SMALL_SUM); /* so the same on any rank count */
}
END_TEST

START_TEST(checksum_sees_every_change)
{
    uint64_t before, label, pixel, swapped;

    make_set("changed", small);
    before = checksum_of(dir, 0, 0);
    poke("t10k-labels-idx1-ubyte", 8 + 10, 0);
    label = checksum_of(dir, 0, 0);
    poke("train-images-idx3-ubyte", 16 + 500, 99);
    pixel = checksum_of(dir, 0, 0);
    poke("train-labels-idx1-ubyte", 8, 1); /* samples 0 and 1 change labels */
    poke("train-labels-idx1-ubyte", 9, 0);
    swapped = checksum_of(dir, 0, 0);
    ck_all(world, before != label && label != pixel && pixel != swapped);
    ck_all(world, checksum_of(dir, 36, 0) != swapped);
}
END_TEST

START_TEST(limits_keep_the_first_samples)
{
    exg_source_want want;
    exg_dataset *set = NULL;
    int good;

    make_set("limited", small);
    want = want_of(dir);
    want.limit_train = 3;
    want.limit_test = 11;
    ck_ok(world, exg_source_create(world, &want, &set));
    good = set->train.shard.total == 3 && set->test.shard.total == 11 &&
           set->nclass == 7 && part_is_right(&set->train, small, 0) &&
           part_is_right(&set->test, small, 1);
    exg_source_destroy(&set);
    ck_all(world, good);
    want.limit_train = 38;
    refused(&want, EXG_EUSAGE, "--limit-train 38: ");
    refused(&want, EXG_EUSAGE, "has 37 samples, want 0 (all) to 37");
    want.limit_train = -1;
    refused(&want, EXG_EUSAGE, "--limit-train -1: ");
    want.limit_train = 0;
    want.limit_test = 12;
    refused(&want, EXG_EUSAGE, "--limit-test 12: ");
}
END_TEST

START_TEST(named_sets_are_looked_for_in_the_data_directory)
{
    exg_synth synth = small;
    exg_source_want want = want_of("fashion");
    exg_dataset *set = NULL;
    int good;

    synth.nclass = 5; /* there are ten classes though five occur */
    make_set("fashion", synth);
    ck_ok(world, exg_source_create(world, &want, &set));
    good = set->nclass == 10 && strcmp(set->name, "fashion") == 0 &&
           strcmp(set->class_name[9], "Ankle boot") == 0 &&
           strcmp(set->class_name[0], "T-shirt/top") == 0 &&
           part_is_right(&set->train, synth, 0);
    exg_source_destroy(&set);
    ck_all(world, good);
    want = want_of("mnist");
    refused(&want, EXG_EIO, "mnist/train-images-idx3-ubyte: no such file");
    refused(&want, EXG_EIO, "`make data` fetches mnist, --data-dir says");
    want = want_of("mnits");
    refused(&want, EXG_EUSAGE, "mnits: no such data, want mnist, fashion or");
    want = want_of("/dev/null");
    refused(&want, EXG_EUSAGE, "/dev/null: no such data, want mnist,");
}
END_TEST

START_TEST(missing_file_is_named)
{
    exg_source_want want;

    make_set("three", small);
    if (world->rank == 0) {
        char path[512];

        snprintf(path, sizeof path, "%s/t10k-labels-idx1-ubyte", dir);
        ck_assert(unlink(path) == 0);
    }
    MPI_Barrier(world->comm);
    want = want_of(dir);
    refused(&want, EXG_EIO, "three/t10k-labels-idx1-ubyte: no such file");
}
END_TEST

START_TEST(labels_that_are_no_class_are_refused)
{
    exg_source_want want = want_of("mnist");

    make_set("mnist", small);
    poke("train-labels-idx1-ubyte", 8 + 36, 10); /* the last rank's */
    refused(&want, EXG_EINPUT, "label 10 at index 36, want 0..9");
    poke("train-labels-idx1-ubyte", 8 + 20, 200);
    refused(&want, EXG_EINPUT, "label 200 at index 20, want 0..9");
}
END_TEST

START_TEST(one_class_is_refused)
{
    exg_source_want want;

    make_set(
        "zeros",
        (exg_synth){
            .train = 2, .test = 1, .h = 6, .w = 5, .nclass = 2, .seed = 1});
    poke("train-labels-idx1-ubyte", 9, 0);
    want = want_of(dir);
    refused(&want, EXG_EINPUT, "all labels are 0, want two classes");
}
END_TEST

START_TEST(files_that_do_not_go_together_are_refused)
{
    exg_synth other = small;
    exg_source_want want;

    make_set("pair", small);
    other.train = 36;
    make_set("other", other);
    want = want_of(dir);
    if (world->rank == 0) { /* its labels are 36, its images 37 */
        char from[512], to[512];

        snprintf(from, sizeof from, "%s/../pair/train-images-idx3-ubyte", dir);
        snprintf(to, sizeof to, "%s/train-images-idx3-ubyte", dir);
        ck_assert(rename(from, to) == 0);
    }
    MPI_Barrier(world->comm);
    refused(&want, EXG_EINPUT, ": 37 images, but ");
    refused(&want, EXG_EINPUT, ": 36 labels");
}
END_TEST

START_TEST(sets_of_different_image_size_are_refused)
{
    exg_source_want want;

    make_set("sides", small);
    poke("t10k-images-idx3-ubyte", 11, 5);
    poke("t10k-images-idx3-ubyte", 15, 6);
    want = want_of(dir);
    refused(&want, EXG_EINPUT, "images of 6 x 5, but ");
    refused(&want, EXG_EINPUT, ": 5 x 6");
}
END_TEST

START_TEST(more_ranks_than_samples_is_fine)
{
    exg_synth synth = small;
    exg_source_want want;
    exg_dataset *set = NULL;
    int good;

    synth.train = 2;
    synth.test = 1;
    synth.gzip = 1;
    make_set("tiny", synth);
    want = want_of(dir);
    ck_ok(world, exg_source_create(world, &want, &set));
    good = part_is_right(&set->train, synth, 0) &&
           part_is_right(&set->test, synth, 1);
    exg_source_destroy(&set);
    ck_all(world, good);
}
END_TEST

#ifdef EXG_DEBUG
/* Each agreed step of reading and of batches, made to fail on each rank. */
static void fails_everywhere(const char *step, const exg_source_want *want)
{
    for (int rank = 0; rank < world->size; rank++) {
        exg_dataset *set = NULL;
        exg_batches *b = NULL;
        char wish[64];
        exg_status st;

        snprintf(wish, sizeof wish, "%s:%d", step, rank);
        setenv("EXG_FAULT", wish, 1);
        st = exg_source_create(world, want, &set);
        if (st == EXG_OK) {
            st = exg_batches_create(world, &set->train,
                                    (exg_batches_plan){.batch = 16}, &b);
        }
        if (st == EXG_OK) {
            st = exg_batches_epoch(world, b, 0, 0);
        }
        unsetenv("EXG_FAULT");
        exg_batches_destroy(world, &b);
        exg_source_destroy(&set);
        ck_refused(world, st, EXG_EIO, "fault asked for");
    }
}

START_TEST(faults_on_any_rank_reach_every_rank)
{
    exg_synth synth = small;
    exg_source_want want;

    make_set("faulty", synth);
    want = want_of(dir);
    fails_everywhere("exg_new", &want);
    fails_everywhere("exg_mem_product", &want);
    fails_everywhere("read_slice", &want);
    fails_everywhere("check_labels", &want);
    synth.gzip = 1;
    make_set("faulty_gzip", synth);
    want = want_of(dir);
    fails_everywhere("st", &want); /* of exg_deal_rows() */
}
END_TEST
#endif

Suite *exg_suite(void)
{
    Suite *s = suite_create("source");
    TCase *tc = exg_case(s, "source");

    tcase_add_test(tc, directory_becomes_a_dataset);
    tcase_add_test(tc, gzip_and_plain_are_the_same_set);
    tcase_add_test(tc, checksum_sees_every_change);
    tcase_add_test(tc, limits_keep_the_first_samples);
    tcase_add_test(tc, named_sets_are_looked_for_in_the_data_directory);
    tcase_add_test(tc, missing_file_is_named);
    tcase_add_test(tc, labels_that_are_no_class_are_refused);
    tcase_add_test(tc, one_class_is_refused);
    tcase_add_test(tc, files_that_do_not_go_together_are_refused);
    tcase_add_test(tc, sets_of_different_image_size_are_refused);
    tcase_add_test(tc, more_ranks_than_samples_is_fine);
#ifdef EXG_DEBUG
    tcase_add_test(tc, faults_on_any_rank_reach_every_rank);
#endif
    return s;
}
