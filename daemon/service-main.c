/* SPDX-License-Identifier: MIT */
/* The main process: who it is, what it is given, and its end. */

#include "clock.h"
#include "directive.h"
#include "log.h"
#include "notify.h"
#include "orphan.h"
#include "process-tree.h"
#include "service-internal.h"
#include "socket.h"

/* After the claims and notifications that the process has sent before it ended. */
#define MAIN_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

static int on_main_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Service *service = userdata;

        notify_socket_catch_up(service->unit.manager->notify);
        /* It may have named another one. */
        if (service->main_watch && process_has_ended(service->main_watch->pidfd))
                service_main_ended(service);
        return 0;
}

static void on_delivery_changed(Recipient *recipient, Delivery *delivery, void *userdata) {
        socket_delivery_changed(recipient->manager, delivery);
        service_check_ready(userdata);
}

Unit *service_of_main_pid(Manager *manager, pid_t pid) {
        Recipient *recipient = g_hash_table_lookup(manager->recipients, GINT_TO_POINTER(pid));

        /* Visitors are recipients, too, but not of a service. */
        if (!recipient || recipient->changed != on_delivery_changed)
                return NULL;
        return &((Service *)recipient->userdata)->unit;
}

int service_take(Service *service, pid_t pid, ProcessWatch *watch, bool prepared) {
        RecipientOptions options = {
                .label = service->unit.name,
                .pid = pid,
                .pidfd = watch->pidfd,
                .access = service_settings(service)->claim_access,
                .cgroup = service->cgroup,
                .prepared = prepared,
                .changed = on_delivery_changed,
                .userdata = service,
        };
        Recipient *recipient = NULL;
        int r;

        r = recipient_new(service->unit.manager, &options, &recipient);
        if (r < 0) {
                process_watch_free(watch);
                return r;
        }
        process_watch_tell(watch, MAIN_PRIORITY, on_main_ended, service);
        service_forget_main(service);
        orphan_forget(service->unit.manager, pid);
        service->main_pid = pid;
        service->main_known = true;
        service->main_watch = watch;
        service->recipient = recipient;
        service->start_usec = clock_usec(CLOCK_REALTIME);
        return 0;
}

int service_adopt(Service *service, pid_t pid, int pidfd) {
        ProcessWatch *watch;
        int r = process_watch_new(service->unit.manager->event, pidfd, &watch);

        return r < 0 ? r : service_take(service, pid, watch, false);
}

void service_provide(Service *service) {
        GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);

        for (guint i = 0; providers && i < providers->len; i++) {
                Unit *provider = providers->pdata[i];

                if (provider->vtable->provide)
                        provider->vtable->provide(provider, service->recipient);
        }
        recipient_ring(service->recipient);
}

void service_forget_main(Service *service) {
        service->recipient = recipient_free(service->recipient);
        service->main_watch = process_watch_free(service->main_watch);
        service->main_pid = 0;
}

/* ---- its end ---- */

/* Ready is what it should have said before. */
static bool service_broke_protocol(const Service *service) {
        const bool *remain = settings_given(service->unit.settings, "RemainAfterExit");

        /* With these somebody else may still say it. */
        return !(remain && *remain && service_notify_access(service) == NOTIFY_ACCESS_ALL);
}

static void service_note_exit(Service *service, const siginfo_t *info) {
        ServiceResult result = service_result_of_exit(service, info);
        g_autofree char *text = service_exit_to_string(info->si_code, info->si_status);

        service->exit_code = info->si_code;
        service->exit_status = info->si_status;
        service_note_result(service, result);
        if (service->result != SERVICE_RESULT_SUCCESS && !service->unit.failure)
                unit_set_failure(&service->unit, "%s", text);
}

/* It was to become ready, but has ended without a failure. */
static void start_ended(Service *service) {
        g_autofree char *text = NULL;

        switch (service_settings(service)->service_type) {
        case SERVICE_ONESHOT:
                if (!service_next_command(service))
                        service_enter_start_post(service);
                return;
        case SERVICE_FORKING:
                service_find_main(service);
                return;
        case SERVICE_NOTIFY:
        case SERVICE_NOTIFY_RELOAD:
        case SERVICE_CLAIM:
                break;
        case SERVICE_SIMPLE:
        case SERVICE_IDLE:
        case SERVICE_EXEC:
        case SERVICE_EXTERNAL:
                service_enter_running(service);
                return;
        }
        if (!service_broke_protocol(service))
                return;
        text = service_exit_to_string(service->exit_code, service->exit_status);
        unit_set_failure(&service->unit, "%s before it was ready", text);
        service_note_result(service, SERVICE_RESULT_PROTOCOL);
        service_enter_signal(service, KILL_OPERATION_TERMINATE);
}

static void service_main_gone(Service *service) {
        switch (service->state) {
        case SERVICE_START:
                if (service->result == SERVICE_RESULT_SUCCESS)
                        start_ended(service);
                else
                        service_enter_signal(service, KILL_OPERATION_TERMINATE);
                break;
        case SERVICE_RUNNING:
        case SERVICE_RELOAD_SIGNAL:
        case SERVICE_RELOAD_NOTIFY:
                service_enter_running(service);
                break;
        case SERVICE_STOP_WATCHDOG:
        case SERVICE_STOP_SIGTERM:
        case SERVICE_STOP_SIGKILL:
        case SERVICE_FINAL_WATCHDOG:
        case SERVICE_FINAL_SIGTERM:
        case SERVICE_FINAL_SIGKILL:
                service_process_gone(service);
                break;
        case SERVICE_START_POST: /* when their command has ended, they look */
        case SERVICE_RELOAD:
        case SERVICE_STOP:
        case SERVICE_STOP_POST:
        case SERVICE_CONDITION:
        case SERVICE_START_PRE:
        case SERVICE_EXITED:
        case SERVICE_DEAD:
        case SERVICE_AUTO_RESTART:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
}

/* A program that was written for another way of being handed sockets ends like any other, and is
 * started again and again. */
static void note_unclaimed(const Service *service) {
        const ServiceSettings *settings = service_settings(service);

        if (recipient_count_ringable(service->recipient) +
                    service->recipient->counts[DELIVERY_QUEUED] ==
            0)
                return;
        if (service_is_stopping(service) || service->unit.failure)
                return;
        if (settings->claim_access == CLAIM_ACCESS_ALL || settings->service_type == SERVICE_ONESHOT)
                return;
        log_warning(service->unit.name,
                    "the main process has ended and has not claimed all that it was handed: that "
                    "takes a call of bellhop_claim(3)");
}

void service_main_ended(Service *service) {
        siginfo_t info = { 0 };

        if (service->spawn) /* its child may be another, by MAINPID= */
                spawn_collect(service->spawn);
        /* Processes that aren't our children leave no status. */
        (void)process_reap(service->main_watch->pidfd, service->main_pid, &info);

        if (!service->cgroup)
                service_trace_update(service);
        recipient_look(service->recipient); /* what it took at the last moment */
        service->unclaimed = recipient_count_unclaimed(service->recipient) > 0;
        if (service_follow_pid_file(service)) {
                log_info(service->unit.name, "main process is now %d", (int)service->main_pid);
                return;
        }
        if (service->state != SERVICE_START ||
            service_settings(service)->service_type != SERVICE_FORKING)
                note_unclaimed(service);
        service_note_exit(service, &info);
        service_forget_main(service);
        service_main_gone(service);
}
