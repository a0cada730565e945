/* fuzz_png.c -- PNG files. */
#include "fuzz.h"
#include "plot/png.h"

void fuzz_prepare(void)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    exg_int width = 0, height = 0;
    uint32_t *pixel = NULL;
    const exg_status st =
        exg_png_read(fuzz_file(bytes, size), &width, &height, &pixel);

    if (st == EXG_OK) {
        uint32_t all = 0;

        for (exg_int i = 0; i < width * height; i++) {
            all |= pixel[i];
        }
        fuzz_want(all >> 24 == 0, "colours above 0xffffff");
    }
    exg_free(pixel);
    fuzz_check(st);
    return 0;
}
