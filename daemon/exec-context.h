/* SPDX-License-Identifier: MIT */
/* What systemd.exec(5)'s keys ask of a process between clone and exec, made ready for the child: it
 * only makes system calls of it (exec-child.c). Most units give none of these keys and have no
 * context. Never changed once it is made. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "credentials.h"
#include "macros.h"
#include "settings.h"

/* As many as a kernel can be built for. */
#define NUMA_NODES_MAX 1024

typedef struct ExecLimit {
        int resource;
        struct rlimit limit;
} ExecLimit;

/* The kinds of RuntimeDirectory= and its like. */
typedef enum ExecFolderKind {
        EXEC_FOLDER_RUNTIME,
        EXEC_FOLDER_STATE,
        EXEC_FOLDER_CACHE,
        EXEC_FOLDER_LOGS,
        EXEC_FOLDER_CONFIGURATION,
        EXEC_FOLDER_COUNT,
} ExecFolderKind;

/* One folder to be made: base, and below it parent, are there already. */
typedef struct ExecFolder {
        ExecFolderKind kind;
        char *base;   /* absolute, trusted */
        char *parent; /* relative to it, "." for itself; no links are followed in it */
        char *name;
        char *link_parent, *link; /* NULL, or a link to it: relative to base */
        char *link_target;
        mode_t mode;
        bool is_owned; /* by the service: gets its mode and owner even if it is there already; not
                          one on the way */
} ExecFolder;

typedef struct ExecContext {
        uint64_t steps;  /* SPAWN_STEP_BIT()s that it adds */
        bool needs_copy; /* it changes what belongs to a memory, so the child needs one of its own
                          */
        bool ignore_sigpipe;
        mode_t umask;
        int nice;
        char oom_score_adjust[8];
        int oom_score_length;
        char coredump_filter[16];
        int coredump_filter_length;
        int policy; /* SCHED_*, with SCHED_RESET_ON_FORK */
        int priority;
        uint64_t *cpus;
        size_t cpus_size;     /* in bytes */
        int numa_policy;      /* MPOL_* */
        uint64_t *numa_nodes; /* NUMA_NODES_MAX bits; NULL: none */
        int io_priority;
        uint64_t timer_slack;
        unsigned long personality;
        ExecLimit limits[RLIM_NLIMITS];
        unsigned int limit_count;
        struct rlimit descriptor_limit; /* set last */
        bool has_descriptor_limit;
        uint64_t dropped_capabilities; /* from the bounding set */
        uint64_t ambient_capabilities;
        uint32_t secure_bits;
        bool keyring_is_shared;
        char *root_directory;
        ExecFolder *folders;
        unsigned int folder_count;

        bool input_is_socket;
        char *input_path; /* StandardInput=file: */
        int input_fd;     /* what standard input is read from; -EBADF: nothing is given */
        char *syslog_identifier;
        int syslog_priority;
        bool no_level_prefix;
} ExecContext;

typedef struct ExecOptions {
        const UnitSettings *settings; /* of a service or socket */
        const Credentials *credentials;
        bool user_mode;
        bool is_unconfined; /* without what confines: limits, capabilities, ... */
        bool is_unrooted;   /* without RootDirectory= */
} ExecOptions;

/* @ret: NULL when nothing is asked for; else one reference
 * Returns: 0, or negative errno (no memory file can be made). */
int exec_context_new(const ExecOptions *options, ExecContext **ret);
ExecContext *exec_context_ref(ExecContext *context);
ExecContext *exec_context_unref(ExecContext *context);
DEFINE_CLEANUP(ExecContext, exec_context_unref)

/* When it is known what a key asks for. */
typedef enum ExecTime {
        EXEC_TIME_NONE,  /* it asks for nothing between clone and exec */
        EXEC_TIME_FILE,  /* once the unit's file is read */
        EXEC_TIME_HOME,  /* the same; but a user's manager makes what it is in right then, which may
                            have gone by the start */
        EXEC_TIME_START, /* when it starts: it is looked up in the user database, or in /sys */
} ExecTime;

ExecTime exec_key_time(const char *property);
/* Whether what they ask for can't be known before the start. */
bool exec_is_late(const UnitSettings *settings, bool user_mode);

/* Whether a standard descriptor of it is to be its connection, or its one listener. */
bool exec_wants_socket(const UnitSettings *settings);

/* ---- exec-folders.c ---- */

/* Those of all kinds. */
void exec_folders_add(ExecContext *context, const ExecOptions *options);
void exec_folders_free(ExecContext *context);
/* $RUNTIME_DIRECTORY and its like. */
void exec_folders_add_environment(const UnitSettings *settings, bool user_mode, GStrv *environment);
/* The service has ended: what RuntimeDirectory= has made goes, unless it is to be preserved. It is
 * put aside at once and removed by another process. */
void exec_folders_remove(const UnitSettings *settings, bool user_mode, bool restarts);

/* ---- exec-environment.c ---- */

/* SetLoginEnvironment=: whether HOME and its like are to be set, and as whose. */
void exec_environment_add_login(const UnitSettings *settings, const Credentials *credentials,
                                GStrv *environment);
/* ExecSearchPath=, PassEnvironment=: before what the unit itself says. */
void exec_environment_begin(const UnitSettings *settings, GStrv *environment);
/* UnsetEnvironment=: after all else. */
void exec_environment_end(const UnitSettings *settings, GStrv *environment);
