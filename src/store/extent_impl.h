/* extent_impl.h -- how large a dataset says it is.  Layer: store.
 *
 * HDF5 takes any shape, whose product may be beyond 64 bits, and cuts it into
 * any chunks: whoever reads a file without trust asks here first. */
#ifndef EXG_STORE_EXTENT_IMPL_H
#define EXG_STORE_EXTENT_IMPL_H

#include <hdf5.h>

#include "core/mem.h"

/** Values of a dataspace.  Local.
 * @return their number, 0 for an empty space; -1 where it is none, or larger
 *         than exg_int can be */
exg_int exg_extent_count(hid_t space);

/** Chunks of a dataset: HDF5 keeps a record of some 300 bytes for each that it
 * reads, also for those that were never written.  Local.
 * @param[out] want  chunks that the shape asks for, 0 where it has none
 * @param[out] have  chunks that are stored
 * @return 1 where there are many, and most of them are missing: it must not be
 *         read; else 0 */
int exg_extent_is_hollow(hid_t set, hid_t space, exg_int *want, exg_int *have);

#endif
