/* SPDX-License-Identifier: MIT */
/* Handlers of fork. */
#include "fork.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_uint epoch;

unsigned int fork_epoch(void) {
        return atomic_load(&epoch);
}

static void prepare(void) {
        desk_fork_prepare();
        outbox_fork_prepare();
}

static void parent(void) {
        outbox_fork_parent();
        desk_fork_parent();
}

static void child(void) {
        atomic_fetch_add(&epoch, 1);
        outbox_fork_child();
        desk_fork_child();
}

int fork_watch(void) {
        static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        static int watching;
        int r = 0;

        (void)pthread_mutex_lock(&lock);
        if (!watching) {
                r = -pthread_atfork(prepare, parent, child);
                watching = r == 0;
        }
        (void)pthread_mutex_unlock(&lock);
        return r;
}
