/* check_figures.c -- every figure from arrays, at sizes and values that break
 * drawings: one epoch, one class, many, nothing but zeros, NaN, odd names. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plot/colormap.h"
#include "plot/fig_confusion.h"
#include "plot/fig_curves.h"
#include "plot/fig_embedding.h"
#include "plot/fig_saliency.h"
#include "plot/png.h"
#include "support.h"

enum {
    K_MAX = 70,
    SIDE = 6
};

static const char *stem_of(const char *name)
{
    static char stem[256];

    snprintf(stem, sizeof stem, "%s/%s", exg_scratch(), name);
    return stem;
}

static const char *const *names(void)
{
    static char text[K_MAX][40];
    static const char *name[K_MAX];

    for (int k = 0; k < K_MAX; k++) {
        snprintf(text[k], sizeof text[k],
                 k == 1 ? "\xff<odd>\n" : "a rather long name %d", k);
        name[k] = text[k];
    }
    return name;
}

/* Both files are there; returns how many pixels are not white, and, if asked,
 * the most of a row of pixels on the margin that are not white. */
static exg_int ink(const char *stem, exg_int *margin)
{
    char path[300];
    exg_int w = 0, h = 0, dark = 0;
    uint32_t *pixel = NULL;
    struct stat info;

    snprintf(path, sizeof path, "%s.svg", stem);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_gt(info.st_size, 500);
    snprintf(path, sizeof path, "%s.png", stem);
    ck_ok(world, exg_png_read(path, &w, &h, &pixel));
    *margin = 0;
    for (exg_int i = 0; i < w * h; i++) {
        const exg_int x = i % w, y = i / w;

        dark += pixel[i] != 0xffffff;
        *margin += pixel[i] != 0xffffff &&
                   (x < 10 || y < 10 || x >= w - 10 || y >= h - 10);
    }
    exg_free(pixel);
    return dark;
}

/* Something is drawn, and nothing runs off the page. */
static void check_page(const char *stem)
{
    exg_int margin = 0;

    ck_assert_int_gt(ink(stem, &margin), 1000);
    ck_assert_msg(margin == 0, "%s: %td pixels on the margin", stem, margin);
}

START_TEST(curves_of_any_length)
{
    const exg_int epochs[] = {1, 2, 20, 500};
    static double e[500], a[500], b[500], same[500];

    for (int i = 0; i < 500; i++) {
        e[i] = i;
        a[i] = exp(-i / 9.0);
        b[i] = i == 3 ? NAN : 0.5;
    }
    for (int i = 0; i < 4; i++) {
        const exg_fig_curves fig = {.epochs = epochs[i],
                                    .epoch = e,
                                    .train_loss = a,
                                    .eval_loss = b,
                                    .train_accuracy = same,
                                    .eval_accuracy = NULL};

        ck_ok(world, exg_fig_curves_save(&fig, stem_of("curves")));
        check_page(stem_of("curves"));
    }
}
END_TEST

/* A matrix with `diagonal` on the diagonal and `off` elsewhere. */
static exg_status save_confusion(exg_int k, int64_t diagonal, int64_t off,
                                 int normalised)
{
    static int64_t count[K_MAX * K_MAX], support[K_MAX];
    static double score[K_MAX];

    for (exg_int i = 0; i < k * k; i++) {
        count[i] = i % (k + 1) == 0 ? diagonal : off;
    }
    for (exg_int i = 0; i < k; i++) {
        support[i] = diagonal + (k - 1) * off;
        score[i] = 0.987;
    }
    return exg_fig_confusion_save(&(exg_fig_confusion){.classes = k,
                                                       .name = names(),
                                                       .count = count,
                                                       .precision = score,
                                                       .recall = score,
                                                       .f1 = score,
                                                       .support = support,
                                                       .normalised = normalised,
                                                       .source = "r.h5"},
                                  stem_of("confusion"));
}

START_TEST(confusion_of_any_size)
{
    const exg_int k[] = {1, 2, 10, 30, K_MAX};

    for (int i = 0; i < 5; i++) {
        for (int normalised = 0; normalised < 2; normalised++) {
            ck_ok(world, save_confusion(k[i], 900, i % 2, normalised));
            check_page(stem_of("confusion"));
        }
    }
}
END_TEST

START_TEST(confusion_of_nothing_and_of_very_much)
{
    for (int normalised = 0; normalised < 2; normalised++) {
        ck_ok(world, save_confusion(3, 0, 0, normalised));
        check_page(stem_of("confusion"));
        ck_ok(world, save_confusion(3, 1000000000000000, 3, normalised));
        check_page(stem_of("confusion"));
    }
}
END_TEST

/* Maps whose values are those of `value`, for S samples of C channels. */
static exg_status save_saliency(exg_int s, exg_int c, float value, int labels)
{
    static float map[12 * 3 * SIDE * SIDE], source[12 * 3 * SIDE * SIDE];
    static const int64_t target[12] = {0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const int64_t index[12] = {9999, 1, 2};

    for (exg_int i = 0; i < s * c * SIDE * SIDE; i++) {
        map[i] = i % 3 == 0 ? -value : value;
        source[i] = value == 0 ? 0 : (float)(i % 7);
    }
    return exg_fig_saliency_save(
        &(exg_fig_saliency){.samples = s,
                            .channels = c,
                            .height = SIDE,
                            .width = SIDE,
                            .source = source,
                            .baseline = map,
                            .saliency = map,
                            .delta = map,
                            .overlay = map,
                            .index = index,
                            .label = labels ? index : NULL,
                            .target = target,
                            .classes = 10,
                            .name = names(),
                            .epoch = -1,
                            .first = s > 10 ? 10 : 0,
                            .count = s > 10 ? s - 10 : s},
        stem_of("saliency"));
}

START_TEST(saliency_of_any_kind)
{
    const float value[] = {0, 1e-30f, 0.1f, 1e30f, NAN, INFINITY};

    for (int v = 0; v < 6; v++) {
        for (exg_int c = 1; c <= 3; c++) {
            ck_ok(world, save_saliency(v % 2 ? 12 : 10, c, value[v], v % 2));
            check_page(stem_of("saliency"));
        }
    }
}
END_TEST

START_TEST(zero_gradients_have_the_colour_of_zero)
{
    /* Ten maps of 43 x 43 points in two rows; five bars 7 points wide. */
    const double maps = 2 * 10 * 43 * 43 * pow(EXG_SHEET_DPI / 72, 2);
    const double bars = 5 * 7 * 43 * pow(EXG_SHEET_DPI / 72, 2);
    char path[300];
    exg_int w = 0, h = 0, black = 0, coloured = 0;
    uint32_t *pixel = NULL;

    ck_ok(world, save_saliency(10, 1, 0, 0));
    snprintf(path, sizeof path, "%s.png", stem_of("saliency"));
    ck_ok(world, exg_png_read(path, &w, &h, &pixel));
    for (exg_int i = 0; i < w * h; i++) {
        const int red = pixel[i] >> 16 & 255, blue = pixel[i] & 255;

        black += pixel[i] == exg_colormap_at(EXG_COLORMAP_MAGMA, 0);
        coloured += abs(red - blue) > 40;
    }
    ck_assert_double_gt((double)black, 0.9 * maps);
    ck_assert_double_lt((double)coloured, bars);
    exg_free(pixel);
}
END_TEST

/* n points of k classes in d dimensions, all at one place if `same`. */
static exg_status save_embedding(exg_int n, int d, exg_int k, int same)
{
    exg_status st = EXG_OK;
    float *at = NULL;
    int64_t *label = NULL;

    EXG_TRY(exg_new(&at, n * d));
    EXG_TRY(exg_new(&label, n));
    srand(5);
    for (exg_int i = 0; i < n; i++) {
        label[i] = i % (k + 1) - (i == 7); /* k and -1 are no classes */
        for (int j = 0; j < d; j++) {
            at[i * d + j] =
                same ? 3 : (float)(rand() % 1000) + (float)label[i] * 300;
        }
    }
    at[0] = n > 1 ? NAN : at[0];
    EXG_TRY(exg_fig_embedding_save(&(exg_fig_embedding){.points = n,
                                                        .dims = d,
                                                        .coordinates = at,
                                                        .label = label,
                                                        .classes = k,
                                                        .name = names(),
                                                        .kl = NAN,
                                                        .perplexity = 30,
                                                        .dof = 1.0,
                                                        .iterations = 1000,
                                                        .title = "t-SNE"},
                                   stem_of("tsne")));
done:
    exg_free(label);
    exg_free(at);
    return st;
}

START_TEST(maps_of_any_size)
{
    const exg_int n[] = {1, 2, 1000, 10000, 30000};
    const exg_int k[] = {1, 10, 10, 30, K_MAX};

    for (int i = 0; i < 5; i++) {
        for (int d = 2; d <= 3; d++) {
            ck_ok(world, save_embedding(n[i], d, k[i], i == 1));
            check_page(stem_of("tsne"));
        }
    }
}
END_TEST

START_TEST(ten_thousand_points_are_a_small_svg)
{
    char path[300];
    struct stat info;

    for (int d = 2; d <= 3; d++) {
        ck_ok(world, save_embedding(10000, d, 10, 0));
        snprintf(path, sizeof path, "%s.svg", stem_of("tsne"));
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_int_lt(info.st_size, 1000000);
    }
}
END_TEST

START_TEST(an_unwritable_folder_is_one_line)
{
    const double one[] = {1};
    const exg_fig_curves fig = {
        .epochs = 1, .epoch = one, .train_loss = one, .eval_loss = one};

    ck_refused(world, exg_fig_curves_save(&fig, "/nonexistent/curves"), EXG_EIO,
               "/nonexistent/curves");
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("figures");
    TCase *tc = exg_case(s, "figures");

    tcase_add_test(tc, curves_of_any_length);
    tcase_add_test(tc, confusion_of_any_size);
    tcase_add_test(tc, confusion_of_nothing_and_of_very_much);
    tcase_add_test(tc, saliency_of_any_kind);
    tcase_add_test(tc, zero_gradients_have_the_colour_of_zero);
    tcase_add_test(tc, maps_of_any_size);
    tcase_add_test(tc, ten_thousand_points_are_a_small_svg);
    tcase_add_test(tc, an_unwritable_folder_is_one_line);
    return s;
}
