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
        RateLimit start_limit;
        unsigned int restarts;
        char *status_text; /* STATUS= of sd_notify */
        int exit_code;     /* si_code of the last end (CLD_EXITED, ...) */
        int exit_status;
        uint64_t start_usec; /* CLOCK_REALTIME of the main process's start */
} Service;

static inline Service *SERVICE(Unit *unit) {
        return container_of(unit, Service, unit);
}

const char *service_state_to_string(ServiceState state);
const char *service_event_to_string(ServiceEvent event);

/* Who is delivered to now: the recipient of a main process, or NULL. */
Recipient *service_recipient(Unit *unit);

/* There is no main process and none is about to be: the sockets are to be watched. */
bool service_is_down(const Unit *unit);

/* The fields of one sd_notify() datagram that came from this service. */
void service_notify_message(Unit *unit, pid_t pid, GStrv fields);
