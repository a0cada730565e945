/* damage.h -- make a sound results file a hostile one.
 *
 * A change is told by bytes, so that a seed of the end-to-end test and the
 * input of a fuzzer drive the same code: any bytes are a valid description of
 * some damage, and the same bytes do the same damage. */
#ifndef EXG_TESTS_DAMAGE_H
#define EXG_TESTS_DAMAGE_H

#include <hdf5.h>
#include <stdint.h>

/** Bytes that tell what to do, read one after the other; 0 behind the end. */
typedef struct {
    const uint8_t *at;
    size_t left;
} damage_plan;

/** The next byte of a plan. */
uint8_t damage_next(damage_plan *plan);

/** Note what there is to change in a sound file.  damage_structure() does so
 * itself; a fuzzer, whose file is always the same, calls this once. */
void damage_look(hid_t file);

/** Change a file that damage_look() has seen, or one with the same objects. */
void damage_again(hid_t file, damage_plan *plan);

/** Change a file that is open for writing until the plan is used up, one
 * object or attribute at a time: other type, shape, values, layout; a link
 * elsewhere or nowhere; a group for a dataset; or nothing at all in its place.
 * HDF5 refuses some of it, which does no harm: that one is then missing. */
void damage_structure(hid_t file, damage_plan *plan);

#endif
