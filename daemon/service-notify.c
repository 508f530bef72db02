/* SPDX-License-Identifier: MIT */
/* What a service says by sd_notify(3). Any of its processes may speak: they could take each other's
 * place anyway. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"
#include "service-internal.h"

typedef void (*FieldHandler)(Service *service, const char *value);

static void on_ready(Service *service, const char *value) {
        if (service->state == SERVICE_START && strcmp(value, "1") == 0)
                service_handle(service, SERVICE_EVENT_READY);
}

/* It goes down by itself; if it takes too long, TimeoutStopSec= sees to it. */
static void on_stopping(Service *service, const char *value) {
        if ((service->state == SERVICE_RUNNING || service->state == SERVICE_START) &&
            strcmp(value, "1") == 0)
                service_handle(service, SERVICE_EVENT_STOP);
}

static void on_status(Service *service, const char *value) {
        g_free(service->status_text);
        service->status_text = *value ? g_utf8_make_valid(value, -1) : NULL;
}

/* Deliveries that the old process has not claimed are made again to the new one. */
static void service_change_main(Service *service, pid_t pid, int pidfd) {
        bool waiting = service->recipient && recipient_count_unclaimed(service->recipient) > 0;
        int r;

        log_info(service->unit.name, "main process is now %d", (int)pid);
        r = service_adopt(service, pid, pidfd, false);
        if (r < 0)
                log_error(service->unit.name, "main process %d: %s", (int)pid, g_strerror(-r));
        else if (waiting)
                service_provide(service);
}

static void on_main_pid(Service *service, const char *value) {
        _cleanup_fd_ int pidfd = -EBADF;
        guint64 pid;

        if (!g_ascii_string_to_unsigned(value, 10, 1, G_MAXINT32, &pid, NULL) ||
            (pid_t)pid == service->main_pid)
                return;
        /* The pidfd first: what is looked up afterwards is what it refers to. */
        pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
        if (pidfd < 0 || service_of_pid(service->unit.manager, (pid_t)pid) != &service->unit) {
                log_warning(service->unit.name, "MAINPID=%s is not a process of this service",
                            value);
                return;
        }
        service_change_main(service, (pid_t)pid, TAKE_FD(pidfd));
}

/* In the order in which they take effect, whatever the order they came in. */
static const struct {
        const char *key;
        FieldHandler handle;
} handlers[] = {
        { "MAINPID=", on_main_pid },
        { "STATUS=", on_status },
        { "READY=", on_ready },
        { "STOPPING=", on_stopping },
};

void service_notify_message(Unit *unit, pid_t pid, GStrv fields) {
        for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
                for (char **field = fields; *field; field++)
                        if (g_str_has_prefix(*field, handlers[i].key))
                                handlers[i].handle(SERVICE(unit), *field + strlen(handlers[i].key));
}
