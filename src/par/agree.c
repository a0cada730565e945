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

    if (mine == EXG_ELIB) { /* the others may still be inside the library */
        exg_watch_hurry(exg_err_text());
    }
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

/* Does the wish "PLACE:RANK" mean this rank, and a place of that text? */
static int wished(const char *wish, int rank, const char *place)
{
    const char *colon = strrchr(wish, ':');

    return colon != NULL && strtol(colon + 1, NULL, 10) == rank &&
           (size_t)(colon - wish) == strlen(place) &&
           strncmp(wish, place, strlen(place)) == 0;
}

exg_status exg_agree_fault(const exg_par *par, const char *file, int line,
                           const char *call, exg_status st)
{
    const char *wish = getenv("EXG_FAULT");
    const char *start = strstr(call, "exg_"); /* skips `rank == 0 ? ` */
    char name[64], place[96];

    if (wish == NULL) {
        return st;
    }
    start = start != NULL ? start : call;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "( "), start);
    snprintf(place, sizeof place, "%s:%d", file, line);
    if (strcmp(wish, "list") == 0 && par->rank == 0) {
        fprintf(stderr, "fault point %s %s\n", place, name);
    }
    if (st == EXG_OK &&
        (wished(wish, par->rank, name) || wished(wish, par->rank, place))) {
        return exg_fail_at(file, line, EXG_EIO, "%s: fault asked for", name);
    }
    return st;
}
