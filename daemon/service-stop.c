/* SPDX-License-Identifier: MIT */
/* Bringing a service down: ExecStop=, signals by KillMode=, ExecStopPost=, signals again to what is
 * left; and then whether it comes again. */
#include "directive.h"
#include "exit-status.h"
#include "log.h"
#include "pid-file.h"
#include "service-internal.h"

static const ServiceEvent stop_events[] = {
        [KILL_OPERATION_ABORT] = SERVICE_EVENT_ABORT,
        [KILL_OPERATION_TERMINATE] = SERVICE_EVENT_TERMINATE,
        [KILL_OPERATION_KILL] = SERVICE_EVENT_KILL,
};

static const ServiceEvent final_events[] = {
        [KILL_OPERATION_ABORT] = SERVICE_EVENT_FINAL_ABORT,
        [KILL_OPERATION_TERMINATE] = SERVICE_EVENT_FINAL_TERMINATE,
        [KILL_OPERATION_KILL] = SERVICE_EVENT_FINAL_KILL,
};

bool service_is_killed(const Service *service) {
        return service_is_stopping(service) && service->state != SERVICE_STOP &&
               service->state != SERVICE_STOP_POST;
}

/* The first thing that went wrong is the result. */
void service_note_result(Service *service, ServiceResult result) {
        if (service->result == SERVICE_RESULT_SUCCESS)
                service->result = result;
}

/* ---- the way down ---- */

/* Returns: false if there is nobody to be waited for. */
static bool service_send(Service *service, KillOperation operation, const ServiceEvent *events) {
        if (!service_kill(service, operation)) {
                operation = KILL_OPERATION_KILL;
                if (!service_sends_sigkill(service) || !service_kill(service, operation))
                        return false;
        }
        service_handle(service, events[operation]);
        service_watch_others(service);
        return true;
}

void service_enter_signal(Service *service, KillOperation operation) {
        if (!service_send(service, operation, stop_events))
                service_enter_stop_post(service);
}

void service_enter_final(Service *service, KillOperation operation) {
        if (!service_state_has_processes(service) ||
            !service_send(service, operation, final_events))
                service_enter_dead(service);
}

void service_enter_stop(Service *service) {
        int r = service_run(service, SERVICE_EXEC_STOP);

        if (r > 0) {
                service_handle(service, SERVICE_EVENT_STOP);
                return;
        }
        if (r < 0)
                service_note_result(service, SERVICE_RESULT_RESOURCES);
        service_enter_signal(service, KILL_OPERATION_TERMINATE);
}

void service_enter_stop_post(Service *service) {
        int r = service_run(service, SERVICE_EXEC_STOP_POST);

        if (r > 0) {
                service_handle(service, SERVICE_EVENT_STOP_POST);
                return;
        }
        if (r < 0)
                service_note_result(service, SERVICE_RESULT_RESOURCES);
        service_enter_final(service, KILL_OPERATION_TERMINATE);
}

static bool exit_is_in(const Service *service, const char *property) {
        const ExitStatusSet *set = settings_given(service->unit.settings, property);

        return exit_status_set_has(set, service->exit_code, service->exit_status);
}

static bool service_comes_again(const Service *service) {
        if (service->stop_asked || service->unit.manager->shutting_down)
                return false;
        if (service->result == SERVICE_RESULT_START_LIMIT_HIT ||
            exit_is_in(service, "RestartPreventExitStatus"))
                return false;
        return exit_is_in(service, "RestartForceExitStatus") ||
               service_result_restarts(service->result, service_settings(service)->restart);
}

/* What is left in it would mislead the next start. */
static void remove_pid_file(const Service *service) {
        const ServiceSettings *settings = service_settings(service);

        if (settings->pid_file && settings->service_type != SERVICE_EXTERNAL)
                pid_file_remove(settings->pid_file);
}

/* What somebody else has started has folders of somebody else's. */
void service_remove_folders(Service *service, bool restarts) {
        if (service_settings(service)->service_type != SERVICE_EXTERNAL)
                exec_folders_remove(service->unit.settings, service->unit.manager->user_mode,
                                    restarts);
}

void service_enter_dead(Service *service) {
        bool again = service_comes_again(service);
        bool success = service->result == SERVICE_RESULT_SUCCESS ||
                       service->result == SERVICE_RESULT_EXEC_CONDITION;
        const Job *job = service->unit.job;

        service_remove_folders(service, again || (job && job_type(job) == JOB_RESTART));
        remove_pid_file(service);
        if (again)
                service->restarts++;
        service_handle(service, again     ? SERVICE_EVENT_RESTART
                                : success ? SERVICE_EVENT_EXITED
                                          : SERVICE_EVENT_FAILURE);
}

/* ---- who has gone ---- */

static void on_emptied(Cgroup *cgroup, void *userdata) {
        service_others_gone(userdata);
}

/* Without a cgroup the last one's end comes as SIGCHLD: service_reap_orphans(). */
void service_watch_others(Service *service) {
        int r;

        if (!service->cgroup)
                return;
        r = cgroup_watch_empty(service->cgroup, on_emptied, service);
        if (r < 0)
                log_warning(service->unit.name, "watch of the cgroup: %s", g_strerror(-r));
}

void service_process_gone(Service *service) {
        if (service->main_pid > 0 || service->control)
                return;
        switch (service->state) {
        case SERVICE_STOP_WATCHDOG:
        case SERVICE_STOP_SIGTERM:
        case SERVICE_STOP_SIGKILL:
                service_enter_stop_post(service);
                break;
        case SERVICE_FINAL_WATCHDOG:
        case SERVICE_FINAL_SIGTERM:
        case SERVICE_FINAL_SIGKILL:
                if (service_waits_for_others(service) && service_has_others(service))
                        service_watch_others(service);
                else
                        service_enter_dead(service);
                break;
        case SERVICE_DEAD:
        case SERVICE_CONDITION:
        case SERVICE_START_PRE:
        case SERVICE_START:
        case SERVICE_START_POST:
        case SERVICE_RUNNING:
        case SERVICE_EXITED:
        case SERVICE_RELOAD:
        case SERVICE_RELOAD_SIGNAL:
        case SERVICE_RELOAD_NOTIFY:
        case SERVICE_STOP:
        case SERVICE_STOP_POST:
        case SERVICE_AUTO_RESTART:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
}

void service_others_gone(Service *service) {
        if (service->main_pid > 0 || service->control)
                return;
        if (service->state == SERVICE_RUNNING) {
                service_enter_running(service);
        } else if (service->state == SERVICE_START && service_awaits_pid_file(service) &&
                   service_settings(service)->service_type == SERVICE_FORKING) {
                unit_set_failure(&service->unit, "start: all processes have ended, and none of "
                                                 "them has written the PID file");
                service_note_result(service, SERVICE_RESULT_PROTOCOL);
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
        } else
                service_process_gone(service);
}
