/* source.c -- four IDX files become a dataset.
 *
 * An image and its label are kept in one row, so that the exchange before an
 * epoch moves them together and nothing can pair them wrongly.
 *
 * The checksum is a sum over rows of a hash of (set, index, row): it costs one
 * multiplication per eight bytes, sees rows that change places, and does not
 * depend on who holds which row. */
#include "data/source.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/idx.h"
#include "par/agree.h"
#include "par/reduce.h"

#define DEBIAN_FASHION "/usr/share/datasets/fashion-mnist"

enum {
    FILES = 4,
    FORMS = 4
};

/* In the order train images, train labels, test images, test labels. */
static const char *const file_form[FILES][FORMS] = {
    {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz",
     "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz"},
    {"train-labels-idx1-ubyte", "train-labels-idx1-ubyte.gz",
     "train-labels.idx1-ubyte", "train-labels.idx1-ubyte.gz"},
    {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",
     "t10k-images.idx3-ubyte", "t10k-images.idx3-ubyte.gz"},
    {"t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz",
     "t10k-labels.idx1-ubyte", "t10k-labels.idx1-ubyte.gz"}};

static const char *const garment[] = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

/* Where the files are; found by rank 0, equal on all ranks. */
typedef struct {
    int named; /* mnist or fashion: ten classes */
    char dir[EXG_IDX_PATH - 32];
    char path[FILES][EXG_IDX_PATH];
} places;

/* Which of a file's names exists in the directory; "" if none does. */
static void find_file(const char *dir, int file, char *path)
{
    for (int form = 0; form < FORMS; form++) {
        snprintf(path, EXG_IDX_PATH, "%s/%s", dir, file_form[file][form]);
        if (access(path, F_OK) == 0) {
            return;
        }
    }
    path[0] = '\0';
}

/* The directory of `want`, on the local machine. */
static exg_status find_dir(const exg_source_want *want, places *at)
{
    const int fashion = strcmp(want->data, "fashion") == 0;
    struct stat info;
    int length;

    at->named = fashion || strcmp(want->data, "mnist") == 0;
    if (at->named) {
        length = snprintf(at->dir, sizeof at->dir, "%s/%s", want->data_dir,
                          want->data);
    } else {
        length = snprintf(at->dir, sizeof at->dir, "%s", want->data);
    }
    if (length >= (int)sizeof at->dir) {
        return exg_fail(EXG_EUSAGE, "data directory of %d bytes, want %zu",
                        length, sizeof at->dir - 1);
    }
    if (!at->named && (stat(at->dir, &info) != 0 || !S_ISDIR(info.st_mode))) {
        return exg_fail(EXG_EUSAGE,
                        "--data: %s: no such data, want mnist, fashion or a "
                        "directory of IDX files",
                        at->dir);
    }
    find_file(at->dir, 0, at->path[0]);
    if (fashion && at->path[0][0] == '\0' &&
        access(DEBIAN_FASHION, F_OK) == 0) {
        snprintf(at->dir, sizeof at->dir, "%s", DEBIAN_FASHION);
    }
    return EXG_OK;
}

/* Rank 0: all four paths, or which file is missing and who makes it. */
static exg_status find_files(const exg_source_want *want, places *at)
{
    exg_status st = EXG_OK;

    EXG_TRY(find_dir(want, at));
    for (int i = 0; i < FILES; i++) {
        find_file(at->dir, i, at->path[i]);
        if (at->path[i][0] == '\0') {
            st = exg_fail(EXG_EIO, "%s/%s: no such file, nor with .gz%s%s%s",
                          at->dir, file_form[i][0],
                          at->named ? "; `make data` fetches " : "",
                          at->named ? want->data : "",
                          at->named ? ", --data-dir says where it lies" : "");
            goto done;
        }
    }
done:
    return st;
}

static exg_status check_pair(const exg_idx *image, const exg_idx *label)
{
    if (image->count != label->count) {
        return exg_fail(EXG_EINPUT, "%s: %td images, but %s: %td labels",
                        image->path, image->count, label->path, label->count);
    }
    return EXG_OK;
}

static exg_status check_shapes(const exg_idx *train, const exg_idx *test)
{
    if (train->h != test->h || train->w != test->w) {
        return exg_fail(
            EXG_EINPUT, "%s: images of %td x %td, but %s: %td x %td",
            train->path, train->h, train->w, test->path, test->h, test->w);
    }
    return EXG_OK;
}

static exg_status check_limit(const char *option, exg_int limit,
                              const exg_idx *idx)
{
    if (limit < 0 || limit > idx->count) {
        return exg_fail(EXG_EUSAGE,
                        "%s %td: %s has %td samples, want 0 (all) "
                        "to %td",
                        option, limit, idx->path, idx->count, idx->count);
    }
    return EXG_OK;
}

/* Headers of all files, and whether they go together. */
static exg_status read_heads(const exg_par *par, const exg_source_want *want,
                             const places *at, exg_idx *idx)
{
    exg_status st = EXG_OK;

    for (int i = 0; i < FILES; i++) {
        EXG_TRY(exg_idx_head(par, at->path[i],
                             i % 2 == 0 ? EXG_IDX_IMAGES : EXG_IDX_LABELS,
                             &idx[i]));
    }
    EXG_TRY(check_pair(&idx[0], &idx[1]));
    EXG_TRY(check_pair(&idx[2], &idx[3]));
    EXG_TRY(check_shapes(&idx[0], &idx[2]));
    EXG_TRY(check_limit("--limit-train", want->limit_train, &idx[0]));
    EXG_TRY(check_limit("--limit-test", want->limit_test, &idx[2]));
done:
    return st;
}

/* The largest label of a file, whatever part of it is used. */
static exg_status largest_label(const exg_par *par, const exg_idx *idx,
                                exg_int *largest)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_shard_mine(par, idx->count);
    uint8_t *label = NULL;
    int most = 0;

    EXG_TRY_ALL(par, exg_new(&label, mine.count));
    EXG_TRY(exg_idx_read(par, idx, idx->count, 1, label));
    for (exg_int i = 0; i < mine.count; i++) {
        most = label[i] > most ? label[i] : most;
    }
    *largest = (exg_int)exg_reduce_max(par, most);
done:
    exg_free(label);
    return st;
}

/* How many classes there are, and their names. */
static exg_status name_classes(const exg_par *par, const exg_source_want *want,
                               const exg_idx *idx, int named, exg_dataset *set)
{
    exg_status st = EXG_OK;
    const int fashion = named && strcmp(want->data, "fashion") == 0;
    exg_int train = 9;
    exg_int test = 9;

    if (!named) {
        EXG_TRY(largest_label(par, &idx[1], &train));
        EXG_TRY(largest_label(par, &idx[3], &test));
    }
    set->nclass = 1 + (train > test ? train : test);
    if (set->nclass < 2) {
        st = exg_fail(EXG_EINPUT, "%s: all labels are 0, want two classes",
                      idx[1].path);
        goto done;
    }
    for (exg_int k = 0; k < set->nclass; k++) {
        if (fashion) {
            snprintf(set->class_name[k], EXG_SOURCE_NAME, "%s", garment[k]);
        } else {
            snprintf(set->class_name[k], EXG_SOURCE_NAME, "%d", (int)k);
        }
    }
done:
    return st;
}

static exg_status check_labels(const exg_source_part *part, const exg_idx *idx,
                               exg_int nclass)
{
    for (exg_int i = 0; i < part->shard.count; i++) {
        if (exg_source_label(part, i) >= nclass) {
            return exg_fail(
                EXG_EINPUT, "%s: label %d at index %td, want 0..%td", idx->path,
                exg_source_label(part, i), part->shard.first + i, nclass - 1);
        }
    }
    return EXG_OK;
}

/* Read one of the two sets: idx[0] images, idx[1] labels. */
static exg_status read_part(const exg_par *par, const exg_idx *idx,
                            exg_int limit, exg_int nclass,
                            exg_source_part *part)
{
    exg_status st = EXG_OK;
    const exg_int total = limit > 0 ? limit : idx[0].count;
    exg_int bytes = 0;

    part->shard = exg_shard_mine(par, total);
    part->pixels = idx[0].h * idx[0].w;
    EXG_TRY_ALL(par,
                exg_mem_product(part->shard.count, part->pixels + 1, &bytes));
    EXG_TRY_ALL(par, exg_new(&part->rows, bytes));
    EXG_TRY(exg_idx_read(par, &idx[0], total, part->pixels + 1, part->rows));
    EXG_TRY(exg_idx_read(par, &idx[1], total, part->pixels + 1,
                         part->rows + part->pixels));
    EXG_TRY_ALL(par, check_labels(part, &idx[1], nclass));
done:
    return st;
}

/* Finaliser of splitmix64. */
static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static uint64_t hash_part(const exg_source_part *part, uint64_t salt)
{
    const exg_int bytes = part->pixels + 1;
    uint64_t sum = 0;

    for (exg_int i = 0; i < part->shard.count; i++) {
        const uint8_t *row = exg_source_image(part, i);
        uint64_t h = scramble(salt + (uint64_t)(part->shard.first + i));

        for (exg_int b = 0; b < bytes; b += 8) {
            uint64_t word = 0;

            memcpy(&word, row + b, (size_t)(bytes - b < 8 ? bytes - b : 8));
            h = (h ^ word) * 0x9E3779B97F4A7C15u;
            h ^= h >> 32;
        }
        sum += scramble(h);
    }
    return sum;
}

static uint64_t checksum(const exg_par *par, const exg_dataset *set)
{
    uint64_t sum =
        hash_part(&set->train, 1) + hash_part(&set->test, (uint64_t)1 << 62);

    EXG_MPI(
        MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, par->comm));
    return scramble(sum ^
                    (uint64_t)(set->h << 32 | set->w << 16 | set->nclass));
}

/* The last component of a path, without closing slashes. */
static void base_name(const char *path, char *name, size_t size)
{
    size_t end = strlen(path);
    size_t first;

    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    for (first = end; first > 0 && path[first - 1] != '/'; first--) {
    }
    snprintf(name, size, "%.*s", (int)(end - first), path + first);
}

exg_status exg_source_create(const exg_par *par, const exg_source_want *want,
                             exg_dataset **out)
{
    exg_status st = EXG_OK;
    places at = {0};
    exg_idx idx[FILES];
    exg_dataset *set = NULL;

    EXG_TRY_ALL(par, par->rank == 0 ? find_files(want, &at) : EXG_OK);
    EXG_MPI(MPI_Bcast(&at, (int)sizeof at, MPI_BYTE, 0, par->comm));
    EXG_TRY(read_heads(par, want, &at, idx));
    EXG_TRY_ALL(par, exg_new(&set, 1));
    base_name(want->data, set->name, sizeof set->name);
    set->c = 1;
    set->h = idx[0].h;
    set->w = idx[0].w;
    EXG_TRY(name_classes(par, want, idx, at.named, set));
    EXG_TRY(
        read_part(par, &idx[0], want->limit_train, set->nclass, &set->train));
    EXG_TRY(read_part(par, &idx[2], want->limit_test, set->nclass, &set->test));
    set->checksum = checksum(par, set);
    *out = set;
    set = NULL;
done:
    exg_source_destroy(&set);
    return st;
}

void exg_source_destroy(exg_dataset **set)
{
    if (*set == NULL) {
        return;
    }
    exg_free((*set)->test.rows);
    exg_free((*set)->train.rows);
    exg_free(*set);
    *set = NULL;
}
