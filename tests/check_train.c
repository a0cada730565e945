/* check_train.c -- optimisers against the formulas in double, scores of a
 * confusion matrix against scikit-learn. */
#include <float.h>
#include <math.h>

#include "core/rng.h"
#include "golden.h"
#include "support.h"
#include "train/confusion.h"
#include "train/optimizer.h"
#include "train/predict.h"

enum {
    N = 37,
    STEPS = 60
};

/* A float step of Adam is four roundings of values near lr; they add up over
 * the steps. */
#define OPTIMIZER_TOLERANCE (STEPS * 8 * FLT_EPSILON)

static double gradient(int step, int i)
{
    const exg_rng stream = {.seed = 5, .use = EXG_RNG_SYNTH, .sub = 7};
    const double size = pow(10, i % 9 - 6); /* 1e-6 .. 1e2 */

    return size * exg_rng_normal(stream, (uint64_t)step * N + (uint64_t)i);
}

/* Kingma & Ba 2015, Algorithm 1, as written there. */
static void adam_reference(double lr, double *theta)
{
    for (int i = 0; i < N; i++) {
        double m = 0, v = 0;

        for (int t = 1; t <= STEPS; t++) {
            const double g = (float)gradient(t, i);

            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            theta[i] -= lr * (m / (1 - pow(0.9, t))) /
                        (sqrt(v / (1 - pow(0.999, t))) + 1e-8);
        }
    }
}

/* Sutskever et al. 2013 in PyTorch's form: v = m v + g, theta -= lr v. */
static void sgd_reference(double lr, double momentum, double *theta)
{
    for (int i = 0; i < N; i++) {
        double v = 0;

        for (int t = 1; t <= STEPS; t++) {
            v = momentum * v + (double)(float)gradient(t, i);
            theta[i] -= lr * v;
        }
    }
}

static void run(exg_optimizer_plan plan, float *theta)
{
    exg_optimizer *o = NULL;
    float g[N];

    ck_ok(world, exg_optimizer_create(plan, N, &o));
    for (int t = 1; t <= STEPS; t++) {
        for (int i = 0; i < N; i++) {
            g[i] = (float)gradient(t, i);
        }
        exg_optimizer_step(o, g, theta);
    }
    exg_optimizer_destroy(&o);
    ck_assert(o == NULL);
}

static const exg_optimizer_plan plan[] = {
    {.kind = EXG_OPTIMIZER_ADAM, .lr = 0.01, .momentum = 0.9},
    {.kind = EXG_OPTIMIZER_SGD, .lr = 0.01, .momentum = 0.9},
    {.kind = EXG_OPTIMIZER_SGD, .lr = 0.03, .momentum = 0.0},
};

START_TEST(optimizers_follow_their_formulas)
{
    float theta[N];
    double want[N];

    for (int i = 0; i < N; i++) {
        theta[i] = 0.5f;
        want[i] = 0.5;
    }
    run(plan[_i], theta);
    if (plan[_i].kind == EXG_OPTIMIZER_ADAM) {
        adam_reference(plan[_i].lr, want);
    } else {
        sgd_reference(plan[_i].lr, plan[_i].momentum, want);
    }
    for (int i = 0; i < N; i++) {
        ck_assert_msg(fabs((double)theta[i] - want[i]) <
                          OPTIMIZER_TOLERANCE * (1 + fabs(want[i])),
                      "parameter %d: %.9g, want %.9g", i, (double)theta[i],
                      want[i]);
    }
}
END_TEST

/* By hand: m = 0.1 g, v = 0.001 g^2, both corrected to g and g^2. */
START_TEST(adams_first_step_is_the_learning_rate)
{
    exg_optimizer *o = NULL;
    const float g[3] = {4.0f, -0.01f, 0.0f};
    float theta[3] = {1, 1, 1};

    ck_ok(world,
          exg_optimizer_create(
              (exg_optimizer_plan){.kind = EXG_OPTIMIZER_ADAM, .lr = 0.125}, 3,
              &o));
    exg_optimizer_step(o, g, theta);
    ck_assert_double_eq_tol((double)theta[0], 0.875, 1e-6);
    ck_assert_double_eq_tol((double)theta[1], 1.125, 1e-6);
    ck_assert(theta[2] == 1.0f);
    exg_optimizer_destroy(&o);
}
END_TEST

/* 0 is taken for 0 twice and for 1 once, nobody is taken for 2, 3 has no
 * samples but one guess. */
START_TEST(scores_of_a_small_matrix_are_those_by_hand)
{
    const int32_t truth[] = {0, 0, 0, 1, 1, 2, 2};
    const int32_t guess[] = {0, 0, 1, 1, 3, 1, 0};
    const int64_t want[16] = {2, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    int64_t counts[16], support[4];
    double precision[4], recall[4], f1[4];

    exg_confusion_count(7, truth, guess, 4, counts);
    ck_assert(memcmp(counts, want, sizeof want) == 0);
    exg_confusion_scores(4, counts, precision, recall, f1, support);
    ck_assert(precision[0] == 2.0 / 3 && recall[0] == 2.0 / 3);
    ck_assert(precision[1] == 1.0 / 3 && recall[1] == 0.5);
    ck_assert_double_eq_tol(f1[1], 0.4, 1e-15);
    ck_assert(precision[2] == 0 && recall[2] == 0 && f1[2] == 0);
    ck_assert(precision[3] == 0 && recall[3] == 0 && f1[3] == 0);
    ck_assert(support[0] == 3 && support[1] == 2 && support[2] == 2 &&
              support[3] == 0);
}
END_TEST

/* Dividing the same counts may round once more: that much and no more. */
#define SCORE_TOLERANCE (2 * DBL_EPSILON)

START_TEST(scores_are_scikit_learns)
{
    golden g;
    const double *score[3];
    int32_t *label[2] = {NULL, NULL};
    int64_t counts[100], support[10];
    double got[3][10];
    exg_int n;

    golden_read("scores.bin", &g);
    n = golden_of(&g, "truth")->size;
    for (int i = 0; i < 2; i++) {
        const uint8_t *byte = golden_u8(&g, i == 0 ? "truth" : "guess");

        ck_ok(world, exg_new(&label[i], n));
        for (exg_int j = 0; j < n; j++) {
            label[i][j] = byte[j];
        }
    }
    score[0] = golden_f64(&g, "precision");
    score[1] = golden_f64(&g, "recall");
    score[2] = golden_f64(&g, "f1");
    exg_confusion_count(n, label[0], label[1], 10, counts);
    exg_confusion_scores(10, counts, got[0], got[1], got[2], support);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(counts[i], (int64_t)golden_f64(&g, "confusion")[i]);
    }
    for (int k = 0; k < 10; k++) {
        for (int i = 0; i < 3; i++) {
            ck_assert_double_eq_tol(got[i][k], score[i][k], SCORE_TOLERANCE);
        }
        ck_assert_int_eq(support[k], (int64_t)golden_f64(&g, "support")[k]);
    }
    exg_free(label[0]);
    exg_free(label[1]);
    golden_free(&g);
}
END_TEST

START_TEST(rows_and_columns_of_a_matrix_add_up)
{
    enum {
        SAMPLES = 1000,
        K = 7
    };
    const exg_rng stream = {.seed = 2, .use = EXG_RNG_SYNTH};
    int32_t truth[SAMPLES], guess[SAMPLES];
    int64_t counts[K * K], support[K], all = 0, hits = 0;
    double precision[K], recall[K], f1[K];

    for (int i = 0; i < SAMPLES; i++) {
        uint32_t bits[4];

        exg_rng_block(stream, (uint64_t)i, bits);
        truth[i] = (int32_t)(bits[0] % K);
        guess[i] = (int32_t)(bits[1] % K);
        hits += truth[i] == guess[i];
    }
    exg_confusion_count(SAMPLES, truth, guess, K, counts);
    exg_confusion_scores(K, counts, precision, recall, f1, support);
    for (int k = 0; k < K; k++) {
        all += support[k];
        hits -= counts[k * K + k];
        ck_assert(precision[k] > 0 && precision[k] < 1);
        ck_assert(f1[k] >= fmin(precision[k], recall[k]));
        ck_assert(f1[k] <= fmax(precision[k], recall[k]));
    }
    ck_assert(all == SAMPLES && hits == 0);
}
END_TEST

START_TEST(ties_go_to_the_lower_class)
{
    float logits[4 * EXG_LANE];
    int32_t guess[EXG_LANE];

    for (int s = 0; s < EXG_LANE; s++) {
        for (int k = 0; k < 4; k++) {
            logits[k * EXG_LANE + s] = k == s % 4 || k == 2 ? 1.0f : -1.0f;
        }
    }
    exg_predict_argmax(4, logits, guess);
    for (int s = 0; s < EXG_LANE; s++) {
        ck_assert_int_eq(guess[s], s % 4 < 2 ? s % 4 : 2);
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("train");
    TCase *tc = exg_case(s, "train");

    tcase_add_loop_test(tc, optimizers_follow_their_formulas, 0,
                        sizeof plan / sizeof *plan);
    tcase_add_test(tc, adams_first_step_is_the_learning_rate);
    tcase_add_test(tc, scores_of_a_small_matrix_are_those_by_hand);
    tcase_add_test(tc, scores_are_scikit_learns);
    tcase_add_test(tc, rows_and_columns_of_a_matrix_add_up);
    tcase_add_test(tc, ties_go_to_the_lower_class);
    return s;
}
