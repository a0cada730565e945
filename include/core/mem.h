/* mem.h -- checked, zeroed, 64-byte aligned memory.  Layer: core. */
#ifndef EXG_CORE_MEM_H
#define EXG_CORE_MEM_H

#include <stddef.h>
#ifdef EXG_LINT
#include <stdlib.h>
#endif

#include "core/err.h"

/** Every count and index; size_t is for bytes only. */
typedef ptrdiff_t exg_int;

/** Allocate count zeroed elements of *p's type and assign them to *p.  Local.
 *
 * A count of 0 gives a valid pointer.  The caller frees with exg_free().
 * @return EXG_OK, or EXG_ENOMEM (count negative, product overflows, beyond
 *         exg_mem_limit(), no memory) with *p untouched
 */
#define exg_new(p, count) \
    exg_mem_new((void *)(p), (count), sizeof **(p), __FILE__, __LINE__)

#ifdef EXG_LINT /* it cannot see through exg_mem_new(): say it */
#undef exg_new
#define exg_new(p, count)                                                \
    ((*(p) = calloc((size_t)(count) + 1, sizeof **(p))) != NULL ? EXG_OK \
                                                                : EXG_ENOMEM)
#endif

/** See exg_new. */
EXG_MUST_CHECK exg_status exg_mem_new(void *p, exg_int count, size_t size,
                                      const char *file, int line);

/** Free what exg_new() gave; NULL is fine.  Local. */
void exg_free(void *p);

/** Most bytes that this rank may hold: what would go beyond is refused with the
 * amount and this limit.  At first the machine's memory, so that an absurd size
 * from a file ends in a line and not in the kernel's out-of-memory killer.
 * Local. */
size_t exg_mem_limit(void);

/** Set another limit.  Local. */
void exg_mem_bound(size_t bytes);

/** Blocks allocated and not yet freed on this rank: 0 at the end.  Local. */
exg_int exg_mem_live(void);

/** a * b, for non-negative sizes.  Local.
 * @return EXG_OK, or EXG_ENOMEM where the product does not fit */
EXG_MUST_CHECK exg_status exg_mem_product(exg_int a, exg_int b, exg_int *out);

#endif
