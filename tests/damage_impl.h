/* damage_impl.h -- the forms that damage.c has objects made of. */
#ifndef EXG_TESTS_DAMAGE_IMPL_H
#define EXG_TESTS_DAMAGE_IMPL_H

#include "damage.h"

enum {
    DAMAGE_ELEMENTS = 4096, /* most that values are written to     */
    DAMAGE_LONG = 20000     /* bytes: more than any buffer of ours */
};

/** A type; the caller closes it. */
hid_t damage_type(damage_plan *plan);

/** A shape; the caller closes it.
 * @param[out] large  1: so large that only chunks can hold it */
hid_t damage_space(damage_plan *plan, int *rank, int *large);

/** How many values a shape has; -1 if more than DAMAGE_ELEMENTS. */
int damage_count(hid_t space);

/** How such a dataset is kept: contiguous, compact, chunked, compressed, or in
 * another file; a property list, which the caller closes. */
hid_t damage_layout(damage_plan *plan, hid_t type, hid_t space, int rank,
                    int large);

#endif
