/* SPDX-License-Identifier: MIT */
/* The runtime service: one main process, the commands beside it, its cgroup, its recipient. It
 * starts what ExecStart= says, watches the main process by pidfd, stops and restarts it. It owns
 * the process's pidfd, the recipient, the cgroup and its timers; it never opens a socket: what it
 * is given comes from the units that provide for it. */
#pragma once

#include <sys/types.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "cgroup.h"
#include "command.h"
#include "job.h"
#include "recipient.h"
#include "spawn.h"
#include "unit.h"

/* By systemd's names. */
typedef enum ServiceState {
        SERVICE_DEAD,
        SERVICE_CONDITION,  /* ExecCondition= runs */
        SERVICE_START_PRE,  /* ExecStartPre= runs */
        SERVICE_START,      /* the process is there; what Type= waits for isn't */
        SERVICE_START_POST, /* ExecStartPost= runs */
        SERVICE_RUNNING,
        SERVICE_EXITED,         /* RemainAfterExit=: no process, but it counts as up */
        SERVICE_RELOAD,         /* ExecReload= runs */
        SERVICE_RELOAD_SIGNAL,  /* ReloadSignal= is out, RELOADING=1 is waited for */
        SERVICE_RELOAD_NOTIFY,  /* RELOADING=1 was said, READY=1 is waited for */
        SERVICE_STOP,           /* ExecStop= runs */
        SERVICE_STOP_WATCHDOG,  /* WatchdogSignal= is out */
        SERVICE_STOP_SIGTERM,   /* KillSignal= is out */
        SERVICE_STOP_SIGKILL,   /* FinalKillSignal= is out */
        SERVICE_STOP_POST,      /* ExecStopPost= runs */
        SERVICE_FINAL_WATCHDOG, /* the same three signals, to what is left after that */
        SERVICE_FINAL_SIGTERM,
        SERVICE_FINAL_SIGKILL,
        SERVICE_AUTO_RESTART, /* waits for RestartSec= */
        SERVICE_FAILED,
        SERVICE_STATE_COUNT,
} ServiceState;

/* What is about to be so, or has been done: who sends one has done it. */
typedef enum ServiceEvent {
        SERVICE_EVENT_CONDITION,     /* ExecCondition= begins */
        SERVICE_EVENT_START_PRE,     /* ExecStartPre= begins */
        SERVICE_EVENT_START,         /* the main process begins */
        SERVICE_EVENT_START_POST,    /* what Type= waits for has come, ExecStartPost= begins */
        SERVICE_EVENT_READY,         /* everything is there, or has been reloaded */
        SERVICE_EVENT_REMAIN,        /* the processes have ended, and RemainAfterExit= */
        SERVICE_EVENT_RELOAD,        /* ExecReload= begins */
        SERVICE_EVENT_RELOAD_SIGNAL, /* ReloadSignal= was sent */
        SERVICE_EVENT_RELOAD_NOTIFY, /* RELOADING=1 came */
        SERVICE_EVENT_STOP,          /* ExecStop= begins */
        SERVICE_EVENT_ABORT,         /* WatchdogSignal= was sent */
        SERVICE_EVENT_TERMINATE,     /* KillSignal= was sent, or STOPPING=1 came */
        SERVICE_EVENT_KILL,          /* FinalKillSignal= was sent */
        SERVICE_EVENT_STOP_POST,     /* ExecStopPost= begins */
        SERVICE_EVENT_FINAL_ABORT,   /* the signals, after that */
        SERVICE_EVENT_FINAL_TERMINATE,
        SERVICE_EVENT_FINAL_KILL,
        SERVICE_EVENT_EXITED,  /* it is over, for good */
        SERVICE_EVENT_RESTART, /* it is over, and Restart= says again */
        SERVICE_EVENT_FAILURE, /* it has failed, and stays so */
        SERVICE_EVENT_COUNT,
} ServiceEvent;

/* The state an event leads to; SERVICE_STATE_COUNT: the event can't happen in this state. */
extern const uint8_t service_table[SERVICE_STATE_COUNT][SERVICE_EVENT_COUNT];

/* Why it isn't running, as in systemd.service(5); decides about Restart= (service-result.c). */
typedef enum ServiceResult {
        SERVICE_RESULT_SUCCESS,
        SERVICE_RESULT_EXIT_CODE,
        SERVICE_RESULT_SIGNAL,
        SERVICE_RESULT_CORE_DUMP,
        SERVICE_RESULT_TIMEOUT,
        SERVICE_RESULT_PROTOCOL,  /* it ended before it was ready, and said nothing was wrong */
        SERVICE_RESULT_RESOURCES, /* it could not be started at all */
        SERVICE_RESULT_START_LIMIT_HIT,
        SERVICE_RESULT_WATCHDOG,       /* no WATCHDOG=1 within WatchdogSec= */
        SERVICE_RESULT_EXEC_CONDITION, /* ExecCondition= said no; that isn't a failure */
        SERVICE_RESULT_COUNT,
} ServiceResult;

/* The lists of commands beside ExecStart=. */
typedef enum ServiceExec {
        SERVICE_EXEC_CONDITION,
        SERVICE_EXEC_START_PRE,
        SERVICE_EXEC_START_POST,
        SERVICE_EXEC_RELOAD,
        SERVICE_EXEC_STOP,
        SERVICE_EXEC_STOP_POST,
        SERVICE_EXEC_COUNT,
} ServiceExec;

typedef struct PidFileWatch PidFileWatch; /* service-external.c */
typedef struct ServiceAhead ServiceAhead; /* service-ahead.c */

/* There may be thousands that are down: what is small stands together, so that there are no holes.
 */
typedef struct Service {
        Unit unit;
        ServiceState state : 8;
        ServiceExec control_list : 8;
        ServiceResult result : 8;
        ServiceResult reload_result : 8;
        bool main_known;          /* a main process has been found, in this run */
        bool stop_asked;          /* somebody wants it down: no restart */
        bool reloading;           /* RELOADING=1 was the last word */
        bool unclaimed;           /* Type=forking: the first process left deliveries unclaimed */
        Command *control;         /* a command beside the main process; NULL: none runs */
        guint control_index;      /* which of control_list it is */
        guint main_index;         /* which command of ExecStart= the main process is */
        pid_t main_pid;           /* 0: none */
        ProcessWatch *main_watch; /* with the pidfd; there as long as main_pid is */
        sd_event_source *timer;   /* the state's */
        Spawn *spawn;             /* until exec */
        Recipient *recipient;     /* while there is a main process */
        Cgroup *cgroup;
        sd_id128_t invocation; /* of the last start: INVOCATION_ID; null: there was none */
        GArray *sessions;    /* without a cgroup: of pid_t, the leaders that were started for it */
        GArray *trace;       /* without a cgroup: which processes are its own (service-trace.c) */
        ServiceAhead *ahead; /* of its next start, while it is down; NULL: nothing is */
        PidFileWatch *pid_file; /* of PIDFile=; NULL: it needn't be watched */
        int start_error; /* why no process could be made, in the last start that was tried; 0 */
        unsigned int restarts;
        char *status_text; /* STATUS= of sd_notify */
        int exit_code;     /* si_code of the last end (CLD_EXITED, ...) */
        int exit_status;
        GPtrArray *reload_askers; /* of Transaction *: who waits for the end of a reload */
        uint64_t reload_usec;     /* CLOCK_MONOTONIC: when ReloadSignal= was sent */
        sd_event_source *watchdog;
        uint64_t watchdog_usec;       /* 0: none; WATCHDOG_USEC= may change it */
        uint64_t start_usec;          /* CLOCK_REALTIME of the main process's start */
        GStrv connection_environment; /* of an instance made by Accept=yes: REMOTE_ADDR=, ... */
        int reported_errno;           /* ERRNO= */
} Service;

static inline Service *SERVICE(Unit *unit) {
        return container_of(unit, Service, unit);
}

const char *service_state_to_string(ServiceState state);
const char *service_event_to_string(ServiceEvent event);

const char *service_result_to_string(ServiceResult result); /* "exit-code" */

/* Who is delivered to now: the recipient of a main process, or NULL. */
Recipient *service_recipient(Unit *unit);

/* There is no main process and none is about to be: the sockets are to be watched. */
bool service_is_down(const Unit *unit);

/* A process that an earlier run has left in its cgroup, while it is down: "web (pid 4242)", or NULL
 * (g_free). */
char *service_find_leftover(Unit *unit);

/* It has ended and is about to come again, and others are to know (RestartMode=). */
bool service_has_fallen(const Unit *unit);

/* It is down, and nothing went wrong: it has done its work, or needn't. */
bool service_has_run(const Unit *unit);

/* Type=claim: the last receipt may lie unread, and its time is over: it may be up by this. */
void service_hear_claim(Unit *unit);

/* The service whose main process or other process this is, or NULL (service-lookup.c). */
Unit *service_of_main_pid(Manager *manager, pid_t pid);
Unit *service_of_pid(Manager *manager, pid_t pid);

/* A child of ours has ended: reaps it, whosever it is. SIGCHLD must be blocked. Services are
 * watched by pidfd anyway; this is for the orphans that a subreaper gets. The source is the event
 * loop's. */
int service_reap_orphans(Manager *manager);

/* Lets services read their configuration anew.
 * @done: as of a transaction (job.h); called from the event loop, never from within */
void manager_reload_units(Manager *manager, Unit *const *units, size_t count, TransactionDone done,
                          void *userdata);

/* The fields of one sd_notify() datagram that came from this service. */
void service_notify_message(Unit *unit, pid_t pid, GStrv fields);
