/* SPDX-License-Identifier: MIT */
/* Makes the child of a spawn: on shared memory and a stack of its own where the kernel can, else by
 * fork. */
#pragma once

#include "spawn-child.h"

typedef struct SpawnStack SpawnStack;

/* Starts spawn_child(plan), in a cgroup (-1: none). All signals are blocked in the parent meanwhile
 * and so, until it sets its own mask, in the child.
 * @ret_stack: what the child runs on; to be freed when it has exec'd or ended, not before. NULL:
 * it was forked.
 * Returns: 0, or negative errno. */
int spawn_clone(SpawnPlan *plan, int cgroup_fd, SpawnStack **ret_stack, pid_t *ret_pid,
                int *ret_pidfd);

/* One stack is kept for the next spawn. Takes NULL. Returns: NULL. */
SpawnStack *spawn_stack_free(SpawnStack *stack);
