/* gunzip.h -- read a gzip file from front to end.  Layer: data.
 *
 * Stricter than zlib's gzread(), which takes a truncated end or trailing
 * garbage for the end of the data.  Members may follow each other (RFC 1952,
 * section 2.2).  Every function is local. */
#ifndef EXG_DATA_GUNZIP_H
#define EXG_DATA_GUNZIP_H

#include <stdint.h>

#include "core/mem.h"

/** An open file.  Opaque. */
typedef struct exg_gunzip exg_gunzip;

/** Open a file.
 * @param[out] z  ended by exg_gunzip_close()
 * @return EXG_OK, EXG_EIO, EXG_ENOMEM */
EXG_MUST_CHECK exg_status exg_gunzip_open(const char *path, exg_gunzip **z);

/** Close; sets *z NULL.  NULL is fine. */
void exg_gunzip_close(exg_gunzip **z);

/** Decompress up to `want` bytes.
 *
 * @param[out] bytes  shape (want)
 * @param[out] got    how many came: fewer than wanted at the end only
 * @return EXG_OK, EXG_EIO, EXG_EINPUT (no valid gzip; the message has the
 *         offset in the compressed file) */
EXG_MUST_CHECK exg_status exg_gunzip_read(exg_gunzip *z, exg_int want,
                                          uint8_t *bytes, exg_int *got);

#endif
