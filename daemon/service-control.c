/* SPDX-License-Identifier: MIT */
/* The commands beside the main process: which they are, what they are told, and what their end
 * means. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cgroup-limits.h"
#include "directive.h"
#include "exit-status.h"
#include "log.h"
#include "notify.h"
#include "service-internal.h"
#include "value.h"

static const char *const properties[SERVICE_EXEC_COUNT] = {
        [SERVICE_EXEC_CONDITION] = "ExecCondition",
        [SERVICE_EXEC_START_PRE] = "ExecStartPre",
        [SERVICE_EXEC_START_POST] = "ExecStartPost",
        [SERVICE_EXEC_RELOAD] = "ExecReload",
        [SERVICE_EXEC_STOP] = "ExecStop",
        [SERVICE_EXEC_STOP_POST] = "ExecStopPost",
};

GPtrArray *service_commands(const Service *service, ServiceExec list) {
        GPtrArray *const *given = settings_given(service->unit.settings, properties[list]);

        return given ? *given : NULL;
}

/* ---- the environment ---- */

static void add_number(GPtrArray *environment, const char *name, uint64_t number) {
        g_ptr_array_add(environment, g_strdup_printf("%s=%" G_GUINT64_FORMAT, name, number));
}

/* Of every process, whatever the unit's own Environment= says: those that get lost are found by
 * it. */
static void add_invocation(sd_id128_t invocation, GPtrArray *environment) {
        char id[SD_ID128_STRING_MAX];

        if (!sd_id128_is_null(invocation))
                g_ptr_array_add(environment, g_strconcat("INVOCATION_ID=",
                                                         sd_id128_to_string(invocation, id), NULL));
}

static void add_notify(const Service *service, NotifyAccess least, GPtrArray *environment) {
        NotifySocket *notify = service->unit.manager->notify;

        if (notify && service_notify_access(service) >= least)
                g_ptr_array_add(environment,
                                g_strconcat("NOTIFY_SOCKET=", notify_socket_path(notify), NULL));
}

/* As in systemd: "TERM", "RTMIN+10". */
static char *exit_status_to_string(const Service *service) {
        char sig[SIGNAL_NAME_SIZE];
        const char *name;

        if (service->exit_code == CLD_EXITED)
                return g_strdup_printf("%d", service->exit_status);
        name = signal_to_name(service->exit_status, sig, sizeof(sig));
        return g_strdup(g_str_has_prefix(name, "SIG") ? name + strlen("SIG") : name);
}

/* How the main process has ended, for ExecStop= and ExecStopPost=. */
static void add_result(const Service *service, GPtrArray *environment) {
        g_autofree char *status = NULL;
        const char *code = service->exit_code == CLD_EXITED   ? "exited"
                           : service->exit_code == CLD_KILLED ? "killed"
                           : service->exit_code == CLD_DUMPED ? "dumped"
                                                              : NULL;

        g_ptr_array_add(environment, g_strconcat("SERVICE_RESULT=",
                                                 service_result_to_string(service->result), NULL));
        if (!code || service->main_pid > 0)
                return;
        status = exit_status_to_string(service);
        g_ptr_array_add(environment, g_strconcat("EXIT_CODE=", code, NULL));
        g_ptr_array_add(environment, g_strconcat("EXIT_STATUS=", status, NULL));
}

static GStrv environment_end(GPtrArray *environment) {
        g_ptr_array_add(environment, NULL);
        return (GStrv)g_ptr_array_free(environment, FALSE);
}

GStrv service_main_environment(const Service *service, sd_id128_t invocation,
                               uint64_t watchdog_usec) {
        GPtrArray *environment = g_ptr_array_new();

        for (char **entry = service->connection_environment; entry && *entry; entry++)
                g_ptr_array_add(environment, g_strdup(*entry));
        add_invocation(invocation, environment);
        add_notify(service, NOTIFY_ACCESS_MAIN, environment);
        if (watchdog_usec > 0)
                add_number(environment, "WATCHDOG_USEC", watchdog_usec);
        if (service_settings(service)->pid_file)
                g_ptr_array_add(environment,
                                g_strconcat("PIDFILE=", service_settings(service)->pid_file, NULL));
        return environment_end(environment);
}

static GStrv control_environment(const Service *service) {
        GPtrArray *environment = g_ptr_array_new();

        for (char **entry = service->connection_environment; entry && *entry; entry++)
                g_ptr_array_add(environment, g_strdup(*entry));
        add_invocation(service->invocation, environment);
        add_notify(service, NOTIFY_ACCESS_EXEC, environment);
        if (service->main_pid > 0)
                add_number(environment, "MAINPID", (uint64_t)service->main_pid);
        if (service->control_list == SERVICE_EXEC_STOP ||
            service->control_list == SERVICE_EXEC_STOP_POST)
                add_result(service, environment);
        return environment_end(environment);
}

/* ---- one after the other ---- */

static void on_control_done(const CommandEnd *end, void *userdata);

/* The main process may have made its own order in the cgroup by now. */
static bool list_is_beside_main(const Service *service) {
        return service->control_list != SERVICE_EXEC_CONDITION &&
               service->control_list != SERVICE_EXEC_START_PRE;
}

static int control_start(Service *service) {
        g_auto(GStrv) environment = control_environment(service);
        CommandRequest request = {
                .unit = &service->unit,
                .exec = service_commands(service, service->control_list)
                                ->pdata[service->control_index],
                .environment = environment,
                .cgroup = service->cgroup,
                .timeout_usec = TIME_INFINITY, /* the state has a timer */
        };
        g_autofree char *failure = NULL;
        int r;

        service_make_cgroup(service);
        request.cgroup = service->cgroup;
        request.apart = cgroup_is_delegated(&service->unit) && list_is_beside_main(service);
        r = command_start(&request, on_control_done, service, &service->control, &failure);
        if (r < 0)
                unit_set_failure(&service->unit, "%s: %s", properties[service->control_list],
                                 failure);
        else
                service_trace_begin(service, command_pid(service->control));
        return r;
}

int service_run(Service *service, ServiceExec list) {
        GPtrArray *commands = service_commands(service, list);
        int r;

        if (!commands || commands->len == 0)
                return 0;
        service->control = command_free(service->control);
        service->control_list = list;
        service->control_index = 0;
        r = control_start(service);
        return r < 0 ? r : 1;
}

static bool control_is_success(const Service *service, const CommandEnd *end) {
        const ExitStatusSet *clean = settings_given(service->unit.settings, "SuccessExitStatus");

        return end->success || exit_status_set_has(clean, end->code, end->status);
}

/* ExecCondition= says no by any status but 255. */
static ServiceResult control_result(const Service *service, const CommandEnd *end) {
        if (service->control_list == SERVICE_EXEC_CONDITION && end->code == CLD_EXITED &&
            end->status < 255)
                return SERVICE_RESULT_EXEC_CONDITION;
        return end->code == CLD_EXITED   ? SERVICE_RESULT_EXIT_CODE
               : end->code == CLD_DUMPED ? SERVICE_RESULT_CORE_DUMP
                                         : SERVICE_RESULT_SIGNAL;
}

/* Whoever was killed because the service goes down says nothing about it. A reload that fails
 * leaves the service as it is. */
static ServiceResult control_note_failure(Service *service, const CommandEnd *end) {
        ServiceResult result = control_result(service, end);
        const char *property = properties[service->control_list];

        if (result == SERVICE_RESULT_EXEC_CONDITION) {
                log_info(service->unit.name, "%s: %s: not started", property, end->failure);
                return result;
        }
        if (service->control_list == SERVICE_EXEC_RELOAD || service_is_killed(service)) {
                log_warning(service->unit.name, "%s: %s", property, end->failure);
                return service_is_killed(service) ? SERVICE_RESULT_SUCCESS : result;
        }
        if (service->result == SERVICE_RESULT_SUCCESS)
                unit_set_failure(&service->unit, "%s: %s", property, end->failure);
        else
                log_error(service->unit.name, "%s: %s", property, end->failure);
        return result;
}

/* The list has ended: with its last command, or with the first that failed. */
static void control_ended(Service *service, ServiceResult result) {
        bool success = result == SERVICE_RESULT_SUCCESS;

        switch (service->state) {
        case SERVICE_CONDITION:
                if (success)
                        service_enter_start_pre(service);
                break;
        case SERVICE_START_PRE:
                if (success)
                        service_enter_start(service);
                break;
        case SERVICE_START_POST:
                if (success)
                        service_enter_running(service);
                break;
        case SERVICE_RELOAD:
                service_reload_ended(service, result);
                return;
        case SERVICE_STOP:
                service_note_result(service, result);
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
                return;
        case SERVICE_STOP_POST:
                service_note_result(service, result);
                service_enter_final(service, KILL_OPERATION_TERMINATE);
                return;
        case SERVICE_STOP_WATCHDOG:
        case SERVICE_STOP_SIGTERM:
        case SERVICE_STOP_SIGKILL:
        case SERVICE_FINAL_WATCHDOG:
        case SERVICE_FINAL_SIGTERM:
        case SERVICE_FINAL_SIGKILL:
                service_process_gone(service);
                return;
        case SERVICE_START:
        case SERVICE_RUNNING:
        case SERVICE_EXITED:
        case SERVICE_RELOAD_SIGNAL:
        case SERVICE_RELOAD_NOTIFY:
        case SERVICE_DEAD:
        case SERVICE_FAILED:
        case SERVICE_AUTO_RESTART:
        case SERVICE_STATE_COUNT:
                return; /* they have no commands */
        }
        if (!success) {
                service_note_result(service, result);
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
        }
}

/* A reload may have taken the rest of the list away, or all of it. */
static bool control_goes_on(const Service *service) {
        const GPtrArray *commands = service_commands(service, service->control_list);

        return !service_is_killed(service) && commands &&
               service->control_index + 1 < commands->len;
}

static void on_control_done(const CommandEnd *end, void *userdata) {
        Service *service = userdata;
        ServiceResult result = SERVICE_RESULT_SUCCESS;

        service->control = NULL;
        if (!service->cgroup)
                service_trace_update(service);
        if (!control_is_success(service, end))
                result = control_note_failure(service, end);
        if (result == SERVICE_RESULT_SUCCESS && control_goes_on(service)) {
                service->control_index++;
                if (control_start(service) >= 0) {
                        service_set_timer(service);
                        return;
                }
                result = SERVICE_RESULT_RESOURCES;
        }
        control_ended(service, result);
}
