/* writer.c -- a file that is complete or absent.
 *
 * Parallel HDF5 may leave a broken file when a process dies, so everything is
 * written to PATH.part, and a rename -- atomic on POSIX file systems -- makes
 * it PATH when it is safely on the disk.  Metadata calls are made alike by all
 * ranks, as HDF5 demands; each is followed by an agreement, so that a rank that
 * fails takes the others along instead of leaving them in the next collective
 * call.  Object times are off: equal contents are equal bytes. */
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "par/agree.h"
#include "writer_impl.h"

/* Where things lie must not depend on the number of ranks: one rank alone takes
 * places for chunks and for their index in turn, several take all chunks first.
 * So metadata get blocks of their own, values follow each other in the order
 * they are written, and holes are not used again (they are below 1 % of a
 * file).  Readers then find nearly all metadata in one piece. */
enum {
    META_BYTES = 128 * 1024
};

static void destroy(exg_writer **w)
{
    if (*w == NULL) {
        return;
    }
    exg_h5_close(&(*w)->collective);
    exg_h5_close(&(*w)->file);
    if ((*w)->fd >= 0) {
        close((*w)->fd);
    }
    exg_free((*w)->path);
    exg_free((*w)->part);
    exg_free(*w);
    *w = NULL;
}

static exg_status create(const char *path, exg_writer **out)
{
    exg_status st = EXG_OK;
    const exg_int size = (exg_int)strlen(path) + 1;
    exg_writer *w = NULL;

    EXG_TRY(exg_new(&w, 1));
    w->file = w->collective = -1;
    w->fd = -1;
    EXG_TRY(exg_new(&w->path, size));
    EXG_TRY(exg_new(&w->part, size + 5));
    memcpy(w->path, path, (size_t)size);
    snprintf(w->part, (size_t)size + 5, "%s.part", path);
    EXG_TRY(EXG_H5(path, w->collective, H5Pcreate(H5P_DATASET_XFER)));
    *out = w;
    w = NULL;
done:
    destroy(&w);
    return st;
}

/* Neither may be a directory, or anything else but a file.  A part that is left
 * over goes, and is never written into: a link would lead to another file, and
 * what is of another owner would stay that. */
static exg_status clear_names(const exg_writer *w)
{
    struct stat info;

    if (stat(w->path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return exg_fail(EXG_EIO, "%s: is there and no regular file", w->path);
    }
    if (lstat(w->part, &info) != 0) {
        return EXG_OK; /* if not for its absence, creating it says why */
    }
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
        return exg_fail(EXG_EIO, "%s: is there and no regular file", w->part);
    }
    if (unlink(w->part) != 0 && errno != ENOENT) {
        return exg_fail(EXG_EIO, "%s: is left over and cannot be removed: %s",
                        w->part, strerror(errno));
    }
    return EXG_OK;
}

exg_status exg_writer_clear(const char *path)
{
    exg_status st = EXG_OK;
    exg_writer *w = NULL;

    EXG_TRY(create(path, &w));
    EXG_TRY(clear_names(w));
done:
    destroy(&w);
    return st;
}

/* The operating system's reason is better than what MPI-IO makes of it, so
 * rank 0 creates the file first, and keeps it open to know it again. */
static exg_status claim(exg_writer *w)
{
    const exg_status st = clear_names(w);

    if (st != EXG_OK) {
        return st;
    }
    w->fd = open(w->part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (w->fd < 0) {
        return exg_fail(EXG_EIO, "%s: cannot create: %s", w->part,
                        strerror(errno));
    }
    return EXG_OK;
}

/* Has another run taken the name of rank 0's file in the meantime? */
static int is_ousted(const exg_writer *w)
{
    struct stat mine, there;

    return fstat(w->fd, &mine) == 0 && lstat(w->part, &there) == 0 &&
           (mine.st_dev != there.st_dev || mine.st_ino != there.st_ino);
}

static exg_status file_layout(const char *part, hid_t creation, hid_t access)
{
    exg_status st = EXG_OK;
    herr_t rc;

    EXG_TRY(EXG_H5(part, rc, H5Pset_obj_track_times(creation, 0)));
    EXG_TRY(EXG_H5(
        part, rc,
        H5Pset_file_space_strategy(creation, H5F_FSPACE_STRATEGY_AGGR, 0, 1)));
    EXG_TRY(EXG_H5(part, rc, H5Pset_meta_block_size(access, META_BYTES)));
    EXG_TRY(EXG_H5(part, rc, H5Pset_small_data_block_size(access, 0)));
done:
    return st;
}

static exg_status create_file(const exg_par *par, exg_writer *w)
{
    exg_status st = EXG_OK;
    const char *part = w->part;
    hid_t access = -1, creation = -1;
    herr_t rc;

    EXG_TRY(EXG_H5(part, rc,
                   H5Pset_dxpl_mpio(w->collective, H5FD_MPIO_COLLECTIVE)));
    EXG_TRY(EXG_H5(part, access, H5Pcreate(H5P_FILE_ACCESS)));
    EXG_TRY(
        EXG_H5(part, rc, H5Pset_fapl_mpio(access, par->comm, MPI_INFO_NULL)));
    EXG_TRY(EXG_H5(part, rc, H5Pset_coll_metadata_write(access, 1)));
    EXG_TRY(EXG_H5(part, rc, H5Pset_all_coll_metadata_ops(access, 1)));
    EXG_TRY(EXG_H5(part, rc, H5Pset_fclose_degree(access, H5F_CLOSE_STRONG)));
    EXG_TRY(EXG_H5(part, creation, H5Pcreate(H5P_FILE_CREATE)));
    EXG_TRY(file_layout(part, creation, access));
    EXG_TRY(EXG_H5(part, w->file,
                   H5Fcreate(part, H5F_ACC_TRUNC, creation, access)));
done:
    exg_h5_close(&access);
    exg_h5_close(&creation);
    return st;
}

exg_status exg_writer_open(const exg_par *par, const char *path,
                           exg_writer **out)
{
    exg_status st = EXG_OK;
    exg_writer *w = NULL;

    exg_h5_begin();
    st = exg_agree(par, create(path, &w));
    /* Some ranks have no writer, and dropping one is collective.  That w is not
     * NULL where all agreed on EXG_OK is news to gcc's analyzer alone. */
    if (st != EXG_OK || w == NULL) {
        destroy(&w);
        return st;
    }
    EXG_TRY_ALL(par, par->rank == 0 ? claim(w) : EXG_OK);
    EXG_TRY_ALL(par, create_file(par, w));
    *out = w;
    w = NULL;
done:
    exg_writer_drop(par, &w);
    return st;
}

/* Force a file or directory to the disk. */
static exg_status sync_path(const char *path)
{
    exg_status st = EXG_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        st = exg_fail(EXG_EIO, "%s: cannot force to disk: %s", path,
                      strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return st;
}

/* Rank 0: PATH.part becomes PATH.  The directory holds the name, so it is
 * synchronised too; where a file system cannot, the file is good all the
 * same. */
static exg_status publish(exg_writer *w)
{
    exg_status st = EXG_OK;
    int fd;

    if (is_ousted(w)) {
        return exg_fail(EXG_EIO,
                        "%s: another run has begun to write a file of this "
                        "name; this one's is lost",
                        w->part);
    }
    EXG_TRY(sync_path(w->part));
    if (rename(w->part, w->path) != 0) {
        return exg_fail(EXG_EIO, "%s: cannot rename to %s: %s", w->part,
                        w->path, strerror(errno));
    }
    fd = open(dirname(w->part), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
done:
    return st;
}

static exg_status finish_file(exg_writer *w)
{
    exg_status st = EXG_OK;
    herr_t rc;

    EXG_TRY(EXG_H5(w->part, rc, H5Fflush(w->file, H5F_SCOPE_GLOBAL)));
done:
    return st;
}

static exg_status close_file(exg_writer *w)
{
    int rc;

    return EXG_H5(w->part, rc, exg_h5_close(&w->file));
}

exg_status exg_writer_close(const exg_par *par, exg_writer **w)
{
    exg_status st = EXG_OK;

    EXG_TRY_ALL(par, finish_file(*w));
    EXG_TRY_ALL(par, close_file(*w));
    EXG_TRY_ALL(par, par->rank == 0 ? publish(*w) : EXG_OK);
    destroy(w);
done:
    exg_writer_drop(par, w);
    return st;
}

/* HDF5 writes its metadata when it closes a file, even one that nobody wants,
 * and crashes at the program's end if that fails half-way (1.10.8).  So the
 * space is given back first, for the disk may be full; and a file that cannot
 * be flushed even then is left open: ending, the library gives it up. */
static void abandon(const exg_par *par, exg_writer *w)
{
    int clean;

    if (w->fd >= 0) { /* else what is there is not ours */
        (void)!ftruncate(w->fd, 0);
        if (!is_ousted(w)) {
            (void)unlink(w->part);
        }
    }
    EXG_MPI(MPI_Barrier(par->comm));
    if (w->file < 0) {
        return;
    }
    EXG_WATCH_ENTER(); /* a rank that fails here may leave others in it */
    clean = H5Fflush(w->file, H5F_SCOPE_GLOBAL) >= 0;
    exg_watch_leave();
    EXG_MPI(
        MPI_Allreduce(MPI_IN_PLACE, &clean, 1, MPI_INT, MPI_MIN, par->comm));
    if (!clean) {
        w->file = -1;
    }
}

void exg_writer_drop(const exg_par *par, exg_writer **w)
{
    if (*w == NULL) {
        return;
    }
    abandon(par, *w);
    destroy(w);
}

exg_status exg_writer_group(const exg_par *par, exg_writer *w, const char *path,
                            const char *nx_class)
{
    exg_status st = EXG_OK;
    hid_t group = -1, creation = -1;
    herr_t rc;

    EXG_TRY_ALL(par, EXG_H5(path, creation, H5Pcreate(H5P_GROUP_CREATE)));
    EXG_TRY_ALL(par, EXG_H5(path, rc, H5Pset_obj_track_times(creation, 0)));
    EXG_TRY_ALL(par, EXG_H5(path, group,
                            H5Gcreate2(w->file, path, H5P_DEFAULT, creation,
                                       H5P_DEFAULT)));
    if (nx_class != NULL) {
        EXG_TRY_ALL(par,
                    exg_writer_text_on(group, path, "NX_class", -1, &nx_class));
    }
done:
    exg_h5_close(&creation);
    exg_h5_close(&group);
    return st;
}

exg_status exg_writer_link(const exg_par *par, exg_writer *w, const char *path,
                           const char *target)
{
    exg_status st = EXG_OK;
    herr_t rc;

    EXG_TRY_ALL(par, EXG_H5(path, rc,
                            H5Lcreate_soft(target, w->file, path, H5P_DEFAULT,
                                           H5P_DEFAULT)));
done:
    return st;
}

int exg_writer_has(const exg_par *par, exg_writer *w, const char *path)
{
    (void)par;
    return H5Lexists(w->file, path, H5P_DEFAULT) > 0;
}
