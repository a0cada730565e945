/* repulse.c -- the cloud that engines read, and the choice of an engine. */
#include "embed/repulse.h"

#include <math.h>
#include <string.h>

enum {
    PAD = 16
};

#define FAR 1e8f      /* q^2 d below 1e-24, q^2 still no denormal         */
#define FARTHER 1e17f /* EXG_PAIRS_NEVER, and squares finite              */

float exg_cloud_far(double dof)
{
    return dof == 1.0 ? FAR : FARTHER;
}

exg_status exg_cloud_create(exg_int total, int dims, exg_cloud *cloud)
{
    const exg_int tiles = (total + EXG_PAIRS_TILE - 1) / EXG_PAIRS_TILE;
    exg_status st;

    *cloud = (exg_cloud){.total = total,
                         .dims = dims,
                         .dof = 1.0,
                         .stride = tiles * EXG_PAIRS_TILE};
    st = exg_new(&cloud->y, cloud->stride * dims);
    return st != EXG_OK ? st
                        : exg_new(&cloud->point, total * exg_pairs_width(dims));
}

void exg_cloud_destroy(exg_cloud *cloud)
{
    exg_free(cloud->y);
    exg_free(cloud->point);
    cloud->y = cloud->point = NULL;
}

/* Coordinate k of all points, and their mean; dims and width are known to the
 * compiler. */
static inline float split(exg_cloud *cloud, const float *all, int dims, int k)
{
    float *y = cloud->y + k * cloud->stride;
    double sum[4] = {0}; /* four chains: one would wait for itself */
    exg_int i = 0;

    for (; i + 4 <= cloud->total; i += 4) {
        for (int c = 0; c < 4; c++) {
            y[i + c] = all[(i + c) * dims + k];
            sum[c] += (double)y[i + c];
        }
    }
    for (; i < cloud->total; i++) {
        y[i] = all[i * dims + k];
        sum[i % 4] += (double)y[i];
    }
    return (float)((sum[0] + sum[1] + sum[2] + sum[3]) / (double)cloud->total);
}

static inline void centre(exg_cloud *cloud, int width, int k, float mean)
{
    float *y = cloud->y + k * cloud->stride;

    for (exg_int i = 0; i < cloud->total; i++) {
        y[i] -= mean;
        cloud->point[i * width + k] = y[i];
    }
}

exg_status exg_cloud_fill(exg_cloud *cloud, const float *all)
{
    const exg_int n = cloud->total;
    const float far = exg_cloud_far(cloud->dof);

    for (int k = 0; k < cloud->dims; k++) {
        float *y = cloud->y + k * cloud->stride;
        const float mean = cloud->dims == 2 ? split(cloud, all, 2, k)
                                            : split(cloud, all, cloud->dims, k);

        if (!isfinite(mean)) {
            return exg_fail(EXG_ENUMERIC,
                            "t-SNE: coordinate %d diverged; "
                            "try a smaller learning rate",
                            k);
        }
        centre(cloud, cloud->dims > 2 ? 4 : 2, k, mean);
        for (exg_int i = n; i < (n + PAD - 1) / PAD * PAD; i++) {
            y[i] = k == 0 ? far * (float)(1 + i - n) : 0.0f;
        }
    }
    return EXG_OK;
}

exg_status exg_repulse_pick(const char *name, int dims,
                            const exg_repulse **engine)
{
    static const exg_repulse *const list[] = {
        &exg_repulse_auto, &exg_repulse_exact, &exg_repulse_fft};

    if (dims < 1 || dims > EXG_PAIRS_DIMS) {
        return exg_fail(EXG_EUSAGE, "t-SNE: %d dimensions, want 1 to %d", dims,
                        EXG_PAIRS_DIMS);
    }
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(name, list[i]->name) == 0) {
            *engine = list[i];
            return EXG_OK;
        }
    }
    return exg_fail(EXG_EUSAGE, "t-SNE engine '%s': want auto, exact or fft",
                    name);
}
