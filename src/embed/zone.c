/* zone.c -- see zone.h.  The order of zones is that of a grid's cells, plane by
 * plane; forces travel in the order of the sender's zone, which the receiver
 * knows, so no index is ever sent. */
#include "embed/zone.h"

#include <string.h>

#include "embed/nearby.h"
#include "par/agree.h"

enum {
    BEFORE = 2, /* planes that a point touches before its own */
    AFTER = 3   /* and after                                  */
};

exg_status exg_zone_create(const exg_par *par, exg_int total, int dims,
                           exg_zone *zone)
{
    exg_status st = EXG_OK;
    const exg_int size = par->size;

    *zone = (exg_zone){
        .dims = dims, .size = par->size, .mine = exg_shard_mine(par, total)};
    EXG_TRY(exg_new(&zone->order, total));
    EXG_TRY(exg_new(&zone->bucket, EXG_NEARBY_BUCKETS + 1));
    EXG_TRY(exg_new(&zone->slot, zone->mine.count));
    EXG_TRY(exg_new(&zone->from, zone->mine.count));
    EXG_TRY(exg_new(&zone->out_count, 4 * size));
    zone->out_first = zone->out_count + size;
    zone->in_count = zone->out_first + size;
    zone->in_first = zone->in_count + size;
    EXG_TRY(exg_new(&zone->out, zone->mine.count * dims));
    zone->in = zone->out;
    if (size > 1) {
        EXG_TRY(exg_new(&zone->in, zone->mine.count * dims));
    }
done:
    return st;
}

void exg_zone_destroy(exg_zone *zone)
{
    exg_free(zone->order);
    exg_free(zone->bucket);
    exg_free(zone->slot);
    exg_free(zone->from);
    exg_free(zone->out_count);
    exg_free(zone->in != zone->out ? zone->in : NULL);
    exg_free(zone->out);
    *zone = (exg_zone){.dims = 0};
}

/* Offsets of counts, in floats. */
static void line_up(int size, const int *count, int *first)
{
    first[0] = 0;
    for (int r = 1; r < size; r++) {
        first[r] = first[r - 1] + count[r - 1];
    }
}

/* Who gets which of my zone's forces. */
static void address(exg_zone *zone)
{
    const exg_int total = zone->mine.total;
    const int32_t *mine = zone->order + zone->mine.first;

    memset(zone->out_count, 0, sizeof *zone->out_count * (size_t)zone->size);
    for (exg_int t = 0; t < zone->mine.count; t++) {
        const int r = exg_shard_owner(total, zone->size, mine[t]);

        zone->slot[t] = zone->out_count[r] / zone->dims;
        zone->out_count[r] += zone->dims;
    }
    line_up(zone->size, zone->out_count, zone->out_first);
    for (exg_int t = 0; t < zone->mine.count; t++) {
        const int r = exg_shard_owner(total, zone->size, mine[t]);

        zone->slot[t] += zone->out_first[r] / zone->dims;
    }
}

/* Where the forces of the points that I own will be. */
static void expect(exg_zone *zone)
{
    int32_t next = 0;

    for (int r = 0; r < zone->size; r++) {
        const exg_shard s = exg_shard_of(zone->mine.total, r, zone->size);
        const int32_t before = next;

        for (exg_int t = s.first; t < s.first + s.count; t++) {
            const exg_int i = zone->order[t] - zone->mine.first;

            if (i >= 0 && i < zone->mine.count) {
                zone->from[i] = next++;
            }
        }
        zone->in_count[r] = (next - before) * zone->dims;
    }
    line_up(zone->size, zone->in_count, zone->in_first);
}

void exg_zone_sort(exg_zone *zone, const exg_stencil *s, const exg_cloud *cloud)
{
    exg_stencil all = *s;

    all.count = cloud->total;
    exg_nearby_sort(&all, cloud->stride, cloud->y, zone->bucket, zone->order);
    address(zone);
    expect(zone);
}

void exg_zone_fetch(const exg_zone *zone, const exg_cloud *cloud,
                    exg_int stride, float *y)
{
    const int32_t *mine = zone->order + zone->mine.first;

    for (int k = 0; k < zone->dims; k++) {
        const float *from = cloud->y + k * cloud->stride;

        for (exg_int t = 0; t < zone->mine.count; t++) {
            y[k * stride + t] = from[mine[t]];
        }
    }
}

/* The plane of a coordinate, as exg_stencil_spread() finds it. */
static exg_int plane_of(const exg_stencil *s, float y)
{
    const float u = (y - s->first[s->dims - 1]) * s->per_unit;
    const float most = (float)(s->n - EXG_STENCIL + BEFORE);

    return u > (float)BEFORE ? (exg_int)(u < most ? u : most) : BEFORE;
}

exg_window exg_zone_window(const exg_stencil *s)
{
    const float *y = s->y + (s->dims - 1) * s->stride;
    float low, high;
    exg_int first;

    if (s->count == 0 || s->dims == 1) {
        return (exg_window){0, s->count > 0};
    }
    low = high = y[0];
    for (exg_int i = 1; i < s->count; i++) {
        low = y[i] < low ? y[i] : low;
        high = y[i] > high ? y[i] : high;
    }
    first = plane_of(s, low) - BEFORE;
    return (exg_window){first, plane_of(s, high) + AFTER + 1 - first};
}

double exg_zone_return(const exg_par *par, exg_zone *zone, exg_int stride,
                       const float *slope, float unit, float *f)
{
    const int dims = zone->dims;
    const exg_int count = zone->mine.count;

    for (int k = 0; k < dims; k++) {
        for (exg_int t = 0; t < count; t++) {
            zone->out[zone->slot[t] * dims + k] = unit * slope[k * stride + t];
        }
    }
    if (zone->size > 1) {
        EXG_MPI(MPI_Alltoallv(zone->out, zone->out_count, zone->out_first,
                              MPI_FLOAT, zone->in, zone->in_count,
                              zone->in_first, MPI_FLOAT, par->comm));
    }
    for (exg_int i = 0; i < count; i++) {
        const float *in = zone->in + zone->from[i] * dims;

        for (int k = 0; k < dims; k++) {
            f[i * dims + k] = in[k];
        }
    }
    return (double)sizeof *f *
           (double)(count * dims - zone->out_count[par->rank]);
}
