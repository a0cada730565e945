/* fuzz_idx.c -- IDX files: the first byte says what is expected in the file
 * and how much of it is read. */
#include "data/idx.h"
#include "fuzz.h"

void fuzz_prepare(void)
{
}

static exg_status read_all(const exg_idx *idx, int all)
{
    exg_status st = EXG_OK;
    const exg_int size = idx->h * idx->w;
    const exg_int total = all ? idx->count : (idx->count + 1) / 2;
    exg_int bytes = 0;
    uint8_t *rows = NULL;

    EXG_TRY(exg_mem_product(total, size + 1, &bytes));
    EXG_TRY(exg_new(&rows, bytes));
    EXG_TRY(exg_idx_read(&fuzz_par, idx, total, size + 1, rows));
done:
    exg_free(rows);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    exg_status st = EXG_OK;
    exg_idx idx;
    const int mode = size > 0 ? bytes[0] : 0;
    const size_t skip = size > 0;

    EXG_TRY(exg_idx_head(&fuzz_par, fuzz_file(bytes + skip, size - skip),
                         mode & 1 ? EXG_IDX_IMAGES : EXG_IDX_LABELS, &idx));
    fuzz_want(idx.count > 0 && idx.h > 0 && idx.w > 0, "an empty shape");
    st = read_all(&idx, mode & 2);
done:
    fuzz_check(st);
    return 0;
}
