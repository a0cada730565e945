/* mpi_results.c -- whole results files: round trip, any number of ranks. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/rng.h"
#include "par/agree.h"
#include "store/results.h"
#include "store/schema.h"
#include "support.h"

enum {
    E = 3,  /* epochs        */
    K = 4,  /* classes       */
    S = 2,  /* saliency maps */
    H = 5,  /* rows          */
    W = 6,  /* columns       */
    D = 70, /* features      */
    T = 3,  /* moments       */
    MOST = 3000
};

static float number(int what, exg_int i)
{
    const exg_rng stream = {
        .seed = 1, .use = EXG_RNG_SYNTH, .sub = (uint32_t)what};

    return exg_rng_uniform(stream, (uint64_t)i) - 0.5f;
}

/* n numbers of kind `what` from index `first` on. */
static float *numbers(int what, exg_int first, exg_int n)
{
    float *v = NULL;

    ck_assert(exg_new(&v, n) == EXG_OK);
    for (exg_int i = 0; i < n; i++) {
        v[i] = number(what, first + i);
    }
    return v;
}

static exg_status put_small(const exg_par *par, exg_writer *w)
{
    static const char *const classes[] = {"zero", "one", "zwölf", ""};
    static const int32_t epoch[E] = {0, 1, 2};
    static const double curve[E] = {2.25, 1.5, 0.125};
    static int64_t confusion[E][K][K], support[E][K];
    static double share[E][K];
    const exg_results_pair option[] = {{"batch", "128"}, {"lr", "1e-3"}};
    const exg_results_history h = {E,     epoch, curve, curve,
                                   curve, curve, curve, 2};
    const exg_results_metrics m = {
        E,        K,        epoch,    &confusion[0][0][0],
        share[0], share[0], share[0], support[0],
        share[0], 1};
    exg_status st = EXG_OK;

    for (int i = 0; i < E * K * K; i++) {
        (&confusion[0][0][0])[i] = i;
    }
    EXG_TRY(exg_results_config(par, w, 2, option, "{\"batch\": 128}"));
    EXG_TRY(exg_results_provenance_put(
        par, w,
        &(exg_results_provenance){
            .nfact = 1,
            .fact = &(exg_results_pair){"hdf5", "1.10"},
            .nphase = 2,
            .phase = (const char *[]){"train", "embed"},
            .seconds = (double[]){1, 2, 3, 4, 5, 6},
            .nfile = 1,
            .file = &(exg_results_pair){"t10k-images", "0123abcd"}}));
    EXG_TRY(exg_results_dataset(par, w, "mnist", "0123", K, classes));
    EXG_TRY(exg_results_history_put(par, w, &h));
    EXG_TRY(exg_results_metrics_put(par, w, &m));
done:
    return st;
}

static exg_status put_model(const exg_par *par, exg_writer *w)
{
    float *v = numbers(1, 0, 100);
    const exg_results_layer layer[] = {{"conv1", 4, {2, 3, 3, 3}, v, v + 54},
                                       {"linear", 2, {K, 10}, v + 56, v + 96}};
    const exg_status st =
        exg_results_model(par, w, "conv3x2 relu linear", 2, layer, layer);

    exg_free(v);
    return st;
}

static exg_status put_maps(const exg_par *par, exg_writer *w, exg_int c)
{
    float *v = numbers(2, 0, 2 * S * c * H * W);
    const exg_results_saliency s = {.nsample = S,
                                    .nepoch = 2,
                                    .c = c,
                                    .h = H,
                                    .w = W,
                                    .index = (int64_t[]){7, 3},
                                    .target = (int32_t[]){1, 2},
                                    .epoch = (int32_t[]){-1, 2},
                                    .target_mode = "true",
                                    .baseline_mode = "black",
                                    .source = v,
                                    .baseline = v,
                                    .saliency = v,
                                    .delta = v,
                                    .overlay = v};
    const exg_status st = exg_results_saliency_put(par, w, &s);

    exg_free(v);
    return st;
}

static exg_status put_rows(const exg_par *par, exg_writer *w, exg_int n,
                           const int32_t *label, const int64_t *index)
{
    const exg_shard mine = exg_shard_mine(par, n);
    float *logits = numbers(3, mine.first * K, mine.count * K);
    float *features = numbers(4, mine.first * D, mine.count * D);
    exg_status st = EXG_OK;

    EXG_TRY(exg_results_test_put(
        par, w, &(exg_results_test){mine, K, label, label, logits, logits}));
    EXG_TRY(exg_results_embedding_put(
        par, w,
        &(exg_results_embedding){mine, D, features, "features", 0, label, index,
                                 NULL}));
done:
    exg_free(logits);
    exg_free(features);
    return st;
}

static exg_status put_tsne(const exg_par *par, exg_writer *w, exg_int n,
                           const int32_t *label, const int64_t *index,
                           exg_int d)
{
    const exg_shard mine = exg_shard_mine(par, n);
    float *xy = numbers(5, mine.first * d, mine.count * d);
    float *way = NULL;
    const exg_results_scalar scalar = {"kl_final", "final KL", "nat", 1.5};
    exg_status st = EXG_OK;

    ck_assert(exg_new(&way, T * mine.count * d) == EXG_OK);
    for (exg_int t = 0; t < T; t++) {
        for (exg_int i = 0; i < mine.count * d; i++) {
            way[t * mine.count * d + i] =
                number(6, (t * n + mine.first) * d + i);
        }
    }
    st = exg_results_tsne_put(
        par, w,
        &(exg_results_tsne){.group =
                                d == 2 ? EXG_SCHEMA_TSNE : EXG_SCHEMA_TSNE_3D,
                            .shard = mine,
                            .dims = d,
                            .coordinates = xy,
                            .label = label,
                            .index = index,
                            .nmoment = T,
                            .trajectory = way,
                            .iteration = (int32_t[]){0, 25, 50},
                            .kl = (double[]){3, NAN, 1.5},
                            .nquality = 1,
                            .quality = &scalar,
                            .nsetting = 1,
                            .setting = &scalar,
                            .nchoice = 1,
                            .choice = &(exg_results_pair){"engine", "exact"}});
    exg_free(xy);
    exg_free(way);
    return st;
}

/* A file with every section, n rows, c colours. */
static exg_status write_run(const exg_par *par, const char *path, exg_int n,
                            exg_int c)
{
    const exg_shard mine = exg_shard_mine(par, n);
    static int32_t label[MOST];
    static int64_t index[MOST];
    exg_writer *w = NULL;
    exg_status st = EXG_OK;

    for (exg_int i = 0; i < mine.count; i++) {
        label[i] = (int32_t)((mine.first + i) % K);
        index[i] = 2 * (mine.first + i);
    }
    EXG_TRY(exg_results_open(par, path, &w));
    EXG_TRY(put_small(par, w));
    EXG_TRY(put_model(par, w));
    EXG_TRY(put_maps(par, w, c));
    EXG_TRY(put_rows(par, w, n, label, index));
    EXG_TRY(put_tsne(par, w, n, label, index, 2));
    EXG_TRY(put_tsne(par, w, n, label, index, 3));
    EXG_TRY(exg_results_close(par, &w));
done:
    exg_writer_drop(par, &w);
    return st;
}

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
