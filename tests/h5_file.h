/* h5_file.h -- HDF5 files for tests of who reads them. */
#ifndef EXG_TESTS_H5_FILE_H
#define EXG_TESTS_H5_FILE_H

#include <hdf5.h>
#include <stdio.h>

#include "support.h"

static char path[256]; /* of the last one */

/* An HDF5 file as others make it: ours by its schema number. */
static inline hid_t make_file(const char *name, int schema)
{
    hid_t space = H5Screate(H5S_SCALAR), file, attr;

    snprintf(path, sizeof path, "%s/%s", exg_scratch(), name);
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (schema >= 0) {
        attr = H5Acreate2(file, "exigo_schema", H5T_STD_I32LE, space,
                          H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(attr, H5T_NATIVE_INT, &schema);
        H5Aclose(attr);
    }
    H5Sclose(space);
    return file;
}

#endif
