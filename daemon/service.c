/* SPDX-License-Identifier: MIT */
/* The service as a unit: what the manager and the other units see of it. The rest, by what happens:
 * service-start.c begins, service-main.c has a process, service-stop.c ends, service-state.c says
 * in which order. */
#include "service.h"

#include "cgroup-limits.h"
#include "directive.h"
#include "fd.h"
#include "service-internal.h"

static void service_done(Unit *unit) {
        Service *service = SERVICE(unit);

        service->state = SERVICE_DEAD;
        service_tell_reloaded(service);
        service->timer = sd_event_source_disable_unref(service->timer);
        service_forget_pid_file(service);
        service->watchdog = sd_event_source_disable_unref(service->watchdog);
        service->control = command_free(service->control);
        service->spawn = spawn_free(service->spawn);
        service_forget_main(service);
        service_forget_ahead(service);
        service_trace_forget(service);
        service->cgroup = cgroup_free(service->cgroup);
        g_clear_pointer(&service->status_text, g_free);
        g_clear_pointer(&service->connection_environment, g_strfreev);
}

static int service_start(Unit *unit) {
        Service *service = SERVICE(unit);

        if (service_is_stopping(service))
                return -EBUSY; /* a job waits until it is down */
        if (service_state_has_processes(service))
                return 0;
        service->restarts = 0;
        return service_launch(service);
}

static int service_stop(Unit *unit) {
        Service *service = SERVICE(unit);

        service->stop_asked = true;
        if (service->state == SERVICE_AUTO_RESTART) {
                service_remove_folders(service, false);
                service_handle(service, SERVICE_EVENT_EXITED);
        } else if (service->state == SERVICE_RUNNING || service->state == SERVICE_EXITED)
                service_enter_stop(service);
        else if (service_state_has_processes(service) && !service_is_stopping(service))
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
        return 0;
}

static void service_reset(Unit *unit) {
        Service *service = SERVICE(unit);

        service->restarts = 0;
        if (service->state != SERVICE_FAILED || unit->job)
                return;
        service->result = SERVICE_RESULT_SUCCESS;
        service->stop_asked = true; /* for all that, it hasn't done its work */
        service_handle(service, SERVICE_EVENT_EXITED);
}

static const char *service_sub_state(const Unit *unit) {
        return service_state_to_string(container_of(unit, Service, unit)->state);
}

Recipient *service_recipient(Unit *unit) {
        return SERVICE(unit)->recipient;
}

bool service_is_down(const Unit *unit) {
        ServiceState state = container_of(unit, Service, unit)->state;

        return state == SERVICE_DEAD || state == SERVICE_FAILED;
}

bool service_has_fallen(const Unit *unit) {
        const RestartMode *mode = settings_given(unit->settings, "RestartMode");

        return container_of(unit, Service, unit)->state == SERVICE_AUTO_RESTART &&
               (!mode || *mode != RESTART_MODE_DIRECT);
}

bool service_has_run(const Unit *unit) {
        const Service *service = container_of(unit, Service, unit);

        return service->state == SERVICE_DEAD && !service->stop_asked &&
               (service->result == SERVICE_RESULT_SUCCESS ||
                service->result == SERVICE_RESULT_EXEC_CONDITION);
}

static void service_reload_settings(Unit *unit, UnitSettings *settings) {
        service_forget_ahead(SERVICE(unit));
}

/* What holds for its processes from the outside holds at once. */
static void service_reloaded(Unit *unit) {
        Service *service = SERVICE(unit);

        if (service->cgroup && service_state_has_processes(service))
                cgroup_limit(unit->manager->cgroups, service->cgroup, unit);
}

const UnitVTable service_vtable = {
        .size = sizeof(Service),
        .done = service_done,
        .start = service_start,
        .stop = service_stop,
        .reset = service_reset,
        .signal = service_signal,
        .active_state = service_active_state,
        .sub_state = service_sub_state,
        .reload = service_reload_settings,
        .reloaded = service_reloaded,
        .show = service_show,
};
