/* SPDX-License-Identifier: MIT */
/* What a service says by sd_notify(3), as far as NotifyAccess= lets it. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"
#include "log.h"
#include "service-internal.h"

typedef void (*FieldHandler)(Service *service, const char *value, GStrv fields);

static const char *field_find(GStrv fields, const char *key) {
        for (; *fields; fields++)
                if (g_str_has_prefix(*fields, key))
                        return *fields + strlen(key);
        return NULL;
}

static bool field_number(const char *value, uint64_t max, uint64_t *ret) {
        guint64 number;

        if (!value || !g_ascii_string_to_unsigned(value, 10, 0, max, &number, NULL))
                return false;
        *ret = number;
        return true;
}

static void on_ready(Service *service, const char *value, GStrv fields) {
        ServiceType type = service_settings(service)->service_type;

        if (strcmp(value, "1") != 0)
                return;
        if (service->state == SERVICE_START &&
            (type == SERVICE_NOTIFY || type == SERVICE_NOTIFY_RELOAD))
                service_enter_start_post(service);
        else
                service_note_reloaded(service);
}

static void on_reloading(Service *service, const char *value, GStrv fields) {
        uint64_t since = TIME_INFINITY;

        (void)field_number(field_find(fields, "MONOTONIC_USEC="), UINT64_MAX - 1, &since);
        if (strcmp(value, "1") == 0)
                service_note_reloading(service, since);
}

/* It goes down by itself; if it takes too long, TimeoutStopSec= sees to it. */
static void on_stopping(Service *service, const char *value, GStrv fields) {
        if (strcmp(value, "1") == 0 && service_active_state(&service->unit) == ACTIVE_ACTIVE &&
            service->main_pid > 0)
                service_handle(service, SERVICE_EVENT_TERMINATE);
}

static void on_errno(Service *service, const char *value, GStrv fields) {
        uint64_t number;

        if (field_number(value, 4095, &number))
                service->reported_errno = (int)number;
}

static void on_extend_timeout(Service *service, const char *value, GStrv fields) {
        uint64_t usec;

        if (field_number(value, TIME_INFINITY - 1, &usec))
                service_extend_timeout(service, usec);
}

static void on_watchdog_usec(Service *service, const char *value, GStrv fields) {
        uint64_t usec;

        if (!field_number(value, TIME_INFINITY - 1, &usec))
                return;
        service->watchdog_usec = usec;
        service_feed_watchdog(service);
}

static void on_watchdog(Service *service, const char *value, GStrv fields) {
        if (strcmp(value, "1") == 0)
                service_feed_watchdog(service);
        else if (strcmp(value, "trigger") == 0 &&
                 service_active_state(&service->unit) == ACTIVE_ACTIVE)
                service_fail_watchdog(service);
}

static void on_status(Service *service, const char *value, GStrv fields) {
        g_free(service->status_text);
        service->status_text = *value ? g_utf8_make_valid(value, -1) : NULL;
}

/* Deliveries that the old process has not claimed are made again to the new one. */
static void service_change_main(Service *service, pid_t pid, int pidfd) {
        bool waiting = false;
        int r;

        if (service->recipient) {
                recipient_look(service->recipient);
                waiting = recipient_count_unclaimed(service->recipient) > 0;
        }
        log_info(service->unit.name, "main process is now %d", (int)pid);
        r = service_adopt(service, pid, pidfd);
        if (r < 0)
                log_error(service->unit.name, "main process %d: %s", (int)pid, g_strerror(-r));
        else if (waiting)
                service_provide(service);
}

static void on_main_pid(Service *service, const char *value, GStrv fields) {
        _cleanup_fd_ int pidfd = -EBADF;
        guint64 pid;

        if (!g_ascii_string_to_unsigned(value, 10, 1, G_MAXINT32, &pid, NULL) ||
            (pid_t)pid == service->main_pid || !service_state_has_processes(service))
                return;
        /* The pidfd first: what is looked up afterwards is what it refers to. */
        pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
        if (pidfd < 0 || !service_may_be_main(service, (pid_t)pid) ||
            service_of_pid(service->unit.manager, (pid_t)pid) != &service->unit) {
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
        { "MAINPID=", on_main_pid },  { "STATUS=", on_status },
        { "ERRNO=", on_errno },       { "EXTEND_TIMEOUT_USEC=", on_extend_timeout },
        { "READY=", on_ready },       { "RELOADING=", on_reloading },
        { "STOPPING=", on_stopping }, { "WATCHDOG_USEC=", on_watchdog_usec },
        { "WATCHDOG=", on_watchdog },
};

/* Who has to say something is heard unless it is forbidden. */
NotifyAccess service_notify_access(const Service *service) {
        const NotifyAccess *given = settings_given(service->unit.settings, "NotifyAccess");
        ServiceType type = service_settings(service)->service_type;
        bool needed = type == SERVICE_NOTIFY || type == SERVICE_NOTIFY_RELOAD ||
                      service_watchdog_setting(service) > 0;

        if (given && (*given != NOTIFY_ACCESS_NONE || !needed))
                return *given;
        return needed ? NOTIFY_ACCESS_MAIN : NOTIFY_ACCESS_NONE;
}

static bool service_hears(const Service *service, pid_t pid) {
        switch (service_notify_access(service)) {
        case NOTIFY_ACCESS_NONE:
                return false;
        case NOTIFY_ACCESS_MAIN:
                return pid == service->main_pid;
        case NOTIFY_ACCESS_EXEC:
                return pid == service->main_pid ||
                       (service->control && pid == command_pid(service->control));
        case NOTIFY_ACCESS_ALL:
                return true;
        }
        return false;
}

void service_notify_message(Unit *unit, pid_t pid, GStrv fields) {
        Service *service = SERVICE(unit);

        if (!service_hears(service, pid)) {
                log_debug(unit->name, "notification of process %d: not heard (NotifyAccess=)",
                          (int)pid);
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
                const char *value = field_find(fields, handlers[i].key);

                if (value)
                        handlers[i].handle(service, value, fields);
        }
}
