/* ref.h -- the definition of every kernel.  Layer: kern.
 *
 * Plain loops with double sums, same contracts as the table in kern/kern.h;
 * for tests.  No workspace. */
#ifndef EXG_KERN_REF_H
#define EXG_KERN_REF_H

#include "kern/kern.h"

void exg_conv_forward_ref(const exg_conv_shape *s, const float *x,
                          const float *w, const float *b, int relu, float *y);
void exg_conv_dgrad_ref(const exg_conv_shape *s, const float *dy,
                        const float *w, const float *gate, float *dx);
void exg_conv_wgrad_ref(const exg_conv_shape *s, const float *x,
                        const float *dy, float *dw, float *db);

void exg_dense_forward_ref(exg_int d, exg_int k, const float *x, const float *w,
                           const float *b, float *y);
void exg_dense_dgrad_ref(exg_int d, exg_int k, const float *dy, const float *w,
                         const float *gate, float *dx);
void exg_dense_wgrad_ref(exg_int d, exg_int k, const float *x, const float *dy,
                         float *dw, float *db);

void exg_softmax_ref(exg_int k, const float *logits, float *p);
void exg_cross_entropy_ref(exg_int k, const float *logits,
                           const int32_t *target, const float *weight,
                           float *loss, float *dlogits);

#endif
