/* extent.c -- see extent_impl.h.
 *
 * H5Sget_simple_extent_npoints() is a product modulo 2^64: (2^63 - 1)^2 are
 * "1" value, for which H5Dread() makes records of 2^124 chunks until the memory
 * is full, 4 GB in five seconds. */
#include "extent_impl.h"

enum {
    CHUNKS_FREE = 1024 /* missing chunks that do no harm */
};

exg_int exg_extent_count(hid_t space)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    exg_int n = H5Sget_simple_extent_type(space) != H5S_NULL;

    if (rank < 0) {
        return -1;
    }
    for (int i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(n, dims[i], &n)) {
            return -1;
        }
    }
    return n;
}

/* Chunks that the shape asks for; 0 where it is not chunked. */
static exg_int chunks_of(hid_t set, hid_t space)
{
    hid_t list = H5Dget_create_plist(set);
    hsize_t dims[H5S_MAX_RANK] = {0}, side[H5S_MAX_RANK] = {0};
    const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    exg_int n = list >= 0 && H5Pget_layout(list) == H5D_CHUNKED &&
                H5Pget_chunk(list, H5S_MAX_RANK, side) == rank;

    for (int i = 0; n > 0 && i < rank; i++) {
        if (side[i] == 0 ||
            __builtin_mul_overflow(
                n, dims[i] / side[i] + (dims[i] % side[i] != 0), &n)) {
            n = PTRDIFF_MAX;
            break;
        }
    }
    if (list >= 0) {
        H5Pclose(list);
    }
    return n;
}

int exg_extent_is_hollow(hid_t set, hid_t space, exg_int *want, exg_int *have)
{
    hsize_t stored = 0;

    *want = chunks_of(set, space);
    *have = 0;
    if (*want <= CHUNKS_FREE) {
        return 0;
    }
    if (H5Dget_num_chunks(set, space, &stored) >= 0) {
        *have = (exg_int)stored;
    }
    return *have < *want / 2;
}
