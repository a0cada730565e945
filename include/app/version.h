/* version.h -- versions of the program and what it runs on.  Layer: app. */
#ifndef EXG_APP_VERSION_H
#define EXG_APP_VERSION_H

#include <stdio.h>

#include "store/results.h"

#define EXG_VERSION "0.2.0"

enum {
    EXG_VERSION_FACTS = 11,
    EXG_VERSION_TEXT = 320
};

/** Names and values: program, compiler, kernels, BLAS and its kernel, MPI,
 * HDF5, ...  Local; works before MPI_Init.
 * @param[out] fact  shape (EXG_VERSION_FACTS): static names, values in `text`
 * @param[out] text  shape (EXG_VERSION_FACTS, EXG_VERSION_TEXT)
 * @return how many */
exg_int exg_version_facts(exg_results_pair *fact,
                          char text[EXG_VERSION_FACTS][EXG_VERSION_TEXT]);

/** Print them.  Local. */
void exg_version_print(FILE *out);

/** Warn where the environment holds the BLAS below what the CPU can do.
 * Local. */
void exg_version_warn(void);

#endif
