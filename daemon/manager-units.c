/* SPDX-License-Identifier: MIT */
/* The table of units: loading, finding, forgetting. */
#include <unistd.h>

#include "dependencies.h"
#include "fd.h"
#include "job.h"
#include "log.h"
#include "manager-internal.h"
#include "providers.h"
#include "unit-batch.h"
#include "unit-load.h"

Unit *manager_find_unit(Manager *manager, const char *name) {
        return g_hash_table_lookup(manager->units, name);
}

GPtrArray *manager_all_units(Manager *manager) {
        GPtrArray *units = g_ptr_array_sized_new(g_hash_table_size(manager->units));
        GHashTableIter iterator;
        gpointer unit;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &unit))
                g_ptr_array_add(units, unit);
        return units;
}

Unit *manager_add_unit(Manager *manager, UnitSettings *settings) {
        Unit *unit = unit_new(manager, settings);
        g_hash_table_insert(manager->units, unit->name, unit);
        providers_add(manager->providers, unit);
        dependencies_add(manager->dependencies, unit);
        return unit;
}

/* ---- loading ---- */

void manager_note_broken(GHashTable *broken, const char *name, const Diagnostics *diagnostics) {
        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                if (diagnostic->level != DIAGNOSTIC_ERROR)
                        continue;
                g_hash_table_insert(broken, g_strdup(name), diagnostic_to_string(diagnostic));
                return;
        }
        g_hash_table_insert(broken, g_strdup(name), g_strdup("its file has errors"));
}

/* Lines in manager->warned, so that a busy machine's instances don't fill it. */
#define WARNED_MAX 1024

/* A template has an instance for each connection, and one and the same thing wrong in all. */
bool manager_is_news(Manager *manager, const char *unit, const char *text) {
        g_autofree char *template_ = unit_name_template(unit);
        if (!template_)
                return true;
        if (g_hash_table_size(manager->warned) >= WARNED_MAX)
                g_hash_table_remove_all(manager->warned);
        return g_hash_table_add(manager->warned, g_strdup_printf("%s: %s", template_, text));
}

/* diagnostics: NULL: none. */
static void log_diagnostics(Manager *manager, const char *unit, const Diagnostics *diagnostics) {
        for (guint i = 0; diagnostics && i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                g_autofree char *text = diagnostic_to_string(diagnostic);
                if (diagnostic->level == DIAGNOSTIC_ERROR || !unit ||
                    manager_is_news(manager, unit, text))
                        log_message(diagnostic->level == DIAGNOSTIC_ERROR ? LOG_ERR : LOG_WARNING,
                                    unit, "%s", text);
        }
}

/* As many as are open at a time while a unit is loaded. */
#define LOAD_DESCRIPTORS 4

int manager_check_room(Manager *manager, size_t units) {
        int fds[LOAD_DESCRIPTORS * UNIT_BATCH_THREADS_MAX], r = 0;
        size_t count = 0, wanted = MIN(LOAD_DESCRIPTORS * units, ARRAY_SIZE(fds));
        while (r >= 0 && count < wanted) {
                fds[count] = fd_dup(sd_event_get_fd(manager->event));
                r = fds[count] < 0 ? -EMFILE : 0; /* or -EINVAL, with a very low limit */
                count += r >= 0;
        }
        int room = (int)(count / LOAD_DESCRIPTORS);
        while (count > 0)
                fd_close(fds[--count]);
        return room > 0 ? room : r;
}

static bool is_full(const Manager *manager, const char *name) {
        if (g_hash_table_size(manager->units) < MANAGER_UNITS_MAX)
                return false;
        log_error(name, "not loaded: there are %d units", MANAGER_UNITS_MAX);
        return true;
}

/* Makes a unit of what loading has given, of which the settings are taken over. */
static int take_loaded(Manager *manager, const char *name, int result, UnitSettings *settings,
                       const Diagnostics *diagnostics, Unit **ret) {
        if (result == -ENOENT) /* whoever needs it says so, and why: it may be masked */
                return result;
        log_diagnostics(manager, name, diagnostics);
        if (result == -EBADMSG)
                manager_note_broken(manager->broken, name, diagnostics);
        if (result < 0)
                return result;
        if (is_full(manager, name)) {
                settings_unref(settings);
                return -E2BIG;
        }
        *ret = manager_add_unit(manager, settings);
        return 0;
}

int manager_load_unit(Manager *manager, const char *name, Unit **ret) {
        Unit *unit = manager_find_unit(manager, name);
        if (unit) {
                *ret = unit;
                return 0;
        }
        /* A file that can't be opened now would count as wrong until the next reload. */
        int r = manager_check_room(manager, 1);
        if (r < 0)
                return r;
        unit_path_refresh(manager->unit_path);
        g_autofree char *own_name = unit_path_resolve(manager->unit_path, name);
        unit = manager_find_unit(manager, own_name);
        if (unit) {
                *ret = unit;
                return 0;
        }
        if (is_full(manager, name))
                return -E2BIG;
        /* As it was when it was read; a reload reads it again. */
        if (g_hash_table_contains(manager->broken, name))
                return -EBADMSG;
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        r = unit_load(manager->unit_path, name, diagnostics, &settings);
        return take_loaded(manager, name, r, settings, diagnostics, ret);
}

static void load_listed(Manager *manager, size_t threads, GPtrArray *units) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GArray) files = unit_path_list_files(manager->unit_path, diagnostics);
        log_diagnostics(manager, NULL, diagnostics);
        _cleanup_(unit_batch_free_cleanup) UnitBatch *batch =
                unit_batch_load(manager->unit_path, files, threads);
        for (size_t i = 0; i < batch->count; i++) {
                BatchUnit *loaded = &batch->units[i];
                Unit *unit;
                if (take_loaded(manager, loaded->name, loaded->result,
                                TAKE_POINTER(loaded->settings), loaded->diagnostics, &unit) >= 0)
                        g_ptr_array_add(units, unit);
        }
}

GPtrArray *manager_load_all(Manager *manager) {
        GPtrArray *units = g_ptr_array_new();
        int r = manager_check_room(manager, UNIT_BATCH_THREADS_MAX);
        if (r >= 0)
                load_listed(manager, (size_t)r, units);
        else
                log_error(NULL, "no unit file can be read: %s", g_strerror(-r));
        return units;
}

void manager_reset_failed(Manager *manager) {
        g_autoptr(GPtrArray) units = manager_all_units(manager);
        for (guint i = 0; i < units->len; i++)
                unit_reset_failed(units->pdata[i]);
}

/* ---- forgetting ---- */

static bool unit_is_unneeded(const Unit *unit) {
        return (unit->transient || unit->gone) && unit_is_down(unit) && !unit->job;
}

void manager_unload_unit(Manager *manager, Unit *unit) {
        g_hash_table_remove(manager->unloads, unit);
        g_hash_table_remove(manager->units, unit->name);
        providers_remove(manager->providers, unit);
        dependencies_remove(manager->dependencies, unit);
        unit_free(unit);
}

void manager_consider_unload(Manager *manager, Unit *unit) {
        if (!unit_is_unneeded(unit) || manager->shutting_down)
                return;
        g_hash_table_add(manager->unloads, unit);
        sd_event_source_set_enabled(manager->unload_source, SD_EVENT_ONESHOT);
}

static int on_unload(sd_event_source *source, void *userdata) {
        Manager *manager = userdata;
        g_autoptr(GPtrArray) units = g_ptr_array_new();
        GHashTableIter iterator;
        gpointer unit;
        g_hash_table_iter_init(&iterator, manager->unloads);
        while (g_hash_table_iter_next(&iterator, &unit, NULL)) {
                g_hash_table_iter_remove(&iterator);
                g_ptr_array_add(units, unit);
        }
        for (guint i = 0; i < units->len; i++)
                if (unit_is_unneeded(units->pdata[i]))
                        manager_unload_unit(manager, units->pdata[i]);
        return 0;
}

int manager_add_unload_source(Manager *manager) {
        int r = sd_event_add_defer(manager->event, &manager->unload_source, on_unload, manager);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(manager->unload_source, SD_EVENT_OFF);
}
