/* SPDX-License-Identifier: MIT */
/* What the two files of the orphans share. */
#pragma once

#include "orphan.h"
#include "ratelimit.h"

struct Orphans {
        GHashTable *known; /* pid -> Orphan * */
        RateLimit naps;
        GHashTable *foreign; /* who was there before: pid -> start time */
        GHashTable *told;    /* who has been sent end_signal: pid -> start time; NULL: it isn't the
                              * end */
        int end_signal;
        sd_event_source *end_timer;
};
