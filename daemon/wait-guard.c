/* SPDX-License-Identifier: MIT */
/* SIGALRM with a handler that does nothing and restarts nothing. */
#include "wait-guard.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#define WAIT_USEC 1000

static void on_alarm(int sig) {
}

/* Again and again: one that comes before the call sleeps is lost. The handler stays for good: one
 * that is delivered late (valgrind takes its time) would end us. */
void wait_guard_begin(void) {
        static const struct itimerval often = { .it_interval.tv_usec = WAIT_USEC,
                                                .it_value.tv_usec = WAIT_USEC };
        const struct sigaction action = { .sa_handler = on_alarm };

        (void)sigaction(SIGALRM, &action, NULL);
        (void)setitimer(ITIMER_REAL, &often, NULL);
}

void wait_guard_end(void) {
        static const struct itimerval never;

        (void)setitimer(ITIMER_REAL, &never, NULL);
}
