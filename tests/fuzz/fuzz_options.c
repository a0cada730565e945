/* fuzz_options.c -- the options of exigo-mpi: the first byte says whether the
 * rest is a --config file or arguments, with line ends between them.  What is
 * accepted is stored as JSON. */
#include <string.h>

#include "app/choices.h"
#include "app/options.h"
#include "fuzz.h"

enum {
    ARGUMENTS = 40,
    TEXT = 4096,
    JSON = EXG_OPT_MAX * 2 * EXG_OPT_TEXT_MAX
};

void fuzz_prepare(void)
{
}

/* Cut text at its line ends, in place. */
static int cut(char *text, char **word)
{
    int n = 0;

    for (char *next = text; next != NULL && n < ARGUMENTS;) {
        word[n++] = strsep(&next, "\n");
    }
    return n;
}

/* What is done with options before anything else. */
static exg_status use(const exg_opts *opts)
{
    static char json[JSON];
    exg_status st = EXG_OK;
    exg_tsne_options choice;
    int target = 0;

    exg_options_json(opts, EXG_OPT_RESULT, json, sizeof json);
    fuzz_want(fuzz_is_json(json), json);
    exg_options_json(opts, EXG_OPT_RUN, json, sizeof json);
    fuzz_want(fuzz_is_json(json), json);
    EXG_TRY(exg_options_target(opts, &target));
    fuzz_want(target >= EXG_TARGET_SUM, "no target");
    EXG_TRY(exg_choices_read(opts, &choice));
    EXG_TRY(exg_choices_check(opts, 1000, 400));
done:
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char program[] = "exigo-mpi", option[] = "--config";
    char text[TEXT], path[64];
    char *word[ARGUMENTS + 3] = {(char *)program, (char *)option, path};
    const int as_file = size > 0 && (bytes[0] & 1);
    const size_t skip = size > 0;
    size_t length = size - skip < TEXT - 1 ? size - skip : TEXT - 1;
    exg_opts *opts = NULL;
    exg_status st;
    int words = 3;

    if (as_file && size > 4 && memcmp(bytes + 1, "\x89HDF", 4) == 0) {
        return 0; /* HDF5's own parser */
    }
    snprintf(path, sizeof path, "%s", fuzz_file(bytes + skip, size - skip));
    if (!as_file) {
        memcpy(text, bytes + skip, length);
        text[length] = '\0';
        words = 1 + cut(text, word + 1);
    }
    st = exg_options_read(words, word, &opts);
    if (st == EXG_OK) {
        st = use(opts);
    }
    exg_free(opts);
    fuzz_check(st);
    return 0;
}
