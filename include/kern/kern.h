/* kern.h -- the table of fast kernels for this CPU.  Layer: kern. */
#ifndef EXG_KERN_KERN_H
#define EXG_KERN_KERN_H

#include "core/lane.h"
#include "core/mem.h"

/** A convolution's shape: valid, stride 1, square kernel.  oh = ih - k + 1. */
typedef struct {
    exg_int ic, ih, iw; /* input channels, rows, columns  */
    exg_int oc, oh, ow; /* output channels, rows, columns */
    exg_int k;          /* kernel side                    */
} exg_conv_shape;

/* The function table (conv, dense, relu, softmax cross-entropy, lane sums,
 * all-pairs repulsion) and exg_kern_select() are declared by kern. */

#endif
