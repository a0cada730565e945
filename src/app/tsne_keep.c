/* tsne_keep.c -- see tsne_keep.h.
 *
 * A file may have changed since a checkpoint was made, under the same name: so
 * a checksum of what has been read is kept, a sum over rows of a hash of (row,
 * label, features), which is the same for any number of ranks. */
#include "app/tsne_keep.h"

#include <stdio.h>

#include "app/version.h"
#include "core/log.h"
#include "par/agree.h"

static uint64_t checksum(const exg_maps *m)
{
    const size_t bytes = (size_t)m->nfeature * sizeof *m->features;
    uint64_t sum = 0;

    for (exg_int i = 0; i < m->rows.count; i++) {
        const int64_t name[2] = {m->rows.first + i, m->label[i]};
        const uint64_t hash = exg_par_hash(0, name, sizeof name);

        sum += exg_par_hash(hash, m->features + i * m->nfeature, bytes);
    }
    EXG_MPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM,
                          m->par->comm));
    return sum;
}

exg_status exg_tsne_keep_create(exg_maps *m, exg_tsne_keep *k)
{
    exg_status st = EXG_OK;
    const char *out = exg_opts_text(m->opts, "out");

    snprintf(k->path, sizeof k->path, "%s.checkpoint", out);
    snprintf(k->older, sizeof k->older, "%s.checkpoint-1", out);
    EXG_TRY(
        exg_keep_create(m->par,
                        (exg_keep_owner){.program = "exigo-tsne " EXG_VERSION,
                                         .opts = m->opts,
                                         .data = checksum(m),
                                         .path = k->path,
                                         .older = k->older},
                        &k->keep));
    EXG_TRY(exg_maps_keep_start(m->par, &k->maps, k->keep, m->rows));
    m->kept = &k->maps;
    if (exg_keep_resumes(k->keep)) {
        exg_log_say("going on from a checkpoint");
    }
done:
    return st;
}

void exg_tsne_keep_clear(exg_tsne_keep *k)
{
    exg_maps_keep_clear(&k->maps);
    exg_keep_destroy(&k->keep);
}
