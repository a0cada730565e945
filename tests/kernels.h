/* kernels.h -- the kernels of each instruction set, and arrays to feed them. */
#ifndef EXG_TESTS_KERNELS_H
#define EXG_TESTS_KERNELS_H

#include "core/rng.h"
#include "kern/kern.h"
#include "support.h"

enum {
    ISAS = 3
};
static const char *const isa_name[] = {"avx512", "avx2", "base"};

/** The kernels of a set; NULL where this CPU lacks it. */
static inline const exg_kern *kernels(int isa)
{
    const exg_kern *kern = NULL;

    if (exg_kern_select(isa_name[isa], &kern) != EXG_OK) {
        exg_err_clear();
    }
    return kern;
}

/** b of a t-SNE kernel, see exg_pairs_tails_of().  0 stands for the code there
 * is for 1 alone. */
static const double dof_of[] = {0.0, 0.1, 0.5, 1.0, 2.0, 7.3, 20.0, 100.0};

enum {
    DOFS = sizeof dof_of / sizeof *dof_of
};

/** The tails of a kernel of b; valid until the next call. */
static inline const exg_pairs_tails *tails_of(double b)
{
    static exg_pairs_tails tails;

    tails = exg_pairs_tails_of(b);
    return b == 0.0 ? NULL : &tails;
}

/** n numbers in [-1, 1) that belong to `what`. */
static inline void fill(float *v, exg_int n, uint32_t what)
{
    const exg_rng stream = {.seed = 7, .use = EXG_RNG_SYNTH, .sub = what};

    for (exg_int i = 0; i < n; i++) {
        v[i] = 2.0f * exg_rng_uniform(stream, (uint64_t)i) - 1.0f;
    }
}

/** Each element is within tol * scale of what is wanted. */
static inline void ck_near(const float *got, const float *want, exg_int n,
                           double tol, double scale)
{
    for (exg_int i = 0; i < n; i++) {
        ck_assert_msg(fabs((double)got[i] - want[i]) <= tol * scale,
                      "element %td of %td: %.9g, want %.9g", i, n,
                      (double)got[i], (double)want[i]);
    }
}

#endif
