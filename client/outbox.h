/* SPDX-License-Identifier: MIT */
/* The outbox: what bellhop_sendfd() has offered and its receivers haven't taken yet. Owns a
 * duplicate of each descriptor and a pidfd of its receiver; both are closed when the receiver has
 * answered or ended. One per process, with a lock; the answers come by a signal handler, which
 * needs no lock. */
#pragma once

#include <sys/types.h>

#define OUTBOX_SIZE 256

/* Takes the lock. In the child of a fork the parent's entries are closed first. */
int outbox_lock(void);
void outbox_unlock(void);

/* The following want the lock. */

/* Installs the handler of answers; handles those that are blocked and pending; lets go of what was
 * meant for processes that have ended. Returns: 0 or -EBUSY (somebody else's handler). */
int outbox_settle(void);

/* Consumes both descriptors on success. Returns: a slot, or -EAGAIN: full. */
int outbox_put(pid_t receiver, int pidfd, int fd);

/* It was not sent after all. */
void outbox_withdraw(int slot);
