/* samples.c -- see samples.h.
 *
 * Evaluation deals a set out in lane blocks, t-SNE in equal shards: the rows
 * move once, each set's to its place in the whole, and no rank ever holds more
 * than its part. */
#include "app/samples.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "par/agree.h"
#include "par/gather.h"

/* The two sets, as they follow one another: samples used of each. */
typedef struct {
    exg_int train, test;
} split;

static split split_of(const exg_run *run)
{
    const char *data = exg_opts_text(run->opts, "tsne-data");
    const exg_int wanted = exg_opts_int(run->opts, "tsne-samples");
    split s = {
        .train = strcmp(data, "test") != 0 ? run->set->train.shard.total : 0,
        .test = strcmp(data, "train") != 0 ? run->set->test.shard.total : 0};

    s.train = s.train < wanted ? s.train : wanted;
    s.test = s.test < wanted - s.train ? s.test : wanted - s.train;
    return s;
}

exg_int exg_samples_count(const exg_run *run)
{
    const split s = split_of(run);

    return s.train + s.test;
}

void exg_samples_warn(const exg_run *run)
{
    const split s = split_of(run);

    if (s.test == 0 &&
        strcmp(exg_opts_text(run->opts, "tsne-data"), "all") == 0) {
        exg_log_warn("--tsne-samples %td: no test samples are left of "
                     "--tsne-data all, whose first %td are the training set's",
                     exg_opts_int(run->opts, "tsne-samples"),
                     run->set->train.shard.total);
    }
}

void exg_samples_model(const exg_run *run, char *name)
{
    const exg_net *net = run->net;
    const uint64_t hash = exg_par_hash(0, net->text, strlen(net->text));

    snprintf(name, EXG_MAPS_MODEL, "%016llx",
             (unsigned long long)exg_par_hash(
                 hash, net->param, sizeof *net->param * (size_t)net->nparam));
}

/* The first `use` samples of a set to rows base, base + 1, ... of the whole. */
static void place(const exg_par *par, const exg_prediction *p, exg_int use,
                  exg_int base, int32_t set, exg_maps *m)
{
    const exg_int left = use - p->span.first;
    const exg_int have = left < p->span.count ? left : p->span.count;
    const exg_shard from = {.total = m->rows.total,
                            .first = base + p->span.first,
                            .count = have > 0 ? have : 0};

    exg_gather_reshard(par, p->nfeature * (exg_int)sizeof *p->features, from,
                       p->features, m->features);
    exg_gather_reshard(par, sizeof *p->label, from, p->label, m->label);
    for (exg_int i = 0; i < m->rows.count; i++) {
        const exg_int row = m->rows.first + i - base;

        if (row >= 0 && row < use) {
            m->index[i] = row;
            m->set[i] = set;
        }
    }
}

/* What the network says of the training set, then its rows. */
static exg_status place_train(exg_run *run, exg_int use, exg_maps *m)
{
    exg_status st = EXG_OK;
    exg_batches *batches = NULL;
    exg_prediction *p = NULL;

    EXG_TRY(exg_batches_create(run->par, &run->set->train,
                               (exg_batches_plan){.batch = 0}, &batches));
    EXG_TRY_ALL(run->par, exg_prediction_create(run->net, batches, &p));
    EXG_TRY(exg_predict_run(run->par, run->pass, batches, p));
    place(run->par, p, use, 0, EXG_RESULTS_SET_TRAIN, m);
done:
    exg_prediction_destroy(&p);
    exg_batches_destroy(run->par, &batches);
    return st;
}

static const char *title_of(split s)
{
    return s.train == 0  ? "t-SNE of the embeddings"
           : s.test == 0 ? "t-SNE of the training set's embeddings"
                         : "t-SNE of the training and test sets' embeddings";
}

/* What the features are; maps that are there stay. */
static void describe(const exg_run *run, split s, exg_maps *m)
{
    m->par = run->par;
    m->opts = run->opts;
    m->kern = run->net->kern;
    m->title = title_of(s);
    m->rows = exg_shard_mine(run->par, s.train + s.test);
    m->nfeature = run->net->nfeature;
    m->labelled = 1;
    m->keep_features = 1;
    m->meaning = "input of the last layer";
    m->has_zeros = 1;
}

exg_status exg_samples_collect(exg_run *run, exg_maps *m)
{
    exg_status st = EXG_OK;
    const split s = split_of(run);
    const double start = exg_clock_now();
    exg_int room = 0;

    describe(run, s, m);
    exg_samples_model(run, m->model);
    EXG_TRY_ALL(run->par, exg_mem_product(m->rows.count, m->nfeature, &room));
    EXG_TRY_ALL(run->par, exg_new(&m->features, room));
    EXG_TRY_ALL(run->par, exg_new(&m->label, m->rows.count));
    EXG_TRY_ALL(run->par, exg_new(&m->index, m->rows.count));
    EXG_TRY_ALL(run->par, exg_new(&m->set, m->rows.count));
    if (s.train > 0) {
        EXG_TRY(place_train(run, s.train, m));
    }
    if (s.test > 0) {
        place(run->par, run->shown, s.test, s.train, EXG_RESULTS_SET_TEST, m);
    }
    exg_clock_add(&run->clock, "tsne features", exg_clock_now() - start);
done:
    return st;
}
