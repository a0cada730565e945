/* png.c -- libpng, with its longjmp kept inside this file.
 *
 * Figures are large flat areas and thin lines.  On four of ours (0.9 to 2.3
 * megapixels) rows without a filter at deflate level 3 took 6 to 21 ms; level 4
 * and above twice as long for 5 to 8 % fewer bytes; row filters SUB or UP a
 * fifth longer or more, and made files a fifth larger. */
#include "plot/png.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/part.h"

enum {
    DEFLATE_LEVEL = 3,
    SIDE_MAX = 1 << 20, /* pixels; a larger header is damage */
    DEFLATE_BEST = 1032 /* most that deflate shrinks: RFC 1951 */
};

/* libpng's messages end here; the callers say which file it was. */
static void on_error(png_structp png, png_const_charp text)
{
    char *slot = png_get_error_ptr(png);

    snprintf(slot, EXG_ERR_MAX / 4, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void put_note(png_structp png, png_infop info, exg_png_note note)
{
    const char *const value[] = {note.title, "exigo-mpi", note.source};
    const char *const key[] = {"Title", "Software", "Source"};
    png_text text[3];
    int n = 0;

    memset(text, 0, sizeof text);
    for (int i = 0; i < 3; i++) {
        if (value[i] != NULL) {
            text[n].compression = PNG_ITXT_COMPRESSION_NONE; /* UTF-8 */
            for (const char *c = value[i]; *c != '\0'; c++) {
                if ((unsigned char)*c >= 128) {
                    break;
                }
                if (c[1] == '\0') { /* pure ASCII is a plain tEXt chunk */
                    text[n].compression = PNG_TEXT_COMPRESSION_NONE;
                }
            }
            text[n].key = (char *)(uintptr_t)key[i];
            text[n].text = (char *)(uintptr_t)value[i];
            n++;
        }
    }
    png_set_text(png, info, text, n);
    if (note.dpi > 0) {
        const png_uint_32 per_metre = (png_uint_32)(note.dpi / 0.0254 + 0.5);

        png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
    }
}

/* 0xXXRRGGBB to three bytes. */
static void pack_row(exg_int n, const uint32_t *pixel, uint8_t *rgb)
{
    for (exg_int i = 0; i < n; i++) {
        rgb[3 * i] = (uint8_t)(pixel[i] >> 16);
        rgb[3 * i + 1] = (uint8_t)(pixel[i] >> 8);
        rgb[3 * i + 2] = (uint8_t)pixel[i];
    }
}

/* Everything libpng does while writing; `row` is scratch for one row.  No local
 * is changed after setjmp, so none is lost by the jump. */
static int put_image(png_structp png, png_infop info, FILE *f, exg_int width,
                     exg_int height, exg_int stride, const uint32_t *pixels,
                     uint8_t *row, const exg_png_note *note)
{
    if (setjmp(png_jmpbuf(png)) != 0) {
        return 0;
    }
    png_init_io(png, f);
    png_set_compression_level(png, DEFLATE_LEVEL);
    png_set_compression_buffer_size(png, 1 << 16);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_user_limits(png, SIDE_MAX, SIDE_MAX);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    put_note(png, info, *note);
    png_write_info(png, info);
    for (exg_int y = 0; y < height; y++) {
        pack_row(width, pixels + y * stride, row);
        png_write_row(png, row);
    }
    png_write_end(png, info);
    return 1;
}

static exg_status put_file(FILE *f, const char *path, exg_int width,
                           exg_int height, exg_int stride,
                           const uint32_t *pixels, const exg_png_note *note)
{
    exg_status st = EXG_OK;
    char why[EXG_ERR_MAX / 4] = "out of memory";
    png_infop info = NULL;
    uint8_t *row = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, why,
                                              on_error, on_warning);

    if (png == NULL || (info = png_create_info_struct(png)) == NULL) {
        st = exg_fail(EXG_ENOMEM, "%s: libpng: %s", path, why);
        goto done;
    }
    EXG_TRY(exg_new(&row, 3 * width));
    if (!put_image(png, info, f, width, height, stride, pixels, row, note)) {
        st = ferror(f) ? exg_fail(EXG_EIO, "%s: cannot write: %s", path,
                                  strerror(errno))
                       : exg_fail(EXG_ELIB, "%s: libpng: %s", path, why);
    }
done:
    exg_free(row);
    png_destroy_write_struct(&png, &info);
    return st;
}

exg_status exg_png_write(const char *path, exg_int width, exg_int height,
                         exg_int stride, const uint32_t *pixels,
                         exg_png_note note)
{
    exg_status st = EXG_OK;
    exg_part p;

    EXG_TRY(exg_part_open(path, &p));
    st = exg_part_close(
        &p, put_file(p.f, p.part, width, height, stride, pixels, &note));
done:
    return st;
}

/* Header of the file, and transformations that make any kind 8-bit RGB. */
static int get_header(png_structp png, png_infop info, FILE *f, exg_int *bits,
                      exg_int *width, exg_int *height)
{
    png_color_16 white = {.red = 255, .green = 255, .blue = 255, .gray = 255};

    if (setjmp(png_jmpbuf(png)) != 0) {
        return 0;
    }
    png_init_io(png, f);
    png_set_user_limits(png, SIDE_MAX, SIDE_MAX);
    png_read_info(png, info);
    *width = (exg_int)png_get_image_width(png, info);
    *height = (exg_int)png_get_image_height(png, info);
    *bits = *width * png_get_bit_depth(png, info) * png_get_channels(png, info);
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_background(png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
    (void)png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return png_get_rowbytes(png, info) == 3 * (size_t)*width;
}

static int get_rows(png_structp png, uint8_t **row)
{
    if (setjmp(png_jmpbuf(png)) != 0) {
        return 0;
    }
    png_read_image(png, row);
    png_read_end(png, NULL);
    return 1;
}

/* Before memory is asked for: rows of this many bits, a filter byte each, out
 * of a file of this length?  (Interlaced files have more rows, not fewer.) */
static exg_status check_claim(FILE *f, const char *path, exg_int bits,
                              exg_int height)
{
    struct stat info;

    if (fstat(fileno(f), &info) != 0) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    if (height * (1 + bits / 8) / DEFLATE_BEST > info.st_size) {
        return exg_fail(EXG_EINPUT,
                        "%s: damaged PNG: claims %td rows of %td bytes, more "
                        "than a file of %lld bytes can hold",
                        path, height, bits / 8, (long long)info.st_size);
    }
    return EXG_OK;
}

static exg_status get_pixels(png_structp png, const char *path, const char *why,
                             exg_int width, exg_int height, uint32_t **pixels)
{
    exg_status st = EXG_OK;
    exg_int n = 0;
    uint8_t *rgb = NULL, **row = NULL;
    uint32_t *out = NULL;

    EXG_TRY(exg_mem_product(width, height, &n));
    EXG_TRY(exg_mem_product(n, 3, &n));
    EXG_TRY(exg_new(&rgb, n));
    EXG_TRY(exg_new(&row, height));
    EXG_TRY(exg_new(&out, n / 3));
    for (exg_int y = 0; y < height; y++) {
        row[y] = rgb + 3 * width * y;
    }
    if (!get_rows(png, row)) {
        st = exg_fail(EXG_EINPUT, "%s: damaged PNG: %s", path, why);
        goto done;
    }
    for (exg_int i = 0; i < n / 3; i++) {
        out[i] = (uint32_t)rgb[3 * i] << 16 | (uint32_t)rgb[3 * i + 1] << 8 |
                 rgb[3 * i + 2];
    }
    *pixels = out;
    out = NULL; /* handed to the caller */
done:
    exg_free(out);
    exg_free(row);
    exg_free(rgb);
    return st;
}

exg_status exg_png_read(const char *path, exg_int *width, exg_int *height,
                        uint32_t **pixels)
{
    exg_status st = EXG_OK;
    char why[EXG_ERR_MAX / 4] = "not RGB";
    png_structp png = NULL;
    png_infop info = NULL;
    exg_int bits = 0;
    FILE *f = fopen(path, "rb");

    if (f == NULL) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, why, on_error,
                                 on_warning);
    if (png == NULL || (info = png_create_info_struct(png)) == NULL) {
        st = exg_fail(EXG_ENOMEM, "%s: libpng: out of memory", path);
    } else if (!get_header(png, info, f, &bits, width, height)) {
        st = exg_fail(EXG_EINPUT, "%s: no usable PNG: %s", path, why);
    } else if ((st = check_claim(f, path, bits, *height)) == EXG_OK) {
        st = get_pixels(png, path, why, *width, *height, pixels);
    }
    png_destroy_read_struct(&png, &info, NULL);
    fclose(f);
    return st;
}
