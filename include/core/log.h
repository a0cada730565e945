/* log.h -- one sink for what the program says.  Layer: core.
 *
 * Rank 0 speaks; the other ranks call the same functions and stay silent.
 * Text goes to standard output (progress to standard error); with a journal
 * open, every event is also one JSON object per line there. */
#ifndef EXG_CORE_LOG_H
#define EXG_CORE_LOG_H

#include "core/mem.h"

/** How events look on standard output. */
typedef enum {
    EXG_LOG_TEXT,
    EXG_LOG_JSON
} exg_log_form;

/** What the log does.  Plain data. */
typedef struct {
    int speaks;        /* this rank prints (rank 0)           */
    int quiet;         /* only warnings                       */
    exg_log_form form; /* of standard output                  */
} exg_log_setup;

/** Set up the log.  Local; called once at start. */
void exg_log_start(exg_log_setup setup);

/** Open the journal (run.jsonl) on the speaking rank, behind what is there;
 * others do nothing.  It is locked (flock) until it is closed, so that one run
 * at a time writes beside it; on file systems without locks it is just opened.
 * Local.
 * @param[out] held  1: another process has it, and it is not open
 * @return EXG_OK, also where it is held; EXG_EIO if it cannot be created */
EXG_MUST_CHECK exg_status exg_log_journal(const char *path, int *held);

/** Empty the open journal: this run begins anew.  Local.
 * @return EXG_OK or EXG_EIO */
EXG_MUST_CHECK exg_status exg_log_journal_anew(void);

/** Close the journal, with a warning if not all of it could be written; end an
 * open progress line.  Local. */
void exg_log_stop(void);

/** A line of text for the reader, printable whatever names it holds.  Local. */
void exg_log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A line on standard error that --quiet does not silence.  Local. */
void exg_log_warn(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** An event for programs: `fields` is JSON members without braces, such as
 * "\"epoch\": 1", formatted like printf.  Goes to the journal, and to standard
 * output where the form is JSON.  Local. */
void exg_log_event(const char *name, const char *fields, ...)
    __attribute__((format(printf, 2, 3)));

/** The event "phase" with a name: what begins now.  Local. */
void exg_log_phase(const char *name);

/** The name of the last one, at first "prepare".  Local. */
const char *exg_log_phase_now(void);

/** Write text, whatever its bytes, as the inside of a JSON string: UTF-8,
 * escaped, cut between characters where size is short.  Local.
 * @return out */
char *exg_log_escape(const char *text, char *out, size_t size);

/** A stage's progress: a bar with rate and time left on a terminal, a line per
 * 10 % elsewhere.  Plain data; start with exg_log_progress_start(). */
typedef struct {
    const char *what; /* "epoch 0"              */
    const char *unit; /* "images", "iterations" */
    exg_int first;    /* steps done before the start */
    exg_int total;
    double start; /* seconds              */
    double shown; /* time of last drawing */
    int tenth;    /* last 10 % said       */
} exg_log_progress;

/** Begin a progress of `total` steps, or go on with one of which `first` were
 * done before: the rate is that of the rest.  Local. */
exg_log_progress exg_log_progress_start(const char *what, const char *unit,
                                        exg_int first, exg_int total);

/** `done` of the total are done; note ("" for none) is shown beside.  Local. */
void exg_log_progress_at(exg_log_progress *p, exg_int done, const char *note);

#endif
