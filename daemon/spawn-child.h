/* SPDX-License-Identifier: MIT */
/* The child's half of a spawn: what happens between clone and exec. It runs on its parent's memory
 * while the parent goes on, so it reads nothing but its plan, allocates nothing, calls nothing of
 * libc, and writes only to its stack and to what its plan has for that. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "exec-context.h"
#include "settings.h"

typedef enum SpawnStep {
        SPAWN_STEP_SESSION,
        SPAWN_STEP_CGROUP,
        SPAWN_STEP_GIVEN,
        SPAWN_STEP_LISTEN, /* in place of the next one */
        SPAWN_STEP_DESCRIPTORS,
        SPAWN_STEP_INPUT,
        SPAWN_STEP_OUTPUT,
        SPAWN_STEP_ERROR_OUTPUT,
        SPAWN_STEP_OOM_SCORE,
        SPAWN_STEP_COREDUMP_FILTER,
        SPAWN_STEP_NICE,
        SPAWN_STEP_SCHEDULER,
        SPAWN_STEP_AFFINITY,
        SPAWN_STEP_NUMA,
        SPAWN_STEP_IO_PRIORITY,
        SPAWN_STEP_TIMER_SLACK,
        SPAWN_STEP_PERSONALITY,
        SPAWN_STEP_RUNTIME_FOLDERS, /* by ExecFolderKind */
        SPAWN_STEP_STATE_FOLDERS,
        SPAWN_STEP_CACHE_FOLDERS,
        SPAWN_STEP_LOGS_FOLDERS,
        SPAWN_STEP_CONFIGURATION_FOLDERS,
        SPAWN_STEP_LIMITS,
        SPAWN_STEP_ROOT,
        SPAWN_STEP_BOUNDING,
        SPAWN_STEP_GROUPS,
        SPAWN_STEP_GROUP,
        SPAWN_STEP_KEEP_CAPABILITIES,
        SPAWN_STEP_USER,
        SPAWN_STEP_KEYRING,
        SPAWN_STEP_AMBIENT,
        SPAWN_STEP_SECURE_BITS,
        SPAWN_STEP_NO_NEW_PRIVILEGES,
        SPAWN_STEP_DIRECTORY,
        SPAWN_STEP_DESCRIPTOR_LIMIT, /* last: those before may need a descriptor above it */
        SPAWN_STEP_HOLD,
        SPAWN_STEP_EXEC,
        SPAWN_STEP_COUNT,
} SpawnStep;

#define SPAWN_STEP_BIT(step) (UINT64_C(1) << (step))
/* Those that every child goes through; the others are its context's, if it has one. */
#define SPAWN_STEPS_ALWAYS                                                             \
        (SPAWN_STEP_BIT(SPAWN_STEP_SESSION) | SPAWN_STEP_BIT(SPAWN_STEP_CGROUP) |      \
         SPAWN_STEP_BIT(SPAWN_STEP_DESCRIPTORS) | SPAWN_STEP_BIT(SPAWN_STEP_INPUT) |   \
         SPAWN_STEP_BIT(SPAWN_STEP_OUTPUT) | SPAWN_STEP_BIT(SPAWN_STEP_ERROR_OUTPUT) | \
         SPAWN_STEP_BIT(SPAWN_STEP_GROUPS) | SPAWN_STEP_BIT(SPAWN_STEP_GROUP) |        \
         SPAWN_STEP_BIT(SPAWN_STEP_USER) | SPAWN_STEP_BIT(SPAWN_STEP_DIRECTORY) |      \
         SPAWN_STEP_BIT(SPAWN_STEP_EXEC))

/* Those that a process can do without: when they are refused, it is started all the same. */
#define SPAWN_STEPS_OPTIONAL                                                                 \
        (SPAWN_STEP_BIT(SPAWN_STEP_OOM_SCORE) | SPAWN_STEP_BIT(SPAWN_STEP_COREDUMP_FILTER) | \
         SPAWN_STEP_BIT(SPAWN_STEP_NICE) | SPAWN_STEP_BIT(SPAWN_STEP_LIMITS) |               \
         SPAWN_STEP_BIT(SPAWN_STEP_DESCRIPTOR_LIMIT))

/* What a child writes to its pipe, if it has one: that it can't go on, or goes on without a step.
 * Else nothing; and the pipe's end: exec succeeded. */
typedef struct SpawnReport {
        int32_t step;
        int32_t error; /* an errno, positive; 0: the step was refused, and is optional */
} SpawnReport;

typedef struct SpawnPlanOutput {
        OutputKind kind;
        char *path;
        bool same; /* as standard output; for standard error */
} SpawnPlanOutput;

/* A child that holds before exec, until its parent has done what must come first. */
typedef struct SpawnHold {
        pid_t parent;
        _Atomic(uint32_t) may_exec; /* a futex, written by the parent; not 0: it may */
        _Atomic(uint32_t) sleeps;   /* written by the child: it is to be woken */
} SpawnHold;

typedef struct SpawnPlan {
        uint64_t steps;       /* SPAWN_STEP_BIT()s: those it goes through */
        ExecContext *context; /* NULL: it has no others */
        char *path;
        char **argv;
        char **environment;
        bool change_ids; /* uid, gid and groups are used */
        uid_t uid;
        gid_t gid;
        gid_t *groups;
        size_t group_count;
        int given_fds[3]; /* of the parent's, for standard descriptors; -EBADF: not given */
        int *listen_fds;  /* of the parent's, to be 3, 4, ...; the child's to write to */
        size_t listen_count;
        char *listen_pid;   /* where the child writes its pid, in the environment */
        bool input_is_null; /* already, as the parent's */
        char *working_directory;
        bool working_directory_optional;
        SpawnPlanOutput outputs[2]; /* standard output, standard error */
        char *journal_header;       /* the lines a stream to the journal begins with */
        size_t journal_header_length;
        uint64_t delivery_signals;
        uint64_t foreign_signals;              /* ignored by the parent, not to be by the child */
        const struct rlimit *descriptor_limit; /* NULL: as the parent's */
        int cgroup_fd;                         /* -EBADF: none, or it was cloned into it */
        int report_fd;                         /* the child's end of the pipe; -EBADF: none */
        SpawnHold *hold;                       /* of SPAWN_STEP_HOLD; NULL: none */

        /* The child's, on shared memory. */
        bool has_waited;           /* it has a session, the default umask, and is in "/" */
        bool has_table;            /* of descriptors: its own, before the plan came */
        volatile SpawnStep step;   /* where it is, for a child that never gets further */
        volatile int error;        /* of that step: an errno, positive */
        volatile uint64_t refused; /* SPAWN_STEP_BIT()s of optional steps */
} SpawnPlan;

/* Goes through with the plan. Never returns. */
void spawn_child(void *plan);

/* Waits on its stack, a SpawnStack, for a plan, and goes through with it. Never returns. */
void spawn_child_wait(void *stack);
