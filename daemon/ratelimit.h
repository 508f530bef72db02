/* SPDX-License-Identifier: MIT */
/* At most so many events in an interval: StartLimit*=, TriggerLimit*=. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct RateLimit {
        uint64_t begin_usec; /* CLOCK_MONOTONIC of the first event of the interval; 0: none yet */
        unsigned int count;
} RateLimit;

/* Counts one event. interval_usec 0 or burst 0: no limit. Returns: false if it is one too many. */
bool ratelimit_below(RateLimit *limit, uint64_t now_usec, uint64_t interval_usec,
                     unsigned int burst);
void ratelimit_reset(RateLimit *limit);
