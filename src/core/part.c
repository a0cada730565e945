/* part.c -- see part.h. */
#include "core/part.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

exg_status exg_part_open(const char *path, exg_part *p)
{
    p->path = path;
    if (snprintf(p->part, sizeof p->part, "%s.part", path) >=
        (int)sizeof p->part) {
        return exg_fail(EXG_EIO, "%.100s...: path is too long", path);
    }
    /* Never into what is there: a link leads elsewhere, a pipe waits. */
    p->f =
        unlink(p->part) == 0 || errno == ENOENT ? fopen(p->part, "wbx") : NULL;
    return p->f != NULL ? EXG_OK
                        : exg_fail(EXG_EIO, "%s: cannot create: %s", p->part,
                                   strerror(errno));
}

exg_status exg_part_close(exg_part *p, exg_status st)
{
    const int short_of = ferror(p->f);

    if ((fclose(p->f) != 0 || short_of) && st == EXG_OK) {
        st =
            exg_fail(EXG_EIO, "%s: cannot write: %s", p->part, strerror(errno));
    }
    p->f = NULL;
    if (st == EXG_OK && rename(p->part, p->path) != 0) {
        st = exg_fail(EXG_EIO, "%s: cannot rename to %s: %s", p->part, p->path,
                      strerror(errno));
    }
    if (st != EXG_OK) {
        unlink(p->part);
    }
    return st;
}

int exg_part_same(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}
