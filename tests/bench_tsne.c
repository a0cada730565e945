/* bench_tsne.c -- seconds per phase of a map, and its quality.
 *
 * bench_tsne [N] [iterations] [dims] [IDX images]: N points (10,000), of the
 * images or else of ten clusters in 400 dimensions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "embed/tsne.h"
#include "par/reduce.h"

enum {
    CLUSTERS = 10,
    CLUSTER_DIM = 400,
    IDX_HEADER = 16,
    IMAGE = 784
};

/* Ten clusters with a few directions of their own. */
static void clusters(exg_shard rows, float *x)
{
    const exg_rng stream = {.seed = 1, .use = EXG_RNG_SYNTH};

    for (exg_int i = 0; i < rows.count; i++) {
        const uint64_t row = (uint64_t)(rows.first + i);
        const uint64_t c = row % CLUSTERS;

        for (uint64_t d = 0; d < CLUSTER_DIM; d++) {
            double v = 2.0 * exg_rng_normal(stream, c * CLUSTER_DIM + d);

            for (uint64_t e = 0; e < 6; e++) {
                const exg_rng own = {.seed = 2, .use = EXG_RNG_SYNTH};
                const exg_rng way = {.seed = 3 + c, .use = EXG_RNG_SYNTH};

                v += exg_rng_normal(own, row * 6 + e) *
                     exg_rng_normal(way, e * CLUSTER_DIM + d);
            }
            x[i * CLUSTER_DIM + (exg_int)d] =
                (float)(v + 0.3 * exg_rng_normal(
                                      stream, 1000000 + row * CLUSTER_DIM + d));
        }
    }
}

static void images(const char *path, exg_shard rows, float *x)
{
    FILE *f = fopen(path, "rb");
    unsigned char pixel[IMAGE];

    if (f == NULL ||
        fseek(f, (long)(IDX_HEADER + rows.first * IMAGE), SEEK_SET) != 0) {
        perror(path);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    for (exg_int i = 0; i < rows.count; i++) {
        if (fread(pixel, 1, IMAGE, f) != IMAGE) {
            fprintf(stderr, "%s: too short\n", path);
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
        for (int d = 0; d < IMAGE; d++) {
            x[i * IMAGE + d] = (float)pixel[d] / 255.0f;
        }
    }
    fclose(f);
}

static void report(const exg_par *par, const exg_tsne_result *r, double wall)
{
    for (int i = 0; i < r->clock.count; i++) {
        const exg_reduce_stats s =
            exg_reduce_stats_of(par, r->clock.seconds[i]);

        if (par->rank == 0) {
            printf("%-18s %8.3f s (fastest rank %.3f)\n", r->clock.name[i],
                   s.max, s.min);
        }
    }
    if (par->rank == 0) {
        printf("%-18s %8.3f s, %d ranks\n", "tsne", wall, par->size);
        printf("%-18s %8.4f nats, engine %s\n", "KL", r->final_kl, r->engine);
        printf("%-18s %8.4f (5), %.4f (12), continuity %.4f (12), of %.0f\n",
               "trustworthiness", r->quality.trust5, r->quality.trust12,
               r->quality.continuity12, r->quality.ranked);
        printf("%-18s %8.4f, Spearman %.4f\n", "recall@10", r->quality.recall,
               r->quality.spearman);
    }
}

int main(int argc, char **argv)
{
    exg_tsne_options opt = EXG_TSNE_DEFAULTS;
    exg_tsne_result r = {.dims = 0};
    exg_par par;
    exg_shard rows;
    float *x = NULL;
    double wall;

    if (exg_par_start(&argc, &argv, &par) != EXG_OK) {
        return 2;
    }
    rows = exg_shard_mine(&par, argc > 1 ? atol(argv[1]) : 10000);
    opt.iterations = argc > 2 ? atol(argv[2]) : opt.iterations;
    opt.dims = argc > 3 ? atoi(argv[3]) : opt.dims;
    if (exg_new(&x, rows.count * IMAGE) != EXG_OK) {
        return 1;
    }
    if (argc > 4) {
        images(argv[4], rows, x);
    } else {
        clusters(rows, x);
    }
    wall = exg_clock_now();
    if (exg_tsne(&par, rows.total, argc > 4 ? IMAGE : CLUSTER_DIM, x, NULL,
                 &opt, &r) != EXG_OK) {
        fprintf(stderr, "%s\n", exg_err_text());
        MPI_Abort(par.comm, 1);
    }
    report(&par, &r, exg_clock_now() - wall);
    exg_tsne_free(&r);
    exg_free(x);
    exg_par_stop(&par);
    return 0;
}
