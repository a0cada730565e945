/* batch.c -- rows in training order, bytes to lanes.
 *
 * A row that this rank trains on is fetched once per epoch, image and label
 * together, in the order in which the steps need it, so that a step streams
 * memory and never communicates.  Two tables suffice: the rows in use, and
 * what the exchange of the next epoch holds.  A rank's positions are listed
 * step by step; every full step has the same blocks, so a step's place in the
 * table is a product. */
#include "data/batch.h"

#include <string.h>

#include "core/log.h"
#include "data/lanes.h"
#include "data/order.h"
#include "par/agree.h"
#include "par/exchange.h"

struct exg_batches {
    const exg_source_part *part;
    exg_batches_plan plan;
    int rank, size;
    exg_int total, pixels, row_bytes;
    exg_int nrow;        /* my rows of an epoch                            */
    exg_int step_rows;   /* my rows of a full step                         */
    uint8_t *rows;       /* shape (nrow, row_bytes), this epoch's          */
    exg_int *ids;        /* shape (nrow): which samples they are           */
    exg_int *next_ids;   /* shape (nrow): of the fetch that is under way   */
    exg_exchange *fetch; /* next epoch's rows, or NULL                     */
    exg_int epoch, next; /* whose rows are here, under way; -1: none       */
};

static exg_int least(exg_int a, exg_int b)
{
    return a < b ? a : b;
}

/* Lane blocks that n samples fill. */
static exg_int lane_blocks(exg_int n)
{
    return (n + EXG_LANE - 1) / EXG_LANE;
}

exg_int exg_batches_steps(const exg_batches *b)
{
    return (b->total + b->plan.batch - 1) / b->plan.batch;
}

exg_int exg_batches_samples(const exg_batches *b, exg_int step)
{
    return least(b->plan.batch, b->total - step * b->plan.batch);
}

exg_shard exg_batches_blocks(const exg_batches *b, exg_int step)
{
    return exg_shard_of(lane_blocks(exg_batches_samples(b, step)), b->rank,
                        b->size);
}

exg_shard exg_batches_span(const exg_batches *b, exg_int step)
{
    const exg_int samples = exg_batches_samples(b, step);
    const exg_shard blocks = exg_batches_blocks(b, step);
    const exg_int first = least(blocks.first * EXG_LANE, samples);
    const exg_int end =
        least((blocks.first + blocks.count) * EXG_LANE, samples);

    return (exg_shard){.total = samples, .first = first, .count = end - first};
}

/* The samples of my positions, in training order. */
static void list_ids(const exg_batches *b, exg_int epoch, exg_int *ids)
{
    const exg_order order =
        exg_order_of(b->total, b->plan.seed, epoch, b->plan.shuffle);
    exg_int n = 0;

    for (exg_int step = 0; step < exg_batches_steps(b); step++) {
        const exg_shard span = exg_batches_span(b, step);
        const exg_int first = step * b->plan.batch + span.first;

        for (exg_int i = 0; i < span.count; i++) {
            ids[n++] = exg_order_at(&order, first + i);
        }
    }
    EXG_ASSERT(n == b->nrow);
}

/* Start to move an epoch's rows, instead of any that are under way. */
static exg_status start_fetch(const exg_par *par, exg_batches *b, exg_int epoch)
{
    exg_status st = EXG_OK;

    exg_exchange_drop(par, &b->fetch);
    b->next = -1;
    list_ids(b, epoch, b->next_ids);
    EXG_TRY(exg_exchange_start(par, b->total, b->row_bytes, b->part->rows,
                               b->nrow, b->next_ids, &b->fetch));
    b->next = epoch;
done:
    return st;
}

static void warn_idle(const exg_batches *b)
{
    const exg_int blocks = lane_blocks(b->plan.batch);

    if (blocks < b->size) {
        exg_log_warn("a batch of %td is %td lane blocks of %d samples: %td of "
                     "%d ranks stay idle; %td samples would occupy all",
                     b->plan.batch, blocks, EXG_LANE, b->size - blocks, b->size,
                     (exg_int)b->size * EXG_LANE);
    }
}

exg_status exg_batches_create(const exg_par *par, const exg_source_part *part,
                              exg_batches_plan plan, exg_batches **out)
{
    exg_status st = EXG_OK;
    exg_batches *b = NULL;
    exg_int last;
    int whole;

    if (plan.batch < 0) {
        return exg_fail(EXG_EUSAGE, "batch of %td samples, want 1 at least",
                        plan.batch);
    }
    EXG_TRY_ALL(par, exg_new(&b, 1));
    whole = plan.batch == 0;
    if (whole || plan.batch > part->shard.total) {
        plan.batch = part->shard.total;
    }
    b->part = part;
    b->plan = plan;
    b->rank = par->rank;
    b->size = par->size;
    b->total = part->shard.total;
    b->pixels = part->pixels;
    b->row_bytes = part->pixels + 1;
    b->epoch = b->next = -1;
    last = exg_batches_steps(b) - 1;
    b->step_rows = exg_batches_span(b, 0).count;
    b->nrow = last * b->step_rows + exg_batches_span(b, last).count;
    EXG_TRY_ALL(par, exg_new(&b->ids, b->nrow));
    EXG_TRY_ALL(par, exg_new(&b->next_ids, b->nrow));
    EXG_TRY_ALL(par, exg_new(&b->rows, b->nrow * b->row_bytes));
    if (!whole) {
        warn_idle(b);
    }
    *out = b;
    b = NULL;
done:
    exg_batches_destroy(par, &b);
    return st;
}

void exg_batches_destroy(const exg_par *par, exg_batches **b)
{
    if (*b == NULL) {
        return;
    }
    exg_exchange_drop(par, &(*b)->fetch);
    exg_free((*b)->rows);
    exg_free((*b)->next_ids);
    exg_free((*b)->ids);
    exg_free(*b);
    *b = NULL;
}

/* Wait for the rows under way and make them the epoch's. */
static void finish_fetch(const exg_par *par, exg_batches *b)
{
    exg_int *ids = b->ids;

    exg_exchange_finish(par, &b->fetch, b->rows);
    b->ids = b->next_ids;
    b->next_ids = ids;
    b->epoch = b->next;
    b->next = -1;
}

exg_status exg_batches_epoch(const exg_par *par, exg_batches *b, exg_int epoch,
                             int more)
{
    exg_status st = EXG_OK;

    if (!b->plan.shuffle && b->epoch >= 0) {
        return EXG_OK; /* the rows of any epoch */
    }
    if (b->next != epoch && b->epoch != epoch) {
        EXG_TRY(start_fetch(par, b, epoch));
    }
    if (b->next == epoch) {
        finish_fetch(par, b);
    }
    if (more && b->plan.shuffle && b->next != epoch + 1) {
        EXG_TRY(start_fetch(par, b, epoch + 1));
    }
done:
    return st;
}

void exg_batches_load(const exg_batches *b, exg_int step, exg_int block,
                      float *x, int32_t *target, float *weight, exg_int *index)
{
    const exg_int place = step * b->step_rows + block * EXG_LANE;
    const exg_int left = exg_batches_span(b, step).count - block * EXG_LANE;
    const exg_int count = least(EXG_LANE, left);
    const uint8_t *rows = b->rows + place * b->row_bytes;

    EXG_ASSERT(b->epoch >= 0 && count > 0);
    for (exg_int s = 0; s < EXG_LANE; s++) {
        const int real = s < count;

        target[s] = real ? rows[s * b->row_bytes + b->pixels] : 0;
        weight[s] = real ? 1.0f : 0.0f;
        if (index != NULL) {
            index[s] = real ? b->ids[place + s] : -1;
        }
    }
    exg_lanes_load(b->pixels, b->row_bytes, count, rows, x);
}
