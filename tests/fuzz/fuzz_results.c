/* fuzz_results.c -- results files whose objects have other types, shapes,
 * values, layouts and links than they should.
 *
 * The first byte says which of our readers try: all of them take ten times as
 * long as one. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "plot/figures.h"
#include "sound.h"
#include "store/reader.h"
#include "store/results.h"
#include "store/rows.h"
#include "store/schema.h"

enum {
    PLAN = 160, /* bytes of an input that count: some 16 changes */
    TEXT = 64,
    LONGEST = 1 << 20 /* bytes of a text: none is that long */
};

typedef struct {
    const char *path;
    char kind; /* i: int32, l: int64, f: float, d: double, t: text */
    int rank;
    hsize_t dims[5];
} set;

static const set sets[] = {
    {EXG_SCHEMA_CLASS_NAMES, 't', 1, {3}},
    {EXG_SCHEMA_HISTORY_EPOCH, 'i', 1, {2}},
    {EXG_SCHEMA_TRAIN_LOSS, 'd', 1, {2}},
    {EXG_SCHEMA_METRICS_EPOCH, 'i', 1, {2}},
    {EXG_SCHEMA_CONFUSION, 'l', 3, {2, 3, 3}},
    {EXG_SCHEMA_F1, 'd', 2, {2, 3}},
    {EXG_SCHEMA_TEST_LABEL, 'i', 1, {5}},
    {EXG_SCHEMA_MODEL_BEST "/conv1/weight", 'f', 4, {2, 1, 3, 3}},
    {EXG_SCHEMA_MODEL_BEST "/conv1/bias", 'f', 1, {2}},
    {EXG_SCHEMA_SALIENCY_EPOCH, 'i', 1, {2}},
    {EXG_SCHEMA_SALIENCY_INDEX, 'l', 1, {2}},
    {EXG_SCHEMA_SALIENCY_MAP, 'f', 4, {2, 2, 4, 4}},
    {EXG_SCHEMA_FEATURES, 'f', 2, {5, 4}},
    {EXG_SCHEMA_EMBEDDING_LABEL, 'i', 1, {5}},
    {EXG_SCHEMA_TSNE "/coordinates", 'f', 2, {5, 2}},
    {EXG_SCHEMA_TSNE "/kl", 'd', 1, {2}},
};
static const char *const attributes[][2] = {
    {"/", EXG_SCHEMA_VERSION_ATTR},
    {EXG_SCHEMA_TSNE, "title"},
    {EXG_SCHEMA_TSNE, "perplexity"},
};

enum {
    SETS = sizeof sets / sizeof *sets,
    ATTRIBUTES = sizeof attributes / sizeof *attributes,
    PARTS = 4 /* in which the sets are read one by one */
};

static hid_t text_type(void)
{
    const hid_t t = H5Tcopy(H5T_C_S1);

    H5Tset_size(t, H5T_VARIABLE);
    H5Tset_cset(t, H5T_CSET_UTF8);
    return t;
}

static void put_set(hid_t file, const set *s, hid_t text)
{
    const hid_t space = H5Screate_simple(s->rank, s->dims, NULL);
    const hid_t way = H5Pcreate(H5P_LINK_CREATE);
    const hid_t type = s->kind == 'i'   ? H5T_NATIVE_INT32
                       : s->kind == 'l' ? H5T_NATIVE_INT64
                       : s->kind == 'f' ? H5T_NATIVE_FLOAT
                       : s->kind == 'd' ? H5T_NATIVE_DOUBLE
                                        : text;
    const char *const name[] = {"ant", "bee", "cat"};
    const int32_t number[] = {0, 1, 2, 3, 4};
    hid_t id;

    H5Pset_create_intermediate_group(way, 1);
    id = H5Dcreate2(file, s->path, type, space, way, H5P_DEFAULT, H5P_DEFAULT);
    if (s->kind == 't') {
        H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, name);
    } else if (s->kind == 'i') {
        H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, number);
    }
    fuzz_want(id >= 0, s->path);
    H5Dclose(id);
    H5Pclose(way);
    H5Sclose(space);
}

void fuzz_prepare(void)
{
    const hid_t text = text_type(), space = H5Screate(H5S_SCALAR);
    const hid_t file = sound_begin();
    const char *title = "a map";
    hid_t attr;

    for (int i = 0; i < SETS; i++) {
        put_set(file, &sets[i], text);
    }
    H5LTset_attribute_int(file, "/", EXG_SCHEMA_VERSION_ATTR, &(int){1}, 1);
    H5LTset_attribute_float(file, EXG_SCHEMA_TSNE, "perplexity", &(float){30},
                            1);
    attr = H5Acreate_by_name(file, EXG_SCHEMA_TSNE, "title", text, space,
                             H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attr, text, &title);
    H5Aclose(attr);
    H5Sclose(space);
    H5Tclose(text);
    sound_keep(file);
}

/* Check a line and go on. */
static void expect(exg_status st)
{
    fuzz_want((st != EXG_OK) == (exg_err_text()[0] != '\0'),
              "a failure without a line, or a line without a failure");
    exg_err_clear();
}

static void read_set(exg_reader *r, const set *s)
{
    exg_int dims[EXG_READER_RANK], n = 0;
    int rank = 0;
    void *data = NULL;
    char **list = NULL;
    exg_status st = exg_reader_shape(r, s->path, &rank, dims);

    expect(st);
    for (int i = 0; i < EXG_READER_RANK; i++) {
        dims[i] = -1;
    }
    rank = st == EXG_OK ? rank : s->rank;
    st = s->kind == 'f'
             ? exg_reader_f32(r, s->path, rank, dims, (float **)&data)
         : s->kind == 'd'
             ? exg_reader_f64(r, s->path, rank, dims, (double **)&data)
         : s->kind == 't'
             ? exg_reader_texts(r, s->path, &n, &list)
             : exg_reader_i64(r, s->path, rank, dims, (int64_t **)&data);
    expect(st);
    for (exg_int i = 0; list != NULL && i < n; i++) {
        fuzz_want(strlen(list[i]) < LONGEST, "a text without end");
    }
    exg_free(list);
    exg_free(data);
}

static void read_layer(exg_reader *r)
{
    float weight[18], bias[2];
    const exg_results_layer layer = {.name = "conv1",
                                     .rank = 4,
                                     .dims = {2, 1, 3, 3},
                                     .weight = weight,
                                     .bias = bias};

    expect(
        exg_results_layer_get(r, EXG_SCHEMA_MODEL_BEST, &layer, weight, bias));
}

/* Every PARTS-th dataset, or the attributes and a layer. */
static void read_part(const char *path, int part)
{
    exg_reader *r = NULL;
    char text[TEXT];
    double number;
    const exg_status st = exg_reader_open(path, &r);

    expect(st);
    for (int i = part; st == EXG_OK && i < SETS; i += PARTS) {
        read_set(r, &sets[i]);
    }
    for (int i = 0; st == EXG_OK && part == PARTS && i < ATTRIBUTES; i++) {
        expect(exg_reader_attr_text(r, attributes[i][0], attributes[i][1], text,
                                    sizeof text));
        expect(exg_reader_attr_f64(r, attributes[i][0], attributes[i][1],
                                   &number));
    }
    if (st == EXG_OK && part == PARTS) {
        read_layer(r);
    }
    exg_reader_close(&r);
}

static void read_figures(const char *path)
{
    exg_figures *f = NULL;

    expect(exg_figures_open(path, &f));
    exg_figures_close(&f);
}

/* As exigo-tsne reads a matrix of any file. */
static void read_rows(const char *path)
{
    exg_rows_place place = {.path = EXG_SCHEMA_FEATURES};
    exg_reader *r = NULL;
    exg_int rows = 0, columns = 0, size = 0;
    float *data = NULL;
    int32_t *label = NULL;
    exg_status st = EXG_OK;

    snprintf(place.file, sizeof place.file, "%s", path);
    EXG_TRY(exg_rows_open(&place, &r));
    EXG_TRY(exg_rows_shape(r, place.path, &rows, &columns));
    EXG_TRY(exg_mem_product(rows, columns, &size));
    EXG_TRY(exg_new(&data, size));
    EXG_TRY(
        exg_rows_read(r, place.path, rows / 2, rows - rows / 2, columns, data));
    EXG_TRY(exg_new(&label, rows));
    EXG_TRY(exg_rows_labels(r, EXG_SCHEMA_EMBEDDING_LABEL, rows, rows / 2,
                            rows - rows / 2, label));
done:
    expect(st);
    exg_free(label);
    exg_free(data);
    exg_reader_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const int which = size > 0 ? bytes[0] % (PARTS + 4) : 0;
    const size_t skip = size > 0;
    const char *path = sound_change(bytes + skip, size - skip, PLAN);

    for (int part = 0; part <= PARTS; part++) {
        if (which == part + 1 || which == 0) {
            read_part(path, part);
        }
    }
    if (which == PARTS + 2 || which == 0) {
        read_figures(path);
    }
    if (which == PARTS + 3 || which == 0) {
        read_rows(path);
    }
    sound_done();
    fuzz_check(EXG_OK);
    return 0;
}
