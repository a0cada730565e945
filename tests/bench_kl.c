/* bench_kl.c -- the divergence and the recall of any map of the embeddings in
 * a results file, by one and the same code for every program that made one.
 *
 *     bench_kl RESULTS.h5 DIMS [MAP]
 *
 * MAP has positions as float32, shape (N, DIMS); without it the file's own map
 * of DIMS dimensions is measured.  Prints "KL RECALL": KL(P || Q) in nats and
 * the share of each point's 10 nearest by features that are among its 10
 * nearest on the map.
 *
 * P is that of perplexity 30 from exact neighbours, 90 of each point, made
 * symmetric; its sum is 1.  Q is over all pairs: its Z is the engine's that
 * computes them all, and of the positions as they are, not as they were when a
 * program last printed a divergence. */
#include <stdio.h>
#include <stdlib.h>

#include "embed/descend.h"
#include "embed/points.h"
#include "embed/quality.h"
#include "par/agree.h"
#include "par/reduce.h"
#include "store/reader.h"

#define PERPLEXITY 30.0

static exg_status read_raw(const char *path, exg_int n, float *y)
{
    FILE *f = fopen(path, "rb");
    size_t got;

    if (f == NULL) {
        return exg_fail(EXG_EIO, "%s: no such file", path);
    }
    got = fread(y, sizeof *y, (size_t)n, f);
    got += fgetc(f) == EOF ? 0 : 1;
    fclose(f);
    return got == (size_t)n
               ? EXG_OK
               : exg_fail(EXG_EINPUT, "%s: want %td floats", path, n);
}

/* All features and positions, on every rank; N and D. */
static exg_status read_all(int argc, char **argv, int dims, exg_int size[2],
                           float **x, float **y)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    exg_int shape[2];

    size[0] = size[1] = -1;
    EXG_TRY(exg_reader_open(argv[1], &r));
    EXG_TRY(exg_reader_f32(r, "/embedding/features", 2, size, x));
    shape[0] = size[0];
    shape[1] = dims;
    if (argc < 4) {
        exg_int wide[EXG_READER_RANK];
        int rank = 0;

        EXG_TRY(exg_reader_shape(r, "/tsne/coordinates", &rank, wide));
        EXG_TRY(exg_reader_f32(
            r, wide[1] == dims ? "/tsne/coordinates" : "/tsne_3d/coordinates",
            2, shape, y));
    } else {
        EXG_TRY(exg_new(y, shape[0] * shape[1]));
        EXG_TRY(read_raw(argv[3], shape[0] * shape[1], *y));
    }
done:
    exg_reader_close(&r);
    return st;
}

static exg_status divergence(const exg_par *par, const exg_points *points,
                             int dims, const float *y, double *kl)
{
    exg_status st = EXG_OK;
    const exg_int total = points->tiles->total;
    const exg_kern *kern = NULL;
    exg_cloud cloud = {.total = 0};
    void *state = NULL;
    float *f = NULL;
    double z = 0.0;

    EXG_TRY_ALL(par, exg_kern_select(NULL, &kern));
    EXG_TRY_ALL(par, exg_new(&f, exg_shard_mine(par, total).count * dims));
    EXG_TRY_ALL(par, exg_cloud_create(total, dims, &cloud));
    EXG_TRY_ALL(par, exg_cloud_fill(&cloud, y));
    EXG_TRY(exg_repulse_exact.create(par, kern, total, dims, &state));
    EXG_TRY(exg_repulse_exact.forces(par, state, &cloud, f, &z));
    *kl = exg_descend_kl(par, points->p, kern, &cloud, z);
done:
    exg_repulse_exact.destroy(&state);
    exg_cloud_destroy(&cloud);
    exg_free(f);
    return st;
}

/* The share of neighbours kept, from two neighbour searches alike. */
static exg_status recall(const exg_par *par, const exg_points *points, int dims,
                         const float *y, double *share)
{
    exg_status st = EXG_OK;
    const exg_shard rows = exg_shard_mine(par, points->tiles->total);
    const exg_int k = EXG_QUALITY_RECALL;
    exg_points *map = NULL;
    exg_clock clock = {.count = 0};
    exg_fixed kept = 0;

    EXG_TRY(exg_points_prepare(par, rows.total, dims, y + rows.first * dims,
                               &clock, &map));
    EXG_TRY(exg_points_neighbours(par, NULL, (double)EXG_QUALITY_NEAR / 3.0,
                                  &clock, map));
    for (exg_int i = 0; i < rows.count; i++) {
        for (exg_int a = 0; a < k; a++) {
            for (exg_int b = 0; b < k; b++) {
                kept += points->near[i * points->k + a] ==
                        map->near[i * map->k + b];
            }
        }
    }
    exg_reduce_fixed(par, 1, &kept);
    *share = (double)kept / (double)(rows.total * k);
done:
    exg_points_destroy(&map);
    return st;
}

static exg_status measure(const exg_par *par, int argc, char **argv)
{
    exg_status st = EXG_OK;
    const int dims = atoi(argv[2]);
    exg_int size[2], first;
    exg_points *points = NULL;
    exg_clock clock = {.count = 0};
    float *x = NULL, *y = NULL;
    double kl = 0.0, share = 0.0;

    EXG_TRY_ALL(par, read_all(argc, argv, dims, size, &x, &y));
    first = exg_shard_mine(par, size[0]).first;
    EXG_TRY(exg_points_create(par, size[0], size[1], x + first * size[1],
                              PERPLEXITY, &clock, &points));
    EXG_TRY(divergence(par, points, dims, y, &kl));
    EXG_TRY(recall(par, points, dims, y, &share));
    if (par->rank == 0) {
        printf("%.4f %.4f\n", kl, share);
    }
done:
    exg_points_destroy(&points);
    exg_free(y);
    exg_free(x);
    return st;
}

int main(int argc, char **argv)
{
    exg_par par;
    exg_status st;

    if (exg_par_start(&argc, &argv, &par) != EXG_OK) {
        return EXIT_FAILURE;
    }
    if (argc != 3 && argc != 4) {
        st = exg_fail(EXG_EUSAGE, "usage: bench_kl RESULTS.h5 DIMS [MAP]");
    } else {
        st = measure(&par, argc, argv);
    }
    if (st != EXG_OK && par.rank == 0) {
        fprintf(stderr, "bench_kl: %s\n", exg_err_text());
    }
    exg_par_stop(&par);
    return st == EXG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
