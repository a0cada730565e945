/* version.c -- see version.h.  The vector width and the BLAS kernel belong to
 * the results: the same bits are promised for the same of both. */
#include "app/version.h"

#include <cairo.h>
#include <cblas.h>
#include <hdf5.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "core/lane.h"
#include "core/log.h"
#include "kern/kern.h"
#include "par/par.h"

static void say_kernels(char *text)
{
    const exg_kern *kern = NULL;

    if (exg_kern_select(getenv("EXG_ISA"), &kern) == EXG_OK) {
        snprintf(text, EXG_VERSION_TEXT,
                 "%s, lane blocks of %d samples, fused multiply-add %s",
                 kern->isa, EXG_LANE,
                 exg_kern_fuses(kern) ? "yes"
                                      : "no: results of this CPU are its own");
    } else {
        snprintf(text, EXG_VERSION_TEXT, "EXG_ISA=%.40s is not available here",
                 getenv("EXG_ISA"));
        exg_err_clear();
    }
}

static void say_hdf5(char *text)
{
    unsigned major = 0, minor = 0, release = 0;

    H5get_libversion(&major, &minor, &release);
    snprintf(text, EXG_VERSION_TEXT, "%u.%u.%u", major, minor, release);
}

static void say_mpi(char *text)
{
    char long_text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;

    MPI_Get_library_version(long_text, &length);
    long_text[strcspn(long_text, ",\n")] = '\0';
    snprintf(text, EXG_VERSION_TEXT, "%.200s", long_text);
}

exg_int exg_version_facts(exg_results_pair *fact,
                          char text[EXG_VERSION_FACTS][EXG_VERSION_TEXT])
{
    static const char *const name[] = {
        "version", "build", "compiler", "kernels", "blas", "blas_kernel",
        "mpi",     "hdf5",  "libpng",   "zlib",    "cairo"};
    const exg_int n = sizeof name / sizeof *name;

    snprintf(text[0], EXG_VERSION_TEXT, "%s", EXG_VERSION);
    snprintf(text[1], EXG_VERSION_TEXT, "%s", EXG_BUILD);
    snprintf(text[2], EXG_VERSION_TEXT, "%.200s", __VERSION__);
    say_kernels(text[3]);
    snprintf(text[4], EXG_VERSION_TEXT, "%.200s", openblas_get_config());
    snprintf(text[5], EXG_VERSION_TEXT, "%.80s", openblas_get_corename());
    say_mpi(text[6]);
    say_hdf5(text[7]);
    snprintf(text[8], EXG_VERSION_TEXT, "%.80s", png_libpng_ver);
    snprintf(text[9], EXG_VERSION_TEXT, "%.80s", zlibVersion());
    snprintf(text[10], EXG_VERSION_TEXT, "%.80s", cairo_version_string());
    for (exg_int i = 0; i < n; i++) {
        fact[i].name = name[i];
        fact[i].value = text[i];
    }
    return n;
}

void exg_version_print(FILE *out)
{
    exg_results_pair fact[EXG_VERSION_FACTS];
    char text[EXG_VERSION_FACTS][EXG_VERSION_TEXT];
    const exg_int n = exg_version_facts(fact, text);

    fprintf(out, "exigo-mpi %s\n", EXG_VERSION);
    for (exg_int i = 1; i < n; i++) {
        fprintf(out, "  %-12s %s\n", fact[i].name, fact[i].value);
    }
}

/* Is it a core type of OpenBLAS whose kernels are AVX-512? */
static int is_wide(const char *core)
{
    static const char *const wide[] = {"SkylakeX", "Cooperlake",
                                       "SapphireRapids"};
    int found = 0;

    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        found |= strcasecmp(core, wide[i]) == 0;
    }
    return found;
}

void exg_version_warn(void)
{
    const char *preset = getenv("OPENBLAS_CORETYPE");
    const exg_kern *kern = NULL;

    if (preset != NULL && !is_wide(openblas_get_corename()) &&
        exg_kern_select(NULL, &kern) == EXG_OK &&
        strcmp(kern->isa, "avx512") == 0) {
        exg_log_warn("OPENBLAS_CORETYPE=%s holds the BLAS below this CPU's "
                     "AVX-512 and can halve its speed; unset it",
                     preset);
    }
}
