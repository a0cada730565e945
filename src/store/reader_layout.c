/* reader_layout.c -- where a dataset's values lie, and how they are packed. */
#include "reader_impl.h"

/* Values elsewhere -- external files, virtual datasets -- are not ours. */
static int is_contained(hid_t set)
{
    hid_t list = H5Dget_create_plist(set);
    const int yes = list >= 0 && H5Pget_layout(list) != H5D_VIRTUAL &&
                    H5Pget_external_count(list) == 0;

    exg_h5_close(&list);
    return yes;
}

exg_status exg_reader_layout(hid_t set, const char *subject)
{
    return is_contained(set)
               ? EXG_OK
               : exg_fail(EXG_EINPUT, "%s: its values are in another file",
                          subject);
}

/* The first filter that is not installed, such as lzf, which h5py alone has; -1
 * if all are. */
static int missing_filter(hid_t set, char *name, size_t size)
{
    hid_t list = H5Dget_create_plist(set);
    const int n = list >= 0 ? H5Pget_nfilters(list) : 0;
    int missing = -1;

    for (int i = 0; i < n && missing < 0; i++) {
        size_t values = 0;
        unsigned flags = 0, config = 0;
        const int id = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL,
                                      size, name, &config);

        missing = id >= 0 && H5Zfilter_avail(id) <= 0 ? id : -1;
    }
    exg_h5_close(&list);
    return missing;
}

/* HDF5 itself says no more than that a directory of plug-ins is missing.  It is
 * asked first, as chunks that did not get smaller need no filter. */
exg_status exg_reader_read(hid_t set, const char *subject, hid_t type,
                           hid_t memory, hid_t file, void *data)
{
    char name[64] = "";
    herr_t rc;
    const exg_status st = EXG_H5(
        subject, rc, H5Dread(set, type, memory, file, H5P_DEFAULT, data));
    const int filter =
        st == EXG_OK ? -1 : missing_filter(set, name, sizeof name);

    if (filter < 0) {
        return st;
    }
    exg_err_clear();
    return exg_fail(EXG_EINPUT,
                    "%s: stored with filter %d (%.40s), which this HDF5 has "
                    "not: write it with gzip, or with none",
                    subject, filter, name);
}
