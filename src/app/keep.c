/* keep.c -- see keep.h.
 *
 * All ranks are at the same step with the same parameters, so rank 0 has most
 * of what is to be kept, and building the file's image costs it a millisecond
 * or two; store/saver.h brings it to the disk behind the work. */
#include "app/keep.h"

#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/signal.h"
#include "keep_impl.h"
#include "par/agree.h"

enum {
    MINUTE = 60,
    SHARE = 100 /* a checkpoint may cost one part in so many */
};

static exg_status create_local(const exg_par *par, exg_keep *k)
{
    exg_status st = EXG_OK;
    exg_saver_worth worth;

    if (par->rank == 0) {
        EXG_TRY(exg_keep_find(&k->owner, &k->reader, &worth));
        EXG_TRY(
            exg_saver_create(k->owner.path, k->owner.older, worth, &k->saver));
        k->resumes = k->reader != NULL;
    }
done:
    return st;
}

exg_status exg_keep_create(const exg_par *par, exg_keep_owner owner,
                           exg_keep **out)
{
    exg_status st = EXG_OK;
    exg_keep *k = NULL;

    EXG_TRY_ALL(par, exg_new(&k, 1));
    k->owner = owner;
    k->minutes = exg_opts_real(owner.opts, "checkpoint-minutes");
    k->last = exg_clock_now();
    EXG_TRY_ALL(par, create_local(par, k));
    EXG_MPI(MPI_Bcast(&k->resumes, 1, MPI_INT, 0, par->comm));
    *out = k;
    k = NULL;
done:
    exg_keep_destroy(&k);
    return st;
}

void exg_keep_destroy(exg_keep **k)
{
    if (*k != NULL) {
        exg_saver_destroy(&(*k)->saver);
        exg_reader_close(&(*k)->reader);
        exg_free(*k);
        *k = NULL;
    }
}

int exg_keep_resumes(const exg_keep *k)
{
    return k->resumes;
}

void exg_keep_add(exg_keep *k, exg_keep_part put, void *state)
{
    EXG_ASSERT(k->npart < EXG_KEEP_PARTS);
    k->put[k->npart] = put;
    k->state[k->npart++] = state;
}

int exg_keep_due(exg_keep *k)
{
    return k->saver != NULL &&
           exg_clock_now() - k->last >= k->minutes * MINUTE &&
           !exg_saver_busy(k->saver);
}

int exg_keep_idle(exg_keep *k)
{
    return k->saver != NULL && exg_clock_now() - k->last >= k->cost * SHARE &&
           !exg_saver_busy(k->saver);
}

/* The checkpoint before this one may have failed: say so and go on. */
static void warn_of_failure(exg_keep *k)
{
    if (k->saver != NULL && exg_saver_wait(k->saver) != EXG_OK) {
        exg_log_warn("%s -- the run goes on without this checkpoint",
                     exg_err_take());
    }
}

static exg_status start_image(exg_keep *k, exg_image **image)
{
    exg_status st = EXG_OK;

    if (k->saver != NULL) {
        EXG_TRY(exg_image_create(k->owner.path, image));
        EXG_TRY(exg_keep_put_owner(&k->owner, *image));
    }
done:
    return st;
}

static exg_status finish_image(exg_keep *k, exg_image **image)
{
    exg_status st = EXG_OK;
    unsigned char *bytes = NULL;
    exg_int size = 0;

    if (k->saver != NULL) {
        EXG_TRY(exg_image_finish(image, &bytes, &size));
        exg_saver_start(k->saver, &bytes, size);
    }
done:
    return st;
}

static exg_status stop(const exg_par *par, exg_keep *k, exg_wish wish,
                       const char *where)
{
    exg_status st = EXG_OK;

    EXG_TRY_ALL(par, k->saver != NULL ? exg_saver_wait(k->saver) : EXG_OK);
    k->stopped = 1;
    exg_log_warn("stopped by %s after checkpoint %s (%s); --resume auto goes "
                 "on",
                 exg_signal_name(wish.stop), k->owner.path, where);
    exg_log_event("stopped", "\"signal\": \"%s\"", exg_signal_name(wish.stop));
    st = EXG_ESTOP;
done:
    return st;
}

exg_status exg_keep_write(const exg_par *par, exg_keep *k, exg_wish wish,
                          const char *where)
{
    exg_status st = EXG_OK;
    const double start = exg_clock_now();
    exg_image *image = NULL;

    warn_of_failure(k);
    EXG_TRY_ALL(par, start_image(k, &image));
    for (int i = 0; i < k->npart; i++) {
        EXG_TRY(k->put[i](par, k->state[i], image));
    }
    EXG_TRY_ALL(par, finish_image(k, &image));
    k->last = exg_clock_now();
    k->cost = k->last - start;
    if (wish.stop != 0) {
        EXG_TRY(stop(par, k, wish, where));
    }
done:
    exg_image_drop(&image);
    return st;
}

exg_status exg_keep_stop(const exg_par *par, exg_keep *k, exg_status st,
                         int has, const char *where)
{
    exg_wish wish;

    if (st != EXG_ESTOP || k->stopped) {
        return st;
    }
    exg_err_clear();
    wish = exg_wish_ask(par, 0);
    return has ? stop(par, k, wish, where)
               : exg_keep_write(par, k, wish, where);
}

exg_status exg_keep_remove(const exg_par *par, exg_keep *k)
{
    exg_status st = EXG_OK;

    warn_of_failure(k);
    EXG_TRY_ALL(par, k->saver != NULL ? exg_saver_remove(k->saver) : EXG_OK);
done:
    return st;
}

void exg_keep_close(exg_keep *k)
{
    exg_reader_close(&k->reader);
}

int exg_keep_has(const exg_par *par, exg_keep *k, const char *path)
{
    int has = k->reader != NULL && exg_reader_has(k->reader, path);

    EXG_MPI(MPI_Bcast(&has, 1, MPI_INT, 0, par->comm));
    return has;
}

static exg_int bytes_of(exg_writer_type type)
{
    return type == EXG_WRITER_F32 ? 4 : 8;
}

/* On rank 0, read; `data` is where the pointer goes. */
static exg_status read_array(exg_keep *k, const char *path,
                             exg_writer_type type, int rank, exg_int *dims,
                             void *data)
{
    if (k->saver == NULL) {
        return EXG_OK;
    }
    if (k->reader == NULL) {
        return exg_fail(EXG_EINPUT, "%s: the checkpoint is closed", path);
    }
    return type == EXG_WRITER_F32
               ? exg_reader_f32(k->reader, path, rank, dims, data)
           : type == EXG_WRITER_F64
               ? exg_reader_f64(k->reader, path, rank, dims, data)
               : exg_reader_i64(k->reader, path, rank, dims, data);
}

exg_status exg_keep_get(const exg_par *par, exg_keep *k, const char *path,
                        exg_writer_type type, int rank, exg_int *dims,
                        void *data)
{
    exg_status st = EXG_OK;
    exg_int row = bytes_of(type);
    char *got = NULL;
    MPI_Datatype row_type;

    EXG_TRY_ALL(par, read_array(k, path, type, rank, dims, &got));
    EXG_MPI(MPI_Bcast(dims, rank, MPI_INT64_T, 0, par->comm));
    for (int i = 1; i < rank; i++) { /* rank 0 has had room for all of it */
        row *= dims[i];
    }
    EXG_TRY_ALL(par, par->rank == 0 ? EXG_OK : exg_new(&got, dims[0] * row));
    row_type = exg_par_row_type(row);
    EXG_MPI(MPI_Bcast(got, exg_mpi_count(dims[0]), row_type, 0, par->comm));
    EXG_MPI(MPI_Type_free(&row_type));
    memcpy(data, &got, sizeof got);
    got = NULL;
done:
    exg_free(got);
    return st;
}
