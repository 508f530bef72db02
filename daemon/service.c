/* SPDX-License-Identifier: MIT */
/* The service as a unit: what the manager and the other units see of it. The rest, by what happens:
 * service-start.c begins, service-main.c has a process, service-stop.c ends, service-state.c says
 * in which order. */
#include "service.h"

#include "fd.h"
#include "service-internal.h"

static void service_init(Unit *unit) {
        SERVICE(unit)->main_pidfd = -EBADF;
}

static void service_done(Unit *unit) {
        Service *service = SERVICE(unit);

        service->timer = sd_event_source_disable_unref(service->timer);
        service->pid_file_source = sd_event_source_disable_unref(service->pid_file_source);
        service->spawn = spawn_free(service->spawn);
        service_forget_main(service);
        g_clear_pointer(&service->trace, g_array_unref);
        service->cgroup = cgroup_free(service->cgroup);
        g_clear_pointer(&service->status_text, g_free);
        g_clear_pointer(&service->connection_environment, g_strfreev);
}

static int service_start(Unit *unit) {
        Service *service = SERVICE(unit);

        switch (service->state) {
        case SERVICE_DEAD:
        case SERVICE_FAILED:
        case SERVICE_AUTO_RESTART:
                service->restarts = 0;
                return service_launch(service, SERVICE_EVENT_START);
        case SERVICE_STOP:
        case SERVICE_KILL:
                return -EBUSY; /* a job waits until it is down */
        case SERVICE_START:
        case SERVICE_RUNNING:
        case SERVICE_STATE_COUNT:
                break;
        }
        return 0;
}

static int service_stop(Unit *unit) {
        Service *service = SERVICE(unit);

        service->stop_asked = true;
        switch (service->state) {
        case SERVICE_START:
        case SERVICE_RUNNING:
                service_begin_stop(service, SERVICE_EVENT_STOP);
                break;
        case SERVICE_AUTO_RESTART:
                service_handle(service, SERVICE_EVENT_STOP);
                break;
        case SERVICE_STOP:
        case SERVICE_KILL:
        case SERVICE_DEAD:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
        return 0;
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

const UnitVTable service_vtable = {
        .size = sizeof(Service),
        .init = service_init,
        .done = service_done,
        .start = service_start,
        .stop = service_stop,
        .active_state = service_active_state,
        .sub_state = service_sub_state,
        .show = service_show,
};
