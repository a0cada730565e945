/* streams.h -- for tests of what is said: streams led into files, and read. */
#ifndef EXG_TESTS_STREAMS_H
#define EXG_TESTS_STREAMS_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "support.h"

/* One of this process's streams, led elsewhere for a while. */
typedef struct {
    int stream; /* STDOUT_FILENO or STDERR_FILENO */
    int kept;   /* where it leads otherwise       */
    int to;
} detour;

static inline detour lead(int stream, int to)
{
    detour d = {.stream = stream, .kept = dup(stream), .to = to};

    fflush(NULL);
    ck_assert_int_ge(d.kept, 0);
    ck_assert_int_ge(to, 0);
    ck_assert_int_eq(dup2(to, stream), stream);
    return d;
}

static inline void lead_back(const detour *d)
{
    fflush(NULL);
    dup2(d->kept, d->stream);
    close(d->kept);
}

/* A file of the test's own: its path and descriptor. */
static inline int scratch_file(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", exg_scratch(), name);
    return open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

/* What a file holds, until the next call. */
static inline const char *text_of(const char *path)
{
    static char text[8192];
    FILE *f = fopen(path, "r");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

#endif
