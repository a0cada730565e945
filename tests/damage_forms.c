/* damage_forms.c -- types, shapes and layouts that no reader hopes for.
 *
 * What is asked for must be cheap to make and only look large: huge shapes are
 * chunked and empty, as no file system would hold them otherwise. */
#include "damage_impl.h"

enum {
    DIMS = 8,      /* two more than the reader takes         */
    HEADER = 60000 /* bytes that fit into an object's header */
};

static hid_t compound_type(void)
{
    const hid_t t = H5Tcreate(H5T_COMPOUND, 12);

    H5Tinsert(t, "a", 0, H5T_STD_I32LE);
    H5Tinsert(t, "b", 4, H5T_IEEE_F64LE);
    return t;
}

static hid_t enum_type(void)
{
    const hid_t t = H5Tenum_create(H5T_NATIVE_INT8);
    const int8_t one = 1;

    H5Tenum_insert(t, "one", &one);
    return t;
}

static hid_t string_type(size_t size, H5T_cset_t set, H5T_str_t pad)
{
    const hid_t t = H5Tcopy(H5T_C_S1);

    H5Tset_size(t, size);
    H5Tset_cset(t, set);
    H5Tset_strpad(t, pad);
    return t;
}

hid_t damage_type(damage_plan *plan)
{
    const hsize_t three = 3;

    switch (damage_next(plan) % 22) {
    case 0:
        return H5Tcopy(H5T_STD_I8LE);
    case 1:
        return H5Tcopy(H5T_STD_I16BE);
    case 2:
        return H5Tcopy(H5T_STD_I32LE);
    case 3:
        return H5Tcopy(H5T_STD_I64LE);
    case 4:
        return H5Tcopy(H5T_STD_U8LE);
    case 5:
        return H5Tcopy(H5T_STD_U64BE);
    case 6:
        return H5Tcopy(H5T_IEEE_F32LE);
    case 7:
        return H5Tcopy(H5T_IEEE_F64BE);
    case 8:
        return H5Tcopy(H5T_NATIVE_LDOUBLE);
    case 9:
        return string_type(1, H5T_CSET_ASCII, H5T_STR_NULLTERM);
    case 10:
        return string_type(40, H5T_CSET_UTF8, H5T_STR_NULLPAD);
    case 11:
        return string_type(40, H5T_CSET_ASCII, H5T_STR_SPACEPAD);
    case 12:
        return string_type(DAMAGE_LONG, H5T_CSET_ASCII, H5T_STR_NULLTERM);
    case 13:
        return string_type(0x7ffffff0, H5T_CSET_ASCII, H5T_STR_NULLPAD);
    case 14:
        return string_type(H5T_VARIABLE, H5T_CSET_UTF8, H5T_STR_NULLTERM);
    case 15:
        return H5Tvlen_create(H5T_STD_I32LE);
    case 16:
        return H5Tarray_create2(H5T_STD_I32LE, 1, &three);
    case 17:
        return compound_type();
    case 18:
        return H5Tcreate(H5T_OPAQUE, 7);
    case 19:
        return enum_type();
    case 20:
        return H5Tcopy(H5T_STD_B16LE);
    default:
        return H5Tcopy(H5T_STD_REF_OBJ);
    }
}

hid_t damage_space(damage_plan *plan, int *rank, int *large)
{
    static const hsize_t side[] = {0,
                                   1,
                                   2,
                                   3,
                                   4,
                                   5,
                                   10,
                                   24,
                                   1000,
                                   1000000,
                                   1000000000000,
                                   (hsize_t)1 << 31,
                                   (hsize_t)1 << 32,
                                   (hsize_t)1 << 61,
                                   (hsize_t)1 << 62,
                                   INT64_MAX,
                                   (hsize_t)1 << 63,
                                   UINT64_MAX - 1};
    const unsigned kind = damage_next(plan) % (DIMS + 2);
    hsize_t dims[DIMS];

    *large = 0;
    *rank = kind <= DIMS ? (int)kind : 0;
    if (kind == 0) {
        return H5Screate(H5S_SCALAR);
    }
    if (kind > DIMS) {
        return H5Screate(H5S_NULL);
    }
    for (int i = 0; i < *rank; i++) {
        dims[i] = side[damage_next(plan) % (sizeof side / sizeof *side)];
        *large = *large || dims[i] > 1000;
    }
    return H5Screate_simple(*rank, dims, NULL);
}

/* H5Sget_simple_extent_npoints() is a product of 64 bits: a shape of (2^64 - 2,
 * 2^64 - 2) has "4" values, and to write them HDF5 makes 2^126 records. */
int damage_count(hid_t space)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    hsize_t n = H5Sget_simple_extent_type(space) != H5S_NULL;

    for (int i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(n, dims[i], &n)) {
            return -1;
        }
    }
    return rank >= 0 && n <= DAMAGE_ELEMENTS ? (int)n : -1;
}

/* HDF5 crashes while it writes a larger compact dataset. */
static int fits_header(hid_t type, hid_t space)
{
    const int n = damage_count(space);

    return n >= 0 && (size_t)n * H5Tget_size(type) <= HEADER;
}

hid_t damage_layout(damage_plan *plan, hid_t type, hid_t space, int rank,
                    int large)
{
    static const hsize_t chunk[DIMS] = {2, 2, 2, 2, 2, 2, 2, 2};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const unsigned kind = damage_next(plan) % 6;

    if (rank > 0 && (large || kind == 2 || kind == 3)) {
        H5Pset_chunk(list, rank, chunk);
        if (kind == 3) {
            H5Pset_deflate(list, 1);
        }
    } else if (kind == 1 && fits_header(type, space)) {
        H5Pset_layout(list, H5D_COMPACT);
    } else if (kind == 4) {
        H5Pset_external(list, "/etc/hostname", 0, H5F_UNLIMITED);
    }
    return list;
}
