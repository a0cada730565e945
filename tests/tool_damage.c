/* tool_damage.c -- a damaged copy of a results file, for the tests.
 *
 *     tool_damage cut FROM TO PART OF     the first PART/OF of its bytes
 *     tool_damage flip FROM TO SEED       some bytes replaced by random ones
 *     tool_damage form FROM TO SEED       objects of wrong types and shapes
 *
 * The same arguments give the same file.  A checkpoint of other form is sealed
 * again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/store/saver_impl.h"
#include "damage.h"
#include "store/image.h"

enum {
    PLAN = 96 /* bytes of a plan: some ten changes */
};

/* splitmix64 (Steele, Lea, Flood 2014): any seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static uint8_t *load(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = NULL;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        return NULL;
    }
    *size = (size_t)ftell(f);
    rewind(f);
    bytes = malloc(*size + 1);
    if (bytes == NULL || fread(bytes, 1, *size, f) != *size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(f);
    return bytes;
}

static int save(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    int bad = f == NULL || fwrite(bytes, 1, size, f) != size;

    if (f != NULL) {
        bad |= fclose(f) != 0;
    }
    return bad ? fail(path) : 0;
}

/* 1, 4, 16, 64 or 256 bytes; every other seed within one stretch of a KiB, so
 * that one structure of the file is hit often. */
static void flip(uint8_t *bytes, size_t size, uint64_t seed)
{
    uint64_t state = seed;
    const size_t count = (size_t)1 << 2 * (seed % 5);
    const size_t from = next_random(&state) % size;
    const size_t room = seed / 5 % 2 ? size : 1024;

    for (size_t i = 0; i < count; i++) {
        const size_t at = (from + next_random(&state) % room) % size;

        bytes[at] = (uint8_t)next_random(&state);
    }
}

static int form(const char *path, uint64_t seed)
{
    uint64_t state = seed;
    uint8_t bytes[PLAN];
    damage_plan plan = {bytes, sizeof bytes};
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);

    if (file < 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)next_random(&state);
    }
    plan.left = 12 + seed % (PLAN - 12); /* one change or several */
    damage_structure(file, &plan);
    return H5Fclose(file) < 0;
}

/* A checkpoint's seal, so that what is behind it is reached. */
static int seal(const char *path)
{
    size_t size = 0;
    uint8_t *bytes = load(path, &size);
    int status = 0;

    if (bytes == NULL) {
        return fail(path);
    }
    if (size > EXG_IMAGE_BLOCK && memcmp(bytes, "exigo", 5) == 0) {
        exg_saver_seal(bytes, (exg_int)size);
        status = save(path, bytes, size);
    }
    free(bytes);
    return status;
}

int main(int argc, char **argv)
{
    size_t size = 0;
    uint8_t *bytes = argc >= 5 ? load(argv[2], &size) : NULL;
    const uint64_t number = argc >= 5 ? strtoull(argv[4], NULL, 10) : 0;
    int status = 2;

    if (argc < 5 || bytes == NULL || size == 0) {
        fprintf(stderr, "usage: tool_damage cut|flip|form FROM TO NUMBER"
                        " [OF]\n");
    } else if (strcmp(argv[1], "cut") == 0 && argc == 6) {
        status =
            save(argv[3], bytes, size * number / strtoull(argv[5], NULL, 10));
    } else if (strcmp(argv[1], "flip") == 0) {
        flip(bytes, size, number);
        status = save(argv[3], bytes, size);
    } else if (strcmp(argv[1], "form") == 0) {
        status = save(argv[3], bytes, size);
        status = status == 0 ? form(argv[3], number) : status;
        status = status == 0 ? seal(argv[3]) : status;
    }
    free(bytes);
    return status;
}
