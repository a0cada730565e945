/* mpi_writer.c -- the writer: complete or absent, whatever goes wrong. */
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/writer.h"
#include "support.h"

static char path[256], part[300];

static void name_file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", exg_scratch(), name);
    snprintf(part, sizeof part, "%s.part", path);
}

static int is_there(const char *name)
{
    struct stat info;

    return stat(name, &info) == 0;
}

/* A file with one value in it. */
static exg_status write_value(float value)
{
    const exg_writer_array a = {.path = "/value",
                                .long_name = "a value",
                                .units = "1",
                                .type = EXG_WRITER_F32,
                                .split = EXG_WRITER_ON_RANK_0,
                                .data = &value};
    exg_writer *w = NULL;
    exg_status st = EXG_OK;

    EXG_TRY(exg_writer_open(world, path, &w));
    EXG_TRY(exg_writer_put(world, w, &a));
    EXG_TRY(exg_writer_attr_i64(world, w, "/", "exigo_schema", 1));
    EXG_TRY(exg_writer_close(world, &w));
done:
    exg_writer_drop(world, &w);
    return st;
}

static float read_value(void)
{
    exg_reader *r = NULL;
    float *v = NULL, value = -1;

    if (exg_reader_open(path, &r) == EXG_OK &&
        exg_reader_f32(r, "/value", 0, NULL, &v) == EXG_OK) {
        value = v[0];
    }
    exg_free(v);
    exg_reader_close(&r);
    return value;
}

START_TEST(missing_directory_is_one_line)
{
    exg_writer *w = NULL;

    name_file("no/such/results.h5");
    ck_all(world, exg_writer_open(world, path, &w) == EXG_EIO && w == NULL);
    ck_all(world, strstr(exg_err_text(), "No such file or directory") != NULL);
    ck_all(world, strstr(exg_err_text(), "results.h5.part: cannot") != NULL);
}
END_TEST

START_TEST(a_directory_in_the_way_is_noticed_at_once)
{
    exg_writer *w = NULL;

    ck_refused(world, exg_writer_open(world, exg_scratch(), &w), EXG_EIO,
               "no regular file");
}
END_TEST

static void make(int (*how)(const char *what, const char *name),
                 const char *what, const char *name)
{
    ck_ok(world, world->rank == 0 && how(what, name) != 0
                     ? exg_fail(EXG_EIO, "%s: cannot be made", name)
                     : EXG_OK);
}

static int make_pipe(const char *unused, const char *name)
{
    (void)unused;
    return mkfifo(name, 0666);
}

static int make_directory(const char *unused, const char *name)
{
    (void)unused;
    return mkdir(name, 0777);
}

/* A link or a second name of another file: that file stays as it is, whether
 * the new one is finished, dropped or only made room for. */
START_TEST(a_part_is_always_a_file_of_its_own)
{
    int (*const how[])(const char *, const char *) = {symlink, link};
    char other[256];
    exg_writer *w = NULL;
    struct stat info;

    name_file("other");
    memcpy(other, path, sizeof other);
    ck_ok(world, write_value(3));
    for (int i = 0; i < 2; i++) {
        name_file("own.h5");
        make(how[i], other, part);
        ck_ok(world, write_value(1));
        ck_all(world, lstat(path, &info) == 0 && S_ISREG(info.st_mode));
        ck_all(world, read_value() == 1 && !is_there(part));
        make(how[i], other, part);
        ck_ok(world, exg_writer_open(world, path, &w));
        exg_writer_drop(world, &w);
        ck_all(world, read_value() == 1 && !is_there(part));
        make(how[i], other, part);
        ck_ok(world, world->rank == 0 ? exg_writer_clear(path) : EXG_OK);
        ck_all(world, lstat(part, &info) != 0);
        name_file("other");
        ck_all(world, read_value() == 3);
    }
    /* One that leads nowhere. */
    name_file("own.h5");
    make(symlink, "/none/at/all", part);
    ck_ok(world, write_value(2));
    ck_all(world, read_value() == 2 && lstat(part, &info) != 0);
}
END_TEST

/* Two runs write a file of one name: the later one has it. */
START_TEST(a_part_of_another_run_is_left_alone)
{
    exg_writer *first = NULL, *second = NULL;

    name_file("two.h5");
    ck_ok(world, write_value(1));
    ck_ok(world, exg_writer_open(world, path, &first));
    ck_ok(world, exg_writer_open(world, path, &second));
    ck_refused(world, exg_writer_close(world, &first), EXG_EIO,
               "two.h5.part: another run has begun to write");
    ck_all(world, is_there(part) && read_value() == 1);
    ck_ok(world, exg_writer_open(world, path, &first));
    exg_writer_drop(world, &second);
    ck_all(world, is_there(part));
    exg_writer_drop(world, &first);
    ck_all(world, !is_there(part) && read_value() == 1);
}
END_TEST

START_TEST(a_part_that_is_no_file_is_refused)
{
    int (*const how[])(const char *, const char *) = {make_directory,
                                                      make_pipe};
    exg_writer *w = NULL;

    name_file("refused.h5");
    for (int i = 0; i < 2; i++) {
        make(how[i], NULL, part);
        ck_refused(world, exg_writer_open(world, path, &w), EXG_EIO,
                   "refused.h5.part: is there and no regular file");
        ck_refused(world, exg_writer_clear(path), EXG_EIO, "no regular file");
        ck_all(world, is_there(part));
        ck_ok(world, world->rank == 0 && remove(part) != 0
                         ? exg_fail(EXG_EIO, "%s stays", part)
                         : EXG_OK);
    }
}
END_TEST

START_TEST(dropped_file_leaves_the_old_one)
{
    exg_writer *w = NULL;

    name_file("old.h5");
    ck_ok(world, write_value(1));
    ck_ok(world, exg_writer_open(world, path, &w));
    ck_ok(world, exg_writer_group(world, w, "/half", NULL));
    ck_all(world, is_there(part));
    exg_writer_drop(world, &w);
    ck_all(world, w == NULL && !is_there(part) && read_value() == 1);
    ck_ok(world, write_value(2));
    ck_all(world, !is_there(part) && read_value() == 2);
}
END_TEST

/* A limit on the size of files stands in for a full disk. */
START_TEST(full_disk_leaves_the_old_file)
{
    enum {
        N = 1 << 20
    };
    static float noise[N];
    const exg_shard mine = exg_shard_mine(world, N);
    struct rlimit before, small;
    exg_writer *w = NULL;
    exg_status st;

    for (uint32_t i = 0; i < N; i++) { /* does not pack */
        noise[i] = (float)(i * 2654435761u);
    }
    name_file("full.h5");
    ck_ok(world, write_value(1));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 256 * 1024;
    setrlimit(RLIMIT_FSIZE, &small);
    st = exg_writer_open(world, path, &w);
    if (st == EXG_OK) {
        st = exg_writer_put(world, w,
                            &(exg_writer_array){.path = "/noise",
                                                .long_name = "noise",
                                                .units = "1",
                                                .type = EXG_WRITER_F32,
                                                .rank = 1,
                                                .dims = {N},
                                                .split = 0,
                                                .shard = mine,
                                                .data = noise});
    }
    if (st == EXG_OK) {
        st = exg_writer_close(world, &w);
    }
    exg_writer_drop(world, &w);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_all(world, st != EXG_OK && exg_err_text()[0] != '\0');
    exg_err_clear();
    ck_all(world, !is_there(part) && read_value() == 1);
}
END_TEST

START_TEST(rows_outside_the_array_are_refused_on_every_rank)
{
    exg_writer *w = NULL;
    const float row[4] = {0};
    exg_writer_array a = {.path = "/rows",
                          .long_name = "rows",
                          .units = "1",
                          .type = EXG_WRITER_F32,
                          .rank = 1,
                          .dims = {4},
                          .split = 0,
                          .shard = {4, 0, 0},
                          .data = row};

    name_file("rows.h5");
    if (world->rank == world->size - 1) {
        a.shard.first = 3;
        a.shard.count = 2;
    }
    ck_ok(world, exg_writer_open(world, path, &w));
    ck_refused(world, exg_writer_put(world, w, &a), EXG_EUSAGE,
               "/rows: rows 3 + 2 of 4");
    exg_writer_drop(world, &w);
}
END_TEST

START_TEST(a_name_used_twice_is_an_error_of_the_library)
{
    exg_writer *w = NULL;

    name_file("twice.h5");
    ck_ok(world, exg_writer_open(world, path, &w));
    ck_ok(world, exg_writer_group(world, w, "/a", "NXdata"));
    ck_refused(world, exg_writer_group(world, w, "/a", "NXdata"), EXG_ELIB,
               "/a: HDF5: name already");
    exg_writer_drop(world, &w);
}
END_TEST

START_TEST(objects_carry_no_times)
{
    H5O_info_t info = {.mtime = 1};
    hid_t file;

    name_file("times.h5");
    ck_ok(world, write_value(1));
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5Oget_info_by_name(file, "/value", &info, H5P_DEFAULT);
    ck_all(world, info.mtime == 0 && info.ctime == 0);
    H5Oget_info(file, &info);
    ck_all(world, info.mtime == 0 && info.ctime == 0);
    H5Fclose(file);
}
END_TEST

START_TEST(attributes_are_rank_0s)
{
    char mine[32], text[32] = "";
    exg_reader *r = NULL;
    exg_writer *w = NULL;

    snprintf(mine, sizeof mine, "host %d", world->rank);
    name_file("attr.h5");
    ck_ok(world, exg_writer_open(world, path, &w));
    ck_ok(world, exg_writer_attr_text(world, w, "/", "host", "replaced"));
    ck_ok(world, exg_writer_attr_text(world, w, "/", "host", mine));
    ck_ok(world, exg_writer_attr_i64(world, w, "/", "exigo_schema",
                                     1 + 100 * world->rank));
    ck_ok(world, exg_writer_close(world, &w));
    ck_ok(world, exg_reader_open(path, &r));
    ck_ok(world, exg_reader_attr_text(r, "/", "host", text, sizeof text));
    ck_all(world, strcmp(text, "host 0") == 0);
    exg_reader_close(&r);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("writer");
    TCase *tc = exg_case(s, "writer");

    tcase_add_test(tc, missing_directory_is_one_line);
    tcase_add_test(tc, a_directory_in_the_way_is_noticed_at_once);
    tcase_add_test(tc, a_part_is_always_a_file_of_its_own);
    tcase_add_test(tc, a_part_of_another_run_is_left_alone);
    tcase_add_test(tc, a_part_that_is_no_file_is_refused);
    tcase_add_test(tc, dropped_file_leaves_the_old_one);
    tcase_add_test(tc, full_disk_leaves_the_old_file);
    tcase_add_test(tc, rows_outside_the_array_are_refused_on_every_rank);
    tcase_add_test(tc, a_name_used_twice_is_an_error_of_the_library);
    tcase_add_test(tc, objects_carry_no_times);
    tcase_add_test(tc, attributes_are_rank_0s);
    return s;
}
