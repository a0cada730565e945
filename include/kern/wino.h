/* wino.h -- 3x3 convolutions with fewer multiplications.  Layer: kern; for
 * src/kern alone.
 *
 * Winograd's minimal filtering in two dimensions, F(4x4, 3x3) (Lavin & Gray,
 * "Fast algorithms for convolutional neural networks", CVPR 2016, section 4.3;
 * points 0, +-1, +-2): 36 products make 16 outputs that take 144 directly.
 * With a 6x6 tile d of the input, a 3x3 filter g and 4x4 outputs y,
 *
 *     y = A' M A,   M = sum over input channels of U .* V,
 *     U = G g G',   V = B' d B            (.* element by element)
 *
 *         4  0 -5  0  1  0            1/4     0     0
 *         0 -4 -4  1  1  0           -1/6  -1/6  -1/6       1  1  1  1  1  0
 *    B' = 0  4 -4 -1  1  0      G =  -1/6   1/6  -1/6  A' = 0  1 -1  2 -2  0
 *         0 -2 -1  2  1  0           1/24  1/12   1/6       0  1  1  4  4  0
 *         0  2 -1 -2  1  0           1/24 -1/12   1/6       0  1 -1  8 -8  1
 *         0  4  0 -5  0  1              0     0     1
 *
 * Tiles lie 4 pixels apart; those that cross the right or lower edge see
 * zeros there.  The derivatives are the transposes of these formulas, so they
 * share E = A dy A' and need no border of zeros:
 *
 *     dd = B X B',  X = sum over output channels of U .* E, overlaps added;
 *     dg = G' D G,  D = sum over tiles of E .* V;
 *     db = sum over tiles of E[1][1], since row 1 of A sums.
 *
 * B and A hold powers of two and their sums: the transforms of pixels round
 * only in additions.  Against a sum in double the outcome was off by 4e-6 of
 * the layer's largest value at most, on layers of 1 to 32 channels.  The direct
 * kernels' contracts hold (kern/kern.h).
 */
#ifndef EXG_KERN_WINO_H
#define EXG_KERN_WINO_H

#include "kern/lane.h"

/** Whether these kernels serve this shape, and faster than the direct ones. */
int EXG_KERN(exg_wino_suits)(const exg_conv_shape *s);

/** Floats of workspace for the functions below. */
exg_int EXG_KERN(exg_wino_work)(const exg_conv_shape *s);

/** As conv_forward of kern/kern.h; k = 3. */
void EXG_KERN(exg_wino_forward)(const exg_conv_shape *s, const float *x,
                                const float *w, const float *b, int relu,
                                float *y, float *work);

/** conv_dgrad and conv_wgrad at once, which costs less than both; either half
 * is left out where its output is NULL.
 * @param[in]  x     [ic][ih][iw][16]; unused if dw is NULL
 * @param[in]  dy    [oc][oh][ow][16]
 * @param[in]  w     shape (oc, ic, 3, 3); unused if dx is NULL
 * @param[in]  gate  [ic][ih][iw][16] or NULL: dx is 0 wherever gate <= 0; may
 *                   be dx or x
 * @param[out] dw    shape (oc, ic, 3, 3) or NULL
 * @param[out] db    shape (oc); NULL if dw is
 * @param[out] dx    [ic][ih][iw][16] or NULL; may be x, which it replaces */
void EXG_KERN(exg_wino_backward)(const exg_conv_shape *s, const float *x,
                                 const float *dy, const float *w,
                                 const float *gate, float *dw, float *db,
                                 float *dx, float *work);

#endif
