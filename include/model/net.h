/* net.h -- a network: layers, shapes, the parameter block.  Layer: model. */
#ifndef EXG_MODEL_NET_H
#define EXG_MODEL_NET_H

#include "core/mem.h"
#include "kern/kern.h"

typedef enum {
    EXG_LAYER_CONV,
    EXG_LAYER_RELU,
    EXG_LAYER_DENSE
} exg_layer_kind;

enum {
    EXG_NET_LAYERS = 32, /* most layers                       */
    EXG_NET_TEXT = 512   /* longest architecture text, bytes  */
};

/** One layer.  Inputs are [ic][ih][iw], outputs [oc][oh][ow]; a dense layer
 * sees its input as a vector of ic*ih*iw in that order. */
typedef struct {
    exg_layer_kind kind;
    char name[16]; /* "conv1", "relu1", "linear1": as in the file */
    exg_int ic, ih, iw;
    exg_int oc, oh, ow;
    exg_int k;            /* kernel side of a convolution                */
    exg_int weight, bias; /* offsets in the parameter block, or -1;      */
    exg_int nweight;      /* weight (oc,ic,k,k) or (oc,ic*ih*iw), bias (oc) */
} exg_layer;

/** A network.  Open for reading; made by exg_net_create(). */
typedef struct {
    char text[EXG_NET_TEXT]; /* canonical architecture text                  */
    exg_int nlayer;
    exg_layer layer[EXG_NET_LAYERS];
    exg_int ninput;       /* C*H*W of an input                                */
    exg_int nfeature;     /* D: inputs of the last dense layer, the embedding */
    exg_int nclass;       /* K                                                */
    exg_int nparam;       /* P                                                */
    float *param;         /* shape (P), all layers in order, weight then bias */
    float *grad;          /* shape (P)                                        */
    const exg_kern *kern; /* the kernels that passes through it use        */
} exg_net;

/** Build a network from its text.  Local.
 *
 * "basic" is the original's network: "conv3x10 relu conv3x7 relu conv3x5 relu
 * conv3x1 relu linear".  A text is a list of words: convKxC (valid, KxK kernel,
 * C channels), relu, linearN; the last word is `linear`, with as many outputs
 * as the dataset has classes.  The kernels are those for this CPU, or those
 * that the environment variable EXG_ISA names (avx512, avx2, base).
 * @param[in]  text     the description
 * @param[in]  c,h,w    shape of one input
 * @param[in]  nclass   K >= 2
 * @param[out] net      owned by the caller: exg_net_destroy(); parameters zero
 * @return EXG_OK, EXG_EUSAGE (a word that is no layer, a kernel larger than its
 *         input, no final linear, more than exg_mem_limit() could hold, an
 *         EXG_ISA this CPU lacks; the message names the word), EXG_ENOMEM
 */
EXG_MUST_CHECK exg_status exg_net_create(const char *text, exg_int c, exg_int h,
                                         exg_int w, exg_int nclass,
                                         exg_net **net);

/** Free a network; sets *net NULL. */
void exg_net_destroy(exg_net **net);

/** The name of the layer that parameter i belongs to, for messages.  Local. */
const char *exg_net_owner(const exg_net *net, exg_int i);

#endif
