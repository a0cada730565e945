/* pack.c -- see pack.h.
 *
 * Rows are halved at the median of the coordinate that varies most, again and
 * again, at whole tiles (Friedman, Bentley & Finkel 1977).  Equal values part
 * by row number, so equal rows lie in rising order. */
#include "embed/pack.h"

#include <math.h>
#include <string.h>

/* Type punning that the compiler knows of: int32_t and float share a tile. */
typedef int32_t number __attribute__((may_alias));

/* My rows on their way to an order. */
typedef struct {
    exg_int m;
    const float *u; /* shape (rows, m)              */
    int32_t *order; /* shape (rows): my rows' order */
    uint64_t *word; /* shape (rows): to sort by     */
} sorting;

void exg_pack_smallest(uint64_t *w, exg_int n, exg_int k)
{
    exg_int low = 0, high = n - 1;

    while (low < high) { /* quickselect */
        const uint64_t pivot = w[low + (high - low) / 2];
        exg_int i = low, j = high;

        while (i <= j) {
            while (w[i] < pivot) {
                i++;
            }
            while (w[j] > pivot) {
                j--;
            }
            if (i <= j) {
                const uint64_t t = w[i];

                w[i++] = w[j];
                w[j--] = t;
            }
        }
        if (k - 1 <= j) {
            high = j;
        } else if (k - 1 >= i) {
            low = i;
        } else {
            return;
        }
    }
}

/* The coordinate that varies most among rows [from, to) of the order. */
static exg_int widest(const sorting *s, exg_int from, exg_int to)
{
    exg_int best = 0;
    double most = -1.0;

    for (exg_int c = 0; c < s->m; c++) {
        double sum = 0.0, square = 0.0;

        for (exg_int i = from; i < to; i++) {
            const double v = (double)s->u[s->order[i] * s->m + c];

            sum += v;
            square += v * v;
        }
        square -= sum * sum / (double)(to - from);
        if (square > most) {
            most = square;
            best = c;
        }
    }
    return best;
}

/* A word that sorts like the value, then like the row. */
static uint64_t sortable(float value, int32_t row)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits ^= bits >> 31 ? 0xffffffffu : 0x80000000u;
    return (uint64_t)bits << 32 | (uint32_t)row;
}

/* Sort rows [from, to) into tiles; recursion is log2(tiles) deep. */
static void halve(const sorting *s, exg_int from, exg_int to)
{
    const exg_int tiles = (to - from + EXG_TILE - 1) / EXG_TILE;
    const exg_int half = tiles / 2 * EXG_TILE;
    exg_int axis;

    if (tiles < 2) {
        return;
    }
    axis = widest(s, from, to);
    for (exg_int i = from; i < to; i++) {
        s->word[i] = sortable(s->u[s->order[i] * s->m + axis], s->order[i]);
    }
    exg_pack_smallest(s->word + from, to - from, half);
    for (exg_int i = from; i < to; i++) {
        s->order[i] = (int32_t)(s->word[i] & 0xffffffffu);
    }
    halve(s, from, from + half);
    halve(s, from + half, to);
}

double exg_pack_slack(exg_int m)
{
    return (2.0 * (double)m + 64.0) * 0x1p-24;
}

static exg_pack_layout layout(exg_int d, exg_int m)
{
    exg_pack_layout at = {.wide = (d + 15) / 16 * 16, .m = m};

    at.panel = EXG_TILE * at.wide;
    at.half = at.panel + EXG_TILE * m;
    at.id = at.half + EXG_TILE;
    at.centre = at.id + EXG_TILE;
    at.facts = at.centre + m;
    at.floats = (at.facts + (exg_int)sizeof(exg_pack_facts) / 4 + 15) / 16 * 16;
    return at;
}

/* Copy one row, u being its lead coordinates. */
static void put_row(const exg_pack_layout *at, exg_int d, const float *x,
                    const float *u, exg_int r, int32_t id, float *tile)
{
    double square = 0.0;

    memcpy(tile + r * at->wide, x, sizeof *x * (size_t)d);
    for (exg_int c = 0; c < at->m; c++) {
        tile[at->panel + exg_near_at(at->m, r, c)] = u[c];
        square += (double)u[c] * (double)u[c];
    }
    tile[at->half + r] = (float)(-0.5 * square * (1.0 - exg_pack_slack(at->m)));
    ((number *)(tile + at->id))[r] = id;
}

/* Centre, radius and so on of a tile whose rows are in place. */
static void sum_up(const exg_pack_layout *at, int32_t count, float *tile)
{
    exg_pack_facts facts = {.lowest = INT32_MAX, .count = count};
    const float *panel = tile + at->panel;
    double radius = 0.0, norm = 0.0;

    for (exg_int c = 0; c < at->m; c++) {
        double sum = 0.0;

        for (exg_int r = 0; r < count; r++) {
            sum += (double)panel[exg_near_at(at->m, r, c)];
        }
        tile[at->centre + c] = (float)(sum / (double)count);
    }
    for (exg_int r = 0; r < count; r++) {
        const int32_t id = exg_pack_id(at, tile, r);
        double far = 0.0, square = 0.0;

        for (exg_int c = 0; c < at->m; c++) {
            const double v = (double)panel[exg_near_at(at->m, r, c)];
            const double e = v - (double)tile[at->centre + c];

            far += e * e;
            square += v * v;
        }
        radius = fmax(radius, far);
        norm = fmax(norm, square);
        facts.lowest = id < facts.lowest ? id : facts.lowest;
    }
    facts.radius = (float)(sqrt(radius) * (1.0 + 1e-6));
    facts.norm = (float)(sqrt(norm) * (1.0 + 1e-6));
    memcpy(tile + at->facts, &facts, sizeof facts);
}

static void fill(const exg_tiles *t, const sorting *s, exg_pack *p)
{
    const exg_pack_layout *at = &p->at;

    for (exg_int i = 0; i < p->tiles.count; i++) {
        const exg_int left = t->count - i * EXG_TILE;
        const exg_int count = left < EXG_TILE ? left : EXG_TILE;
        float *tile = p->data + i * at->floats;

        for (exg_int r = 0; r < count; r++) {
            const exg_int row = s->order[i * EXG_TILE + r];

            put_row(at, t->dim, t->x + row * t->dim, s->u + row * at->m, r,
                    (int32_t)(t->first + row), tile);
        }
        for (exg_int r = count; r < EXG_TILE; r++) {
            tile[at->half + r] = -INFINITY;
            ((number *)(tile + at->id))[r] = -1;
        }
        sum_up(at, (int32_t)count, tile);
    }
}

exg_status exg_pack_create(const exg_lead *lead, const exg_tiles *tiles,
                           exg_pack *pack)
{
    exg_status st = EXG_OK;
    const exg_int n = tiles->count;
    exg_pack p = {.at = layout(tiles->dim, lead->m), .tiles = tiles->own};
    sorting s = {.m = lead->m};
    float *u = NULL;
    exg_int room = 0;

    EXG_TRY(exg_mem_product(p.tiles.count, p.at.floats, &room));
    EXG_TRY(exg_new(&p.data, room));
    EXG_TRY(exg_new(&u, n * lead->m));
    EXG_TRY(exg_new(&s.order, n));
    EXG_TRY(exg_new(&s.word, n));
    EXG_TRY(exg_lead_rows(lead, tiles, u));
    s.u = u;
    for (exg_int i = 0; i < n; i++) {
        s.order[i] = (int32_t)i;
    }
    halve(&s, 0, n);
    fill(tiles, &s, &p);
    *pack = p;
    p.data = NULL;
done:
    exg_pack_clear(&p);
    exg_free(u);
    exg_free(s.order);
    exg_free(s.word);
    return st;
}

void exg_pack_clear(exg_pack *pack)
{
    exg_free(pack->data);
    pack->data = NULL;
}
