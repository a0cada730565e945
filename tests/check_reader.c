/* check_reader.c -- damaged and foreign files give one line, never a crash. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "h5_file.h"
#include "store/reader.h"
#include "support.h"

static void put(hid_t file, const char *name, hid_t type, int rank,
                const hsize_t *dims, const void *data)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t set =
        H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);

    if (data != NULL) {
        H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    }
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
}

/* First of all: once a file is read, HDF5 makes no such links any more. Opening
 * the pipe would wait for ever: then the test's time limit fails. */
START_TEST(links_into_other_files_are_not_followed)
{
    static const char *const name[] = {"/other", "/indirect", "/pipe"};
    char target[700], fifo[700];
    hid_t file = make_file("target.h5", 1);
    const hsize_t dims[1] = {1};
    exg_int n[1] = {1};
    exg_reader *r = NULL;
    float one = 1, *f = NULL;

    put(file, "/v", H5T_NATIVE_FLOAT, 1, dims, &one);
    H5Fclose(file);
    snprintf(target, sizeof target, "%s", path);
    file = make_file("links.h5", 1);
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    ck_assert(mkfifo(fifo, 0600) == 0);
    H5Lcreate_external(target, "/v", file, "/other", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/other", file, "/indirect", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(fifo, "/v", file, "/pipe", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    ck_assert(exg_reader_open(path, &r) == EXG_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(exg_reader_has(r, name[i]), 0);
        ck_refused(world, exg_reader_f32(r, name[i], 1, n, &f), EXG_EINPUT,
                   i == 1 ? "/indirect: missing"
                          : "is a link into another file, which is not");
    }
    exg_reader_close(&r);
    unlink(fifo);
}
END_TEST

START_TEST(missing_and_foreign_files_are_named)
{
    exg_reader *r = NULL;
    FILE *f;

    ck_refused(world, exg_reader_open("/no/such.h5", &r), EXG_EIO,
               "/no/such.h5: No such file");
    snprintf(path, sizeof path, "%s/text.h5", exg_scratch());
    f = fopen(path, "w");
    fputs("not HDF5", f);
    fclose(f);
    ck_refused(world, exg_reader_open(path, &r), EXG_EIO,
               "text.h5: cannot open as HDF5");
    H5Fclose(make_file("other.h5", -1));
    ck_refused(world, exg_reader_open(path, &r), EXG_EINPUT, "no results file");
    H5Fclose(make_file("newer.h5", 99));
    ck_refused(world, exg_reader_open(path, &r), EXG_EINPUT,
               "schema 99 is newer");
    ck_assert(r == NULL);
}
END_TEST

START_TEST(wrong_types_and_shapes_are_refused)
{
    const hsize_t two[2] = {2, 3}, huge[2] = {1 << 30, 1 << 30};
    const hsize_t deep[EXG_READER_RANK + 1] = {0};
    char word[6];
    int rank;
    const float v[6] = {1, 2, 3, 4, 5, 6};
    hid_t file = make_file("shapes.h5", 1);
    exg_int dims[2] = {3, -1}, n;
    exg_reader *r = NULL;
    float *f = NULL;
    int64_t *i = NULL;
    char **texts = NULL;

    put(file, "/v", H5T_NATIVE_FLOAT, 2, two, v);
    put(file, "/huge", H5T_NATIVE_FLOAT, 2, huge, NULL);
    put(file, "/deep", H5T_NATIVE_FLOAT, EXG_READER_RANK + 1, deep, NULL);
    H5LTset_attribute_string(file, "/v", "word", "longer");
    H5Fclose(file);
    ck_assert(exg_reader_open(path, &r) == EXG_OK);
    ck_refused(world, exg_reader_f32(r, "/v", 2, dims, &f), EXG_EINPUT,
               "/v: shape (2, 3), want (3, any)");
    ck_refused(world, exg_reader_f32(r, "/w/v", 2, dims, &f), EXG_EINPUT,
               "/w/v: missing");
    ck_refused(world, exg_reader_f32(r, "/", 2, dims, &f), EXG_EINPUT,
               "no dataset");
    dims[0] = -1;
    ck_refused(world, exg_reader_i64(r, "/v", 2, dims, &i), EXG_EINPUT,
               "no integers");
    ck_refused(world, exg_reader_texts(r, "/v", &n, &texts), EXG_EINPUT,
               "list");
    ck_refused(world, exg_reader_f32(r, "/huge", 2, dims, &f), EXG_EINPUT,
               "claims more");
    ck_refused(world, exg_reader_shape(r, "/deep", &rank, dims), EXG_EINPUT,
               "/deep: 7 dimensions, want at most 6");
    ck_refused(world, exg_reader_attr_text(r, "/v", "word", word, sizeof word),
               EXG_EINPUT, "/v: attribute word is longer than 5 bytes");
    ck_refused(world, exg_reader_attrs(r, "/none", NULL, NULL), EXG_EINPUT,
               "/none: missing");
    ck_assert(exg_reader_f32(r, "/v", 2, dims, &f) == EXG_OK);
    ck_assert(dims[0] == 2 && dims[1] == 3 && f[5] == 6);
    exg_free(f);
    exg_reader_close(&r);
}
END_TEST

/* HDF5 would make room for one even where there are none. */
START_TEST(texts_of_absurd_length_are_refused)
{
    const hsize_t none[1] = {0};
    hid_t file = make_file("long.h5", 1);
    hid_t type = H5Tcopy(H5T_C_S1);
    exg_reader *r = NULL;
    exg_int n = 0;
    char **texts = NULL;

    H5Tset_size(type, (size_t)2 << 20);
    put(file, "/v", type, 1, none, NULL);
    H5Tclose(type);
    H5Fclose(file);
    ck_assert(exg_reader_open(path, &r) == EXG_OK);
    ck_refused(world, exg_reader_texts(r, "/v", &n, &texts), EXG_EINPUT,
               "/v: text of 2097152 bytes, want at most 1048575");
    ck_assert(texts == NULL);
    exg_reader_close(&r);
}
END_TEST

START_TEST(values_in_other_files_are_refused)
{
    const hsize_t dims[1] = {4};
    hid_t file = make_file("outside.h5", 1);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, dims, NULL), set;
    exg_int n[1] = {4};
    exg_reader *r = NULL;
    float *f = NULL;

    H5Pset_external(list, "/etc/hostname", 0, H5F_UNLIMITED);
    set = H5Dcreate2(file, "/v", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    ck_assert(exg_reader_open(path, &r) == EXG_OK);
    ck_refused(world, exg_reader_f32(r, "/v", 1, n, &f), EXG_EINPUT,
               "in another file");
    exg_reader_close(&r);
}
END_TEST

/* A filter that changes nothing. */
static size_t unfiltered(unsigned flags, size_t n, const unsigned *values,
                         size_t bytes, size_t *size, void **block)
{
    (void)flags;
    (void)n;
    (void)values;
    (void)size;
    (void)block;
    return bytes;
}

START_TEST(filters_that_are_not_there_are_named)
{
    enum {
        NOBODYS = 300 /* kept for testing */
    };
    static const H5Z_class2_t copies = {
        H5Z_CLASS_T_VERS, NOBODYS, 1, 1, "nobody's", NULL, NULL, unfiltered};
    const hsize_t dims[1] = {4};
    const float v[4] = {1, 2, 3, 4};
    hid_t file = make_file("filter.h5", 1);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, dims, NULL), set;
    exg_int n[1] = {4};
    exg_reader *r = NULL;
    float *f = NULL;

    H5Zregister(&copies);
    H5Pset_chunk(list, 1, dims);
    H5Pset_filter(list, NOBODYS, H5Z_FLAG_MANDATORY, 0, NULL);
    set = H5Dcreate2(file, "/v", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    ck_assert(
        H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    ck_assert(exg_reader_open(path, &r) == EXG_OK);
    ck_assert(exg_reader_f32(r, "/v", 1, n, &f) == EXG_OK);
    exg_free(f);
    H5Zunregister(NOBODYS);
    ck_refused(
        world, exg_reader_f32(r, "/v", 1, n, &f), EXG_EINPUT,
        "/v: stored with filter 300 (nobody's), which this HDF5 has not");
    exg_reader_close(&r);
}
END_TEST

START_TEST(all_kinds_of_strings_are_read)
{
    const hsize_t two[1] = {2};
    const char *const words[2] = {"ab", "cde"};
    hid_t file = make_file("strings.h5", 1);
    hid_t type = H5Tcopy(H5T_C_S1);
    exg_reader *r = NULL;
    char **texts = NULL;
    exg_int n = 0;

    H5Tset_size(type, 3);
    H5Tset_strpad(type, H5T_STR_SPACEPAD);
    put(file, "/padded", type, 1, two, "ab cde");
    H5Tset_size(type, H5T_VARIABLE);
    put(file, "/variable", type, 1, two, words);
    put(file, "/unset", type, 1, two, NULL);
    H5Tclose(type);
    H5Fclose(file);
    ck_assert(exg_reader_open(path, &r) == EXG_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert(exg_reader_texts(r, i == 0 ? "/padded" : "/variable", &n,
                                   &texts) == EXG_OK);
        ck_assert(n == 2);
        ck_assert_str_eq(texts[0], "ab");
        ck_assert_str_eq(texts[1], "cde");
        exg_free(texts);
    }
    ck_assert(exg_reader_texts(r, "/unset", &n, &texts) == EXG_OK);
    ck_assert_str_eq(texts[1], "");
    exg_free(texts);
    exg_reader_close(&r);
}
END_TEST

/* Read all there is in a file that may be broken anywhere. */
static void read_what_there_is(void)
{
    exg_int dims[EXG_READER_RANK], n;
    exg_reader *r = NULL;
    char **texts = NULL;
    float *v = NULL;
    int rank;

    if (exg_reader_open(path, &r) == EXG_OK) {
        if (exg_reader_shape(r, "/v", &rank, dims) == EXG_OK &&
            exg_reader_f32(r, "/v", rank, dims, &v) == EXG_OK) {
            exg_free(v);
        }
        if (exg_reader_texts(r, "/words", &n, &texts) == EXG_OK) {
            exg_free(texts);
        }
        exg_reader_close(&r);
    }
    exg_err_clear();
}

START_TEST(truncated_files_are_no_crash)
{
    const hsize_t dims[1] = {500}, two[1] = {2};
    float v[500] = {0};
    hid_t file = make_file("cut.h5", 1);
    hid_t type = H5Tcopy(H5T_C_S1);
    static char bytes[1 << 16];
    size_t size;
    FILE *f;

    H5Tset_size(type, 3);
    put(file, "/v", H5T_NATIVE_FLOAT, 1, dims, v);
    put(file, "/words", type, 1, two, "ab cde");
    H5Tclose(type);
    H5Fclose(file);
    f = fopen(path, "rb");
    size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t keep = 0; keep < size; keep += 97) {
        exg_reader *r = NULL;

        f = fopen(path, "wb");
        fwrite(bytes, 1, keep, f);
        fclose(f);
        ck_assert(exg_reader_open(path, &r) != EXG_OK);
        exg_err_clear();
    }
    for (size_t at = 0; at < size; at += 13) { /* and with one wrong byte */
        f = fopen(path, "wb");
        bytes[at] ^= 0x5a;
        fwrite(bytes, 1, size, f);
        bytes[at] ^= 0x5a;
        fclose(f);
        read_what_there_is();
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("reader");
    TCase *tc = exg_case(s, "reader");

    tcase_add_test(tc, links_into_other_files_are_not_followed);
    tcase_add_test(tc, missing_and_foreign_files_are_named);
    tcase_add_test(tc, wrong_types_and_shapes_are_refused);
    tcase_add_test(tc, texts_of_absurd_length_are_refused);
    tcase_add_test(tc, values_in_other_files_are_refused);
    tcase_add_test(tc, filters_that_are_not_there_are_named);
    tcase_add_test(tc, all_kinds_of_strings_are_read);
    tcase_add_test(tc, truncated_files_are_no_crash);
    return s;
}
