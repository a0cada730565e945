/* h5.c -- HDF5's answers as statuses.
 *
 * HDF5 keeps a stack of messages per failed call: the outermost says which
 * call failed, which our own line says better; the innermost says why.  That
 * one is quoted. */
#include "store/h5.h"

#include <stdio.h>
#include <string.h>

/* Walking upwards, HDF5 starts at the innermost message. */
static herr_t innermost(unsigned n, const H5E_error2_t *e, void *data)
{
    if (n == 0 && e->desc != NULL) {
        *(const char **)data = e->desc;
    }
    return 0;
}

/* What HDF5 does not say: file systems without locks, and full disks. */
static const char *hint(const char *reason)
{
    if (strstr(reason, "lock file") != NULL) {
        return "; where the file system has no locks, set "
               "HDF5_USE_FILE_LOCKING=FALSE";
    }
    return strstr(reason, "write failed") != NULL ? "; is the disk full?" : "";
}

void exg_h5_reason(char *text, size_t size)
{
    const char *why = "";

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &why);
    snprintf(text, size, "%s%s", why, hint(why));
}

exg_status exg_h5_check(const char *file, int line, const char *subject,
                        long long result)
{
    char reason[EXG_ERR_MAX];

    exg_watch_leave();
    if (result >= 0) {
        return EXG_OK;
    }
    exg_h5_reason(reason, sizeof reason);
    return exg_fail_at(file, line, EXG_ELIB, "%s: HDF5: %s", subject,
                       reason[0] != '\0' ? reason : "no reason given");
}

void exg_h5_begin(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Lis_registered(H5L_TYPE_EXTERNAL) > 0) {
        H5Lunregister(H5L_TYPE_EXTERNAL);
    }
}

int exg_h5_close(hid_t *id)
{
    int rc = 0;

    if (*id < 0) {
        return 0;
    }
    EXG_WATCH_ENTER(); /* closing a file of many ranks waits for them */
    switch (H5Iget_type(*id)) {
    case H5I_FILE:
        rc = H5Fclose(*id);
        break;
    case H5I_GROUP:
    case H5I_DATASET:
    case H5I_DATATYPE:
        rc = H5Oclose(*id);
        break;
    case H5I_DATASPACE:
        rc = H5Sclose(*id);
        break;
    case H5I_ATTR:
        rc = H5Aclose(*id);
        break;
    default:
        rc = H5Pclose(*id);
    }
    exg_watch_leave();
    *id = -1;
    return rc;
}
