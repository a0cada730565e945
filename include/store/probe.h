/* probe.h -- read HDF5 files once where a crash does no harm.  Layer: store.
 *
 * HDF5 1.10 crashes or loops on some damaged files: in 2000 copies of a results
 * file with random bytes in it, nine times.  So whoever starts a program has
 * the named files read by a child process first.  The child is forked before
 * MPI_Init, since transports with registered memory do not take a fork later,
 * and reads all metadata, all attributes and texts, all chunk indices, and the
 * values of small datasets: some milliseconds.  Its errors do not matter here,
 * as the program will meet them itself and say them better; only whether it
 * comes back does. */
#ifndef EXG_STORE_PROBE_H
#define EXG_STORE_PROBE_H

#include "core/err.h"

/** Run work(data) in a child process, with its output thrown away and its
 * processor time and memory bounded.  Local; not after MPI_Init.
 * @return EXG_OK where it comes back, whatever it found; EXG_EINPUT where it
 *         crashes, does not come to an end or wants far more memory than the
 *         file has bytes: the message names the file that
 *         exg_probe_file() was reading */
EXG_MUST_CHECK exg_status exg_probe_run(void (*work)(void *data), void *data);

/** Do a whole program's work on a file in a child process, whose output and
 * exit status stand; the parent only has to say where it crashes.  Local.
 * @param[in]  path  the file, for the message
 * @param[out] code  what work() has returned, 0 to 255; 1 where it crashed
 * @return EXG_OK, or EXG_EINPUT where it crashes */
EXG_MUST_CHECK exg_status exg_probe_guard(const char *path,
                                          int (*work)(void *data), void *data,
                                          int *code);

/** 1 if the file is there, can be read and begins as HDF5 does.  Local. */
int exg_probe_is_hdf5(const char *path);

/** In a child: read what `text` names, if that is an HDF5 file -- a path, or
 * FILE:/dataset -- and has not been read before.  Local. */
void exg_probe_file(const char *text);

#endif
