/* choices.c -- see choices.h. */
#include "app/choices.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed/pca.h"

exg_status exg_choices_scales(const exg_opts *opts, const char *name,
                              exg_affinity_scales *scales)
{
    const char *text = exg_opts_text(opts, name);
    const char *at = text;

    *scales = (exg_affinity_scales){.count = 0};
    while (*at != '\0') {
        char *end = NULL;
        const double v = strtod(at, &end);
        int twice = 0;

        for (int s = 0; s < scales->count; s++) {
            twice |= fabs(scales->perplexity[s] - v) <= 1e-5 * v;
        }
        if (end == at || !isfinite(v) || v < 1 || twice ||
            scales->count == EXG_AFFINITY_SCALES ||
            (*end != '\0' && (*end != ',' || end[1] == '\0'))) {
            return exg_fail(EXG_EUSAGE,
                            "--%s: '%.80s', want up to %d different numbers "
                            "from 1 on, separated by commas",
                            name, text, EXG_AFFINITY_SCALES);
        }
        scales->perplexity[scales->count++] = v;
        at = end + (*end == ',');
    }
    return EXG_OK;
}

/* An option "auto|X" with X from `least` to less than `below`. */
static exg_status read_auto(const exg_opts *opts, const char *name,
                            double least, double below, const char *want,
                            double if_auto, double *value)
{
    const char *text = exg_opts_text(opts, name);
    char *end = NULL;

    *value = if_auto;
    if (strcmp(text, "auto") == 0) {
        return EXG_OK;
    }
    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value >= least && *value < below
               ? EXG_OK
               : exg_fail(EXG_EUSAGE, "--%s: '%.80s', want auto or %s", name,
                          text, want);
}

exg_status exg_choices_read(const exg_opts *o, exg_tsne_options *choice)
{
    exg_status st = EXG_OK;
    const int random = strcmp(exg_opts_text(o, "tsne-init"), "random") == 0;
    const char *quality = exg_opts_text(o, "tsne-quality");
    exg_tsne_options c = EXG_TSNE_DEFAULTS;
    exg_affinity_scales scales;

    EXG_TRY(exg_choices_scales(o, "tsne-perplexity", &scales));
    EXG_TRY(read_auto(o, "tsne-lr", DBL_TRUE_MIN, INFINITY, "a positive number",
                      0.0, &c.learning_rate));
    c.perplexity = exg_affinity_most(&scales);
    c.iterations = exg_opts_int(o, "tsne-iterations");
    c.early = exg_opts_int(o, "tsne-early");
    c.exaggeration = exg_opts_real(o, "tsne-exaggeration");
    c.late = exg_opts_real(o, "tsne-late");
    c.dof = exg_opts_real(o, "tsne-dof");
    EXG_TRY(read_auto(o, "tsne-momentum", 0.0, 1.0,
                      "a number from 0 to below 1", -1.0, &c.momentum));
    c.stop = exg_opts_real(o, "tsne-stop");
    c.engine = exg_opts_text(o, "tsne-engine");
    c.quality = strcmp(quality, "yes") == 0  ? EXG_QUALITY_ALL
                : strcmp(quality, "no") == 0 ? EXG_QUALITY_NONE
                                             : EXG_QUALITY_SAMPLE;
    c.init = random ? EXG_TSNE_RANDOM : EXG_TSNE_PCA;
    c.seed = (uint64_t)exg_opts_int(o, "seed");
    *choice = c;
done:
    return st;
}

static exg_status check_scales(const exg_opts *opts, const char *name,
                               exg_int total)
{
    exg_status st = EXG_OK;
    const double most = floor((double)(total - 1) / 3 * 1e3) / 1e3;
    exg_affinity_scales scales;

    EXG_TRY(exg_choices_scales(opts, name, &scales));
    for (int s = 0; s < scales.count; s++) {
        if (scales.perplexity[s] > most) {
            return exg_fail(EXG_EUSAGE,
                            "--%s: %g, want at most %.10g for %td points", name,
                            scales.perplexity[s], most, total);
        }
    }
done:
    return st;
}

exg_status exg_choices_check(const exg_opts *opts, exg_int total, exg_int dim)
{
    exg_status st = EXG_OK;
    const exg_int keep = exg_opts_int(opts, "tsne-pca");
    exg_tsne_options choice;

    if (keep > dim) {
        return exg_fail(EXG_EUSAGE,
                        "--tsne-pca: %td, want at most the %td "
                        "features",
                        keep, dim);
    }
    if (keep > 0 && dim > EXG_PCA_WIDEST) {
        return exg_fail(EXG_EUSAGE,
                        "--tsne-pca: %td features, want at most %d to take "
                        "components of",
                        dim, EXG_PCA_WIDEST);
    }
    EXG_TRY(check_scales(opts, "tsne-perplexity", total));
    EXG_TRY(check_scales(opts, "tsne-sweep", total));
    EXG_TRY(exg_choices_read(opts, &choice));
done:
    return st;
}
