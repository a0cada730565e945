/* fuzz.h -- what the fuzz targets share.
 *
 * A target is a function of bytes that calls the code under test and then
 * fuzz_check(): whatever the bytes, the call ends with a status, a failure has
 * one printable line, and no memory of ours stays behind.  clang's libFuzzer
 * calls it with bytes of its own making (make fuzz), replay.c with those of
 * the corpus (make check). */
#ifndef EXG_TESTS_FUZZ_H
#define EXG_TESTS_FUZZ_H

#include <stdint.h>

#include "core/mem.h"
#include "par/par.h"

/** A target.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/** Called once, before the first input: starts MPI, alone. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** What a target prepares once; each has one. */
void fuzz_prepare(void);

/** This process as the only rank. */
extern exg_par fuzz_par;

/** A file in memory that holds these bytes, until the next call.
 * @return its path */
const char *fuzz_file(const uint8_t *bytes, size_t size);

/** Abort where a failure has no line that can be printed, a success has one,
 * or blocks are left.  Forgets the line. */
void fuzz_check(exg_status st);

/** Abort with a word, unless the condition holds. */
#define fuzz_want(condition, what) ((condition) ? (void)0 : fuzz_stop(what))

/** See fuzz_want. */
void fuzz_stop(const char *what) __attribute__((noreturn));

/** Is this text one JSON object of strings and numbers (RFC 8259), without
 * control characters? */
int fuzz_is_json(const char *text);

#endif
