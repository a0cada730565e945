/* keep_find.c -- whose checkpoint is it, and is it whole?
 *
 * A checkpoint that cannot be read is passed over for the one before.  One
 * that can, but is of another run, is refused: to start anew without a word
 * would overwrite it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/part.h"
#include "keep_impl.h"
#include "store/rows.h"

#define OPTIONS "/options"

exg_status exg_keep_put_owner(const exg_keep_owner *owner, exg_image *image)
{
    exg_status st = EXG_OK;
    const exg_opts *o = owner->opts;
    char sum[32];

    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)owner->data);
    EXG_TRY(exg_image_text(image, "/", "program", owner->program));
    EXG_TRY(exg_image_text(image, "/", "data", sum));
    EXG_TRY(exg_image_group(image, OPTIONS));
    for (exg_int i = 0; i < o->n; i++) {
        if (o->row[i].role == EXG_OPT_RESULT) {
            EXG_TRY(exg_image_text(image, OPTIONS, o->row[i].name, o->text[i]));
        }
    }
done:
    return st;
}

/* "1e-3" and "0.001" are the same number. */
static int same_value(exg_opt_type type, const char *a, const char *b)
{
    return type <= EXG_OPT_REAL ? !(fabs(strtod(a, NULL) - strtod(b, NULL)) > 0)
                                : strcmp(a, b) == 0;
}

static exg_status check_options(exg_reader *r, const char *path,
                                const exg_opts *o)
{
    exg_status st = EXG_OK;
    char text[EXG_OPT_TEXT_MAX];

    for (exg_int i = 0; i < o->n; i++) {
        if (o->row[i].role != EXG_OPT_RESULT) {
            continue;
        }
        EXG_TRY(exg_reader_attr_text(r, OPTIONS, o->row[i].name, text,
                                     sizeof text));
        if (!same_value(o->row[i].type, text, o->text[i])) {
            return exg_fail(EXG_EUSAGE,
                            "%s was made with --%s '%.60s', this run has "
                            "'%.60s': give the same, another --out, or "
                            "--resume never",
                            path, o->row[i].name, text, o->text[i]);
        }
    }
done:
    return st;
}

static exg_status check_owner(exg_reader *r, const char *path,
                              const exg_keep_owner *owner)
{
    exg_status st = EXG_OK;
    char text[EXG_OPT_TEXT_MAX], sum[32];

    EXG_TRY(exg_reader_attr_text(r, "/", "program", text, sizeof text));
    if (strcmp(text, owner->program) != 0) {
        return exg_fail(EXG_EUSAGE,
                        "%s was made by %.60s, this is %s: end it there, "
                        "or --resume never",
                        path, text, owner->program);
    }
    EXG_TRY(check_options(r, path, owner->opts));
    EXG_TRY(exg_reader_attr_text(r, "/", "data", text, sizeof text));
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)owner->data);
    if (strcmp(text, sum) != 0) {
        return exg_fail(EXG_EUSAGE,
                        "%s was made with other data, checksum %.20s "
                        "against %s: give the same, another --out, or "
                        "--resume never",
                        path, text, sum);
    }
done:
    return st;
}

static exg_status open_one(const exg_keep_owner *owner, const char *path,
                           exg_reader **out)
{
    exg_status st = EXG_OK;
    exg_reader *r = NULL;
    exg_rows_place place = {.path = "/"};

    EXG_TRY(exg_saver_verify(path));
    snprintf(place.file, sizeof place.file, "%s", path);
    EXG_TRY(exg_rows_open(&place, &r));
    EXG_TRY(check_owner(r, path, owner));
    *out = r;
    r = NULL;
done:
    exg_reader_close(&r);
    return st;
}

/* The newest, else the one before. */
static exg_status find_any(const exg_keep_owner *owner, exg_reader **reader,
                           exg_saver_worth *worth)
{
    char why[EXG_ERR_MAX];
    exg_status st;

    if (access(owner->path, F_OK) != 0 && access(owner->older, F_OK) != 0) {
        return EXG_OK;
    }
    *worth = EXG_SAVER_NEWEST;
    st = open_one(owner, owner->path, reader);
    if (st == EXG_OK || st == EXG_EUSAGE || st == EXG_ENOMEM) {
        return st;
    }
    snprintf(why, sizeof why, "%s", exg_err_take());
    *worth = EXG_SAVER_OLDER;
    st = open_one(owner, owner->older, reader);
    if (st == EXG_OK) {
        exg_log_warn("%s; going on from the one before, %s", why, owner->older);
        return st;
    }
    if (st == EXG_EUSAGE) {
        return exg_fail(st, "%s; the one before it: %s", why, exg_err_take());
    }
    if (st == EXG_ENOMEM) {
        return st;
    }
    exg_err_clear();
    return exg_fail(EXG_EINPUT,
                    "%s, and there is no whole one before it: --resume never "
                    "starts anew",
                    why);
}

exg_status exg_keep_find(const exg_keep_owner *owner, exg_reader **reader,
                         exg_saver_worth *worth)
{
    const char *resume = exg_opts_text(owner->opts, "resume");

    *reader = NULL;
    *worth = EXG_SAVER_NONE;
    if (strcmp(resume, "never") == 0) {
        return EXG_OK;
    }
    if (strcmp(resume, "auto") == 0) {
        return find_any(owner, reader, worth);
    }
    if (exg_part_same(resume, owner->path)) {
        *worth = EXG_SAVER_NEWEST;
    } else if (exg_part_same(resume, owner->older)) {
        *worth = EXG_SAVER_OLDER;
    }
    return open_one(owner, resume, reader);
}
