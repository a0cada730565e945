/* mpi_par.c -- agreement, shards, reductions, gather, exchange. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "par/agree.h"
#include "par/exchange.h"
#include "par/gather.h"
#include "par/memory.h"
#include "par/reduce.h"
#include "par/shard.h"
#include "support.h"

START_TEST(last_ranks_failure_reaches_every_rank)
{
    exg_status mine = EXG_OK;
    exg_status st;

    if (world->rank == world->size - 1) {
        mine = exg_fail(EXG_EINPUT, "label %d out of range", 11);
    }
    st = exg_agree(world, mine);
    ck_refused(world, st, EXG_EINPUT, "label 11 out of range [rank");
}
END_TEST

START_TEST(success_everywhere_is_success)
{
    ck_all(world, exg_agree(world, EXG_OK) == EXG_OK);
    ck_all(world, exg_err_text()[0] == '\0');
}
END_TEST

START_TEST(different_values_are_noticed)
{
    const exg_status same = exg_par_same(world, 7, "sizes");
    const exg_status other =
        exg_par_same(world, (uint64_t)world->rank, "ranks");

    ck_all(world, same == EXG_OK);
    ck_all(world, other == (world->size > 1 ? EXG_EUSAGE : EXG_OK));
}
END_TEST

START_TEST(shards_tile_all_rows)
{
    for (exg_int total = 0; total < 40; total++) {
        for (int size = 1; size < 9; size++) {
            exg_int next = 0;

            for (int r = 0; r < size; r++) {
                const exg_shard s = exg_shard_of(total, r, size);

                ck_assert(s.first == next);
                for (exg_int i = 0; i < s.count; i++) {
                    ck_assert(exg_shard_owner(total, size, next + i) == r);
                }
                next += s.count;
            }
            ck_assert(next == total);
        }
    }
}
END_TEST

START_TEST(row_sums_reach_their_owner)
{
    enum {
        ROWS = 13
    };
    const exg_shard mine = exg_shard_mine(world, ROWS);
    exg_fixed sum[ROWS][2];
    exg_fixed got[ROWS][2];
    int good = 1;

    for (int i = 0; i < ROWS; i++) {
        sum[i][0] = i + world->rank;
        sum[i][1] = -i;
    }
    exg_reduce_rows(world, ROWS, 2, &sum[0][0], &got[0][0]);
    for (exg_int i = 0; i < mine.count; i++) {
        const exg_int row = mine.first + i;
        const int n = world->size;

        good &= got[i][0] == row * n + n * (n - 1) / 2;
        good &= got[i][1] == -row * n;
    }
    ck_all(world, good);
}
END_TEST

START_TEST(rows_are_gathered_in_global_order)
{
    enum {
        ROWS = 11
    };
    const exg_shard mine = exg_shard_mine(world, ROWS);
    int32_t rows[ROWS][3] = {{0}}, all[ROWS][3] = {{0}}, one[ROWS][3] = {{0}};
    int good = 1;

    for (exg_int i = 0; i < mine.count; i++) {
        rows[i][0] = (int32_t)(mine.first + i);
        rows[i][2] = 5;
    }
    exg_gather_all(world, sizeof rows[0], mine.count, rows, all);
    for (int i = 0; i < ROWS; i++) {
        good &= all[i][0] == i && all[i][2] == 5;
    }
    exg_gather_rows(world, sizeof rows[0], mine.count, rows, one);
    good &= world->rank > 0 || memcmp(one, all, sizeof all) == 0;
    ck_all(world, good);
}
END_TEST

START_TEST(reshard_moves_the_first_rows_to_their_owners)
{
    enum {
        HELD = 23, /* rows in blocks that no exg_shard_of() makes */
        TOTAL = 14 /* rows that are wanted                        */
    };
    const exg_int each = 1 + HELD / world->size;
    const exg_int first = each * world->rank < HELD ? each * world->rank : HELD;
    const exg_int count = HELD - first < each ? HELD - first : each;
    const exg_shard to = exg_shard_mine(world, TOTAL);
    int64_t rows[HELD][2], mine[HELD][2];
    int good = 1;

    for (exg_int i = 0; i < count; i++) {
        rows[i][0] = first + i;
        rows[i][1] = -first - i;
    }
    exg_gather_reshard(world, sizeof rows[0], (exg_shard){TOTAL, first, count},
                       rows, mine);
    for (exg_int i = 0; i < to.count; i++) {
        good &= mine[i][0] == to.first + i && mine[i][1] == -to.first - i;
    }
    ck_all(world, good);
}
END_TEST

START_TEST(exchange_delivers_the_rows_asked_for)
{
    enum {
        ROWS = 29,
        WANT = 17
    };
    const exg_shard mine = exg_shard_mine(world, ROWS);
    const exg_rng stream = {.seed = 3, .use = EXG_RNG_SYNTH};
    int64_t rows[ROWS][2], got[WANT][2];
    exg_int want[WANT];
    exg_exchange *x = NULL;
    int good = 1;

    for (exg_int i = 0; i < mine.count; i++) {
        rows[i][0] = mine.first + i;
        rows[i][1] = 1000 - (mine.first + i);
    }
    for (int i = 0; i < WANT; i++) { /* repeats occur; one rank wants none */
        want[i] = (exg_int)(ROWS *
                            exg_rng_uniform(stream, (uint64_t)world->rank * 50 +
                                                        (uint64_t)i));
    }
    ck_ok(world, exg_exchange_start(world, ROWS, sizeof rows[0], rows,
                                    world->rank == 1 ? 0 : WANT, want, &x));
    exg_exchange_finish(world, &x, got);
    for (int i = 0; i < WANT && world->rank != 1; i++) {
        good &= got[i][0] == want[i] && got[i][1] == 1000 - want[i];
    }
    ck_all(world, good && x == NULL);
}
END_TEST

START_TEST(work_that_memory_cannot_hold_is_refused)
{
    const double free_now = exg_memory_available();

    ck_ok(world, exg_memory_check(world, "a byte", 1.0, "nothing"));
    ck_all(world, free_now > 0.0);
    ck_all(world, exg_memory_check(world, "the world", 1e18,
                                   "use a smaller "
                                   "one") == EXG_ENOMEM);
    ck_all(world, strstr(exg_err_text(), "the world: needs ") != NULL);
    ck_all(world, strstr(exg_err_text(), "free: use a smaller one") != NULL);
    exg_err_clear();
    /* One rank's needs count, and those of a host's ranks add up. */
    ck_all(world, exg_memory_check(world, "one", world->rank == 0 ? 1e18 : 0.0,
                                   "") == EXG_ENOMEM);
    exg_err_clear();
    if (world->size > 1 && isfinite(free_now)) {
        ck_all(world, exg_memory_check(world, "shares", 0.9 * free_now, "") ==
                          EXG_ENOMEM);
        exg_err_clear();
    }
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("par");
    TCase *tc = exg_case(s, "par");

    tcase_add_test(tc, last_ranks_failure_reaches_every_rank);
    tcase_add_test(tc, success_everywhere_is_success);
    tcase_add_test(tc, different_values_are_noticed);
    tcase_add_test(tc, shards_tile_all_rows);
    tcase_add_test(tc, row_sums_reach_their_owner);
    tcase_add_test(tc, rows_are_gathered_in_global_order);
    tcase_add_test(tc, reshard_moves_the_first_rows_to_their_owners);
    tcase_add_test(tc, exchange_delivers_the_rows_asked_for);
    tcase_add_test(tc, work_that_memory_cannot_hold_is_refused);
    return s;
}
