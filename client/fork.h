/* SPDX-License-Identifier: MIT */
/* Fork: what is the parent's is noticed in the child without a system call, and the child never
 * inherits a lock that another thread held. */
#pragma once

/* 1 in the process that loaded the library, one more in each child of a fork: what was made in
 * another epoch is another process's. */
unsigned int fork_epoch(void);

/* Registers the handlers of pthread_atfork(3), if that hasn't succeeded when the library was
 * loaded. Returns: 0 or -ENOMEM. */
int fork_watch(void);

/* Implemented by those who have locks: taken before a fork, released by both after it. */
void desk_fork_prepare(void);
void desk_fork_parent(void);
void desk_fork_child(void);
void outbox_fork_prepare(void);
void outbox_fork_parent(void);
void outbox_fork_child(void);
