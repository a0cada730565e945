/* tool_synth.c -- write a generated dataset for the end-to-end tests.
 *
 *     tool_synth DIR TRAIN TEST [gzip]
 *
 * DIR exists; the four IDX files in it are replaced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/synth.h"

int main(int argc, char **argv)
{
    exg_synth want = EXG_SYNTH_DEFAULTS;

    if (argc < 4 || argc > 5 || (argc == 5 && strcmp(argv[4], "gzip") != 0)) {
        fprintf(stderr, "usage: tool_synth DIR TRAIN TEST [gzip]\n");
        return 2;
    }
    want.train = strtol(argv[2], NULL, 10);
    want.test = strtol(argv[3], NULL, 10);
    want.gzip = argc == 5;
    if (exg_synth_write(&want, argv[1]) != EXG_OK) {
        fprintf(stderr, "tool_synth: %s\n", exg_err_text());
        return 1;
    }
    return 0;
}
