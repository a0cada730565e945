/* mpi_idx.c -- IDX files, whole and damaged, plain and gzip, on any rank
 * count: every refusal reaches every rank, with one line that says where. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "data/idx.h"
#include "par/agree.h"
#include "support.h"

enum {
    COUNT = 23,
    SIDE_H = 3,
    SIDE_W = 2,
    SIZE = SIDE_H * SIDE_W,
    HEAD = 16,
    WHOLE = HEAD + COUNT * SIZE,
    ROOM = 4096
};

static char path[256];

/* The pixel p of image i. */
static uint8_t pixel(exg_int i, exg_int p)
{
    return (uint8_t)(i * 7 + p * 31 + 1);
}

/* A whole image file in memory. */
static void fill(uint8_t *file)
{
    static const uint8_t head[HEAD] = {0, 0, 8, 3,      0, 0, 0, COUNT,
                                       0, 0, 0, SIDE_H, 0, 0, 0, SIDE_W};

    memcpy(file, head, HEAD);
    for (exg_int i = 0; i < COUNT; i++) {
        for (exg_int p = 0; p < SIZE; p++) {
            file[HEAD + i * SIZE + p] = pixel(i, p);
        }
    }
}

/* gzip some bytes as one member.  Returns the compressed size. */
static exg_int squeeze(const uint8_t *bytes, exg_int count, uint8_t *out)
{
    z_stream z = {0};

    ck_assert(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
              Z_OK);
    z.next_in = (uint8_t *)bytes;
    z.avail_in = (uInt)count;
    z.next_out = out;
    z.avail_out = ROOM;
    ck_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return ROOM - (exg_int)z.avail_out;
}

/* Rank 0 writes the file; all ranks see it afterwards. */
static void put(const uint8_t *bytes, exg_int count)
{
    int good = 1;

    snprintf(path, sizeof path, "%s/images", exg_scratch());
    if (world->rank == 0) {
        FILE *f = fopen(path, "wb");

        good = f != NULL && fwrite(bytes, 1, (size_t)count, f) == (size_t)count;
        good = f != NULL && fclose(f) == 0 && good;
    }
    ck_all(world, good);
}

static void put_gzip(const uint8_t *bytes, exg_int count)
{
    uint8_t out[ROOM];
    const exg_int size = squeeze(bytes, count, out);

    put(out, size);
}

/* Open and read `total` samples (0: all) and compare with fill(). */
static exg_status read_back(exg_int total, int *good)
{
    exg_status st = EXG_OK;
    const exg_int stride = SIZE + 1;
    exg_idx idx;
    exg_shard mine;
    uint8_t *rows = NULL;

    *good = 1;
    EXG_TRY(exg_idx_head(world, path, EXG_IDX_IMAGES, &idx));
    total = total > 0 ? total : idx.count;
    mine = exg_shard_mine(world, total);
    EXG_TRY_ALL(world, exg_new(&rows, mine.count * stride));
    EXG_TRY(exg_idx_read(world, &idx, total, stride, rows));
    *good = idx.count == COUNT && idx.h == SIDE_H && idx.w == SIDE_W;
    for (exg_int i = 0; i < mine.count; i++) {
        for (exg_int p = 0; p < SIZE; p++) {
            *good &= rows[i * stride + p] == pixel(mine.first + i, p);
        }
        *good &= rows[i * stride + SIZE] == 0; /* between rows */
    }
done:
    exg_free(rows);
    return st;
}

/* The file is refused on every rank with that status; the message names the
 * file and holds the words. */
static void refused_as(exg_status want, const char *words)
{
    int good = 0;
    exg_status st;

    exg_err_clear();
    st = read_back(0, &good);
    if (st != want || strstr(exg_err_text(), words) == NULL) {
        fprintf(stderr, "status %d, message '%s', want '%s'\n", (int)st,
                exg_err_text(), words);
    }
    ck_all(world, st == want);
    ck_all(world, strstr(exg_err_text(), words) != NULL);
    ck_all(world, strstr(exg_err_text(), path) != NULL);
    exg_err_clear();
}

static void refused(const char *words)
{
    refused_as(EXG_EINPUT, words);
}

START_TEST(every_rank_reads_its_rows)
{
    static const exg_int total[] = {0, 1, 2, 7, COUNT};
    uint8_t file[WHOLE];
    int good = 0;

    fill(file);
    for (size_t i = 0; i < sizeof total / sizeof *total; i++) {
        put(file, WHOLE);
        ck_ok(world, read_back(total[i], &good));
        ck_all(world, good);
        put_gzip(file, WHOLE);
        ck_ok(world, read_back(total[i], &good));
        ck_all(world, good);
    }
}
END_TEST

/* RFC 1952: a gzip file is a series of members. */
START_TEST(gzip_members_may_follow_each_other)
{
    uint8_t file[WHOLE];
    uint8_t out[2 * ROOM];
    exg_int size;
    int good = 0;

    fill(file);
    for (exg_int cut = 1; cut < WHOLE; cut += 5) {
        size = squeeze(file, cut, out);
        size += squeeze(file + cut, WHOLE - cut, out + size);
        put(out, size);
        ck_ok(world, read_back(0, &good));
        ck_all(world, good);
    }
}
END_TEST

START_TEST(short_plain_files_are_refused)
{
    uint8_t file[WHOLE];

    fill(file);
    put(file, 0);
    refused("ends at byte 0, want a header of 16");
    put(file, 15);
    refused("ends at byte 15, want a header of 16");
    put(file, HEAD);
    refused("16 bytes, want 154 for 23 samples of 3 x 2");
    put(file, WHOLE - 1);
    refused("153 bytes, want 154");
}
END_TEST

START_TEST(trailing_bytes_are_refused)
{
    uint8_t file[WHOLE + 1] = {0};

    fill(file);
    put(file, WHOLE + 1);
    refused("155 bytes, want 154");
    put_gzip(file, WHOLE + 1);
    refused("goes on after byte 154");
}
END_TEST

START_TEST(short_gzip_content_is_refused)
{
    uint8_t file[WHOLE];

    fill(file);
    put_gzip(file, 9);
    refused("ends at byte 9 (decompressed), want a header of 16");
    put_gzip(file, WHOLE - 1);
    refused("ends at byte 153 (decompressed), want 154");
    put_gzip(file, HEAD);
    refused("ends at byte 16 (decompressed), want 154");
}
END_TEST

/* Wherever a gzip file is cut, be it in its checksum, all ranks learn of it. */
START_TEST(cut_gzip_files_are_refused)
{
    uint8_t file[WHOLE];
    uint8_t out[ROOM];
    exg_int size;

    fill(file);
    size = squeeze(file, WHOLE, out);
    for (exg_int cut = 2; cut < size; cut += 3) {
        put(out, cut);
        refused("ends at byte");
    }
    put(out, size - 1);
    refused("inside its data");
}
END_TEST

START_TEST(damaged_gzip_files_are_refused)
{
    uint8_t file[WHOLE];
    uint8_t out[ROOM];
    exg_int size;

    fill(file);
    size = squeeze(file, WHOLE, out);
    out[size - 5] ^= 1; /* the checksum */
    put(out, size);
    refused("no valid gzip at byte");
    out[size - 5] ^= 1;
    memset(out + size, 'x', 4); /* trailing garbage */
    put(out, size + 4);
    refused("no valid gzip at byte");
    memset(out + size, 0, 4); /* be it zeros */
    put(out, size + 4);
    refused("no valid gzip at byte");
    out[12] ^= 0x55;
    put(out, size);
    refused(path);
}
END_TEST

/* A wrong byte at each place of the header. */
static void refused_with(int at, uint8_t value, const char *words)
{
    uint8_t file[WHOLE];

    fill(file);
    file[at] = value;
    put(file, WHOLE);
    refused(words);
    put_gzip(file, WHOLE);
    refused(words);
}

START_TEST(wrong_headers_are_refused)
{
    refused_with(0, 1, "magic 0x01000803 at byte 0, want 0x00000803");
    refused_with(2, 0xd, "magic 0x00000d03 at byte 0, want 0x00000803");
    refused_with(3, 1, "1 dimensions at byte 3, want 3 (images)");
    refused_with(7, 0, "0 samples at byte 4");
    refused_with(4, 0xff, "for 4278190103 samples of 3 x 2");
    refused_with(11, 0, "images of 0 x 2 pixels at byte 8");
    refused_with(8, 0xff, "images of 4278190083 x 2 pixels at byte 8");
    refused_with(15, 0, "images of 3 x 0 pixels at byte 8");
    refused_with(12, 0x80, "x 2147483650 pixels at byte 8");
}
END_TEST

START_TEST(images_are_no_labels)
{
    uint8_t file[WHOLE];
    exg_idx idx;

    fill(file);
    put(file, WHOLE);
    ck_refused(world, exg_idx_head(world, path, EXG_IDX_LABELS, &idx),
               EXG_EINPUT, "3 dimensions at byte 3, want 1 (labels)");
}
END_TEST

START_TEST(files_that_cannot_be_read_are_refused)
{
    snprintf(path, sizeof path, "%s/none", exg_scratch());
    refused_as(EXG_EIO, "No such file or directory");
    snprintf(path, sizeof path, "%s", exg_scratch());
    refused_as(EXG_EIO, "no regular file");
}
END_TEST

/* Between header and data the file may shrink: someone writes it anew. */
START_TEST(files_that_change_are_refused)
{
    uint8_t file[WHOLE];
    uint8_t row[COUNT * SIZE];
    exg_idx idx;

    fill(file);
    put(file, WHOLE);
    ck_ok(world, exg_idx_head(world, path, EXG_IDX_IMAGES, &idx));
    put(file, WHOLE - 20);
    ck_refused(world, exg_idx_read(world, &idx, COUNT, SIZE, row), EXG_EINPUT,
               "ends at byte 134, want");
    if (world->rank == 0) {
        unlink(path);
    }
    MPI_Barrier(world->comm);
    exg_err_clear();
    ck_all(world, exg_idx_read(world, &idx, COUNT, SIZE, row) == EXG_EIO);
    idx.gzip = 1;
    exg_err_clear();
    ck_all(world, exg_idx_read(world, &idx, COUNT, SIZE, row) == EXG_EIO);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("idx");
    TCase *tc = exg_case(s, "idx");

    tcase_add_test(tc, every_rank_reads_its_rows);
    tcase_add_test(tc, gzip_members_may_follow_each_other);
    tcase_add_test(tc, short_plain_files_are_refused);
    tcase_add_test(tc, trailing_bytes_are_refused);
    tcase_add_test(tc, short_gzip_content_is_refused);
    tcase_add_test(tc, cut_gzip_files_are_refused);
    tcase_add_test(tc, damaged_gzip_files_are_refused);
    tcase_add_test(tc, wrong_headers_are_refused);
    tcase_add_test(tc, images_are_no_labels);
    tcase_add_test(tc, files_that_cannot_be_read_are_refused);
    tcase_add_test(tc, files_that_change_are_refused);
    return s;
}
