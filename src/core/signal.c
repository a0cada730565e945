/* signal.c -- see signal.h.  The note is the one thing a handler may safely
 * write, and it has to be global: a handler has no arguments of ours. */
#include "core/signal.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static const struct {
    int number;
    int flags;
    const char *name;
} watched[] = {{SIGTERM, SA_RESTART, "SIGTERM"},
               {SIGUSR1, SA_RESTART, "SIGUSR1"},
               {SIGINT, (int)(SA_RESTART | SA_RESETHAND), "SIGINT"}};

static void note(int number)
{
    caught = number;
}

void exg_signal_watch(void)
{
    caught = 0;
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        struct sigaction action = {.sa_flags = watched[i].flags};

        action.sa_handler = note;
        sigemptyset(&action.sa_mask);
        sigaction(watched[i].number, &action, NULL);
    }
}

int exg_signal_caught(void)
{
    return (int)caught;
}

exg_status exg_signal_check(void)
{
    return caught == 0 ? EXG_OK
                       : exg_fail(EXG_ESTOP, "stopped by %s",
                                  exg_signal_name((int)caught));
}

const char *exg_signal_name(int number)
{
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        if (watched[i].number == number) {
            return watched[i].name;
        }
    }
    return "a signal";
}
