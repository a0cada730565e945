/* check_saver.c -- checkpoint files: whole or refused, and never none. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/image.h"
#include "store/rows.h"
#include "store/saver.h"
#include "support.h"

enum {
    NAME = 256,
    VALUES = 3000
};

static char path[NAME], older[NAME];

/* Stands before the library's: threads can be had, or not. */
static int refuses_threads;

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                   void *(*run)(void *), void *state)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    void *found = dlsym(RTLD_NEXT, "pthread_create");

    memcpy(&real, &found, sizeof real);
    return refuses_threads ? EAGAIN : real(thread, attr, run, state);
}

/* So does this: before the second piece is read, the file may be cut to this
 * length, or reading may fail. */
static off_t cut_to = -1;
static int bad_disk;
static int reads;

ssize_t read(int fd, void *bytes, size_t n)
{
    ssize_t (*real)(int, void *, size_t);
    void *found = dlsym(RTLD_NEXT, "read");

    memcpy(&real, &found, sizeof real);
    reads++;
    if (reads == 2 && bad_disk) {
        errno = EIO;
        return -1;
    }
    if (reads == 2 && cut_to >= 0) {
        (void)!truncate(path, cut_to);
    }
    return real(fd, bytes, n);
}

static void name_files(const char *test)
{
    snprintf(path, sizeof path, "%s/%s.h5", exg_scratch(), test);
    snprintf(older, sizeof older, "%s/%s-1.h5", exg_scratch(), test);
}

/* An image whose first value is `mark`. */
static exg_int make(double mark, unsigned char **bytes)
{
    exg_image *im = NULL;
    static double v[VALUES];
    const exg_int n = VALUES, none = 0;
    const int64_t whole[2] = {INT64_MIN, 7};
    exg_int size = 0;

    v[0] = mark;
    v[1] = 0.1;
    ck_ok(world, exg_image_create(path, &im));
    ck_ok(world, exg_image_put(im, "/a/b/v", EXG_WRITER_F64, 1, &n, v));
    ck_ok(world, exg_image_put(im, "/a/i", EXG_WRITER_I64, 2, (exg_int[]){1, 2},
                               whole));
    ck_ok(world, exg_image_put(im, "/none", EXG_WRITER_F32, 1, &none, NULL));
    ck_ok(world, exg_image_text(im, "/a", "word", "gr\xc3\xbc\xc3\x9f"));
    ck_ok(world, exg_image_finish(&im, bytes, &size));
    ck_all(world, im == NULL && size > VALUES * 8);
    return size;
}

static void save(exg_saver *s, double mark)
{
    unsigned char *bytes = NULL;
    const exg_int size = make(mark, &bytes);

    exg_saver_start(s, &bytes, size);
    ck_all(world, bytes == NULL);
    ck_ok(world, exg_saver_wait(s));
    ck_all(world, !exg_saver_busy(s));
}

static double mark_of(const char *file)
{
    exg_rows_place place = {.path = "/"};
    exg_reader *r = NULL;
    exg_int n = VALUES;
    double *v = NULL;
    double mark;

    ck_ok(world, exg_saver_verify(file));
    snprintf(place.file, sizeof place.file, "%s", file);
    ck_ok(world, exg_rows_open(&place, &r));
    ck_ok(world, exg_reader_f64(r, "/a/b/v", 1, &n, &v));
    mark = v[0];
    exg_free(v);
    exg_reader_close(&r);
    return mark;
}

static int is_there(const char *file)
{
    return access(file, F_OK) == 0;
}

START_TEST(an_image_holds_what_was_put)
{
    exg_saver *s = NULL;
    exg_rows_place place = {.path = "/"};
    exg_reader *r = NULL;
    exg_int n = VALUES, dims[2] = {-1, -1}, none = -1;
    double *v = NULL;
    int64_t *whole = NULL;
    float *empty = NULL;
    char word[32];

    name_files("image");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 4.0);
    snprintf(place.file, sizeof place.file, "%s", path);
    ck_ok(world, exg_rows_open(&place, &r));
    ck_ok(world, exg_reader_f64(r, "/a/b/v", 1, &n, &v));
    ck_ok(world, exg_reader_i64(r, "/a/i", 2, dims, &whole));
    ck_ok(world, exg_reader_f32(r, "/none", 1, &none, &empty));
    ck_ok(world, exg_reader_attr_text(r, "/a", "word", word, sizeof word));
    ck_assert(v[0] == 4.0 && v[1] == 0.1 && v[VALUES - 1] == 0);
    ck_assert(dims[0] == 1 && dims[1] == 2 && none == 0);
    ck_assert(whole[0] == INT64_MIN && whole[1] == 7);
    ck_assert_str_eq(word, "gr\xc3\xbc\xc3\x9f");
    exg_free(v);
    exg_free(whole);
    exg_free(empty);
    exg_reader_close(&r);
    exg_saver_destroy(&s);
}
END_TEST

START_TEST(the_one_before_stays)
{
    exg_saver *s = NULL;

    name_files("before");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 1.0);
    ck_assert(mark_of(path) == 1.0 && !is_there(older));
    save(s, 2.0);
    save(s, 3.0);
    ck_assert(mark_of(path) == 3.0 && mark_of(older) == 2.0);
    ck_ok(world, exg_saver_remove(s));
    ck_ok(world, exg_saver_remove(s));
    ck_assert(!is_there(path) && !is_there(older));
    exg_saver_destroy(&s);
}
END_TEST

START_TEST(only_what_is_worth_it_is_kept)
{
    static const double newest[] = {3, 3, 3}, before[] = {0, 2, 1};

    for (int worth = EXG_SAVER_NONE; worth <= EXG_SAVER_OLDER; worth++) {
        exg_saver *s = NULL;

        name_files("worth");
        ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
        save(s, 1.0);
        save(s, 2.0);
        exg_saver_destroy(&s);
        ck_ok(world, exg_saver_create(path, older, (exg_saver_worth)worth, &s));
        save(s, 3.0);
        ck_assert(mark_of(path) == newest[worth]);
        if (worth == EXG_SAVER_NONE) {
            ck_assert(!is_there(older));
        } else {
            ck_assert(mark_of(older) == before[worth]);
        }
        ck_ok(world, exg_saver_remove(s));
        exg_saver_destroy(&s);
    }
}
END_TEST

/* Write `size` bytes as they are. */
static void put_file(const unsigned char *bytes, exg_int size)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, (size_t)size, f), (size_t)size);
    ck_assert_int_eq(fclose(f), 0);
}

static unsigned char *get_file(exg_int *size)
{
    unsigned char *bytes = NULL;
    struct stat info;
    FILE *f = fopen(path, "rb");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_ok(world, exg_new(&bytes, (exg_int)info.st_size));
    *size = (exg_int)fread(bytes, 1, (size_t)info.st_size, f);
    fclose(f);
    return bytes;
}

static void refused(const char *why)
{
    ck_assert_int_eq(exg_saver_verify(path), EXG_EINPUT);
    ck_assert_msg(strstr(exg_err_text(), why) != NULL, "%s", exg_err_text());
    exg_err_clear();
}

START_TEST(damage_of_any_byte_is_found)
{
    exg_saver *s = NULL;
    exg_int size = 0;
    unsigned char *bytes;

    name_files("damage");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 1.0);
    bytes = get_file(&size);
    for (exg_int at = 0; at < size; at += at < EXG_IMAGE_BLOCK ? 1 : 211) {
        bytes[at] ^= (unsigned char)(1 << at % 8);
        put_file(bytes, size);
        refused("");
        bytes[at] ^= (unsigned char)(1 << at % 8);
    }
    for (int cut = 0; cut < 64; cut++) {
        put_file(bytes, size * cut / 64);
        refused(cut == 0 ? "no checkpoint" : "");
    }
    put_file(bytes, size - 1);
    refused("damaged");
    put_file(bytes, size);
    ck_ok(world, exg_saver_verify(path));
    exg_free(bytes);
    exg_saver_destroy(&s);
}
END_TEST

START_TEST(a_file_that_changes_while_it_is_read_is_told)
{
    exg_saver *s = NULL;

    name_files("shrinks");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 1.0);
    reads = 0;
    bad_disk = 1;
    ck_refused(world, exg_saver_verify(path), EXG_EIO,
               "shrinks.h5: cannot be read: Input/output error");
    reads = bad_disk = 0;
    cut_to = 2 * EXG_IMAGE_BLOCK;
    errno = 0;
    ck_refused(world, exg_saver_verify(path), EXG_EIO,
               "shrinks.h5: is shorter than it was when it was opened");
    cut_to = -1;
    ck_assert_int_eq(reads, 3); /* the block, what was left, and its end */
    exg_saver_destroy(&s);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const unsigned char text[2000] = "exigo checkpoint 2\n";
    char there[NAME];

    name_files("foreign");
    put_file(text, sizeof text);
    refused("no checkpoint of this version");
    snprintf(there, sizeof there, "%s", exg_scratch());
    ck_assert_int_eq(exg_saver_verify(there), EXG_EIO);
    exg_err_clear();
    ck_assert_int_eq(exg_saver_verify("/none/x.h5"), EXG_EIO);
    exg_err_clear();
}
END_TEST

START_TEST(a_failed_write_is_told_once_and_harms_nothing)
{
    exg_saver *s = NULL;
    unsigned char *bytes = NULL;
    char part[NAME + 8];
    exg_int size;

    name_files("failed");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 1.0);
    save(s, 2.0);
    snprintf(part, sizeof part, "%s.part", path);
    ck_assert_int_eq(mkdir(part, 0777), 0); /* it cannot be created */
    size = make(3.0, &bytes);
    exg_saver_start(s, &bytes, size);
    ck_refused(world, exg_saver_wait(s), EXG_EIO, "cannot create: ");
    ck_ok(world, exg_saver_wait(s));
    ck_assert(mark_of(path) == 2.0 && mark_of(older) == 1.0);
    ck_assert_int_eq(rmdir(part), 0);
    save(s, 4.0);
    ck_assert(mark_of(path) == 4.0 && mark_of(older) == 2.0);
    exg_saver_destroy(&s);
}
END_TEST

START_TEST(without_a_thread_it_is_written_at_once)
{
    exg_saver *s = NULL;
    unsigned char *bytes = NULL;
    char part[NAME + 8];
    exg_int size;

    name_files("alone");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    size = make(1.0, &bytes);
    refuses_threads = 1;
    exg_saver_start(s, &bytes, size);
    ck_assert(!exg_saver_busy(s) && mark_of(path) == 1.0);
    ck_ok(world, exg_saver_wait(s));
    snprintf(part, sizeof part, "%s.part", path);
    ck_assert_int_eq(mkdir(part, 0777), 0); /* it cannot be created */
    size = make(2.0, &bytes);
    exg_saver_start(s, &bytes, size);
    refuses_threads = 0;
    ck_assert_int_eq(exg_saver_wait(s), EXG_EIO);
    exg_err_clear();
    ck_assert(mark_of(path) == 1.0);
    ck_assert_int_eq(rmdir(part), 0);
    exg_saver_destroy(&s);
}
END_TEST

/* A link or a pipe of a part's name is replaced, not written into. */
START_TEST(a_part_is_always_a_file_of_its_own)
{
    char part[NAME + 8], other[NAME + 8];
    struct stat info;
    exg_saver *s = NULL;
    FILE *f;

    name_files("part");
    snprintf(part, sizeof part, "%s.part", path);
    snprintf(other, sizeof other, "%s.other", path);
    f = fopen(other, "w");
    ck_all(world, f != NULL && fclose(f) == 0);
    ck_assert_int_eq(symlink(other, part), 0);
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 1.0);
    ck_assert(stat(other, &info) == 0 && info.st_size == 0);
    ck_all(world, mark_of(path) == 1.0);
    ck_assert_int_eq(mkfifo(part, 0666), 0);
    save(s, 2.0);
    ck_all(world, mark_of(path) == 2.0 && mark_of(older) == 1.0);
    ck_ok(world, exg_saver_remove(s));
    exg_saver_destroy(&s);
    ck_assert_int_eq(unlink(other), 0);
}
END_TEST

START_TEST(what_stands_in_the_way_is_told)
{
    exg_saver *s = NULL;
    unsigned char *bytes = NULL;
    static char name[9000];
    char inside[NAME + 8];
    exg_int size;

    memset(name, 'a', sizeof name - 1);
    ck_assert_int_eq(exg_saver_create(name, older, EXG_SAVER_NONE, &s),
                     EXG_EUSAGE);
    exg_err_clear();

    /* Folders that hold something: neither can be renamed onto, nor goes. */
    name_files("way");
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    save(s, 1.0);
    snprintf(inside, sizeof inside, "%s/x", older);
    ck_assert_int_eq(mkdir(older, 0777) | mkdir(inside, 0777), 0);
    size = make(2.0, &bytes);
    exg_saver_start(s, &bytes, size);
    ck_refused(world, exg_saver_wait(s), EXG_EIO, "cannot make room for: ");
    ck_assert(mark_of(path) == 1.0);
    ck_refused(world, exg_saver_remove(s), EXG_EIO, "cannot remove: ");
    exg_saver_destroy(&s);

    name_files("taken");
    snprintf(inside, sizeof inside, "%s/x", path);
    ck_assert_int_eq(mkdir(path, 0777) | mkdir(inside, 0777), 0);
    ck_ok(world, exg_saver_create(path, older, EXG_SAVER_NONE, &s));
    size = make(3.0, &bytes);
    exg_saver_start(s, &bytes, size);
    ck_refused(world, exg_saver_wait(s), EXG_EIO, "cannot rename to: ");
    exg_saver_destroy(&s);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("saver");
    TCase *tc = exg_case(suite, "saver");

    tcase_add_test(tc, an_image_holds_what_was_put);
    tcase_add_test(tc, the_one_before_stays);
    tcase_add_test(tc, without_a_thread_it_is_written_at_once);
    tcase_add_test(tc, a_part_is_always_a_file_of_its_own);
    tcase_add_test(tc, what_stands_in_the_way_is_told);
    tcase_add_test(tc, only_what_is_worth_it_is_kept);
    tcase_add_test(tc, damage_of_any_byte_is_found);
    tcase_add_test(tc, a_file_that_changes_while_it_is_read_is_told);
    tcase_add_test(tc, other_files_are_refused);
    tcase_add_test(tc, a_failed_write_is_told_once_and_harms_nothing);
    return suite;
}
