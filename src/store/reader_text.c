/* reader_text.c -- strings, and attributes.
 *
 * h5py, MATLAB and ourselves store strings in different ways: fixed length,
 * padded with zeros or spaces, or variable length.  All are read. */
#include <stdio.h>
#include <string.h>

#include "extent_impl.h"
#include "reader_impl.h"

enum {
    LONGEST = 1 << 20 /* bytes of a string of fixed length: HDF5 makes room for
                         what a file claims, twice */
};

/* A dataset or an attribute, which HDF5 reads through different calls. */
typedef struct {
    hid_t id;
    int is_attr;
} source;

static herr_t read_from(source s, hid_t type, void *data)
{
    return s.is_attr ? H5Aread(s.id, type, data)
                     : H5Dread(s.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
}

static hid_t type_of(source s)
{
    return s.is_attr ? H5Aget_type(s.id) : H5Dget_type(s.id);
}

static hid_t space_of(source s)
{
    return s.is_attr ? H5Aget_space(s.id) : H5Dget_space(s.id);
}

/* The memory type for strings of a file type: zero-terminated. */
static exg_status string_type(const char *subject, hid_t file_type, size_t size,
                              hid_t *type)
{
    exg_status st = EXG_OK;
    herr_t rc;

    EXG_TRY(EXG_H5(subject, *type, H5Tcopy(H5T_C_S1)));
    EXG_TRY(EXG_H5(subject, rc, H5Tset_size(*type, size)));
    EXG_TRY(EXG_H5(subject, rc, H5Tset_cset(*type, H5Tget_cset(file_type))));
done:
    return st;
}

/* n strings as one block: pointers, then bytes. */
static exg_status copy_list(exg_int n, char *const *from, char ***out)
{
    exg_status st = EXG_OK;
    exg_int bytes = 0;
    char **list = NULL;
    char *at;

    for (exg_int i = 0; i < n; i++) {
        bytes += from[i] != NULL ? (exg_int)strlen(from[i]) + 1 : 1;
    }
    EXG_TRY(exg_new(&list, n + bytes / (exg_int)sizeof at + 1));
    at = (char *)(list + n);
    for (exg_int i = 0; i < n; i++) {
        list[i] = at;
        at = stpcpy(at, from[i] != NULL ? from[i] : "") + 1;
    }
    *out = list;
done:
    return st;
}

static exg_status read_variable(const char *subject, source s, hid_t file_type,
                                exg_int n, char ***out)
{
    exg_status st = EXG_OK;
    hid_t type = -1, space = -1;
    char **list = NULL;
    herr_t rc = -1;

    EXG_TRY(string_type(subject, file_type, H5T_VARIABLE, &type));
    EXG_TRY(EXG_H5(subject, space, space_of(s)));
    EXG_TRY(exg_new(&list, n));
    EXG_TRY(EXG_H5(subject, rc, read_from(s, type, list)));
    st = copy_list(n, list, out);
done:
    if (rc >= 0) {
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, list);
    }
    exg_free(list);
    exg_h5_close(&space);
    exg_h5_close(&type);
    return st;
}

static exg_status read_fixed(const char *subject, source s, hid_t file_type,
                             exg_int n, char ***out)
{
    exg_status st = EXG_OK;
    const exg_int size = (exg_int)H5Tget_size(file_type) + 1;
    exg_int bytes = 0;
    hid_t type = -1;
    char *block = NULL;
    char **list = NULL;
    herr_t rc;

    if (size > LONGEST) {
        return exg_fail(EXG_EINPUT, "%s: text of %td bytes, want at most %d",
                        subject, size - 1, LONGEST - 1);
    }
    EXG_TRY(exg_mem_product(n, size, &bytes));
    EXG_TRY(exg_new(&block, bytes));
    EXG_TRY(exg_new(&list, n));
    EXG_TRY(string_type(subject, file_type, (size_t)size, &type));
    EXG_TRY(EXG_H5(subject, rc, read_from(s, type, block)));
    for (exg_int i = 0; i < n; i++) {
        list[i] = block + i * size;
    }
    st = copy_list(n, list, out);
done:
    exg_free(list);
    exg_free(block);
    exg_h5_close(&type);
    return st;
}

static exg_status read_list(const char *subject, source s, exg_int n,
                            char ***out)
{
    exg_status st = EXG_OK;
    hid_t type = -1;
    htri_t variable;

    EXG_TRY(EXG_H5(subject, type, type_of(s)));
    if (H5Tget_class(type) != H5T_STRING) {
        st = exg_fail(EXG_EINPUT, "%s: holds no text", subject);
        goto done;
    }
    EXG_TRY(EXG_H5(subject, variable, H5Tis_variable_str(type)));
    st = variable ? read_variable(subject, s, type, n, out)
                  : read_fixed(subject, s, type, n, out);
done:
    exg_h5_close(&type);
    return st;
}

/* Bytes of one element in the file. */
static size_t element_size(hid_t set)
{
    hid_t type = H5Dget_type(set);
    const size_t size = type >= 0 ? H5Tget_size(type) : 0;

    exg_h5_close(&type);
    return size > 0 ? size : 1;
}

exg_status exg_reader_texts(exg_reader *r, const char *path, exg_int *n,
                            char ***texts)
{
    exg_status st = EXG_OK;
    exg_int dims[EXG_READER_RANK], count = 0;
    int rank = 0;
    hid_t set = -1;

    EXG_TRY(exg_reader_dataset(r, path, &set));
    EXG_TRY(
        exg_reader_count(r, path, set, element_size(set), &rank, dims, &count));
    if (rank > 1) {
        st = exg_fail(EXG_EINPUT, "%s: %d dimensions, want a list",
                      exg_reader_subject(r, path), rank);
        goto done;
    }
    EXG_TRY(read_list(exg_reader_subject(r, path), (source){.id = set}, count,
                      texts));
    *n = count;
done:
    exg_h5_close(&set);
    return st;
}

/* Open an attribute that has one element. */
static exg_status open_attr(exg_reader *r, const char *path, const char *name,
                            hid_t *attr)
{
    exg_status st = EXG_OK;
    const char *subject = exg_reader_subject(r, path);
    hid_t object = -1, space = -1;

    if (!exg_reader_has(r, path)) {
        return exg_reader_missing(r, path);
    }
    EXG_TRY(EXG_H5(subject, object, H5Oopen(r->file, path, H5P_DEFAULT)));
    if (H5Aexists(object, name) <= 0) {
        st = exg_fail(EXG_EINPUT, "%s: attribute %s is missing", subject, name);
        goto done;
    }
    EXG_TRY(EXG_H5(subject, *attr, H5Aopen(object, name, H5P_DEFAULT)));
    EXG_TRY(EXG_H5(subject, space, H5Aget_space(*attr)));
    if (exg_extent_count(space) != 1) {
        st = exg_fail(EXG_EINPUT, "%s: attribute %s is not one value", subject,
                      name);
    }
done:
    exg_h5_close(&space);
    exg_h5_close(&object);
    return st;
}

typedef struct {
    exg_reader_visit visit;
    void *state;
} visitor;

/* HDF5's form of a visit; object and info are its own. */
static herr_t pass_on(hid_t object, const char *name, const H5A_info_t *info,
                      void *state)
{
    const visitor *v = state;

    (void)object;
    (void)info;
    v->visit(v->state, name);
    return 0;
}

exg_status exg_reader_attrs(exg_reader *r, const char *path,
                            exg_reader_visit visit, void *state)
{
    exg_status st = EXG_OK;
    const char *subject = exg_reader_subject(r, path);
    visitor v = {.visit = visit, .state = state};
    hid_t object = -1;
    herr_t rc;

    if (!exg_reader_has(r, path)) {
        return exg_reader_missing(r, path);
    }
    EXG_TRY(EXG_H5(subject, object, H5Oopen(r->file, path, H5P_DEFAULT)));
    EXG_TRY(EXG_H5(
        subject, rc,
        H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, pass_on, &v)));
done:
    exg_h5_close(&object);
    return st;
}

exg_status exg_reader_attr_text(exg_reader *r, const char *path,
                                const char *name, char *text, size_t size)
{
    exg_status st = EXG_OK;
    char **list = NULL;
    hid_t attr = -1;

    EXG_TRY(open_attr(r, path, name, &attr));
    EXG_TRY(read_list(exg_reader_subject(r, path),
                      (source){.id = attr, .is_attr = 1}, 1, &list));
    /* The first is for gcc's analyzer, which cannot see that one text came. */
    if (list == NULL || strlen(list[0]) >= size) {
        st = exg_fail(EXG_EINPUT, "%s: attribute %s is longer than %zu bytes",
                      exg_reader_subject(r, path), name, size - 1);
        goto done;
    }
    snprintf(text, size, "%s", list[0]);
done:
    exg_free(list);
    exg_h5_close(&attr);
    return st;
}

exg_status exg_reader_attr_f64(exg_reader *r, const char *path,
                               const char *name, double *value)
{
    exg_status st = EXG_OK;
    hid_t attr = -1, type = -1;
    H5T_class_t class;
    herr_t rc;
    double got = 0;

    EXG_TRY(open_attr(r, path, name, &attr));
    EXG_TRY(EXG_H5(exg_reader_subject(r, path), type, H5Aget_type(attr)));
    class = H5Tget_class(type);
    if (class != H5T_INTEGER && class != H5T_FLOAT) {
        st = exg_fail(EXG_EINPUT, "%s: attribute %s is no number",
                      exg_reader_subject(r, path), name);
        goto done;
    }
    EXG_TRY(EXG_H5(exg_reader_subject(r, path), rc,
                   H5Aread(attr, H5T_NATIVE_DOUBLE, &got)));
    *value = got;
done:
    exg_h5_close(&type);
    exg_h5_close(&attr);
    return st;
}
