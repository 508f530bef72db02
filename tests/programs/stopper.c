/* SPDX-License-Identifier: MIT */
/* An attacker that stops every process it may, over and over: what a service's user can do to a
 * manager that starts processes of that user. stopper MILLISECONDS [REPORT]; it never stops itself
 * (kill(2) with -1 spares the caller), and wakes everything up at its end. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "macros.h"
#include "report.h"

static int64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
        int64_t end = now_ms() + (argc > 1 ? atoi(argv[1]) : 1000);
        unsigned long rounds = 0;

        /* As root it would stop the whole machine. */
        if (getuid() == 0)
                return 2;
        report_open(argc > 2 ? argv[2] : NULL);
        report("stopping");
        for (; now_ms() < end; rounds++)
                kill(-1, SIGSTOP);
        kill(-1, SIGCONT);
        report("stopped %lu times", rounds);
        return 0;
}
