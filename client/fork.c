/* SPDX-License-Identifier: MIT */
/* Handlers of fork. */
#include "fork.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* What is written lies beside what must not begin with 0: not in pages of zeros, the first touch of
 * which holds a young process up. */
static struct {
        pthread_mutex_t lock; /* guards watching */
        bool watching;
        atomic_uint epoch;
} forks = { .lock = PTHREAD_MUTEX_INITIALIZER, .epoch = 1 };

unsigned int fork_epoch(void) {
        return atomic_load(&forks.epoch);
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
        atomic_fetch_add(&forks.epoch, 1);
        outbox_fork_child();
        desk_fork_child();
}

int fork_watch(void) {
        int r = 0;

        (void)pthread_mutex_lock(&forks.lock);
        if (!forks.watching) {
                r = -pthread_atfork(prepare, parent, child);
                forks.watching = r == 0;
        }
        (void)pthread_mutex_unlock(&forks.lock);
        return r;
}
