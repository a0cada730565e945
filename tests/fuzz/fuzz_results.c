/* fuzz_results.c -- results files whose objects have other types, shapes,
 * values, layouts and links than they should.
 *
 * HDF5's own parser is not ours to test: the input is a plan (damage.h) by
 * which a sound file in memory is changed, so that HDF5 can always read it.
 * Then all our readers try. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"
#include "fuzz.h"
#include "plot/figures.h"
#include "store/reader.h"
#include "store/results.h"
#include "store/rows.h"
#include "store/schema.h"

enum {
    IMAGE = 1 << 20, /* bytes of a changed file: none grows that large */
    TEXT = 64
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
    ATTRIBUTES = sizeof attributes / sizeof *attributes
};

static uint8_t *sound;
static size_t sound_bytes;

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
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS), text = text_type();
    const hid_t space = H5Screate(H5S_SCALAR);
    const char *title = "a map";
    hid_t file, attr;

    H5Pset_fapl_core(list, 1 << 16, 0);
    file = H5Fcreate("fuzz", H5F_ACC_TRUNC, H5P_DEFAULT, list);
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
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    sound_bytes = (size_t)H5Fget_file_image(file, NULL, 0);
    sound = malloc(sound_bytes);
    fuzz_want(sound != NULL && H5Fget_file_image(file, sound, sound_bytes) > 0,
              "no file to begin with");
    H5Fclose(file);
    H5Sclose(space);
    H5Tclose(text);
    H5Pclose(list);
}

/* Change the sound file by a plan: the bytes of the changed one, or 0. */
static size_t change(const uint8_t *bytes, size_t size, uint8_t *image)
{
    damage_plan plan = {bytes, size < 160 ? size : 160};
    const hid_t file =
        H5LTopen_file_image(sound, sound_bytes, H5LT_FILE_IMAGE_OPEN_RW);
    ssize_t n = 0;

    fuzz_want(file >= 0, "the sound file does not open");
    damage_structure(file, &plan);
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    n = H5Fget_file_image(file, NULL, 0);
    if (n > 0 && n <= IMAGE) {
        n = H5Fget_file_image(file, image, IMAGE);
    }
    H5Fclose(file);
    return n > 0 && n <= IMAGE ? (size_t)n : 0;
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
        fuzz_want(strlen(list[i]) < IMAGE, "a text without end");
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

static void read_ours(const char *path)
{
    exg_reader *r = NULL;
    exg_figures *f = NULL;
    char text[TEXT];
    double number;
    exg_status st = exg_reader_open(path, &r);

    expect(st);
    for (int i = 0; st == EXG_OK && i < SETS; i++) {
        read_set(r, &sets[i]);
    }
    for (int i = 0; st == EXG_OK && i < ATTRIBUTES; i++) {
        expect(exg_reader_attr_text(r, attributes[i][0], attributes[i][1], text,
                                    sizeof text));
        expect(exg_reader_attr_f64(r, attributes[i][0], attributes[i][1],
                                   &number));
    }
    if (st == EXG_OK) {
        read_layer(r);
    }
    exg_reader_close(&r);
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
    static uint8_t image[IMAGE];
    const size_t n = change(bytes, size, image);

    if (n > 0) {
        const char *path = fuzz_file(image, n);

        read_ours(path);
        read_rows(path);
    }
    fuzz_want(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0,
              "HDF5 objects are left open");
    fuzz_check(EXG_OK);
    return 0;
}
