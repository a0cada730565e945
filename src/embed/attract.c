/* attract.c -- see attract.h.
 *
 * The order is that of a Morton curve through the map (Z-order: the bits of the
 * coordinates in turn), by one counting sort over 2^16 cells.  Rows are copied
 * in that order, too, so that memory is read in one stream: jumping from row to
 * row instead costs more than the order gains.
 *
 * Where the points of a row have places less than 2^16 apart, as nearly all do,
 * entries name them in 16 bits: what is read in each call is 6 bytes an entry
 * instead of 8. */
#include "embed/attract.h"

#include <math.h>
#include <string.h>

#include "embed/mesh.h"

enum {
    RENEW = 100, /* calls between orders; the first ones change the map more */
    FIRST = 20,
    CURVE_BITS = 16,
    CELLS = 1 << CURVE_BITS
};

struct exg_attract {
    const exg_affinity *p;
    const exg_kern *kern;
    exg_int calls;
    float *point;   /* shape (N, exg_pairs_width(dims)): in order         */
    int32_t *place; /* shape (N): where a point is there                  */
    int32_t *key;   /* shape (N): its cell                                */
    int32_t *cell;  /* shape (CELLS + 1): work                            */

    int32_t *turn;  /* shape (my rows): my rows in order         */
    int32_t *self;  /* shape (my rows): the places of their points */
    exg_int *row;   /* these rows of P, as in exg_pairs_sparse     */
    int32_t *base;  /* shape (my rows): first place of a row; -1: far apart */
    uint16_t *near; /* entries: places, from there                          */
    int32_t *col;   /* or places, of rows that are far apart: of large N    */
    float *p_ij;
    int32_t *named; /* shape (longest row): work */
    float *pull;    /* shape (my rows, dims): in that order */
};

static exg_int longest_row(const exg_affinity *p)
{
    exg_int most = 0;

    for (exg_int i = 0; i < p->rows.count; i++) {
        const exg_int n = p->row[i + 1] - p->row[i];

        most = n > most ? n : most;
    }
    return most;
}

exg_status exg_attract_create(const exg_affinity *p, const exg_kern *kern,
                              int dims, exg_attract **out)
{
    exg_status st = EXG_OK;
    const exg_int total = p->rows.total, rows = p->rows.count;
    exg_attract *a = NULL;

    EXG_TRY(exg_new(&a, 1));
    a->p = p;
    a->kern = kern;
    EXG_TRY(exg_new(&a->point, total * exg_pairs_width(dims)));
    EXG_TRY(exg_new(&a->place, total));
    EXG_TRY(exg_new(&a->key, total));
    EXG_TRY(exg_new(&a->cell, CELLS + 1));
    EXG_TRY(exg_new(&a->turn, rows));
    EXG_TRY(exg_new(&a->self, rows));
    EXG_TRY(exg_new(&a->row, rows + 1));
    EXG_TRY(exg_new(&a->named, longest_row(p)));
    EXG_TRY(exg_new(&a->base, rows));
    EXG_TRY(exg_new(&a->near, p->row[rows]));
    EXG_TRY(exg_new(&a->col, total > UINT16_MAX + 1 ? p->row[rows] : 0));
    EXG_TRY(exg_new(&a->p_ij, p->row[rows]));
    EXG_TRY(exg_new(&a->pull, rows * dims));
    *out = a;
    a = NULL;
done:
    exg_attract_destroy(&a);
    return st;
}

void exg_attract_destroy(exg_attract **out)
{
    exg_attract *a = *out;

    if (a != NULL) {
        exg_free(a->point);
        exg_free(a->place);
        exg_free(a->key);
        exg_free(a->cell);
        exg_free(a->turn);
        exg_free(a->self);
        exg_free(a->row);
        exg_free(a->named);
        exg_free(a->base);
        exg_free(a->near);
        exg_free(a->col);
        exg_free(a->p_ij);
        exg_free(a->pull);
        exg_free(a);
        *out = NULL;
    }
}

/* Spread the bits of v, `step` apart. */
static int32_t apart(int32_t v, int bits, int step)
{
    int32_t out = 0;

    for (int b = 0; b < bits; b++) {
        out |= (v >> b & 1) << (b * step);
    }
    return out;
}

/* The cells of all points along the curve. */
static void find_keys(exg_attract *a, const exg_cloud *cloud)
{
    const exg_mesh_box box = exg_mesh_box_of(cloud);
    const int dims = cloud->dims, bits = CURVE_BITS / dims;
    const int32_t side = (int32_t)1 << bits;
    const float unit =
        box.reach > 0.0 ? (float)(0.5 * (double)side / box.reach) : 0.0f;
    int32_t *code = a->cell; /* side of them, for now */

    for (int32_t v = 0; v < side; v++) {
        code[v] = apart(v, bits, dims);
    }
    for (int k = 0; k < dims; k++) {
        const float *y = cloud->y + k * cloud->stride;
        const float first = (float)(box.middle[k] - box.reach);

        for (exg_int i = 0; i < cloud->total; i++) {
            const int32_t at = (int32_t)((y[i] - first) * unit);

            a->key[i] = (k == 0 ? 0 : a->key[i]) | code[at < 0      ? 0
                                                        : at < side ? at
                                                                    : side - 1]
                                                       << k;
        }
    }
}

/* Where each of n points comes along the curve. */
static void sort(exg_attract *a, exg_int n, const int32_t *key, int32_t *place)
{
    memset(a->cell, 0, sizeof *a->cell * (CELLS + 1));
    for (exg_int i = 0; i < n; i++) {
        a->cell[key[i] + 1]++;
    }
    for (exg_int b = 0; b < CELLS; b++) {
        a->cell[b + 1] += a->cell[b];
    }
    for (exg_int i = 0; i < n; i++) {
        place[i] = a->cell[key[i]]++;
    }
}

/* Places of n entries of P from `from` on, and the first and last of them:
 * end[0], end[1].  An entry of 0, as in the padding, may name any point. */
static void find_places(const exg_attract *a, exg_int from, exg_int n,
                        int32_t self, int32_t *place, int32_t *end)
{
    const float *p = a->p->p + from;
    const int32_t *col = a->p->col + from;
    int32_t first = self, last = self;

    for (exg_int e = 0; e < n; e++) {
        const int32_t at = p[e] > 0.0f ? a->place[col[e]] : self;

        first = at < first ? at : first;
        last = at > last ? at : last;
        place[e] = at;
    }
    end[0] = first;
    end[1] = last;
}

/* The same in 16 bits, from the first place on, where that is enough. */
static int32_t shorten(exg_int n, const int32_t *place, const int32_t *end,
                       uint16_t *near)
{
    if (end[1] - end[0] > UINT16_MAX) {
        return -1;
    }
    for (exg_int e = 0; e < n; e++) {
        near[e] = (uint16_t)(place[e] - end[0]);
    }
    return end[0];
}

/* Copy my rows in the order of `turn`, naming columns by places. */
static void copy_rows(exg_attract *a)
{
    const exg_affinity *p = a->p;

    for (exg_int r = 0; r < p->rows.count; r++) {
        const exg_int i = a->turn[r];
        const exg_int from = p->row[i], n = p->row[i + 1] - from;
        int32_t end[2];

        a->row[r + 1] = a->row[r] + n;
        a->self[r] = a->place[p->rows.first + i];
        memcpy(a->p_ij + a->row[r], p->p + from, sizeof *p->p * (size_t)n);
        find_places(a, from, n, a->self[r], a->named, end);
        a->base[r] = shorten(n, a->named, end, a->near + a->row[r]);
        if (a->base[r] < 0) {
            memcpy(a->col + a->row[r], a->named, sizeof *a->col * (size_t)n);
        }
    }
}

static void renew(exg_attract *a, const exg_cloud *cloud)
{
    const exg_shard mine = a->p->rows;

    find_keys(a, cloud);
    sort(a, cloud->total, a->key, a->place);
    sort(a, mine.count, a->key + mine.first, a->self); /* self: work */
    for (exg_int i = 0; i < mine.count; i++) {
        a->turn[a->self[i]] = (int32_t)i;
    }
    copy_rows(a);
}

/* Points to their places; a size known to the compiler makes it one move. */
static void lay_points(const exg_attract *a, const exg_cloud *cloud)
{
    const float *from = cloud->point;

    if (exg_pairs_width(cloud->dims) == 2) {
        for (exg_int i = 0; i < cloud->total; i++) {
            memcpy(a->point + 2 * a->place[i], from + 2 * i, 2 * sizeof *from);
        }
    } else {
        for (exg_int i = 0; i < cloud->total; i++) {
            memcpy(a->point + 4 * a->place[i], from + 4 * i, 4 * sizeof *from);
        }
    }
}

/* Sums from the order of turns to that of rows. */
static void put_back(const exg_attract *a, int dims, float *pull)
{
    for (exg_int r = 0; r < a->p->rows.count; r++) {
        float *to = pull + a->turn[r] * dims;

        for (int k = 0; k < dims; k++) {
            to[k] = a->pull[r * dims + k];
        }
    }
}

void exg_attract_run(exg_attract *a, const exg_cloud *cloud, float *pull)
{
    const int dims = cloud->dims;
    const exg_pairs_tails tails = exg_pairs_tails_of(cloud->dof);
    const exg_pairs_sparse s = {.dims = dims,
                                .rows = a->p->rows.count,
                                .y = a->point,
                                .row = a->row,
                                .col = a->col,
                                .near = a->near,
                                .base = a->base,
                                .p = a->p_ij,
                                .self = a->self,
                                .tails = cloud->dof == 1.0 ? NULL : &tails};

    if (a->calls % RENEW == 0 || a->calls == FIRST) {
        renew(a, cloud);
    }
    a->calls++;
    lay_points(a, cloud);
    a->kern->pairs_attract(&s, a->pull);
    put_back(a, dims, pull);
}
