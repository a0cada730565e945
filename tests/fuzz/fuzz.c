/* fuzz.c -- see fuzz.h. */
#include "fuzz.h"

#include <ctype.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MEMORY = 16 << 20, /* bytes that code under test may ask for */
    ROUND = 10000,     /* inputs after which HDF5 returns what it keeps */
    KEPT = 64 << 20    /* bytes that libraries may keep in a round, or for ever:
                          HDF5's free lists and the fuzzer's corpus take up to
                          30 MB each */
};

/* MPI and HDF5 keep memory to the end: LeakSanitizer, where it is linked in,
 * leaves out what is allocated between these.  Of what HDF5 has asked for it
 * gives nothing back within a round (sound.c), so that an input for which it
 * asks a lot, once, shows in the bytes that are allocated behind it. */
/* NOLINTBEGIN(bugprone-reserved-identifier): its names are these */
__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);
const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void);

/* Clang 14 guesses where a thread's variables are from what lies in front of
 * them, and then reads there: it crashed at each start with some corpora. */
const char *__lsan_default_options(void)
{
    return "use_tls=0";
}

/* Open MPI's own threads, whose variables those are. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libopen-rte\nleak:libopen-pal\nleak:libmpi\nleak:mca_";
}
/* NOLINTEND(bugprone-reserved-identifier) */

exg_par fuzz_par;
static exg_int live;
static size_t kept, kept_first; /* before this round, before all */

static size_t allocated(void)
{
    return __sanitizer_get_current_allocated_bytes != NULL
               ? __sanitizer_get_current_allocated_bytes()
               : 0;
}

static void stop(void)
{
    if (__lsan_disable != NULL) {
        __lsan_disable();
    }
    exg_par_stop(&fuzz_par);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    if (__lsan_disable != NULL) {
        __lsan_disable();
    }
    if (exg_par_start(argc, argv, &fuzz_par) != EXG_OK) {
        abort();
    }
    atexit(stop);
    exg_mem_bound(MEMORY);
    fuzz_prepare();
    if (__lsan_enable != NULL) {
        __lsan_enable();
    }
    live = exg_mem_live();
    kept = kept_first = allocated();
    return 0;
}

const char *fuzz_file(const uint8_t *bytes, size_t size)
{
    static int file = -1;
    static char path[64];

    if (file < 0) {
        file = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (file < 0 || ftruncate(file, 0) != 0 ||
        pwrite(file, bytes, size, 0) != (ssize_t)size) {
        perror("fuzz_file");
        exit(2);
    }
    return path;
}

void fuzz_stop(const char *what)
{
    fprintf(stderr, "fuzz: %s: '%s'\n", what, exg_err_text());
    abort();
}

static void check_libraries(void)
{
    static int inputs;

    fuzz_want(allocated() < kept + KEPT, "libraries keep too much memory");
    if (++inputs % ROUND == 0) {
        H5garbage_collect();
        kept = allocated();
        fuzz_want(kept < kept_first + KEPT, "libraries lose memory");
    }
}

void fuzz_check(exg_status st)
{
    const char *text = exg_err_text();

    fuzz_want(st == EXG_OK || text[0] != '\0', "a failure without a line");
    fuzz_want(st != EXG_OK || text[0] == '\0', "a line without a failure");
    for (const char *c = text; *c != '\0'; c++) {
        fuzz_want(!iscntrl((unsigned char)*c), "a line that steers terminals");
    }
    fuzz_want(exg_mem_live() == live, "memory is left behind");
    check_libraries();
    exg_err_clear();
}

/* Past a string, or NULL. */
static const char *json_string(const char *c)
{
    if (*c++ != '"') {
        return NULL;
    }
    while (*c != '"') {
        if ((unsigned char)*c < ' ') {
            return NULL; /* the end of the text, too */
        }
        if (*c++ != '\\') {
            continue;
        }
        if (*c == 'u') {
            if (strspn(c + 1, "0123456789abcdefABCDEF") < 4) {
                return NULL;
            }
            c += 5;
        } else if (*c == '\0' || strchr("\"\\/bfnrt", *c++) == NULL) {
            return NULL;
        }
    }
    return c + 1;
}

static const char *json_value(const char *c)
{
    char *end = NULL;

    if (*c == '"') {
        return json_string(c);
    }
    if (strspn(c, "-0123456789") == 0) {
        return NULL; /* strtod() takes more than JSON does */
    }
    strtod(c, &end);
    return end;
}

int fuzz_is_json(const char *text)
{
    const char *c = text;

    if (*c++ != '{') {
        return 0;
    }
    while (*c != '}') {
        c = json_string(c);
        if (c == NULL || strncmp(c, ": ", 2) != 0 ||
            (c = json_value(c + 2)) == NULL) {
            return 0;
        }
        if (strncmp(c, ", ", 2) == 0) {
            c += 2;
        } else if (*c != '}') {
            return 0;
        }
    }
    return c[1] == '\0';
}
