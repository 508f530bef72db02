/* SPDX-License-Identifier: MIT */
/* Bringing a service down: KillSignal=, then SIGKILL, by KillMode=; and what the timers of its
 * states do. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "service-internal.h"

typedef enum KillTarget {
        TARGET_NOBODY,
        TARGET_MAIN,
        TARGET_ALL,
} KillTarget;

/* systemd.kill(5). */
static const struct {
        KillTarget first; /* who gets KillSignal= */
        KillTarget last;  /* who gets SIGKILL after TimeoutStopSec= */
        bool waits;       /* a stop ends only when all processes have gone */
} kill_modes[] = {
        [KILL_CONTROL_GROUP] = { TARGET_ALL, TARGET_ALL, true },
        [KILL_MIXED] = { TARGET_MAIN, TARGET_ALL, true },
        [KILL_PROCESS] = { TARGET_MAIN, TARGET_MAIN, false },
        [KILL_NONE] = { TARGET_NOBODY, TARGET_NOBODY, false },
};

static bool service_is_external(const Service *service) {
        return service_settings(service)->service_type == SERVICE_EXTERNAL;
}

static void main_signal(const Service *service, int sig) {
        if (service->main_pidfd >= 0)
                (void)syscall(SYS_pidfd_send_signal, service->main_pidfd, sig, NULL, 0);
}

static void all_signal(Service *service, int sig) {
        if (!service->cgroup) {
                if (service_trace_kill(service, sig) == 0)
                        main_signal(service, sig);
                return;
        }
        /* MAINPID= may name a process from elsewhere. */
        if (service->main_pid > 0 && !cgroup_has_pid(service->cgroup, service->main_pid))
                main_signal(service, sig);
        (void)cgroup_kill(service->cgroup, sig);
}

static void service_signal(Service *service, KillTarget target, int sig) {
        switch (target) {
        case TARGET_NOBODY:
                return;
        case TARGET_MAIN:
                main_signal(service, sig);
                break;
        case TARGET_ALL:
                all_signal(service, sig);
                break;
        }
        /* A stopped process shall see its signal. */
        if (sig != SIGKILL && sig != SIGCONT)
                service_signal(service, target, SIGCONT);
}

void service_begin_stop(Service *service, ServiceEvent event) {
        KillTarget target = kill_modes[service_settings(service)->kill_mode].first;

        if (target == TARGET_NOBODY || service_is_external(service)) {
                /* What isn't to be killed, or wasn't started by us, is let go of. */
                service_forget_main(service);
                service_handle(service, event);
                service_finish(service);
                return;
        }
        service_signal(service, target, service_settings(service)->kill_signal);
        service_handle(service, event);
}

static bool service_has_others(Service *service) {
        if (!kill_modes[service_settings(service)->kill_mode].waits || service_is_external(service))
                return false;
        return service->cgroup ? !cgroup_is_empty(service->cgroup)
                               : !service_trace_is_empty(service);
}

static void on_emptied(Cgroup *cgroup, void *userdata) {
        service_finish(userdata);
}

void service_end_others(Service *service) {
        bool mixed = service_settings(service)->kill_mode == KILL_MIXED;
        bool running = service->state == SERVICE_START || service->state == SERVICE_RUNNING;
        int r;

        if (!service_has_others(service)) {
                service_finish(service);
                return;
        }
        if (mixed)
                service_signal(service, TARGET_ALL, SIGKILL);
        else if (running)
                service_signal(service, TARGET_ALL, service_settings(service)->kill_signal);
        if (running)
                service_handle(service, SERVICE_EVENT_STOP);
        if (!service->cgroup)
                return; /* the last one's end comes as SIGCHLD: service_reap_orphans() */
        r = cgroup_watch_empty(service->cgroup, on_emptied, service);
        if (r < 0) {
                log_warning(service->unit.name, "watch of the cgroup: %s", g_strerror(-r));
                service_finish(service);
        }
}

static void stop_timed_out(Service *service) {
        const ServiceSettings *settings = service_settings(service);

        if (service->result == SERVICE_RESULT_SUCCESS) {
                service->result = SERVICE_RESULT_TIMEOUT;
                unit_set_failure(&service->unit, "stop: still there %g s after SIG%s, killed",
                                 (double)settings->timeout_stop / USEC_PER_SEC,
                                 sigabbrev_np(settings->kill_signal) ?: "?");
        }
        service_signal(service, kill_modes[settings->kill_mode].last, SIGKILL);
        service_handle(service, SERVICE_EVENT_TIMEOUT);
}

static void start_timed_out(Service *service) {
        if (service->result == SERVICE_RESULT_SUCCESS) {
                service->result = SERVICE_RESULT_TIMEOUT;
                unit_set_failure(&service->unit, "start: not ready within %g s (Type=%s)",
                                 (double)service_settings(service)->timeout_start / USEC_PER_SEC,
                                 service_type_to_string(service_settings(service)->service_type));
        }
        service_begin_stop(service, SERVICE_EVENT_TIMEOUT);
}

/* Why the first of its deliveries that has failed did so. */
static const Delivery *failed_delivery(const Service *service) {
        const GPtrArray *deliveries = service->recipient->deliveries;

        for (guint i = 0; i < deliveries->len; i++) {
                const Delivery *delivery = deliveries->pdata[i];

                if (delivery->state == DELIVERY_FAILED)
                        return delivery;
        }
        return NULL;
}

/* The recipient is at work on this delivery, and the stop may free it: its time is up, but from the
 * event loop. */
void service_fail_claim(Service *service) {
        const Delivery *delivery = failed_delivery(service);
        int r;

        if (service->result != SERVICE_RESULT_SUCCESS)
                return;
        service->result = SERVICE_RESULT_TIMEOUT;
        unit_set_failure(&service->unit, "claim of %s: %s", delivery->name, delivery->reason);
        service->timer = sd_event_source_disable_unref(service->timer);
        r = sd_event_add_time_relative(service->unit.manager->event, &service->timer,
                                       CLOCK_MONOTONIC, 0, 1, service_on_timeout, service);
        if (r < 0)
                log_error(service->unit.name, "timer: %s", g_strerror(-r));
}

int service_on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Service *service = userdata;

        switch (service->state) {
        case SERVICE_START:
                start_timed_out(service);
                break;
        case SERVICE_STOP:
                stop_timed_out(service);
                break;
        case SERVICE_KILL:
                unit_set_failure(&service->unit, "stop: processes survive SIGKILL");
                service_handle(service, SERVICE_EVENT_TIMEOUT);
                break;
        case SERVICE_AUTO_RESTART:
                (void)service_launch(service, SERVICE_EVENT_TIMEOUT);
                break;
        case SERVICE_DEAD:
        case SERVICE_RUNNING:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
        return 0;
}
