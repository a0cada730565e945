/* gunzip.c -- zlib's inflate, one member after the other. */
#include "data/gunzip.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    PIECE = 1 << 16,    /* compressed bytes read at a time              */
    GZIP_ONLY = 15 + 16 /* inflateInit2: largest window, gzip header    */
};

struct exg_gunzip {
    FILE *file;
    z_stream stream;
    int in_member;   /* between a header and its checksum       */
    uint64_t offset; /* of the next piece in the compressed file */
    uint8_t piece[PIECE];
    char path[];
};

exg_status exg_gunzip_open(const char *path, exg_gunzip **out)
{
    exg_status st = EXG_OK;
    const size_t size = sizeof(exg_gunzip) + strlen(path) + 1;
    exg_gunzip *z = NULL;
    char *memory = NULL;

    EXG_TRY(exg_new(&memory, (exg_int)size));
    z = (exg_gunzip *)memory;
    memcpy(z->path, path, strlen(path) + 1);
    z->file = fopen(path, "rb");
    if (z->file == NULL) {
        st = exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (inflateInit2(&z->stream, GZIP_ONLY) != Z_OK) {
        st = exg_fail(EXG_ENOMEM, "%s: no memory to decompress it", path);
        goto done;
    }
    *out = z;
    z = NULL;
done:
    if (z != NULL && z->file != NULL) {
        fclose(z->file);
    }
    exg_free(z);
    return st;
}

void exg_gunzip_close(exg_gunzip **z)
{
    if (*z == NULL) {
        return;
    }
    inflateEnd(&(*z)->stream);
    fclose((*z)->file);
    exg_free(*z);
    *z = NULL;
}

/* Where in the compressed file decompression stands. */
static uint64_t place(const exg_gunzip *z)
{
    return z->offset - z->stream.avail_in;
}

/* Have compressed bytes at hand, if there are any left. */
static exg_status refill(exg_gunzip *z)
{
    if (z->stream.avail_in > 0) {
        return EXG_OK;
    }
    z->stream.next_in = z->piece;
    z->stream.avail_in = (uInt)fread(z->piece, 1, PIECE, z->file);
    z->offset += z->stream.avail_in;
    if (ferror(z->file)) {
        return exg_fail(EXG_EIO, "%s: cannot be read at byte %llu: %s", z->path,
                        (unsigned long long)z->offset, strerror(errno));
    }
    return EXG_OK;
}

/* Decompress what is at hand. */
static exg_status step(exg_gunzip *z)
{
    int rc;

    if (!z->in_member) { /* another one begins */
        inflateReset(&z->stream);
        z->in_member = 1;
    }
    rc = inflate(&z->stream, Z_NO_FLUSH);
    if (rc == Z_STREAM_END) {
        z->in_member = 0;
        return EXG_OK;
    }
    if (rc == Z_MEM_ERROR) {
        return exg_fail(EXG_ENOMEM, "%s: no memory to decompress it", z->path);
    }
    if (rc != Z_OK && rc != Z_BUF_ERROR) {
        return exg_fail(EXG_EINPUT, "%s: no valid gzip at byte %llu (%s)",
                        z->path, (unsigned long long)place(z),
                        z->stream.msg != NULL ? z->stream.msg : "damaged");
    }
    return EXG_OK;
}

exg_status exg_gunzip_read(exg_gunzip *z, exg_int want, uint8_t *bytes,
                           exg_int *got)
{
    exg_status st = EXG_OK;

    EXG_ASSERT(want <= INT_MAX);
    z->stream.next_out = bytes;
    z->stream.avail_out = (uInt)want;
    while (z->stream.avail_out > 0) {
        EXG_TRY(refill(z));
        if (z->stream.avail_in == 0 && z->in_member) {
            st = exg_fail(EXG_EINPUT,
                          "%s: gzip file ends at byte %llu inside its data",
                          z->path, (unsigned long long)z->offset);
            goto done;
        }
        if (z->stream.avail_in == 0) {
            break;
        }
        EXG_TRY(step(z));
    }
done:
    *got = want - (exg_int)z->stream.avail_out;
    return st;
}
