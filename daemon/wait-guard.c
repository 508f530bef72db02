/* SPDX-License-Identifier: MIT */
/* SIGALRM with a handler that does nothing and restarts nothing. */
#include "wait-guard.h"

#include <stddef.h>
#include <sys/time.h>

#define WAIT_USEC 1000

static void on_alarm(int sig) {
}

/* Again and again: one that comes before the call sleeps is lost. */
void wait_guard_begin(WaitGuard *guard) {
        static const struct itimerval often = { .it_interval.tv_usec = WAIT_USEC,
                                                .it_value.tv_usec = WAIT_USEC };
        struct sigaction action = { .sa_handler = on_alarm };

        (void)sigaction(SIGALRM, &action, &guard->before);
        (void)setitimer(ITIMER_REAL, &often, NULL);
}

void wait_guard_end(WaitGuard *guard) {
        static const struct itimerval never;

        (void)setitimer(ITIMER_REAL, &never, NULL);
        (void)sigaction(SIGALRM, &guard->before, NULL);
}
