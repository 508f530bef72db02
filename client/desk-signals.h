/* SPDX-License-Identifier: MIT */
/* The signals of a desk: which ones, what their actions are, and how they are read. Signal sets are
 * 64 bits, bit n-1 for signal n. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct bellhop Desk;

/* For the process's desk, finds out which signals it shall have, if nobody has said so, and sees to
 * their actions.
 * Returns: 0; -EBUSY another handler is there; -EINVAL a thread's desk, and the thread doesn't
 * block them; or negative errno. What was changed before a failure is undone by
 * desk_signals_done(). */
int desk_signals_init(Desk *desk);
void desk_signals_done(Desk *desk);

/* Makes signal_fd, if there is none. Lock held. Returns: 0, -EOPNOTSUPP, or negative errno. */
int desk_open_signal_fd(Desk *desk);

/* Reads a batch of pending signals into the desk's notes. Without the lock.
 * Returns: 1 there may be more, 0 there are no more, or negative errno. */
int desk_signals_read(Desk *desk);

/* Whether some of its signals wait to be read. */
bool desk_signals_are_pending(const Desk *desk);

/* In the child of a fork: the handler has no desk. */
void desk_signals_forget(void);
