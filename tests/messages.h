/* messages.h -- a program's messages, counted.
 *
 * MPI's profiling interface counts: functions of messages.c stand between a
 * program that is linked with it and MPI.  PMPI_... calls are not counted. */
#ifndef EXG_TESTS_MESSAGES_H
#define EXG_TESTS_MESSAGES_H

enum {
    MESSAGES_GATHER,  /* each rank's part to all         */
    MESSAGES_SCATTER, /* a sum, each rank keeps its part */
    MESSAGES_TURN,    /* a part for every other          */
    MESSAGES_SUM,     /* a sum or a few bytes, to all    */
    MESSAGES_NEAR_BY, /* to another rank                 */
    MESSAGES_OTHER,
    MESSAGES_KINDS
};

/** Of this rank, since messages_begin(). */
struct messages_seen {
    double cpu; /* seconds outside MPI */
    double calls[MESSAGES_KINDS], bytes[MESSAGES_KINDS];
};

extern struct messages_seen messages_seen;

/** "gather" and so on. */
extern const char *const messages_name[MESSAGES_KINDS];

/** Begin anew. */
void messages_begin(void);

#endif
