/* SPDX-License-Identifier: MIT */
/* The runtime service: one main process, its cgroup, its recipient. It starts what ExecStart= says,
 * watches the main process by pidfd, stops and restarts it. It owns the process's pidfd, the
 * recipient, the cgroup and its timers; it never opens a socket: what it is given comes from the
 * units that provide for it. */
#pragma once

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "cgroup.h"
#include "ratelimit.h"
#include "recipient.h"
#include "spawn.h"
#include "unit.h"

typedef enum ServiceState {
        SERVICE_DEAD,
        SERVICE_START, /* the process is there; what Type= waits for isn't */
        SERVICE_RUNNING,
        SERVICE_STOP,         /* KillSignal= is out */
        SERVICE_KILL,         /* SIGKILL is out */
        SERVICE_AUTO_RESTART, /* waits for RestartSec= */
        SERVICE_FAILED,
        SERVICE_STATE_COUNT,
} ServiceState;

typedef enum ServiceEvent {
        SERVICE_EVENT_START,   /* a start was asked for */
        SERVICE_EVENT_READY,   /* what Type= waits for has come */
        SERVICE_EVENT_STOP,    /* a stop was asked for */
        SERVICE_EVENT_EXITED,  /* the main process has ended, for good */
        SERVICE_EVENT_RESTART, /* the main process has ended; Restart= says again */
        SERVICE_EVENT_FAILURE, /* the main process has failed, and stays so */
        SERVICE_EVENT_TIMEOUT, /* the state's timer */
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
        SERVICE_RESULT_COUNT,
} ServiceResult;

typedef struct Service {
        Unit unit;
        ServiceState state;
        pid_t main_pid; /* 0: none */
        int main_pidfd;
        sd_event_source *main_source; /* the pidfd */
        sd_event_source *timer;       /* the state's */
        Spawn *spawn;                 /* until exec */
        Recipient *recipient;         /* while there is a main process */
        Cgroup *cgroup;
        GArray *trace; /* without a cgroup: which processes are its own (service-trace.c) */
        sd_event_source *pid_file_source; /* Type=external: the file, or its folder */
        RateLimit start_limit;
        ServiceResult result;
        bool stop_asked; /* somebody wants it down: no restart */
        unsigned int restarts;
        char *status_text; /* STATUS= of sd_notify */
        int exit_code;     /* si_code of the last end (CLD_EXITED, ...) */
        int exit_status;
        uint64_t start_usec;          /* CLOCK_REALTIME of the main process's start */
        GStrv connection_environment; /* of an instance made by Accept=yes: REMOTE_ADDR=, ... */
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

/* The service whose main process or other process this is, or NULL (service-lookup.c). */
Unit *service_of_main_pid(Manager *manager, pid_t pid);
Unit *service_of_pid(Manager *manager, pid_t pid);

/* A child of ours has ended: reaps it, whosever it is. SIGCHLD must be blocked. Services are
 * watched by pidfd anyway; this is for the orphans that a subreaper gets. The source is the event
 * loop's. */
int service_reap_orphans(Manager *manager);

/* The fields of one sd_notify() datagram that came from this service. */
void service_notify_message(Unit *unit, pid_t pid, GStrv fields);
