/* conv_ref.c -- convolution and its gradients, as defined. */
#include "kern/ref.h"

/* Sample n of pixel (c, row, col) of an array with h rows of w pixels. */
static exg_int at(exg_int c, exg_int h, exg_int w, exg_int row, exg_int col,
                  exg_int n)
{
    return ((c * h + row) * w + col) * EXG_LANE + n;
}

static exg_int at_x(const exg_conv_shape *s, exg_int i, exg_int row,
                    exg_int col, exg_int n)
{
    return at(i, s->ih, s->iw, row, col, n);
}

static exg_int at_y(const exg_conv_shape *s, exg_int o, exg_int row,
                    exg_int col, exg_int n)
{
    return at(o, s->oh, s->ow, row, col, n);
}

static exg_int at_w(const exg_conv_shape *s, exg_int o, exg_int i, exg_int ky,
                    exg_int kx)
{
    return ((o * s->ic + i) * s->k + ky) * s->k + kx;
}

static double y_of(const exg_conv_shape *s, const float *x, const float *w,
                   exg_int o, exg_int row, exg_int col, exg_int n)
{
    double sum = 0.0;

    for (exg_int i = 0; i < s->ic; i++) {
        for (exg_int ky = 0; ky < s->k; ky++) {
            for (exg_int kx = 0; kx < s->k; kx++) {
                sum += (double)w[at_w(s, o, i, ky, kx)] *
                       x[at_x(s, i, row + ky, col + kx, n)];
            }
        }
    }
    return sum;
}

void exg_conv_forward_ref(const exg_conv_shape *s, const float *x,
                          const float *w, const float *b, int relu, float *y)
{
    for (exg_int o = 0; o < s->oc; o++) {
        for (exg_int row = 0; row < s->oh; row++) {
            for (exg_int col = 0; col < s->ow; col++) {
                for (exg_int n = 0; n < EXG_LANE; n++) {
                    const double v = b[o] + y_of(s, x, w, o, row, col, n);

                    y[at_y(s, o, row, col, n)] =
                        relu && v < 0.0 ? 0.0f : (float)v;
                }
            }
        }
    }
}

static double dx_of(const exg_conv_shape *s, const float *dy, const float *w,
                    exg_int i, exg_int row, exg_int col, exg_int n)
{
    double sum = 0.0;

    for (exg_int o = 0; o < s->oc; o++) {
        for (exg_int ky = 0; ky < s->k; ky++) {
            for (exg_int kx = 0; kx < s->k; kx++) {
                const exg_int yr = row - ky, yc = col - kx;

                if (yr >= 0 && yr < s->oh && yc >= 0 && yc < s->ow) {
                    sum += (double)w[at_w(s, o, i, ky, kx)] *
                           dy[at_y(s, o, yr, yc, n)];
                }
            }
        }
    }
    return sum;
}

void exg_conv_dgrad_ref(const exg_conv_shape *s, const float *dy,
                        const float *w, const float *gate, float *dx)
{
    for (exg_int i = 0; i < s->ic; i++) {
        for (exg_int row = 0; row < s->ih; row++) {
            for (exg_int col = 0; col < s->iw; col++) {
                for (exg_int n = 0; n < EXG_LANE; n++) {
                    const exg_int j = at_x(s, i, row, col, n);

                    dx[j] = gate == NULL || gate[j] > 0.0f
                                ? (float)dx_of(s, dy, w, i, row, col, n)
                                : 0.0f;
                }
            }
        }
    }
}

static double dw_of(const exg_conv_shape *s, const float *x, const float *dy,
                    exg_int o, exg_int i, exg_int ky, exg_int kx)
{
    double sum = 0.0;

    for (exg_int row = 0; row < s->oh; row++) {
        for (exg_int col = 0; col < s->ow; col++) {
            for (exg_int n = 0; n < EXG_LANE; n++) {
                sum += (double)dy[at_y(s, o, row, col, n)] *
                       x[at_x(s, i, row + ky, col + kx, n)];
            }
        }
    }
    return sum;
}

void exg_conv_wgrad_ref(const exg_conv_shape *s, const float *x,
                        const float *dy, float *dw, float *db)
{
    const exg_int plane = s->oh * s->ow * EXG_LANE;

    for (exg_int o = 0; o < s->oc; o++) {
        double sum = 0.0;

        for (exg_int j = 0; j < plane; j++) {
            sum += dy[o * plane + j];
        }
        db[o] = (float)sum;
        for (exg_int i = 0; i < s->ic; i++) {
            for (exg_int ky = 0; ky < s->k; ky++) {
                for (exg_int kx = 0; kx < s->k; kx++) {
                    dw[at_w(s, o, i, ky, kx)] =
                        (float)dw_of(s, x, dy, o, i, ky, kx);
                }
            }
        }
    }
}
