/* saver.h -- checkpoint files: written behind the work, complete or absent.
 * Layer: store.
 *
 * A checkpoint is an HDF5 file behind a block of 512 bytes that says how long
 * it is and what its bytes sum up to, so damage of any kind is found before
 * HDF5 sees it.  It is written as PATH.part and forced to the disk by a thread
 * that knows neither MPI nor HDF5; then the one before takes the name of the
 * older, and it takes its own.  At each instant at least one of the two is
 * there and whole.  Everything is local, for one rank. */
#ifndef EXG_STORE_SAVER_H
#define EXG_STORE_SAVER_H

#include "core/mem.h"

enum {
    EXG_SAVER_PATH = 1024 /* bytes of a file's name, with 0 */
};

/** Which files of an earlier run are worth more than nothing. */
typedef enum {
    EXG_SAVER_NONE,   /* the first checkpoint replaces both               */
    EXG_SAVER_NEWEST, /* the newest: it becomes the older                 */
    EXG_SAVER_OLDER   /* the older: it stays, the first replaces the other */
} exg_saver_worth;

/** Writes one checkpoint file again and again.  Opaque. */
typedef struct exg_saver exg_saver;

/** Prepare; touches no file.
 * @param[in]  path   of the newest checkpoint
 * @param[in]  older  of the one before
 * @param[in]  worth  of what is there now
 * @param[out] s      ended by exg_saver_destroy()
 * @return EXG_OK, EXG_EUSAGE (a name too long), EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_saver_create(const char *path, const char *older,
                                           exg_saver_worth worth,
                                           exg_saver **s);

/** Wait for what is being written, then free.  Sets *s NULL; NULL is fine. */
void exg_saver_destroy(exg_saver **s);

/** 1 while a file is being written. */
int exg_saver_busy(exg_saver *s);

/** Begin to write.  Waits for the one before if that is still under way, and
 * forgets its failure: ask exg_saver_wait() first.  Where no thread can be had
 * it warns and writes before it returns.
 *
 * @param[in,out] bytes  from exg_image_finish(); taken over and set NULL,
 *                       whatever happens
 * @param[in]     size   with the block in front, which is filled in */
void exg_saver_start(exg_saver *s, unsigned char **bytes, exg_int size);

/** Wait for what is being written, if anything is.
 * @return EXG_OK, or EXG_EIO: it could not be written, and why; told once */
EXG_MUST_CHECK exg_status exg_saver_wait(exg_saver *s);

/** Remove both files, and a part of one: the run they belong to is over.
 * @return EXG_OK or EXG_EIO */
EXG_MUST_CHECK exg_status exg_saver_remove(exg_saver *s);

/** Look whether a file is a whole checkpoint.
 * @return EXG_OK; EXG_EIO (it is not there, cannot be read), EXG_EINPUT (it is
 *         something else, cut short or damaged): the message says what */
EXG_MUST_CHECK exg_status exg_saver_verify(const char *path);

#endif
