/* SPDX-License-Identifier: MIT */
/* Counts events in fixed intervals, each beginning with its first event. */
#include "ratelimit.h"

bool ratelimit_below(RateLimit *limit, uint64_t now_usec, uint64_t interval_usec,
                     unsigned int burst) {
        if (interval_usec == 0 || burst == 0)
                return true;

        /* The difference is compared, not the sum: an interval may be infinite. */
        if (limit->count == 0 || now_usec - limit->begin_usec >= interval_usec) {
                limit->begin_usec = now_usec;
                limit->count = 1;
                return true;
        }
        if (limit->count >= burst)
                return false;
        limit->count++;
        return true;
}

void ratelimit_reset(RateLimit *limit) {
        *limit = (RateLimit){ 0 };
}
