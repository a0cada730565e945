/* bench_phases.c -- the times of a run, for bench.sh: one line per phase of a
 * results file, "SECONDS NAME", seconds being those of the slowest rank.
 *
 * usage: bench_phases results.h5 */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "store/reader.h"
#include "store/schema.h"

static exg_status print_phases(const char *path)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    char **name = NULL;
    double *seconds = NULL; /* shape (n, 3): least, mean, most */
    exg_int n = 0;
    exg_int dims[2] = {-1, 3};

    EXG_TRY(exg_reader_open(path, &r));
    EXG_TRY(exg_reader_texts(r, EXG_SCHEMA_PHASE, &n, &name));
    dims[0] = n;
    EXG_TRY(exg_reader_f64(r, EXG_SCHEMA_SECONDS, 2, dims, &seconds));
    for (exg_int i = 0; i < n; i++) {
        printf("%.6f %s\n", seconds[3 * i + 2], name[i]);
    }
done:
    exg_free(seconds);
    exg_free(name);
    exg_reader_close(&r);
    return st;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_phases results.h5\n");
        return EXIT_FAILURE;
    }
    if (print_phases(argv[1]) != EXG_OK) {
        fprintf(stderr, "bench_phases: %s\n", exg_err_text());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
