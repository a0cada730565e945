/* check_net.c -- architecture texts, shapes, initial weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/init.h"
#include "model/net.h"
#include "support.h"

START_TEST(basic_is_the_original_network)
{
    static const exg_int out[] = {10, 10, 7, 7, 5, 5, 1, 1, 10};
    static const exg_int side[] = {26, 26, 24, 24, 22, 22, 20, 20, 1};
    exg_net *net = NULL;

    ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &net));
    ck_assert_int_eq(net->nparam, 5113);
    ck_assert_int_eq(net->nfeature, 400);
    ck_assert_int_eq(net->ninput, 784);
    ck_assert_int_eq(net->nlayer, 9);
    for (int l = 0; l < 9; l++) {
        ck_assert_int_eq(net->layer[l].oc, out[l]);
        ck_assert_int_eq(net->layer[l].oh, side[l]);
        ck_assert_int_eq(net->layer[l].ow, side[l]);
    }
    ck_assert_str_eq(net->layer[6].name, "conv4");
    ck_assert_str_eq(net->layer[7].name, "relu4");
    ck_assert_str_eq(net->layer[8].name, "linear1");
    exg_net_destroy(&net);
    ck_assert_ptr_null(net);
}
END_TEST

START_TEST(parameters_lie_layer_after_layer)
{
    exg_net *net = NULL;

    ck_ok(world,
          exg_net_create("conv2x3 linear4\trelu  linear", 2, 5, 6, 3, &net));
    ck_assert_str_eq(net->text, "conv2x3 linear4 relu linear");
    ck_assert_int_eq(net->layer[0].weight, 0);
    ck_assert_int_eq(net->layer[0].bias, 24);
    ck_assert_int_eq(net->layer[1].weight, 27);
    ck_assert_int_eq(net->layer[1].nweight, 3 * 4 * 5 * 4);
    ck_assert_int_eq(net->layer[2].weight, -1);
    ck_assert_int_eq(net->nparam, 27 + 244 + 15);
    ck_assert_str_eq(exg_net_owner(net, 0), "conv1");
    ck_assert_str_eq(exg_net_owner(net, 26), "conv1");
    ck_assert_str_eq(exg_net_owner(net, 27), "linear1");
    ck_assert_str_eq(exg_net_owner(net, net->nparam - 1), "linear2");
    exg_net_destroy(&net);
}
END_TEST

START_TEST(canonical_text_builds_the_same_network)
{
    exg_net *a = NULL, *b = NULL;

    ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &a));
    ck_ok(world, exg_net_create(a->text, 1, 28, 28, 10, &b));
    ck_assert_str_eq(a->text, b->text);
    ck_assert_int_eq(a->nparam, b->nparam);
    exg_net_destroy(&a);
    exg_net_destroy(&b);
}
END_TEST

static const struct {
    const char *text;
    const char *message; /* what the message must hold */
} bad[] = {
    {"", "does not end in 'linear'"},
    {"conv3x10 relu", "'relu' does not end"},
    {"linear5", "does not end"},
    {"conv3x10 linear relu", "'relu' comes after the final linear"},
    {"conv3x10 pool2 linear", "'pool2' is no layer"},
    {"conv3 linear", "'conv3' is no layer"},
    {"conv3x linear", "'conv3x' is no layer"},
    {"conv0x4 linear", "'conv0x4' is no layer"},
    {"conv3x-4 linear", "'conv3x-4' is no layer"},
    {"conv3x99999999999999999999 linear", "is no layer"},
    {"conv3x4y linear", "'conv3x4y' is no layer"},
    {"linear5x linear", "'linear5x' is no layer"},
    {"relu6 linear", "'relu6' is no layer"},
    {"averyveryveryveryverylongwordindeed linear", "is no layer"},
    {"conv27x2 conv3x1 linear", "'conv3x1': kernel 3 x 3 is larger"},
    {"linear9 conv2x1 linear", "'conv2x1': kernel 2 x 2 is larger"},
    {"relu relu relu relu relu relu relu relu relu relu relu relu relu relu "
     "relu relu relu relu relu relu relu relu relu relu relu relu relu relu "
     "relu relu relu relu linear",
     "'linear' is layer 33, want at most 32"},
};

START_TEST(bad_text_is_refused_by_name)
{
    exg_net *net = NULL;

    ck_assert(exg_net_create(bad[_i].text, 1, 28, 28, 10, &net) == EXG_EUSAGE);
    ck_assert_ptr_null(net);
    ck_assert_msg(strstr(exg_err_text(), bad[_i].message) != NULL, "%s",
                  exg_err_text());
    exg_err_clear();
}
END_TEST

START_TEST(bad_shapes_are_refused)
{
    exg_net *net = NULL;

    ck_assert(exg_net_create("linear", 0, 28, 28, 10, &net) == EXG_EUSAGE);
    exg_err_clear();
    ck_assert(exg_net_create("linear", 1, -1, 28, 10, &net) == EXG_EUSAGE);
    exg_err_clear();
    ck_assert(exg_net_create("linear", 1, 28, 28, 1, &net) == EXG_EUSAGE);
    exg_err_clear();
}
END_TEST

START_TEST(networks_beyond_memory_are_refused_by_name)
{
    const size_t before = exg_mem_limit();
    exg_net *net = NULL;

    exg_mem_bound(1 << 20);
    ck_assert(exg_net_create("conv3x4 conv3x4000 linear", 1, 28, 28, 10,
                             &net) == EXG_EUSAGE);
    ck_assert(strstr(exg_err_text(), "'conv3x4000'") != NULL);
    ck_assert(strstr(exg_err_text(), "GiB") != NULL);
    ck_assert_ptr_null(net);
    ck_assert_int_eq(exg_mem_live(), 0);
    exg_mem_bound(before);
    exg_err_clear();
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    const exg_int big = 1 << 20;
    exg_net *net = NULL;

    ck_assert(exg_net_create("linear1048576 linear", big, big, big, 2, &net) ==
              EXG_ENOMEM);
    ck_assert_ptr_null(net);
    exg_err_clear();
}
END_TEST

START_TEST(unknown_instruction_set_is_refused)
{
    exg_net *net = NULL;

    ck_assert(setenv("EXG_ISA", "mmx", 1) == 0);
    ck_assert(exg_net_create("linear", 1, 2, 2, 2, &net) == EXG_EUSAGE);
    ck_assert(unsetenv("EXG_ISA") == 0);
    ck_assert_ptr_null(net);
    exg_err_clear();
}
END_TEST

START_TEST(initial_weights_are_uniform_in_their_bound)
{
    exg_net *net = NULL;

    ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &net));
    exg_init_uniform(net, 5);
    for (exg_int l = 0; l < net->nlayer; l++) {
        const exg_layer *layer = &net->layer[l];
        const exg_int n = layer->nweight + layer->oc;
        double low = 1.0, high = -1.0, bound;

        if (layer->weight < 0) {
            continue;
        }
        bound = 1.0 / sqrt((double)(layer->kind == EXG_LAYER_CONV
                                        ? layer->ic * layer->k * layer->k
                                        : layer->ic * layer->ih * layer->iw));
        for (exg_int i = 0; i < n; i++) {
            low = fmin(low, net->param[layer->weight + i]);
            high = fmax(high, net->param[layer->weight + i]);
        }
        ck_assert(low >= -bound * 1.000001 && high <= bound * 1.000001);
        ck_assert(low < -0.8 * bound && high > 0.8 * bound);
    }
    exg_net_destroy(&net);
}
END_TEST

START_TEST(initial_weights_depend_on_the_seed_alone)
{
    exg_net *a = NULL, *b = NULL;
    size_t bytes;

    ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &a));
    ck_ok(world, exg_net_create("basic", 1, 28, 28, 10, &b));
    bytes = (size_t)a->nparam * sizeof *a->param;
    exg_init_uniform(a, 1);
    exg_init_uniform(b, 1);
    ck_assert(memcmp(a->param, b->param, bytes) == 0);
    exg_init_uniform(b, 2);
    ck_assert(memcmp(a->param, b->param, bytes) != 0);
    exg_net_destroy(&a);
    exg_net_destroy(&b);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("net");
    TCase *tc = exg_case(suite, "net");

    tcase_add_test(tc, basic_is_the_original_network);
    tcase_add_test(tc, parameters_lie_layer_after_layer);
    tcase_add_test(tc, canonical_text_builds_the_same_network);
    tcase_add_loop_test(tc, bad_text_is_refused_by_name, 0,
                        sizeof bad / sizeof bad[0]);
    tcase_add_test(tc, bad_shapes_are_refused);
    tcase_add_test(tc, networks_beyond_memory_are_refused_by_name);
    tcase_add_test(tc, sizes_that_overflow_are_refused);
    tcase_add_test(tc, unknown_instruction_set_is_refused);
    tcase_add_test(tc, initial_weights_are_uniform_in_their_bound);
    tcase_add_test(tc, initial_weights_depend_on_the_seed_alone);
    return suite;
}
