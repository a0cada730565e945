/* check_figures_file.c -- figures from a results file, shared among ranks. */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plot/figures.h"
#include "plot/png.h"
#include "store/results.h"
#include "store/schema.h"
#include "support.h"

enum {
    EPOCHS = 11,
    CLASSES = 3,
    SAMPLES = 12,
    SIDE = 6,
    POINTS = 40
};

static void put_training(exg_writer *w)
{
    static const char *const name[] = {"cat", "dog", "bird"};
    static int32_t epoch[EPOCHS];
    static double half[EPOCHS * CLASSES];
    static int64_t count[EPOCHS * CLASSES * CLASSES], support[EPOCHS * CLASSES];

    for (int e = 0; e < EPOCHS; e++) {
        epoch[e] = e;
        for (int i = 0; i < CLASSES * CLASSES; i++) {
            count[e * CLASSES * CLASSES + i] = e + 10 * (i % 4 == 0);
        }
    }
    for (int i = 0; i < EPOCHS * CLASSES; i++) {
        half[i] = 0.5;
        support[i] = 30;
    }
    ck_ok(world, exg_results_dataset(world, w, "test", "", CLASSES, name));
    ck_ok(world, exg_results_history_put(
                     world, w,
                     &(exg_results_history){.nepoch = EPOCHS,
                                            .epoch = epoch,
                                            .train_loss = half,
                                            .eval_loss = half,
                                            .train_accuracy = half,
                                            .eval_accuracy = half,
                                            .learning_rate = half}));
    ck_ok(world,
          exg_results_metrics_put(world, w,
                                  &(exg_results_metrics){.nepoch = EPOCHS,
                                                         .nclass = CLASSES,
                                                         .epoch = epoch,
                                                         .confusion = count,
                                                         .precision = half,
                                                         .recall = half,
                                                         .f1 = half,
                                                         .support = support,
                                                         .accuracy = half}));
}

static void put_maps(exg_writer *w)
{
    static int64_t index[SAMPLES];
    static int32_t target[SAMPLES];
    static const int32_t epoch[] = {-1, 10};
    static float map[2 * SAMPLES * SIDE * SIDE];

    for (int i = 0; i < 2 * SAMPLES * SIDE * SIDE; i++) {
        map[i] = (float)(i % 17) - 8;
    }
    ck_ok(world, exg_results_saliency_put(
                     world, w,
                     &(exg_results_saliency){.nsample = SAMPLES,
                                             .nepoch = 2,
                                             .c = 1,
                                             .h = SIDE,
                                             .w = SIDE,
                                             .index = index,
                                             .target = target,
                                             .epoch = epoch,
                                             .target_mode = "true",
                                             .baseline_mode = "black",
                                             .source = map,
                                             .baseline = map,
                                             .saliency = map,
                                             .delta = map,
                                             .overlay = map}));
}

static void put_tsne(exg_writer *w, const char *group, int dims)
{
    static float at[POINTS * 3];
    static int32_t label[POINTS];
    static int64_t index[POINTS];
    static const exg_results_scalar setting = {
        .name = "perplexity", .long_name = "", .units = "1", .value = 7};

    for (int i = 0; i < POINTS * 3; i++) {
        at[i] = (float)(i * 37 % 101);
        label[i / 3] = i / 3 % CLASSES;
    }
    ck_ok(world, exg_results_tsne_put(
                     world, w,
                     &(exg_results_tsne){.group = group,
                                         .shard = exg_shard_mine(world, POINTS),
                                         .dims = dims,
                                         .coordinates = at,
                                         .label = label,
                                         .index = index,
                                         .nsetting = 1,
                                         .setting = &setting}));
}

static void put_more_maps(exg_writer *w)
{
    static const int32_t epoch[] = {0, 10};
    static const double kl[] = {1.5, 0.75};
    static float at[2 * POINTS * 2];
    static int32_t label[POINTS];
    static int64_t index[POINTS];

    ck_ok(world, exg_writer_group(world, w, EXG_SCHEMA_TSNE_SWEEP, NULL));
    ck_ok(world, exg_writer_attr_text(world, w, EXG_SCHEMA_TSNE_SWEEP,
                                      EXG_SCHEMA_TSNE_MAPS, "p5,p7.5"));
    put_tsne(w, EXG_SCHEMA_TSNE_SWEEP "/p5", 2);
    put_tsne(w, EXG_SCHEMA_TSNE_SWEEP "/p7.5", 2);
    for (int i = 0; i < 2 * POINTS * 2; i++) {
        at[i] = (float)(i * 37 % 101);
    }
    ck_ok(world,
          exg_results_epochs_put(
              world, w,
              &(exg_results_epochs){.shard = exg_shard_mine(world, POINTS),
                                    .nframe = 2,
                                    .epoch = epoch,
                                    .kl = kl,
                                    .coordinates = at,
                                    .label = label,
                                    .index = index}));
}

/* Figures of an earlier run in a folder, then names like theirs: of these 5
 * go and the others stay. */
static const char *const earlier[] = {"confusion_e11.png",
                                      "confusion_e4_normalised.svg",
                                      "saliency_e3_12.png",
                                      "saliency_e3.svg",
                                      "confusion_before.png",
                                      "confusion_e.png",
                                      "confusion_e1.txt",
                                      "confusion_e1_old.png",
                                      "saliency_e3_.png",
                                      "curves_mine.png",
                                      "tsne.pdf",
                                      "saliency_of_mine.svg",
                                      "confusion_e10.png.bak",
                                      "before.png"};

enum {
    EARLIER = sizeof earlier / sizeof *earlier,
    STALE = 5
};

static void leave_earlier(const char *dir)
{
    char path[512];

    ck_assert_int_eq(mkdir(dir, 0777), 0);
    for (int i = 0; i < EARLIER; i++) {
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", dir, earlier[i]);
        f = fopen(path, "w");
        ck_assert_ptr_nonnull(f);
        fclose(f);
    }
}

static void check_earlier(const char *dir)
{
    char path[512];
    struct stat info;

    for (int i = 0; i < EARLIER; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, earlier[i]);
        ck_assert_msg((stat(path, &info) == 0) == (i >= STALE), "%s", path);
    }
}

static void make_results(char *file, size_t size)
{
    exg_writer *w = NULL;

    snprintf(file, size, "%s/results.h5", exg_scratch());
    ck_ok(world, exg_results_open(world, file, &w));
    put_training(w);
    put_maps(w);
    put_tsne(w, EXG_SCHEMA_TSNE, 2);
    put_tsne(w, EXG_SCHEMA_TSNE_3D, 3);
    put_more_maps(w);
    ck_ok(world, exg_results_close(world, &w));
}

START_TEST(a_results_file_gives_every_figure_whoever_draws)
{
    static const char *const want[] = {"curves",
                                       "confusion_e00",
                                       "confusion_e10_normalised",
                                       "saliency_before",
                                       "saliency_before_2",
                                       "saliency_e10_2",
                                       "tsne",
                                       "tsne_sweep",
                                       "tsne_epochs",
                                       "tsne_3d"};
    char file[256], dir[256], path[512];
    exg_int total = 0, width = 0, height = 0;
    uint32_t *pixel = NULL;
    struct stat info;

    if (world->size > 1) {
        return; /* the shards above are those of one rank */
    }
    snprintf(dir, sizeof dir, "%s/plots", exg_scratch());
    make_results(file, sizeof file);
    leave_earlier(dir);
    for (int part = 0; part < 4; part++) {
        exg_int drawn = 0;

        ck_ok(world, exg_figures_draw(file, dir, part, 4, &drawn));
        total += drawn;
    }
    ck_assert_int_eq(total, 1 + 2 * EPOCHS + 2 * 2 + 4);
    check_earlier(dir);
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "%s/%s.svg", dir, want[i]);
        ck_assert_int_eq(stat(path, &info), 0);
        snprintf(path, sizeof path, "%s/%s.png", dir, want[i]);
        ck_ok(world, exg_png_read(path, &width, &height, &pixel));
        ck_assert_int_gt(width, 500);
        exg_free(pixel);
    }
}
END_TEST

START_TEST(a_missing_results_file_is_one_line)
{
    char file[256];
    exg_int drawn = -1;

    snprintf(file, sizeof file, "%s/none.h5", exg_scratch());

    ck_assert_int_eq(exg_figures_draw(file, "nowhere", 0, 1, &drawn), EXG_EIO);
    ck_assert_ptr_nonnull(strstr(exg_err_text(), "none.h5"));
    ck_assert_ptr_null(strchr(exg_err_text(), '\n'));
    ck_assert_int_eq(drawn, -1);
    exg_err_clear();
}
END_TEST

/* Datasets as another program might write them, and what is then said of a
 * figure; values are all `fill`. */
static const struct {
    const char *figure, *paths; /* parted by commas */
    int rank;
    hsize_t a, b, c; /* the shape */
    double fill;
    const char *text;
} foreign[] = {
    {"curves",
     "/history/epoch,/history/train_loss,/history/eval_loss,"
     "/history/train_accuracy,/history/eval_accuracy",
     1, 0, 0, 0, 0, "/history/epoch is empty"},
    {"confusion_e00", "/metrics/confusion", 3, EPOCHS, CLASSES, 2, 1,
     "/metrics/confusion is 3 x 2, expected a square"},
    {"confusion_e00", "/metrics/confusion", 3, EPOCHS, CLASSES, CLASSES, -7,
     "/metrics/confusion: -7 is no count of samples"},
    {"saliency_e10", "/saliency/source", 2, SAMPLES, SIDE, 0, 0,
     "/saliency/source has 2 dimensions, expected 3 or 4"},
    {"saliency_e10", "/saliency/source", 3, SAMPLES, 0, SIDE, 0,
     "/saliency/source is empty"},
    {"tsne", "/tsne/coordinates", 2, POINTS, 4, 0, 0,
     "/tsne/coordinates is 40 x 4, expected N x 2 or 3"},
    {"tsne_sweep", "/tsne_sweep/p5/coordinates,/tsne_sweep/p7.5/coordinates", 2,
     0, 2, 0, 0, "/tsne_sweep/p7.5/label: shape"},
    {"tsne_epochs", "/tsne_epochs/coordinates", 3, 2, 0, 2, 0,
     "/tsne_epochs/label: shape"},
};

/* Put other values of another shape in place of what is there. */
static void replace(hid_t file, const char *path, int rank, const hsize_t *dims,
                    double fill)
{
    static double value[EPOCHS * 64];
    hid_t old = H5Dopen2(file, path, H5P_DEFAULT);
    hid_t type = H5Dget_type(old), space = H5Screate_simple(rank, dims, NULL);
    hid_t set;

    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        value[i] = fill;
    }
    ck_assert_int_le(H5Sget_simple_extent_npoints(space), EPOCHS * 64);
    H5Dclose(old);
    H5Ldelete(file, path, H5P_DEFAULT);
    set = H5Dcreate2(file, path, type, space, H5P_DEFAULT, H5P_DEFAULT,
                     H5P_DEFAULT);
    ck_assert_int_ge(
        H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value),
        0);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
}

/* Draw one figure of a file. */
static exg_status draw_one(const char *file, const char *name)
{
    exg_figures *f = NULL;
    exg_status st = exg_figures_open(file, &f);
    exg_int i = 0;

    ck_assert_int_eq(st, EXG_OK);
    while (strcmp(exg_figures_name(f, i), name) != 0) {
        i++;
        ck_assert_int_lt(i, exg_figures_count(f));
    }
    st = exg_figures_draw_one(f, i, exg_scratch());
    exg_figures_close(&f);
    return st;
}

START_TEST(shapes_of_other_programs_are_one_line)
{
    const hsize_t dims[] = {foreign[_i].a, foreign[_i].b, foreign[_i].c};
    char file[256], paths[256], *rest = paths;
    const char *path;
    hid_t h5;

    make_results(file, sizeof file);
    h5 = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    snprintf(paths, sizeof paths, "%s", foreign[_i].paths);
    while ((path = strsep(&rest, ",")) != NULL) {
        replace(h5, path, foreign[_i].rank, dims, foreign[_i].fill);
    }
    H5Fclose(h5);
    ck_assert_int_eq(draw_one(file, foreign[_i].figure), EXG_EINPUT);
    ck_assert_msg(strstr(exg_err_text(), foreign[_i].text) != NULL, "%s",
                  exg_err_text());
    exg_err_clear();
}
END_TEST

START_TEST(classes_without_a_name_are_drawn_by_number)
{
    char file[256];
    hid_t h5;

    make_results(file, sizeof file);
    h5 = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(H5Ldelete(h5, EXG_SCHEMA_CLASS_NAMES, H5P_DEFAULT), 0);
    H5Fclose(h5);
    ck_ok(world, draw_one(file, "confusion_e10"));
    ck_ok(world, draw_one(file, "saliency_e10"));
    ck_ok(world, draw_one(file, "tsne"));
}
END_TEST

START_TEST(folders_that_cannot_be_are_one_line)
{
    char file[256], dir[5000];
    exg_figures *f = NULL;

    make_results(file, sizeof file);
    snprintf(dir, sizeof dir, "%s/no/such", exg_scratch());
    ck_refused(world, exg_figures_draw(file, dir, 0, 1, NULL), EXG_EIO,
               "cannot create the folder");
    memset(dir, 'a', sizeof dir - 1);
    dir[sizeof dir - 1] = '\0';
    ck_ok(world, exg_figures_open(file, &f));
    ck_refused(world, exg_figures_draw_one(f, 0, dir), EXG_EIO,
               "path is too long");
    exg_figures_close(&f);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("figures of a file");
    TCase *tc = exg_case(s, "files");

    tcase_add_test(tc, a_results_file_gives_every_figure_whoever_draws);
    tcase_add_test(tc, a_missing_results_file_is_one_line);
    tcase_add_loop_test(tc, shapes_of_other_programs_are_one_line, 0,
                        (int)(sizeof foreign / sizeof *foreign));
    tcase_add_test(tc, classes_without_a_name_are_drawn_by_number);
    tcase_add_test(tc, folders_that_cannot_be_are_one_line);
    return s;
}
