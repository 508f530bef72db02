/* SPDX-License-Identifier: MIT */
/* Makes the child of a spawn: on shared memory and a stack of its own where the kernel can, else by
 * fork. */
#pragma once

#include "process-watch.h"
#include "spawn-child.h"
#include "spawn-stack.h"

typedef struct SpawnChild {
        pid_t pid;
        int pidfd;
        int report_fd;     /* our end of its report pipe, which doesn't block; -EBADF: none, what it
                              has to say stands in the plan */
        SpawnStack *stack; /* what it runs on; to be freed when it has exec'd or ended, not before.
                              NULL: it was forked */
        bool has_waited;   /* it was the spare: until it execs, no SIGCHLD comes of its end */
        ProcessWatch *watch; /* for who starts it; NULL: not made yet */
} SpawnChild;

/* Starts spawn_child(plan), in a cgroup (-1: none). All signals are blocked in the child until
 * it sets its own mask.
 * @report: it is to have a report pipe, whose end tells at once that it has exec'd or ended; a
 * forked child always has one
 * Returns: 0, or negative errno. */
int spawn_clone(SpawnPlan *plan, int cgroup_fd, bool report, SpawnChild *ret);

/* To be called when the child has exec'd or ended, not before: nobody else uses what it left, and a
 * spare is made for the next one, unless event is NULL: there is no loop any more. */
void spawn_clone_end(SpawnChild *child, sd_event *event);
