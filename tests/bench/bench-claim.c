/* SPDX-License-Identifier: MIT */
/* bench-claim ITEMS COUNT [--list]: what claiming costs at the desk: the system calls from the
 * first bellhop_wait() to the return of the last, sleep included, counted by a tracer; and, with no
 * tracer, how long it takes when the bell was rung before.
 *
 * Samples: calls, claim_us (all items together). --list: the numbers of the system calls of the
 * last round on stderr, in order. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "desk-lab.h"

static void count_calls(unsigned int items, unsigned int count, bool list) {
        Lab lab;

        lab_open(&lab, LAB_COUNTED);
        for (unsigned int i = 0; i < count; i++) {
                (void)lab_round(&lab, items);
                bench_sample("calls", atomic_load(&lab.page->calls));
        }
        for (uint32_t i = 0; list && i < atomic_load(&lab.page->calls); i++)
                fprintf(stderr, "%u%s", lab.page->numbers[i],
                        i + 1 == atomic_load(&lab.page->calls) ? "\n" : " ");
        lab_close(&lab);
}

static void measure_time(unsigned int items, unsigned int count) {
        Lab lab;

        lab_open(&lab, LAB_AWAKE);
        for (unsigned int i = 0; i < count; i++)
                bench_sample("claim_us", (double)lab_round(&lab, items) / 1000);
        lab_close(&lab);
}

int main(int argc, char **argv) {
        bool list = argc == 4 && strcmp(argv[3], "--list") == 0;

        if (argc != 3 && !list) {
                fprintf(stderr, "usage: %s ITEMS COUNT [--list]\n", argv[0]);
                return EXIT_FAILURE;
        }
        unsigned int items = bench_number(argc, argv, 1), count = bench_number(argc, argv, 2);

        bench_raise_descriptors(items + 64);
        count_calls(items, count, list);
        measure_time(items, count);
        return EXIT_SUCCESS;
}
