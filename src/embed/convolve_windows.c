/* convolve_windows.c -- planes between ranks that touch them and ranks that
 * transform them: see convolve.c.
 *
 * A rank touches a window of planes, where its points are, and transforms a
 * shard of them; its arrays hold the span of both.  In step s of R - 1 it gives
 * what the rank s after it transforms, and adds what the rank s before it has;
 * most windows do not reach that far, and then there is nothing to give.  On
 * one host each rank reads the others' spans where they are: charges of its
 * shard after all have spread, potentials of its window after all have
 * transformed. */
#include <string.h>

#include "convolve_impl.h"
#include "par/agree.h"

static exg_shard shard_of(const exg_convolve *c, int rank)
{
    return exg_shard_of(c->planes, rank, c->size);
}

static exg_window window_of(const exg_convolve *c, int rank)
{
    return (exg_window){c->window[2 * rank], c->window[2 * rank + 1]};
}

/* The planes that are in a window and in a shard; where there are none, plane
 * `base`. */
static exg_window meet(exg_window w, exg_shard p, exg_int base)
{
    const exg_int first = w.first > p.first ? w.first : p.first;
    const exg_int wend = w.first + w.count, pend = p.first + p.count;
    const exg_int end = wend < pend ? wend : pend;

    return end > first ? (exg_window){first, end - first}
                       : (exg_window){base, 0};
}

/* The planes of a rank's arrays. */
static exg_window span_of(const exg_convolve *c, int rank)
{
    const exg_window w = window_of(c, rank);
    const exg_shard p = shard_of(c, rank);
    const exg_int wend = w.first + w.count, pend = p.first + p.count;
    const exg_int first = w.first < p.first ? w.first : p.first;

    return p.count == 0 ? w
           : w.count == 0
               ? (exg_window){p.first, p.count}
               : (exg_window){first, (wend > pend ? wend : pend) - first};
}

/* Where a rank's potential and charges are: never one where the other was,
 * whose bits may be no finite number. */
static float *potential_of(const exg_convolve *c, int rank)
{
    return c->planes_shared ? c->rooms->planes.at[rank] : c->potential;
}

static uint32_t *charge_of(const exg_convolve *c, int rank)
{
    return c->planes_shared ? (uint32_t *)c->rooms->planes.at[rank] + c->room
                            : c->charge;
}

/* Elements of each of two arrays in a part of so many bytes. */
static exg_int half_of(exg_int bytes)
{
    const exg_int line = EXG_LINE * 2 * (exg_int)sizeof(float);

    return bytes / line * EXG_LINE;
}

/* Room for spans of so many elements: seen by all ranks, if it can be had, or
 * else for any span, and of other ranks' planes. */
static exg_status make_room(const exg_par *par, exg_convolve *c, exg_int most)
{
    exg_status st = EXG_OK;
    const exg_int all = c->planes * exg_convolve_plane(c) + EXG_STENCIL_SLACK;
    exg_shared *s = c->rooms != NULL ? &c->rooms->planes : NULL;

    c->planes_shared =
        s != NULL &&
        exg_shared_grow(par, 2 * (exg_int)sizeof(float) * (most + EXG_LINE), s);
    if (c->planes_shared) {
        c->room = half_of(s->bytes);
        return EXG_OK;
    }
    EXG_TRY_ALL(par, exg_new(&c->charge, all));
    EXG_TRY_ALL(par, exg_new(&c->potential, all));
    if (c->size > 1) {
        EXG_TRY_ALL(par,
                    exg_new(&c->inbox, c->plane.count * exg_convolve_plane(c)));
    }
    c->room = all;
done:
    return st;
}

exg_status exg_convolve_open(const exg_par *par, exg_convolve *c,
                             exg_window window, exg_canvas *canvas)
{
    exg_status st = EXG_OK;
    const int mine[2] = {(int)window.first, (int)window.count};
    const exg_int size = exg_convolve_plane(c);
    exg_int most = 0;

    EXG_MPI(MPI_Allgather(mine, 2, MPI_INT, c->window, 2, MPI_INT, par->comm));
    for (int r = 0; r < c->size; r++) {
        const exg_int theirs = span_of(c, r).count * size + EXG_STENCIL_SLACK;

        most = theirs > most ? theirs : most;
    }
    if (most > c->room) {
        EXG_TRY(make_room(par, c, most));
    }
    c->span = span_of(c, c->rank);
    *canvas = (exg_canvas){.span = c->span,
                           .charge = charge_of(c, c->rank),
                           .potential = potential_of(c, c->rank)};
    memset(canvas->charge, 0,
           sizeof *canvas->charge * (size_t)(c->span.count * size));
done:
    return st;
}

/* The rank so many steps away, round the ring. */
static int partner(const exg_convolve *c, int step)
{
    return (c->rank + step + c->size) % c->size;
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

/* Elements from the beginning of a rank's arrays to a plane. */
static exg_int offset(const exg_convolve *c, int rank, exg_int plane)
{
    return (plane - span_of(c, rank).first) * exg_convolve_plane(c);
}

/* To the planes that this rank transforms, if it has some. */
static exg_int of_shard(const exg_convolve *c)
{
    return c->plane.count > 0 ? offset(c, c->rank, c->plane.first) : 0;
}

const uint32_t *exg_convolve_collect(const exg_par *par, exg_convolve *c)
{
    const exg_int size = exg_convolve_plane(c);
    uint32_t *mine = charge_of(c, c->rank);
    const exg_window window = window_of(c, c->rank);

    if (c->planes_shared) {
        exg_shared_meet(par);
    }
    for (int s = 1; s < c->size; s++) {
        const int to = partner(c, s), from = partner(c, -s);
        const exg_window out = meet(window, shard_of(c, to), c->span.first);
        const exg_window in = meet(window_of(c, from), c->plane, c->span.first);
        uint32_t *sum = mine + offset(c, c->rank, in.first);
        const uint32_t *other = c->inbox;

        if (c->planes_shared) {
            other = in.count == 0
                        ? sum
                        : charge_of(c, from) + offset(c, from, in.first);
        } else {
            swap(par, to, mine + offset(c, c->rank, out.first),
                 out.count * size, from, c->inbox, in.count * size);
            c->cost.bytes += (double)sizeof *mine * (double)(out.count * size);
        }
        for (exg_int i = 0; i < in.count * size; i++) {
            sum[i] += other[i];
        }
    }
    return mine + of_shard(c);
}

float *exg_convolve_mine(const exg_convolve *c)
{
    return potential_of(c, c->rank) + of_shard(c);
}

void exg_convolve_share(const exg_par *par, exg_convolve *c)
{
    const exg_int size = exg_convolve_plane(c);
    float *mine = potential_of(c, c->rank);
    const exg_window window = window_of(c, c->rank);

    if (c->planes_shared) {
        exg_shared_meet(par);
    }
    for (int s = 1; s < c->size; s++) {
        const int to = partner(c, s), from = partner(c, -s);
        const exg_window out = meet(window_of(c, to), c->plane, c->span.first);
        const exg_window in = meet(window, shard_of(c, from), c->span.first);
        float *wanted = mine + offset(c, c->rank, in.first);

        if (c->planes_shared && in.count > 0) {
            memcpy(wanted, potential_of(c, from) + offset(c, from, in.first),
                   sizeof *mine * (size_t)(in.count * size));
        } else if (!c->planes_shared) {
            swap(par, to, mine + offset(c, c->rank, out.first),
                 out.count * size, from, wanted, in.count * size);
            c->cost.bytes += (double)sizeof *mine * (double)(out.count * size);
        }
    }
}
