/* SPDX-License-Identifier: MIT */
/* The service reads its configuration anew: ExecReload=, or ReloadSignal= and what it says of it
 * (Type=notify-reload), or by itself (RELOADING=1). */
#include <signal.h>

#include "clock.h"
#include "dependencies.h"
#include "directive.h"
#include "job-queue.h"
#include "log.h"
#include "service-internal.h"

static bool is_notify_reload(const Service *service) {
        return service_settings(service)->service_type == SERVICE_NOTIFY_RELOAD &&
               service->main_pid > 0;
}

bool service_can_reload(const Service *service) {
        const GPtrArray *commands = service_commands(service, SERVICE_EXEC_RELOAD);

        return (commands && commands->len > 0) || is_notify_reload(service);
}

static bool service_is_reloading(const Service *service) {
        return service->state == SERVICE_RELOAD || service->state == SERVICE_RELOAD_SIGNAL ||
               service->state == SERVICE_RELOAD_NOTIFY;
}

/* ---- who waits for it ---- */

void service_tell_reloaded(Service *service) {
        g_autoptr(GPtrArray) askers = NULL;
        bool failed = service->reload_result != SERVICE_RESULT_SUCCESS ||
                      (service->state != SERVICE_RUNNING && service->state != SERVICE_EXITED);

        if (!service->reload_askers || service_is_reloading(service))
                return;
        askers = g_steal_pointer(&service->reload_askers);
        for (guint i = 0; i < askers->len; i++) {
                Transaction *transaction = askers->pdata[i];

                if (failed)
                        g_ptr_array_add(
                                transaction->errors,
                                g_strdup_printf("%s: the reload failed: %s", service->unit.name,
                                                service_result_to_string(service->reload_result)));
                transaction_seal(service->unit.manager->jobs, transaction);
        }
}

static void service_add_asker(Service *service, Transaction *transaction) {
        if (!service->reload_askers)
                service->reload_askers = g_ptr_array_new();
        g_ptr_array_add(service->reload_askers, transaction);
        transaction->pending++;
}

/* ---- the reload itself ---- */

static void signal_main(Service *service) {
        const int *sig = settings_given(service->unit.settings, "ReloadSignal");

        service->reload_usec = clock_usec(CLOCK_MONOTONIC);
        service_signal_main(service, sig ? *sig : SIGHUP);
}

static void service_enter_reload(Service *service) {
        int r;

        service->reload_result = SERVICE_RESULT_SUCCESS;
        service->reloading = false;
        if (is_notify_reload(service))
                signal_main(service);
        r = service_run(service, SERVICE_EXEC_RELOAD);
        if (r > 0) {
                service_handle(service, SERVICE_EVENT_RELOAD);
        } else if (r == 0) {
                service_handle(service, SERVICE_EVENT_RELOAD_SIGNAL);
        } else {
                service->reload_result = SERVICE_RESULT_RESOURCES;
                service_tell_reloaded(service);
        }
}

/* Returns: 0; -ENOEXEC: it doesn't know how to; -ESRCH: it isn't running. */
static int service_reload(Service *service, Transaction *transaction) {
        if (service_is_reloading(service)) {
                service_add_asker(service, transaction);
                return 0;
        }
        if (service->state != SERVICE_RUNNING && service->state != SERVICE_EXITED)
                return -ESRCH;
        if (!service_can_reload(service))
                return -ENOEXEC;
        service_add_asker(service, transaction);
        service_enter_reload(service);
        return 0;
}

void manager_reload_units(Manager *manager, Unit *const *units, size_t count, TransactionDone done,
                          void *userdata) {
        Transaction *transaction = transaction_new(done, userdata);

        for (size_t i = 0; i < count; i++) {
                int r = units[i]->vtable == &service_vtable
                                ? service_reload(SERVICE(units[i]), transaction)
                                : -ENOEXEC;

                if (r < 0)
                        g_ptr_array_add(transaction->errors,
                                        g_strdup_printf("%s: %s", units[i]->name,
                                                        r == -ESRCH ? "it isn't running"
                                                                    : "it has no ExecReload="));
        }
        /* PropagatesReloadTo=: those that run and can. */
        g_autoptr(GPtrArray) others = units_to_reload(units, count);
        for (guint i = 0; i < others->len; i++) {
                Unit *other = others->pdata[i];

                if (other->vtable == &service_vtable)
                        (void)service_reload(SERVICE(other), transaction);
        }
        transaction_seal(manager->jobs, transaction);
}

void service_reload_ended(Service *service, ServiceResult result) {
        service->reload_result = result;
        if (service->reloading && service->main_pid > 0)
                service_handle(service, SERVICE_EVENT_RELOAD_NOTIFY);
        else
                service_enter_running(service);
}

void service_reload_timed_out(Service *service) {
        log_warning(service->unit.name, "reload: not done within %g s",
                    (double)service_settings(service)->timeout_start / USEC_PER_SEC);
        service->control = command_free(service->control);
        service->reload_result = SERVICE_RESULT_TIMEOUT;
        service->reloading = false;
        service_enter_running(service);
}

/* ---- what it says of it ---- */

void service_note_reloading(Service *service, uint64_t since_usec) {
        service->reloading = true;
        if (service->state == SERVICE_RUNNING ||
            (service->state == SERVICE_RELOAD_SIGNAL && since_usec != TIME_INFINITY &&
             since_usec >= service->reload_usec))
                service_handle(service, SERVICE_EVENT_RELOAD_NOTIFY);
}

void service_note_reloaded(Service *service) {
        service->reloading = false;
        if (service->state == SERVICE_RELOAD_NOTIFY)
                service_enter_running(service);
}
