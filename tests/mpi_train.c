/* mpi_train.c -- training and prediction: the same bits from any ranks, exact
 * means, and failures that all ranks learn of. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "sets.h"
#include "support.h"
#include "train/epoch.h"
#include "train/gradsync.h"
#include "train/predict.h"

enum {
    SAMPLES = 203, /* 12 lane blocks and 11 samples */
    BATCH = 37,    /* 2 lane blocks and 5 samples   */
    EPOCHS = 2
};

/* What a training leaves behind; arrays owned. */
typedef struct {
    exg_net *net;
    exg_pass *pass;
    exg_epoch_stats stats[EPOCHS];
    exg_status st;
} trained;

/* Train on the ranks of `par`, no further than the first failure. */
static void train(const exg_par *par, const exg_dataset *set,
                  exg_optimizer_plan how, trained *t)
{
    const exg_batches_plan plan = {.batch = BATCH, .seed = 6, .shuffle = 1};
    exg_batches *batches = NULL;
    exg_optimizer *optimizer = NULL;
    exg_epoch *e = NULL;

    sets_net(4, NULL, &t->net, &t->pass);
    ck_ok(world, exg_batches_create(par, &set->train, plan, &batches));
    ck_ok(world, exg_optimizer_create(how, t->net->nparam, &optimizer));
    ck_ok(world, exg_epoch_create(t->net, batches, optimizer, &e));
    t->st = EXG_OK;
    for (int i = 0; i < EPOCHS && t->st == EXG_OK; i++) {
        t->st = exg_epoch_run(par, e, i, i + 1 < EPOCHS, t->stats + i);
    }
    exg_epoch_destroy(&e);
    exg_optimizer_destroy(&optimizer);
    exg_batches_destroy(par, &batches);
}

static void trained_clear(trained *t)
{
    exg_pass_destroy(&t->pass);
    exg_net_destroy(&t->net);
}

static const exg_optimizer_plan adam = {.kind = EXG_OPTIMIZER_ADAM, .lr = 2e-3};
static const exg_optimizer_plan sgd = {
    .kind = EXG_OPTIMIZER_SGD, .lr = 2e-2, .momentum = 0.9};

START_TEST(training_is_that_of_one_rank)
{
    const exg_optimizer_plan how = _i == 0 ? adam : sgd;
    exg_par alone = sets_alone();
    exg_dataset *ours = sets_synth(world, SAMPLES);
    exg_dataset *whole = sets_synth(&alone, SAMPLES);
    trained together, one;
    exg_net *start = NULL;
    exg_pass *pass = NULL;
    size_t bytes;

    train(world, ours, how, &together);
    train(&alone, whole, how, &one);
    ck_all(world, together.st == EXG_OK && one.st == EXG_OK);
    bytes = (size_t)one.net->nparam * sizeof(float);
    ck_all(world, memcmp(together.net->param, one.net->param, bytes) == 0);
    for (int i = 0; i < EPOCHS; i++) {
        ck_all(world, together.stats[i].loss == one.stats[i].loss);
        ck_all(world, together.stats[i].accuracy == one.stats[i].accuracy);
    }
    sets_net(4, NULL, &start, &pass);
    ck_all(world, memcmp(start->param, one.net->param, bytes) != 0);
    exg_pass_destroy(&pass);
    exg_net_destroy(&start);
    trained_clear(&together);
    trained_clear(&one);
    exg_source_destroy(&ours);
    exg_source_destroy(&whole);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* Predictions of a set by the ranks of `par`. */
static exg_prediction *predict(const exg_par *par, const exg_dataset *set,
                               exg_net *net, exg_pass *pass)
{
    exg_batches *batches = NULL;
    exg_prediction *p = NULL;

    ck_ok(world,
          exg_batches_create(par, &set->test, (exg_batches_plan){0}, &batches));
    ck_ok(world, exg_prediction_create(net, batches, &p));
    ck_ok(world, exg_predict_run(par, pass, batches, p));
    exg_batches_destroy(par, &batches);
    return p;
}

/* Eight samples of 2^62 + 1 features are 8 numbers, modulo 2^64. */
START_TEST(answers_too_many_to_count_are_refused)
{
    exg_par alone = sets_alone();
    exg_dataset *set = sets_synth(&alone, 8);
    exg_batches *batches = NULL;
    exg_prediction *p = NULL;
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    exg_int right;

    sets_net(4, NULL, &net, &pass);
    right = net->nfeature;
    ck_ok(world, exg_batches_create(&alone, &set->test, (exg_batches_plan){0},
                                    &batches));
    net->nfeature = ((exg_int)1 << 62) + 1;
    ck_refused(world, exg_prediction_create(net, batches, &p), EXG_ENOMEM,
               "too large");
    net->nfeature = right;
    exg_batches_destroy(&alone, &batches);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    exg_source_destroy(&set);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* 1 if rows first .. first+count-1 of b are a, bit for bit. */
static int rows_equal(exg_shard span, exg_int bytes, const void *a,
                      const void *b)
{
    return memcmp(a, (const char *)b + span.first * bytes,
                  (size_t)(span.count * bytes)) == 0;
}

START_TEST(predictions_are_those_of_one_rank)
{
    exg_par alone = sets_alone();
    exg_dataset *ours = sets_synth(world, SAMPLES);
    exg_dataset *whole = sets_synth(&alone, SAMPLES);
    exg_prediction *part, *all;
    trained t;
    exg_int right = 0;

    train(&alone, whole, adam, &t);
    part = predict(world, ours, t.net, t.pass);
    all = predict(&alone, whole, t.net, t.pass);
    ck_all(world, part->loss == all->loss && part->accuracy == all->accuracy);
    ck_all(world, part->alive == all->alive);
    ck_all(world, rows_equal(part->span, 4, part->label, all->label));
    ck_all(world, rows_equal(part->span, 4, part->guess, all->guess));
    ck_all(world, rows_equal(part->span, 40, part->logits, all->logits));
    ck_all(world,
           rows_equal(part->span, 40, part->probability, all->probability));
    ck_all(world, rows_equal(part->span, 4 * part->nfeature, part->features,
                             all->features));
    for (exg_int i = 0; i < SAMPLES; i++) {
        ck_assert(all->label[i] == i % 10);
        right += all->guess[i] == all->label[i];
    }
    ck_all(world, all->accuracy == (double)right / SAMPLES);
    exg_prediction_destroy(&part);
    exg_prediction_destroy(&all);
    trained_clear(&t);
    exg_source_destroy(&ours);
    exg_source_destroy(&whole);
    MPI_Comm_free(&alone.comm);
}
END_TEST

/* Probabilities and loss follow from the logits. */
START_TEST(probabilities_and_loss_are_softmax)
{
    exg_par alone = sets_alone();
    exg_dataset *set = sets_synth(&alone, SAMPLES);
    exg_prediction *p;
    trained t;
    double loss = 0;

    train(&alone, set, adam, &t);
    p = predict(&alone, set, t.net, t.pass);
    for (exg_int i = 0; i < SAMPLES; i++) {
        const float *logit = p->logits + i * 10;
        double sum = 0;

        for (int k = 0; k < 10; k++) {
            sum += exp((double)logit[k]);
        }
        for (int k = 0; k < 10; k++) {
            ck_assert_double_eq_tol((double)p->probability[i * 10 + k],
                                    exp((double)logit[k]) / sum, 1e-6);
        }
        loss += log(sum) - (double)logit[p->label[i]];
    }
    ck_assert_double_eq_tol(p->loss, loss / SAMPLES, 1e-6);
    exg_prediction_destroy(&p);
    trained_clear(&t);
    exg_source_destroy(&set);
    MPI_Comm_free(&alone.comm);
}
END_TEST

START_TEST(samples_without_features_are_counted)
{
    exg_dataset *set = sets_synth(world, 50);
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    exg_prediction *p;

    sets_net(4, NULL, &net, &pass);
    p = predict(world, set, net, pass);
    ck_all(world, p->alive > 0 && p->alive <= 50);
    exg_prediction_destroy(&p);
    for (exg_int i = 0; i < net->nlayer; i++) { /* its last ReLU never fires */
        const exg_layer *l = net->layer + i;

        if (strcmp(l->name, "conv4") == 0) {
            net->param[l->bias] = -1e6f;
        }
    }
    p = predict(world, set, net, pass);
    ck_all(world, p->alive == 0);
    exg_prediction_destroy(&p);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    exg_source_destroy(&set);
}
END_TEST

/* Every rank ends with the same status and the same words. */
START_TEST(divergence_ends_on_all_ranks_with_a_cause)
{
    const exg_optimizer_plan far[] = {
        {.kind = EXG_OPTIMIZER_ADAM, .lr = 1e6},
        {.kind = EXG_OPTIMIZER_SGD, .lr = 1e6, .momentum = 0.9}};
    exg_dataset *set = sets_synth(world, SAMPLES);
    trained t;
    char text[EXG_ERR_MAX];

    train(world, set, far[_i], &t);
    ck_all(world, t.st == EXG_ENUMERIC);
    ck_all(world, strstr(exg_err_text(), "--lr") != NULL);
    ck_all(world, strstr(exg_err_text(), "the loss is") != NULL ||
                      strstr(exg_err_text(), "gradient of layer ") != NULL);
    snprintf(text, sizeof text, "%s", exg_err_text());
    MPI_Bcast(text, (int)sizeof text, MPI_CHAR, 0, world->comm);
    ck_all(world, strcmp(text, exg_err_text()) == 0);
    trained_clear(&t);
    exg_source_destroy(&set);
}
END_TEST

START_TEST(prediction_of_a_broken_network_fails_on_all_ranks)
{
    exg_dataset *set = sets_synth(world, 50);
    exg_batches *batches = NULL;
    exg_prediction *p = NULL;
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    sets_net(4, NULL, &net, &pass);
    net->param[net->nparam - 1] = NAN;
    ck_ok(world, exg_batches_create(world, &set->test, (exg_batches_plan){0},
                                    &batches));
    ck_ok(world, exg_prediction_create(net, batches, &p));
    ck_refused(world, exg_predict_run(world, pass, batches, p), EXG_ENUMERIC,
               "the loss of sample ");
    exg_prediction_destroy(&p);
    exg_batches_destroy(world, &batches);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    exg_source_destroy(&set);
}
END_TEST

/* Terms dealt to the ranks in turn; their mean is what integers say, and
 * differs from no other dealing. */
START_TEST(gradient_means_are_exact)
{
    enum {
        TERMS = 50
    };
    const exg_rng stream = {.seed = 3, .use = EXG_RNG_SYNTH};
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    exg_fixed *sum = NULL, *all = NULL;
    exg_int np, bad = 0;

    sets_net(4, NULL, &net, &pass);
    np = net->nparam;
    ck_ok(world, exg_new(&sum, np + EXG_GRADSYNC_RIDERS));
    ck_ok(world, exg_new(&all, np));
    for (int t = 0; t < TERMS; t++) {
        for (exg_int i = 0; i < np; i++) {
            const exg_fixed v = exg_fixed_of(
                exg_rng_normal(stream, (uint64_t)(t * np + i)), EXG_FIXED_GRAD);

            all[i] += v;
            sum[i] += t % world->size == world->rank ? v : 0;
        }
        sum[np + EXG_GRADSYNC_CORRECT] += t % world->size == world->rank;
    }
    ck_ok(world, exg_gradsync(world, TERMS, sum, EXG_OK, net));
    for (exg_int i = 0; i < np; i++) {
        const double mean = exg_fixed_value(all[i], EXG_FIXED_GRAD) / TERMS;

        bad += sum[i] != all[i] || net->grad[i] != (float)mean;
    }
    ck_all(world, bad == 0);
    ck_all(world, sum[np + EXG_GRADSYNC_CORRECT] == TERMS);
    exg_free(sum);
    exg_free(all);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
}
END_TEST

START_TEST(a_failing_rank_stops_all_at_the_reduction)
{
    const int mine = world->rank == world->size - 1;
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    exg_fixed *sum = NULL;
    exg_status st = EXG_OK;

    sets_net(4, NULL, &net, &pass);
    ck_ok(world, exg_new(&sum, net->nparam + EXG_GRADSYNC_RIDERS));
    if (mine) {
        st = exg_fail(EXG_ENUMERIC, "layer conv3 is ill");
    }
    ck_refused(world, exg_gradsync(world, 1, sum, st, net), EXG_ENUMERIC,
               "layer conv3 is ill");
    exg_free(sum);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("train");
    TCase *tc = exg_case(s, "train");

    tcase_add_loop_test(tc, training_is_that_of_one_rank, 0, 2);
    tcase_add_test(tc, predictions_are_those_of_one_rank);
    tcase_add_test(tc, answers_too_many_to_count_are_refused);
    tcase_add_test(tc, probabilities_and_loss_are_softmax);
    tcase_add_test(tc, samples_without_features_are_counted);
    tcase_add_loop_test(tc, divergence_ends_on_all_ranks_with_a_cause, 0, 2);
    tcase_add_test(tc, prediction_of_a_broken_network_fails_on_all_ranks);
    tcase_add_test(tc, gradient_means_are_exact);
    tcase_add_test(tc, a_failing_rank_stops_all_at_the_reduction);
    return s;
}
