/* SPDX-License-Identifier: MIT */
/* A thread in the middle of reading from an open file, as a hostile process may be: into memory
 * that doesn't come before it is let go. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

typedef struct StuckReader {
        int fd;
        void *page;     /* what it reads into */
        int faults;     /* a userfaultfd(2), readable once it waits for the page */
        int go[2];      /* a pipe */
        bool was_stuck; /* until it was let go */
        pthread_t reader, rescuer;
} StuckReader;

/* Something must be there to be read. Returns: whether it reads; false: that is not permitted. */
bool stuck_reader_begin(StuckReader *reader, int fd);
/* Lets it go. Returns: false: it has been let go before, after five seconds, because somebody
 * seemed to wait for it. */
bool stuck_reader_end(StuckReader *reader);
