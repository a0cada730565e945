/* check_act.c -- ReLU, softmax and cross-entropy against their definitions. */
#include <math.h>
#include <string.h>

#include "kern/ref.h"
#include "kernels.h"

/* Logits on which a careless softmax overflows or loses everything. */
static void hard_logits(exg_int k, float *logits)
{
    fill(logits, k * EXG_LANE, 5);
    for (exg_int n = 0; n < EXG_LANE; n++) {
        for (exg_int c = 0; c < k; c++) {
            logits[c * EXG_LANE + n] *= (float)(1 << n) * 0.05f;
        }
    }
}

START_TEST(softmax_and_cross_entropy_are_their_definition)
{
    enum {
        K = 10
    };
    _Alignas(64) float logits[K * EXG_LANE], p[K * EXG_LANE], d[K * EXG_LANE];
    float p_[K * EXG_LANE], d_[K * EXG_LANE];
    float loss[EXG_LANE], loss_[EXG_LANE], weight[EXG_LANE];
    int32_t target[EXG_LANE];
    const exg_kern *kern = kernels(_i);

    if (kern == NULL) {
        return;
    }
    hard_logits(K, logits);
    for (int n = 0; n < EXG_LANE; n++) {
        target[n] = n % K;
        weight[n] = n == 3 ? 0.0f : 1.0f;
    }
    exg_softmax_ref(K, logits, p_);
    exg_cross_entropy_ref(K, logits, target, weight, loss_, d_);
    kern->softmax(K, logits, p);
    kern->cross_entropy(K, logits, target, weight, loss, d);
    for (int n = 0; n < EXG_LANE; n++) {
        double sum = 0.0;

        for (int c = 0; c < K; c++) {
            sum += p[c * EXG_LANE + n];
        }
        ck_assert_double_eq_tol(sum, 1.0, 1e-6);
        ck_assert_double_eq_tol(loss[n], loss_[n],
                                1e-6 * (1.0 + fabs((double)loss_[n])));
    }
    /* exp's argument is a rounded difference of logits up to 1600. */
    ck_near(p, p_, K * EXG_LANE, 1e-6, 1.0);
    ck_near(d, d_, K * EXG_LANE, 1e-6, 1.0);
    ck_assert(loss[3] == 0.0f && d[3] == 0.0f);
}
END_TEST

START_TEST(softmax_bits_agree_between_instruction_sets)
{
    enum {
        K = 11
    };
    _Alignas(64) float logits[K * EXG_LANE], d[2][K * EXG_LANE];
    float loss[2][EXG_LANE], weight[EXG_LANE];
    int32_t target[EXG_LANE];

    hard_logits(K, logits);
    for (int n = 0; n < EXG_LANE; n++) {
        target[n] = n % K;
        weight[n] = 0.5f + (float)n;
    }
    for (int i = 0; i < 2; i++) {
        const exg_kern *kern = kernels(i);

        if (kern == NULL) {
            return;
        }
        kern->cross_entropy(K, logits, target, weight, loss[i], d[i]);
    }
    ck_assert(!memcmp(loss[0], loss[1], sizeof loss[0]));
    ck_assert(!memcmp(d[0], d[1], sizeof d[0]));
}
END_TEST

START_TEST(relu_keeps_nan_and_gates_its_derivative)
{
    _Alignas(64) float x[EXG_LANE] = {-1.0f, 0.0f, 2.0f, NAN, -0.0f, INFINITY};
    _Alignas(64) float y[EXG_LANE], dx[EXG_LANE];
    const exg_kern *kern = kernels(_i);

    if (kern == NULL) {
        return;
    }
    kern->relu_forward(1, x, y);
    ck_assert(y[0] == 0.0f && y[1] == 0.0f && y[2] == 2.0f && y[4] == 0.0f);
    ck_assert(isnan(y[3]) && isinf(y[5]));
    fill(x, EXG_LANE, 1);
    kern->relu_backward(1, y, x, dx);
    ck_assert(dx[0] == 0.0f && dx[1] == 0.0f && dx[2] == x[2]);
    ck_assert(dx[5] == x[5]);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("act");
    TCase *tc = exg_case(suite, "act");

    tcase_add_loop_test(tc, softmax_and_cross_entropy_are_their_definition, 0,
                        ISAS);
    tcase_add_test(tc, softmax_bits_agree_between_instruction_sets);
    tcase_add_loop_test(tc, relu_keeps_nan_and_gates_its_derivative, 0, ISAS);
    return suite;
}
