/* SPDX-License-Identifier: MIT */
/* counter-reader: prints a line whenever counter-writer has counted, without a message ever being
 * sent: both have the same memory. */
#define _GNU_SOURCE 1

#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counter.h"

int main(void) {
        Counter *counter = counter_map();
        if (!counter)
                return EXIT_FAILURE;

        for (;;) {
                uint32_t sequence = atomic_load(&counter->sequence);
                printf("count %" PRIu64 " by pid %d\n", atomic_load(&counter->count),
                       (int)atomic_load(&counter->writer_pid));
                fflush(stdout);
                /* Returns at once if it has changed since it was read. */
                syscall(SYS_futex, &counter->sequence, FUTEX_WAIT, sequence, NULL, NULL, 0);
        }
}
