/* check_pass.c -- gradients against finite differences, lanes against each
 * other, instruction sets against each other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "kern/ref.h"
#include "model/init.h"
#include "model/pass.h"
#include "support.h"

/* Networks in which each kind of layer meets each other kind. */
static const char *const text[] = {
    "linear",
    "conv2x3 relu linear",
    "relu conv2x2 conv3x3 relu relu linear5 relu linear",
    "conv3x2 linear6 linear",
    "linear7 relu conv1x3 relu linear",
};

enum {
    TEXTS = sizeof text / sizeof text[0],
    C = 2,
    H = 6,
    W = 5,
    K = 3
};

/* A central difference with a step of 2^-12: rounding of float logits leaves
 * an error of about 16 * 1e-7 / 2^-12; a larger step crosses kinks of ReLU. */
#define STEP 0x1p-12
#define TOLERANCE 4e-3

static void fill(float *v, exg_int n, uint32_t what)
{
    const exg_rng stream = {.seed = 11, .use = EXG_RNG_SYNTH, .sub = what};

    for (exg_int i = 0; i < n; i++) {
        v[i] = 2.0f * exg_rng_uniform(stream, (uint64_t)i) - 1.0f;
    }
}

static void make(const char *words, exg_net **net, exg_pass **pass)
{
    ck_ok(world, exg_net_create(words, C, H, W, K, net));
    exg_init_uniform(*net, 3);
    ck_ok(world, exg_pass_create(*net, pass));
    fill(exg_pass_input(*pass), (*net)->ninput * EXG_LANE, 1);
}

static void targets(int32_t *target, float *weight)
{
    for (int n = 0; n < EXG_LANE; n++) {
        target[n] = n % K;
        weight[n] = n == 5 ? 0.0f : 1.0f;
    }
}

/* The block's loss by the definition, in double from logits on. */
static double total_loss(exg_net *net, exg_pass *pass)
{
    int32_t target[EXG_LANE];
    float weight[EXG_LANE];
    double sum = 0.0;

    targets(target, weight);
    exg_pass_forward(pass);
    for (int n = 0; n < EXG_LANE; n++) {
        const float *logit = exg_pass_logits(pass) + n;
        double all = 0.0;

        for (exg_int c = 0; c < net->nclass; c++) {
            all += exp((double)logit[c * EXG_LANE]);
        }
        sum += weight[n] * (log(all) - (double)logit[target[n] * EXG_LANE]);
    }
    return sum;
}

START_TEST(parameter_gradients_are_finite_differences)
{
    int32_t target[EXG_LANE];
    float weight[EXG_LANE], loss[EXG_LANE];
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    double sum = 0.0;

    make(text[_i], &net, &pass);
    targets(target, weight);
    exg_pass_forward(pass);
    exg_pass_loss(pass, target, weight, loss);
    exg_pass_backward_params(pass, net->grad);
    for (int n = 0; n < EXG_LANE; n++) {
        sum += (double)loss[n];
    }
    ck_assert_double_eq_tol(sum, total_loss(net, pass), 1e-5);
    for (exg_int i = 0; i < net->nparam; i++) {
        const float was = net->param[i];
        double slope;

        net->param[i] = was + (float)STEP;
        slope = total_loss(net, pass);
        net->param[i] = was - (float)STEP;
        slope = (slope - total_loss(net, pass)) / (2.0 * STEP);
        net->param[i] = was;
        ck_assert_msg(fabs(slope - (double)net->grad[i]) <
                          TOLERANCE * (1.0 + fabs(slope)),
                      "%s %td: %g, want %g", exg_net_owner(net, i), i,
                      (double)net->grad[i], slope);
    }
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
}
END_TEST

/* sum_k weight * logit of sample n. */
static double logit_sum(exg_pass *pass, const float *dlogits, int n)
{
    double sum = 0.0;

    exg_pass_forward(pass);
    for (int c = 0; c < K; c++) {
        sum += (double)dlogits[c * EXG_LANE + n] *
               (double)exg_pass_logits(pass)[c * EXG_LANE + n];
    }
    return sum;
}

START_TEST(input_gradients_are_finite_differences)
{
    _Alignas(64) float dlogits[K * EXG_LANE];
    _Alignas(64) float dx[C * H * W * EXG_LANE];
    exg_net *net = NULL;
    exg_pass *pass = NULL;
    float *x;

    make(text[_i], &net, &pass);
    fill(dlogits, K * EXG_LANE, 2);
    x = exg_pass_input(pass);
    exg_pass_forward(pass);
    exg_pass_backward_input(pass, dlogits, dx);
    for (exg_int i = 0; i < net->ninput * EXG_LANE; i++) {
        const int n = (int)(i % EXG_LANE);
        const float was = x[i];
        double slope;

        if (strncmp(text[_i], "relu", 4) == 0 && fabs((double)was) < STEP) {
            continue; /* the kink */
        }
        x[i] = was + (float)STEP;
        slope = logit_sum(pass, dlogits, n);
        x[i] = was - (float)STEP;
        slope = (slope - logit_sum(pass, dlogits, n)) / (2.0 * STEP);
        x[i] = was;
        ck_assert_msg(fabs(slope - (double)dx[i]) < TOLERANCE,
                      "input %td: %g, want %g", i, (double)dx[i], slope);
    }
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
}
END_TEST

START_TEST(input_gradient_leaves_the_activations)
{
    _Alignas(64) float dlogits[K * EXG_LANE];
    _Alignas(64) float dx[2][C * H * W * EXG_LANE];
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    make(text[_i], &net, &pass);
    fill(dlogits, K * EXG_LANE, 2);
    exg_pass_forward(pass);
    exg_pass_backward_input(pass, dlogits, dx[0]);
    exg_pass_backward_input(pass, dlogits, dx[1]);
    ck_assert(memcmp(dx[0], dx[1], sizeof dx[0]) == 0);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
}
END_TEST

/* Forward and back with sample n of block a put into slot m of block b, whose
 * other samples differ. */
START_TEST(a_sample_does_not_see_its_block)
{
    enum {
        N = 3,
        M = 14
    };
    static _Alignas(64) float dx[2][784 * EXG_LANE];
    float logit[2][10], embedding[2][400], loss[2][EXG_LANE];
    int32_t target[EXG_LANE] = {[N] = 2, [M] = 2};
    float weight[EXG_LANE] = {[N] = 1.0f, [M] = 1.0f};
    static float sample[784];
    _Alignas(64) float slope[10 * EXG_LANE];

    fill(sample, 784, 9);
    for (int b = 0; b < 2; b++) {
        const int at = b == 0 ? N : M;
        exg_net *net = NULL;
        exg_pass *pass = NULL;

        ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &net));
        exg_init_uniform(net, 3);
        ck_ok(world, exg_pass_create(net, &pass));
        fill(exg_pass_input(pass), 784 * EXG_LANE, 20 + (uint32_t)b);
        fill(slope, 10 * EXG_LANE, 40 + (uint32_t)b);
        for (int i = 0; i < 784; i++) {
            exg_pass_input(pass)[i * EXG_LANE + at] = sample[i];
        }
        for (int c = 0; c < 10; c++) {
            slope[c * EXG_LANE + at] = (float)c - 4.0f;
        }
        exg_pass_forward(pass);
        exg_pass_loss(pass, target, weight, loss[b]);
        exg_pass_backward_input(pass, slope, dx[b]);
        for (int c = 0; c < 10; c++) {
            logit[b][c] = exg_pass_logits(pass)[c * EXG_LANE + at];
        }
        for (int i = 0; i < 400; i++) {
            embedding[b][i] = exg_pass_embedding(pass)[i * EXG_LANE + at];
        }
        exg_pass_destroy(&pass);
        exg_net_destroy(&net);
    }
    ck_assert(memcmp(logit[0], logit[1], sizeof logit[0]) == 0);
    ck_assert(memcmp(embedding[0], embedding[1], sizeof embedding[0]) == 0);
    ck_assert(loss[0][N] == loss[1][M]);
    for (int i = 0; i < 784; i++) {
        ck_assert(dx[0][i * EXG_LANE + N] == dx[1][i * EXG_LANE + M]);
    }
}
END_TEST

/* Gradient of basic with the named instruction set; 0 if the CPU lacks it. */
static int gradient_with(const char *isa, float *grad)
{
    int32_t target[EXG_LANE];
    float weight[EXG_LANE], loss[EXG_LANE];
    const exg_kern *kern = NULL;
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    if (exg_kern_select(isa, &kern) != EXG_OK) {
        exg_err_clear();
        return 0;
    }
    ck_assert(setenv("EXG_ISA", isa, 1) == 0);
    ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &net));
    ck_assert(unsetenv("EXG_ISA") == 0);
    ck_assert_str_eq(net->kern->isa, isa);
    exg_init_uniform(net, 3);
    ck_ok(world, exg_pass_create(net, &pass));
    fill(exg_pass_input(pass), 784 * EXG_LANE, 1);
    targets(target, weight);
    exg_pass_forward(pass);
    exg_pass_loss(pass, target, weight, loss);
    exg_pass_backward_params(pass, grad);
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    return 1;
}

START_TEST(instruction_sets_give_the_same_gradient)
{
    static float grad[3][5113];
    const int wide = gradient_with("avx512", grad[0]);
    const int half = gradient_with("avx2", grad[1]);

    ck_assert(gradient_with("base", grad[2]));
    if (wide && half) {
        ck_assert(memcmp(grad[0], grad[1], sizeof grad[0]) == 0);
    }
    if (half) { /* base may round multiply-adds twice */
        for (int i = 0; i < 5113; i++) {
            ck_assert_double_eq_tol(grad[1][i], grad[2][i], 1e-3);
        }
    }
}
END_TEST

START_TEST(probabilities_sum_to_one)
{
    int32_t target[EXG_LANE];
    float weight[EXG_LANE], loss[EXG_LANE];
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    make(text[1], &net, &pass);
    targets(target, weight);
    exg_pass_forward(pass);
    exg_pass_loss(pass, target, weight, loss);
    for (int n = 0; n < EXG_LANE; n++) {
        double sum = 0.0;

        for (int c = 0; c < K; c++) {
            sum += (double)exg_pass_probability(pass)[c * EXG_LANE + n];
        }
        ck_assert_double_eq_tol(sum, 1.0, 1e-6);
    }
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("pass");
    TCase *tc = exg_case(suite, "pass");

    tcase_add_loop_test(tc, parameter_gradients_are_finite_differences, 0,
                        TEXTS);
    tcase_add_loop_test(tc, input_gradients_are_finite_differences, 0, TEXTS);
    tcase_add_loop_test(tc, input_gradient_leaves_the_activations, 0, TEXTS);
    tcase_add_test(tc, a_sample_does_not_see_its_block);
    tcase_add_test(tc, instruction_sets_give_the_same_gradient);
    tcase_add_test(tc, probabilities_sum_to_one);
    return suite;
}
