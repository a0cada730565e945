/* kern.h -- the table of fast kernels for this CPU.  Layer: kern.
 *
 * Kernels are local, allocate nothing, have no state and cannot fail: sizes
 * are the caller's duty, workspaces are the caller's memory.  Every array of
 * lanes is 64-byte aligned and overlaps no other unless a function says so.  A
 * sample's numbers never depend on its neighbours or its place, except in sums
 * over the block, which run in a fixed order. */
#ifndef EXG_KERN_KERN_H
#define EXG_KERN_KERN_H

#include <stdint.h>

#include "core/lane.h"
#include "core/mem.h"
#include "kern/charge.h"
#include "kern/fft.h"
#include "kern/field.h"
#include "kern/near.h"
#include "kern/pairs.h"
#include "kern/stencil.h"

/** A convolution's shape: valid, stride 1, square kernel.  oh = ih - k + 1. */
typedef struct {
    exg_int ic, ih, iw; /* input channels, rows, columns  */
    exg_int oc, oh, ow; /* output channels, rows, columns */
    exg_int k;          /* kernel side                    */
} exg_conv_shape;

/** The kernels of one instruction set. */
typedef struct {
    const char *isa; /* "avx512", "avx2" or "base" */

    /** Floats of workspace that any conv_ function wants for this shape. */
    exg_int (*conv_work)(const exg_conv_shape *s);

    /** y[o] = b[o] + sum_i w[o][i] (*) x[i], as a correlation (PyTorch's
     * Conv2d), then max(y, 0) where relu is not 0.
     * @param[in]  x     [ic][ih][iw][16]
     * @param[in]  w     shape (oc, ic, k, k)
     * @param[in]  b     shape (oc)
     * @param[out] y     [oc][oh][ow][16]
     * @param      work  conv_work() floats, 64-byte aligned */
    void (*conv_forward)(const exg_conv_shape *s, const float *x,
                         const float *w, const float *b, int relu, float *y,
                         float *work);

    /** dx = d loss / d x from dy = d loss / d y.
     * @param[in]  dy    [oc][oh][ow][16]
     * @param[in]  gate  [ic][ih][iw][16] or NULL: dx is 0 wherever gate <= 0,
     *                   the derivative of a ReLU that made gate; may be dx
     * @param[out] dx    [ic][ih][iw][16] */
    void (*conv_dgrad)(const exg_conv_shape *s, const float *dy, const float *w,
                       const float *gate, float *dx, float *work);

    /** Gradients of weights and biases, summed over pixels and samples.
     * @param[in]  x   [ic][ih][iw][16]
     * @param[in]  dy  [oc][oh][ow][16]
     * @param[out] dw  shape (oc, ic, k, k)
     * @param[out] db  shape (oc) */
    void (*conv_wgrad)(const exg_conv_shape *s, const float *x, const float *dy,
                       float *dw, float *db, float *work);

    /** conv_wgrad and conv_dgrad of one layer, cheaper than one by one.
     * Arguments as there; dw and db, or dx, may be NULL: not asked for.  dx
     * may also be x, which it then replaces. */
    void (*conv_backward)(const exg_conv_shape *s, const float *x,
                          const float *dy, const float *w, const float *gate,
                          float *dw, float *db, float *dx, float *work);

    /** y = W x + b; x [d][16], w (k, d), b (k), y [k][16]. */
    void (*dense_forward)(exg_int d, exg_int k, const float *x, const float *w,
                          const float *b, float *y);

    /** dx = W' dy, gated as in conv_dgrad. */
    void (*dense_dgrad)(exg_int d, exg_int k, const float *dy, const float *w,
                        const float *gate, float *dx);

    /** dw (k, d) and db (k), summed over samples; work: 16 * d floats. */
    void (*dense_wgrad)(exg_int d, exg_int k, const float *x, const float *dy,
                        float *dw, float *db, float *work);

    /** y = max(x, 0) over n pixels, [n][16]; y may be x.  A NaN stays. */
    void (*relu_forward)(exg_int n, const float *x, float *y);

    /** dx = dy where y > 0, else 0; dx may be dy. */
    void (*relu_backward)(exg_int n, const float *y, const float *dy,
                          float *dx);

    /** Class probabilities of logits [k][16]; p may be logits. */
    void (*softmax)(exg_int k, const float *logits, float *p);

    /** Cross-entropy in nats and its derivative.
     * @param[in]  target   shape (16), classes 0..k-1
     * @param[in]  weight   shape (16)
     * @param[out] loss     shape (16): weight * -log p[target]
     * @param[out] dlogits  [k][16]: weight * (p - onehot) */
    void (*cross_entropy)(exg_int k, const float *logits, const int32_t *target,
                          const float *weight, float *loss, float *dlogits);

    /** t-SNE repulsion between two tiles; see exg_pairs_tile_ref(). */
    double (*pairs_tile)(const exg_pairs_tiles *t, float *fi, float *fj);

    /** t-SNE attraction on sparse rows; see exg_pairs_attract_ref(). */
    void (*pairs_attract)(const exg_pairs_sparse *s, float *f);

    /** t-SNE divergence on sparse rows; see exg_pairs_diverge_ref(). */
    void (*pairs_diverge)(const exg_pairs_sparse *s, float *f);

    /** The field of points that stay; see exg_field_at_ref(). */
    void (*field_at)(const exg_field_tile *t, const float *y, float *z,
                     float *f);

    /** Pairs that may be neighbours; see exg_near_sieve_ref(). */
    void (*near_sieve)(exg_int m, const float *a, const float *ka,
                       const float *b, const float *kb, uint64_t *hit);

    /** Squared distances, the same bits; see exg_near_distances_ref(). */
    void (*near_distances)(exg_int d, const float *x, const float *y, exg_int n,
                           const int32_t *which, float *dist2);

    /** Points to a grid; see exg_stencil_spread_ref(). */
    void (*stencil_spread)(const exg_stencil *s, int bits, uint32_t *grid);

    /** A grid to points; see exg_stencil_gather_ref(). */
    void (*stencil_gather)(const exg_stencil *s, const float *grid,
                           float *value, float *slope);

    /** Charges to floats, and their sums; see exg_charge_take_ref(). */
    void (*charge_take)(exg_int n, int shift, float unit, const uint32_t *from,
                        float *to, exg_charge_sums *sums);

    /** Fourier transforms in lanes, and what goes with them; see fft.h. */
    void (*fft_run)(const exg_fft *f, int back, float *x);
    void (*fft_twist)(exg_int n, const float *w, const float *from, float *to);
    void (*fft_untwist)(exg_int n, const float *w, const float *from,
                        float *to);
    void (*fft_enter)(exg_int n, const float *w, const float *from, float *to);
    void (*fft_leave)(exg_int n, const float *w, const float *from, float *to);
    void (*fft_scale)(exg_int n, const int32_t *row, const float *factor,
                      float *x);
    void (*fft_turn)(const float *from, exg_int from_step, float *to,
                     exg_int to_step);
} exg_kern;

/** The table for a wish, or the best one for this CPU.  Local.
 *
 * @param[in]  wish  "avx512", "avx2", "base"; NULL or "" for the best
 * @param[out] kern  static, never freed
 * @return EXG_OK or EXG_EUSAGE (no such set, or this CPU or build lacks it)
 */
EXG_MUST_CHECK exg_status exg_kern_select(const char *wish,
                                          const exg_kern **kern);

/** Whether kernels of this set round each multiply-add once: then their
 * results are the same bits as those of every other set that does.  Local. */
int exg_kern_fuses(const exg_kern *kern);

#endif
