/* SPDX-License-Identifier: MIT */
/* A thread in the middle of reading from an open file, as a hostile process may be: into memory
 * that doesn't come before it is let go. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct StuckCall {
        int fd;
        ssize_t (*call)(int fd, void *page, size_t size);
        void *page;
        int faults;     /* a userfaultfd(2), readable once the call waits for the page */
        int go[2];      /* a pipe */
        bool was_stuck; /* until it was let go */
        pthread_t caller, rescuer;
} StuckCall;

/* @call: as read(2); it must not fail
 * Returns: whether it is in it; false: that is not permitted. */
bool stuck_call_begin(StuckCall *stuck, int fd, ssize_t (*call)(int fd, void *page, size_t size));
/* Lets it go. Returns: false: it has been let go before, after five seconds, because somebody
 * seemed to wait for it. */
bool stuck_call_end(StuckCall *stuck);
