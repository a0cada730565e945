/* check_canvas.c -- texts, and the page itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile.h"
#include "plot/axes.h"
#include "plot/canvas.h"
#include "plot/colormap.h"
#include "plot/svg.h"
#include "plot/text.h"
#include "support.h"

enum {
    FILE_MAX = 1 << 20
};

START_TEST(odd_bytes_become_valid_text)
{
    char out[64];

    ck_assert_str_eq(exg_text_clean("caf\xc3\xa9", 0, out, 64), "caf\xc3\xa9");
    ck_assert_str_eq(exg_text_clean("caf\xe9!", 0, out, 64),
                     "caf\xef\xbf\xbd!");
    ck_assert_str_eq(exg_text_clean("a\xc0\x80", 0, out, 64), /* overlong */
                     "a\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_str_eq(exg_text_clean("\xed\xa0\x80", 0, out, 64), /* surrogate */
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_str_eq(exg_text_clean("\xf0\x9f\x99", 0, out, 64), /* cut off */
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_str_eq(exg_text_clean("a\tb\nc\x7f", 0, out, 64), "a b c ");
    ck_assert_str_eq(exg_text_clean(NULL, 0, out, 64), "");
    ck_assert_str_eq(exg_text_clean("\xe2\x88\x92"
                                    "1\xc3\x97\xc3\xa9",
                                    1, out, 64),
                     "-1x?");
    ck_assert_str_eq(exg_text_clean("a\xe2\x80\xa6 \xe2\x89\xa4 "
                                    "\xe2\x89\xa5 \xe2\x86\x92\xc2\xb7",
                                    1, out, 64),
                     "a... <= >= ->.");
    ck_assert_str_eq(exg_text_clean("0123456789", 0, out, 8), "0123...");
    ck_assert_str_eq(exg_text_clean("0123456", 0, out, 8), "0123456");
}
END_TEST

START_TEST(no_bytes_at_all_make_malformed_text)
{
    srand(3);
    for (int round = 0; round < 5000; round++) {
        char in[40], once[48], twice[64];

        for (int i = 0; i < 39; i++) {
            in[i] = (char)(1 + rand() % 255);
        }
        in[39] = '\0';
        exg_text_clean(in, 0, once, sizeof once);
        /* Clean text is a fixed point: every character is well-formed. */
        ck_assert_str_eq(exg_text_clean(once, 0, twice, sizeof twice), once);
        for (const char *s = exg_text_clean(in, 1, twice, sizeof twice); *s;
             s++) {
            ck_assert(*s >= ' ' && *s < 127);
        }
    }
}
END_TEST

START_TEST(numbers_are_written_plainly)
{
    char out[64];

    ck_assert_str_eq(exg_text_number(0.30000000000000004, 0.1, out, 64), "0.3");
    ck_assert_str_eq(exg_text_number(-2, 1, out, 64), "\xe2\x88\x92"
                                                      "2");
    ck_assert_str_eq(exg_text_number(1e-17, 0.1, out, 64), "0");
    ck_assert_str_eq(exg_text_number(40, 20, out, 64), "40");
    ck_assert_str_eq(exg_text_number(NAN, 1, out, 64), "n/a");
    ck_assert_str_eq(exg_text_number(INFINITY, 1, out, 64), "inf");
    ck_assert_str_eq(exg_text_number(-INFINITY, 1, out, 64), "\xe2\x88\x92inf");
    ck_assert_str_eq(exg_text_count(9999, out, 64), "9999");
    ck_assert_str_eq(exg_text_count(10000, out, 64), "10,000");
    ck_assert_str_eq(exg_text_count(1234567, out, 64), "1,234,567");
    ck_assert_str_eq(exg_text_count(INT64_MAX, out, 64),
                     "9,223,372,036,854,775,807");
}
END_TEST

/* A page with a bit of everything. */
static void scribble(exg_canvas *c)
{
    const exg_pen pen = {.width = 1.3, .rgb = 0x204080, .dash = 2};
    const double x[] = {10, 20, NAN, 40, 55}, y[] = {10, 30, 20, 25, 5};
    const uint32_t pixel[] = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff};

    exg_canvas_line(c, 3, 4, 90, 50, pen);
    exg_canvas_curve(c, 5, x, y, pen);
    exg_canvas_raster_begin(c, 0, 0, 100, 60);
    exg_canvas_dots(c, 5, x, y, 3, 0xaa3300, 0.5);
    exg_canvas_raster_end(c);
    exg_canvas_image(c, 60, 10, 30, 30, 2, 2, pixel);
    exg_canvas_text(c, 5, 55, "text <&> \xff\xe2\x88\x92 \xc3\xa9",
                    (exg_face){.size = 9, .halo = 1});
    exg_canvas_text(c, 95, 55, "turned", (exg_face){.size = 8, .angle = 90});
}

/* Draw and save; returns the file's bytes, exg_free(). */
static char *drawn(exg_canvas_form form, const char *name, size_t *n)
{
    exg_canvas *c = NULL;
    char path[256], *bytes = NULL;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", exg_scratch(), name);
    ck_ok(world, exg_canvas_create(form, 100, 60, 144, &c));
    scribble(c);
    ck_ok(world, exg_canvas_save(c, path, "A -- <title>", "res&ults.h5"));
    exg_canvas_destroy(&c);
    ck_assert_ptr_null(c);
    ck_ok(world, exg_new(&bytes, FILE_MAX));
    f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    *n = fread(bytes, 1, FILE_MAX - 1, f);
    fclose(f);
    return bytes;
}

START_TEST(the_same_drawing_is_the_same_bytes)
{
    for (int form = EXG_CANVAS_PNG; form <= EXG_CANVAS_SVG; form++) {
        size_t n = 0, m = 0;
        char *a = drawn(form, "a", &n);
        char *b = drawn(form, "b", &m);

        ck_assert_uint_gt(n, 500);
        ck_assert_uint_eq(n, m);
        ck_assert_int_eq(memcmp(a, b, n), 0);
        exg_free(b);
        exg_free(a);
    }
}
END_TEST

START_TEST(svg_is_titled_and_escaped)
{
    size_t n = 0;
    char *svg = drawn(EXG_CANVAS_SVG, "c", &n);

    ck_assert_ptr_nonnull(strstr(svg, "<title>A - - &lt;title&gt;</title>"));
    ck_assert_ptr_nonnull(strstr(svg, "from res&amp;ults.h5"));
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    exg_free(svg);
}
END_TEST

/* Character data of XML, n bytes: no markup, and every & a known entity. */
static int is_character_data(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr("<>", text[i]) != NULL ||
            (text[i] == '&' && strncmp(text + i, "&lt;", 4) != 0 &&
             strncmp(text + i, "&gt;", 4) != 0 &&
             strncmp(text + i, "&amp;", 5) != 0)) {
            return 0;
        }
    }
    return is_plain(text, n);
}

START_TEST(hostile_names_are_character_data_in_svg)
{
    static const char page[] = "<svg width=\"9\">\n</svg>\n",
                      open[] = "<svg width=\"9\"><title>",
                      middle[] = "</title>\n<!-- exigo-mpi, from ",
                      close[] = " -->\n</svg>\n";
    static char title[HOSTILE_MAX], source[HOSTILE_MAX];

    for (int i = 0; i < HOSTILE_ALL; i++) {
        exg_svg svg = {0};
        const char *a, *b, *c;

        ck_assert(exg_svg_append(&svg, page, sizeof page - 1));
        ck_ok(world, exg_svg_note(&svg, hostile(i, title),
                                  hostile((i + 7) % HOSTILE_ALL, source)));
        ck_assert(exg_svg_append(&svg, "", 1));
        a = strncmp(svg.data, open, sizeof open - 1) == 0
                ? svg.data + sizeof open - 1
                : NULL;
        ck_assert_ptr_nonnull(a);
        b = strstr(a, middle);
        ck_assert_ptr_nonnull(b);
        ck_assert_msg(is_character_data(a, (size_t)(b - a)), "%d: %s", i, a);
        b += sizeof middle - 1;
        c = strstr(b, "--"); /* the first ends the comment */
        ck_assert_ptr_nonnull(c);
        ck_assert_str_eq(c - 1, close);
        ck_assert_msg(is_character_data(b, (size_t)(c - b)), "%d: %s", i, b);
        exg_svg_free(&svg);
    }
}
END_TEST

START_TEST(ids_are_renumbered_together_with_references)
{
    static const char in[] =
        "<svg ><g id=\"surface71\"/><image id=\"image72\"/>"
        "<use href=\"#image72\"/><use href=\"#surface71\"/>"
        "imagery surface";
    exg_svg svg = {0};

    ck_assert(exg_svg_append(&svg, in, sizeof in - 1));
    ck_ok(world, exg_svg_renumber(&svg));
    ck_assert(exg_svg_append(&svg, "", 1));
    ck_assert_str_eq(svg.data,
                     "<svg ><g id=\"surface0\"/><image id=\"image1\"/>"
                     "<use href=\"#image1\"/><use href=\"#surface0\"/>"
                     "imagery surface");
    exg_svg_free(&svg);
}
END_TEST

START_TEST(pixels_are_squares_of_their_colour)
{
    const uint32_t pixel[] = {0xff0000, 0x00ff00, 0x0000ff, 0x123456};
    exg_canvas *c = NULL;
    exg_int w = 0, h = 0, stride = 0;
    const uint32_t *page;

    ck_ok(world, exg_canvas_create(EXG_CANVAS_PNG, 20, 20, 144, &c));
    exg_canvas_image(c, 0, 0, 20, 20, 2, 2, pixel);
    page = exg_canvas_pixels(c, &w, &h, &stride);
    ck_assert_int_eq(w, 40);
    ck_assert_int_eq(h, 40);
    for (exg_int y = 0; y < h; y++) {
        for (exg_int x = 0; x < w; x++) {
            ck_assert_uint_eq(page[y * stride + x] & 0xffffff,
                              pixel[y / 20 * 2 + x / 20]);
        }
    }
    exg_canvas_destroy(&c);
}
END_TEST

/* 2^32 + 2 columns are 2 as an int. */
START_TEST(a_picture_too_wide_is_refused_whole)
{
    const uint32_t pixel[] = {0xff0000, 0x00ff00};
    const exg_int wide[] = {40000, ((exg_int)1 << 32) + 2};

    for (int i = 0; i < 2; i++) {
        exg_canvas *c = NULL;

        ck_ok(world, exg_canvas_create(EXG_CANVAS_PNG, 20, 20, 72, &c));
        exg_canvas_image(c, 0, 0, 20, 20, wide[i], 1, pixel);
        ck_refused(world, exg_canvas_save(c, exg_scratch(), "t", NULL),
                   EXG_EINPUT, "a picture of");
        exg_canvas_destroy(&c);
    }
}
END_TEST

START_TEST(text_has_ink_and_a_width)
{
    const exg_face face = {.size = 10};
    exg_canvas *c = NULL;
    exg_int w = 0, h = 0, stride = 0, dark = 0;
    const uint32_t *page;

    ck_ok(world, exg_canvas_create(EXG_CANVAS_PNG, 100, 20, 144, &c));
    ck_assert_double_gt(exg_canvas_text_width(c, "mmm", face),
                        exg_canvas_text_width(c, "m", face));
    ck_assert_double_eq(exg_canvas_text_width(c, "", face), 0);
    exg_canvas_text_fit(c, 2, 15, "a text much too long for the room", 60,
                        face);
    page = exg_canvas_pixels(c, &w, &h, &stride);
    for (exg_int y = 0; y < h; y++) {
        for (exg_int x = 0; x < w; x++) {
            dark += (page[y * stride + x] & 255) < 64;
            ck_assert(x < 2 * 64 || (page[y * stride + x] & 255) == 255);
        }
    }
    ck_assert_int_gt(dark, 100);
    exg_canvas_destroy(&c);
}
END_TEST

START_TEST(an_unwritable_folder_is_one_line)
{
    static char name[5000];
    const exg_svg empty = {0};

    for (int form = EXG_CANVAS_PNG; form <= EXG_CANVAS_SVG; form++) {
        exg_canvas *c = NULL;

        ck_ok(world, exg_canvas_create(form, 10, 10, 72, &c));
        ck_refused(world, exg_canvas_save(c, "/nonexistent/a", "t", NULL),
                   EXG_EIO, "/nonexistent/a.part");
        exg_canvas_destroy(&c);
    }
    memset(name, 'a', sizeof name - 1);
    ck_refused(world, exg_svg_save(&empty, name), EXG_EIO, "path is too long");
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("canvas");
    TCase *text = exg_case(s, "text"), *page = exg_case(s, "page");

    tcase_add_test(text, odd_bytes_become_valid_text);
    tcase_add_test(text, no_bytes_at_all_make_malformed_text);
    tcase_add_test(text, numbers_are_written_plainly);
    tcase_add_test(page, the_same_drawing_is_the_same_bytes);
    tcase_add_test(page, svg_is_titled_and_escaped);
    tcase_add_test(page, hostile_names_are_character_data_in_svg);
    tcase_add_test(page, ids_are_renumbered_together_with_references);
    tcase_add_test(page, pixels_are_squares_of_their_colour);
    tcase_add_test(page, a_picture_too_wide_is_refused_whole);
    tcase_add_test(page, text_has_ink_and_a_width);
    tcase_add_test(page, an_unwritable_folder_is_one_line);
    return s;
}
