/* SPDX-License-Identifier: MIT */
/* From a start to a running service. The order is that of a hurry: what a client waits for is the
 * process and its bell, so those come before the change of state is told to anybody. */
#include <string.h>

#include "clock.h"
#include "fd.h"
#include "log.h"
#include "service-internal.h"

static void service_set_spawn_failure(Service *service, const ExecCommand *exec, int error,
                                      const char *step) {
        g_autofree char *failure = service_command_failure(&service->unit, exec, error, step);

        unit_set_failure(&service->unit, "%s", failure);
}

/* The child has become the program, or has failed at a step; then its end follows. */
static void on_spawned(int error, const char *step, void *userdata) {
        Service *service = userdata;
        const ExecCommand *command = exec_start_first(service_settings(service));

        service->spawn = NULL;
        if (error == 0) {
                service_check_ready(service);
                return;
        }
        service_set_spawn_failure(service, command, error, step);
        if (!command->ignore_failure)
                service->result =
                        error == -ETIMEDOUT ? SERVICE_RESULT_TIMEOUT : SERVICE_RESULT_EXIT_CODE;
}

/* Where no cgroup can be made the service is tracked by its descendants. */
static void service_make_cgroup(Service *service) {
        CgroupTree *tree = service->unit.manager->cgroups;
        int r;

        if (service->cgroup || !tree)
                return;
        r = cgroup_new(tree, service->unit.name, &service->cgroup);
        if (r < 0)
                log_warning(service->unit.name, "no cgroup: %s", g_strerror(-r));
}

/* Who claims has exec'd; but there may be nothing to claim. */
static bool service_waits_for_exec(const Service *service) {
        GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);
        ServiceType type = service_settings(service)->service_type;

        return type == SERVICE_EXEC ||
               (type == SERVICE_CLAIM && (!providers || providers->len == 0));
}

static int service_spawn(Service *service, const ExecCommand *exec, const ServiceCommand *command) {
        SpawnRequest request = service_command_request(&service->unit, command);
        const char *step;
        int pidfd, r;
        pid_t pid;

        request.delivery_signals = service_delivery_signals(service);
        request.report_exec = service_waits_for_exec(service);
        request.cgroup_fd = service->cgroup ? cgroup_fd(service->cgroup) : -1;
        r = spawn_start(service->unit.manager->event, &request, on_spawned, service,
                        &service->spawn, &pid, &pidfd, &step);
        if (r < 0) {
                service_set_spawn_failure(service, exec, r, step);
                return r;
        }
        r = service_adopt(service, pid, pidfd, true);
        if (r < 0) {
                unit_set_failure(&service->unit, "watch: %s", g_strerror(-r));
                service->spawn = spawn_free(service->spawn); /* kills it */
                return r;
        }
        service_provide(service);
        return 0;
}

static int service_begin_process(Service *service) {
        const ExecCommand *exec = exec_start_first(service_settings(service));
        _cleanup_(service_command_clear)
                ServiceCommand command = { .credentials = CREDENTIALS_INIT };
        g_autofree char *failure = NULL;
        int r;

        service_make_cgroup(service);
        r = service_command_build(&service->unit, exec, service->connection_environment, &command,
                                  &failure);
        if (r < 0) {
                unit_set_failure(&service->unit, "%s", failure);
                return r;
        }
        return service_spawn(service, exec, &command);
}

static bool service_may_start(Service *service) {
        const ServiceSettings *settings = service_settings(service);

        return ratelimit_below(&service->start_limit, clock_usec(CLOCK_MONOTONIC),
                               settings->start_limit_interval, settings->start_limit_burst);
}

static int service_refuse_start(Service *service) {
        const ServiceSettings *settings = service_settings(service);

        service->result = SERVICE_RESULT_START_LIMIT_HIT;
        unit_set_failure(&service->unit, "start-limit-hit: started %u times within %g s",
                         settings->start_limit_burst,
                         (double)settings->start_limit_interval / USEC_PER_SEC);
        service_handle(service, SERVICE_EVENT_FAILURE);
        return -ECANCELED;
}

int service_launch(Service *service, ServiceEvent event) {
        bool external = service_settings(service)->service_type == SERVICE_EXTERNAL;
        int r;

        service->stop_asked = false;
        if (!service_may_start(service))
                return service_refuse_start(service);

        service->result = SERVICE_RESULT_SUCCESS;
        g_clear_pointer(&service->status_text, g_free);
        unit_clear_failure(&service->unit);
        r = external ? service_external_look(service) : service_begin_process(service);
        if (r < 0) {
                service->result = SERVICE_RESULT_RESOURCES;
                service_finish(service);
                return r;
        }
        service_handle(service, event);
        service_check_ready(service);
        return 0;
}

/* What has been claimed has been claimed by the program; where there is nothing to claim, it must
 * be there at least. */
static bool service_has_claimed(const Service *service) {
        return recipient_count_unclaimed(service->recipient) == 0 &&
               (service->recipient->counts[DELIVERY_CLAIMED] > 0 || !service->spawn);
}

void service_check_ready(Service *service) {
        bool ready = false;

        if (service->state != SERVICE_START || service->main_pid == 0)
                return;
        switch (service_settings(service)->service_type) {
        case SERVICE_SIMPLE:
        case SERVICE_EXTERNAL:
                ready = true;
                break;
        case SERVICE_EXEC:
                ready = !service->spawn;
                break;
        case SERVICE_CLAIM:
                if (service->recipient->counts[DELIVERY_FAILED] > 0) {
                        service_fail_claim(service);
                        return;
                }
                ready = service_has_claimed(service);
                break;
        case SERVICE_NOTIFY: /* READY=1 */
                break;
        }
        if (ready)
                service_handle(service, SERVICE_EVENT_READY);
}
