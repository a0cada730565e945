/* keep_rows.c -- rows that are dealt to ranks, through rank 0, which is the one
 * that writes and reads. */
#include "keep_impl.h"
#include "par/agree.h"
#include "par/gather.h"

static exg_status put_on_rank_0(exg_image *image, const char *path,
                                const exg_int *dims, const float *all)
{
    return image == NULL
               ? EXG_OK
               : exg_image_put(image, path, EXG_WRITER_F32, 3, dims, all);
}

static exg_status room(const exg_par *par, exg_int frames, exg_int n,
                       exg_int width, float **all)
{
    exg_status st = EXG_OK;
    exg_int count = 0;

    if (par->rank == 0) {
        EXG_TRY(exg_mem_product(n, width, &count));
        EXG_TRY(exg_mem_product(count, frames, &count));
    }
    EXG_TRY(exg_new(all, count));
done:
    return st;
}

exg_status exg_keep_put_rows(const exg_par *par, exg_image *image,
                             const char *path, exg_int frames, exg_shard mine,
                             exg_int width, const float *rows)
{
    exg_status st = EXG_OK;
    const exg_int dims[3] = {frames, mine.total, width};
    float *all = NULL;

    EXG_TRY_ALL(par, room(par, frames, mine.total, width, &all));
    for (exg_int f = 0; f < frames; f++) {
        exg_gather_rows(par, width * (exg_int)sizeof *all, mine.count,
                        rows + f * mine.count * width,
                        par->rank == 0 ? all + f * mine.total * width : NULL);
    }
    EXG_TRY_ALL(par, put_on_rank_0(image, path, dims, all));
done:
    exg_free(all);
    return st;
}

static exg_status get_on_rank_0(exg_keep *k, const char *path, exg_int *dims,
                                float **all)
{
    return k->saver == NULL ? EXG_OK
           : k->reader == NULL
               ? exg_fail(EXG_EINPUT, "%s: the checkpoint is closed", path)
               : exg_reader_f32(k->reader, path, 3, dims, all);
}

exg_status exg_keep_get_rows(const exg_par *par, exg_keep *k, const char *path,
                             exg_int frames, exg_shard mine, exg_int width,
                             float **out)
{
    exg_status st = EXG_OK;
    exg_int dims[3] = {frames, mine.total, width};
    float *all = NULL, *rows = NULL;

    EXG_TRY_ALL(par, get_on_rank_0(k, path, dims, &all));
    /* Rank 0 has had room for those of all. */
    EXG_TRY_ALL(par, exg_new(&rows, frames * mine.count * width));
    for (exg_int f = 0; f < frames; f++) {
        exg_gather_deal(par, width * (exg_int)sizeof *all, mine.count,
                        par->rank == 0 ? all + f * mine.total * width : NULL,
                        rows + f * mine.count * width);
    }
    *out = rows;
    rows = NULL;
done:
    exg_free(all);
    exg_free(rows);
    return st;
}
