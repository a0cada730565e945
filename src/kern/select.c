/* select.c -- choose the kernels at run time, best first.
 *
 * __builtin_cpu_supports() asks CPUID and, for the AVX family, XGETBV: a
 * system that does not save the registers counts as not having them. */
#include <string.h>

#include "kern/kern.h"

extern const exg_kern exg_kern_table_base;

#if defined(__x86_64__)
extern const exg_kern exg_kern_table_avx2, exg_kern_table_avx512;

static int has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

static int has_base(void)
{
    return 1;
}

static const struct {
    const exg_kern *kern;
    int (*runs)(void);
} choice[] = {
#if defined(__x86_64__)
    {&exg_kern_table_avx512, has_avx512},
    {&exg_kern_table_avx2, has_avx2},
#endif
    {&exg_kern_table_base, has_base},
};

enum {
    CHOICES = sizeof choice / sizeof choice[0]
};

exg_status exg_kern_select(const char *wish, const exg_kern **kern)
{
    const int any = wish == NULL || wish[0] == '\0';
    int known = 0;

    for (int i = 0; i < CHOICES; i++) {
        const int match = any || strcmp(wish, choice[i].kern->isa) == 0;

        known |= match;
        if (match && choice[i].runs()) {
            *kern = choice[i].kern;
            return EXG_OK;
        }
    }
    return exg_fail(EXG_EUSAGE,
                    known ? "EXG_ISA: '%.40s': this CPU lacks it"
                          : "EXG_ISA: '%.40s': not one of avx512, avx2, "
                            "base, or not in this build",
                    wish);
}

int exg_kern_fuses(const exg_kern *kern)
{
#if defined(__x86_64__)
    return kern != &exg_kern_table_base;
#elif defined(__FP_FAST_FMAF)
    (void)kern;
    return 1;
#else
    (void)kern;
    return 0;
#endif
}
