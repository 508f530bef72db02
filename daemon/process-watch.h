/* SPDX-License-Identifier: MIT */
/* A process whose end somebody wants to hear of: its pidfd, and the watch on it, which can be there
 * before anybody knows who that will be. */
#pragma once

#include <systemd/sd-event.h>

#include "macros.h"

typedef struct ProcessWatch {
        int pidfd;
        sd_event_source *source;
        sd_event_io_handler_t ended; /* NULL: nobody wants to hear of it yet */
        void *userdata;
} ProcessWatch;

/* Takes the pidfd, in any case. Returns: 0, or negative errno. */
int process_watch_new(sd_event *event, int pidfd, ProcessWatch **ret);
/* The same with a duplicate. */
int process_watch_of(sd_event *event, int pidfd, ProcessWatch **ret);

/* Whom to tell, from the event loop, as often as it is looked at until the watch is freed; also if
 * it ended before. */
void process_watch_tell(ProcessWatch *watch, int64_t priority, sd_event_io_handler_t ended,
                        void *userdata);

/* Takes NULL. Returns: NULL. */
ProcessWatch *process_watch_free(ProcessWatch *watch);
DEFINE_CLEANUP(ProcessWatch, process_watch_free)
