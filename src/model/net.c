/* net.c -- read the architecture text, work out shapes, own the parameters.
 *
 * Every size a later stage may multiply out is checked here, once: kernels
 * and passes may then compute with plain integers. */
#include "model/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE_MAX = 1 << 20, /* most channels, rows, columns or outputs      */
    PARAM_BYTES = 24    /* of each: value, gradient, best, initial, sum */
};

static const char BASIC[] =
    "conv3x10 relu conv3x7 relu conv3x5 relu conv3x1 relu linear";

/* One word of the text. */
typedef struct {
    char text[32];
    exg_layer_kind kind;
    exg_int k, out; /* conv: kernel side, channels; linear: outputs or 0 */
} word;

/* A number 1..SIDE_MAX without sign or leading zero at *at, which moves past
 * it; 0 if there is none. */
static exg_int read_number(const char **at)
{
    exg_int n = 0;

    while (**at >= '0' && **at <= '9' && n <= SIDE_MAX) {
        if (n == 0 && **at == '0') {
            return 0;
        }
        n = 10 * n + (*(*at)++ - '0');
    }
    return n <= SIDE_MAX ? n : 0;
}

static exg_status parse_word(word *w)
{
    const char *at = w->text;

    w->k = 0;
    w->out = 0;
    if (strcmp(at, "relu") == 0) {
        w->kind = EXG_LAYER_RELU;
        return EXG_OK;
    }
    if (strncmp(at, "linear", 6) == 0) {
        at += 6;
        w->kind = EXG_LAYER_DENSE;
        if (*at == '\0' || ((w->out = read_number(&at)) > 0 && *at == '\0')) {
            return EXG_OK;
        }
    } else if (strncmp(at, "conv", 4) == 0) {
        at += 4;
        w->kind = EXG_LAYER_CONV;
        if ((w->k = read_number(&at)) > 0 && *at++ == 'x' &&
            (w->out = read_number(&at)) > 0 && *at == '\0') {
            return EXG_OK;
        }
    }
    return exg_fail(
        EXG_EUSAGE,
        "--model: '%s' is no layer; want convKxC (such as conv3x10), "
        "relu, linearN or linear, numbers 1..%d",
        w->text, SIDE_MAX);
}

/* The next word of *at; *found is 0 at the end of the text. */
static exg_status next_word(const char **at, word *w, int *found)
{
    static const char space[] = " \t\r\n";
    size_t length;

    *at += strspn(*at, space);
    length = strcspn(*at, space);
    *found = length > 0;
    if (length == 0) {
        return EXG_OK;
    }
    if (length >= sizeof w->text) {
        return exg_fail(EXG_EUSAGE, "--model: '%.*s...' is no layer",
                        (int)sizeof w->text - 1, *at);
    }
    memcpy(w->text, *at, length);
    w->text[length] = '\0';
    *at += length;
    return parse_word(w);
}

/* Append to the canonical text, which later builds the same network. */
static exg_status append_text(exg_net *net, const char *text)
{
    const size_t have = strlen(net->text), add = strlen(text);

    if (have + add + 2 > sizeof net->text) {
        return exg_fail(EXG_EUSAGE, "--model: text is longer than %d bytes",
                        EXG_NET_TEXT - 1);
    }
    snprintf(net->text + have, sizeof net->text - have, "%s%s",
             have > 0 ? " " : "", text);
    return EXG_OK;
}

static void name_layer(exg_net *net, exg_layer *l)
{
    static const char *const stem[] = {"conv", "relu", "linear"};
    int nth = 1;

    for (const exg_layer *m = net->layer; m < l; m++) {
        nth += m->kind == l->kind;
    }
    snprintf(l->name, sizeof l->name, "%s%d", stem[l->kind], nth);
}

/* The output shape of a layer whose input shape is set. */
static exg_status shape_layer(exg_layer *l, const word *w)
{
    l->k = w->k;
    switch (l->kind) {
    case EXG_LAYER_RELU:
        l->oc = l->ic;
        l->oh = l->ih;
        l->ow = l->iw;
        return EXG_OK;
    case EXG_LAYER_DENSE:
        l->oc = w->out;
        l->oh = l->ow = 1;
        return EXG_OK;
    case EXG_LAYER_CONV:
        break;
    }
    if (l->k > l->ih || l->k > l->iw) {
        return exg_fail(EXG_EUSAGE,
                        "--model: '%s': kernel %td x %td is larger than its "
                        "input, %td x %td",
                        w->text, l->k, l->k, l->ih, l->iw);
    }
    l->oc = w->out;
    l->oh = l->ih - l->k + 1;
    l->ow = l->iw - l->k + 1;
    return EXG_OK;
}

/* Place the layer's parameters, and make sure that nothing about it
 * overflows: activations, parameters with a lane of sums each, in bytes. */
static exg_status place_params(exg_net *net, exg_layer *l)
{
    const exg_int bytes = EXG_LANE * (exg_int)sizeof(float);
    exg_int in = 0, out = 0, fan = 0, total = 0;
    exg_status st = EXG_OK;

    EXG_TRY(exg_mem_product(l->ic, l->ih * l->iw, &in));
    EXG_TRY(exg_mem_product(l->oc, l->oh * l->ow, &out));
    EXG_TRY(exg_mem_product(in, bytes, &total));
    EXG_TRY(exg_mem_product(out, bytes, &total));
    l->weight = l->bias = -1;
    if (l->kind == EXG_LAYER_RELU) {
        goto done;
    }
    fan = in;
    if (l->kind == EXG_LAYER_CONV) {
        EXG_TRY(exg_mem_product(l->ic, l->k * l->k, &fan));
    }
    EXG_TRY(exg_mem_product(l->oc, fan + 1, &total));
    EXG_TRY(exg_mem_product(total, 2 * bytes, &out)); /* so sums fit, too */
    l->nweight = l->oc * fan;
    l->weight = net->nparam;
    l->bias = net->nparam + l->nweight;
    net->nparam += total;
    EXG_TRY(exg_mem_product(net->nparam, 2 * bytes, &total));
done:
    return st;
}

/* The network so far, as training holds it on each rank.  Refused here, with
 * the layer's name, rather than by the allocation that fails. */
static exg_status check_room(const exg_net *net, const exg_layer *l,
                             const char *text)
{
    const double gib = 1024.0 * 1024 * 1024;
    const double lane = EXG_LANE * sizeof(float);
    const double most = (double)exg_mem_limit();
    double bytes = (double)net->nparam * PARAM_BYTES;

    for (const exg_layer *m = net->layer; m <= l; m++) {
        bytes += (double)m->oc * (double)(m->oh * m->ow) * lane;
    }
    return bytes <= most
               ? EXG_OK
               : exg_fail(EXG_EUSAGE,
                          "--model: '%s' is too large: up to %s the network "
                          "needs %.3g GiB of memory on each rank, this machine "
                          "has %.3g",
                          text, l->name, bytes / gib, most / gib);
}

static exg_status add_layer(exg_net *net, const word *w)
{
    exg_layer *l = &net->layer[net->nlayer];
    exg_status st = EXG_OK;

    if (net->nlayer == EXG_NET_LAYERS) {
        return exg_fail(EXG_EUSAGE,
                        "--model: '%s' is layer %d, want at most %d", w->text,
                        EXG_NET_LAYERS + 1, EXG_NET_LAYERS);
    }
    if (net->nlayer > 0) {
        l->ic = l[-1].oc;
        l->ih = l[-1].oh;
        l->iw = l[-1].ow;
    }
    l->kind = w->kind;
    name_layer(net, l);
    EXG_TRY(shape_layer(l, w));
    EXG_TRY(place_params(net, l));
    EXG_TRY(check_room(net, l, w->text));
    EXG_TRY(append_text(net, w->text));
    net->nlayer++;
done:
    return st;
}

static exg_status read_layers(exg_net *net, const char *text)
{
    word w = {.text = ""};
    int found = 0, last = 0; /* last: the final `linear` has been read */
    exg_status st = EXG_OK;

    for (;;) {
        EXG_TRY(next_word(&text, &w, &found));
        if (!found) {
            break;
        }
        if (last) {
            return exg_fail(EXG_EUSAGE,
                            "--model: '%s' comes after the final linear; a "
                            "linear before it needs its outputs, linearN",
                            w.text);
        }
        last = w.kind == EXG_LAYER_DENSE && w.out == 0;
        w.out = last ? net->nclass : w.out;
        EXG_TRY(add_layer(net, &w));
    }
    if (!last) {
        st = exg_fail(EXG_EUSAGE, "--model: '%s' does not end in 'linear'",
                      net->nlayer > 0 ? w.text : "");
    }
done:
    return st;
}

static exg_status check_input(exg_int c, exg_int h, exg_int w, exg_int nclass)
{
    if (c < 1 || h < 1 || w < 1 || c > SIDE_MAX || h > SIDE_MAX ||
        w > SIDE_MAX) {
        return exg_fail(EXG_EUSAGE,
                        "--model: input %td x %td x %td, want sides 1..%d", c,
                        h, w, SIDE_MAX);
    }
    if (nclass < 2 || nclass > SIDE_MAX) {
        return exg_fail(EXG_EUSAGE, "--model: %td classes, want 2..%d", nclass,
                        SIDE_MAX);
    }
    return EXG_OK;
}

exg_status exg_net_create(const char *text, exg_int c, exg_int h, exg_int w,
                          exg_int nclass, exg_net **net)
{
    exg_net *n = NULL;
    exg_status st = EXG_OK;

    EXG_TRY(check_input(c, h, w, nclass));
    EXG_TRY(exg_new(&n, 1));
    n->layer[0].ic = c;
    n->layer[0].ih = h;
    n->layer[0].iw = w;
    n->nclass = nclass;
    EXG_TRY(exg_kern_select(getenv("EXG_ISA"), &n->kern));
    EXG_TRY(read_layers(n, strcmp(text, "basic") == 0 ? BASIC : text));
    n->ninput = c * h * w;
    n->nfeature = n->layer[n->nlayer - 1].nweight / n->layer[n->nlayer - 1].oc;
    EXG_TRY(exg_new(&n->param, n->nparam));
    EXG_TRY(exg_new(&n->grad, n->nparam));
    *net = n;
    n = NULL;
done:
    exg_net_destroy(&n);
    return st;
}

void exg_net_destroy(exg_net **net)
{
    if (*net != NULL) {
        exg_free((*net)->param);
        exg_free((*net)->grad);
        exg_free(*net);
        *net = NULL;
    }
}

const char *exg_net_owner(const exg_net *net, exg_int i)
{
    const exg_layer *owner = &net->layer[0];

    for (exg_int l = 0; l < net->nlayer; l++) {
        if (net->layer[l].weight >= 0 && net->layer[l].weight <= i) {
            owner = &net->layer[l];
        }
    }
    return owner->name;
}
