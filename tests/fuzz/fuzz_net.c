/* fuzz_net.c -- descriptions of networks: four bytes of input shape and number
 * of classes, then the text.  What is accepted has a canonical text that gives
 * the same network again. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/pass.h"

void fuzz_prepare(void)
{
}

/* A few sides that matter, and any small one. */
static exg_int side(uint8_t b)
{
    static const exg_int large[] = {0, 1 << 20, (1 << 20) + 1, 28, 224, -1};

    return b >= 250 ? large[b - 250] : 1 + b % 40;
}

static exg_status try_net(const char *text, const exg_int *shape, int again)
{
    exg_status st = EXG_OK;
    exg_net *net = NULL;
    exg_pass *pass = NULL;

    EXG_TRY(exg_net_create(text, shape[0], shape[1], shape[2], shape[3], &net));
    fuzz_want(net->nparam > 0 && net->nfeature > 0, "an empty network");
    fuzz_want(again || strcmp(net->text, text) == 0, "no canonical text");
    EXG_TRY(exg_pass_create(net, &pass));
    if (again) {
        fuzz_want(try_net(net->text, shape, 0) == EXG_OK ||
                      strstr(exg_err_text(), "memory") != NULL,
                  "the canonical text is refused");
        exg_err_clear();
    }
done:
    exg_pass_destroy(&pass);
    exg_net_destroy(&net);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    exg_int shape[4] = {1, 28, 28, 10};
    char text[2 * EXG_NET_TEXT];
    size_t length = size > 4 ? size - 4 : 0;

    for (size_t i = 0; i < 4 && i < size; i++) {
        shape[i] = side(bytes[i]);
    }
    length = length < sizeof text ? length : sizeof text - 1;
    memcpy(text, bytes + (size - length), length);
    text[length] = '\0';
    fuzz_check(try_net(text, shape, 1));
    return 0;
}
