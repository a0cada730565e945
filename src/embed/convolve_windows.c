/* convolve_windows.c -- planes between ranks that touch them and ranks that
 * transform them: see convolve.c.
 *
 * A rank touches a window of planes, where its points are.  In step s of R - 1
 * it sends what the rank s after it transforms, and adds what the rank s before
 * it has sent; most windows do not reach that far, and then nothing is sent. */
#include <string.h>

#include "convolve_impl.h"
#include "par/agree.h"

/* The planes that are in a window and in a shard; where there are none, plane
 * `base`, at which the caller's array begins. */
static exg_window meet(exg_window w, exg_shard p, exg_int base)
{
    const exg_int first = w.first > p.first ? w.first : p.first;
    const exg_int wend = w.first + w.count, pend = p.first + p.count;
    const exg_int end = wend < pend ? wend : pend;

    return end > first ? (exg_window){first, end - first}
                       : (exg_window){base, 0};
}

static exg_window window_of(const exg_convolve *c, int rank)
{
    return (exg_window){c->window[2 * rank], c->window[2 * rank + 1]};
}

/* The rank so many steps away, round the ring. */
static int partner(const exg_par *par, int step)
{
    return (par->rank + step + par->size) % par->size;
}

/* Send and receive numbers of 4 bytes; where there are none, nothing. */
static void swap(const exg_par *par, int to, const void *out, exg_int nout,
                 int from, void *in, exg_int nin)
{
    EXG_MPI(MPI_Sendrecv(
        out, exg_mpi_count(nout), MPI_UINT32_T, nout > 0 ? to : MPI_PROC_NULL,
        0, in, exg_mpi_count(nin), MPI_UINT32_T, nin > 0 ? from : MPI_PROC_NULL,
        0, par->comm, MPI_STATUS_IGNORE));
}

/* What this rank itself has put on its planes; on the others, nothing. */
static void take_own(exg_convolve *c, exg_window own, const uint32_t *charge)
{
    const exg_int size = c->rows * c->n;
    const exg_int before = own.count > 0 ? own.first - c->plane.first : 0;
    const exg_int after = c->plane.count - before - own.count;
    uint32_t *at = c->charge;

    memset(at, 0, sizeof *at * (size_t)(before * size));
    at += before * size;
    if (own.count > 0) {
        memcpy(at, charge, sizeof *at * (size_t)(own.count * size));
    }
    at += own.count * size;
    memset(at, 0, sizeof *at * (size_t)(after * size));
}

void exg_convolve_collect(const exg_par *par, exg_convolve *c,
                          exg_window window, const uint32_t *charge)
{
    const exg_int size = c->rows * c->n; /* of a plane */
    const exg_window own = meet(window, c->plane, window.first);
    const int mine[2] = {(int)window.first, (int)window.count};

    EXG_MPI(MPI_Allgather(mine, 2, MPI_INT, c->window, 2, MPI_INT, par->comm));
    take_own(c, own, charge + (own.first - window.first) * size);
    for (int s = 1; s < par->size; s++) {
        const int to = partner(par, s), from = partner(par, -s);
        const exg_shard theirs = exg_shard_of(c->planes, to, par->size);
        const exg_window out = meet(window, theirs, window.first);
        const exg_window in =
            meet(window_of(c, from), c->plane, c->plane.first);
        uint32_t *sum = c->charge + (in.first - c->plane.first) * size;

        swap(par, to, charge + (out.first - window.first) * size,
             out.count * size, from, c->inbox, in.count * size);
        for (exg_int i = 0; i < in.count * size; i++) {
            sum[i] += c->inbox[i];
        }
        c->cost.bytes += (double)(sizeof *charge) * (double)(out.count * size);
    }
}

void exg_convolve_share(const exg_par *par, exg_convolve *c, exg_window window,
                        float *potential)
{
    const exg_int size = c->rows * c->n;
    const exg_window own = meet(window, c->plane, window.first);

    if (own.count > 0) {
        memcpy(potential + (own.first - window.first) * size,
               c->field + (own.first - c->plane.first) * size,
               sizeof *potential * (size_t)(own.count * size));
    }
    for (int s = 1; s < par->size; s++) {
        const int to = partner(par, s), from = partner(par, -s);
        const exg_shard theirs = exg_shard_of(c->planes, from, par->size);
        const exg_window out = meet(window_of(c, to), c->plane, c->plane.first);
        const exg_window in = meet(window, theirs, window.first);

        swap(par, to, c->field + (out.first - c->plane.first) * size,
             out.count * size, from,
             potential + (in.first - window.first) * size, in.count * size);
        c->cost.bytes +=
            (double)(sizeof *potential) * (double)(out.count * size);
    }
}
