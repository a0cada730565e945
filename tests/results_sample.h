/* results_sample.h -- a results file with every section, of numbers that tests
 * can make again. */
#ifndef EXG_TESTS_RESULTS_SAMPLE_H
#define EXG_TESTS_RESULTS_SAMPLE_H

#include <check.h>

#include "core/rng.h"
#include "par/agree.h"
#include "store/results.h"
#include "store/schema.h"

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

static inline float number(int what, exg_int i)
{
    const exg_rng stream = {
        .seed = 1, .use = EXG_RNG_SYNTH, .sub = (uint32_t)what};

    return exg_rng_uniform(stream, (uint64_t)i) - 0.5f;
}

/* n numbers of kind `what` from index `first` on. */
static inline float *numbers(int what, exg_int first, exg_int n)
{
    float *v = NULL;

    ck_assert(exg_new(&v, n) == EXG_OK);
    for (exg_int i = 0; i < n; i++) {
        v[i] = number(what, first + i);
    }
    return v;
}

static inline exg_status put_small(const exg_par *par, exg_writer *w)
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

static inline exg_status put_model(const exg_par *par, exg_writer *w)
{
    float *v = numbers(1, 0, 100);
    const exg_results_layer layer[] = {{"conv1", 4, {2, 3, 3, 3}, v, v + 54},
                                       {"linear", 2, {K, 10}, v + 56, v + 96}};
    const exg_status st =
        exg_results_model(par, w, "conv3x2 relu linear", 2, layer, layer);

    exg_free(v);
    return st;
}

static inline exg_status put_maps(const exg_par *par, exg_writer *w, exg_int c)
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

static inline exg_status put_rows(const exg_par *par, exg_writer *w, exg_int n,
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
                                 NULL, NULL}));
done:
    exg_free(logits);
    exg_free(features);
    return st;
}

static inline exg_status put_tsne(const exg_par *par, exg_writer *w, exg_int n,
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
static inline exg_status write_run(const exg_par *par, const char *path,
                                   exg_int n, exg_int c)
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

#endif
