/* shard.c -- the first total % size ranks hold one row more. */
#include "par/shard.h"

exg_shard exg_shard_of(exg_int total, int rank, int size)
{
    const exg_int each = total / size;
    const exg_int more = total % size;

    return (exg_shard){.total = total,
                       .first = rank * each + (rank < more ? rank : more),
                       .count = each + (rank < more ? 1 : 0)};
}

exg_shard exg_shard_mine(const exg_par *par, exg_int total)
{
    return exg_shard_of(total, par->rank, par->size);
}

int exg_shard_owner(exg_int total, int size, exg_int row)
{
    const exg_int each = total / size;
    const exg_int more = total % size;
    const exg_int head = more * (each + 1); /* rows in the longer blocks */

    return (int)(row < head ? row / (each + 1) : more + (row - head) / each);
}
