/* table.h -- prototypes of the kernels of one instruction set, for table.c.
 * Contracts: kern/kern.h. */
#ifndef EXG_SRC_KERN_TABLE_H
#define EXG_SRC_KERN_TABLE_H

#include "kern/lane.h"

exg_int EXG_KERN(exg_conv_work)(const exg_conv_shape *s);
void EXG_KERN(exg_conv_forward)(const exg_conv_shape *s, const float *x,
                                const float *w, const float *b, int relu,
                                float *y, float *work);
void EXG_KERN(exg_conv_dgrad)(const exg_conv_shape *s, const float *dy,
                              const float *w, const float *gate, float *dx,
                              float *work);
void EXG_KERN(exg_conv_wgrad)(const exg_conv_shape *s, const float *x,
                              const float *dy, float *dw, float *db,
                              float *work);

exg_int EXG_KERN(exg_route_work)(const exg_conv_shape *s);
void EXG_KERN(exg_route_forward)(const exg_conv_shape *s, const float *x,
                                 const float *w, const float *b, int relu,
                                 float *y, float *work);
void EXG_KERN(exg_route_dgrad)(const exg_conv_shape *s, const float *dy,
                               const float *w, const float *gate, float *dx,
                               float *work);
void EXG_KERN(exg_route_wgrad)(const exg_conv_shape *s, const float *x,
                               const float *dy, float *dw, float *db,
                               float *work);
void EXG_KERN(exg_route_backward)(const exg_conv_shape *s, const float *x,
                                  const float *dy, const float *w,
                                  const float *gate, float *dw, float *db,
                                  float *dx, float *work);

void EXG_KERN(exg_dense_forward)(exg_int d, exg_int k, const float *x,
                                 const float *w, const float *b, float *y);
void EXG_KERN(exg_dense_dgrad)(exg_int d, exg_int k, const float *dy,
                               const float *w, const float *gate, float *dx);
void EXG_KERN(exg_dense_wgrad)(exg_int d, exg_int k, const float *x,
                               const float *dy, float *dw, float *db,
                               float *work);

void EXG_KERN(exg_relu_forward)(exg_int n, const float *x, float *y);
void EXG_KERN(exg_relu_backward)(exg_int n, const float *y, const float *dy,
                                 float *dx);
void EXG_KERN(exg_softmax)(exg_int k, const float *logits, float *p);
void EXG_KERN(exg_cross_entropy)(exg_int k, const float *logits,
                                 const int32_t *target, const float *weight,
                                 float *loss, float *dlogits);

double EXG_KERN(exg_pairs_tile)(const exg_pairs_tiles *t, float *fi, float *fj);
void EXG_KERN(exg_pairs_attract)(const exg_pairs_sparse *s, float *f);
void EXG_KERN(exg_pairs_diverge)(const exg_pairs_sparse *s, float *f);

void EXG_KERN(exg_field_at)(const exg_field_tile *t, const float *y, float *z,
                            float *f);

void EXG_KERN(exg_stencil_spread)(const exg_stencil *s, int bits,
                                  uint32_t *grid);
void EXG_KERN(exg_stencil_gather)(const exg_stencil *s, const float *grid,
                                  float *value, float *slope);

void EXG_KERN(exg_charge_take)(exg_int n, int shift, float unit,
                               const uint32_t *from, float *to,
                               exg_charge_sums *sums);

void EXG_KERN(exg_fft_run)(const exg_fft *f, int back, float *x);
void EXG_KERN(exg_fft_twist)(exg_int n, const float *w, const float *from,
                             float *to);
void EXG_KERN(exg_fft_untwist)(exg_int n, const float *w, const float *from,
                               float *to);
void EXG_KERN(exg_fft_enter)(exg_int n, const float *w, const float *from,
                             float *to);
void EXG_KERN(exg_fft_leave)(exg_int n, const float *w, const float *from,
                             float *to);
void EXG_KERN(exg_fft_scale)(exg_int n, const int32_t *row, const float *factor,
                             float *x);
void EXG_KERN(exg_fft_turn)(const float *from, exg_int from_step, float *to,
                            exg_int to_step);

void EXG_KERN(exg_near_sieve)(exg_int m, const float *a, const float *ka,
                              const float *b, const float *kb, uint64_t *hit);
void EXG_KERN(exg_near_distances)(exg_int d, const float *x, const float *y,
                                  exg_int n, const int32_t *which,
                                  float *dist2);

extern const exg_kern EXG_KERN(exg_kern_table);

#endif
