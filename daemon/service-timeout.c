/* SPDX-License-Identifier: MIT */
/* What is done about a service that takes too long, or can't do any more what it is waited for. */
#include <signal.h>
#include <string.h>

#include "directive.h"
#include "log.h"
#include "service-internal.h"
#include "value.h"

/* By FailureMode. */
static const KillOperation operations[] = {
        [FAILURE_MODE_TERMINATE] = KILL_OPERATION_TERMINATE,
        [FAILURE_MODE_ABORT] = KILL_OPERATION_ABORT,
        [FAILURE_MODE_KILL] = KILL_OPERATION_KILL,
};

static FailureMode failure_mode(const Service *service, const char *property) {
        const FailureMode *given = settings_given(service->unit.settings, property);

        return given ? *given : FAILURE_MODE_TERMINATE;
}

static double seconds(uint64_t usec) {
        return (double)usec / USEC_PER_SEC;
}

/* Sets the failure unless something else went wrong before. */
static bool note_timeout(Service *service) {
        bool first = service->result == SERVICE_RESULT_SUCCESS;

        service_note_result(service, SERVICE_RESULT_TIMEOUT);
        return first;
}

/* What the start waits for, to be shown behind ": "; NULL: its type tells (g_free). */
static char *start_lack(const Service *service) {
        const ServiceSettings *settings = service_settings(service);
        const Recipient *recipient = service->recipient;

        if (settings->service_type == SERVICE_EXTERNAL)
                return g_strdup_printf("%s names no process that runs", settings->pid_file);
        if (settings->service_type != SERVICE_CLAIM || !recipient)
                return NULL;
        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = recipient->deliveries->pdata[i];

                if (delivery_state_is_waiting(delivery->state))
                        return g_strdup_printf("%s isn't claimed", delivery->name);
        }
        return NULL;
}

static void start_timed_out(Service *service) {
        const ServiceSettings *settings = service_settings(service);
        KillOperation operation = operations[failure_mode(service, "TimeoutStartFailureMode")];
        g_autofree char *lack = start_lack(service);

        if (note_timeout(service) && service->state == SERVICE_START)
                unit_set_failure(&service->unit, "start: not ready within %g s (Type=%s)%s%s",
                                 seconds(settings->timeout_start),
                                 service_type_to_string(settings->service_type), lack ? ": " : "",
                                 lack ?: "");
        else if (!service->unit.failure)
                unit_set_failure(&service->unit, "%s: still there after %g s",
                                 service_state_to_string(service->state),
                                 seconds(settings->timeout_start));
        service_enter_signal(service, service->result == SERVICE_RESULT_TIMEOUT
                                              ? operation
                                              : KILL_OPERATION_TERMINATE);
}

static void stop_note_timeout(Service *service) {
        const ServiceSettings *settings = service_settings(service);
        char sig[SIGNAL_NAME_SIZE];

        if (!note_timeout(service))
                return;
        if (service->state == SERVICE_STOP_SIGTERM)
                unit_set_failure(&service->unit, "stop: still there %g s after %s, killed",
                                 seconds(settings->timeout_stop),
                                 signal_to_name(settings->kill_signal, sig, sizeof(sig)));
        else
                unit_set_failure(&service->unit, "%s: still there after %g s",
                                 service_state_to_string(service->state),
                                 seconds(settings->timeout_stop));
}

static void note_survivors(Service *service) {
        const int *given = settings_given(service->unit.settings, "FinalKillSignal");
        g_autofree char *before = g_strdup(service->unit.failure);
        char sig[SIGNAL_NAME_SIZE];

        unit_set_failure(&service->unit, "%s%sprocesses survive %s", before ?: "stop",
                         before ? "; " : ": ",
                         signal_to_name(given ? *given : SIGKILL, sig, sizeof(sig)));
        service_note_result(service, SERVICE_RESULT_TIMEOUT);
}

/* The next stronger signal, or none where there is none. */
static void stop_go_on(Service *service, KillOperation operation,
                       void (*enter)(Service *service, KillOperation operation),
                       void (*give_up)(Service *service)) {
        stop_note_timeout(service);
        if (operation == KILL_OPERATION_KILL && !service_sends_sigkill(service))
                give_up(service);
        else
                enter(service, operation);
}

static void stop_timed_out(Service *service) {
        FailureMode mode = failure_mode(service, "TimeoutStopFailureMode");
        bool aborts = mode == FAILURE_MODE_ABORT;

        switch (service->state) {
        case SERVICE_STOP:
                stop_go_on(service, operations[mode], service_enter_signal,
                           service_enter_stop_post);
                break;
        case SERVICE_STOP_SIGTERM:
                stop_go_on(service, aborts ? KILL_OPERATION_ABORT : KILL_OPERATION_KILL,
                           service_enter_signal, service_enter_stop_post);
                break;
        case SERVICE_STOP_WATCHDOG:
                stop_go_on(service, KILL_OPERATION_KILL, service_enter_signal,
                           service_enter_stop_post);
                break;
        case SERVICE_STOP_POST:
                stop_go_on(service, operations[mode], service_enter_final, service_enter_dead);
                break;
        case SERVICE_FINAL_SIGTERM:
                stop_go_on(service, aborts ? KILL_OPERATION_ABORT : KILL_OPERATION_KILL,
                           service_enter_final, service_enter_dead);
                break;
        case SERVICE_FINAL_WATCHDOG:
                stop_go_on(service, KILL_OPERATION_KILL, service_enter_final, service_enter_dead);
                break;
        case SERVICE_STOP_SIGKILL:
                note_survivors(service);
                service_enter_stop_post(service);
                break;
        case SERVICE_FINAL_SIGKILL:
                note_survivors(service);
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
        case SERVICE_AUTO_RESTART:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
}

static void runtime_ended(Service *service) {
        if (note_timeout(service))
                unit_set_failure(&service->unit, "it has run for as long as RuntimeMaxSec= allows");
        service_enter_stop(service);
}

void service_hear_claim(Unit *unit) {
        Service *service = SERVICE(unit);

        if (service->state == SERVICE_START && service->recipient)
                recipient_look(service->recipient);
}

int service_on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Service *service = userdata;
        ServiceState before = service->state;

        service_hear_claim(&service->unit);
        if (service->state != before)
                return 0;
        switch (service->state) {
        case SERVICE_CONDITION:
        case SERVICE_START_PRE:
        case SERVICE_START:
        case SERVICE_START_POST:
                start_timed_out(service);
                break;
        case SERVICE_RUNNING:
                runtime_ended(service);
                break;
        case SERVICE_RELOAD:
        case SERVICE_RELOAD_SIGNAL:
        case SERVICE_RELOAD_NOTIFY:
                service_reload_timed_out(service);
                break;
        case SERVICE_STOP:
        case SERVICE_STOP_WATCHDOG:
        case SERVICE_STOP_SIGTERM:
        case SERVICE_STOP_SIGKILL:
        case SERVICE_STOP_POST:
        case SERVICE_FINAL_WATCHDOG:
        case SERVICE_FINAL_SIGTERM:
        case SERVICE_FINAL_SIGKILL:
                stop_timed_out(service);
                break;
        case SERVICE_AUTO_RESTART:
                (void)service_launch(service);
                break;
        case SERVICE_DEAD:
        case SERVICE_EXITED:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
        return 0;
}

void service_fail_watchdog(Service *service) {
        if (service->result == SERVICE_RESULT_SUCCESS)
                unit_set_failure(&service->unit, "watchdog: no WATCHDOG=1 within %g s",
                                 seconds(service->watchdog_usec));
        service_note_result(service, SERVICE_RESULT_WATCHDOG);
        service_enter_signal(service, KILL_OPERATION_ABORT);
}

/* The first of its deliveries that has failed, or is late. */
static const Delivery *failed_delivery(const Service *service) {
        const GPtrArray *deliveries = service->recipient->deliveries;

        for (guint i = 0; i < deliveries->len; i++) {
                const Delivery *delivery = deliveries->pdata[i];

                if (delivery->state == DELIVERY_FAILED || delivery_is_overdue(delivery))
                        return delivery;
        }
        return NULL;
}

/* The recipient is at work on this delivery, and the stop may free it: its time is up, but from the
 * event loop. */
void service_fail_claim(Service *service) {
        const Delivery *delivery = failed_delivery(service);

        if (service->result != SERVICE_RESULT_SUCCESS)
                return;
        service_note_result(service, SERVICE_RESULT_TIMEOUT);
        unit_set_failure(&service->unit, "claim of %s: %s", delivery->name, delivery->reason);
        service_expire(service);
}
