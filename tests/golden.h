/* golden.h -- read the dumps of tests/golden: lines "name type dimensions",
 * "end", then the arrays in that order, little-endian, without gaps. */
#ifndef EXG_TESTS_GOLDEN_H
#define EXG_TESTS_GOLDEN_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

/** An array of a dump. */
typedef struct {
    char name[32];
    exg_int size;  /* values in all         */
    exg_int dim;   /* first dimension       */
    void *data;    /* double, float, uint8_t */
    size_t stride; /* bytes of a value      */
} golden_array;

enum {
    GOLDEN_ARRAYS = 32
};

/** A dump.  Free with golden_free(). */
typedef struct {
    int n;
    golden_array array[GOLDEN_ARRAYS];
} golden;

/* "loss32 f32 100": 1, or 0 at "end". */
static inline int golden_line(FILE *f, golden_array *a)
{
    char line[128], type[8];
    int at = 0, more = 0;
    long dim;

    ck_assert(fgets(line, sizeof line, f) != NULL);
    if (strcmp(line, "end\n") == 0) {
        return 0;
    }
    ck_assert(sscanf(line, "%31s %7s%n", a->name, type, &at) == 2);
    a->stride = strcmp(type, "f64") == 0 ? 8 : strcmp(type, "f32") == 0 ? 4 : 1;
    a->size = 1;
    a->dim = 0;
    while (sscanf(line + at, "%ld%n", &dim, &more) == 1) {
        a->dim = a->dim == 0 ? dim : a->dim;
        a->size *= dim;
        at += more;
    }
    return 1;
}

/** Read a dump of tests/golden; tests run at the project's root. */
static inline void golden_read(const char *name, golden *g)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "tests/golden/%s", name);
    f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be opened", path);
    for (g->n = 0; golden_line(f, g->array + g->n); g->n++) {
        ck_assert(g->n + 1 < GOLDEN_ARRAYS);
    }
    for (int i = 0; i < g->n; i++) {
        golden_array *a = g->array + i;

        ck_assert(exg_mem_new(&a->data, a->size, a->stride, __FILE__,
                              __LINE__) == EXG_OK);
        ck_assert(fread(a->data, a->stride, (size_t)a->size, f) ==
                  (size_t)a->size);
    }
    ck_assert(fgetc(f) == EOF);
    fclose(f);
}

static inline void golden_free(golden *g)
{
    for (int i = 0; i < g->n; i++) {
        exg_free(g->array[i].data);
    }
}

/** The array of that name. */
static inline const golden_array *golden_of(const golden *g, const char *name)
{
    for (int i = 0; i < g->n; i++) {
        if (strcmp(g->array[i].name, name) == 0) {
            return g->array + i;
        }
    }
    ck_abort_msg("no array %s", name);
    return NULL;
}

/** Its values. */
static inline const float *golden_f32(const golden *g, const char *name)
{
    const golden_array *a = golden_of(g, name);

    ck_assert(a->stride == 4);
    return a->data;
}
static inline const double *golden_f64(const golden *g, const char *name)
{
    const golden_array *a = golden_of(g, name);

    ck_assert(a->stride == 8);
    return a->data;
}
static inline const uint8_t *golden_u8(const golden *g, const char *name)
{
    const golden_array *a = golden_of(g, name);

    ck_assert(a->stride == 1);
    return a->data;
}

#endif
