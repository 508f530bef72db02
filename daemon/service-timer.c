/* SPDX-License-Identifier: MIT */
/* How long a state of a service may last, how long it waits for a restart, and how often it must
 * say that it is well. */
#include <math.h>

#include "clock.h"
#include "directive.h"
#include "log.h"
#include "service-internal.h"

static uint64_t time_given(const Service *service, const char *property, uint64_t otherwise) {
        const uint64_t *given = settings_given(service->unit.settings, property);

        return given ? *given : otherwise;
}

static uint64_t usec_add(uint64_t a, uint64_t b) {
        return a > TIME_INFINITY - b ? TIME_INFINITY : a + b;
}

/* Each start lasts another while. */
static uint64_t runtime_max(const Service *service) {
        uint64_t max = time_given(service, "RuntimeMaxUSec", TIME_INFINITY);
        uint64_t extra = time_given(service, "RuntimeRandomizedExtraUSec", 0);

        if (max == TIME_INFINITY || extra == 0)
                return max;
        return usec_add(max, (uint64_t)(g_random_double() * (double)extra));
}

/* The delay grows geometrically, from RestartSec= to RestartMaxDelaySec= in RestartSteps=. */
uint64_t service_restart_delay(const Service *service) {
        uint64_t first = service_settings(service)->restart_delay;
        uint64_t last = time_given(service, "RestartMaxDelayUSec", TIME_INFINITY);
        const unsigned int *steps = settings_given(service->unit.settings, "RestartSteps");

        if (!steps || *steps == 0 || last == TIME_INFINITY || first == 0 || first >= last ||
            service->restarts <= 1)
                return first;
        if (service->restarts > *steps)
                return last;
        return (uint64_t)((double)first * pow((double)last / (double)first,
                                              (double)(service->restarts - 1) / *steps));
}

/* TIME_INFINITY: as long as it likes. */
static uint64_t state_timeout(const Service *service) {
        const ServiceSettings *settings = service_settings(service);

        switch (service->state) {
        case SERVICE_CONDITION:
        case SERVICE_START_PRE:
        case SERVICE_START:
        case SERVICE_START_POST:
        case SERVICE_RELOAD:
        case SERVICE_RELOAD_SIGNAL:
        case SERVICE_RELOAD_NOTIFY:
                return settings->timeout_start;
        case SERVICE_RUNNING:
                return runtime_max(service);
        case SERVICE_STOP:
        case SERVICE_STOP_SIGTERM:
        case SERVICE_STOP_SIGKILL:
        case SERVICE_STOP_POST:
        case SERVICE_FINAL_SIGTERM:
        case SERVICE_FINAL_SIGKILL:
                return settings->timeout_stop;
        case SERVICE_STOP_WATCHDOG:
        case SERVICE_FINAL_WATCHDOG:
                return time_given(service, "TimeoutAbortUSec", settings->timeout_stop);
        case SERVICE_AUTO_RESTART:
                return service_restart_delay(service);
        case SERVICE_DEAD:
        case SERVICE_EXITED:
        case SERVICE_FAILED:
        case SERVICE_STATE_COUNT:
                break;
        }
        return TIME_INFINITY;
}

static void timer_add(Service *service, sd_event_source **timer, uint64_t usec,
                      sd_event_time_handler_t handler) {
        int r;

        *timer = sd_event_source_disable_unref(*timer);
        if (usec == TIME_INFINITY)
                return;
        r = sd_event_add_time_relative(service->unit.manager->event, timer, CLOCK_MONOTONIC, usec,
                                       USEC_PER_MSEC, handler, service);
        if (r < 0)
                log_error(service->unit.name, "timer: %s", g_strerror(-r));
}

void service_set_timer(Service *service) {
        timer_add(service, &service->timer, state_timeout(service), service_on_timeout);
}

void service_expire(Service *service) {
        timer_add(service, &service->timer, 0, service_on_timeout);
}

void service_extend_timeout(Service *service, uint64_t usec) {
        uint64_t until = usec_add(clock_usec(CLOCK_MONOTONIC), usec), now;

        if (!service->timer || sd_event_source_get_time(service->timer, &now) < 0 || now >= until)
                return;
        (void)sd_event_source_set_time(service->timer, until);
}

/* ---- the watchdog ---- */

static bool state_is_watched(ServiceState state) {
        return state == SERVICE_START_POST || state == SERVICE_RUNNING || state == SERVICE_RELOAD ||
               state == SERVICE_RELOAD_SIGNAL || state == SERVICE_RELOAD_NOTIFY;
}

static int on_watchdog(sd_event_source *source, uint64_t usec, void *userdata) {
        service_fail_watchdog(userdata);
        return 0;
}

void service_feed_watchdog(Service *service) {
        bool wanted = state_is_watched(service->state) && service->watchdog_usec > 0;

        timer_add(service, &service->watchdog, wanted ? service->watchdog_usec : TIME_INFINITY,
                  on_watchdog);
}

/* It begins when the service is up, and ends when it goes down. */
void service_set_watchdog(Service *service) {
        if (state_is_watched(service->state) != (service->watchdog != NULL))
                service_feed_watchdog(service);
}

uint64_t service_watchdog_setting(const Service *service) {
        uint64_t usec = time_given(service, "WatchdogUSec", 0);

        return usec == TIME_INFINITY ? 0 : usec;
}
