/* SPDX-License-Identifier: MIT */
/* counter-writer [MILLISECONDS]: counts, once in so many milliseconds (1000), in memory that it
 * shares with counter-reader. It may be restarted: the count is not its own but the memfd's. */
#define _GNU_SOURCE 1

#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counter.h"

static void counter_add(Counter *counter) {
        atomic_fetch_add(&counter->count, 1);
        atomic_fetch_add(&counter->sequence, 1);
        syscall(SYS_futex, &counter->sequence, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int main(int argc, char **argv) {
        unsigned int interval_ms = argc > 1 ? (unsigned int)atoi(argv[1]) : 1000;
        Counter *counter = counter_map();
        if (!counter)
                return EXIT_FAILURE;

        atomic_store(&counter->writer_pid, (int32_t)getpid());
        for (;;) {
                counter_add(counter);
                usleep(interval_ms * 1000); /* not a wait: the beat */
        }
}
