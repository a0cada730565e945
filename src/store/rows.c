/* rows.c -- see rows.h.  HDF5 converts between number types while it reads; a
 * value too large for float becomes infinite, which t-SNE refuses by row. */
#include "store/rows.h"

#include <stdio.h>
#include <string.h>

#include "reader_impl.h"

exg_status exg_rows_place_of(const char *what, const char *text,
                             exg_rows_place *place)
{
    const char *colon = text[0] != '\0' ? strstr(text + 1, ":/") : NULL;

    if (colon == NULL || colon[2] == '\0' || colon - text >= EXG_ROWS_NAME ||
        strlen(colon) > EXG_ROWS_NAME) {
        return exg_fail(EXG_EUSAGE, "%s: '%.80s', want FILE.h5:/path", what,
                        text);
    }
    snprintf(place->file, sizeof place->file, "%.*s", (int)(colon - text),
             text);
    snprintf(place->path, sizeof place->path, "%s", colon + 1);
    return EXG_OK;
}

exg_status exg_rows_open(const exg_rows_place *place, exg_reader **r)
{
    return exg_reader_open_any(place->file, r);
}

/* Open a dataset that has this number of dimensions and this kind of values. */
static exg_status open_set(exg_reader *r, const char *path, int want_rank,
                           int whole, hid_t *set, exg_int *dims)
{
    exg_status st = EXG_OK;
    exg_int count = 0;
    int rank = 0;

    EXG_TRY(exg_reader_dataset(r, path, set));
    EXG_TRY(exg_reader_numeric(r, path, *set, whole));
    EXG_TRY(
        exg_reader_count(r, path, *set, sizeof(float), &rank, dims, &count));
    if (rank != want_rank) {
        st = exg_fail(EXG_EINPUT, "%s: %d dimension%s, want %d",
                      exg_reader_subject(r, path), rank, rank == 1 ? "" : "s",
                      want_rank);
    }
done:
    if (st != EXG_OK) {
        exg_h5_close(set);
    }
    return st;
}

/* Read a hyperslab of whole rows. */
static exg_status read_slab(exg_reader *r, const char *path, hid_t set,
                            int rank, exg_int first, exg_int count,
                            exg_int columns, hid_t type, void *data)
{
    exg_status st = EXG_OK;
    const char *subject = exg_reader_subject(r, path);
    const hsize_t from[2] = {(hsize_t)first, 0};
    const hsize_t size[2] = {(hsize_t)count, (hsize_t)columns};
    hid_t file = -1, memory = -1;
    herr_t rc;

    if (count == 0 || columns == 0) {
        return EXG_OK;
    }
    EXG_TRY(EXG_H5(subject, file, H5Dget_space(set)));
    EXG_TRY(EXG_H5(
        subject, rc,
        H5Sselect_hyperslab(file, H5S_SELECT_SET, from, NULL, size, NULL)));
    EXG_TRY(EXG_H5(subject, memory, H5Screate_simple(rank, size, NULL)));
    EXG_TRY(exg_reader_read(set, subject, type, memory, file, data));
done:
    exg_h5_close(&memory);
    exg_h5_close(&file);
    return st;
}

exg_status exg_rows_shape(exg_reader *r, const char *path, exg_int *rows,
                          exg_int *columns)
{
    exg_int dims[EXG_READER_RANK];
    hid_t set = -1;
    const exg_status st = open_set(r, path, 2, 0, &set, dims);

    if (st == EXG_OK) {
        *rows = dims[0];
        *columns = dims[1];
        exg_h5_close(&set);
    }
    return st;
}

exg_status exg_rows_read(exg_reader *r, const char *path, exg_int first,
                         exg_int count, exg_int columns, float *data)
{
    exg_status st = EXG_OK;
    exg_int dims[EXG_READER_RANK];
    hid_t set = -1;

    EXG_TRY(open_set(r, path, 2, 0, &set, dims));
    EXG_TRY(read_slab(r, path, set, 2, first, count, columns, H5T_NATIVE_FLOAT,
                      data));
done:
    exg_h5_close(&set);
    return st;
}

exg_status exg_rows_labels(exg_reader *r, const char *path, exg_int total,
                           exg_int first, exg_int count, int32_t *label)
{
    exg_status st = EXG_OK;
    exg_int dims[EXG_READER_RANK];
    int64_t *wide = NULL;
    hid_t set = -1;

    EXG_TRY(open_set(r, path, 1, 1, &set, dims));
    if (dims[0] != total) {
        st = exg_fail(EXG_EINPUT,
                      "%s: %td labels, want one for each of %td "
                      "rows",
                      exg_reader_subject(r, path), dims[0], total);
        goto done;
    }
    EXG_TRY(exg_new(&wide, count));
    EXG_TRY(
        read_slab(r, path, set, 1, first, count, 1, H5T_NATIVE_INT64, wide));
    for (exg_int i = 0; i < count; i++) {
        if (wide[i] < 0 || wide[i] > INT32_MAX) {
            st = exg_fail(EXG_EINPUT, "%s: row %td is %lld, want 0 to %d",
                          exg_reader_subject(r, path), first + i,
                          (long long)wide[i], INT32_MAX);
            goto done;
        }
        label[i] = (int32_t)wide[i];
    }
done:
    exg_free(wide);
    exg_h5_close(&set);
    return st;
}
