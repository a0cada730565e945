/* mpi_results.c -- whole results files: round trip, any number of ranks. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "results_sample.h"
#include "store/schema.h"
#include "support.h"

static int same_bytes(const char *a, const char *b)
{
    FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");
    int same = f != NULL && g != NULL, x = 0;

    while (same && x != EOF) {
        x = getc(f);
        same = x == getc(g);
    }
    if (f != NULL) {
        fclose(f);
    }
    if (g != NULL) {
        fclose(g);
    }
    return same;
}

/* The first k ranks write what one rank writes. */
static void write_with(int k, exg_int n, const char *path)
{
    exg_par part = *world;
    exg_status st = EXG_OK;

    MPI_Comm_split(world->comm, world->rank < k, world->rank, &part.comm);
    part.size = k;
    if (world->rank < k) {
        st = write_run(&part, path, n, 1);
    }
    ck_ok(world, st);
    MPI_Comm_free(&part.comm);
}

START_TEST(any_number_of_ranks_writes_the_same_bytes)
{
    static const exg_int rows[] = {3, MOST}; /* 3: more ranks than rows */
    char one[256], many[256];

    for (int j = 0; j < 2; j++) {
        snprintf(one, sizeof one, "%s/one-%d.h5", exg_scratch(), j);
        write_with(1, rows[j], one);
        for (int k = 1; k <= world->size; k++) {
            snprintf(many, sizeof many, "%s/many-%d.h5", exg_scratch(), k);
            write_with(k, rows[j], many);
            ck_all(world, same_bytes(one, many));
        }
    }
}
END_TEST

/* Compare a dataset with numbers() of kind `what`. */
static int holds(exg_reader *r, const char *path, int rank, exg_int *dims,
                 int what)
{
    float *v = NULL;
    exg_int n = 1;
    int good = exg_reader_f32(r, path, rank, dims, &v) == EXG_OK;

    for (int i = 0; i < rank; i++) {
        n *= dims[i];
    }
    for (exg_int i = 0; good && i < n; i++) {
        good = v[i] == number(what, i);
    }
    exg_free(v);
    return good;
}

static int rows_are_right(exg_reader *r, exg_int n)
{
    int64_t *index = NULL;
    double *column = NULL, *kl = NULL;
    exg_int any[1] = {-1}, moments[1] = {T};
    int good = 1;

    good &= holds(r, EXG_SCHEMA_TEST_LOGITS, 2, (exg_int[]){n, K}, 3);
    good &= holds(r, EXG_SCHEMA_FEATURES, 2, (exg_int[]){-1, D}, 4);
    good &= holds(r, "/tsne/coordinates", 2, (exg_int[]){n, 2}, 5);
    good &= holds(r, "/tsne_3d/coordinates", 2, (exg_int[]){n, 3}, 5);
    good &= holds(r, "/tsne/trajectory", 3, (exg_int[]){T, n, 2}, 6);
    good &= holds(r, "/entry/tsne_3d/trajectory", 3, (exg_int[]){T, n, 3}, 6);
    good &= exg_reader_i64(r, "/tsne/index", 1, any, &index) == EXG_OK;
    good &= exg_reader_f64(r, "/tsne_3d/z", 1, any, &column) == EXG_OK;
    good &= exg_reader_f64(r, "/tsne/kl", 1, moments, &kl) == EXG_OK;
    good &= any[0] == n;
    for (exg_int i = 0; good && i < n; i++) {
        good = index[i] == 2 * i && column[i] == number(5, 3 * i + 2);
    }
    good = good && kl[0] == 3 && isnan(kl[1]) && kl[2] == 1.5;
    exg_free(index);
    exg_free(column);
    exg_free(kl);
    return good;
}

static int texts_are_right(exg_reader *r)
{
    char text[32], **names = NULL;
    double version = 0, kl = 0;
    exg_int n = 0;
    int good =
        exg_reader_texts(r, EXG_SCHEMA_CLASS_NAMES, &n, &names) == EXG_OK;

    good = good && n == K && strcmp(names[2], "zwölf") == 0;
    good = good && strcmp(names[0], "zero") == 0 && names[3][0] == '\0';
    exg_free(names);
    good &=
        exg_reader_attr_text(r, "/", "default", text, sizeof text) == EXG_OK;
    good &= strcmp(text, "entry") == 0;
    good &= exg_reader_attr_text(r, "/entry", "default", text, sizeof text) ==
            EXG_OK;
    good &= strcmp(text, "history") == 0;
    good &=
        exg_reader_attr_text(r, "/config", "lr", text, sizeof text) == EXG_OK;
    good &= strcmp(text, "1e-3") == 0;
    good &= exg_reader_attr_f64(r, "/", EXG_SCHEMA_VERSION_ATTR, &version) ==
            EXG_OK;
    good &= version == EXG_SCHEMA_VERSION;
    good &= exg_reader_attr_f64(r, "/tsne", "kl_final", &kl) == EXG_OK;
    return good && kl == 1.5;
}

static int layers_are_right(exg_reader *r)
{
    float weight[54], bias[2];
    const exg_results_layer conv = {
        .name = "conv1", .rank = 4, .dims = {2, 3, 3, 3}};
    exg_results_layer other = conv;
    int good = exg_results_layer_get(r, EXG_SCHEMA_MODEL_BEST, &conv, weight,
                                     bias) == EXG_OK;

    for (int i = 0; i < 54; i++) {
        good &= weight[i] == number(1, i);
    }
    good &= bias[1] == number(1, 55);
    other.dims[2] = 5;
    good &= exg_results_layer_get(r, EXG_SCHEMA_MODEL_BEST, &other, weight,
                                  bias) == EXG_EINPUT;
    good &= strstr(exg_err_text(), "conv1/weight: shape (2, 3, 3, 3), want "
                                   "(2, 3, 5, 3)") != NULL;
    return good;
}

START_TEST(what_is_written_is_read)
{
    enum {
        N = 1000
    };
    char path[256];
    exg_reader *r = NULL;

    snprintf(path, sizeof path, "%s/run.h5", exg_scratch());
    ck_ok(world, write_run(world, path, N, 1));
    ck_ok(world, exg_reader_open(path, &r));
    ck_all(world, rows_are_right(r, N));
    ck_all(world, texts_are_right(r));
    ck_all(world,
           holds(r, EXG_SCHEMA_DELTA_MAP, 4, (exg_int[]){2, S, H, W}, 2));
    ck_all(world, holds(r, EXG_SCHEMA_SOURCE, 3, (exg_int[]){S, H, W}, 2));
    ck_all(world, layers_are_right(r));
    exg_reader_close(&r);
}
END_TEST

START_TEST(colour_images_have_a_channel_axis)
{
    char path[256];
    exg_reader *r = NULL;

    snprintf(path, sizeof path, "%s/colour.h5", exg_scratch());
    ck_ok(world, write_run(world, path, 10, 3));
    ck_ok(world, exg_reader_open(path, &r));
    ck_all(world, holds(r, EXG_SCHEMA_SOURCE, 4, (exg_int[]){S, 3, H, W}, 2));
    ck_all(world,
           holds(r, EXG_SCHEMA_OVERLAY_MAP, 5, (exg_int[]){2, S, 3, H, W}, 2));
    ck_all(world, exg_reader_has(r, EXG_SCHEMA_SALIENCY_CHANNEL));
    exg_reader_close(&r);
}
END_TEST

START_TEST(default_points_at_what_is_there)
{
    char path[256], text[32] = "";
    exg_reader *r = NULL;
    exg_writer *w = NULL;
    static const int32_t label[8];
    static const int64_t index[8];

    snprintf(path, sizeof path, "%s/part.h5", exg_scratch());
    ck_ok(world, exg_results_open(world, path, &w));
    ck_ok(world, put_tsne(world, w, 8, label, index, 3));
    ck_ok(world, exg_results_close(world, &w));
    ck_ok(world, exg_reader_open(path, &r));
    ck_ok(world,
          exg_reader_attr_text(r, "/entry", "default", text, sizeof text));
    ck_all(world, strcmp(text, "tsne_3d") == 0);
    ck_all(world, !exg_reader_has(r, "/entry/history"));
    exg_reader_close(&r);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("results");
    TCase *tc = exg_case(s, "results");

    tcase_add_test(tc, any_number_of_ranks_writes_the_same_bytes);
    tcase_add_test(tc, what_is_written_is_read);
    tcase_add_test(tc, colour_images_have_a_channel_axis);
    tcase_add_test(tc, default_points_at_what_is_there);
    return s;
}
