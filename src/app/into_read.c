/* into_read.c -- the file that --tsne-into names: checked, then read. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/into.h"
#include "core/log.h"
#include "core/part.h"
#include "par/agree.h"
#include "store/rows.h"
#include "store/schema.h"

enum {
    PATH = 128,
    MODEL = 64
};

/* What the options that make maps say goes for making one only. */
static exg_status check_options(const exg_opts *o)
{
    const char *bad = exg_opts_int(o, "tsne-pca") != 0            ? "tsne-pca"
                      : exg_opts_text(o, "tsne-sweep")[0] != '\0' ? "tsne-sweep"
                      : exg_opts_real(o, "tsne-stop") != 0.0      ? "tsne-stop"
                      : strcmp(exg_opts_text(o, "tsne-init"), "pca") != 0
                          ? "tsne-init"
                      : exg_opts_real(o, "tsne-dof") != 1.0 ? "tsne-dof"
                      : exg_opts_row(o, "tsne-epochs") != NULL &&
                              exg_opts_flag(o, "tsne-epochs")
                          ? "tsne-epochs"
                          : NULL;

    return bad == NULL ? EXG_OK
                       : exg_fail(EXG_EUSAGE,
                                  "--%s goes with making a map, not with "
                                  "--tsne-into",
                                  bad);
}

/* The rename at the end would replace the map. */
static exg_status check_apart(const char *file, const char *out)
{
    return exg_part_same(out, file)
               ? exg_fail(EXG_EUSAGE,
                          "--tsne-into: %s is read as well as written, want "
                          "another --out",
                          file)
               : EXG_OK;
}

/* Points and features of the file. */
static exg_status shape(exg_reader *r, const char *file, exg_int *total,
                        exg_int *dim)
{
    if (exg_reader_has(r, EXG_SCHEMA_TSNE "/" EXG_SCHEMA_TSNE_REFERENCE)) {
        return exg_fail(EXG_EINPUT,
                        "--tsne-into: the points of %s were placed into a map "
                        "themselves, want the file with that map",
                        file);
    }
    if (!exg_reader_has(r, EXG_SCHEMA_FEATURES)) {
        return exg_fail(EXG_EINPUT,
                        "--tsne-into: %s has no " EXG_SCHEMA_FEATURES
                        "; exigo-tsne writes them with --keep-features",
                        file);
    }
    return exg_rows_shape(r, EXG_SCHEMA_FEATURES, total, dim);
}

/* Which group has the map of so many dimensions, or NULL. */
static const char *find(exg_reader *r, int dims)
{
    static const char *const group[] = {EXG_SCHEMA_TSNE, EXG_SCHEMA_TSNE_3D};
    const char *found = NULL;

    for (int i = 0; i < 2 && found == NULL; i++) {
        exg_int size[EXG_READER_RANK];
        char path[PATH];
        int rank = 0;

        snprintf(path, sizeof path, "%s/%s", group[i],
                 EXG_SCHEMA_TSNE_COORDINATES);
        if (exg_reader_has(r, path) &&
            exg_reader_shape(r, path, &rank, size) == EXG_OK && rank == 2 &&
            size[1] == dims) {
            found = group[i];
        }
    }
    exg_err_clear(); /* what cannot be read is no map */
    return found;
}

/* b of a map's kernel; 1 where the file does not say. */
static double dof_of(exg_reader *r, const char *group)
{
    double dof = 1.0;

    if (exg_reader_attr_f64(r, group, "dof", &dof) != EXG_OK) {
        exg_err_clear();
        dof = 1.0;
    }
    return dof;
}

/* Principal components that a map is of; 0: all features. */
static exg_status pca_of(exg_reader *r, const char *file, const char *group,
                         exg_int dim, exg_int *pca)
{
    double keep = 0.0;

    if (exg_reader_attr_f64(r, group, "pca", &keep) != EXG_OK) {
        exg_err_clear(); /* older, or of another program */
        keep = 0.0;
    }
    if (!(keep >= 0.0 && keep <= (double)dim)) {
        return exg_fail(EXG_EINPUT,
                        "--tsne-into: %s: %s is of %g principal components, "
                        "want 0 to %td",
                        file, group, keep, dim);
    }
    *pca = (exg_int)keep;
    return EXG_OK;
}

/* A map that the options ask for; its points are the file's. */
static exg_status check_map(exg_reader *r, const char *file, int dims,
                            exg_int total, exg_into_map *map)
{
    exg_int size[EXG_READER_RANK];
    char path[PATH];
    int rank;

    *map = (exg_into_map){.group = find(r, dims), .dims = dims};
    if (map->group == NULL) {
        return EXG_OK;
    }
    map->dof = dof_of(r, map->group);
    snprintf(path, sizeof path, "%s/%s", map->group,
             EXG_SCHEMA_TSNE_COORDINATES);
    if (exg_reader_shape(r, path, &rank, size) != EXG_OK) {
        return EXG_EINPUT;
    }
    if (!(map->dof >= EXG_REPULSE_LEAST_DOF &&
          map->dof <= EXG_REPULSE_MOST_DOF)) {
        return exg_fail(
            EXG_EINPUT, "--tsne-into: %s: %s has dof %g, want %g to %g", file,
            map->group, map->dof, EXG_REPULSE_LEAST_DOF, EXG_REPULSE_MOST_DOF);
    }
    return size[0] == total
               ? EXG_OK
               : exg_fail(EXG_EINPUT,
                          "--tsne-into: %s: %s has %td points, but features "
                          "are of %td",
                          file, path, size[0], total);
}

/* The maps of the file that --tsne-dims names: at least one. */
static exg_status check_maps(const exg_opts *opts, exg_reader *r,
                             const char *file, exg_int total, exg_int *nmap,
                             exg_into_map *map)
{
    exg_status st = EXG_OK;
    exg_int n = 0;

    for (int dims = 2; dims <= 3; dims++) {
        exg_into_map one = {.group = NULL};

        if (exg_opts_has(opts, "tsne-dims", dims == 2 ? "2" : "3")) {
            EXG_TRY(check_map(r, file, dims, total, &one));
        }
        if (one.group != NULL) {
            map[n++] = one;
        }
    }
    if (n == 0) {
        st = exg_fail(EXG_EINPUT, "--tsne-into: %s has no map of %s dimensions",
                      file, exg_opts_text(opts, "tsne-dims"));
    }
    *nmap = n;
done:
    return st;
}

static exg_status check_scales(const exg_opts *opts, const char *file,
                               exg_int total)
{
    exg_status st = EXG_OK;
    const double most = floor((double)total / 3.0 * 1e3) / 1e3;
    exg_affinity_scales scales;
    exg_tsne_options choice;

    EXG_TRY(exg_choices_read(opts, &choice));
    EXG_TRY(exg_choices_scales(opts, "tsne-perplexity", &scales));
    if (scales.count == 0 || exg_affinity_most(&scales) > most) {
        st =
            exg_fail(EXG_EUSAGE,
                     "--tsne-perplexity: %s, want 1 to %.10g for the %td "
                     "points of %s",
                     exg_opts_text(opts, "tsne-perplexity"), most, total, file);
    }
done:
    return st;
}

/* So many points that an index of 32 bits tells them apart, with features as
 * the new ones have. */
static exg_status check_size(const char *file, exg_int total, exg_int theirs,
                             exg_int dim)
{
    return theirs == dim && total >= 1 && total <= INT32_MAX
               ? EXG_OK
               : exg_fail(EXG_EINPUT,
                          "--tsne-into: %s has %td points of %td features, "
                          "want 1 or more of %td as the new ones",
                          file, total, theirs, dim);
}

exg_status exg_into_check(const exg_opts *opts, const char *out, exg_int dim)
{
    exg_status st = EXG_OK;
    const char *file = exg_opts_text(opts, "tsne-into");
    exg_into_map map[EXG_MAPS];
    exg_int total = 0, theirs = 0, nmap, pca;
    exg_reader *r = NULL;

    EXG_TRY(check_options(opts));
    EXG_TRY(check_apart(file, out));
    EXG_TRY(exg_reader_open(file, &r));
    EXG_TRY(shape(r, file, &total, &theirs));
    EXG_TRY(check_size(file, total, theirs, dim));
    EXG_TRY(check_scales(opts, file, total));
    EXG_TRY(check_maps(opts, r, file, total, &nmap, map));
    EXG_TRY(pca_of(r, file, map[0].group, dim, &pca));
done:
    exg_reader_close(&r);
    return st;
}

exg_status exg_into_model(const exg_opts *opts, const char *model, int strict)
{
    exg_status st = EXG_OK;
    const char *file = exg_opts_text(opts, "tsne-into");
    char theirs[MODEL] = "";
    exg_reader *r = NULL;

    EXG_TRY(exg_reader_open(file, &r));
    if (exg_reader_attr_text(r, EXG_SCHEMA_EMBEDDING, EXG_SCHEMA_MODEL_NAME,
                             theirs, sizeof theirs) != EXG_OK) {
        exg_err_clear(); /* of a matrix, or of an older program */
        theirs[0] = '\0';
    }
    if (theirs[0] == '\0' || strcmp(theirs, model) == 0) {
        goto done;
    }
    if (strict) {
        st = exg_fail(EXG_EINPUT,
                      "--tsne-into: the features of %s are of model %s, the "
                      "new ones of %s; --init %s takes its model",
                      file, theirs, model, file);
    } else {
        exg_log_warn("--tsne-into: the features of %s are of model %s, the new "
                     "ones of %s: neighbours may mean nothing",
                     file, theirs, model);
    }
done:
    exg_reader_close(&r);
    return st;
}

/* Positions of a map, all of them, finite. */
static exg_status read_map(exg_reader *r, const char *file, exg_int total,
                           exg_into_map *map)
{
    exg_status st = EXG_OK;
    exg_int size[2] = {total, map->dims};
    char path[PATH];

    snprintf(path, sizeof path, "%s/%s", map->group,
             EXG_SCHEMA_TSNE_COORDINATES);
    EXG_TRY(exg_reader_f32(r, path, 2, size, &map->r));
    for (exg_int i = 0; i < total * map->dims; i++) {
        if (!isfinite(map->r[i])) {
            st = exg_fail(EXG_EINPUT, "--tsne-into: %s: %s: row %td is %f",
                          file, path, i / map->dims, (double)map->r[i]);
            goto done;
        }
    }
done:
    return st;
}

/* 64-bit integers as 32-bit ones. */
static exg_status narrow(exg_int n, const int64_t *wide, int32_t **out)
{
    exg_status st = EXG_OK;
    int32_t *to = NULL;

    EXG_TRY(exg_new(&to, n));
    for (exg_int i = 0; i < n; i++) {
        to[i] = wide[i] >= 0 && wide[i] <= INT32_MAX ? (int32_t)wide[i] : -1;
    }
    *out = to;
done:
    return st;
}

/* Labels, row numbers and, where they are told, sets. */
static exg_status read_names(exg_reader *r, exg_into *t)
{
    exg_status st = EXG_OK;
    exg_int n = t->total;
    int64_t *label = NULL, *set = NULL;

    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_EMBEDDING_LABEL, 1, &n, &label));
    EXG_TRY(narrow(n, label, &t->label));
    for (exg_int i = 0; i < n; i++) {
        t->labelled |= t->label[i] >= 0;
    }
    EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_EMBEDDING_INDEX, 1, &n, &t->index));
    if (exg_reader_has(r, EXG_SCHEMA_EMBEDDING_SET)) {
        EXG_TRY(exg_reader_i64(r, EXG_SCHEMA_EMBEDDING_SET, 1, &n, &set));
        EXG_TRY(narrow(n, set, &t->set));
    }
done:
    exg_free(label);
    exg_free(set);
    return st;
}

/* All but the features, which x gets: my rows.  Training may lie between the
 * check and this: the file may be another by now. */
static exg_status read_file(const exg_maps *m, exg_into *t, float **x)
{
    exg_status st = EXG_OK;
    const char *file = exg_opts_text(m->opts, "tsne-into");
    exg_shard mine;
    exg_int dim = 0, room = 0;
    exg_reader *r = NULL;

    EXG_TRY(exg_reader_open(file, &r));
    EXG_TRY(shape(r, file, &t->total, &dim));
    EXG_TRY(check_size(file, t->total, dim, m->nfeature));
    EXG_TRY(check_maps(m->opts, r, file, t->total, &t->nmap, t->map));
    EXG_TRY(pca_of(r, file, t->map[0].group, dim, &t->pca));
    for (exg_int i = 0; i < t->nmap; i++) {
        EXG_TRY(read_map(r, file, t->total, t->map + i));
    }
    EXG_TRY(read_names(r, t));
    mine = exg_shard_mine(m->par, t->total);
    EXG_TRY(exg_mem_product(mine.count, dim, &room));
    EXG_TRY(exg_new(x, room));
    EXG_TRY(
        exg_rows_read(r, EXG_SCHEMA_FEATURES, mine.first, mine.count, dim, *x));
done:
    exg_reader_close(&r);
    return st;
}

/* The features as the map was made of them. */
static exg_status prepare(const exg_maps *m, exg_into *t, const float *x)
{
    exg_status st = EXG_OK;
    const exg_int rows = exg_shard_mine(m->par, t->total).count;
    float *reduced = NULL;

    if (t->pca == 0) {
        return exg_tiles_create(m->par, t->total, m->nfeature, x, &t->tiles);
    }
    EXG_TRY_ALL(m->par, exg_new(&reduced, rows * t->pca));
    EXG_TRY(exg_pca_reduce(m->par, t->total, m->nfeature, x, t->pca, reduced,
                           &t->axes));
    EXG_TRY(exg_tiles_create(m->par, t->total, t->pca, reduced, &t->tiles));
done:
    exg_free(reduced);
    return st;
}

exg_status exg_into_read(const exg_maps *m, exg_into **into)
{
    exg_status st = EXG_OK;
    exg_into *t = NULL;
    float *x = NULL;

    EXG_TRY_ALL(m->par, exg_new(&t, 1));
    EXG_TRY_ALL(m->par, read_file(m, t, &x));
    EXG_TRY(exg_par_same(m->par, (uint64_t)t->total,
                         "numbers of points in the ranks' --tsne-into files"));
    EXG_TRY(prepare(m, t, x));
    *into = t;
    t = NULL;
done:
    exg_free(x);
    exg_into_destroy(&t);
    return st;
}
