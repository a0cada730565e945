/* quality_ranks.c -- ranks of neighbours in the other space, see quality.h.
 *
 * Most neighbours on the map are also in the features' list, which gives their
 * rank; for the others one turn of the ring finds their distance and a second
 * counts who is nearer. */
#include "embed/ring.h"
#include "quality_impl.h"

enum {
    M = EXG_QUALITY_NEAR,
    LANE = 16
};

int exg_quality_ranked(const exg_quality_scene *s, exg_int row)
{
    return (s->tiles->own.first + row / EXG_TILE) % s->step == 0;
}

void exg_quality_advance(exg_quality_scene *s, exg_int tiles)
{
    s->done += tiles;
    if (s->job->progress != NULL) {
        s->job->progress(s->job->progress_state, s->done, s->planned);
    }
}

/* Whether a list has a point, and where; -1: it has not. */
static exg_int place_in(exg_int n, const int32_t *list, int32_t who)
{
    for (exg_int a = 0; a < n; a++) {
        if (list[a] == who) {
            return a;
        }
    }
    return -1;
}

/* Where the list has neighbours on the map, their ranks. */
static void look(exg_quality_scene *s)
{
    for (exg_int i = 0; i < s->tiles->count; i++) {
        for (exg_int a = 0; a < s->m; a++) {
            const exg_int at = i * s->m + a;

            s->rank[at] =
                (int32_t)place_in(s->k, s->near + i * s->k, s->low[at]) + 1;
            s->dist2[at] =
                s->rank[at] > 0 || !exg_quality_ranked(s, i) ? -1.0f : 0.0f;
        }
    }
}

/* Distances, by features, of neighbours that the list lacks. */
static exg_status find_distances(void *state, const exg_ring_block *block)
{
    exg_quality_scene *s = state;
    const exg_int dim = s->tiles->dim;
    const exg_int first = block->tiles.first * EXG_TILE;
    const exg_int end = first + block->tiles.count * EXG_TILE;

    for (exg_int i = 0; i < s->tiles->count * s->m; i++) {
        const float *x = s->tiles->x + i / s->m * dim, *z;
        const exg_int who = s->low[i] - first;
        double sum = 0.0;

        if (s->dist2[i] < 0.0f || s->low[i] < first || s->low[i] >= end) {
            continue;
        }
        z = block->data + who / EXG_TILE * block->tile_floats +
            who % EXG_TILE * dim;
        for (exg_int d = 0; d < dim; d++) {
            sum +=
                ((double)x[d] - (double)z[d]) * ((double)x[d] - (double)z[d]);
        }
        s->dist2[i] = (float)sum;
    }
    return EXG_OK;
}

/* How many of n distances are below a bound. */
static int32_t count_below(exg_int n, const float *d, float bound)
{
    int32_t sum = 0;

    for (exg_int j = 0; j < n; j++) {
        sum += d[j] < bound;
    }
    return sum;
}

/* Count the rows that are nearer than neighbours the list lacks; the row itself
 * and the neighbour do not count. */
static void count_nearer(void *state, exg_int tile, exg_int first,
                         exg_int count, const float *dist2)
{
    exg_quality_scene *s = state;

    for (exg_int r = 0; r < EXG_TILE; r++) {
        const exg_int i = tile * EXG_TILE + r;
        const exg_int self = s->tiles->first + i - first;
        const float *d = dist2 + r * EXG_TILE;

        for (exg_int a = 0; i < s->tiles->count && a < s->m; a++) {
            const float bound = s->dist2[i * s->m + a];
            const exg_int who = s->low[i * s->m + a] - first;

            if (bound < 0.0f) {
                continue;
            }
            s->rank[i * s->m + a] += count_below(count, d, bound);
            if (self >= 0 && self < count && d[self] < bound) {
                s->rank[i * s->m + a]--;
            }
            if (who >= 0 && who < count && d[who] < bound) {
                s->rank[i * s->m + a]--;
            }
        }
    }
    exg_quality_advance(s, 1);
}

exg_status exg_quality_find_ranks(const exg_par *par, exg_quality_scene *s)
{
    exg_status st = EXG_OK;
    const exg_tiles *t = s->tiles;

    look(s);
    EXG_TRY(
        exg_ring_turn(par, t->own, EXG_TILE * t->dim, t->x, find_distances, s));
    for (exg_int i = 0; i < t->count * s->m; i++) {
        s->rank[i] += s->dist2[i] >= 0.0f; /* ranks from 1 */
    }
    EXG_TRY(exg_ring_distances(par, t, s->step, count_nearer, s));
done:
    return st;
}

/* Squared distance of two points on the map. */
static double apart(const exg_cloud *c, exg_int i, exg_int j)
{
    double sum = 0.0;

    for (int k = 0; k < c->dims; k++) {
        const float *y = c->y + k * c->stride;

        sum += ((double)y[j] - (double)y[i]) * ((double)y[j] - (double)y[i]);
    }
    return sum;
}

/* For n bounds, how many points are nearer to one on the map. */
static void count_on_map(const exg_cloud *c, exg_int row, exg_int n,
                         const double *bound, int32_t *count)
{
    for (exg_int b = 0; b < c->total; b += LANE) { /* padding is far away */
        double d[LANE] = {0};

        for (int k = 0; k < c->dims; k++) {
            const float *y = c->y + k * c->stride;
            const double at = (double)y[row];

            for (int l = 0; l < LANE; l++) {
                d[l] += ((double)y[b + l] - at) * ((double)y[b + l] - at);
            }
        }
        for (exg_int a = 0; a < n; a++) {
            int32_t sum = 0;

            for (int l = 0; l < LANE; l++) {
                sum += d[l] < bound[a];
            }
            count[a] += sum;
        }
    }
}

exg_fixed exg_quality_lost(const exg_quality_scene *s, exg_int i)
{
    const exg_int row = s->tiles->first + i;
    double bound[M];
    int32_t count[M] = {0};
    exg_int n = 0;
    exg_fixed sum = 0;

    for (exg_int a = 0; a < s->m; a++) {
        const int32_t who = s->near[i * s->k + a];

        if (place_in(s->m, s->low + i * s->m, who) < 0) {
            bound[n++] = apart(&s->cloud, row, who);
        }
    }
    count_on_map(&s->cloud, row, n, bound, count);
    for (exg_int a = 0; a < n; a++) { /* the row itself was counted */
        const int32_t rank = count[a] + (bound[a] > 0.0 ? 0 : 1);

        sum += rank > M ? rank - M : 0;
    }
    return sum;
}
