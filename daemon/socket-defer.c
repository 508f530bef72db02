/* SPDX-License-Identifier: MIT */
/* DeferTrigger=: what has come in waits while a unit that the service conflicts with is up, instead
 * of bringing that one down. */
#include "dependencies.h"
#include "directive.h"
#include "log.h"
#include "manager.h"
#include "socket.h"

struct SocketDeferral {
        sd_event_source *look;  /* from the event loop: the change may be half done */
        sd_event_source *timer; /* DeferTriggerMaxSec=; NULL: as long as it takes */
};

static DeferTrigger defer_mode(const Socket *socket) {
        const DeferTrigger *mode = settings_given(socket->unit.settings, "DeferTrigger");
        return mode ? *mode : DEFER_TRIGGER_NO;
}

/* ---- the conflict ---- */

/* The first unit that is up and can't be together with the service. Conflicts= goes both ways. */
static Unit *find_conflict(const Unit *service) {
        GStrv names = settings_names(service->settings, RELATION_CONFLICTS);
        for (char **name = names; name && *name; name++) {
                Unit *other = manager_find_unit(service->manager, *name);
                if (other && !unit_is_down(other))
                        return other;
        }
        g_autoptr(GPtrArray) others = unit_dependents(service, RELATION_CONFLICTS);
        for (guint i = 0; i < others->len; i++)
                if (!unit_is_down(others->pdata[i]))
                        return others->pdata[i];
        return NULL;
}

static bool manager_has_jobs(Manager *manager) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value))
                if (((Unit *)value)->job)
                        return true;
        return false;
}

bool socket_must_defer(Socket *socket, Unit *service) {
        return defer_mode(socket) != DEFER_TRIGGER_NO && find_conflict(service);
}

/* ---- waiting ---- */

static void socket_give_up(Socket *socket, const Unit *conflict, const char *why) {
        unit_set_failure(&socket->unit, "deferred trigger: %s is still up %s",
                         conflict ? conflict->name : "a unit", why);
        socket_handle(socket, SOCKET_EVENT_LIMIT);
}

static Unit *socket_find_conflict(Socket *socket) {
        g_autofree char *name = socket_settings_service(SOCKET_SETTINGS(socket->unit.settings));
        Unit *service;
        if (manager_load_unit(socket->unit.manager, name, &service) < 0)
                return NULL; /* the trigger will say so */
        return find_conflict(service);
}

static int on_look(sd_event_source *source, void *userdata) {
        Socket *socket = userdata;
        Unit *conflict = socket_find_conflict(socket);
        if (!conflict || defer_mode(socket) == DEFER_TRIGGER_NO)
                socket_trigger(socket);
        else if (defer_mode(socket) == DEFER_TRIGGER_YES && !manager_has_jobs(socket->unit.manager))
                socket_give_up(socket, conflict, "and no job is left that could end it");
        return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Socket *socket = userdata;
        socket_give_up(socket, socket_find_conflict(socket), "after DeferTriggerMaxSec=");
        return 0;
}

static int deferral_add_sources(Socket *socket, SocketDeferral *deferral) {
        const uint64_t *limit = settings_value(socket->unit.settings, "DeferTriggerMaxUSec");
        sd_event *event = socket->unit.manager->event;
        int r = sd_event_add_defer(event, &deferral->look, on_look, socket);
        if (r < 0 || *limit == TIME_INFINITY)
                return r;
        return sd_event_add_time_relative(event, &deferral->timer, CLOCK_MONOTONIC, *limit,
                                          USEC_PER_MSEC, on_time, socket);
}

void socket_defer_begin(Socket *socket, Unit *service) {
        Manager *manager = socket->unit.manager;
        if (socket->deferral || socket->state != SOCKET_DEFERRED)
                return;
        log_info(socket->unit.name, "%s waits until what it conflicts with is down", service->name);
        socket->deferral = g_new0(SocketDeferral, 1);
        if (!manager->deferred)
                manager->deferred = g_hash_table_new(NULL, NULL);
        g_hash_table_add(manager->deferred, socket);
        int r = deferral_add_sources(socket, socket->deferral);
        if (r < 0) {
                unit_set_failure(&socket->unit, "deferred trigger: %s", g_strerror(-r));
                socket_handle(socket, SOCKET_EVENT_LIMIT);
        }
}

void socket_defer_end(Socket *socket) {
        Manager *manager = socket->unit.manager;
        if (!socket->deferral)
                return;
        sd_event_source_disable_unref(socket->deferral->look);
        sd_event_source_disable_unref(socket->deferral->timer);
        g_clear_pointer(&socket->deferral, g_free);
        g_hash_table_remove(manager->deferred, socket);
        if (g_hash_table_size(manager->deferred) == 0)
                g_clear_pointer(&manager->deferred, g_hash_table_unref);
}

void socket_look_at_deferred(Manager *manager) {
        GHashTableIter iterator;
        gpointer value;
        if (!manager->deferred)
                return;
        g_hash_table_iter_init(&iterator, manager->deferred);
        while (g_hash_table_iter_next(&iterator, &value, NULL))
                (void)sd_event_source_set_enabled(((Socket *)value)->deferral->look,
                                                  SD_EVENT_ONESHOT);
}
