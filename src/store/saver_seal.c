/* saver_seal.c -- the block in front of a checkpoint.
 *
 * It is text, zero-padded, and a function of the file's length and of a CRC-32
 * of the bytes behind it; a reader makes it anew and compares all 512 bytes,
 * so that a flipped bit has no place to hide. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "saver_impl.h"
#include "store/image.h"
#include "store/saver.h"

#define FIRST_LINE "exigo checkpoint 1\n"

enum {
    PIECE = 1024 * 1024
};

static void make_block(exg_int size, unsigned long sum,
                       char block[EXG_IMAGE_BLOCK])
{
    memset(block, 0, EXG_IMAGE_BLOCK);
    snprintf(block, EXG_IMAGE_BLOCK, FIRST_LINE "bytes %td\ncrc32 %08lx\n",
             size, sum);
}

static unsigned long extend(unsigned long sum, const unsigned char *bytes,
                            exg_int n)
{
    for (exg_int at = 0; at < n; at += PIECE) {
        const exg_int some = n - at < PIECE ? n - at : PIECE;

        sum = crc32(sum, bytes + at, (uInt)some);
    }
    return sum;
}

void exg_saver_seal(unsigned char *bytes, exg_int size)
{
    char block[EXG_IMAGE_BLOCK];

    make_block(size, extend(0, bytes + EXG_IMAGE_BLOCK, size - EXG_IMAGE_BLOCK),
               block);
    memcpy(bytes, block, EXG_IMAGE_BLOCK);
}

/* Exactly n bytes; where there are fewer, errno is 0. */
static int read_all(int fd, unsigned char *bytes, exg_int n)
{
    exg_int done = 0;

    while (done < n) {
        const ssize_t got = read(fd, bytes + done, (size_t)(n - done));

        if (got == 0) {
            errno = 0;
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return 0;
        }
        done += got > 0 ? got : 0;
    }
    return 1;
}

/* The sum of all that follows the block. */
static exg_status sum_rest(int fd, const char *path, exg_int rest,
                           unsigned long *sum)
{
    exg_status st = EXG_OK;
    unsigned char *piece = NULL;

    *sum = 0;
    EXG_TRY(exg_new(&piece, rest < PIECE ? rest : PIECE));
    while (rest > 0) {
        const exg_int n = rest < PIECE ? rest : PIECE;

        if (!read_all(fd, piece, n)) {
            st = errno == 0
                     ? exg_fail(EXG_EIO,
                                "%s: is shorter than it was when it was opened",
                                path)
                     : exg_fail(EXG_EIO, "%s: cannot be read: %s", path,
                                strerror(errno));
            goto done;
        }
        *sum = extend(*sum, piece, n);
        rest -= n;
    }
done:
    exg_free(piece);
    return st;
}

static exg_status verify_open(int fd, const char *path)
{
    char block[EXG_IMAGE_BLOCK + 1] = "", want[EXG_IMAGE_BLOCK];
    struct stat info;
    unsigned long sum = 0;
    long long bytes = -1;
    exg_status st;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return exg_fail(EXG_EIO, "%s: is no regular file", path);
    }
    if (!read_all(fd, (unsigned char *)block, EXG_IMAGE_BLOCK) ||
        memcmp(block, FIRST_LINE, strlen(FIRST_LINE)) != 0) {
        return exg_fail(EXG_EINPUT, "%s: is no checkpoint of this version",
                        path);
    }
    if (sscanf(block + strlen(FIRST_LINE), "bytes %lld", &bytes) == 1 &&
        bytes != (long long)info.st_size) {
        return exg_fail(EXG_EINPUT, "%s: damaged: %lld bytes, want %lld", path,
                        (long long)info.st_size, bytes);
    }
    st = sum_rest(fd, path, (exg_int)info.st_size - EXG_IMAGE_BLOCK, &sum);
    if (st != EXG_OK) {
        return st;
    }
    make_block((exg_int)info.st_size, sum, want);
    return memcmp(block, want, sizeof want) == 0
               ? EXG_OK
               : exg_fail(EXG_EINPUT,
                          "%s: damaged: its bytes do not sum up to what it "
                          "says",
                          path);
}

exg_status exg_saver_verify(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    exg_status st;

    if (fd < 0) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    st = verify_open(fd, path);
    close(fd);
    return st;
}
