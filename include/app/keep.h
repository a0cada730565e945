/* keep.h -- checkpoints of a run: when, where, and whether one can be resumed.
 * Layer: app.
 *
 * A checkpoint is made of parts; each stage that has something to lose adds
 * one and takes it back when the run is resumed.  Rank 0 writes; the rest give
 * it what it lacks.  Everything is collective unless said otherwise. */
#ifndef EXG_APP_KEEP_H
#define EXG_APP_KEEP_H

#include "core/opt.h"
#include "par/shard.h"
#include "par/wish.h"
#include "store/image.h"

/* clang-format off */
/** Rows of an option table. */
#define EXG_KEEP_ROWS                                                          \
    {"resume", EXG_OPT_TEXT, EXG_OPT_RUN, "auto", 0, 0, "auto|never|FILE",     \
     "go on from a checkpoint: where there is one, never, from FILE"},         \
    {"checkpoint-minutes", EXG_OPT_REAL, EXG_OPT_RUN, "10", 0.001, 1e6, "",    \
     "longest time between two checkpoints"}
/* clang-format on */

/** The checkpoints of a run.  Opaque. */
typedef struct exg_keep exg_keep;

/** Whose they are.  Plain data; texts must outlive the exg_keep. */
typedef struct {
    const char *program;  /* "exigo-mpi 0.2.0"                        */
    const exg_opts *opts; /* those of role EXG_OPT_RESULT must agree  */
    uint64_t data;        /* checksum of the data                     */
    const char *path;     /* of the newest checkpoint                 */
    const char *older;    /* of the one before                        */
} exg_keep_owner;

/** Puts a part into a checkpoint; collective.
 * @param[in] image  on rank 0; NULL elsewhere
 * @return the same on all ranks */
typedef exg_status (*exg_keep_part)(const exg_par *par, void *state,
                                    exg_image *image);

/** Look for a checkpoint to go on from, as --resume says.
 *
 * A damaged one is passed over for the one before, with a warning.
 * @param[out] k  ended by exg_keep_destroy()
 * @return EXG_OK; EXG_EUSAGE (one of other options, other data or another
 *         program: the message names the difference), EXG_EIO, EXG_EINPUT
 *         (none that is whole), EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_keep_create(const exg_par *par,
                                          exg_keep_owner owner, exg_keep **k);

/** Wait for what is being written and free.  Sets *k NULL; NULL is fine. */
void exg_keep_destroy(exg_keep **k);

/** 1 if there is a checkpoint to go on from.  Local. */
int exg_keep_resumes(const exg_keep *k);

/** Add a part, at most four.  Local. */
void exg_keep_add(exg_keep *k, exg_keep_part put, void *state);

/** 1: on rank 0, a checkpoint is due by the clock.  Local. */
int exg_keep_due(exg_keep *k);

/** 1: on rank 0, one can be written now without waiting and without costing
 * more than 1 % of the time since the last.  Local. */
int exg_keep_idle(exg_keep *k);

/** Write a checkpoint, behind the work; with wish.stop, to the end.
 *
 * A failure to write an earlier one is a warning, a failure with wish.stop is
 * returned.
 * @param[in] where  "epoch 3, step 120", for the line that says goodbye
 * @return EXG_OK; EXG_ESTOP after a checkpoint with wish.stop, which rank 0 has
 *         said; EXG_EIO, EXG_ENOMEM, EXG_ELIB, or what a part returned */
EXG_MUST_CHECK exg_status exg_keep_write(const exg_par *par, exg_keep *k,
                                         exg_wish wish, const char *where);

/** After a stage that was stopped before it had anything to keep: write the
 * checkpoint, as it would have been before the stage, unless one is there.
 *
 * @param[in] st  of the stage, the same on all ranks; unless it is EXG_ESTOP
 *                and no checkpoint has been written for it, it is returned
 * @param[in] has 1: the newest checkpoint will do
 * @return as exg_keep_write() with wish.stop */
EXG_MUST_CHECK exg_status exg_keep_stop(const exg_par *par, exg_keep *k,
                                        exg_status st, int has,
                                        const char *where);

/** The run is over: remove its checkpoints. */
EXG_MUST_CHECK exg_status exg_keep_remove(const exg_par *par, exg_keep *k);

/** 1 if the checkpoint that is resumed has this. */
int exg_keep_has(const exg_par *par, exg_keep *k, const char *path);

/** An array of it, on every rank.
 * @param[in]     type  EXG_WRITER_F32, _F64 or _I64
 * @param[in]     rank  > 0
 * @param[in,out] dims  shape (rank): what is wanted; -1 is filled in
 * @param[out]    data  owned by the caller: exg_free()
 * @return EXG_OK, EXG_EINPUT, EXG_ENOMEM, EXG_ELIB */
EXG_MUST_CHECK exg_status exg_keep_get(const exg_par *par, exg_keep *k,
                                       const char *path, exg_writer_type type,
                                       int rank, exg_int *dims, void *data);

/** Rows that are dealt to ranks: shape (frames, N, width) in the file and
 * (frames, my count of exg_shard_mine(), width) here.
 * @param[in]  image  on rank 0; NULL elsewhere */
EXG_MUST_CHECK exg_status exg_keep_put_rows(const exg_par *par,
                                            exg_image *image, const char *path,
                                            exg_int frames, exg_shard mine,
                                            exg_int width, const float *rows);

/** The way back.
 * @param[out] rows  owned by the caller: exg_free() */
EXG_MUST_CHECK exg_status exg_keep_get_rows(const exg_par *par, exg_keep *k,
                                            const char *path, exg_int frames,
                                            exg_shard mine, exg_int width,
                                            float **rows);

/** Its checkpoint has been read: close it. */
void exg_keep_close(exg_keep *k);

#endif
