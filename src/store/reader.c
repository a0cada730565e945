/* reader.c -- read without trust.
 *
 * A results file may be damaged, truncated, of another program or of a newer
 * version.  So the class, shape and size of everything are checked before
 * memory is asked for: deflate shrinks by 1032 at best, so a dataset that
 * claims more than about a thousand times what is stored of it is refused, and
 * so are values that lie outside the file, and a dataset of many small chunks
 * that are not there. */
#include "store/reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extent_impl.h"
#include "reader_impl.h"
#include "store/schema.h"

enum {
    DEFLATE_BEST = 1100,    /* most a file's bytes can swell    */
    SIZE_FREE = 1024 * 1024 /* sizes up to this need no excuse  */
};

const char *exg_reader_subject(exg_reader *r, const char *path)
{
    snprintf(r->subject, sizeof r->subject, "%.700s: %.300s", r->path, path);
    return r->subject;
}

static exg_status open_file(const char *path, exg_reader *r)
{
    hsize_t bytes = 0;
    char reason[EXG_ERR_MAX];
    struct stat s;
    herr_t rc;

    if (access(path, R_OK) != 0 || stat(path, &s) != 0) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(s.st_mode)) { /* HDF5 would wait for a pipe for ever */
        return exg_fail(EXG_EIO, "%s: is no regular file", path);
    }
    r->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (r->file < 0) {
        exg_h5_reason(reason, sizeof reason);
        return exg_fail(EXG_EIO, "%s: cannot open as HDF5: %s", path, reason);
    }
    rc = H5Fget_filesize(r->file, &bytes);
    r->file_bytes = (exg_int)bytes;
    return rc < 0 ? exg_fail(EXG_EIO, "%s: has no size", path) : EXG_OK;
}

/* Ours by its schema number, or a file with just a model in it. */
static exg_status recognise(exg_reader *r)
{
    double version = 0;

    if (H5Aexists(r->file, EXG_SCHEMA_VERSION_ATTR) <= 0) {
        return exg_reader_has(r, EXG_SCHEMA_MODEL_BEST)
                   ? EXG_OK
                   : exg_fail(EXG_EINPUT, "%s: no results file of exigo-mpi",
                              r->path);
    }
    if (exg_reader_attr_f64(r, "/", EXG_SCHEMA_VERSION_ATTR, &version) !=
        EXG_OK) {
        return EXG_EINPUT;
    }
    if (!(version <= EXG_SCHEMA_VERSION)) {
        return exg_fail(EXG_EINPUT,
                        "%s: schema %g is newer than this program's %d",
                        r->path, version, EXG_SCHEMA_VERSION);
    }
    return EXG_OK;
}

exg_status exg_reader_open_any(const char *path, exg_reader **out)
{
    exg_status st = EXG_OK;
    const exg_int size = (exg_int)strlen(path) + 1;
    exg_reader *r = NULL;

    exg_h5_begin();
    EXG_TRY(exg_new(&r, 1));
    r->file = -1;
    EXG_TRY(exg_new(&r->path, size));
    memcpy(r->path, path, (size_t)size);
    EXG_TRY(open_file(path, r));
    *out = r;
    r = NULL;
done:
    exg_reader_close(&r);
    return st;
}

exg_status exg_reader_open(const char *path, exg_reader **out)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;

    EXG_TRY(exg_reader_open_any(path, &r));
    EXG_TRY(recognise(r));
    *out = r;
    r = NULL;
done:
    exg_reader_close(&r);
    return st;
}

void exg_reader_close(exg_reader **r)
{
    if (*r == NULL) {
        return;
    }
    exg_h5_close(&(*r)->file);
    exg_free((*r)->path);
    exg_free(*r);
    *r = NULL;
}

/* H5Lexists wants every group on the way to be there. */
int exg_reader_has(exg_reader *r, const char *path)
{
    char part[EXG_ERR_MAX];
    const size_t length = strlen(path);

    if (length >= sizeof part) {
        return 0;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (strcmp(part, "/") != 0 &&
            (H5Lexists(r->file, part, H5P_DEFAULT) <= 0 ||
             H5Oexists_by_name(r->file, part, H5P_DEFAULT) <= 0)) {
            return 0;
        }
    }
    return 1;
}

exg_status exg_reader_missing(exg_reader *r, const char *path)
{
    H5L_info_t link;
    const int elsewhere = H5Lget_info(r->file, path, &link, H5P_DEFAULT) >= 0 &&
                          link.type == H5L_TYPE_EXTERNAL;

    return exg_fail(EXG_EINPUT, "%s: %s", exg_reader_subject(r, path),
                    elsewhere ? "is a link into another file, which is not "
                                "followed"
                              : "missing");
}

exg_status exg_reader_dataset(exg_reader *r, const char *path, hid_t *set)
{
    const char *subject = exg_reader_subject(r, path);
    char reason[EXG_ERR_MAX];
    exg_status st;

    if (!exg_reader_has(r, path)) {
        return exg_reader_missing(r, path);
    }
    *set = H5Dopen2(r->file, path, H5P_DEFAULT);
    if (*set < 0) {
        exg_h5_reason(reason, sizeof reason);
        return exg_fail(EXG_EINPUT, "%s: no dataset: %s", subject, reason);
    }
    st = exg_reader_layout(*set, subject);
    if (st != EXG_OK) {
        exg_h5_close(set);
    }
    return st;
}

/* Rank and dims of an open dataset. */
static exg_status shape_of(exg_reader *r, const char *path, hid_t set,
                           int *rank, exg_int *dims)
{
    exg_status st = EXG_OK;
    hsize_t got[H5S_MAX_RANK] = {0};
    const char *subject = exg_reader_subject(r, path);
    hid_t space = -1;

    EXG_TRY(EXG_H5(subject, space, H5Dget_space(set)));
    EXG_TRY(
        EXG_H5(subject, *rank, H5Sget_simple_extent_dims(space, got, NULL)));
    if (*rank > EXG_READER_RANK ||
        H5Sget_simple_extent_type(space) == H5S_NULL) {
        st = exg_fail(EXG_EINPUT, "%s: %d dimensions, want at most %d", subject,
                      *rank, EXG_READER_RANK);
        goto done;
    }
    for (int i = 0; i < EXG_READER_RANK; i++) {
        dims[i] = i < *rank ? (exg_int)got[i] : 1;
        if (dims[i] < 0) {
            st = exg_fail(EXG_EINPUT, "%s: dimension %d is too large", subject,
                          i);
            goto done;
        }
    }
done:
    exg_h5_close(&space);
    return st;
}

/* Are most of its chunks there? */
static exg_status check_chunks(exg_reader *r, const char *path, hid_t set)
{
    exg_int want, have;
    hid_t space = H5Dget_space(set);
    const int hollow = exg_extent_is_hollow(set, space, &want, &have);

    exg_h5_close(&space);
    return hollow ? exg_fail(EXG_EINPUT,
                             "%s: has %td of its %td chunks, want half of them "
                             "at least",
                             exg_reader_subject(r, path), have, want)
                  : EXG_OK;
}

exg_status exg_reader_count(exg_reader *r, const char *path, hid_t set,
                            size_t each, int *rank, exg_int *dims,
                            exg_int *count)
{
    exg_status st = EXG_OK;
    exg_int bytes = (exg_int)each, stored;

    *count = 1;
    EXG_TRY(shape_of(r, path, set, rank, dims));
    for (int i = 0; i < *rank; i++) {
        if (__builtin_mul_overflow(*count, dims[i], count) ||
            __builtin_mul_overflow(bytes, dims[i], &bytes)) {
            bytes = PTRDIFF_MAX;
            break;
        }
    }
    stored = (exg_int)H5Dget_storage_size(set);
    stored = stored >= 0 && stored < r->file_bytes ? stored : r->file_bytes;
    if (bytes == PTRDIFF_MAX || /* also in a file of many holes */
        (bytes > SIZE_FREE && bytes / DEFLATE_BEST > stored)) {
        st = exg_fail(EXG_EINPUT,
                      "%s: claims more values than its %td bytes in a file of "
                      "%td can hold",
                      exg_reader_subject(r, path), stored, r->file_bytes);
        goto done;
    }
    st = check_chunks(r, path, set);
done:
    return st;
}

exg_status exg_reader_shape(exg_reader *r, const char *path, int *rank,
                            exg_int *dims)
{
    exg_status st = EXG_OK;
    hid_t set = -1;

    EXG_TRY(exg_reader_dataset(r, path, &set));
    EXG_TRY(shape_of(r, path, set, rank, dims));
done:
    exg_h5_close(&set);
    return st;
}

/* "(5, 10)"; -1 is "any". */
static const char *shape_text(int rank, const exg_int *dims, char *text,
                              size_t size)
{
    size_t at = (size_t)snprintf(text, size, "(");

    for (int i = 0; i < rank && at < size; i++) {
        at += dims[i] < 0 ? (size_t)snprintf(text + at, size - at, "%sany",
                                             i > 0 ? ", " : "")
                          : (size_t)snprintf(text + at, size - at, "%s%td",
                                             i > 0 ? ", " : "", dims[i]);
    }
    if (at < size) {
        snprintf(text + at, size - at, ")");
    }
    return text;
}

static exg_status check_shape(exg_reader *r, const char *path, int rank,
                              const exg_int *got, int want_rank, exg_int *want)
{
    char have[160], wish[160];
    int same = rank == want_rank;

    for (int i = 0; same && i < rank; i++) {
        same = want[i] < 0 || want[i] == got[i];
    }
    if (!same) {
        return exg_fail(EXG_EINPUT, "%s: shape %s, want %s",
                        exg_reader_subject(r, path),
                        shape_text(rank, got, have, sizeof have),
                        shape_text(want_rank, want, wish, sizeof wish));
    }
    for (int i = 0; i < rank; i++) { /* a scalar's `want` may be NULL */
        want[i] = got[i];
    }
    return EXG_OK;
}

exg_status exg_reader_numeric(exg_reader *r, const char *path, hid_t set,
                              int whole)
{
    hid_t type = H5Dget_type(set);
    const H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;

    exg_h5_close(&type);
    if (class == H5T_INTEGER || (class == H5T_FLOAT && !whole)) {
        return EXG_OK;
    }
    return exg_fail(EXG_EINPUT, "%s: holds no %s", exg_reader_subject(r, path),
                    whole ? "integers" : "numbers");
}

static exg_status read_numbers(exg_reader *r, const char *path, int rank,
                               exg_int *dims, hid_t memory, size_t each,
                               void *data)
{
    exg_status st = EXG_OK;
    exg_int got[EXG_READER_RANK], count = 0;
    int got_rank = 0;
    char *block = NULL;
    hid_t set = -1;

    EXG_TRY(exg_reader_dataset(r, path, &set));
    EXG_TRY(exg_reader_numeric(r, path, set, memory == H5T_NATIVE_INT64));
    EXG_TRY(exg_reader_count(r, path, set, each, &got_rank, got, &count));
    EXG_TRY(check_shape(r, path, got_rank, got, rank, dims));
    EXG_TRY(exg_new(&block, count * (exg_int)each));
    if (count > 0) {
        EXG_TRY(exg_reader_read(set, exg_reader_subject(r, path), memory,
                                H5S_ALL, H5S_ALL, block));
    }
    memcpy(data, &block, sizeof block);
    block = NULL;
done:
    exg_free(block);
    exg_h5_close(&set);
    return st;
}

exg_status exg_reader_f32(exg_reader *r, const char *path, int rank,
                          exg_int *dims, float **data)
{
    return read_numbers(r, path, rank, dims, H5T_NATIVE_FLOAT, sizeof **data,
                        data);
}

exg_status exg_reader_f64(exg_reader *r, const char *path, int rank,
                          exg_int *dims, double **data)
{
    return read_numbers(r, path, rank, dims, H5T_NATIVE_DOUBLE, sizeof **data,
                        data);
}

exg_status exg_reader_i64(exg_reader *r, const char *path, int rank,
                          exg_int *dims, int64_t **data)
{
    return read_numbers(r, path, rank, dims, H5T_NATIVE_INT64, sizeof **data,
                        data);
}
