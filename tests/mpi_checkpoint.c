/* mpi_checkpoint.c -- what one rank is told all do; training goes on from
 * within an epoch; files of other shapes are refused. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/keep.h"
#include "core/rng.h"
#include "core/signal.h"
#include "embed/place.h"
#include "embed/points.h"
#include "embed/quality.h"
#include "explain/saliency.h"
#include "sets.h"
#include "support.h"
#include "train/epoch.h"
#include "train/predict.h"

enum {
    N = 1300, /* points: 6 tiles */
    D = 4,
    K = 12,
    MAP = 2,
    SAMPLES = 203,
    BATCH = 37,
    STEPS = 6, /* of an epoch */
    NAME = 512
};

/* One rank, the last, is told to stop. */
static void tell_one(void)
{
    exg_signal_watch();
    if (world->rank == world->size - 1) {
        ck_assert_int_eq(raise(SIGUSR1), 0);
    }
}

static void forget(void)
{
    exg_signal_watch();
    exg_err_clear();
}

static float *random_rows(exg_int width)
{
    const exg_shard mine = exg_shard_mine(world, N);
    const exg_rng stream = {.seed = 5, .use = EXG_RNG_SYNTH};
    float *x = NULL;

    ck_ok(world, exg_new(&x, mine.count * width));
    for (exg_int i = 0; i < mine.count * width; i++) {
        x[i] = exg_rng_uniform(stream, (uint64_t)(mine.first * width + i));
    }
    return x;
}

/* Stages of a map, each told to stop before it begins. */
START_TEST(maps_stop_in_every_stage)
{
    const exg_affinity_scales scales = exg_affinity_one_scale(4.0);
    const exg_int mine = exg_shard_mine(world, N).count;
    float *x = random_rows(D), *y = random_rows(MAP);
    exg_clock clock = {.count = 0};
    exg_points *points = NULL;
    exg_guests *guests = NULL;
    exg_quality quality;
    const exg_kern *kern = NULL;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_points_prepare(world, N, D, x, &clock, &points));
    tell_one();
    ck_all(world, exg_points_neighbours(world, NULL, 4.0, &clock, points) ==
                      EXG_ESTOP);
    forget();
    exg_points_destroy(&points);
    ck_ok(world, exg_points_prepare(world, N, D, x, &clock, &points));
    ck_ok(world, exg_points_neighbours(world, NULL, 4.0, &clock, points));
    tell_one();
    ck_all(world, exg_points_tune(world, &scales, &clock, points) == EXG_ESTOP);
    forget();
    ck_ok(world, exg_points_tune(world, &scales, &clock, points));
    tell_one();
    ck_all(world, exg_quality_of(world,
                                 &(exg_quality_job){.tiles = points->tiles,
                                                    .k = points->k,
                                                    .near = points->near,
                                                    .dims = MAP,
                                                    .y = y,
                                                    .kern = kern,
                                                    .rows = EXG_QUALITY_ALL},
                                 &quality) == EXG_ESTOP);
    ck_all(world, exg_guests_create(world, NULL, points->tiles, N, x, &scales,
                                    &clock, &guests) == EXG_ESTOP);
    forget();
    ck_all(world, mine > 0 && guests == NULL);
    exg_points_destroy(&points);
    exg_free(x);
    exg_free(y);
}
END_TEST

START_TEST(placing_stops_at_a_frame)
{
    const exg_place_plan plan = EXG_PLACE_DEFAULTS;
    const exg_affinity_scales scales = exg_affinity_one_scale(4.0);
    float *x = random_rows(D), *map = NULL;
    exg_clock clock = {.count = 0};
    exg_points *points = NULL;
    exg_guests *guests = NULL;
    exg_field *field = NULL;
    exg_placed placed = {.dims = 0};
    const exg_kern *kern = NULL;

    ck_ok(world, exg_kern_select(NULL, &kern));
    ck_ok(world, exg_new(&map, N * MAP)); /* whole, on every rank */
    for (exg_int i = 0; i < N * MAP; i++) {
        map[i] = (float)(i % 37) + 0.01f * (float)i;
    }
    ck_ok(world, exg_points_prepare(world, N, D, x, &clock, &points));
    ck_ok(world, exg_guests_create(world, NULL, points->tiles, N, x, &scales,
                                   &clock, &guests));
    ck_ok(world,
          exg_field_create(
              world, kern, "exact",
              &(exg_field_map){.total = N, .dims = MAP, .dof = 1.0, .r = map},
              &field));
    tell_one();
    ck_all(world, exg_place(world, guests, field, MAP, map, &plan, NULL, NULL,
                            &placed) == EXG_ESTOP);
    forget();
    ck_all(world, placed.y == NULL);
    exg_field_destroy(&field);
    exg_guests_destroy(&guests);
    exg_points_destroy(&points);
    exg_free(map);
    exg_free(x);
}
END_TEST

START_TEST(evaluation_and_saliency_stop)
{
    const exg_saliency_plan plan = {.samples = 150, .target = EXG_TARGET_TRUE};
    exg_dataset *set = sets_synth(world, SAMPLES);
    exg_batches *batches = NULL;
    exg_prediction *p = NULL;
    exg_saliency *s = NULL;
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    sets_net(4, NULL, &net, &pass);
    ck_ok(world, exg_batches_create(world, &set->test, (exg_batches_plan){0},
                                    &batches));
    ck_ok(world, exg_prediction_create(net, batches, &p));
    ck_ok(world, exg_saliency_create(world, set, plan, &s));
    tell_one();
    ck_all(world, exg_predict_run(world, pass, batches, p) == EXG_ESTOP);
    ck_all(world, exg_saliency_run(world, s, pass, 0) == EXG_ESTOP);
    forget();
    ck_ok(world, exg_predict_run(world, pass, batches, p));
    ck_ok(world, exg_saliency_run(world, s, pass, 0));
    exg_saliency_destroy(world, &s);
    exg_prediction_destroy(&p);
    exg_batches_destroy(world, &batches);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    exg_source_destroy(&set);
}
END_TEST

/* A training, and where it is to be interrupted. */
typedef struct {
    exg_dataset *set;
    exg_batches *batches;
    exg_net *net;
    exg_pass *pass;
    exg_optimizer *optimizer;
    exg_epoch *epoch;
    exg_int until; /* the rank is told to stop before this step */
    exg_epoch_place left;
} training;

static void training_create(exg_int until, training *t)
{
    const exg_batches_plan plan = {.batch = BATCH, .seed = 6, .shuffle = 1};
    const exg_optimizer_plan adam = {.kind = EXG_OPTIMIZER_ADAM, .lr = 2e-3};

    *t = (training){.until = until, .set = sets_synth(world, SAMPLES)};
    sets_net(4, NULL, &t->net, &t->pass);
    ck_ok(world, exg_batches_create(world, &t->set->train, plan, &t->batches));
    ck_ok(world, exg_optimizer_create(adam, t->net->nparam, &t->optimizer));
    ck_ok(world, exg_epoch_create(t->net, t->batches, t->optimizer, &t->epoch));
    ck_all(world, exg_batches_steps(t->batches) == STEPS);
}

static void training_destroy(training *t)
{
    exg_epoch_destroy(&t->epoch);
    exg_optimizer_destroy(&t->optimizer);
    exg_batches_destroy(world, &t->batches);
    exg_pass_destroy(&t->pass);
    exg_net_destroy(&t->net);
    exg_source_destroy(&t->set);
}

/* Asked before each step, on every rank: so one can be told here. */
static int due(void *state)
{
    training *t = state;

    if (t->until-- == 0) {
        tell_one();
    }
    return 0;
}

static exg_status keep(const exg_par *par, void *state,
                       const exg_epoch_place *place, exg_wish wish)
{
    training *t = state;

    (void)par;
    t->left = *place;
    return wish.stop == SIGUSR1 ? EXG_ESTOP : EXG_EINPUT;
}

/* What a checkpoint holds of a training. */
static void hand_over(training *from, training *to)
{
    const exg_optimizer_state a = exg_optimizer_look(from->optimizer);
    exg_optimizer_state b = exg_optimizer_look(to->optimizer);
    const size_t bytes = (size_t)a.n * sizeof(float);

    memcpy(to->net->param, from->net->param, bytes);
    memcpy(b.first, a.first, bytes);
    memcpy(b.second, a.second, bytes);
    exg_optimizer_resume(to->optimizer, a.steps);
}

START_TEST(training_goes_on_from_within_an_epoch)
{
    const exg_epoch_keeper keeper = {.due = due, .keep = keep};
    exg_epoch_keeper mine = keeper;
    exg_epoch_place place = {.epoch = 0}, other = {.epoch = 0};
    exg_epoch_stats stats[2];
    training whole, first, second;
    size_t bytes;

    training_create(-1, &whole);
    ck_ok(world, exg_epoch_run(world, whole.epoch, 0, 0, &stats[0]));
    training_create(_i, &first);
    training_create(-1, &second);
    mine.state = &first;
    ck_all(world, exg_epoch_resume(world, first.epoch, &place, 0, &mine,
                                   &stats[1]) == EXG_ESTOP);
    forget();
    ck_all(world, first.left.step == _i + 1 && place.step == _i + 1);
    hand_over(&first, &second);
    other = first.left;
    ck_ok(world,
          exg_epoch_resume(world, second.epoch, &other, 0, NULL, &stats[1]));
    bytes = (size_t)whole.net->nparam * sizeof(float);
    ck_all(world, memcmp(whole.net->param, second.net->param, bytes) == 0);
    ck_all(world, stats[0].loss == stats[1].loss &&
                      stats[0].accuracy == stats[1].accuracy);
    training_destroy(&whole);
    training_destroy(&first);
    training_destroy(&second);
}
END_TEST

static const exg_opt_row rows[] = {
    {"lr", EXG_OPT_REAL, EXG_OPT_RESULT, "0.1", 0, 1, "", "a result's"},
    EXG_KEEP_ROWS};

static char path[NAME], older[NAME];

static exg_status put(const exg_par *par, void *state, exg_image *image)
{
    exg_status st = EXG_OK;
    const exg_int dims[] = {2, 3};
    const float v[] = {1, 2, 3, 4, 5, 6};
    const exg_shard mine = exg_shard_mine(par, 5);
    float row[5];

    (void)state;
    for (exg_int i = 0; i < mine.count; i++) {
        row[i] = (float)(mine.first + i);
    }
    ck_ok(par, image == NULL
                   ? EXG_OK
                   : exg_image_put(image, "/v", EXG_WRITER_F32, 2, dims, v));
    EXG_TRY(exg_keep_put_rows(par, image, "/rows", 1, mine, 1, row));
done:
    return st;
}

/* Checkpoints at `path`, of a run with such options. */
static exg_keep *keeper_of(const exg_opts *opts)
{
    exg_keep *k = NULL;

    ck_ok(world, exg_keep_create(world,
                                 (exg_keep_owner){.program = "test 1",
                                                  .opts = opts,
                                                  .data = 77,
                                                  .path = path,
                                                  .older = older},
                                 &k));
    return k;
}

/* The failure names the array and what was wanted of it. */
static void refused(exg_status st, const char *array)
{
    ck_all(world, st == EXG_EINPUT || st == EXG_ELIB);
    ck_all(world, strstr(exg_err_text(), array) != NULL);
    ck_all(world, strchr(exg_err_text(), '\n') == NULL);
    exg_err_clear();
}

START_TEST(other_shapes_and_types_are_refused)
{
    const exg_shard mine = exg_shard_mine(world, 5);
    exg_opts *opts = NULL;
    exg_keep *k = NULL;
    float *v = NULL;
    int64_t *whole = NULL;
    exg_int dims[2] = {2, -1};

    snprintf(path, sizeof path, "%s/keep.h5", exg_scratch());
    snprintf(older, sizeof older, "%s/keep-1.h5", exg_scratch());
    ck_ok(world, exg_opts_create(rows, sizeof rows / sizeof *rows, &opts));
    k = keeper_of(opts);
    ck_all(world, !exg_keep_resumes(k));
    exg_keep_add(k, put, NULL);
    tell_one();
    ck_all(world, exg_keep_stop(world, k, EXG_EIO, 0, "here") == EXG_EIO);
    ck_all(world, exg_keep_stop(world, k, EXG_ESTOP, 0, "here") == EXG_ESTOP);
    forget();
    exg_keep_destroy(&k);

    k = keeper_of(opts);
    ck_all(world, exg_keep_resumes(k) && exg_keep_has(world, k, "/v") &&
                      !exg_keep_has(world, k, "/w"));
    ck_ok(world, exg_keep_get(world, k, "/v", EXG_WRITER_F32, 2, dims, &v));
    ck_all(world, dims[1] == 3 && v[5] == 6.0f);
    exg_free(v);
    refused(exg_keep_get(world, k, "/w", EXG_WRITER_F32, 2, dims, &v), "/w");
    refused(exg_keep_get(world, k, "/v", EXG_WRITER_F32, 1, dims, &v), "/v");
    dims[1] = 4;
    refused(exg_keep_get(world, k, "/v", EXG_WRITER_F32, 2, dims, &v), "/v");
    dims[1] = 3;
    refused(exg_keep_get(world, k, "/v", EXG_WRITER_I64, 2, dims, &whole),
            "/v");
    refused(exg_keep_get_rows(world, k, "/rows", 2, mine, 1, &v), "/rows");
    refused(exg_keep_get_rows(world, k, "/rows", 1, mine, 2, &v), "/rows");
    refused(exg_keep_get_rows(world, k, "/rows", 1, exg_shard_mine(world, 6), 1,
                              &v),
            "/rows");
    ck_ok(world, exg_keep_get_rows(world, k, "/rows", 1, mine, 1, &v));
    ck_all(world, mine.count == 0 || v[0] == (float)mine.first);
    exg_free(v);
    ck_ok(world, exg_keep_remove(world, k));
    exg_keep_destroy(&k);
    exg_free(opts);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tc = exg_case(suite, "checkpoint");

    tcase_add_test(tc, maps_stop_in_every_stage);
    tcase_add_test(tc, placing_stops_at_a_frame);
    tcase_add_test(tc, evaluation_and_saliency_stop);
    tcase_add_loop_test(tc, training_goes_on_from_within_an_epoch, 0, STEPS);
    tcase_add_test(tc, other_shapes_and_types_are_refused);
    return suite;
}
