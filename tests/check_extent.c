/* check_extent.c -- files that claim more than they hold take no memory. */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "../src/store/extent_impl.h"
#include "h5_file.h"
#include "store/h5.h"
#include "store/probe.h"
#include "store/reader.h"
#include "support.h"

enum {
    CHILD = 1 << 19 /* KiB that a child may take, with a sanitizer's */
};

/* A dataset of which only the first chunks are there. */
static void put_hollow(hid_t file, const char *name, int rank,
                       const hsize_t *dims, hsize_t chunks)
{
    const hsize_t one[2] = {1, 1};
    hsize_t from[2] = {0, 0};
    const float value = 1;
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), set;
    hid_t space = H5Screate_simple(rank, dims, NULL);

    H5Pset_chunk(list, rank, one);
    set = H5Dcreate2(file, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    for (; from[0] < chunks; from[0]++) {
        ck_assert_int_ge(
            H5Dwrite_chunk(set, H5P_DEFAULT, 0, from, sizeof value, &value), 0);
    }
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
}

static void probe(void *data)
{
    exg_probe_file(data);
}

START_TEST(shapes_of_absurd_size_are_not_read)
{
    const hsize_t wraps[2] = {INT64_MAX, INT64_MAX}; /* product: 1 mod 2^64 */
    const hsize_t many[1] = {4 << 20};
    exg_int any[2] = {-1, -1};
    float *v = NULL;
    exg_reader *r = NULL;
    struct rusage used;
    hid_t file = make_file("hollow.h5", 1);

    put_hollow(file, "/wraps", 2, wraps, 1);
    put_hollow(file, "/many", 1, many, 4000);
    H5Fclose(file);
    ck_assert_int_eq(exg_probe_run(probe, path), EXG_OK);
    getrusage(RUSAGE_CHILDREN, &used); /* "/many" would take 1.2 GB */
    ck_assert_int_lt(used.ru_maxrss, CHILD);
    ck_assert_int_eq(exg_reader_open(path, &r), EXG_OK);
    ck_refused(world, exg_reader_f32(r, "/wraps", 2, any, &v), EXG_EINPUT,
               "/wraps: claims more values than its 4 bytes");
    ck_refused(world, exg_reader_f32(r, "/many", 1, any, &v), EXG_EINPUT,
               "/many: has 4000 of its 4194304 chunks");
    exg_reader_close(&r);
}
END_TEST

/* Rows that are a chunk each, as many keep a matrix; all are there. */
START_TEST(chunks_that_fit_are_counted_once)
{
    enum {
        ROWS = 5000
    };
    const hsize_t dims[2] = {ROWS, 4}, chunk[2] = {1, 4};
    static float rows[ROWS][4] = {{1}};
    exg_int any[2] = {-1, 4};
    float *v = NULL;
    exg_reader *r = NULL;
    hid_t file = make_file("rows.h5", 1);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), set;
    hid_t space = H5Screate_simple(2, dims, NULL);

    H5Pset_chunk(list, 2, chunk);
    set = H5Dcreate2(file, "/rows", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    ck_assert_int_eq(exg_reader_open(path, &r), EXG_OK);
    ck_assert_int_eq(exg_reader_f32(r, "/rows", 2, any, &v), EXG_OK);
    ck_assert(any[0] == ROWS && v[0] == 1);
    exg_free(v);
    exg_reader_close(&r);
}
END_TEST

START_TEST(shapes_are_counted_without_wrapping_round)
{
    const hsize_t wraps[2] = {INT64_MAX, INT64_MAX}, none[2] = {0, 7};
    hid_t file = make_file("counts.h5", 1);
    hid_t space = H5Screate(H5S_NULL), set;
    exg_int want, have;

    ck_assert_int_eq(exg_extent_count(space), 0);
    H5Sclose(space);
    space = H5Screate(H5S_SCALAR);
    ck_assert_int_eq(exg_extent_count(space), 1);
    H5Sclose(space);
    space = H5Screate_simple(2, none, NULL);
    ck_assert_int_eq(exg_extent_count(space), 0);
    H5Sclose(space);
    put_hollow(file, "/wraps", 2, wraps, 3);
    set = H5Dopen2(file, "/wraps", H5P_DEFAULT);
    space = H5Dget_space(set);
    ck_assert_int_eq(H5Sget_simple_extent_npoints(space), 1);
    ck_assert_int_eq(exg_extent_count(space), -1);
    ck_assert_int_eq(exg_extent_is_hollow(set, space, &want, &have), 1);
    ck_assert(want == PTRDIFF_MAX && have == 3);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    exg_h5_begin();
    ck_assert_int_eq(exg_extent_count(-1), -1);
}
END_TEST

/* The length that stands in front of a text's place, in the file itself. */
static void claim(unsigned from, unsigned to)
{
    static unsigned char bytes[1 << 16];
    FILE *f = fopen(path, "r+b");
    const size_t size = fread(bytes, 1, sizeof bytes, f);
    unsigned word[2];

    for (size_t at = 0; at + sizeof word <= size; at++) {
        memcpy(word, bytes + at, sizeof word);
        if (word[0] == from && word[1] != 0) { /* not where the text is */
            ck_assert_int_eq(fseek(f, (long)at, SEEK_SET), 0);
            ck_assert_uint_eq(fwrite(&to, sizeof to, 1, f), 1);
        }
    }
    fclose(f);
}

/* Is the address sanitizer linked in? */
__attribute__((weak)) void __asan_init(void); /* NOLINT: its name */

START_TEST(texts_of_false_length_take_no_memory)
{
    char text[1014] = "";
    const char *value = memset(text, 'x', sizeof text - 1);
    hid_t file = make_file("claim.h5", 1), space = H5Screate(H5S_SCALAR);
    hid_t type = H5Tcopy(H5T_C_S1), attr;
    struct rusage used;

    H5Tset_size(type, H5T_VARIABLE);
    attr = H5Acreate2(file, "text", type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attr, type, &value);
    H5Aclose(attr);
    H5Tclose(type);
    H5Sclose(space);
    H5Fclose(file);
    ck_assert_int_eq(exg_probe_run(probe, path), EXG_OK);
    claim(sizeof text - 1, 3u << 29);
    if (__asan_init != NULL) {
        return; /* the child has no bounds then */
    }
    ck_refused(world, exg_probe_run(probe, path), EXG_EINPUT,
               "claim.h5: damaged: it claims to hold more than it can");
    getrusage(RUSAGE_CHILDREN, &used);
    ck_assert_int_lt(used.ru_maxrss, CHILD);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("extent");
    TCase *tc = exg_case(s, "extent");

    tcase_add_test(tc, shapes_of_absurd_size_are_not_read);
    tcase_add_test(tc, chunks_that_fit_are_counted_once);
    tcase_add_test(tc, shapes_are_counted_without_wrapping_round);
    tcase_add_test(tc, texts_of_false_length_take_no_memory);
    return s;
}
