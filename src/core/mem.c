/* mem.c -- one block = a 64-byte header that holds its size, then the data.
 *
 * 64 bytes is a cache line and an AVX-512 register, so lane blocks never
 * straddle lines.  Memory is zeroed, so that no result can depend on what was
 * there before.  Large blocks begin at pages of 2 MiB, if the system has them:
 * zeroing them takes fewer faults, and reading them at random fewer walks. */
#include "core/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/log.h"

enum {
    ALIGN = 64,
    PAGE = 2 << 20,
    LARGE = 4 * PAGE
};

static exg_int live;
static size_t bytes_now;
static size_t limit; /* 0: not asked for yet */

size_t exg_mem_limit(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    if (limit == 0) {
        limit =
            pages > 0 && page > 0 ? (size_t)pages * (size_t)page : PTRDIFF_MAX;
    }
    return limit;
}

void exg_mem_bound(size_t bytes)
{
    limit = bytes;
}

/* Memory for a block; NULL if there is none. */
static char *take(size_t bytes)
{
    const int large = bytes >= LARGE;
    void *raw = NULL;

    if (posix_memalign(&raw, large ? PAGE : ALIGN, bytes) != 0) {
        return NULL;
    }
    if (large) {
        (void)madvise(raw, bytes, MADV_HUGEPAGE); /* a wish */
    }
    return raw;
}

exg_status exg_mem_new(void *p, exg_int count, size_t size, const char *file,
                       int line)
{
    size_t bytes = 0;
    char *raw;

    if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes) ||
        bytes > PTRDIFF_MAX - 2 * ALIGN) {
        return exg_fail_at(file, line, EXG_ENOMEM,
                           "%td elements of %zu bytes: too large", count, size);
    }
    bytes += ALIGN;
    if (bytes > exg_mem_limit() || bytes_now > limit - bytes) {
        return exg_fail_at(file, line, EXG_ENOMEM,
                           "out of memory: %zu bytes asked for, %zu in use, "
                           "of %zu at most, stage %s",
                           bytes, bytes_now, limit, exg_log_phase_now());
    }
    raw = take(bytes);
    if (raw == NULL) {
        return exg_fail_at(file, line, EXG_ENOMEM,
                           "out of memory: %zu bytes asked for, %zu in use, "
                           "stage %s",
                           bytes, bytes_now, exg_log_phase_now());
    }
    memset(raw, 0, bytes);
    memcpy(raw, &bytes, sizeof bytes);
    live++;
    bytes_now += bytes;
    raw += ALIGN;
    memcpy(p, &raw, sizeof raw);
    return EXG_OK;
}

void exg_free(void *p)
{
    size_t bytes = 0;
    char *raw = p;

    if (p == NULL) {
        return;
    }
    raw -= ALIGN;
    memcpy(&bytes, raw, sizeof bytes);
    live--;
    bytes_now -= bytes;
    free(raw);
}

exg_int exg_mem_live(void)
{
    return live;
}

exg_status exg_mem_product(exg_int a, exg_int b, exg_int *out)
{
    if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, out)) {
        return exg_fail(EXG_ENOMEM, "%td x %td elements: too large", a, b);
    }
    return EXG_OK;
}
