/* SPDX-License-Identifier: MIT */
/* Handlers of fork. */
#include "fork.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "no-cancel.h"

/* What is written lies beside what must not begin with 0: not in pages of zeros, the first touch of
 * which holds a young process up. */
static struct {
        pthread_mutex_t lock; /* of who sets watching */
        atomic_bool watching;
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
        _no_cancel_; /* fork(3) itself is no cancellation point */

        atomic_fetch_add(&forks.epoch, 1);
        outbox_fork_child();
        desk_fork_child();
}

int fork_watch(void) {
        int r = 0;

        if (atomic_load(&forks.watching))
                return 0;
        (void)pthread_mutex_lock(&forks.lock);
        if (!forks.watching) {
                r = -pthread_atfork(prepare, parent, child);
                forks.watching = r == 0;
        }
        (void)pthread_mutex_unlock(&forks.lock);
        return r;
}

/* At first use is too late: a thread that forks meanwhile would leave the locks of those who use it
 * locked in the child, for ever. */
static __attribute__((constructor)) void fork_watch_from_the_start(void) {
        (void)fork_watch();
}
