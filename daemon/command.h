/* SPDX-License-Identifier: MIT */
/* A command: one command line of a unit (ExecStartPre=, ...), run to its end beside the main
 * process. It owns the process until that has ended, or is killed when its time is up; it never
 * decides what its end means. It is delivered nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "settings.h"

typedef struct Cgroup Cgroup;
typedef struct Command Command;
typedef struct Manager Manager;
typedef struct Unit Unit;

typedef struct CommandRequest {
        Unit *unit; /* a service or a socket: says as whom, where, with what environment; borrowed
                       for as long as it runs */
        const ExecCommand *exec;  /* borrowed for the call */
        char *const *environment; /* "KEY=value": besides the unit's; or NULL */
        const int *listen_fds;    /* as in SpawnRequest; borrowed for the call */
        size_t listen_count;
        Cgroup *cgroup;        /* NULL: the manager's own */
        bool apart;            /* in a cgroup below that one */
        uint64_t timeout_usec; /* then stop_signal, after the same time again final_signal, and
                                  after a third time it is left alone; TIME_INFINITY: never */
        int stop_signal;       /* 0: SIGTERM */
        int final_signal;      /* 0: SIGKILL */
        bool send_hup;         /* SIGHUP after stop_signal */
        bool no_final;         /* it is left alone instead of final_signal */
        KillMode kill_mode;    /* who gets them */
} CommandRequest;

/* How it ended. */
typedef struct CommandEnd {
        int code;       /* CLD_EXITED, CLD_KILLED or CLD_DUMPED */
        int status;     /* exit status, or signal */
        bool timed_out; /* and was killed for that */
        bool success;   /* status 0, or "-" says that it doesn't matter */
        char *failure;  /* what went wrong: "exec /bin/x: No such file or directory"; NULL with
                           status 0; borrowed */
} CommandEnd;

/* Called once, from the event loop; the command is freed afterwards. */
typedef void (*CommandDone)(const CommandEnd *end, void *userdata);

/* Returns: 0, or negative errno with *ret_failure (g_free): it could not be begun, and done isn't
 * called. */
int command_start(const CommandRequest *request, CommandDone done, void *userdata, Command **ret,
                  char **ret_failure);

pid_t command_pid(const Command *command);
void command_kill(const Command *command, int sig);

/* Forgets the callback, kills what is still there. Takes NULL. Returns: NULL. */
Command *command_free(Command *command);

/* Whose command this process is, or NULL. */
Unit *command_unit(Manager *manager, pid_t pid);

/* The end of a child may be told by SIGCHLD first: if it is a command's, that goes on. Returns:
 * whether it was. */
bool command_reap(Manager *manager, pid_t pid);
