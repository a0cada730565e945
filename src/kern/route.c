/* route.c -- the method by which a convolution is computed: by shape alone, so
 * that every instruction set and every call takes the same one. */
#include "kern/wino.h"
#include "table.h"

exg_int EXG_KERN(exg_route_work)(const exg_conv_shape *s)
{
    return EXG_KERN(exg_wino_suits)(s) ? EXG_KERN(exg_wino_work)(s)
                                       : EXG_KERN(exg_conv_work)(s);
}

void EXG_KERN(exg_route_forward)(const exg_conv_shape *s, const float *x,
                                 const float *w, const float *b, int relu,
                                 float *y, float *work)
{
    if (EXG_KERN(exg_wino_suits)(s)) {
        EXG_KERN(exg_wino_forward)(s, x, w, b, relu, y, work);
    } else {
        EXG_KERN(exg_conv_forward)(s, x, w, b, relu, y, work);
    }
}

void EXG_KERN(exg_route_backward)(const exg_conv_shape *s, const float *x,
                                  const float *dy, const float *w,
                                  const float *gate, float *dw, float *db,
                                  float *dx, float *work)
{
    if (EXG_KERN(exg_wino_suits)(s)) {
        EXG_KERN(exg_wino_backward)(s, x, dy, w, gate, dw, db, dx, work);
        return;
    }
    if (dw != NULL) {
        EXG_KERN(exg_conv_wgrad)(s, x, dy, dw, db, work);
    }
    if (dx != NULL) {
        EXG_KERN(exg_conv_dgrad)(s, dy, w, gate, dx, work);
    }
}

void EXG_KERN(exg_route_dgrad)(const exg_conv_shape *s, const float *dy,
                               const float *w, const float *gate, float *dx,
                               float *work)
{
    EXG_KERN(exg_route_backward)(s, NULL, dy, w, gate, NULL, NULL, dx, work);
}

void EXG_KERN(exg_route_wgrad)(const exg_conv_shape *s, const float *x,
                               const float *dy, float *dw, float *db,
                               float *work)
{
    EXG_KERN(exg_route_backward)(s, x, dy, NULL, NULL, dw, db, NULL, work);
}
