/* check_order.c -- the epoch order is a permutation, and looks random. */
#include <math.h>
#include <string.h>

#include "data/order.h"
#include "support.h"

enum {
    MOST = 4099
};

/* 1 if positions 0..total-1 name every sample once. */
static int is_permutation(const exg_order *order)
{
    static unsigned char seen[MOST];

    memset(seen, 0, sizeof seen);
    for (exg_int i = 0; i < order->total; i++) {
        const exg_int s = exg_order_at(order, i);

        if (s < 0 || s >= order->total || seen[s]++) {
            return 0;
        }
    }
    return 1;
}

START_TEST(every_order_is_a_permutation)
{
    for (exg_int n = 1; n <= 300; n++) {
        for (exg_int epoch = 0; epoch < 3; epoch++) {
            const exg_order order = exg_order_of(n, 5, epoch, 1);

            ck_assert_msg(is_permutation(&order), "n = %td", n);
        }
    }
    for (exg_int n = 1000; n <= MOST; n += 281) {
        const exg_order order = exg_order_of(n, 7, 1, 1);

        ck_assert_msg(is_permutation(&order), "n = %td", n);
    }
}
END_TEST

START_TEST(huge_sets_stay_in_range_without_repeats)
{
    const exg_int total = ((exg_int)1 << 40) + 12345;
    const exg_order order = exg_order_of(total, 1, 0, 1);
    exg_int seen[64];

    for (int i = 0; i < 64; i++) {
        seen[i] = exg_order_at(&order, i);
        ck_assert(seen[i] >= 0 && seen[i] < total);
        for (int j = 0; j < i; j++) {
            ck_assert(seen[i] != seen[j]);
        }
    }
}
END_TEST

START_TEST(no_shuffle_is_the_order_of_the_file)
{
    const exg_order order = exg_order_of(1000, 3, 2, 0);

    for (exg_int i = 0; i < 1000; i++) {
        ck_assert(exg_order_at(&order, i) == i);
    }
}
END_TEST

static exg_int positions_in_common(const exg_order *a, const exg_order *b)
{
    exg_int same = 0;

    for (exg_int i = 0; i < a->total; i++) {
        same += exg_order_at(a, i) == exg_order_at(b, i);
    }
    return same;
}

/* Two random permutations agree in one position on average, and in ten with
 * probability 1e-7. */
START_TEST(epochs_and_seeds_differ)
{
    const exg_order a = exg_order_of(2000, 1, 0, 1);
    const exg_order b = exg_order_of(2000, 1, 1, 1);
    const exg_order c = exg_order_of(2000, 2, 0, 1);
    const exg_order again = exg_order_of(2000, 1, 0, 1);

    ck_assert(positions_in_common(&a, &b) < 10);
    ck_assert(positions_in_common(&a, &c) < 10);
    ck_assert(positions_in_common(&b, &c) < 10);
    ck_assert(positions_in_common(&a, &again) == 2000);
}
END_TEST

/* Chi-square of `cells` equally likely counts with `freedom` degrees of
 * freedom, as a normal deviate. */
static double deviate(const exg_int *count, int cells, double expected,
                      int freedom)
{
    double chi = 0.0;

    for (int i = 0; i < cells; i++) {
        const double d = (double)count[i] - expected;

        chi += d * d / expected;
    }
    return (chi - freedom) / sqrt(2.0 * freedom);
}

/* Over many epochs every sample comes to every position equally often: all
 * pairs (position, sample) of small sets, odd, even, square and prime.  Rows
 * and columns of the table have fixed sums: (n-1)^2 degrees of freedom. */
START_TEST(every_sample_comes_to_every_position)
{
    static const int size[] = {2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 30};
    static exg_int count[30 * 30];
    enum {
        EPOCHS = 4000
    };

    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        const int n = size[k];
        double z;

        memset(count, 0, sizeof count);
        for (exg_int epoch = 0; epoch < EPOCHS; epoch++) {
            const exg_order order = exg_order_of(n, 11, epoch, 1);

            for (int i = 0; i < n; i++) {
                count[i * n + exg_order_at(&order, i)]++;
            }
        }
        z = deviate(count, n * n, (double)EPOCHS / n, (n - 1) * (n - 1));
        ck_assert_msg(fabs(z) < 4.0, "n = %d: deviate %g", n, z);
    }
}
END_TEST

/* Neighbours in the order are not neighbours in the file: the difference of
 * successive samples, modulo the set, is uniform. */
START_TEST(successors_are_unrelated)
{
    static exg_int count[64];
    const exg_int total = 60000;
    const exg_order order = exg_order_of(total, 4, 9, 1);
    double z;

    memset(count, 0, sizeof count);
    for (exg_int i = 0; i + 1 < total; i++) {
        const exg_int d = exg_order_at(&order, i + 1) - exg_order_at(&order, i);

        count[(d + total) % total * 64 / total]++;
    }
    z = deviate(count, 64, (double)(total - 1) / 64, 63);
    ck_assert_msg(fabs(z) < 4.0, "deviate %g", z);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("order");
    TCase *tc = exg_case(s, "order");

    tcase_add_test(tc, every_order_is_a_permutation);
    tcase_add_test(tc, huge_sets_stay_in_range_without_repeats);
    tcase_add_test(tc, no_shuffle_is_the_order_of_the_file);
    tcase_add_test(tc, epochs_and_seeds_differ);
    tcase_add_test(tc, every_sample_comes_to_every_position);
    tcase_add_test(tc, successors_are_unrelated);
    return s;
}
