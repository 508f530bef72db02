/* SPDX-License-Identifier: MIT */
/* What all unit types have in common at run time. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "bus.h"
#include "clock.h"
#include "follow.h"
#include "job.h"
#include "log.h"
#include "manager.h"
#include "socket.h"
#include "unit-condition.h"

static const char *const active_state_names[] = {
        [ACTIVE_INACTIVE] = "inactive", [ACTIVE_ACTIVATING] = "activating",
        [ACTIVE_ACTIVE] = "active",     [ACTIVE_DEACTIVATING] = "deactivating",
        [ACTIVE_FAILED] = "failed",
};
_Static_assert(ARRAY_SIZE(active_state_names) == ACTIVE_STATE_COUNT, "a name per state");

static const UnitVTable *const vtables[] = {
        [UNIT_SERVICE] = &service_vtable,
        [UNIT_SOCKET] = &socket_vtable,
        [UNIT_MEMFD] = &memfd_vtable,
        [UNIT_TARGET] = &target_vtable,
};
_Static_assert(ARRAY_SIZE(vtables) == UNIT_TYPE_COUNT, "a vtable per type");

const char *active_state_to_string(ActiveState state) {
        return active_state_names[state];
}

Unit *unit_new(Manager *manager, UnitSettings *settings) {
        const UnitVTable *vtable = vtables[settings->type];
        size_t name_size = strlen(settings->name) + 1;
        Unit *unit = g_malloc0(vtable->size + name_size);
        unit->manager = manager;
        unit->vtable = vtable;
        unit->settings = settings;
        unit->name = memcpy((char *)unit + vtable->size, settings->name, name_size);
        if (vtable->init)
                vtable->init(unit);
        return unit;
}

Unit *unit_free(Unit *unit) {
        if (!unit)
                return NULL;
        job_cancel(unit);
        g_hash_table_remove(unit->manager->unloads, unit);
        if (unit->vtable->done)
                unit->vtable->done(unit);
        unit_forget_condition(unit);
        settings_unref(unit->settings);
        g_free(unit->failure);
        g_free(unit);
        return NULL;
}

ActiveState unit_active_state(const Unit *unit) {
        return unit->vtable->active_state(unit);
}

bool unit_is_down(const Unit *unit) {
        ActiveState state = unit_active_state(unit);
        return state == ACTIVE_INACTIVE || state == ACTIVE_FAILED;
}

const char *unit_sub_state(const Unit *unit) {
        return unit->vtable->sub_state(unit);
}

const char *unit_description(const Unit *unit) {
        return unit->settings->description ?: unit->name;
}

void unit_set_failure(Unit *unit, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        char *failure = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_free(unit->failure);
        unit->failure = failure;
        log_error(unit->name, "%s", failure);
}

void unit_clear_failure(Unit *unit) {
        g_clear_pointer(&unit->failure, g_free);
}

void unit_reset_failed(Unit *unit) {
        ratelimit_reset(&unit->start_limit);
        if (unit->vtable->reset)
                unit->vtable->reset(unit);
        if (unit_is_down(unit) && !unit->job)
                unit_clear_failure(unit);
}

void unit_tell_providers(Unit *service) {
        GPtrArray *providers = manager_providers(service->manager, service->name);
        for (guint i = 0; providers && i < providers->len; i++) {
                Unit *provider = providers->pdata[i];
                if (provider->vtable->service_changed)
                        provider->vtable->service_changed(provider, service);
        }
}

/* The lives of services are news; those of a service per connection, and of thousands of sockets,
 * would drown them. */
static int unit_log_level(const Unit *unit) {
        return unit->settings->type == UNIT_SERVICE && !unit->transient ? LOG_INFO : LOG_DEBUG;
}

void unit_state_changed(Unit *unit, ActiveState old_active, const char *old_sub) {
        unit->state_usec = clock_usec(CLOCK_REALTIME);
        if (!g_str_equal(old_sub, unit_sub_state(unit)))
                log_message(unit_log_level(unit), unit->name, "%s -> %s", old_sub,
                            unit_sub_state(unit));
        if (unit->settings->type == UNIT_SERVICE)
                unit_tell_providers(unit);
        follow_state(unit, old_active);
        job_unit_changed(unit);
        socket_look_at_deferred(unit->manager);
        bus_emit_unit_changed(unit->manager->bus, unit);
        manager_consider_unload(unit->manager, unit);
}
