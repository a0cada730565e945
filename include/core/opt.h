/* opt.h -- one table of options: parse, validate, print.  Layer: core.
 *
 * A row says all there is to know of an option; the command line, presets and
 * configuration files set it through the same checks, and the values in force
 * are stored with the results.  Where a value comes from more than one place,
 * the command line wins over the configuration file, the file over the preset,
 * the preset over the default, whatever the order.  Everything is local. */
#ifndef EXG_CORE_OPT_H
#define EXG_CORE_OPT_H

#include <stdint.h>
#include <stdio.h>

#include "core/mem.h"

typedef enum {
    EXG_OPT_INT,    /* whole number in [lo, hi]                        */
    EXG_OPT_REAL,   /* finite number in [lo, hi]                       */
    EXG_OPT_TEXT,   /* any text; `words` names it in the help          */
    EXG_OPT_CHOICE, /* one of `words`, "a|b|c"                         */
    EXG_OPT_SET,    /* one or more of `words`, separated by commas     */
    EXG_OPT_FLAG    /* no value: present or not                        */
} exg_opt_type;

/** Does an option belong to the results, or only to this run of them? */
typedef enum {
    EXG_OPT_RESULT, /* what is computed: stored in /config            */
    EXG_OPT_RUN     /* where and how it runs: stored in /provenance   */
} exg_opt_role;

/** One option.  Static data. */
typedef struct {
    const char *name; /* without the dashes                             */
    exg_opt_type type;
    exg_opt_role role;
    const char *preset; /* default value; "" for none                   */
    double lo, hi;
    const char *words;
    const char *help; /* one line                                       */
} exg_opt_row;

/** Who set a value; later ones win. */
typedef enum {
    EXG_OPT_FROM_DEFAULT,
    EXG_OPT_FROM_PRESET,
    EXG_OPT_FROM_FILE,
    EXG_OPT_FROM_COMMAND
} exg_opt_from;

enum {
    EXG_OPT_MAX = 64,      /* most rows                   */
    EXG_OPT_TEXT_MAX = 512 /* longest value, bytes, with 0 */
};

/** Values of a table.  Open: read through the functions below. */
typedef struct {
    const exg_opt_row *row;
    exg_int n;
    exg_opt_from from[EXG_OPT_MAX];
    char text[EXG_OPT_MAX][EXG_OPT_TEXT_MAX];
    char ignored[EXG_OPT_TEXT_MAX]; /* options of a file that no row has */
} exg_opts;

/** Defaults of a table of n rows, n <= EXG_OPT_MAX.
 * @param[out] opts  owned by the caller: exg_free() */
EXG_MUST_CHECK exg_status exg_opts_create(const exg_opt_row *row, exg_int n,
                                          exg_opts **opts);

/** Set one option, checking type and range.
 * @param[in] where  what names the place in messages: "--" or "FILE:3: "
 * @return EXG_OK, or EXG_EUSAGE (no such option, not a number, out of range);
 *         the message says what was expected */
EXG_MUST_CHECK exg_status exg_opts_set(exg_opts *opts, const char *where,
                                       const char *name, const char *value,
                                       exg_opt_from from);

/** Parse "--name value", "--name=value" and flags.
 * @return EXG_OK or EXG_EUSAGE */
EXG_MUST_CHECK exg_status exg_opts_arguments(exg_opts *opts, int argc,
                                             char *const *argv);

/** Read lines "name = value"; "#" begins a comment.
 * @return EXG_OK, EXG_EUSAGE (with file and line), EXG_EIO */
EXG_MUST_CHECK exg_status exg_opts_file(exg_opts *opts, const char *path);

/** The row of an option; NULL: the table has none. */
const exg_opt_row *exg_opts_row(const exg_opts *opts, const char *name);

/** Note an option that is not in the table and does no harm: in `ignored`, as
 * text that can be printed, cut where it is too long. */
void exg_opts_ignore(exg_opts *opts, const char *name);

/** Values.  An unknown name is a bug: it ends debug builds and gives 0 or "".
 */
exg_int exg_opts_int(const exg_opts *opts, const char *name);
double exg_opts_real(const exg_opts *opts, const char *name);
const char *exg_opts_text(const exg_opts *opts, const char *name);
int exg_opts_flag(const exg_opts *opts, const char *name);

/** 1 if `word` is among the words of a set's value. */
int exg_opts_has(const exg_opts *opts, const char *name, const char *word);

/** Print the table as help. */
void exg_opts_print(const exg_opts *opts, FILE *out);

#endif
