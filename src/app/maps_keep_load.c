/* maps_keep_load.c -- maps back from a checkpoint. */
#include <stdio.h>
#include <string.h>

#include "maps_keep_impl.h"
#include "par/agree.h"

void exg_maps_keep_group(exg_maps_keep_kind kind, exg_int index, char *group)
{
    snprintf(group, EXG_MAPS_KEEP_NAME, "/maps/%s%td",
             kind == EXG_MAPS_KEEP_MAP ? "map" : "swept", index);
}

static exg_status get_numbers(const exg_par *par, exg_keep *keep,
                              const char *group, const char *name, exg_int n,
                              double *number)
{
    exg_status st = EXG_OK;
    char path[EXG_MAPS_KEEP_PATH];
    double *got = NULL;

    snprintf(path, sizeof path, "%s/%s", group, name);
    EXG_TRY(exg_keep_get(par, keep, path, EXG_WRITER_F64, 1, &n, &got));
    memcpy(number, got, (size_t)n * sizeof *number);
done:
    exg_free(got);
    return st;
}

static exg_status get_frames(const exg_par *par, exg_keep *keep,
                             const char *group, exg_int *frames, int64_t **when,
                             double **kl)
{
    exg_status st = EXG_OK;
    char path[EXG_MAPS_KEEP_PATH];
    exg_int n = -1;

    snprintf(path, sizeof path, "%s/iteration", group);
    EXG_TRY(exg_keep_get(par, keep, path, EXG_WRITER_I64, 1, &n, when));
    snprintf(path, sizeof path, "%s/kl", group);
    EXG_TRY(exg_keep_get(par, keep, path, EXG_WRITER_F64, 1, &n, kl));
    *frames = n;
done:
    return st;
}

static exg_status get_rows(const exg_par *par, exg_keep *keep,
                           const char *group, const char *name, exg_int frames,
                           exg_shard rows, int width, float **data)
{
    char path[EXG_MAPS_KEEP_PATH];

    snprintf(path, sizeof path, "%s/%s", group, name);
    return exg_keep_get_rows(par, keep, path, frames, rows, width, data);
}

exg_status exg_maps_keep_load(const exg_par *par, exg_maps_keep *k)
{
    static const char group[] = EXG_MAPS_KEEP_DESCENT;
    exg_status st = EXG_OK;
    exg_pause *p = &k->pause;
    exg_keep *keep = k->keep;
    double place[EXG_MAPS_KEEP_PLACE];

    EXG_TRY(get_numbers(par, keep, group, "place", EXG_MAPS_KEEP_PLACE, place));
    if (!(place[0] >= 0 && place[0] <= EXG_MAPS_KEEP_FRAME) ||
        !(place[1] >= 0 && place[1] < 1e9) ||
        !(place[2] == 2 || place[2] == 3) ||
        !(place[3] >= 0 && place[3] < 1e9)) {
        return exg_fail(EXG_EINPUT, "checkpoint: %s/place: no place in a map",
                        group);
    }
    k->found_kind = (exg_maps_keep_kind)place[0];
    k->found_index = (int)place[1];
    k->found_dims = (int)place[2];
    p->iteration = (exg_int)place[3];
    p->n = k->rows.count * k->found_dims;
    EXG_TRY(
        get_numbers(par, keep, group, "engine", EXG_REPULSE_KEPT, p->engine));
    EXG_TRY(get_frames(par, keep, group, &p->frames, &p->when, &p->kl));
    EXG_TRY(get_rows(par, keep, group, "y", 1, k->rows, k->found_dims, &p->y));
    EXG_TRY(get_rows(par, keep, group, "step", 1, k->rows, k->found_dims,
                     &p->step));
    EXG_TRY(get_rows(par, keep, group, "gain", 1, k->rows, k->found_dims,
                     &p->gain));
    EXG_TRY(get_rows(par, keep, group, "trajectory", p->frames, k->rows,
                     k->found_dims, &p->trajectory));
    k->found = 1;
done:
    return st;
}

static exg_status get_finished(const exg_maps *m, const char *group,
                               int trajectory, exg_tsne_result *r)
{
    exg_status st = EXG_OK;
    exg_keep *keep = m->kept->keep;
    const exg_repulse *engine = NULL;
    double v[EXG_MAPS_KEEP_NUMBERS];

    EXG_TRY(
        get_numbers(m->par, keep, group, "numbers", EXG_MAPS_KEEP_NUMBERS, v));
    if (!(v[0] == 2 || v[0] == 3)) {
        return exg_fail(EXG_EINPUT, "checkpoint: %s: %g dimensions", group,
                        v[0]);
    }
    *r = (exg_tsne_result){
        .rows = m->rows,
        .dims = (int)v[0],
        .final_kl = v[1],
        .rested = v[2] > 0,
        .learning_rate = v[3],
        .quality = {v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]}};
    EXG_TRY_ALL(m->par, exg_repulse_pick(exg_opts_text(m->opts, "tsne-engine"),
                                         r->dims, &engine));
    r->engine = engine->name;
    EXG_TRY(get_frames(m->par, keep, group, &r->frames, &r->iteration, &r->kl));
    EXG_TRY(get_rows(m->par, keep, group, "y", 1, m->rows, r->dims, &r->y));
    if (trajectory) {
        EXG_TRY(get_rows(m->par, keep, group, "trajectory", r->frames, m->rows,
                         r->dims, &r->trajectory));
    }
done:
    if (st != EXG_OK) {
        exg_tsne_free(r);
    }
    return st;
}

exg_status exg_maps_keep_finished(exg_maps *m)
{
    exg_status st = EXG_OK;
    exg_maps_keep *k = m->kept;
    char group[EXG_MAPS_KEEP_NAME];

    k->maps = m;
    if (!exg_keep_resumes(k->keep)) {
        return EXG_OK;
    }
    for (; m->nmap < EXG_MAPS; m->nmap++) {
        exg_maps_keep_group(EXG_MAPS_KEEP_MAP, m->nmap, group);
        if (!exg_keep_has(m->par, k->keep, group)) {
            break;
        }
        EXG_TRY(get_finished(m, group, 1, m->map + m->nmap));
    }
    for (; m->nswept < m->sweep.count; m->nswept++) {
        exg_maps_keep_group(EXG_MAPS_KEEP_SWEPT, m->nswept, group);
        if (!exg_keep_has(m->par, k->keep, group)) {
            break;
        }
        EXG_TRY(get_finished(m, group, 0, m->swept + m->nswept));
    }
done:
    return st;
}
