/* mapping.c -- features of the best model -> t-SNE maps -> results.
 *
 * Evaluation deals the test set out in lane blocks, t-SNE in equal shards: the
 * rows move once. */
#include "app/mapping.h"

#include "app/maps.h"
#include "par/agree.h"
#include "par/gather.h"

struct exg_run_map {
    exg_maps maps;
};

/* Points in the maps: --tsne-samples, or all there are. */
static exg_int points(const exg_run *run)
{
    const exg_int all = run->set->test.shard.total;
    const exg_int wanted = exg_opts_int(run->opts, "tsne-samples");

    return wanted < all ? wanted : all;
}

exg_status exg_mapping_check(const exg_run *run)
{
    const exg_int n = points(run);

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    if (n < 4) {
        return exg_fail(EXG_EUSAGE,
                        "--limit-test: %td test samples, want at least 4 for "
                        "t-SNE, or --stages without embed",
                        n);
    }
    return exg_choices_check(run->opts, n);
}

/* The features, labels and numbers of the first n test samples. */
static exg_status collect(const exg_run *run, exg_int n, exg_maps *m)
{
    exg_status st = EXG_OK;
    const exg_prediction *p = run->shown;
    exg_shard from = p->span;

    from.total = n;
    *m = (exg_maps){.par = run->par,
                    .opts = run->opts,
                    .kern = run->net->kern,
                    .title = "t-SNE of the embeddings",
                    .rows = exg_shard_mine(run->par, n),
                    .nfeature = p->nfeature,
                    .labelled = 1,
                    .keep_features = 1};
    EXG_TRY_ALL(run->par, exg_new(&m->features, m->rows.count * p->nfeature));
    EXG_TRY_ALL(run->par, exg_new(&m->label, m->rows.count));
    EXG_TRY_ALL(run->par, exg_new(&m->index, m->rows.count));
    exg_gather_reshard(run->par, p->nfeature * (exg_int)sizeof *p->features,
                       from, p->features, m->features);
    exg_gather_reshard(run->par, sizeof *p->label, from, p->label, m->label);
    for (exg_int i = 0; i < m->rows.count; i++) {
        m->index[i] = m->rows.first + i;
    }
done:
    return st;
}

exg_status exg_mapping_run(exg_run *run)
{
    exg_status st = EXG_OK;

    if (!exg_run_does(run, "embed")) {
        return EXG_OK;
    }
    EXG_TRY_ALL(run->par, exg_new(&run->map, 1));
    EXG_TRY(collect(run, points(run), &run->map->maps));
    EXG_TRY(exg_maps_make(&run->map->maps, &run->clock));
done:
    return st;
}

exg_status exg_mapping_record(const exg_run *run, exg_writer *w)
{
    return run->map == NULL ? EXG_OK : exg_maps_record(&run->map->maps, w);
}

void exg_mapping_clear(exg_run *run)
{
    if (run->map != NULL) {
        exg_maps_clear(&run->map->maps);
        exg_free(run->map);
        run->map = NULL;
    }
}
