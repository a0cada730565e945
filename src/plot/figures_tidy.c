/* figures_tidy.c -- no figure of an earlier run beside those of this one.
 *
 * A run of fewer epochs would leave the last confusion matrices of the run
 * before it.  A file goes only if its whole name is one that exg_figures_open()
 * could give: people keep files of their own beside ours. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plot/figures.h"

#define DIGITS "0123456789"

enum {
    NAME_BYTES = 96
};

/* Past "e07" or "before" at the start of a name; NULL if neither is there. */
static const char *skip_epoch(const char *name)
{
    const size_t digits = name[0] == 'e' ? strspn(name + 1, DIGITS) : 0;

    if (strncmp(name, "before", 6) == 0) {
        return name + 6;
    }
    return digits > 0 ? name + 1 + digits : NULL;
}

/* Could the figure of this name, without ending, be one of ours? */
static int is_ours(const char *name)
{
    const char *rest;

    if (strncmp(name, "confusion_", 10) == 0) {
        rest = skip_epoch(name + 10);
        return rest != NULL && (*rest == '\0' || !strcmp(rest, "_normalised"));
    }
    if (strncmp(name, "saliency_", 9) == 0) {
        rest = skip_epoch(name + 9);
        if (rest != NULL && *rest == '_' && rest[1] != '\0') { /* a sheet */
            rest += 1 + strspn(rest + 1, DIGITS);
        }
        return rest != NULL && *rest == '\0';
    }
    return strcmp(name, "curves") == 0 || strcmp(name, "tsne") == 0 ||
           strcmp(name, "tsne_3d") == 0 || strcmp(name, "tsne_sweep") == 0 ||
           strcmp(name, "tsne_epochs") == 0;
}

/* Is the file a figure of ours that this results file does not give? */
static int is_stale(const exg_figures *f, const char *file)
{
    const char *dot = strrchr(file, '.');
    char name[NAME_BYTES];

    if (dot == NULL || dot - file >= (ptrdiff_t)sizeof name ||
        (strcmp(dot, ".png") != 0 && strcmp(dot, ".svg") != 0)) {
        return 0;
    }
    snprintf(name, sizeof name, "%.*s", (int)(dot - file), file);
    for (exg_int i = 0; i < exg_figures_count(f); i++) {
        if (strcmp(name, exg_figures_name(f, i)) == 0) {
            return 0;
        }
    }
    return is_ours(name);
}

exg_status exg_figures_tidy(const exg_figures *f, const char *dir)
{
    exg_status st = EXG_OK;
    struct dirent *entry;
    DIR *open = opendir(dir);

    if (open == NULL) {
        return exg_fail(EXG_EIO, "%s: %s", dir, strerror(errno));
    }
    while (st == EXG_OK && (entry = readdir(open)) != NULL) {
        if (is_stale(f, entry->d_name) &&
            unlinkat(dirfd(open), entry->d_name, 0) != 0 && errno != ENOENT) {
            st = exg_fail(EXG_EIO,
                          "%s/%s: a figure of an earlier run cannot be "
                          "removed: %s",
                          dir, entry->d_name, strerror(errno));
        }
    }
    closedir(open);
    return st;
}
