/* part.h -- a file that appears whole, or not at all.  Layer: core.
 *
 * It is written beside its place, as PATH.part, and renamed at the end: whoever
 * reads PATH meanwhile sees what was there before. */
#ifndef EXG_CORE_PART_H
#define EXG_CORE_PART_H

#include <stdio.h>

#include "core/err.h"

enum {
    EXG_PART_BYTES = 4200 /* of the longest path with .part */
};

/** A file under way.  Plain data. */
typedef struct {
    FILE *f;
    const char *path; /* borrowed */
    char part[EXG_PART_BYTES];
} exg_part;

/** Begin a file.  Local.
 * @param[in]  path  must outlive *p
 * @param[out] p     p->f is open for writing; ended by exg_part_close()
 * @return EXG_OK, or EXG_EIO: too long a path, or it cannot be created */
EXG_MUST_CHECK exg_status exg_part_open(const char *path, exg_part *p);

/** End it: in place, or removed.  Local.
 * @param[in] st  how the writing went: anything but EXG_OK removes the file
 * @return st, or EXG_EIO where not all could be written or renamed */
EXG_MUST_CHECK exg_status exg_part_close(exg_part *p, exg_status st);

/** 1 if both paths name one file, so that renaming to one replaces the other; 0
 * where one of them is not there.  Local. */
int exg_part_same(const char *a, const char *b);

#endif
