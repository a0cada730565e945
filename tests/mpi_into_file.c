/* mpi_into_file.c -- the file of --tsne-into is another one when it is read
 * than when it was checked, with training in between. */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "app/into.h"
#include "par/agree.h"
#include "store/schema.h"
#include "support.h"

enum {
    POINTS = 9,
    D = 7
};

static const exg_opt_row table[] = {
    EXG_CHOICES_ROWS,
    {"seed", EXG_OPT_INT, EXG_OPT_RESULT, "6", 0, 100, "", "of noise"},
};

/* Zeros of a shape. */
static void put(hid_t file, const char *path, hsize_t rows, hsize_t columns)
{
    const hsize_t dims[2] = {rows, columns};
    const hid_t space = H5Screate_simple(2, dims, NULL);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    hid_t set;

    H5Pset_create_intermediate_group(links, 1);
    set = H5Dcreate2(file, path, H5T_IEEE_F32LE, space, links, H5P_DEFAULT,
                     H5P_DEFAULT);
    H5Dclose(set);
    H5Pclose(links);
    H5Sclose(space);
}

/* A results file with a map of points of so many features. */
static void write_file(const char *path, hsize_t features)
{
    const int schema = EXG_SCHEMA_VERSION;

    if (world->rank == 0) {
        const hid_t space = H5Screate(H5S_SCALAR);
        const hid_t file =
            H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t attr =
            H5Acreate2(file, EXG_SCHEMA_VERSION_ATTR, H5T_STD_I32LE, space,
                       H5P_DEFAULT, H5P_DEFAULT);

        H5Awrite(attr, H5T_NATIVE_INT, &schema);
        put(file, EXG_SCHEMA_FEATURES, POINTS, features);
        put(file, EXG_SCHEMA_TSNE "/" EXG_SCHEMA_TSNE_COORDINATES, POINTS, 2);
        H5Aclose(attr);
        H5Sclose(space);
        H5Fclose(file);
    }
    MPI_Barrier(world->comm);
}

START_TEST(a_file_that_has_changed_is_refused)
{
    exg_opts *opts = NULL;
    exg_maps m = {.par = world, .nfeature = D};
    exg_into *into = NULL;
    char path[256];

    snprintf(path, sizeof path, "%s/map.h5", exg_scratch());
    ck_ok(world, exg_opts_create(table, sizeof table / sizeof *table, &opts));
    ck_ok(world,
          exg_opts_set(opts, "--", "tsne-into", path, EXG_OPT_FROM_COMMAND));
    ck_ok(world, exg_opts_set(opts, "--", "tsne-perplexity", "2",
                              EXG_OPT_FROM_COMMAND));
    m.opts = opts;
    write_file(path, D);
    ck_ok(world, exg_into_check(opts, "/none", D));
    MPI_Barrier(world->comm); /* all have closed it */
    write_file(path, D - 2);
    ck_refused(world, exg_into_read(&m, &into), EXG_EINPUT,
               "9 points of 5 features");
    ck_all(world, into == NULL);
    exg_err_clear();
    exg_free(opts);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("into_file");
    TCase *tc = exg_case(s, "file");

    tcase_add_test(tc, a_file_that_has_changed_is_refused);
    return s;
}
