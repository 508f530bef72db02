/* SPDX-License-Identifier: MIT */
/* Cancellation. A thread that pthread_cancel(3) ended in here would leave a lock locked or a role
 * taken, and whoever came after it would wait for ever: so what is ours is no cancellation point.
 * Neither system call nor allocation; and good for signal handlers, which pass through here in
 * threads that have been cancelled. */
#pragma once

#include <pthread.h>

#include "macros.h"

static inline int cancel_disable(void) {
        int before = PTHREAD_CANCEL_ENABLE;

        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
        return before;
}

static inline void cancel_restore(const int *before) {
        int ours;

        (void)pthread_setcancelstate(*before, &ours);
}

/* The first declaration of a public function, or of a handler, that may come to a cancellation
 * point (pthreads(7)): holds until its end, after the other cleanups. Locks are none. */
#define _no_cancel_ _unused_ _cleanup_(cancel_restore) const int cancel_before_ = cancel_disable()
