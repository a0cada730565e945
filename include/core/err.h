/* err.h -- status codes, the pending message, and EXG_TRY.  Layer: core. */
#ifndef EXG_CORE_ERR_H
#define EXG_CORE_ERR_H

/** What became of a call.  EXG_EUSAGE ends the program with 2, EXG_ESTOP with
 * 75, the other failures with 1. */
typedef enum {
    EXG_OK = 0,
    EXG_EUSAGE,   /* bad option or option value             */
    EXG_EINPUT,   /* input file is malformed                */
    EXG_EIO,      /* open, read, write or rename failed     */
    EXG_ENOMEM,   /* allocation failed or size overflowed   */
    EXG_ENUMERIC, /* NaN or infinity where a number is due  */
    EXG_ELIB,     /* HDF5 or libpng reported an error       */
    EXG_ESTOP     /* told to stop by a signal               */
} exg_status;

#define EXG_MUST_CHECK __attribute__((warn_unused_result))

/** Longest message, in bytes, with its terminating zero; of a longer one the
 * middle is left out. */
enum {
    EXG_ERR_MAX = 1024
};

/** Record "text" with file and line as this rank's pending error.
 *
 * The first message wins: a message that is already pending stays.
 * @return code, so that a function can end in `return exg_fail(...)`
 */
#define exg_fail(code, ...) exg_fail_at(__FILE__, __LINE__, code, __VA_ARGS__)

/** Run a call; on failure leave through `done`, where cleanup lives. */
#define EXG_TRY(call)                  \
    do {                               \
        if ((st = (call)) != EXG_OK) { \
            goto done;                 \
        }                              \
    } while (0)

/** State an invariant of our own.  Debug builds stop; others do not look. */
#ifdef EXG_DEBUG
#define EXG_ASSERT(cond) \
    ((cond) ? (void)0 : exg_err_assert(__FILE__, __LINE__, #cond))
#else
#define EXG_ASSERT(cond) ((void)0)
#endif

/** See exg_fail.  Local. */
exg_status exg_fail_at(const char *file, int line, exg_status code,
                       const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** The pending message, "text [rank r, file:line]" once exg_err_adopt() has
 * named a rank and "text [file:line]" before; "" if none.  Local.  Borrowed:
 * valid until the next exg_err_ call. */
const char *exg_err_text(void);

/** Replace the pending message by that of another rank.  Local.
 * @param[in] code  the status the message belongs to
 * @param[in] text  the failing rank's exg_err_text(), without rank
 * @param[in] rank  the failing rank */
void exg_err_adopt(exg_status code, const char *text, int rank);

/** The pending message without "[file:line]", for who goes on in spite of it:
 * it is pending no more.  Local.  Borrowed: valid until the next call. */
const char *exg_err_take(void);

/** Forget the pending message: the failure has been dealt with.  Local. */
void exg_err_clear(void);

/** The word for a status in messages: "usage", "input", ...  Local. */
const char *exg_err_name(exg_status code);

/** The failure branch of EXG_ASSERT: print and abort.  Local. */
void exg_err_assert(const char *file, int line, const char *cond)
    __attribute__((noreturn));

#endif
