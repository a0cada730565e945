/* mpi_batch.c -- what the ranks load, together, is what the order says. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/fixed.h"
#include "data/batch.h"
#include "data/lanes.h"
#include "data/order.h"
#include "data/synth.h"
#include "par/agree.h"
#include "support.h"

enum {
    SIDE = 5,
    PIXELS = SIDE * SIDE,
    MOST = 600
};

/* This rank's rows of a generated set, made without files. */
static void make_part(exg_int total, exg_source_part *part)
{
    const exg_synth synth = {.train = total,
                             .test = 1,
                             .h = SIDE,
                             .w = SIDE,
                             .nclass = 10,
                             .seed = 3};

    part->shard = exg_shard_mine(world, total);
    part->pixels = PIXELS;
    ck_ok(world, exg_new(&part->rows, part->shard.count * (PIXELS + 1)));
    for (exg_int i = 0; i < part->shard.count; i++) {
        uint8_t *row = part->rows + i * (PIXELS + 1);

        row[PIXELS] =
            (uint8_t)exg_synth_sample(&synth, 0, part->shard.first + i, row);
    }
}

/* 1 if a loaded lane is that sample, pixel for pixel. */
static int lane_is_sample(const float *x, int s, exg_int sample, int32_t target)
{
    const exg_synth synth = {.train = MOST,
                             .test = 1,
                             .h = SIDE,
                             .w = SIDE,
                             .nclass = 10,
                             .seed = 3};
    uint8_t pixels[PIXELS];
    int good = exg_synth_sample(&synth, 0, sample, pixels) == target;

    for (int p = 0; p < PIXELS; p++) {
        good &= x[p * EXG_LANE + s] == exg_lanes_pixel(pixels[p]);
    }
    return good;
}

static int lane_is_padding(const float *x, int s, int32_t target, exg_int index)
{
    int good = target == 0 && index == -1;

    for (int p = 0; p < PIXELS; p++) {
        good &= x[p * EXG_LANE + s] == 0.0f;
    }
    return good;
}

/* Load all my blocks of a step.  seen[position in the step] counts who loaded
 * it.  Returns 1 if every lane is what the order says. */
static int check_step(const exg_batches *b, const exg_order *order,
                      exg_int batch, exg_int step, exg_fixed *seen)
{
    static float x[PIXELS * EXG_LANE] __attribute__((aligned(64)));
    const exg_shard blocks = exg_batches_blocks(b, step);
    const exg_shard span = exg_batches_span(b, step);
    const exg_int samples = exg_batches_samples(b, step);
    exg_int loaded = 0;
    int good = 1;

    for (exg_int k = 0; k < blocks.count; k++) {
        int32_t target[EXG_LANE];
        float weight[EXG_LANE];
        exg_int index[EXG_LANE];

        exg_batches_load(b, step, k, x, target, weight, index);
        for (int s = 0; s < EXG_LANE; s++) {
            const exg_int at = (blocks.first + k) * EXG_LANE + s;

            if (at >= samples) {
                good &= weight[s] == 0.0f;
                good &= lane_is_padding(x, s, target[s], index[s]);
                continue;
            }
            good &= index[s] == exg_order_at(order, step * batch + at);
            good &= weight[s] == 1.0f;
            good &= lane_is_sample(x, s, index[s], target[s]);
            good &= at == span.first + loaded++;
            seen[at]++;
        }
    }
    return good && loaded == span.count && span.total == samples;
}

/* All steps of an epoch, on all ranks: each position exactly once. */
static int check_epoch(const exg_batches *b, exg_int total,
                       exg_batches_plan plan, exg_int epoch)
{
    const exg_order order = exg_order_of(total, plan.seed, epoch, plan.shuffle);
    const exg_int batch = plan.batch > 0 ? plan.batch : total;
    exg_int covered = 0;
    int good = exg_batches_steps(b) == (total + batch - 1) / batch;

    for (exg_int step = 0; step < exg_batches_steps(b); step++) {
        static exg_fixed seen[MOST];
        const exg_int samples = exg_batches_samples(b, step);

        memset(seen, 0, sizeof seen);
        good &= check_step(b, &order, batch, step, seen);
        MPI_Allreduce(MPI_IN_PLACE, seen, (int)samples, MPI_INT64_T, MPI_SUM,
                      world->comm);
        for (exg_int i = 0; i < samples; i++) {
            good &= seen[i] == 1;
        }
        covered += samples;
    }
    return good && covered == total;
}

START_TEST(ranks_together_load_every_position_once)
{
    static const exg_int total[] = {1, 15, 16, 17, 100, 257, MOST};
    static const exg_int batch[] = {0, 1, 16, 40, 64, 128, 1000};

    for (size_t i = 0; i < sizeof total / sizeof *total; i++) {
        exg_source_part part;

        make_part(total[i], &part);
        for (size_t j = 0; j < sizeof batch / sizeof *batch; j++) {
            const exg_batches_plan plan = {
                .batch = batch[j], .seed = 8, .shuffle = 1};
            exg_batches *b = NULL;
            int good;

            ck_ok(world, exg_batches_create(world, &part, plan, &b));
            ck_ok(world, exg_batches_epoch(world, b, 0, 0));
            good = check_epoch(
                b, total[i],
                (exg_batches_plan){.batch = batch[j] > total[i] ? 0 : batch[j],
                                   .seed = 8,
                                   .shuffle = 1},
                0);
            exg_batches_destroy(world, &b);
            ck_all(world, good && b == NULL);
        }
        exg_free(part.rows);
    }
}
END_TEST

START_TEST(rows_of_the_next_epoch_arrive_behind_this_one)
{
    const exg_batches_plan plan = {.batch = 48, .seed = 2, .shuffle = 1};
    exg_source_part part;
    exg_batches *b = NULL;
    int good = 1;

    make_part(301, &part);
    ck_ok(world, exg_batches_create(world, &part, plan, &b));
    for (exg_int epoch = 0; epoch < 5; epoch++) {
        ck_ok(world, exg_batches_epoch(world, b, epoch, epoch < 4));
        good &= check_epoch(b, 301, plan, epoch);
    }
    ck_all(world, good);
    exg_batches_destroy(world, &b);
    exg_free(part.rows);
}
END_TEST

/* A resumed run starts at a later epoch; a fetch may be given up. */
START_TEST(epochs_may_come_in_any_order)
{
    static const exg_int epochs[] = {7, 8, 3, 3, 4, 9, 0};
    const exg_batches_plan plan = {.batch = 32, .seed = 2, .shuffle = 1};
    exg_source_part part;
    exg_batches *b = NULL;
    int good = 1;

    make_part(75, &part);
    ck_ok(world, exg_batches_create(world, &part, plan, &b));
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
        ck_ok(world, exg_batches_epoch(world, b, epochs[i], 1));
        good &= check_epoch(b, 75, plan, epochs[i]);
    }
    exg_batches_destroy(world, &b); /* with a fetch under way */
    ck_all(world, good);
    exg_free(part.rows);
}
END_TEST

START_TEST(evaluation_visits_samples_in_file_order)
{
    const exg_batches_plan plan = {.batch = 0, .shuffle = 0};
    exg_source_part part;
    exg_batches *b = NULL;
    int good;

    make_part(231, &part);
    ck_ok(world, exg_batches_create(world, &part, plan, &b));
    ck_ok(world, exg_batches_epoch(world, b, 0, 1));
    good = check_epoch(b, 231, plan, 0);
    ck_ok(world, exg_batches_epoch(world, b, 1, 1));
    good &= check_epoch(b, 231, plan, 1);
    exg_batches_destroy(world, &b);
    ck_all(world, good);
    exg_free(part.rows);
}
END_TEST

START_TEST(negative_batch_is_refused)
{
    exg_source_part part;
    exg_batches *b = NULL;

    make_part(20, &part);
    ck_all(world,
           exg_batches_create(world, &part, (exg_batches_plan){.batch = -1},
                              &b) == EXG_EUSAGE);
    ck_all(world, b == NULL);
    exg_free(part.rows);
}
END_TEST

START_TEST(pixels_are_those_of_a_division)
{
    uint8_t rows[EXG_LANE][256];
    static float x[256 * EXG_LANE] __attribute__((aligned(64)));
    int good = 1;

    for (int s = 0; s < EXG_LANE; s++) {
        for (int p = 0; p < 256; p++) {
            rows[s][p] = (uint8_t)(p + 7 * s);
        }
    }
    exg_lanes_load(256, 256, EXG_LANE, &rows[0][0], x);
    for (int p = 0; p < 256; p++) {
        for (int s = 0; s < EXG_LANE; s++) {
            const volatile float scaled = (float)rows[s][p] / 255.0f;
            const volatile float centred = scaled - 0.5f;

            good &= x[p * EXG_LANE + s] == centred / 0.5f;
        }
    }
    ck_all(world, good && x[0] == -1.0f);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("batch");
    TCase *tc = exg_case(s, "batch");

    tcase_add_test(tc, ranks_together_load_every_position_once);
    tcase_add_test(tc, rows_of_the_next_epoch_arrive_behind_this_one);
    tcase_add_test(tc, epochs_may_come_in_any_order);
    tcase_add_test(tc, evaluation_visits_samples_in_file_order);
    tcase_add_test(tc, negative_batch_is_refused);
    tcase_add_test(tc, pixels_are_those_of_a_division);
    return s;
}
