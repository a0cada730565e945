/* saver_impl.h -- the block in front of a checkpoint.  Layer: store. */
#ifndef EXG_STORE_SAVER_IMPL_H
#define EXG_STORE_SAVER_IMPL_H

#include "core/mem.h"

/** Fill in the block in front of a checkpoint.  Local; any thread.
 * @param[in,out] bytes  shape (size) */
void exg_saver_seal(unsigned char *bytes, exg_int size);

#endif
