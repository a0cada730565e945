/* fuzz_gunzip.c -- gzip files: the first byte is how much is asked for at a
 * time.  Whatever is valid here is valid to zlib's gzread() too, with the same
 * content. */
#include <string.h>
#include <zlib.h>

#include "data/gunzip.h"
#include "fuzz.h"

enum {
    PIECE = 4096,
    MOST = 1 << 17 /* bytes of content that are looked at */
};

void fuzz_prepare(void)
{
}

/* All content, up to MOST; *sum is its CRC. */
static exg_status read_all(const char *path, exg_int piece, exg_int *total,
                           uLong *sum)
{
    exg_status st = EXG_OK;
    uint8_t out[PIECE];
    exg_gunzip *z = NULL;
    exg_int got = 0;

    EXG_TRY(exg_gunzip_open(path, &z));
    do {
        EXG_TRY(exg_gunzip_read(z, piece, out, &got));
        fuzz_want(got >= 0 && got <= piece, "more than was asked for");
        *sum = crc32(*sum, out, (uInt)got);
        *total += got;
    } while (got == piece && *total < MOST);
done:
    exg_gunzip_close(&z);
    return st;
}

static void compare(const char *path, exg_int total, uLong sum)
{
    uint8_t out[PIECE];
    gzFile f = gzopen(path, "rb");
    uLong theirs = crc32(0, NULL, 0);
    exg_int left = total;

    while (left > 0) {
        const int want = left < PIECE ? (int)left : PIECE;
        const int got = gzread(f, out, (unsigned)want);

        fuzz_want(got == want, "zlib reads less");
        theirs = crc32(theirs, out, (uInt)got);
        left -= got;
    }
    gzclose(f);
    fuzz_want(theirs == sum, "zlib reads other bytes");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const size_t skip = size > 0;
    const exg_int piece = size > 0 ? 1 + 16 * (exg_int)bytes[0] : 1;
    const char *path = fuzz_file(bytes + skip, size - skip);
    uLong sum = crc32(0, NULL, 0);
    exg_int total = 0;
    exg_status st = read_all(path, piece, &total, &sum);

    if (st == EXG_OK && total > 0 && total < MOST) { /* to its end */
        compare(path, total, sum);
    }
    fuzz_check(st);
    return 0;
}
