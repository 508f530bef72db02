/* SPDX-License-Identifier: MIT */
/* The stack of a child that shares our memory. */
#pragma once

#include <linux/sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "clone.h"

typedef struct SpawnStack {
        char *memory;        /* the guard, then the stack */
        _Atomic(pid_t) user; /* not 0: a child is on it. The kernel clears it when the child has
                                left, by exec or exit (CLONE_CHILD_CLEARTID) */

        /* For a child that waits on it (spawn-spare.h). */
        pid_t parent;
        uint64_t signals; /* BELLHOP_SIGNAL_BIT()s that it ignores */
        void *plan;
        _Atomic(uint32_t) go; /* a futex; not 0: the plan is there */
} SpawnStack;

/* Returns: NULL: no memory. */
SpawnStack *spawn_stack_new(void);

/* Nobody may be on it. One is kept for the next spawn. Takes NULL. Returns: NULL. */
SpawnStack *spawn_stack_free(SpawnStack *stack);

/* Calls entry(argument) on it in a child that shares our memory and has all signals blocked; what
 * other flags it is to have, and what belongs to them, stands in the arguments.
 * Returns: its pid, with a pidfd, or negative errno. */
long spawn_stack_clone(SpawnStack *stack, struct clone_args *arguments, CloneEntry entry,
                       void *argument, int *ret_pidfd);
