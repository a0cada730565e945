/* check_axes.c -- how values become colours and places: colour maps, ticks,
 * limits. */
#include <math.h>
#include <stdlib.h>

#include "plot/axes.h"
#include "plot/colormap.h"
#include "support.h"

START_TEST(colour_maps_end_where_they_should)
{
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_GREY, 0), 0x000000);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_GREY, 1), 0xffffff);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_VIRIDIS, 0), 0x440154);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_VIRIDIS, 1), 0xfde725);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_MAGMA, 0), 0x000004);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_MAGMA, 1), 0xfcfdbf);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_DIVERGING, 0.5), 0xffffff);
    ck_assert_uint_eq(exg_colormap_at(EXG_COLORMAP_BLUES, 0), 0xffffff);
    for (int m = EXG_COLORMAP_GREY; m <= EXG_COLORMAP_DIVERGING; m++) {
        ck_assert_uint_eq(exg_colormap_at(m, -3), exg_colormap_at(m, 0));
        ck_assert_uint_eq(exg_colormap_at(m, INFINITY), exg_colormap_at(m, 1));
        ck_assert_uint_eq(exg_colormap_at(m, NAN), EXG_COLORMAP_NAN);
    }
}
END_TEST

START_TEST(sequential_maps_grow_lighter_and_the_diverging_one_is_even)
{
    const exg_colormap up[] = {EXG_COLORMAP_GREY, EXG_COLORMAP_VIRIDIS,
                               EXG_COLORMAP_MAGMA};

    for (int m = 0; m < 3; m++) {
        for (int i = 1; i <= 64; i++) {
            ck_assert_double_gt(
                exg_colormap_luminance(exg_colormap_at(up[m], i / 64.0)),
                exg_colormap_luminance(exg_colormap_at(up[m], (i - 1) / 64.0)));
        }
    }
    for (int i = 0; i <= 32; i++) { /* +v weighs what -v weighs */
        const uint32_t a = exg_colormap_at(EXG_COLORMAP_DIVERGING, i / 64.0);
        const uint32_t b =
            exg_colormap_at(EXG_COLORMAP_DIVERGING, 1 - i / 64.0);

        ck_assert_double_lt(fabs(sqrt(exg_colormap_luminance(a)) -
                                 sqrt(exg_colormap_luminance(b))),
                            0.06);
    }
}
END_TEST

START_TEST(class_colours_differ_up_to_64)
{
    for (exg_int a = 0; a < 64; a++) {
        for (exg_int b = 0; b < a; b++) {
            ck_assert_uint_ne(exg_colormap_class(a), exg_colormap_class(b));
        }
    }
}
END_TEST

START_TEST(ink_can_be_read_on_every_background)
{
    for (int i = 0; i <= 100; i++) {
        const uint32_t bg = exg_colormap_at(EXG_COLORMAP_BLUES, i / 100.0);
        const double l = exg_colormap_luminance(bg);
        const double ink = exg_colormap_luminance(exg_colormap_ink(bg));

        ck_assert_double_ge((fmax(l, ink) + 0.05) / (fmin(l, ink) + 0.05), 4.5);
    }
}
END_TEST

START_TEST(ticks_are_round_and_inside)
{
    srand(7);
    for (int round = 0; round < 2000; round++) {
        const double span =
            ldexp(1 + rand() / (double)RAND_MAX, rand() % 60 - 30);
        const double low = span * (rand() % 2000 - 1000 + 0.3);
        const double high = low + span;
        const int most = 3 + rand() % 8;
        const exg_ticks t = exg_axes_ticks(low, high, most, 0);
        const double lead = t.step / pow(10, floor(log10(t.step) + 1e-9));

        ck_assert_int_ge(t.count, 1);
        ck_assert_int_le(t.count, most);
        ck_assert(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 ||
                  fabs(lead - 5) < 1e-6);
        for (int i = 0; i < t.count; i++) {
            ck_assert_double_ge(t.at[i], low - 1e-6 * (high - low));
            ck_assert_double_le(t.at[i], high + 1e-6 * (high - low));
        }
    }
}
END_TEST

START_TEST(known_ticks)
{
    const exg_ticks t = exg_axes_ticks(0, 1, 7, 0);
    const exg_ticks whole = exg_axes_ticks(-0.5, 2.5, 8, 1);
    const exg_ticks none = exg_axes_ticks(3, 3, 5, 0);

    ck_assert_int_eq(t.count, 6);
    ck_assert_double_eq_tol(t.at[1], 0.2, 1e-12);
    ck_assert_int_eq(whole.count, 3);
    ck_assert_double_eq(whole.at[2], 2);
    ck_assert_int_eq(none.count, 1);
    ck_assert_double_eq(none.at[0], 3);
}
END_TEST

START_TEST(percentiles_are_values_that_occur)
{
    float v[200];
    double limit = -1;

    for (int i = 0; i < 200; i++) { /* +-1 .. +-200, shuffled */
        v[i] = (float)((i * 77 % 200 + 1) * (i % 2 ? 1 : -1));
    }
    ck_ok(world, exg_axes_percentile(200, v, 99, &limit));
    ck_assert_double_eq(limit, 198);
    ck_ok(world, exg_axes_percentile(200, v, 100, &limit));
    ck_assert_double_eq(limit, 200);
    ck_ok(world, exg_axes_percentile(200, v, 0, &limit));
    ck_assert_double_eq(limit, 1);
    v[0] = NAN;
    v[1] = INFINITY;
    ck_ok(world, exg_axes_percentile(200, v, 100, &limit));
    ck_assert_double_eq(limit, 200);
}
END_TEST

START_TEST(limits_of_empty_maps)
{
    float v[1000] = {0};
    double limit = -1;

    ck_ok(world, exg_axes_percentile(1000, v, 99, &limit));
    ck_assert_double_eq(limit, 0);
    v[500] = -3; /* above the percentile, but all there is */
    ck_ok(world, exg_axes_percentile(1000, v, 99, &limit));
    ck_assert_double_eq(limit, 3);
    ck_ok(world, exg_axes_percentile(0, v, 99, &limit));
    ck_assert_double_eq(limit, 0);
}
END_TEST

START_TEST(ranges_can_always_be_divided_by)
{
    const double same[] = {2, 2, NAN}, zero[] = {0}, none[] = {NAN, INFINITY};
    const double *const v[] = {same, zero, none};
    const exg_int n[] = {3, 1, 2};

    for (int i = 0; i < 3; i++) {
        double low = INFINITY, high = -INFINITY;

        exg_axes_extend(n[i], v[i], &low, &high);
        exg_axes_widen(&low, &high);
        ck_assert(isfinite(low) && isfinite(high) && high > low);
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("axes");
    TCase *colour = exg_case(s, "colour"), *axes = exg_case(s, "axes");

    tcase_add_test(colour, colour_maps_end_where_they_should);
    tcase_add_test(colour,
                   sequential_maps_grow_lighter_and_the_diverging_one_is_even);
    tcase_add_test(colour, class_colours_differ_up_to_64);
    tcase_add_test(colour, ink_can_be_read_on_every_background);
    tcase_add_test(axes, ticks_are_round_and_inside);
    tcase_add_test(axes, known_ticks);
    tcase_add_test(axes, percentiles_are_values_that_occur);
    tcase_add_test(axes, limits_of_empty_maps);
    tcase_add_test(axes, ranges_can_always_be_divided_by);
    return s;
}
