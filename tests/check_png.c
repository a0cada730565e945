/* check_png.c -- PNG files: what is written is what is read. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plot/png.h"
#include "support.h"

enum {
    W = 53,
    H = 31,
    STRIDE = 60
};

static uint32_t picture[H * STRIDE];

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", exg_scratch(), name);
    return path;
}

static void make_picture(void)
{
    for (uint32_t i = 0; i < H * STRIDE; i++) {
        picture[i] = i * 2654435761u; /* with junk in the unused top byte */
    }
}

/* The whole file; returns its size. */
static size_t slurp(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(out, 1, size, f);
    fclose(f);
    return n;
}

START_TEST(pixels_survive_a_round_trip)
{
    exg_int w = 0, h = 0;
    uint32_t *back = NULL;

    make_picture();
    ck_ok(world, exg_png_write(path_of("a.png"), W, H, STRIDE, picture,
                               (exg_png_note){.dpi = 200}));
    ck_ok(world, exg_png_read(path_of("a.png"), &w, &h, &back));
    ck_assert_int_eq(w, W);
    ck_assert_int_eq(h, H);
    for (exg_int y = 0; y < H; y++) {
        for (exg_int x = 0; x < W; x++) {
            ck_assert_uint_eq(back[y * W + x],
                              picture[y * STRIDE + x] & 0xffffff);
        }
    }
    exg_free(back);
}
END_TEST

START_TEST(notes_and_resolution_are_stored)
{
    static char bytes[1 << 16];
    /* 200 dpi are 7874 pixels per metre: 0x1ec2. */
    static const char phys[] = "pHYs\0\0\x1e\xc2\0\0\x1e\xc2\1";
    size_t n;

    make_picture();
    ck_ok(world, exg_png_write(path_of("b.png"), W, H, STRIDE, picture,
                               (exg_png_note){.dpi = 200,
                                              .title = "a title",
                                              .source = "\xc3\xa9.h5"}));
    n = slurp(path_of("b.png"), bytes, sizeof bytes);
    ck_assert_ptr_nonnull(memmem(bytes, n, phys, sizeof phys - 1));
    ck_assert_ptr_nonnull(memmem(bytes, n, "tEXtTitle\0a title", 17));
    ck_assert_ptr_nonnull(memmem(bytes, n, "tEXtSoftware\0exigo-mpi", 22));
    ck_assert_ptr_nonnull(memmem(bytes, n, "iTXtSource\0", 11));
}
END_TEST

START_TEST(equal_pictures_are_equal_bytes)
{
    static char a[1 << 16], b[1 << 16];
    const exg_png_note note = {.dpi = 150, .title = "t"};
    size_t n;

    make_picture();
    ck_ok(world, exg_png_write(path_of("c.png"), W, H, STRIDE, picture, note));
    ck_ok(world, exg_png_write(path_of("d.png"), W, H, STRIDE, picture, note));
    n = slurp(path_of("c.png"), a, sizeof a);
    ck_assert_uint_eq(n, slurp(path_of("d.png"), b, sizeof b));
    ck_assert_int_eq(memcmp(a, b, n), 0);
}
END_TEST

START_TEST(a_damaged_file_is_one_line)
{
    static char bytes[1 << 16];
    exg_int w = 0, h = 0;
    uint32_t *back = NULL;
    size_t n;
    FILE *f;

    make_picture();
    ck_ok(world, exg_png_write(path_of("e.png"), W, H, STRIDE, picture,
                               (exg_png_note){0}));
    n = slurp(path_of("e.png"), bytes, sizeof bytes);
    for (size_t keep = 0; keep < n; keep += 1 + n / 40) { /* cut short */
        f = fopen(path_of("f.png"), "wb");
        ck_assert_uint_eq(fwrite(bytes, 1, keep, f), keep);
        fclose(f);
        exg_err_clear();
        ck_refused(world, exg_png_read(path_of("f.png"), &w, &h, &back),
                   EXG_EINPUT, "f.png");
    }
    bytes[n / 2] ^= 0x55; /* and one flipped byte in the pixels */
    f = fopen(path_of("f.png"), "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
    ck_assert_int_eq(exg_png_read(path_of("f.png"), &w, &h, &back), EXG_EINPUT);
    ck_assert_ptr_null(back);
    exg_err_clear();
}
END_TEST

START_TEST(failures_leave_no_part_file)
{
    static const uint32_t one[] = {0};
    static char name[5000];

    ck_refused(world,
               exg_png_write(path_of("nowhere/a.png"), 1, 1, 1, one,
                             (exg_png_note){0}),
               EXG_EIO, "nowhere/a.png.part");
    /* A folder stands where the picture is to be. */
    ck_assert_int_eq(mkdir(path_of("h.png"), 0777), 0);
    ck_refused(world,
               exg_png_write(path_of("h.png"), 1, 1, 1, one, (exg_png_note){0}),
               EXG_EIO, "cannot rename to");
    ck_assert_ptr_null(fopen(path_of("h.png.part"), "rb"));
    exg_err_clear();
    memset(name, 'a', sizeof name - 1);
    ck_refused(world, exg_png_write(name, 1, 1, 1, one, (exg_png_note){0}),
               EXG_EIO, "path is too long");
    ck_refused(world, exg_png_read(path_of("none.png"), NULL, NULL, NULL),
               EXG_EIO, "none.png: No such file");
    /* libpng refuses a width of 0; what was begun must go. */
    ck_assert_int_eq(
        exg_png_write(path_of("g.png"), 0, 1, 1, one, (exg_png_note){0}),
        EXG_ELIB);
    ck_assert_ptr_null(fopen(path_of("g.png.part"), "rb"));
    ck_assert_ptr_null(fopen(path_of("g.png"), "rb"));
    exg_err_clear();
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("png");
    TCase *tc = exg_case(s, "files");

    tcase_add_test(tc, pixels_survive_a_round_trip);
    tcase_add_test(tc, notes_and_resolution_are_stored);
    tcase_add_test(tc, equal_pictures_are_equal_bytes);
    tcase_add_test(tc, a_damaged_file_is_one_line);
    tcase_add_test(tc, failures_leave_no_part_file);
    return s;
}
