/* charge_ref.c -- see charge.h: the definition. */
#include "kern/charge.h"

void exg_charge_take_ref(exg_int n, int shift, float unit, const uint32_t *from,
                         float *to, exg_charge_sums *sums)
{
    for (exg_int i = 0; i < n; i++) {
        const uint64_t part = from[i] >> shift;

        to[i] = (float)(int32_t)from[i] * unit;
        sums->total += (int32_t)from[i];
        sums->large += from[i] >= (uint32_t)1 << 29;
        sums->medium += from[i] >= (uint32_t)1 << 27;
        sums->squares = (int64_t)((uint64_t)sums->squares + part * part);
    }
}
