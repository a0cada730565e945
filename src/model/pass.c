/* pass.c -- one lane block through a network and back.
 *
 * Who computes what: a convolution applies the ReLU that follows it while its
 * outputs are in registers, and the layer behind a ReLU multiplies by the
 * ReLU's derivative while it writes its input gradient.  A ReLU therefore has
 * no pass of its own over memory, but where it follows a dense layer or the
 * input.  Its output overwrites its input: the sign of the output is all that
 * the way back needs.
 *
 * Gradients towards activations go to and fro between two buffers; those
 * towards the network's input are computed only when asked for, those towards
 * parameters only when training. */
#include "model/pass.h"

struct exg_pass {
    const exg_net *net;
    exg_int first;                       /* first layer with parameters     */
    float *act[EXG_NET_LAYERS + 1];      /* input of each layer, then logits */
    float *owned[EXG_NET_LAYERS + 1];    /* the buffers behind act          */
    float *slope[2];                     /* d loss / d activation           */
    float *work, *dlogits, *probability; /* [.], [K][16], [K][16]           */
};

static exg_int larger(exg_int a, exg_int b)
{
    return a > b ? a : b;
}

static exg_int inputs(const exg_layer *l)
{
    return l->ic * l->ih * l->iw;
}

static exg_conv_shape conv_shape(const exg_layer *l)
{
    return (exg_conv_shape){l->ic, l->ih, l->iw, l->oc, l->oh, l->ow, l->k};
}

/* Floats of workspace that the layer's kernels want. */
static exg_int layer_work(const exg_net *net, const exg_layer *l)
{
    const exg_conv_shape s = conv_shape(l);

    switch (l->kind) {
    case EXG_LAYER_CONV:
        return net->kern->conv_work(&s);
    case EXG_LAYER_DENSE:
        return inputs(l) * EXG_LANE;
    case EXG_LAYER_RELU:
        break;
    }
    return 0;
}

/* A ReLU works in place, but for one on the caller's input. */
static exg_status new_activations(exg_pass *p)
{
    const exg_net *net = p->net;
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&p->owned[0], net->ninput * EXG_LANE));
    p->act[0] = p->owned[0];
    for (exg_int i = 0; i < net->nlayer; i++) {
        const exg_layer *l = &net->layer[i];

        if (l->kind != EXG_LAYER_RELU || i == 0) {
            EXG_TRY(
                exg_new(&p->owned[i + 1], l->oc * l->oh * l->ow * EXG_LANE));
            p->act[i + 1] = p->owned[i + 1];
        } else {
            p->act[i + 1] = p->act[i];
        }
    }
done:
    return st;
}

exg_status exg_pass_create(const exg_net *net, exg_pass **pass)
{
    exg_pass *p = NULL;
    exg_int work = 0, slope = 0;
    exg_status st = EXG_OK;

    EXG_TRY(exg_new(&p, 1));
    p->net = net;
    while (net->layer[p->first].kind == EXG_LAYER_RELU) {
        p->first++;
    }
    EXG_TRY(new_activations(p));
    for (exg_int i = 0; i < net->nlayer; i++) {
        work = larger(work, layer_work(net, &net->layer[i]));
        slope = larger(slope, i > p->first ? inputs(&net->layer[i]) : 0);
    }
    EXG_TRY(exg_new(&p->work, work));
    EXG_TRY(exg_new(&p->slope[0], slope * EXG_LANE));
    EXG_TRY(exg_new(&p->slope[1], slope * EXG_LANE));
    EXG_TRY(exg_new(&p->dlogits, net->nclass * EXG_LANE));
    EXG_TRY(exg_new(&p->probability, net->nclass * EXG_LANE));
    *pass = p;
    p = NULL;
done:
    exg_pass_destroy(&p);
    return st;
}

void exg_pass_destroy(exg_pass **pass)
{
    exg_pass *p = *pass;

    if (p == NULL) {
        return;
    }
    for (exg_int i = 0; i <= EXG_NET_LAYERS; i++) {
        exg_free(p->owned[i]);
    }
    exg_free(p->slope[0]);
    exg_free(p->slope[1]);
    exg_free(p->work);
    exg_free(p->dlogits);
    exg_free(p->probability);
    exg_free(p);
    *pass = NULL;
}

float *exg_pass_input(exg_pass *pass)
{
    return pass->act[0];
}

void exg_pass_forward(exg_pass *pass)
{
    const exg_net *net = pass->net;
    const exg_kern *kern = net->kern;

    for (exg_int i = 0; i < net->nlayer; i++) {
        const exg_layer *l = &net->layer[i];
        const exg_conv_shape s = conv_shape(l);
        const float *x = pass->act[i];
        float *y = pass->act[i + 1];

        switch (l->kind) {
        case EXG_LAYER_CONV: /* the last layer is dense: l[1] exists */
            kern->conv_forward(&s, x, net->param + l->weight,
                               net->param + l->bias,
                               l[1].kind == EXG_LAYER_RELU, y, pass->work);
            break;
        case EXG_LAYER_DENSE:
            kern->dense_forward(inputs(l), l->oc, x, net->param + l->weight,
                                net->param + l->bias, y);
            break;
        case EXG_LAYER_RELU:
            if (i == 0 || l[-1].kind == EXG_LAYER_DENSE) {
                kern->relu_forward(inputs(l), x, y);
            }
            break;
        }
    }
}

const float *exg_pass_logits(const exg_pass *pass)
{
    return pass->act[pass->net->nlayer];
}

const float *exg_pass_embedding(const exg_pass *pass)
{
    return pass->act[pass->net->nlayer - 1];
}

const float *exg_pass_probability(const exg_pass *pass)
{
    return pass->probability;
}

void exg_pass_loss(exg_pass *pass, const int32_t *target, const float *weight,
                   float *loss)
{
    const exg_kern *kern = pass->net->kern;
    const exg_int k = pass->net->nclass;
    const float *logits = exg_pass_logits(pass);

    kern->softmax(k, logits, pass->probability);
    kern->cross_entropy(k, logits, target, weight, loss, pass->dlogits);
}

/* Layer i's gradients from dy: those of its parameters unless grad is NULL,
 * that of its input, through the ReLU before it if any, unless dx is. */
static void layer_backward(exg_pass *pass, exg_int i, const float *dy,
                           float *grad, float *dx)
{
    const exg_kern *kern = pass->net->kern;
    const exg_layer *l = &pass->net->layer[i];
    const exg_conv_shape s = conv_shape(l);
    const float *x = pass->act[i];
    const float *w = pass->net->param + l->weight;
    const float *gate = i > 0 && l[-1].kind == EXG_LAYER_RELU ? x : NULL;
    float *dw = grad != NULL ? grad + l->weight : NULL;
    float *db = grad != NULL ? grad + l->bias : NULL;

    if (l->kind == EXG_LAYER_CONV) {
        kern->conv_backward(&s, x, dy, w, gate, dw, db, dx, pass->work);
        return;
    }
    if (dw != NULL) {
        kern->dense_wgrad(inputs(l), l->oc, x, dy, dw, db, pass->work);
    }
    if (dx != NULL) {
        kern->dense_dgrad(inputs(l), l->oc, dy, w, gate, dx);
    }
}

/* From the logits back to the first layer with parameters; grad or dx may be
 * NULL: not asked for. */
static void backward(exg_pass *pass, const float *dy, float *grad, float *dx)
{
    for (exg_int i = pass->net->nlayer - 1; i >= pass->first; i--) {
        float *to = i == pass->first ? dx : pass->slope[i % 2];

        if (pass->net->layer[i].kind == EXG_LAYER_RELU) {
            continue;
        }
        to = to == dy ? pass->slope[(i + 1) % 2] : to;
        layer_backward(pass, i, dy, grad, to);
        dy = to;
    }
}

void exg_pass_backward_params(exg_pass *pass, float *grad)
{
    backward(pass, pass->dlogits, grad, NULL);
}

void exg_pass_backward_input(exg_pass *pass, const float *dlogits, float *dx)
{
    backward(pass, dlogits, NULL, dx);
}
