/* sound.h -- a sound HDF5 file, changed by each input of a fuzz target.
 *
 * HDF5's own parser is not ours to test: an input is a plan (damage.h) by which
 * a sound file is changed, so that HDF5 can always read it.  The file lies in
 * TMPDIR, or /dev/shm, and stays open while readers open it once more: that is
 * cheap for HDF5, which knows its objects then; to open one that it does not
 * know takes 1.10 a good part of a millisecond. */
#ifndef EXG_TESTS_SOUND_H
#define EXG_TESTS_SOUND_H

#include <hdf5.h>
#include <stdint.h>

/** What sound_begin() has created is complete: keep it.  Ends `file`. */
void sound_keep(hid_t file);

/** Create the file, to be filled; removed at exit. */
hid_t sound_begin(void);

/** Instead: take this file, which is removed at exit. */
void sound_adopt(const char *name);

/** The sound file, changed by a plan.
 * @param[in] most  bytes of the plan that count
 * @return its path; open until sound_done() */
const char *sound_change(const uint8_t *plan, size_t size, size_t most);

/** All of its bytes, as they would be on a disk.
 * @param[out] size  their number
 * @return borrowed until the next call; writing does not change the file */
unsigned char *sound_bytes(size_t *size);

/** Overwrite its first bytes. */
void sound_front(const unsigned char *bytes, size_t size);

/** Close it; nothing of HDF5's may be open then. */
void sound_done(void);

#endif
