/* SPDX-License-Identifier: MIT */
/* What the states of a service are, and the one setter. */
#include "log.h"
#include "service-internal.h"

/* What a state is called, what it looks like from outside, and what it may hold. */
static const struct {
        const char *name;
        ActiveState active;
        bool process; /* there may be processes, or one is looked for */
} states[SERVICE_STATE_COUNT] = {
        [SERVICE_DEAD] = { "dead", ACTIVE_INACTIVE, false },
        [SERVICE_CONDITION] = { "condition", ACTIVE_ACTIVATING, true },
        [SERVICE_START_PRE] = { "start-pre", ACTIVE_ACTIVATING, true },
        [SERVICE_START] = { "start", ACTIVE_ACTIVATING, true },
        [SERVICE_START_POST] = { "start-post", ACTIVE_ACTIVATING, true },
        [SERVICE_RUNNING] = { "running", ACTIVE_ACTIVE, true },
        [SERVICE_EXITED] = { "exited", ACTIVE_ACTIVE, true },
        [SERVICE_RELOAD] = { "reload", ACTIVE_ACTIVE, true },
        [SERVICE_RELOAD_SIGNAL] = { "reload-signal", ACTIVE_ACTIVE, true },
        [SERVICE_RELOAD_NOTIFY] = { "reload-notify", ACTIVE_ACTIVE, true },
        [SERVICE_STOP] = { "stop", ACTIVE_DEACTIVATING, true },
        [SERVICE_STOP_WATCHDOG] = { "stop-watchdog", ACTIVE_DEACTIVATING, true },
        [SERVICE_STOP_SIGTERM] = { "stop-sigterm", ACTIVE_DEACTIVATING, true },
        [SERVICE_STOP_SIGKILL] = { "stop-sigkill", ACTIVE_DEACTIVATING, true },
        [SERVICE_STOP_POST] = { "stop-post", ACTIVE_DEACTIVATING, true },
        [SERVICE_FINAL_WATCHDOG] = { "final-watchdog", ACTIVE_DEACTIVATING, true },
        [SERVICE_FINAL_SIGTERM] = { "final-sigterm", ACTIVE_DEACTIVATING, true },
        [SERVICE_FINAL_SIGKILL] = { "final-sigkill", ACTIVE_DEACTIVATING, true },
        [SERVICE_AUTO_RESTART] = { "auto-restart", ACTIVE_ACTIVATING, false },
        [SERVICE_FAILED] = { "failed", ACTIVE_FAILED, false },
};

const char *service_state_to_string(ServiceState state) {
        return states[state].name;
}

ActiveState service_active_state(const Unit *unit) {
        return states[container_of(unit, Service, unit)->state].active;
}

bool service_state_has_processes(const Service *service) {
        return states[service->state].process;
}

bool service_is_stopping(const Service *service) {
        return states[service->state].active == ACTIVE_DEACTIVATING;
}

static void state_release(Service *service) {
        if (states[service->state].process)
                return;
        service->spawn = spawn_free(service->spawn);
        service->control = command_free(service->control);
        service_forget_pid_file(service);
        service_forget_main(service);
        service_trace_forget(service);
        if (service->cgroup)
                cgroup_unwatch(service->cgroup);
}

void service_handle(Service *service, ServiceEvent event) {
        ServiceState old = service->state, next = service_table[old][event];

        if (next == SERVICE_STATE_COUNT) {
                log_error(service->unit.name, "bug: event %s in state %s",
                          service_event_to_string(event), service_state_to_string(old));
                return;
        }
        service->state = next;
        state_release(service);
        service_set_timer(service);
        service_set_watchdog(service);
        service_tell_reloaded(service);
        if (service_is_down(&service->unit))
                service_look_ahead(service);
        unit_state_changed(&service->unit, states[old].active, states[old].name);
}
