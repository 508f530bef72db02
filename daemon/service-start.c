/* SPDX-License-Identifier: MIT */
/* From a start to a running service. The order is that of a hurry: what a client waits for is the
 * process and its bell, so those come before the change of state is told to anybody. */
#include "cgroup-limits.h"
#include "clock.h"
#include "directive.h"
#include "fd.h"
#include "log.h"
#include "process-tree.h"
#include "service-internal.h"
#include "unit-condition.h"

static const ExecCommand *main_command(const Service *service) {
        const GPtrArray *commands = service_settings(service)->exec_start;

        return commands && service->main_index < commands->len
                       ? commands->pdata[service->main_index]
                       : NULL;
}

/* @exec: NULL: a reload has taken it away */
static void service_set_spawn_failure(Service *service, const ExecCommand *exec, int error,
                                      const char *step) {
        g_autofree char *failure = service_command_failure(&service->unit, exec, error, step);

        unit_set_failure(&service->unit, "%s", failure);
}

/* Type=oneshot: commands after this one. A reload may have taken them away, or all of them. */
static bool service_has_more(const Service *service) {
        const GPtrArray *commands = service_settings(service)->exec_start;

        return commands && service->main_index + 1 < commands->len;
}

/* The child has become the program, or has failed at a step; then its end follows. */
static void on_spawned(int error, const char *step, void *userdata) {
        Service *service = userdata;
        const ExecCommand *command = main_command(service);

        service->spawn = NULL;
        service->start_error = error;
        if (error == 0) {
                if (exec_wants_socket(service->unit.settings) && !service_has_more(service))
                        service_has_socket(service);
                service_check_ready(service);
                return;
        }
        service_set_spawn_failure(service, command, error, step);
        if (!command || !command->ignore_failure)
                service_note_result(service, error == -ETIMEDOUT ? SERVICE_RESULT_TIMEOUT
                                                                 : SERVICE_RESULT_EXIT_CODE);
}

/* More than that are as good as a number. */
#define LEFTOVERS_NAMED 8

/* Of an earlier run whose manager was killed, or whose KillMode= spares them. Nobody knows them;
 * they may hold what the new process needs. */
static void service_warn_leftovers(const Service *service) {
        g_autoptr(GArray) pids = NULL;

        if (!service->cgroup || cgroup_pids(service->cgroup, &pids) < 0)
                return;
        for (guint i = 0; i < pids->len && i < LEFTOVERS_NAMED; i++) {
                g_autofree char *label = process_label(g_array_index(pids, pid_t, i));

                log_warning(service->unit.name,
                            "found left-over process %s in its cgroup: stopped uncleanly before",
                            label);
        }
        if (pids->len > LEFTOVERS_NAMED)
                log_warning(service->unit.name, "and %u more", pids->len - LEFTOVERS_NAMED);
}

char *service_find_leftover(Unit *unit) {
        const Service *service = SERVICE(unit);
        CgroupTree *tree = unit->manager->cgroups;
        g_autoptr(GArray) pids = NULL;
        Cgroup *borrowed = NULL;
        char *label = NULL;

        /* Of one that hasn't been started since. */
        if (!service->cgroup && (!tree || cgroup_new(tree, unit->name, &borrowed) < 0))
                return NULL;
        if (cgroup_pids(service->cgroup ?: borrowed, &pids) >= 0 && pids->len > 0)
                label = process_label(g_array_index(pids, pid_t, 0));
        cgroup_free(borrowed);
        return label;
}

/* Where no cgroup can be made the service is tracked by its descendants. */
void service_make_cgroup(Service *service) {
        CgroupTree *tree = service->unit.manager->cgroups;
        int r = 0;

        if (!service->cgroup && tree)
                r = cgroup_new(tree, service->unit.name, &service->cgroup);
        if (r < 0)
                log_warning(service->unit.name, "no cgroup: %s", g_strerror(-r));
        if (r > 0)
                service_warn_leftovers(service);
        /* Without one this is said once, not for each process. */
        if (service->cgroup || !service_state_has_processes(service))
                cgroup_limit(tree, service->cgroup, &service->unit);
}

/* Who claims has exec'd; but there may be nothing to claim. */
static bool service_waits_for_exec(const Service *service) {
        GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);
        ServiceType type = service_settings(service)->service_type;

        return type == SERVICE_EXEC ||
               (type == SERVICE_CLAIM && (!providers || providers->len == 0));
}

static int service_spawn(Service *service, const ExecCommand *exec, SpawnRequest *request) {
        ProcessWatch *watch;
        const char *step;
        pid_t pid;
        int r;

        cgroup_delegate(service->cgroup, &service->unit, request->uid, request->gid);
        request->delivery_signals = service_delivery_signals(service);
        request->report_exec = service_waits_for_exec(service);
        request->cgroup_fd = service->cgroup ? cgroup_fd(service->cgroup) : -1;
        r = spawn_start(service->unit.manager->event, request, on_spawned, service, &service->spawn,
                        &pid, &watch, &step);
        if (r < 0) {
                service_set_spawn_failure(service, exec, r, step);
                return r;
        }
        service_trace_begin(service, pid);
        r = service_take(service, pid, watch, spawn_holds(service->spawn));
        if (r < 0) {
                unit_set_failure(&service->unit, "watch: %s", g_strerror(-r));
                service->spawn = spawn_free(service->spawn); /* kills it */
                return r;
        }
        /* The bell is there before the program is, whatever that does to its signals. */
        service_provide(service);
        service->recipient->prepared = false;
        spawn_let_exec(service->spawn);
        return 0;
}

/* With nothing made ahead. */
static int service_build_process(Service *service, const ExecCommand *exec) {
        _cleanup_(service_command_clear)
                ServiceCommand command = { .credentials = CREDENTIALS_INIT };
        g_autofree char *failure = NULL;
        SpawnRequest request;
        int r;

        r = service_main_request(service, exec, service->invocation, service->watchdog_usec,
                                 &command, &request, &failure);
        if (r < 0) {
                unit_set_failure(&service->unit, "%s", failure);
                return r;
        }
        r = service_find_socket(service, &request.socket_fd);
        return r < 0 ? r : service_spawn(service, exec, &request);
}

static int service_begin_process(Service *service) {
        const ExecCommand *exec = main_command(service);
        SpawnPlan *plan = service_take_ahead(service);
        SpawnRequest request = {
                .plan = plan,
                .identifier = service->unit.name,
                .uid = (uid_t)-1,
                .gid = (gid_t)-1,
        };

        service_make_cgroup(service);
        return plan ? service_spawn(service, exec, &request) : service_build_process(service, exec);
}

/* ---- the way up ---- */

static void service_fail_start(Service *service, int error) {
        service->start_error = error;
        service_note_result(service, SERVICE_RESULT_RESOURCES);
        service_enter_signal(service, KILL_OPERATION_TERMINATE);
}

/* Another process for a service that is in START already has no event. */
static void service_enter_process(Service *service) {
        int r;

        if (service_settings(service)->service_type == SERVICE_EXTERNAL)
                r = service_external_look(service);
        else if (main_command(service))
                r = service_begin_process(service);
        else
                r = 0;
        if (r < 0) {
                service_fail_start(service, r);
                return;
        }
        if (service->state != SERVICE_START)
                service_handle(service, SERVICE_EVENT_START);
        else
                service_set_timer(service);
        if (service->state != SERVICE_START)
                return;
        if (!main_command(service) && service_settings(service)->service_type != SERVICE_EXTERNAL)
                service_enter_start_post(service);
        else
                service_check_ready(service);
}

void service_enter_start(Service *service) {
        service->main_index = 0;
        service_enter_process(service);
}

bool service_next_command(Service *service) {
        if (!service_has_more(service))
                return false;
        service->main_index++;
        service_enter_process(service);
        return true;
}

void service_enter_start_pre(Service *service) {
        int r = service_run(service, SERVICE_EXEC_START_PRE);

        if (r < 0)
                service_fail_start(service, r);
        else if (r == 0)
                service_enter_start(service);
        else
                service_handle(service, SERVICE_EVENT_START_PRE);
}

static void service_enter_condition(Service *service) {
        int r = service_run(service, SERVICE_EXEC_CONDITION);

        if (r < 0)
                service_fail_start(service, r);
        else if (r == 0)
                service_enter_start_pre(service);
        else
                service_handle(service, SERVICE_EVENT_CONDITION);
}

/* Whoever has seen that it is ready, a recipient or a spawn, is still at work, and to go down may
 * free it: that comes from the event loop. */
static void service_fail_ready(Service *service, int error) {
        service->start_error = error;
        service_note_result(service, SERVICE_RESULT_RESOURCES);
        service_expire(service);
}

void service_enter_start_post(Service *service) {
        int r;

        if (service->result != SERVICE_RESULT_SUCCESS)
                return; /* it is about to go down */
        r = service_run(service, SERVICE_EXEC_START_POST);
        if (r < 0)
                service_fail_ready(service, r);
        else if (r == 0)
                service_enter_running(service);
        else
                service_handle(service, SERVICE_EVENT_START_POST);
}

/* It may be up without a main process. */
static bool service_may_lack_main(const Service *service) {
        const ExitType *exit_type = settings_given(service->unit.settings, "ExitType");
        ServiceType type = service_settings(service)->service_type;

        return (exit_type && *exit_type == EXIT_TYPE_CGROUP) ||
               (type == SERVICE_FORKING && !service->main_known);
}

/* Somebody is there, as ExitType= understands it. */
static bool service_is_good(Service *service) {
        if (service->main_pid > 0)
                return true;
        return service_may_lack_main(service) && service_has_others(service);
}

void service_enter_running(Service *service) {
        const bool *remain = settings_given(service->unit.settings, "RemainAfterExit");

        if (service->result != SERVICE_RESULT_SUCCESS) {
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
        } else if (service_is_good(service)) {
                if (service->state != SERVICE_RUNNING)
                        service_handle(service, SERVICE_EVENT_READY);
                if (service->main_pid == 0)
                        service_watch_others(service);
                if (service->reloading && service->state == SERVICE_RUNNING)
                        service_handle(service, SERVICE_EVENT_RELOAD_NOTIFY);
        } else if (remain && *remain) {
                if (service->state != SERVICE_EXITED)
                        service_handle(service, SERVICE_EVENT_REMAIN);
        } else
                service_enter_stop(service);
}

static bool service_may_start(Service *service) {
        const ServiceSettings *settings = service_settings(service);

        return ratelimit_below(&service->unit.start_limit, clock_usec(CLOCK_MONOTONIC),
                               settings->start_limit_interval, settings->start_limit_burst);
}

static int service_refuse_start(Service *service) {
        const ServiceSettings *settings = service_settings(service);

        service->result = SERVICE_RESULT_START_LIMIT_HIT;
        unit_fail_start_limit(&service->unit, settings->start_limit_burst,
                              settings->start_limit_interval);
        service_handle(service, SERVICE_EVENT_FAILURE);
        return -ECANCELED;
}

int service_launch(Service *service) {
        KillMode kill_mode = service_settings(service)->kill_mode;

        service->stop_asked = false;
        if (!service_may_start(service))
                return service_refuse_start(service);

        service_new_invocation(service);
        service->result = SERVICE_RESULT_SUCCESS;
        service->start_error = 0;
        service->reload_result = SERVICE_RESULT_SUCCESS;
        service->exit_code = 0;
        service->exit_status = 0;
        service->reported_errno = 0;
        service->reloading = false;
        service->unclaimed = false;
        service->main_known = false;
        service->watchdog_usec = service_watchdog_setting(service);
        g_clear_pointer(&service->status_text, g_free);
        unit_clear_failure(&service->unit);
        if (kill_mode == KILL_PROCESS || kill_mode == KILL_NONE)
                service_warn_leftovers(service);
        service_enter_condition(service);
        return service_state_has_processes(service) ? 0 : -ECANCELED;
}

/* ---- what Type= waits for ---- */

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
        case SERVICE_IDLE:
        case SERVICE_EXTERNAL:
                ready = true;
                break;
        case SERVICE_EXEC:
                ready = !service->spawn;
                break;
        case SERVICE_CLAIM:
                if (recipient_has_missed(service->recipient)) {
                        service_fail_claim(service);
                        return;
                }
                ready = service_has_claimed(service);
                break;
        case SERVICE_NOTIFY: /* READY=1 */
        case SERVICE_NOTIFY_RELOAD:
        case SERVICE_FORKING: /* the end of the process */
        case SERVICE_ONESHOT:
                break;
        }
        if (ready)
                service_enter_start_post(service);
}
