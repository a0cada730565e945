/* tool_clusters.c -- write a matrix of Gaussian clusters, as large as wanted.
 *
 *     tool_clusters FILE.h5 ROWS COLUMNS CLUSTERS
 *
 * Row i belongs to cluster i % CLUSTERS (/label).  Its values (/x, float32) are
 * the cluster's centre, normal with deviation 3, plus noise of deviation 1
 * along four directions of the cluster and of 0.2 along every column.  The same
 * sizes always give the same file. */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/rng.h"

enum {
    BLOCK = 4096, /* rows written at a time */
    WAYS = 4      /* directions of a cluster's own */
};

typedef struct {
    exg_int rows, columns, clusters;
    float *centre; /* shape (clusters, columns)       */
    float *way;    /* shape (clusters, WAYS, columns) */
} model;

static void draw(uint64_t seed, exg_int n, double deviation, float *x)
{
    const exg_rng stream = {.seed = seed, .use = EXG_RNG_SYNTH};

    for (exg_int i = 0; i < n; i++) {
        x[i] = (float)(deviation * exg_rng_normal(stream, (uint64_t)i));
    }
}

static void fill_row(const model *m, exg_int row, float *x)
{
    const exg_rng own = {.seed = 3, .use = EXG_RNG_SYNTH};
    const exg_rng noise = {.seed = 4, .use = EXG_RNG_SYNTH};
    const exg_int c = row % m->clusters;
    double along[WAYS];

    for (exg_int e = 0; e < WAYS; e++) {
        along[e] = exg_rng_normal(own, (uint64_t)(row * WAYS + e));
    }
    for (exg_int d = 0; d < m->columns; d++) {
        double v = (double)m->centre[c * m->columns + d];

        for (exg_int e = 0; e < WAYS; e++) {
            v += along[e] * (double)m->way[(c * WAYS + e) * m->columns + d];
        }
        v += 0.2 * exg_rng_normal(noise, (uint64_t)(row * m->columns + d));
        x[d] = (float)v;
    }
}

/* Write rows [first, first + count) of a dataset of any width. */
static int put(hid_t set, exg_int first, exg_int count, exg_int width,
               hid_t type, const void *data)
{
    const hsize_t start[] = {(hsize_t)first, 0};
    const hsize_t size[] = {(hsize_t)count, (hsize_t)width};
    hid_t file = H5Dget_space(set);
    const int rank = H5Sget_simple_extent_ndims(file);
    hid_t memory = H5Screate_simple(rank, size, NULL);
    int bad =
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, size, NULL) < 0;

    bad |= H5Dwrite(set, type, memory, file, H5P_DEFAULT, data) < 0;
    H5Sclose(memory);
    H5Sclose(file);
    return bad;
}

static hid_t make(hid_t file, const char *name, int rank, const hsize_t *dims,
                  hid_t type)
{
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                           H5P_DEFAULT);

    H5Sclose(space);
    return set;
}

static int write_all(const model *m, hid_t file, float *x)
{
    const hsize_t dims[] = {(hsize_t)m->rows, (hsize_t)m->columns};
    hid_t set = make(file, "x", 2, dims, H5T_IEEE_F32LE);
    hid_t labels = make(file, "label", 1, dims, H5T_STD_I32LE);
    int32_t label[BLOCK];
    int bad = set < 0 || labels < 0;

    for (exg_int first = 0; first < m->rows && !bad; first += BLOCK) {
        const exg_int left = m->rows - first;
        const exg_int count = left < BLOCK ? left : BLOCK;

        for (exg_int i = 0; i < count; i++) {
            fill_row(m, first + i, x + i * m->columns);
            label[i] = (int32_t)((first + i) % m->clusters);
        }
        bad |= put(set, first, count, m->columns, H5T_NATIVE_FLOAT, x);
        bad |= put(labels, first, count, 1, H5T_NATIVE_INT32, label);
    }
    H5Dclose(labels);
    H5Dclose(set);
    return bad;
}

int main(int argc, char **argv)
{
    model m = {.rows = 0};
    float *x = NULL;
    hid_t file;
    int bad = 1;

    if (argc != 5 || (m.rows = atol(argv[2])) < 1 ||
        (m.columns = atol(argv[3])) < 1 || (m.clusters = atol(argv[4])) < 1) {
        fprintf(stderr, "usage: tool_clusters FILE.h5 ROWS COLUMNS CLUSTERS\n");
        return 2;
    }
    if (exg_new(&m.centre, m.clusters * m.columns) != EXG_OK ||
        exg_new(&m.way, m.clusters * WAYS * m.columns) != EXG_OK ||
        exg_new(&x, BLOCK * m.columns) != EXG_OK) {
        fprintf(stderr, "tool_clusters: out of memory\n");
        goto done;
    }
    draw(1, m.clusters * m.columns, 3.0, m.centre);
    draw(2, m.clusters * WAYS * m.columns, 1.0, m.way);
    file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bad = file < 0 || write_all(&m, file, x);
    bad |= H5Fclose(file) < 0;
done:
    exg_free(x);
    exg_free(m.way);
    exg_free(m.centre);
    return bad;
}
