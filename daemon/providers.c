/* SPDX-License-Identifier: MIT */
/* Which socket and memfd provides for which service. */
#include "providers.h"

#include "recipient.h"
#include "service.h"
#include "socket.h"

struct Providers {
        GHashTable *by_service;  /* service name -> GPtrArray of units whose Service= names it */
        GHashTable *by_provider; /* unit name -> GPtrArray of services whose Sockets= or Memfds=
                                    names it */
        GHashTable *answers;     /* service name -> GPtrArray of Unit *, or NULL: none */
};

static void array_free(gpointer array) {
        if (array)
                g_ptr_array_unref(array);
}

Providers *providers_new(void) {
        Providers *providers = g_new0(Providers, 1);
        providers->by_service = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
        providers->by_provider = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
        providers->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
        return providers;
}

Providers *providers_free(Providers *providers) {
        if (!providers)
                return NULL;
        g_hash_table_unref(providers->by_service);
        g_hash_table_unref(providers->by_provider);
        g_hash_table_unref(providers->answers);
        g_free(providers);
        return NULL;
}

/* ---- the index ---- */

typedef void (*IndexChange)(GHashTable *index, const char *name, Unit *unit);

static void index_add(GHashTable *index, const char *name, Unit *unit) {
        GPtrArray *units = g_hash_table_lookup(index, name);
        if (!units) {
                units = g_ptr_array_new();
                g_hash_table_insert(index, g_strdup(name), units);
        }
        if (!g_ptr_array_find(units, unit, NULL))
                g_ptr_array_add(units, unit);
}

static void index_remove(GHashTable *index, const char *name, Unit *unit) {
        GPtrArray *units = g_hash_table_lookup(index, name);
        if (!units)
                return;
        g_ptr_array_remove(units, unit);
        if (units->len == 0)
                g_hash_table_remove(index, name);
}

static void index_change_all(GHashTable *index, GStrv names, Unit *unit, IndexChange change) {
        for (char **name = names; name && *name; name++)
                change(index, *name, unit);
}

static void providers_change(Providers *providers, Unit *unit, IndexChange change) {
        switch (unit->settings->type) {
        case UNIT_SERVICE: {
                ServiceSettings *settings = SERVICE_SETTINGS(unit->settings);
                index_change_all(providers->by_provider, settings->sockets, unit, change);
                index_change_all(providers->by_provider, settings->memfds, unit, change);
                g_hash_table_remove(providers->answers, unit->name);
                return;
        }
        case UNIT_SOCKET:
                if (SOCKET_SETTINGS(unit->settings)->service)
                        change(providers->by_service, SOCKET_SETTINGS(unit->settings)->service,
                               unit);
                break;
        case UNIT_MEMFD:
                index_change_all(providers->by_service, MEMFD_SETTINGS(unit->settings)->services,
                                 unit, change);
                break;
        case UNIT_TARGET:
        case UNIT_TYPE_COUNT:
        case UNIT_TYPE_INVALID:
                return;
        }
        g_hash_table_remove_all(providers->answers);
}

void providers_add(Providers *providers, Unit *unit) {
        providers_change(providers, unit, index_add);
}

void providers_remove(Providers *providers, Unit *unit) {
        providers_change(providers, unit, index_remove);
}

/* ---- what provides for a service ---- */

static void array_add_once(GPtrArray *units, Unit *unit) {
        if (unit && !g_ptr_array_find(units, unit, NULL))
                g_ptr_array_add(units, unit);
}

/* The unit of the same name, if its own file doesn't name another service. */
static Unit *manager_namesake(Manager *manager, const char *service, UnitType type) {
        g_autofree char *name = unit_name_change_type(service, type);
        Unit *unit = manager_find_unit(manager, name);
        if (!unit)
                return NULL;
        bool elsewhere = type == UNIT_SOCKET ? SOCKET_SETTINGS(unit->settings)->service != NULL
                                             : MEMFD_SETTINGS(unit->settings)->services != NULL;
        return elsewhere ? NULL : unit;
}

static void add_named(Manager *manager, GPtrArray *units, GStrv names) {
        for (char **name = names; name && *name; name++)
                array_add_once(units, manager_find_unit(manager, *name));
}

static void add_indexed(Manager *manager, GPtrArray *units, const char *service) {
        GPtrArray *indexed = g_hash_table_lookup(manager->providers->by_service, service);
        for (guint i = 0; indexed && i < indexed->len; i++)
                array_add_once(units, indexed->pdata[i]);
}

/* The socket that accepts the connections an instance is made for: web@0-1-2.service is of
 * web.socket. */
static void add_acceptors(Manager *manager, GPtrArray *units, const char *instance) {
        g_autofree char *template_ = unit_name_template(instance);
        g_autofree char *prefix = unit_name_prefix(instance);
        g_autofree char *service = g_strconcat(prefix, ".service", NULL);
        g_autoptr(GPtrArray) candidates = g_ptr_array_new();
        array_add_once(candidates, manager_namesake(manager, service, UNIT_SOCKET));
        add_indexed(manager, candidates, template_);
        for (guint i = 0; i < candidates->len; i++) {
                Unit *unit = candidates->pdata[i];
                if (unit->settings->type == UNIT_SOCKET &&
                    (SOCKET_SETTINGS(unit->settings)->accept == ACCEPT_YES ||
                     socket_has_instance(SOCKET(unit), instance)))
                        array_add_once(units, unit);
        }
}

static GPtrArray *manager_find_providers(Manager *manager, const char *service) {
        GPtrArray *units = g_ptr_array_new();
        array_add_once(units, manager_namesake(manager, service, UNIT_SOCKET));
        array_add_once(units, manager_namesake(manager, service, UNIT_MEMFD));
        add_indexed(manager, units, service);
        if (unit_name_is_instance(service))
                add_acceptors(manager, units, service);
        Unit *unit = manager_find_unit(manager, service);
        if (unit) {
                add_named(manager, units, SERVICE_SETTINGS(unit->settings)->sockets);
                add_named(manager, units, SERVICE_SETTINGS(unit->settings)->memfds);
        }
        return units;
}

GPtrArray *manager_providers(Manager *manager, const char *service) {
        GHashTable *answers = manager->providers->answers;
        gpointer answer;
        if (g_hash_table_lookup_extended(answers, service, NULL, &answer))
                return answer;
        GPtrArray *units = manager_find_providers(manager, service);
        if (units->len == 0)
                g_clear_pointer(&units, g_ptr_array_unref);
        g_hash_table_insert(answers, g_strdup(service), units);
        return units;
}

/* ---- what a unit provides for ---- */

bool unit_gives_to_all(const Unit *unit) {
        return unit->vtable->provide && (unit->settings->type != UNIT_SOCKET ||
                                         SOCKET_SETTINGS(unit->settings)->accept == ACCEPT_NO);
}

static void add_service(Manager *manager, GPtrArray *services, const char *name) {
        Unit *unit = manager_find_unit(manager, name);
        if (unit && unit->settings->type == UNIT_SERVICE)
                array_add_once(services, unit);
}

GPtrArray *manager_consumers(Manager *manager, const Unit *unit) {
        GPtrArray *services = g_ptr_array_new();
        GStrv named = unit->settings->type == UNIT_MEMFD ? MEMFD_SETTINGS(unit->settings)->services
                                                         : NULL;
        g_autofree char *own = unit->settings->type == UNIT_SOCKET
                                       ? socket_settings_service(SOCKET_SETTINGS(unit->settings))
                                       : unit_name_change_type(unit->name, UNIT_SERVICE);
        if (!named)
                add_service(manager, services, own);
        for (char **name = named; name && *name; name++)
                add_service(manager, services, *name);
        GPtrArray *indexed = g_hash_table_lookup(manager->providers->by_provider, unit->name);
        for (guint i = 0; indexed && i < indexed->len; i++)
                array_add_once(services, indexed->pdata[i]);
        return services;
}

void manager_provide(Manager *manager, Unit *unit) {
        g_autoptr(GPtrArray) services = manager_consumers(manager, unit);
        for (guint i = 0; i < services->len; i++) {
                Recipient *recipient = service_recipient(services->pdata[i]);
                if (!recipient)
                        continue;
                unit->vtable->provide(unit, recipient);
                recipient_ring(recipient);
        }
}
