/* results_items.c -- from a table of datasets to the writer's calls. */
#include <string.h>

#include "results_impl.h"

/* The scale is the dataset itself: H5DS forbids scales of scales. */
static int is_scale(const exg_results_item *item)
{
    const char *scale = item->dim[0] != NULL ? item->dim[0]->scale : NULL;

    return scale != NULL && strcmp(scale, item->path) == 0;
}

static exg_status put_item(const exg_par *par, exg_writer *w,
                           const exg_results_item *item)
{
    exg_status st = EXG_OK;
    const char *scales[EXG_WRITER_RANK] = {NULL};
    exg_writer_array a = {.path = item->path,
                          .long_name = item->long_name,
                          .units = item->units,
                          .type = item->type,
                          .split = EXG_WRITER_ON_RANK_0,
                          .data = item->data};

    for (int i = 0; i < EXG_WRITER_RANK && item->dim[i] != NULL; i++) {
        a.rank = i + 1;
        a.dims[i] = item->dim[i]->size;
        scales[i] = item->dim[i]->scale;
        if (item->dim[i]->shard != NULL) {
            a.split = i;
            a.shard = *item->dim[i]->shard;
        }
    }
    EXG_TRY(exg_writer_put(par, w, &a));
    if (is_scale(item)) {
        EXG_TRY(exg_writer_scale(par, w, item->path));
    } else {
        EXG_TRY(exg_writer_attach(par, w, item->path, a.rank, scales));
    }
done:
    return st;
}

exg_status exg_results_items(const exg_par *par, exg_writer *w, exg_int n,
                             const exg_results_item *item)
{
    exg_status st = EXG_OK;

    for (exg_int i = 0; i < n; i++) {
        EXG_TRY(put_item(par, w, &item[i]));
    }
done:
    return st;
}

exg_status exg_results_count(const exg_par *par, exg_writer *w,
                             const exg_results_dim *dim, const char *long_name,
                             const char *units)
{
    return exg_writer_count(par, w, dim->scale, long_name, units, dim->size);
}

exg_status exg_results_axes(const exg_par *par, exg_writer *w,
                            const char *group, const char *signal, int n,
                            const char *const *axes)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_writer_attr_text(par, w, group, "signal", signal));
    EXG_TRY(exg_writer_attr_texts(par, w, group, "axes", n, axes));
done:
    return st;
}

exg_status exg_results_pairs(const exg_par *par, exg_writer *w,
                             const char *group, exg_int n,
                             const exg_results_pair *pair)
{
    exg_status st = EXG_OK;

    for (exg_int i = 0; i < n; i++) {
        EXG_TRY(
            exg_writer_attr_text(par, w, group, pair[i].name, pair[i].value));
    }
done:
    return st;
}

exg_status exg_results_set(const exg_par *par, exg_writer *w, const char *path,
                           const int32_t *set, const exg_results_dim *n)
{
    const exg_results_item item = {
        path, "0: training, 1: test", "", EXG_WRITER_I32, set, {n}};

    return set == NULL ? EXG_OK : exg_results_items(par, w, 1, &item);
}
