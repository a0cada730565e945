/* mpi_convolve.c -- charges and potentials between the ranks that touch planes
 * of a grid and those that transform them: whatever the windows, the same bits
 * as from one rank that has it all. */
#include <string.h>

#include "core/rng.h"
#include "embed/convolve.h"
#include "par/reduce.h"
#include "par/shard.h"
#include "support.h"

enum {
    CALLS = 12,
    NARROW = 4, /* calls whose windows are their own */
    MOST = 24,  /* nodes on an axis                        */
    BITS = 12,
    SIZE = MOST * MOST * MOST
};

/* How planes go from rank to rank. */
enum {
    BY_MESSAGES,
    BY_MEMORY,
    NO_MORE_MEMORY, /* none that would be wider, after some calls */
    WAYS
};

static const exg_par alone = {.comm = MPI_COMM_SELF, .rank = 0, .size = 1};

static exg_int draw(int call, int rank, int what, exg_int below)
{
    const exg_rng stream = {.seed = 41, .use = EXG_RNG_SYNTH};
    const uint64_t key = (uint64_t)(call * 1000 + rank) * SIZE + (uint64_t)what;

    return (exg_int)(exg_rng_uniform(stream, key) * (float)below);
}

/* The window of a rank in a call: at first a plane that it transforms, later
 * any; those that are empty are nowhere. */
static exg_window window_of(int call, int rank, exg_int planes)
{
    const exg_shard own = exg_shard_of(planes, rank, world->size);
    const exg_int first = draw(call, rank, 0, planes);
    const exg_int left = planes - first;
    const exg_int count = draw(call, rank, 1, planes + 1);

    if (call < NARROW) {
        return own.count > 0 ? (exg_window){own.first, 1} : (exg_window){0, 0};
    }
    return (exg_window){count > 0 ? first : 0, count < left ? count : left};
}

/* Add a rank's charges to an array that begins at plane `first`. */
static void charge(int call, int rank, exg_window w, exg_int size,
                   exg_int first, uint32_t *to)
{
    for (exg_int i = w.first * size; i < (w.first + w.count) * size; i++) {
        to[i - first * size] += (uint32_t)draw(call, rank, 2 + (int)i, 1 << 20);
    }
}

/* One call of all ranks on c and of one rank on `whole`. */
static exg_status is_the_same(int call, exg_convolve *c, exg_convolve *whole,
                              int *same)
{
    exg_status st = EXG_OK;
    const exg_int planes = exg_convolve_all(c).count;
    const exg_int size = exg_convolve_plane(c);
    const exg_window mine = window_of(call, world->rank, planes);
    exg_canvas part, all;
    exg_charge_sums sums[2];
    exg_fixed total[2];

    EXG_TRY(exg_convolve_open(&alone, whole, exg_convolve_all(whole), &all));
    for (int r = 0; r < world->size; r++) {
        charge(call, r, window_of(call, r, planes), size, 0, all.charge);
    }
    exg_convolve_run(&alone, whole, BITS, &sums[0]);
    EXG_TRY(exg_convolve_open(world, c, mine, &part));
    charge(call, world->rank, mine, size, part.span.first, part.charge);
    exg_convolve_run(world, c, BITS, &sums[1]);
    total[0] = sums[1].total;
    total[1] = sums[1].squares;
    exg_reduce_fixed(world, 2, total);
    *same &= total[0] == sums[0].total && total[1] == sums[0].squares;
    *same &= mine.count == 0 ||
             memcmp(part.potential + (mine.first - part.span.first) * size,
                    all.potential + mine.first * size,
                    sizeof *all.potential * (size_t)(mine.count * size)) == 0;
done:
    return st;
}

/* All calls on a grid of n nodes an axis. */
static exg_status try_grid(int way, int dims, exg_int n,
                           exg_convolve_rooms *rooms, int *same)
{
    exg_status st = EXG_OK;
    const exg_kern *kern = NULL;
    exg_convolve *c = NULL, *whole = NULL;

    EXG_TRY(exg_kern_select(NULL, &kern));
    EXG_TRY(exg_convolve_create(&alone, kern, dims, n, 0.3, 1.0, NULL, &whole));
    EXG_TRY(exg_convolve_create(world, kern, dims, n, 0.3, 1.0,
                                way == BY_MESSAGES ? NULL : rooms, &c));
    for (int call = 0; call < CALLS; call++) {
        exg_shared_allow(way != NO_MORE_MEMORY || call < NARROW);
        EXG_TRY(is_the_same(call, c, whole, same));
    }
done:
    exg_shared_allow(1);
    exg_convolve_destroy(&c);
    exg_convolve_destroy(&whole);
    return st;
}

START_TEST(any_windows_give_the_bits_of_one_rank)
{
    static const exg_int wanted[] = {8, MOST, 10};
    exg_convolve_rooms rooms = {.planes = {.at = NULL}};
    int same = 1;

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        ck_ok(world, try_grid(_i % WAYS, 1 + _i / WAYS,
                              exg_convolve_nodes(wanted[i]), &rooms, &same));
        ck_all(world, same);
    }
    exg_convolve_rooms_free(&rooms);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("convolve");
    TCase *tc = exg_case(s, "convolve");

    tcase_add_loop_test(tc, any_windows_give_the_bits_of_one_rank, 0, 3 * WAYS);
    return s;
}
