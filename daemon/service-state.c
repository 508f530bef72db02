/* SPDX-License-Identifier: MIT */
/* The states of a service and the one setter. */
#include "log.h"
#include "service-internal.h"

#define NONE SERVICE_STATE_COUNT

const uint8_t service_table[SERVICE_STATE_COUNT][SERVICE_EVENT_COUNT] = {
        [SERVICE_DEAD] = {
                [SERVICE_EVENT_START] = SERVICE_START,
                [SERVICE_EVENT_READY] = NONE,
                [SERVICE_EVENT_STOP] = NONE,
                [SERVICE_EVENT_EXITED] = NONE,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART, /* it could not be started */
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,       /* the same */
                [SERVICE_EVENT_TIMEOUT] = NONE,
        },
        [SERVICE_START] = {
                [SERVICE_EVENT_START] = NONE,
                [SERVICE_EVENT_READY] = SERVICE_RUNNING,
                [SERVICE_EVENT_STOP] = SERVICE_STOP,
                [SERVICE_EVENT_EXITED] = SERVICE_DEAD,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART,
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,
                [SERVICE_EVENT_TIMEOUT] = SERVICE_STOP,
        },
        [SERVICE_RUNNING] = {
                [SERVICE_EVENT_START] = NONE,
                [SERVICE_EVENT_READY] = NONE,
                [SERVICE_EVENT_STOP] = SERVICE_STOP,
                [SERVICE_EVENT_EXITED] = SERVICE_DEAD,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART,
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,
                [SERVICE_EVENT_TIMEOUT] = NONE,
        },
        [SERVICE_STOP] = {
                [SERVICE_EVENT_START] = NONE,
                [SERVICE_EVENT_READY] = NONE,
                [SERVICE_EVENT_STOP] = NONE,
                [SERVICE_EVENT_EXITED] = SERVICE_DEAD,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART,
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,
                [SERVICE_EVENT_TIMEOUT] = SERVICE_KILL,
        },
        [SERVICE_KILL] = {
                [SERVICE_EVENT_START] = NONE,
                [SERVICE_EVENT_READY] = NONE,
                [SERVICE_EVENT_STOP] = NONE,
                [SERVICE_EVENT_EXITED] = SERVICE_DEAD,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART,
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,
                [SERVICE_EVENT_TIMEOUT] = SERVICE_FAILED, /* it survives SIGKILL: given up */
        },
        [SERVICE_AUTO_RESTART] = {
                [SERVICE_EVENT_START] = SERVICE_START, /* no need to wait any longer */
                [SERVICE_EVENT_READY] = NONE,
                [SERVICE_EVENT_STOP] = SERVICE_DEAD,
                [SERVICE_EVENT_EXITED] = NONE,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART, /* it could not be started */
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,
                [SERVICE_EVENT_TIMEOUT] = SERVICE_START,
        },
        [SERVICE_FAILED] = {
                [SERVICE_EVENT_START] = SERVICE_START,
                [SERVICE_EVENT_READY] = NONE,
                [SERVICE_EVENT_STOP] = NONE,
                [SERVICE_EVENT_EXITED] = NONE,
                [SERVICE_EVENT_RESTART] = SERVICE_AUTO_RESTART,
                [SERVICE_EVENT_FAILURE] = SERVICE_FAILED,
                [SERVICE_EVENT_TIMEOUT] = NONE,
        },
};

/* What a state is called, what it looks like from outside, and what it may hold. */
static const struct {
        const char *name;
        ActiveState active;
        bool process; /* there may be a main process, or one is looked for */
} states[SERVICE_STATE_COUNT] = {
        [SERVICE_DEAD] = { "dead", ACTIVE_INACTIVE, false },
        [SERVICE_START] = { "start", ACTIVE_ACTIVATING, true },
        [SERVICE_RUNNING] = { "running", ACTIVE_ACTIVE, true },
        [SERVICE_STOP] = { "stop", ACTIVE_DEACTIVATING, true },
        [SERVICE_KILL] = { "kill", ACTIVE_DEACTIVATING, true },
        [SERVICE_AUTO_RESTART] = { "auto-restart", ACTIVE_ACTIVATING, false },
        [SERVICE_FAILED] = { "failed", ACTIVE_FAILED, false },
};

static const char *const event_names[SERVICE_EVENT_COUNT] = {
        [SERVICE_EVENT_START] = "start",     [SERVICE_EVENT_READY] = "ready",
        [SERVICE_EVENT_STOP] = "stop",       [SERVICE_EVENT_EXITED] = "exited",
        [SERVICE_EVENT_RESTART] = "restart", [SERVICE_EVENT_FAILURE] = "failure",
        [SERVICE_EVENT_TIMEOUT] = "timeout",
};

const char *service_state_to_string(ServiceState state) {
        return states[state].name;
}

const char *service_event_to_string(ServiceEvent event) {
        return event_names[event];
}

ActiveState service_active_state(const Unit *unit) {
        return states[container_of(unit, Service, unit)->state].active;
}

/* How long a state may last; TIME_INFINITY: as long as it likes. */
static uint64_t state_timeout(const Service *service) {
        const ServiceSettings *settings = service_settings(service);

        switch (service->state) {
        case SERVICE_START:
                return settings->timeout_start;
        case SERVICE_STOP:
        case SERVICE_KILL:
                return settings->timeout_stop;
        case SERVICE_AUTO_RESTART:
                return settings->restart_delay;
        case SERVICE_DEAD:
        case SERVICE_RUNNING:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
        return TIME_INFINITY;
}

static void state_set_timer(Service *service) {
        uint64_t timeout = state_timeout(service);
        int r;

        service->timer = sd_event_source_disable_unref(service->timer);
        if (timeout == TIME_INFINITY)
                return;
        r = sd_event_add_time_relative(service->unit.manager->event, &service->timer,
                                       CLOCK_MONOTONIC, timeout, USEC_PER_MSEC, service_on_timeout,
                                       service);
        if (r < 0)
                log_error(service->unit.name, "timer: %s", g_strerror(-r));
}

static void state_release(Service *service) {
        if (states[service->state].process)
                return;
        service->spawn = spawn_free(service->spawn);
        service->pid_file_source = sd_event_source_disable_unref(service->pid_file_source);
        service_forget_main(service);
        g_clear_pointer(&service->trace, g_array_unref);
        if (service->cgroup)
                cgroup_unwatch(service->cgroup);
}

void service_handle(Service *service, ServiceEvent event) {
        ServiceState old = service->state, next = service_table[old][event];

        if (next == NONE) {
                log_error(service->unit.name, "bug: event %s in state %s",
                          service_event_to_string(event), service_state_to_string(old));
                return;
        }
        service->state = next;
        state_release(service);
        state_set_timer(service);
        unit_state_changed(&service->unit, states[old].active, states[old].name);
}
