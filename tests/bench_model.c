/* bench_model.c -- what an iteration of t-SNE computes and what it sends.
 *
 *     bench_model ROWS DIMS REACH ITERATIONS
 *
 * Descends from a jittered lattice within +-REACH, on which each point's 90
 * neighbours are known without a search; rows are in random order, as data are.
 * Prints one line "KEY VALUE ..." of figures per iteration and rank: seconds of
 * CPU outside MPI (the slowest rank's), seconds of the clock, and for each kind
 * of collective call how many there are and how many bytes it moves in all
 * (over ranks), as handed to MPI. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "embed/descend.h"
#include "messages.h"
#include "par/agree.h"
#include "par/reduce.h"
#include "par/shared.h"
#include "places.h"

enum {
    NEAR = 90,
    WARM = 12, /* iterations until grid and order have been made */
    SMALL = 8, /* bytes                                          */
    LARGE = 1 << 20,
    TRIES = 200
};

/* --- points --------------------------------------------------------------- */

typedef struct {
    int dims;
    exg_int side, total; /* total = side^dims              */
    int32_t *site, *row; /* of a row, and the other way    */
    int offset[NEAR][3]; /* of the nearest sites, in order */
    float dist2[NEAR];
} lattice;

static int by_distance(const void *a, const void *b)
{
    const int *p = a, *q = b;

    return p[3] != q[3] ? p[3] - q[3] : memcmp(p, q, 3 * sizeof *p);
}

static void find_offsets(lattice *l)
{
    enum {
        WIDE = 6
    };
    static int all[(2 * WIDE + 1) * (2 * WIDE + 1) * (2 * WIDE + 1)][4];
    const int deep = l->dims > 2 ? WIDE : 0;
    size_t n = 0;

    for (int z = -deep; z <= deep; z++) {
        for (int y = -WIDE; y <= WIDE; y++) {
            for (int x = -WIDE; x <= WIDE; x++) {
                const int d2 = x * x + y * y + z * z;

                if (d2 > 0) {
                    all[n][0] = x;
                    all[n][1] = y;
                    all[n][2] = z;
                    all[n++][3] = d2;
                }
            }
        }
    }
    qsort(all, n, sizeof *all, by_distance);
    for (int a = 0; a < NEAR; a++) {
        memcpy(l->offset[a], all[a], sizeof l->offset[a]);
        l->dist2[a] = (float)all[a][3];
    }
}

/* Rows in an order of their own, the same on every rank. */
static exg_status shuffle(lattice *l)
{
    const exg_rng stream = {.seed = 5, .use = EXG_RNG_SYNTH};
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&l->site, l->total));
    EXG_TRY(exg_new(&l->row, l->total));
    for (exg_int i = 0; i < l->total; i++) {
        const double u = (double)exg_rng_uniform(stream, (uint64_t)i);
        exg_int j = (exg_int)(u * (double)(i + 1));

        j = j > i ? i : j;
        l->site[i] = l->site[j];
        l->site[j] = (int32_t)i;
    }
    for (exg_int i = 0; i < l->total; i++) {
        l->row[l->site[i]] = (int32_t)i;
    }
done:
    return st;
}

static exg_int coordinate(const lattice *l, exg_int site, int k)
{
    for (int a = 0; a < k; a++) {
        site /= l->side;
    }
    return site % l->side;
}

/* Neighbours of a row: the sites around its own, or, at the rim, around the
 * next that has them all. */
static void neighbours(const lattice *l, exg_int row, int32_t *near)
{
    const exg_int rim = l->dims > 2 ? 3 : 6;
    exg_int at[3] = {0}, centre = 0;

    for (int k = l->dims - 1; k >= 0; k--) {
        at[k] = coordinate(l, l->site[row], k);
        at[k] = at[k] < rim ? rim : at[k];
        at[k] = at[k] >= l->side - rim ? l->side - rim - 1 : at[k];
        centre = centre * l->side + at[k];
    }
    for (int a = 0; a < NEAR; a++) {
        exg_int site = 0;

        for (int k = l->dims - 1; k >= 0; k--) {
            site = site * l->side + at[k] + l->offset[a][k];
        }
        near[a] = l->row[site] == row ? l->row[centre] : l->row[site];
    }
}

static exg_status make_p(const exg_par *par, const lattice *l, exg_affinity **p)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_shard_mine(par, l->total);
    const exg_affinity_scales scales = exg_affinity_one_scale(NEAR / 3.0);
    int32_t *near = NULL;
    float *dist2 = NULL;

    EXG_TRY_ALL(par, exg_new(&near, mine.count * NEAR));
    EXG_TRY_ALL(par, exg_new(&dist2, mine.count * NEAR));
    for (exg_int i = 0; i < mine.count; i++) {
        neighbours(l, mine.first + i, near + i * NEAR);
        memcpy(dist2 + i * NEAR, l->dist2, sizeof l->dist2);
    }
    EXG_TRY(exg_affinity_create(par, l->total, NEAR, near, dist2, &scales, p));
done:
    exg_free(near);
    exg_free(dist2);
    return st;
}

static void place(const lattice *l, double reach, exg_shard mine, float *y)
{
    for (exg_int i = 0; i < mine.count * l->dims; i++) {
        const exg_int row = mine.first + i / l->dims;
        const int k = (int)(i % l->dims);
        const double jitter =
            0.5 * places_draw((uint64_t)(mine.first * l->dims + i));
        const double at = (double)coordinate(l, l->site[row], k) + jitter;

        y[i] = (float)(reach * (2.0 * at / (double)l->side - 1.0));
    }
}

/* --- measuring ------------------------------------------------------------ */

/* Begins when all is warm: the frame at iteration WARM. */
static exg_status look(const exg_par *par, void *state, exg_int iteration,
                       const exg_cloud *cloud, double z, int *stop)
{
    double *wall = state;

    (void)cloud;
    (void)z;
    (void)stop;
    if (iteration == WARM) {
        EXG_MPI(PMPI_Barrier(par->comm));
        messages_begin();
        wall[0] = exg_clock_now();
    }
    wall[1] = exg_clock_now();
    return EXG_OK;
}

/* Seconds of a call to gather so many bytes in all: the least of several. */
static double gather_time(const exg_par *par, exg_int bytes, char *room)
{
    double best = INFINITY;

    for (int t = 0; t < TRIES; t++) {
        const double from = exg_clock_now();

        EXG_MPI(PMPI_Allgather(MPI_IN_PLACE, 0, MPI_CHAR, room,
                               (int)(bytes / par->size), MPI_CHAR, par->comm));
        best = fmin(best, exg_clock_now() - from);
    }
    return best;
}

static exg_status print_figures(const exg_par *par, exg_int iterations,
                                double wall)
{
    exg_status st = EXG_OK;
    const double per = 1.0 / (double)iterations;
    struct messages_seen seen = messages_seen; /* without what follows */
    char *room = NULL;
    double small, large, cpu;

    EXG_TRY_ALL(par, exg_new(&room, LARGE));
    cpu = exg_reduce_max(par, seen.cpu * per);
    seen.calls[MESSAGES_NEAR_BY] =
        exg_reduce_max(par, seen.calls[MESSAGES_NEAR_BY]);
    seen.bytes[MESSAGES_NEAR_BY] =
        exg_reduce_max(par, seen.bytes[MESSAGES_NEAR_BY]);
    small = exg_reduce_max(par, gather_time(par, SMALL * par->size, room));
    large = exg_reduce_max(par, gather_time(par, LARGE, room));
    if (par->rank == 0) {
        printf("ranks %d cpu %.6f wall %.6f latency %.3g bandwidth %.4g",
               par->size, cpu, wall * per, small,
               par->size > 1 ? LARGE * (1.0 - 1.0 / par->size) / large : 1e12);
        for (int k = 0; k < MESSAGES_KINDS; k++) {
            printf(" %s %.3f %.1f", messages_name[k], seen.calls[k] * per,
                   seen.bytes[k] * per);
        }
        printf("\n");
    }
done:
    exg_free(room);
    return st;
}

static exg_status run(const exg_par *par, lattice *l, double reach,
                      exg_int iterations)
{
    exg_status st = EXG_OK;
    const exg_shard mine = exg_shard_mine(par, l->total);
    const exg_descend_plan plan = {.iterations = WARM + iterations,
                                   .early_rate = 1e-6,
                                   .rate = 1e-6,
                                   .exaggeration = 1.0,
                                   .late = 1.0,
                                   .most_step = 1.0,
                                   .every = 1};
    const exg_kern *kern = NULL;
    exg_affinity *p = NULL;
    float *y = NULL;
    double wall[2] = {0.0};

    EXG_TRY_ALL(par, exg_kern_select(getenv("EXG_ISA"), &kern));
    EXG_TRY_ALL(par, shuffle(l));
    EXG_TRY_ALL(par, exg_new(&y, mine.count * l->dims));
    find_offsets(l);
    EXG_TRY(make_p(par, l, &p));
    place(l, reach, mine, y);
    EXG_TRY(exg_descend(par, p, kern, &exg_repulse_auto, l->dims, &plan, look,
                        wall, y));
    EXG_TRY(print_figures(par, iterations, wall[1] - wall[0]));
done:
    exg_affinity_destroy(&p);
    exg_free(y);
    return st;
}

int main(int argc, char **argv)
{
    lattice l = {.dims = argc > 2 ? atoi(argv[2]) : 0};
    exg_par par;
    exg_status st;

    if (argc != 5 || l.dims < 2 || l.dims > 3) {
        fprintf(stderr, "usage: bench_model ROWS DIMS REACH ITERATIONS\n");
        return EXIT_FAILURE;
    }
    if (exg_par_start(&argc, &argv, &par) != EXG_OK) {
        return EXIT_FAILURE;
    }
    exg_shared_allow(0);
    l.side = (exg_int)lround(pow(atof(argv[1]), 1.0 / l.dims));
    l.total = (exg_int)llround(pow((double)l.side, l.dims));
    st = run(&par, &l, atof(argv[3]), atol(argv[4]));
    if (st != EXG_OK && par.rank == 0) {
        fprintf(stderr, "bench_model: %s\n", exg_err_text());
    }
    exg_free(l.site);
    exg_free(l.row);
    exg_par_stop(&par);
    return st == EXG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
