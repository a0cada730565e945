/* agree.c -- no rank leaves alone.
 *
 * A rank that fails must not skip a collective call that the others make.  So
 * every local step that can fail is followed by an agreement: one 4-byte
 * reduction while all is well, a broadcast of the message when not. */
#include "par/agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

exg_status exg_agree(const exg_par *par, exg_status mine)
{
    struct {
        int code;
        char text[EXG_ERR_MAX];
    } err = {.code = mine};
    int low = mine == EXG_OK ? par->size : par->rank; /* lowest that failed */

    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, &low, 1, MPI_INT, MPI_MIN, par->comm));
    if (low == par->size) {
        return EXG_OK;
    }
    if (par->rank == low) {
        snprintf(err.text, sizeof err.text, "%s", exg_err_text());
    }
    EXG_MPI(MPI_Bcast(&err, (int)sizeof err, MPI_BYTE, low, par->comm));
    exg_err_adopt((exg_status)err.code, err.text, low);
    return (exg_status)err.code;
}

exg_status exg_par_same(const exg_par *par, uint64_t value, const char *what)
{
    uint64_t bound[2] = {value, ~value};

    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, bound, 2, MPI_UINT64_T, MPI_MAX,
                          par->comm));
    if (bound[0] != ~bound[1]) {
        return exg_fail(EXG_EUSAGE, "%s differ between ranks, want the same",
                        what);
    }
    return EXG_OK;
}

uint64_t exg_par_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;

    hash ^= 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ b[i]) * 0x100000001b3u;
    }
    return hash;
}

exg_status exg_agree_fault(const exg_par *par, const char *file, int line,
                           const char *call, exg_status st)
{
    const char *wish = getenv("EXG_FAULT");
    const char *colon = wish != NULL ? strrchr(wish, ':') : NULL;
    const char *name = strstr(call, "exg_"); /* skips `rank == 0 ? ` */
    size_t length;

    name = name != NULL ? name : call;
    length = strcspn(name, "( ");
    if (wish == NULL) {
        return st;
    }
    if (strcmp(wish, "list") == 0) {
        if (par->rank == 0) {
            fprintf(stderr, "fault point %.*s\n", (int)length, name);
        }
        return st;
    }
    if (st == EXG_OK && colon != NULL &&
        strtol(colon + 1, NULL, 10) == par->rank &&
        (size_t)(colon - wish) == length && strncmp(wish, name, length) == 0) {
        return exg_fail_at(file, line, EXG_EIO, "%.*s: fault asked for",
                           (int)length, name);
    }
    return st;
}
