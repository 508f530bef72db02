/* SPDX-License-Identifier: MIT */
/* The runtime socket: opened and closed, watched while its service is down, given to it when it
 * starts. */
#include "socket.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "directive.h"
#include "exec-context.h"
#include "job.h"
#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "service.h"
#include "socket-open.h"
#include "socket-options.h"

/* How far what a service requires is followed. */
#define REQUIRES_DEPTH 16

/* Names, because both may go while the service starts. */
typedef struct SocketStart {
        Manager *manager;
        char *socket, *service;
} SocketStart;

static SocketSettings *socket_settings(Socket *socket) {
        return SOCKET_SETTINGS(socket->unit.settings);
}

/* ---- opening and closing ---- */

static void socket_free_ports(Socket *socket) {
        for (guint i = 0; i < socket->port_count; i++)
                port_free(socket->ports[i]);
        g_clear_pointer(&socket->ports, g_free);
        socket->port_count = 0;
}

void socket_close_ports(Socket *socket) {
        socket_free_retired(socket);
        if (socket->port_count == 0)
                return;
        recipients_withdraw(socket->unit.manager, socket->unit.name);
        for (guint i = 0; socket_settings(socket)->remove_on_stop && i < socket->port_count; i++)
                port_unlink(socket->ports[i], socket_settings(socket));
        socket_free_ports(socket);
}

#define HOLDER_RUNS "%s may still have it: restart or stop that as well"

/* Who has the listeners of an earlier opening still, and what to do about it, for the failure
 * (g_free); NULL: nobody that is known. */
static char *socket_holder(const Socket *socket) {
        g_autoptr(GPtrArray) services = manager_consumers(socket->unit.manager, &socket->unit);
        for (guint i = 0; i < services->len; i++) {
                const Unit *service = services->pdata[i];
                if (!unit_is_down(service))
                        return g_strdup_printf(HOLDER_RUNS, service->name);
        }
        for (GList *visitor = socket->unit.manager->visitors; visitor; visitor = visitor->next)
                if (recipient_has_claimed(visitor->data, socket->unit.name))
                        return g_strdup_printf(HOLDER_RUNS, ((Recipient *)visitor->data)->label);
        for (guint i = 0; i < services->len; i++) {
                g_autofree char *left = service_find_leftover(services->pdata[i]);
                if (left)
                        return g_strdup_printf("%s may have it, which is left over of %s: kill it",
                                               left, ((Unit *)services->pdata[i])->name);
        }
        return NULL;
}

static void socket_fail_open(Socket *socket, const Address *address, const char *step, int error) {
        g_autofree char *failure =
                socket_open_failure(address, socket_settings(socket), step, error);
        g_autofree char *holder = error == -EADDRINUSE ? socket_holder(socket) : NULL;
        unit_set_failure(&socket->unit, "%s%s%s", failure, holder ? "; " : "", holder ?: "");
}

bool socket_open_ports(Socket *socket) {
        const SocketSettings *settings = socket_settings(socket);
        guint count = settings->listens ? settings->listens->len : 0;
        socket->incomplete = false;
        socket->ports = g_new0(Port *, count);
        for (guint i = 0; i < count; i++) {
                const Listen *listen = settings->listens->pdata[i];
                const char *step = "open";
                socket->ports[i] = port_new(socket, listen);
                socket->port_count = i + 1;
                int r = port_open(socket->ports[i], settings, listen, &step);
                if (r < 0) {
                        socket_fail_open(socket, listen->address, step, r);
                        socket_close_ports(socket);
                        return false;
                }
        }
        socket_options_report(settings);
        return true;
}

/* Whoever has mistyped a name would else wait for an answer, and find no reason in the log. */
static void socket_tell_alone(Socket *socket) {
        g_autoptr(GPtrArray) consumers = manager_consumers(socket->unit.manager, &socket->unit);
        g_autofree char *service = socket_settings_service(socket_settings(socket));
        if (consumers->len == 0)
                log_info(socket->unit.name,
                         "there is no %s to be started: what comes in waits until a reload brings "
                         "one, or until the socket is delivered to a process",
                         service);
}

/* The first who connects would else be the first to hear of it. */
static void socket_tell_broken(Socket *socket) {
        GHashTable *broken = socket->unit.manager->broken;
        if (g_hash_table_size(broken) == 0)
                return;
        g_autofree char *service = socket_settings_service(socket_settings(socket));
        const char *why = service ? g_hash_table_lookup(broken, service) : NULL;
        if (why)
                log_warning(socket->unit.name, "%s can't be started: %s", service, why);
}

void socket_opened(Socket *socket) {
        socket_follow_service(socket);
        if (socket_settings(socket)->accept == ACCEPT_NO)
                manager_provide(socket->unit.manager, &socket->unit);
        if (socket->state == SOCKET_LISTENING && !socket_is_watchable(socket))
                socket_tell_alone(socket);
        else if (socket->state == SOCKET_LISTENING)
                socket_tell_broken(socket);
}

static int socket_start(Unit *unit) {
        Socket *socket = SOCKET(unit);
        if (!unit_is_down(unit))
                return 0;
        unit_clear_failure(unit);
        ratelimit_reset(&socket->trigger_limit);
        socket->pauses = 0;
        socket_handle(socket, SOCKET_EVENT_START);
        return 0;
}

static int socket_stop(Unit *unit) {
        Socket *socket = SOCKET(unit);
        bool starting = unit_active_state(unit) == ACTIVE_ACTIVATING;
        if (!starting || !socket_commands_interrupt(socket))
                socket_handle(socket, SOCKET_EVENT_STOP);
        return 0;
}

static void socket_done(Unit *unit) {
        Socket *socket = SOCKET(unit);
        socket_defer_end(socket);
        socket_pause_end(socket);
        socket_commands_done(socket);
        socket_free_retired(socket);
        socket_free_ports(socket);
        socket_free_acceptor(socket);
}

/* ---- its service ---- */

static bool socket_triggers(Socket *socket, const Unit *service) {
        g_autofree char *name = socket_settings_service(socket_settings(socket));
        return g_strcmp0(name, service->name) == 0;
}

/* With no file at all there is nobody to be started: what comes in waits until somebody is handed
 * the socket (`deliver --pid`), or until a reload brings a service. */
bool socket_is_watchable(Socket *socket) {
        if (socket_settings(socket)->accept != ACCEPT_NO)
                return true;
        g_autofree char *name = socket_settings_service(socket_settings(socket));
        Unit *service;
        return name && manager_load_unit(socket->unit.manager, name, &service) != -ENOENT;
}

static void socket_fail_service(Socket *socket, const char *service, const char *why) {
        unit_set_failure(&socket->unit, "start %s: %s", service, why);
        socket_handle(socket, SOCKET_EVENT_SERVICE_FAILED);
}

static void socket_see_service(Socket *socket, Unit *service) {
        if (!service_is_down(service)) {
                socket_handle(socket, SOCKET_EVENT_SERVICE_UP);
                return;
        }
        if (service->job && job_type(service->job) != JOB_STOP) {
                /* It is about to start; what only its old process had is nobody's now. */
                socket_free_retired(socket);
                return;
        }
        /* Tries that no process came of have used up the limit: it isn't the service's fault. */
        if (SERVICE(service)->result == SERVICE_RESULT_START_LIMIT_HIT &&
            !socket_service_is_short(service)) {
                socket_fail_service(socket, service->name, service->failure ?: "too often");
                return;
        }
        bool in_vain = socket->state == SOCKET_TRIGGERED && socket_started_in_vain(socket, service);
        socket_handle(socket, SOCKET_EVENT_SERVICE_DOWN);
        if (!in_vain)
                socket->pauses = 0;
        else if (socket->state == SOCKET_LISTENING)
                socket_pause(socket, "start %s: %s", service->name,
                             service->failure ?: "it was skipped");
}

static void socket_service_changed(Unit *unit, Unit *service) {
        Socket *socket = SOCKET(unit);
        /* Also when it doesn't accept any more. */
        if (socket_has_instance(socket, service->name))
                socket_instance_changed(socket, service);
        else if (socket_settings(socket)->accept == ACCEPT_NO && socket_is_open(socket) &&
                 socket_triggers(socket, service))
                socket_see_service(socket, service);
}

void socket_release_service(Socket *socket) {
        const bool *given = settings_given(socket->unit.settings, "FlushPending");
        g_autofree char *name = socket_settings_service(socket_settings(socket));
        const Unit *service = name ? manager_find_unit(socket->unit.manager, name) : NULL;
        /* What a service has left, not what none has seen. */
        bool flush = given && *given && !(service && socket_started_in_vain(socket, service));
        socket_free_retired(socket);
        if (socket->incomplete)
                socket_complete(socket);
        if (flush)
                ports_flush(socket->ports, socket->port_count);
}

void socket_follow_service(Socket *socket) {
        if (!socket_is_open(socket))
                return;
        g_autofree char *name = socket_settings_service(socket_settings(socket));
        Unit *service = name ? manager_find_unit(socket->unit.manager, name) : NULL;
        bool up = socket_settings(socket)->accept == ACCEPT_NO && service &&
                  !service_is_down(service);
        socket_handle(socket, up ? SOCKET_EVENT_SERVICE_UP : SOCKET_EVENT_SERVICE_DOWN);
}

/* ---- what comes in ---- */

static bool socket_below_limit(Socket *socket) {
        const SocketSettings *settings = socket_settings(socket);
        unsigned int burst = socket_settings_trigger_burst(settings);
        if (ratelimit_below(&socket->trigger_limit, clock_usec(CLOCK_MONOTONIC),
                            settings->trigger_limit_interval, burst))
                return true;
        unit_set_failure(&socket->unit, "trigger limit hit: more than %u in %.3g s", burst,
                         (double)settings->trigger_limit_interval / USEC_PER_SEC);
        socket_handle(socket, SOCKET_EVENT_LIMIT);
        return false;
}

/* One that is down because it is started too often, in the service's way. */
static Unit *service_find_limited(Unit *service, unsigned int depth) {
        for (char **name = service->settings->requires; name && *name && depth > 0; name++) {
                Unit *other = manager_find_unit(service->manager, *name);
                if (!other || !unit_is_down(other))
                        continue;
                if (other->vtable == &service_vtable &&
                    SERVICE(other)->result == SERVICE_RESULT_START_LIMIT_HIT)
                        return other;
                Unit *found = service_find_limited(other, depth - 1);
                if (found)
                        return found;
        }
        return NULL;
}

/* The service was never started, so no limit of its own counts it, and what has come in is still
 * there: without this it would be tried for ever. */
static void on_start_done(void *userdata, GStrv errors) {
        SocketStart *start = userdata;
        Unit *unit = manager_find_unit(start->manager, start->socket);
        Unit *service = manager_find_unit(start->manager, start->service);
        if (errors[0] && unit && service && !start->manager->shutting_down &&
            service_is_down(service) && socket_is_open(SOCKET(unit)) &&
            service_find_limited(service, REQUIRES_DEPTH))
                socket_fail_service(SOCKET(unit), service->name, errors[0]);
        g_free(start->socket);
        g_free(start->service);
        g_free(start);
}

static void socket_start_service(Socket *socket, Unit *service) {
        Manager *manager = socket->unit.manager;
        g_autofree char *error = NULL;
        SocketStart *start = g_new(SocketStart, 1);
        *start = (SocketStart){ manager, g_strdup(socket->unit.name), g_strdup(service->name) };
        int r = transaction_run(manager, JOB_START, &service, 1, on_start_done, start, &error);
        if (r >= 0)
                return;
        g_free(start->socket);
        g_free(start->service);
        g_free(start);
        socket_fail_service(socket, service->name, error);
}

void socket_trigger(Socket *socket) {
        Manager *manager = socket->unit.manager;
        g_autofree char *name = socket_settings_service(socket_settings(socket));
        Unit *service;
        int r = manager_load_unit(manager, name, &service);
        if (errno_is_shortage(-r)) {
                socket_pause(socket, "start %s: %s", name, g_strerror(-r));
                return;
        }
        if (r < 0) {
                const char *why = g_hash_table_lookup(manager->broken, name);
                socket_fail_service(socket, name, why ?: g_strerror(-r));
                return;
        }
        if (socket_must_defer(socket, service)) {
                socket_handle(socket, SOCKET_EVENT_CONFLICT);
                socket_defer_begin(socket, service);
                return;
        }
        socket->trigger_usec = service->state_usec;
        socket_handle(socket, SOCKET_EVENT_INCOMING);
        socket_start_service(socket, service);
}

void socket_incoming(Socket *socket, Port *port) {
        if (socket->unit.manager->shutting_down) {
                (void)port_watch(port, false);
                return;
        }
        if (!socket_below_limit(socket))
                return;
        if (socket_settings(socket)->accept == ACCEPT_YES)
                socket_accept(socket, port);
        else
                socket_trigger(socket);
}

void socket_shut_down(Socket *socket, const Port *port) {
        unit_set_failure(&socket->unit, "%s %s", port->address->text,
                         address_is_socket(port->address) ? "was shut down by a service that had it"
                                                          : "has hung up");
        socket_handle(socket, SOCKET_EVENT_SERVICE_FAILED);
}

/* ---- giving ---- */

static void socket_provide(Unit *unit, Recipient *recipient) {
        Socket *socket = SOCKET(unit);
        const Unit *service = manager_find_unit(unit->manager, recipient->label);
        if (service && exec_wants_socket(service->settings))
                return; /* it has it, as its standard input */
        if (socket_has_instance(socket, recipient->label))
                socket_provide_connection(socket, recipient);
        else if (socket_settings(socket)->accept == ACCEPT_NO)
                socket_provide_listeners(socket, recipient);
}

/* ---- the rest of the vtable ---- */

static void socket_reset(Unit *unit) {
        if (SOCKET(unit)->state == SOCKET_FAILED && !unit->job)
                socket_handle(SOCKET(unit), SOCKET_EVENT_STOP);
}

static const char *socket_sub_state(const Unit *unit) {
        return socket_state_to_string(SOCKET((Unit *)unit)->state);
}

static void socket_show(Unit *unit, GVariantDict *properties) {
        AcceptCounts counts = socket_accept_counts(SOCKET(unit));
        g_variant_dict_insert(properties, "NAccepted", "t", counts.accepted);
        g_variant_dict_insert(properties, "NConnections", "u", counts.connections);
        g_variant_dict_insert(properties, "NRefused", "t", counts.refused);
        g_variant_dict_insert(properties, "ControlPID", "u",
                              (uint32_t)socket_commands_pid(SOCKET(unit)));
}

const UnitVTable socket_vtable = {
        .size = sizeof(Socket),
        .done = socket_done,
        .start = socket_start,
        .stop = socket_stop,
        .reload = socket_reload,
        .reloaded = socket_reloaded,
        .reset = socket_reset,
        .signal = socket_commands_signal,
        .active_state = socket_active_state,
        .sub_state = socket_sub_state,
        .provide = socket_provide,
        .service_changed = socket_service_changed,
        .show = socket_show,
};
