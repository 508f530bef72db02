/* SPDX-License-Identifier: MIT */
/* Monotonic time, without a system call (vdso(7)). But the first look maps a page of the kernel's,
 * which costs as much as eight calls: a process's first claim does without. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define TIME_FOREVER UINT64_MAX

static inline uint64_t clock_usec(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static inline struct timespec timespec_from_usec(uint64_t usec) {
        return (struct timespec){
                .tv_sec = (time_t)(usec / 1000000),
                .tv_nsec = (long)(usec % 1000000) * 1000,
        };
}

/* deadline 0 has always passed. */
static inline bool clock_has_passed(uint64_t deadline) {
        return deadline == 0 || (deadline != TIME_FOREVER && clock_usec() >= deadline);
}

/* What is left until a deadline, 0 if it has passed. */
static inline uint64_t clock_left(uint64_t deadline) {
        uint64_t now = clock_usec();

        return deadline > now ? deadline - now : 0;
}
