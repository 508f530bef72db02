/* SPDX-License-Identifier: MIT */
/* The main process: who it is, what it is given, and its end. */
#include <sys/wait.h>

#include "clock.h"
#include "fd.h"
#include "service-internal.h"

/* After the claims and notifications that the process has sent before it ended. */
#define MAIN_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

static int on_main_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        service_main_ended(userdata);
        return 0;
}

static void on_delivery_changed(Recipient *recipient, Delivery *delivery, void *userdata) {
        service_check_ready(userdata);
}

Unit *service_of_main_pid(Manager *manager, pid_t pid) {
        Recipient *recipient = g_hash_table_lookup(manager->recipients, GINT_TO_POINTER(pid));

        /* Visitors are recipients, too, but not of a service. */
        if (!recipient || recipient->changed != on_delivery_changed)
                return NULL;
        return &((Service *)recipient->userdata)->unit;
}

static int main_watch(Service *service, int pidfd, sd_event_source **ret) {
        int r = sd_event_add_io(service->unit.manager->event, ret, pidfd, EPOLLIN, on_main_ended,
                                service);

        if (r < 0)
                return r;
        (void)sd_event_source_set_description(*ret, service->unit.name);
        return sd_event_source_set_priority(*ret, MAIN_PRIORITY);
}

int service_adopt(Service *service, pid_t pid, int pidfd, bool prepared) {
        RecipientOptions options = {
                .label = service->unit.name,
                .pid = pid,
                .pidfd = pidfd,
                .access = service_settings(service)->claim_access,
                .cgroup = service->cgroup,
                .prepared = prepared,
                .changed = on_delivery_changed,
                .userdata = service,
        };
        Recipient *recipient = NULL;
        sd_event_source *source = NULL;
        int r;

        r = recipient_new(service->unit.manager, &options, &recipient);
        if (r >= 0)
                r = main_watch(service, pidfd, &source);
        if (r < 0) {
                sd_event_source_disable_unref(source);
                recipient_free(recipient);
                fd_close(pidfd);
                return r;
        }
        service_forget_main(service);
        service->main_pid = pid;
        service->main_pidfd = pidfd;
        service->main_source = source;
        service->recipient = recipient;
        service->start_usec = clock_usec(CLOCK_REALTIME);
        return 0;
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
        service->main_source = sd_event_source_disable_unref(service->main_source);
        service->main_pidfd = fd_close(service->main_pidfd);
        service->main_pid = 0;
}

/* A service that hasn't become ready and says that all is well has not kept to its type. */
static bool service_broke_protocol(const Service *service) {
        ServiceType type = service_settings(service)->service_type;

        return service->state == SERVICE_START && (type == SERVICE_NOTIFY || type == SERVICE_CLAIM);
}

static void service_note_exit(Service *service, const siginfo_t *info) {
        g_autofree char *text = service_exit_to_string(info->si_code, info->si_status);

        service->exit_code = info->si_code;
        service->exit_status = info->si_status;
        /* The first thing that went wrong is the result. */
        if (service->result == SERVICE_RESULT_SUCCESS)
                service->result = service_result_of_exit(service, info);
        if (service->result == SERVICE_RESULT_SUCCESS && service_broke_protocol(service)) {
                service->result = SERVICE_RESULT_PROTOCOL;
                unit_set_failure(&service->unit, "%s before it was ready", text);
        } else if (service->result != SERVICE_RESULT_SUCCESS && !service->unit.failure)
                unit_set_failure(&service->unit, "%s", text);
}

void service_main_ended(Service *service) {
        siginfo_t info = { 0 };

        if (service->spawn) /* its child may be another, by MAINPID= */
                spawn_collect(service->spawn);
        /* Processes that aren't our children leave no status. */
        if (waitid(P_PIDFD, (id_t)service->main_pidfd, &info, WEXITED | WNOHANG) < 0)
                info.si_code = 0;

        service_note_exit(service, &info);
        if (!service->cgroup)
                service_trace_update(service);
        service_forget_main(service);
        service_end_others(service);
}

void service_finish(Service *service) {
        bool again = !service->stop_asked && !service->unit.manager->shutting_down &&
                     service_result_restarts(service->result, service_settings(service)->restart);
        bool success = service->result == SERVICE_RESULT_SUCCESS;

        if (again)
                service->restarts++;
        service_handle(service, again     ? SERVICE_EVENT_RESTART
                                : success ? SERVICE_EVENT_EXITED
                                          : SERVICE_EVENT_FAILURE);
}
