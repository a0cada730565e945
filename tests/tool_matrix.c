/* tool_matrix.c -- write matrices for the end-to-end tests of exigo-tsne.
 *
 *     tool_matrix FILE.h5
 *
 * Three clusters of ROWS rows as doubles (/group/x), as packed 16-bit integers
 * (/int) and with labels (/label); the rest of the datasets are what a map
 * cannot be made of. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rng.h"

enum {
    ROWS = 151,
    COLUMNS = 7
};

static double x[ROWS][COLUMNS];
static uint8_t label[ROWS];

static void fill(void)
{
    const exg_rng stream = {.seed = 3, .use = EXG_RNG_SYNTH};

    for (int i = 0; i < ROWS; i++) {
        label[i] = (uint8_t)(i % 3);
        for (int d = 0; d < COLUMNS; d++) {
            x[i][d] =
                4.0 * ((i % 3 + d) % 3) +
                exg_rng_normal(stream, (uint64_t)i * COLUMNS + (uint64_t)d);
        }
    }
}

/* The matrix times 100 as 16-bit integers, in chunks, deflated. */
static int put_packed(hid_t file)
{
    const hsize_t dims[] = {ROWS, COLUMNS}, chunk[] = {20, 3};
    static int16_t v[ROWS][COLUMNS];
    hid_t space = H5Screate_simple(2, dims, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), set;
    int bad;

    for (int i = 0; i < ROWS; i++) {
        for (int d = 0; d < COLUMNS; d++) {
            v[i][d] = (int16_t)lrint(100.0 * x[i][d]);
        }
    }
    bad = H5Pset_chunk(list, 2, chunk) < 0 || H5Pset_deflate(list, 1) < 0;
    set = H5Dcreate2(file, "int", H5T_STD_I16BE, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    bad |=
        H5Dwrite(set, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) < 0;
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    return bad;
}

/* The matrix with one value changed. */
static int put_spoilt(hid_t file, const char *name, int row, double value)
{
    const hsize_t dims[] = {ROWS, COLUMNS};
    const double kept = x[row][3];
    int bad;

    x[row][3] = value;
    bad = H5LTmake_dataset_double(file, name, 2, dims, &x[0][0]) < 0;
    x[row][3] = kept;
    return bad;
}

/* A matrix of zeros: written, because a reader refuses what is not there. */
static int put_wide(hid_t file, const char *name, hsize_t rows, hsize_t columns)
{
    const hsize_t dims[] = {rows, columns};
    char *zeros = calloc(rows, columns);
    const int bad =
        zeros == NULL || H5LTmake_dataset_char(file, name, 2, dims, zeros) < 0;

    free(zeros);
    return bad;
}

int main(int argc, char **argv)
{
    const hsize_t dims[] = {ROWS, COLUMNS}, few[] = {3, COLUMNS};
    const hsize_t fewer[] = {ROWS - 1};
    int negative[ROWS] = {0};
    int bad = 0;
    hid_t file, group;

    if (argc != 2) {
        fprintf(stderr, "usage: tool_matrix FILE.h5\n");
        return 2;
    }
    fill();
    negative[140] = -1;
    file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bad |= H5LTmake_dataset_double(group, "x", 2, dims, &x[0][0]) < 0;
    bad |=
        H5LTmake_dataset(file, "label", 1, dims, H5T_NATIVE_UINT8, label) < 0;
    bad |= put_packed(file);
    bad |= put_spoilt(file, "nan", 77, NAN);
    bad |= put_spoilt(file, "huge", 5, 1e300);
    bad |= H5LTmake_dataset_double(file, "few", 2, few, &x[0][0]) < 0;
    bad |= H5LTmake_dataset_double(file, "line", 1, dims, &x[0][0]) < 0;
    bad |= H5LTmake_dataset_int(file, "short", 1, fewer, negative) < 0;
    bad |= H5LTmake_dataset_int(file, "negative", 1, dims, negative) < 0;
    bad |= H5LTmake_dataset_string(file, "text", "no numbers") < 0;
    bad |= put_wide(file, "wide", 30, 46341);
    bad |= put_wide(file, "wider", 4, 2000001);
    H5Gclose(group);
    H5Fclose(file);
    return bad;
}
