/* SPDX-License-Identifier: MIT */
/* Spawn: starts one process. The parent's half (spawn.c) plans and allocates; the child's half
 * (spawn-child.c) makes system calls only. The child shares the parent's memory (CLONE_VM) on a
 * stack of its own, and begins with the parent's descriptor table, so that the cost doesn't grow
 * with the daemon; CLONE_VFORK is not used, because a child that has changed its uid can be stopped
 * by its new owner and would hang the manager in the kernel. A failed step and its errno are left
 * in the shared memory, and the kernel notes there that the child is gone from it; only who wants
 * to be told of the exec at once gets a close-on-exec pipe as well, and so does a child that had to
 * be forked. A child that hasn't exec'd within SPAWN_TIMEOUT is killed. */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "exec-context.h"
#include "process-watch.h"
#include "settings.h"

#define SPAWN_TIMEOUT_USEC (10 * USEC_PER_SEC)

typedef struct Spawn Spawn;
typedef struct SpawnPlan SpawnPlan;

/* What to start. Everything is borrowed for the call only. */
typedef struct SpawnRequest {
        const char *path; /* absolute */
        char *const *argv;
        char *const *environment;
        uid_t uid;           /* (uid_t)-1: unchanged */
        gid_t gid;           /* (gid_t)-1: unchanged */
        const gid_t *groups; /* supplementary; used if uid or gid is given */
        size_t group_count;
        bool groups_asked; /* some of them by name: to do without isn't what was asked for */
        const char *working_directory; /* absolute */
        bool working_directory_optional;
        Output standard_output, standard_error;
        ExecContext *context;  /* NULL: nothing more is asked for */
        int socket_fd;         /* for standard descriptors that are to be a socket; 0: none */
        const int *listen_fds; /* to be 3, 4, ... in the child, which is told by LISTEN_PID that
                                  they are meant for it; the rest of what sd_listen_fds(3) asks
                                  for is in the environment */
        size_t listen_count;
        const char *identifier;    /* the unit, for the journal */
        uint64_t delivery_signals; /* BELLHOP_SIGNAL_BIT()s: blocked and ignored over exec */
        int cgroup_fd;             /* -1: none */
        bool report_exec;          /* success is to be told at once; else some time, or never if
                                      the process ends before. Failures are told with the process's
                                      end by spawn_collect(). */
        bool hold;                 /* exec is to wait for spawn_let_exec() */
        uint64_t timeout_usec;     /* 0: SPAWN_TIMEOUT_USEC */
        SpawnPlan *plan; /* made of it before, by spawn_plan_new(), and taken over, also on failure:
                            of the rest only the signals, the cgroup, report_exec, the identifier
                            and the time count any more. NULL: it wasn't. */
} SpawnRequest;

/* Called once, from the event loop or spawn_collect(): error 0: exec has succeeded; else negative
 * errno of the step that failed ("chdir"). The spawn is freed afterwards. */
typedef void (*SpawnDone)(int error, const char *step, void *userdata);

/* Returns: 0 with the child's pid and the watch on its end (the caller's), or negative errno with
 * *ret_step. The event loop must be the same for all, and outlive the spawns that aren't freed. */
int spawn_start(sd_event *event, const SpawnRequest *request, SpawnDone done, void *userdata,
                Spawn **ret, pid_t *ret_pid, ProcessWatch **ret_watch, const char **ret_step);

/* Whether it was asked to hold and does: until spawn_let_exec() the child is ours alone, and has
 * the delivery signals blocked and ignored. One that had to be forked doesn't hold. */
bool spawn_holds(const Spawn *spawn);
/* Lets the child exec. What was sent to it before is there when its program begins. */
void spawn_let_exec(Spawn *spawn);

/* If the child has ended: takes its report now, and the spawn is freed. Else nothing happens: it
 * may still be on this memory. */
void spawn_collect(Spawn *spawn);

/* Forget about the callback; the child, if it hasn't exec'd, is killed. Takes NULL. */
Spawn *spawn_free(Spawn *spawn);

/* The limit of descriptors that children get, where the manager has raised its own. Copied. */
void spawn_set_descriptor_limit(const struct rlimit *limit);
