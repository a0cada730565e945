/* results.c -- the file as a whole, and its small sections.
 *
 * Viewers follow @default: from the root to /entry, from there to the NXdata
 * worth seeing first.  NeXus wants plots below an NXentry and people want
 * short paths; so sections stand at the root and /entry links to them. */
#include "store/results.h"

#include <stdio.h>
#include <string.h>

#include "results_impl.h"
#include "store/schema.h"

/* In the order in which they are offered as the first plot; the rest of the
 * sections are no plots. */
static const char *const plot[] = {
    EXG_SCHEMA_HISTORY,   EXG_SCHEMA_TSNE,       EXG_SCHEMA_TSNE_3D,
    EXG_SCHEMA_METRICS,   EXG_SCHEMA_SALIENCY,   EXG_SCHEMA_TEST,
    EXG_SCHEMA_EMBEDDING, EXG_SCHEMA_TSNE_EPOCHS};
static const char *const other[] = {EXG_SCHEMA_CONFIG, EXG_SCHEMA_PROVENANCE,
                                    EXG_SCHEMA_DATASET, EXG_SCHEMA_MODEL,
                                    EXG_SCHEMA_TSNE_SWEEP};

enum {
    NPLOT = sizeof plot / sizeof plot[0],
    NOTHER = sizeof other / sizeof other[0]
};

exg_status exg_results_open(const exg_par *par, const char *path,
                            exg_writer **out)
{
    exg_status st = EXG_OK;
    exg_writer *w = NULL;

    EXG_TRY(exg_writer_open(par, path, &w));
    EXG_TRY(exg_writer_attr_text(par, w, "/", "NX_class", "NXroot"));
    EXG_TRY(exg_writer_attr_text(par, w, "/", "creator", EXG_SCHEMA_CREATOR));
    EXG_TRY(exg_writer_attr_i64(par, w, "/", EXG_SCHEMA_VERSION_ATTR,
                                EXG_SCHEMA_VERSION));
    *out = w;
    w = NULL;
done:
    exg_writer_drop(par, &w);
    return st;
}

static exg_status link_section(const exg_par *par, exg_writer *w,
                               const char *section)
{
    char path[64];

    snprintf(path, sizeof path, EXG_SCHEMA_ENTRY "%s", section);
    return exg_writer_link(par, w, path, section);
}

static exg_status make_entry(const exg_par *par, exg_writer *w)
{
    exg_status st = EXG_OK;
    const char *first = NULL;

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_ENTRY, "NXentry"));
    EXG_TRY(exg_writer_attr_text(par, w, "/", "default", &EXG_SCHEMA_ENTRY[1]));
    for (int i = 0; i < NPLOT; i++) {
        if (exg_writer_has(par, w, plot[i])) {
            first = first != NULL ? first : plot[i];
            EXG_TRY(link_section(par, w, plot[i]));
        }
    }
    for (int i = 0; i < NOTHER; i++) {
        if (exg_writer_has(par, w, other[i])) {
            EXG_TRY(link_section(par, w, other[i]));
        }
    }
    if (first != NULL) {
        EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_ENTRY, "default",
                                     first + 1));
    }
done:
    return st;
}

exg_status exg_results_close(const exg_par *par, exg_writer **w)
{
    exg_status st = EXG_OK;

    EXG_TRY(make_entry(par, *w));
    EXG_TRY(exg_writer_close(par, w));
done:
    exg_writer_drop(par, w);
    return st;
}

exg_status exg_results_config(const exg_par *par, exg_writer *w, exg_int n,
                              const exg_results_pair *option, const char *json)
{
    static const char *const type = "application/json";
    exg_status st = EXG_OK;

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_CONFIG, "NXnote"));
    EXG_TRY(exg_writer_texts(par, w, EXG_SCHEMA_CONFIG_TYPE,
                             "MIME type of data", -1, &type));
    EXG_TRY(exg_writer_texts(par, w, EXG_SCHEMA_CONFIG_DATA,
                             "options of the run", -1, &json));
    EXG_TRY(exg_results_pairs(par, w, EXG_SCHEMA_CONFIG, n, option));
done:
    return st;
}

/* Two columns of texts from pairs, which only rank 0 has. */
static exg_status put_files(const exg_par *par, exg_writer *w, exg_int n,
                            const exg_results_pair *file)
{
    exg_status st = EXG_OK;
    const char **column = NULL;

    EXG_TRY_ALL(par, exg_new(&column, 2 * n));
    for (exg_int i = 0; par->rank == 0 && i < n; i++) {
        column[i] = file[i].name;
        column[n + i] = file[i].value;
    }
    EXG_TRY(exg_writer_texts(par, w, EXG_SCHEMA_FILE, "data file", n, column));
    EXG_TRY(exg_writer_texts(par, w, EXG_SCHEMA_SHA256,
                             "SHA-256 of the data file", n, column + n));
done:
    exg_free(column);
    return st;
}

exg_status exg_results_provenance_put(const exg_par *par, exg_writer *w,
                                      const exg_results_provenance *p)
{
    exg_status st = EXG_OK;
    const exg_results_dim phase = {.size = p->nphase}, three = {.size = 3};

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_PROVENANCE, "NXcollection"));
    EXG_TRY(
        exg_results_pairs(par, w, EXG_SCHEMA_PROVENANCE, p->nfact, p->fact));
    if (p->nphase > 0) {
        EXG_TRY(exg_writer_texts(par, w, EXG_SCHEMA_PHASE, "phase of the run",
                                 p->nphase, p->phase));
        EXG_TRY(exg_results_items(
            par, w, 1,
            &(exg_results_item){EXG_SCHEMA_SECONDS,
                                "least, mean and most time of a rank",
                                "s",
                                EXG_WRITER_F64,
                                p->seconds,
                                {&phase, &three}}));
    }
    if (p->nfile > 0) {
        EXG_TRY(put_files(par, w, p->nfile, p->file));
    }
done:
    return st;
}

exg_status exg_results_dataset(const exg_par *par, exg_writer *w,
                               const char *name, const char *sha256,
                               exg_int nclass, const char *const *class_names)
{
    exg_status st = EXG_OK;

    EXG_TRY(exg_writer_group(par, w, EXG_SCHEMA_DATASET, "NXcollection"));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_DATASET, "name", name));
    EXG_TRY(exg_writer_attr_text(par, w, EXG_SCHEMA_DATASET, "sha256", sha256));
    EXG_TRY(exg_writer_texts(par, w, EXG_SCHEMA_CLASS_NAMES, "class", nclass,
                             class_names));
done:
    return st;
}
