/* writer_put.c -- arrays and texts.
 *
 * One collective H5Dwrite per dataset: the ranks of a split array write their
 * hyperslab, and where rank 0 has it all the others take part with an empty
 * selection, because filtered datasets can only be written collectively.
 *
 * The file must not tell how many ranks wrote it.  So chunks follow from the
 * array's shape alone, and those of a split array lie one behind the other
 * along the split dimension, whole in all others: HDF5 gives them their places
 * in the order of ranks, which then is the order of rows.  Pieces are small,
 * because a chunk that several ranks share is sent to one of them and
 * compressed there: whole moments of a trajectory as chunks took as long on two
 * ranks as on one.
 *
 * Deflate level 1, because level 4 takes half as long again and saves 2-3 %.
 * Shuffle gathers the bytes of equal weight, which helps dense numbers but
 * tears runs of zeros apart: without it features after a ReLU are packed 1.2 to
 * 1.7 times as fast and a quarter smaller (0.30 against 0.39 of their size with
 * four zeros in five). */
#include "store/writer.h"

#include <stdio.h>
#include <string.h>

#include "par/agree.h"
#include "writer_impl.h"

enum {
    CHUNK_BYTES = 128 * 1024,
    CHUNK_ROWS = 2048,       /* most of a split dimension             */
    PLAIN_BYTES = 16 * 1024, /* smaller arrays are stored as they are */
    DEFLATE_LEVEL = 1
};

static const size_t type_size[] = {4, 8, 4, 8};

static hid_t file_type(exg_writer_type type)
{
    switch (type) {
    case EXG_WRITER_F32:
        return H5T_IEEE_F32LE;
    case EXG_WRITER_F64:
        return H5T_IEEE_F64LE;
    case EXG_WRITER_I32:
        return H5T_STD_I32LE;
    default:
        return H5T_STD_I64LE;
    }
}

static hid_t memory_type(exg_writer_type type)
{
    switch (type) {
    case EXG_WRITER_F32:
        return H5T_NATIVE_FLOAT;
    case EXG_WRITER_F64:
        return H5T_NATIVE_DOUBLE;
    case EXG_WRITER_I32:
        return H5T_NATIVE_INT32;
    default:
        return H5T_NATIVE_INT64;
    }
}

/* Bytes of the whole array; EXG_EUSAGE for what no array can be. */
static exg_status check(const exg_writer_array *a, exg_int *bytes)
{
    exg_status st = EXG_OK;

    EXG_ASSERT(a->rank >= 0 && a->rank <= EXG_WRITER_RANK);
    EXG_ASSERT(a->split < a->rank);
    *bytes = (exg_int)type_size[a->type];
    for (int i = 0; i < a->rank; i++) {
        EXG_TRY(exg_mem_product(*bytes, a->dims[i], bytes));
    }
    if (a->split >= 0 &&
        (a->shard.first < 0 || a->shard.count < 0 ||
         a->shard.first > a->dims[a->split] - a->shard.count)) {
        st = exg_fail(EXG_EUSAGE, "%s: rows %td + %td of %td", a->path,
                      a->shard.first, a->shard.count, a->dims[a->split]);
    }
done:
    return st;
}

/* Of an array that rank 0 has: whole trailing dimensions while they fit, a part
 * of the next, one of the rest. */
static void chunk_whole(const exg_writer_array *a, exg_int room, hsize_t *chunk)
{
    for (int i = a->rank - 1; i >= 0; i--) {
        const exg_int fits = a->dims[i] < room ? a->dims[i] : room;

        chunk[i] = (hsize_t)(fits > 1 ? fits : 1);
        room /= (exg_int)chunk[i];
    }
}

/* Of a split array: some rows of the split dimension. */
static void chunk_split(const exg_writer_array *a, exg_int room, hsize_t *chunk)
{
    exg_int rows = a->dims[a->split];

    for (int i = 0; i < a->rank; i++) {
        chunk[i] = (hsize_t)a->dims[i];
        room /= i == a->split ? 1 : a->dims[i];
    }
    rows = rows < room ? rows : room;
    rows = rows < CHUNK_ROWS ? rows : CHUNK_ROWS;
    chunk[a->split] = (hsize_t)(rows > 1 ? rows : 1);
}

static exg_status creation_of(const exg_writer_array *a, exg_int bytes,
                              hid_t *out)
{
    exg_status st = EXG_OK;
    const exg_int room = CHUNK_BYTES / (exg_int)type_size[a->type];
    hsize_t chunk[EXG_WRITER_RANK];
    hid_t list = -1;
    herr_t rc;

    EXG_TRY(EXG_H5(a->path, list, H5Pcreate(H5P_DATASET_CREATE)));
    EXG_TRY(EXG_H5(a->path, rc, H5Pset_obj_track_times(list, 0)));
    EXG_TRY(EXG_H5(a->path, rc, H5Pset_fill_time(list, H5D_FILL_TIME_NEVER)));
    if (a->rank > 0 && bytes >= PLAIN_BYTES) {
        if (a->split >= 0) {
            chunk_split(a, room, chunk);
        } else {
            chunk_whole(a, room, chunk);
        }
        EXG_TRY(EXG_H5(a->path, rc, H5Pset_chunk(list, a->rank, chunk)));
        if (!a->has_zeros) {
            EXG_TRY(EXG_H5(a->path, rc, H5Pset_shuffle(list)));
        }
        EXG_TRY(EXG_H5(a->path, rc, H5Pset_deflate(list, DEFLATE_LEVEL)));
    }
    *out = list;
    list = -1;
done:
    exg_h5_close(&list);
    return st;
}

static exg_status space_of(const exg_writer_array *a, exg_int split_count,
                           hid_t *space)
{
    hsize_t dims[EXG_WRITER_RANK];

    for (int i = 0; i < a->rank; i++) {
        dims[i] = (hsize_t)(i == a->split ? split_count : a->dims[i]);
    }
    return EXG_H5(a->path, *space,
                  a->rank == 0 ? H5Screate(H5S_SCALAR)
                               : H5Screate_simple(a->rank, dims, NULL));
}

/* The empty dataset with its name and unit. */
static exg_status create(exg_writer *w, const exg_writer_array *a,
                         exg_int bytes, hid_t *out)
{
    exg_status st = EXG_OK;
    hid_t list = -1, space = -1, set = -1;

    EXG_TRY(creation_of(a, bytes, &list));
    EXG_TRY(space_of(a, a->split >= 0 ? a->dims[a->split] : 0, &space));
    EXG_TRY(EXG_H5(a->path, set,
                   H5Dcreate2(w->file, a->path, file_type(a->type), space,
                              H5P_DEFAULT, list, H5P_DEFAULT)));
    EXG_TRY(exg_writer_text_on(set, a->path, "long_name", -1, &a->long_name));
    EXG_TRY(exg_writer_text_on(set, a->path, "units", -1, &a->units));
    *out = set;
    set = -1;
done:
    exg_h5_close(&set);
    exg_h5_close(&space);
    exg_h5_close(&list);
    return st;
}

/* What this rank writes: `in` in its memory, `to` in the file. */
static exg_status select_mine(const exg_par *par, const exg_writer_array *a,
                              hid_t set, hid_t *in, hid_t *to)
{
    exg_status st = EXG_OK;
    hsize_t first[EXG_WRITER_RANK] = {0}, count[EXG_WRITER_RANK];
    const int some = a->split >= 0 ? a->shard.count > 0 : par->rank == 0;
    herr_t rc;

    EXG_TRY(EXG_H5(a->path, *to, H5Dget_space(set)));
    EXG_TRY(space_of(a, a->shard.count, in));
    if (!some) {
        EXG_TRY(EXG_H5(a->path, rc, H5Sselect_none(*to)));
        EXG_TRY(EXG_H5(a->path, rc, H5Sselect_none(*in)));
    } else if (a->split >= 0) {
        for (int i = 0; i < a->rank; i++) {
            count[i] = (hsize_t)a->dims[i];
        }
        first[a->split] = (hsize_t)a->shard.first;
        count[a->split] = (hsize_t)a->shard.count;
        EXG_TRY(EXG_H5(a->path, rc,
                       H5Sselect_hyperslab(*to, H5S_SELECT_SET, first, NULL,
                                           count, NULL)));
    }
done:
    return st;
}

/* The agreement between choosing and writing keeps a rank that cannot choose
 * from leaving the others in the collective write. */
static exg_status write_all(const exg_par *par, exg_writer *w,
                            const exg_writer_array *a, hid_t set, hid_t type)
{
    static const char nothing[8];
    exg_status st = EXG_OK;
    char subject[EXG_ERR_MAX];
    hid_t in = -1, to = -1;
    herr_t rc;

    snprintf(subject, sizeof subject, "%.700s: %.300s", w->part, a->path);
    EXG_TRY_ALL(par, select_mine(par, a, set, &in, &to));
    EXG_TRY_ALL(par, EXG_H5(subject, rc,
                            H5Dwrite(set, type, in, to, w->collective,
                                     a->data != NULL ? a->data : nothing)));
done:
    exg_h5_close(&in);
    exg_h5_close(&to);
    return st;
}

exg_status exg_writer_put(const exg_par *par, exg_writer *w,
                          const exg_writer_array *a)
{
    exg_status st = EXG_OK;
    exg_int bytes = 0;
    hid_t set = -1;

    EXG_TRY_ALL(par, check(a, &bytes));
    EXG_TRY_ALL(par, create(w, a, bytes, &set));
    if (bytes > 0) {
        EXG_TRY(write_all(par, w, a, set, memory_type(a->type)));
    }
done:
    exg_h5_close(&set);
    return st;
}

exg_status exg_writer_count(const exg_par *par, exg_writer *w, const char *path,
                            const char *long_name, const char *units, exg_int n)
{
    exg_status st = EXG_OK;
    const exg_int mine = par->rank == 0 ? n : 0;
    int32_t *index = NULL;

    EXG_TRY_ALL(par, exg_new(&index, mine));
    for (exg_int i = 0; i < mine; i++) {
        index[i] = (int32_t)i;
    }
    EXG_TRY(exg_writer_put(par, w,
                           &(exg_writer_array){.path = path,
                                               .long_name = long_name,
                                               .units = units,
                                               .type = EXG_WRITER_I32,
                                               .rank = 1,
                                               .dims = {n},
                                               .split = EXG_WRITER_ON_RANK_0,
                                               .data = index}));
    EXG_TRY(exg_writer_scale(par, w, path));
done:
    exg_free(index);
    return st;
}

/* A fixed-length type as long as the longest text, and the texts in it. */
static exg_status pack(exg_int n, char *const *texts, const char *path,
                       hid_t *type, char **packed)
{
    exg_status st = EXG_OK;
    size_t size = 1;
    exg_int bytes;
    herr_t rc;

    for (exg_int i = 0; i < n; i++) {
        size = strlen(texts[i]) > size ? strlen(texts[i]) : size;
    }
    EXG_TRY(exg_mem_product(n, (exg_int)size, &bytes));
    EXG_TRY(exg_new(packed, bytes));
    for (exg_int i = 0; i < n; i++) {
        memcpy(*packed + (size_t)i * size, texts[i], strlen(texts[i]));
    }
    EXG_TRY(EXG_H5(path, *type, H5Tcopy(H5T_C_S1)));
    EXG_TRY(EXG_H5(path, rc, H5Tset_size(*type, size)));
    EXG_TRY(EXG_H5(path, rc, H5Tset_cset(*type, H5T_CSET_UTF8)));
    EXG_TRY(EXG_H5(path, rc, H5Tset_strpad(*type, H5T_STR_NULLPAD)));
done:
    return st;
}

static exg_status create_texts(exg_writer *w, const char *path,
                               const char *long_name, exg_int n, hid_t type,
                               hid_t *set)
{
    exg_status st = EXG_OK;
    const hsize_t dims[1] = {(hsize_t)(n < 0 ? 1 : n)};
    const exg_writer_array like = {.path = path};
    hid_t list = -1, space = -1;

    EXG_TRY(creation_of(&like, 0, &list));
    EXG_TRY(EXG_H5(path, space,
                   n < 0 ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(1, dims, NULL)));
    EXG_TRY(EXG_H5(path, *set,
                   H5Dcreate2(w->file, path, type, space, H5P_DEFAULT, list,
                              H5P_DEFAULT)));
    EXG_TRY(exg_writer_text_on(*set, path, "long_name", -1, &long_name));
done:
    exg_h5_close(&space);
    exg_h5_close(&list);
    return st;
}

exg_status exg_writer_texts(const exg_par *par, exg_writer *w, const char *path,
                            const char *long_name, exg_int n,
                            const char *const *texts)
{
    exg_status st = EXG_OK;
    const exg_int count = n < 0 ? 1 : n;
    const exg_writer_array all = {.path = path,
                                  .rank = n < 0 ? 0 : 1,
                                  .dims = {n},
                                  .split = EXG_WRITER_ON_RANK_0};
    exg_writer_array mine = all;
    char **shared = NULL;
    char *packed = NULL;
    hid_t type = -1, set = -1;

    EXG_TRY(exg_writer_share(par, count, texts, &shared));
    EXG_TRY_ALL(par, pack(count, shared, path, &type, &packed));
    EXG_TRY_ALL(par, create_texts(w, path, long_name, n, type, &set));
    mine.data = packed;
    if (count > 0) {
        EXG_TRY(write_all(par, w, &mine, set, type));
    }
done:
    exg_h5_close(&set);
    exg_h5_close(&type);
    exg_free(packed);
    exg_free(shared);
    return st;
}
