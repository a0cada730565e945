/* tool.c -- see tool.h. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/probe.h"

enum {
    EXIT_USAGE = 2
};

typedef struct {
    exg_status (*work)(void *data);
    void *data;
} job;

static int end(exg_status st)
{
    if (st != EXG_OK) {
        fprintf(stderr, "exigo: %s\n", exg_err_text());
    }
    return st == EXG_OK       ? EXIT_SUCCESS
           : st == EXG_EUSAGE ? EXIT_USAGE
                              : EXIT_FAILURE;
}

static int in_child(void *data)
{
    const job *j = data;

    return end(j->work(j->data));
}

static void probe(void *path)
{
    exg_probe_file(path);
}

int tool_run(exg_status parsed, exg_int nfile, char *const *file,
             exg_status (*work)(void *data), void *data)
{
    exg_status st = parsed;
    job j = {work, data};
    int code = EXIT_SUCCESS;

    for (exg_int i = 0; i < nfile && st == EXG_OK; i++) {
        st = exg_probe_run(probe, file[i]); /* each has its own time */
    }
    if (st == EXG_OK) {
        st = exg_probe_guard(nfile == 1 ? file[0] : "one of the files",
                             in_child, &j, &code);
    }
    return st == EXG_OK ? code : end(st);
}
