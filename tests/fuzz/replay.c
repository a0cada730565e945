/* replay.c -- a fuzz target on files, without a fuzzer.
 *
 *     replay_NAME FILE...
 *
 * Also on each file's first half, and on nothing at all. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum {
    MOST = 1 << 20 /* bytes of a file */
};

int main(int argc, char **argv)
{
    static uint8_t room[MOST];

    LLVMFuzzerInitialize(&argc, &argv);
    LLVMFuzzerTestOneInput(room, 0);
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t size = 0;
        uint8_t *bytes;

        if (f == NULL) {
            perror(argv[i]);
            return 1;
        }
        size = fread(room, 1, sizeof room, f);
        fclose(f);
        for (size_t n = size;; n = size / 2) {
            bytes = malloc(n + 1); /* its end is guarded by sanitizers */
            if (bytes == NULL) {
                return 1;
            }
            for (size_t k = 0; k < n; k++) {
                bytes[k] = room[k];
            }
            LLVMFuzzerTestOneInput(bytes, n);
            free(bytes);
            if (n < size || size < 2) {
                break;
            }
        }
    }
    printf("%d files\n", argc - 1);
    return 0;
}
