/* opt.c -- see opt.h.  Values are kept as text, checked when they are set, so
 * reading one cannot fail and what is stored is what the user wrote. */
#include "core/opt.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

exg_status exg_opts_create(const exg_opt_row *row, exg_int n, exg_opts **out)
{
    exg_status st = EXG_OK;
    exg_opts *opts = NULL;

    EXG_ASSERT(n <= EXG_OPT_MAX);
    EXG_TRY(exg_new(&opts, 1));
    opts->row = row;
    opts->n = n;
    for (exg_int i = 0; i < n; i++) {
        snprintf(opts->text[i], sizeof opts->text[i], "%s", row[i].preset);
    }
    *out = opts;
done:
    return st;
}

static exg_int find(const exg_opts *opts, const char *name, size_t length)
{
    for (exg_int i = 0; i < opts->n; i++) {
        if (strlen(opts->row[i].name) == length &&
            memcmp(opts->row[i].name, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

/* Is the word (of a given length) one of "a|b|c"? */
static int among(const char *words, const char *word, size_t length)
{
    for (const char *w = words; *w != '\0';) {
        const size_t n = strcspn(w, "|");

        if (n == length && memcmp(w, word, n) == 0) {
            return 1;
        }
        w += n + (w[n] == '|');
    }
    return 0;
}

static exg_status check_number(const exg_opt_row *row, const char *where,
                               const char *value)
{
    char *end = NULL;
    const double x = strtod(value, &end);
    const int whole = row->type == EXG_OPT_INT;

    if (end == value || *end != '\0' || !isfinite(x) ||
        isspace((unsigned char)value[0]) || (whole && x != floor(x)) ||
        x < row->lo || x > row->hi) {
        return exg_fail(EXG_EUSAGE, "%s%s: '%.80s', want a %s %g to %g", where,
                        row->name, value, whole ? "whole number" : "number",
                        row->lo, row->hi);
    }
    return EXG_OK;
}

static exg_status check_words(const exg_opt_row *row, const char *where,
                              const char *value)
{
    const int many = row->type == EXG_OPT_SET;
    const char *v = value;

    do {
        const size_t n = many ? strcspn(v, ",") : strlen(v);

        if (!among(row->words, v, n)) {
            return exg_fail(
                EXG_EUSAGE, "%s%s: '%.80s', want %s %s", where, row->name,
                value, many ? "some of (by commas)" : "one of", row->words);
        }
        v += n;
    } while (*v++ == ',');
    return EXG_OK;
}

exg_status exg_opts_set(exg_opts *opts, const char *where, const char *name,
                        const char *value, exg_opt_from from)
{
    exg_status st = EXG_OK;
    const exg_int i = find(opts, name, strlen(name));
    const exg_opt_row *row = opts->row + i;

    if (i < 0) {
        return exg_fail(EXG_EUSAGE, "%s%.80s: no such option; see --help",
                        where, name);
    }
    if (strlen(value) >= EXG_OPT_TEXT_MAX) {
        return exg_fail(EXG_EUSAGE, "%s%s: %zu bytes, want fewer than %d",
                        where, name, strlen(value), EXG_OPT_TEXT_MAX);
    }
    switch (row->type) {
    case EXG_OPT_INT:
    case EXG_OPT_REAL:
        st = check_number(row, where, value);
        break;
    case EXG_OPT_CHOICE:
    case EXG_OPT_SET:
        st = check_words(row, where, value);
        break;
    case EXG_OPT_FLAG:
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
            st = exg_fail(EXG_EUSAGE, "%s%s: '%.80s', want yes or no", where,
                          name, value);
        }
        break;
    case EXG_OPT_TEXT:
        if (value[0] == '\0' && row->preset[0] != '\0') {
            st = exg_fail(EXG_EUSAGE, "%s%s: empty, want %s", where, name,
                          row->words);
        }
        break;
    }
    if (st == EXG_OK && from >= opts->from[i]) {
        snprintf(opts->text[i], sizeof opts->text[i], "%s", value);
        opts->from[i] = from;
    }
    return st;
}

exg_status exg_opts_arguments(exg_opts *opts, int argc, char *const *argv)
{
    exg_status st = EXG_OK;

    for (int a = 1; a < argc && st == EXG_OK; a++) {
        const char *name = argv[a] + 2;
        const size_t length =
            strncmp(argv[a], "--", 2) == 0 ? strcspn(name, "=") : 0;
        const exg_int i = length > 0 ? find(opts, name, length) : -1;
        const char *value = NULL;

        if (i < 0) {
            return exg_fail(EXG_EUSAGE, "%.80s: no such option; see --help",
                            argv[a]);
        }
        if (name[length] == '=') {
            value = name + length + 1;
        } else if (opts->row[i].type == EXG_OPT_FLAG) {
            value = "yes";
        } else if (a + 1 < argc) {
            value = argv[++a];
        } else {
            return exg_fail(EXG_EUSAGE, "--%s: no value, want one",
                            opts->row[i].name);
        }
        st = exg_opts_set(opts, "--", opts->row[i].name, value,
                          EXG_OPT_FROM_COMMAND);
    }
    return st;
}

/* Cut white space at both ends, in place. */
static char *trim(char *s)
{
    size_t n;

    while (isspace((unsigned char)*s)) {
        s++;
    }
    n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1])) {
        s[--n] = '\0';
    }
    return s;
}

static exg_status set_line(exg_opts *opts, const char *where, char *line)
{
    char *equals;
    char *name;

    line[strcspn(line, "#\n")] = '\0';
    name = trim(line);
    if (name[0] == '\0') {
        return EXG_OK;
    }
    equals = strchr(name, '=');
    if (equals == NULL) {
        return exg_fail(EXG_EUSAGE, "%s'%.80s', want name = value", where,
                        name);
    }
    *equals = '\0';
    return exg_opts_set(opts, where, trim(name), trim(equals + 1),
                        EXG_OPT_FROM_FILE);
}

/* fgets() into a line of line feeds, so that the last zero is the end's. */
static int next_line(FILE *f, char *line, size_t size)
{
    memset(line, '\n', size);
    return fgets(line, (int)size, f) != NULL;
}

/* Is a zero byte in the line that next_line() has read?  What is behind it
 * would be lost. */
static int holds_zero(const char *line, size_t size)
{
    while (line[size - 1] != '\0') {
        size--;
    }
    return strlen(line) + 1 < size;
}

exg_status exg_opts_file(exg_opts *opts, const char *path)
{
    exg_status st = EXG_OK;
    char line[2 * EXG_OPT_TEXT_MAX];
    char where[EXG_OPT_TEXT_MAX];
    int number = 0;
    struct stat s;
    FILE *f;

    if (stat(path, &s) == 0 && S_ISFIFO(s.st_mode)) { /* it is read twice */
        return exg_fail(EXG_EIO, "%s: is a pipe, want a file", path);
    }
    f = fopen(path, "r");
    if (f == NULL) {
        return exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    while (st == EXG_OK && next_line(f, line, sizeof line)) {
        snprintf(where, sizeof where, "%.400s:%d: ", path, ++number);
        if (holds_zero(line, sizeof line)) {
            st = exg_fail(EXG_EUSAGE, "%sa zero byte, want text", where);
        } else if (strchr(line, '\n') == NULL && !feof(f)) {
            st = exg_fail(EXG_EUSAGE, "%sline of more than %zu bytes", where,
                          sizeof line);
        } else {
            st = set_line(opts, where, line);
        }
    }
    if (st == EXG_OK && ferror(f)) {
        st = exg_fail(EXG_EIO, "%s: %s", path, strerror(errno));
    }
    fclose(f);
    return st;
}

const exg_opt_row *exg_opts_row(const exg_opts *opts, const char *name)
{
    const exg_int i = find(opts, name, strlen(name));

    return i < 0 ? NULL : opts->row + i;
}

void exg_opts_ignore(exg_opts *opts, const char *name)
{
    const size_t used = strlen(opts->ignored);
    const size_t room = sizeof opts->ignored - used;
    char *at = opts->ignored + used;

    snprintf(at, room, "%s%.80s", used > 0 ? ", " : "", name);
    for (; *at != '\0'; at++) {
        *at = isgraph((unsigned char)*at) || *at == ' ' ? *at : '?';
    }
}

const char *exg_opts_text(const exg_opts *opts, const char *name)
{
    const exg_int i = find(opts, name, strlen(name));

    EXG_ASSERT(i >= 0);
    return i < 0 ? "" : opts->text[i];
}

exg_int exg_opts_int(const exg_opts *opts, const char *name)
{
    return (exg_int)strtod(exg_opts_text(opts, name), NULL);
}

double exg_opts_real(const exg_opts *opts, const char *name)
{
    return strtod(exg_opts_text(opts, name), NULL);
}

int exg_opts_flag(const exg_opts *opts, const char *name)
{
    return strcmp(exg_opts_text(opts, name), "yes") == 0;
}

int exg_opts_has(const exg_opts *opts, const char *name, const char *word)
{
    for (const char *v = exg_opts_text(opts, name); *v != '\0';) {
        const size_t n = strcspn(v, ",");

        if (n == strlen(word) && memcmp(v, word, n) == 0) {
            return 1;
        }
        v += n + (v[n] == ',');
    }
    return 0;
}

/* "--lr X" or "--log text|json", as the help's first column. */
static void print_usage(const exg_opt_row *row, char *out, size_t size)
{
    static const char *const kind[] = {
        [EXG_OPT_INT] = "N", [EXG_OPT_REAL] = "X"};
    const char *value = row->type <= EXG_OPT_REAL   ? kind[row->type]
                        : row->type == EXG_OPT_FLAG ? ""
                        : row->type == EXG_OPT_SET  ? "LIST"
                                                    : row->words;

    snprintf(out, size, "--%s %s", row->name, value);
}

void exg_opts_print(const exg_opts *opts, FILE *out)
{
    char usage[256];

    for (exg_int i = 0; i < opts->n; i++) {
        const exg_opt_row *row = opts->row + i;

        print_usage(row, usage, sizeof usage);
        fprintf(out, "  %-30s%s%s", usage,
                strlen(usage) >= 30 ? "\n                                " : "",
                row->help);
        if (row->type == EXG_OPT_SET) {
            fprintf(out, ": %s", row->words);
        }
        if (row->type <= EXG_OPT_REAL && row->hi < 1e15) {
            fprintf(out, "; %g to %g", row->lo, row->hi);
        }
        if (row->preset[0] != '\0' && row->type != EXG_OPT_FLAG) {
            fprintf(out, " [%s]", row->preset);
        }
        fputc('\n', out);
    }
}
