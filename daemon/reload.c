/* SPDX-License-Identifier: MIT */
/* daemon-reload: all files are read first; only if no unit that is loaded has become wrong does
 * anything change. Then each unit whose settings differ takes over what it can at once. The cost is
 * that of reading the files. */
#include <malloc.h>
#include <string.h>

#include "bus.h"
#include "dependencies.h"
#include "log.h"
#include "manager-internal.h"
#include "providers.h"
#include "recipient.h"
#include "service.h"
#include "socket.h"
#include "unit-batch.h"
#include "unit-load.h"

typedef struct Reload {
        Manager *manager;
        GHashTable *settings;    /* name -> UnitSettings *, owned: as the files are now */
        GHashTable *broken;      /* what becomes manager->broken */
        GPtrArray *lines;        /* of char *: everything that was found */
        GPtrArray *faults;       /* of char *, borrowed from lines: why it is refused, if it is */
        bool refused;            /* a unit that is loaded has become wrong */
        GHashTable *changed;     /* Unit * that got other settings -> its partners before, owned */
        unsigned int come, gone; /* units */
} Reload;

static void destroy_settings(gpointer settings) {
        settings_unref(settings);
}

static void destroy_partners(gpointer partners) {
        g_ptr_array_unref(partners);
}

static void reload_init(Reload *reload, Manager *manager) {
        *reload = (Reload){
                .manager = manager,
                .settings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, destroy_settings),
                .broken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .lines = g_ptr_array_new_with_free_func(g_free),
                .faults = g_ptr_array_new(),
                .changed = g_hash_table_new_full(NULL, NULL, NULL, destroy_partners),
        };
}

static void reload_done(Reload *reload) {
        g_hash_table_unref(reload->settings);
        g_hash_table_unref(reload->broken);
        g_ptr_array_unref(reload->faults);
        g_ptr_array_unref(reload->lines);
        g_hash_table_unref(reload->changed);
}

/* ---- reading ---- */

/* diagnostics: NULL: none. */
static void reload_note(Reload *reload, const Diagnostics *diagnostics) {
        for (guint i = 0; diagnostics && i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                char *line = diagnostic_to_string(diagnostic);
                g_ptr_array_add(reload->lines, line);
                if (diagnostic->level == DIAGNOSTIC_ERROR)
                        g_ptr_array_add(reload->faults, line);
        }
}

/* Takes the reason: mistakes in other files may be shown, too, and aren't it. */
static void reload_refuse(Reload *reload, char *line) {
        g_ptr_array_add(reload->lines, line);
        g_ptr_array_add(reload->faults, line);
        reload->refused = true;
}

/* Takes over what loading has given, the settings for good. */
static void reload_take(Reload *reload, const char *name, int result, UnitSettings *settings,
                        const Diagnostics *diagnostics) {
        if (result == -ENOENT) /* a mask, or it has gone meanwhile */
                return;
        reload_note(reload, diagnostics);
        if (result >= 0) {
                g_hash_table_replace(reload->settings, settings->name, settings);
        } else if (result == -EBADMSG) {
                manager_note_broken(reload->broken, name, diagnostics);
                if (manager_find_unit(reload->manager, name))
                        reload_refuse(reload,
                                      g_strdup_printf("%s is loaded as its file was before: the "
                                                      "file must be right, or gone",
                                                      name));
        } else {
                g_ptr_array_add(reload->lines,
                                g_strdup_printf("%s: %s", name, g_strerror(-result)));
        }
}

/* A unit that no file is called after. */
static void reload_read(Reload *reload, const char *name) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitSettings *settings = NULL;
        int r = unit_load(reload->manager->unit_path, name, diagnostics, &settings);
        reload_take(reload, name, r, settings, diagnostics);
}

/* What is in a folder that can't be read hasn't gone. */
static void reload_check_lost(Reload *reload, const Diagnostics *diagnostics) {
        GHashTableIter iterator;
        gpointer name, unit;
        if (diagnostics->errors == 0)
                return;
        g_hash_table_iter_init(&iterator, reload->manager->units);
        while (g_hash_table_iter_next(&iterator, &name, &unit)) {
                const char *path = ((Unit *)unit)->settings->path;
                g_autofree char *folder = path ? g_path_get_dirname(path) : NULL;
                if (!folder || g_hash_table_contains(reload->settings, name))
                        continue;
                for (guint i = 0; i < diagnostics->list->len; i++) {
                        const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                        if (diagnostic->level == DIAGNOSTIC_ERROR &&
                            !strcmp(diagnostic->file, folder))
                                reload->refused = true;
                }
        }
}

static void reload_read_all(Reload *reload, size_t threads) {
        GHashTable *units = reload->manager->units;
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GArray) files = unit_path_list_files(reload->manager->unit_path, diagnostics);
        reload_note(reload, diagnostics);
        _cleanup_(unit_batch_free_cleanup) UnitBatch *batch =
                unit_batch_load(reload->manager->unit_path, files, threads);
        for (size_t i = 0; i < batch->count; i++) {
                BatchUnit *loaded = &batch->units[i];
                reload_take(reload, loaded->name, loaded->result, TAKE_POINTER(loaded->settings),
                            loaded->diagnostics);
        }
        /* Instances of templates have no file of their own name; some targets have none at all. */
        GHashTableIter iterator;
        gpointer name, unit;
        g_hash_table_iter_init(&iterator, units);
        while (g_hash_table_iter_next(&iterator, &name, &unit))
                if ((unit_name_is_instance(name) || !((Unit *)unit)->settings->path) &&
                    !g_hash_table_contains(reload->settings, name))
                        reload_read(reload, name);
        reload_check_lost(reload, diagnostics);
}

/* ---- applying ---- */

static bool unit_needs_retry(Unit *unit) {
        return unit->settings->type == UNIT_SOCKET && SOCKET(unit)->incomplete;
}

/* Of a service those that provide for it, of another unit those it provides for. */
static GPtrArray *unit_partners(Unit *unit) {
        if (unit->vtable->provide)
                return manager_consumers(unit->manager, unit);
        GPtrArray *providers = unit->settings->type == UNIT_SERVICE
                                       ? manager_providers(unit->manager, unit->name)
                                       : NULL;
        return providers ? g_ptr_array_copy(providers, NULL, NULL) : g_ptr_array_new();
}

/* Consumes the reference to settings. */
static void reload_change(Reload *reload, Unit *unit, UnitSettings *settings) {
        log_info(unit->name, "its unit file has changed");
        g_hash_table_insert(reload->changed, unit, unit_partners(unit));
        providers_remove(reload->manager->providers, unit);
        dependencies_remove(reload->manager->dependencies, unit);
        if (unit->vtable->reload)
                unit->vtable->reload(unit, settings);
        settings_unref(unit->settings);
        unit->settings = settings;
        providers_add(reload->manager->providers, unit);
        dependencies_add(reload->manager->dependencies, unit);
}

static void reload_apply_settings(Reload *reload) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, reload->settings);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                UnitSettings *settings = value;
                Unit *unit = manager_find_unit(reload->manager, settings->name);
                if (!unit) {
                        manager_add_unit(reload->manager, settings_ref(settings));
                        reload->come++;
                        continue;
                }
                unit->gone = false;
                if (!settings_equal(unit->settings, settings) || unit_needs_retry(unit))
                        reload_change(reload, unit, settings_ref(settings));
        }
}

static void reload_drop_gone(Reload *reload) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, reload->manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;
                if (unit->gone || g_hash_table_contains(reload->settings, unit->name))
                        continue;
                unit->gone = true;
                reload->gone++;
                if (!unit_is_down(unit))
                        log_warning(unit->name, "%s: it stays until it stops",
                                    unit_path_is_masked(reload->manager->unit_path, unit->name)
                                            ? "it is masked now"
                                            : "its unit file has gone");
                manager_consider_unload(reload->manager, unit);
        }
}

/* A socket watches or not by whether there is a service. */
static void reload_tell_sockets(Reload *reload) {
        g_autoptr(GPtrArray) units = manager_all_units(reload->manager);
        for (guint i = 0; i < units->len; i++) {
                Unit *unit = units->pdata[i];
                if (unit->settings->type == UNIT_SOCKET)
                        unit->vtable->reloaded(unit);
        }
}

static void partner_come(Unit *provider, Recipient *recipient) {
        if (!unit_gives_to_all(provider) || unit_active_state(provider) != ACTIVE_ACTIVE)
                return;
        provider->vtable->provide(provider, recipient);
        recipient_ring(recipient);
}

static void partner_gone(Unit *provider, Recipient *recipient) {
        recipient_withdraw(recipient, provider->name, NULL);
}

/* Does it for those partners of a unit that aren't among the others. Of two that have both changed,
 * the service sees to it. */
static void reload_match(Reload *reload, Unit *unit, const GPtrArray *partners, GPtrArray *others,
                         void (*match)(Unit *provider, Recipient *recipient)) {
        bool is_service = unit->settings->type == UNIT_SERVICE;
        for (guint i = 0; i < partners->len; i++) {
                Unit *partner = partners->pdata[i];
                if (g_ptr_array_find(others, partner, NULL) ||
                    (!is_service && g_hash_table_contains(reload->changed, partner)))
                        continue;
                Recipient *recipient = service_recipient(is_service ? unit : partner);
                if (recipient)
                        match(is_service ? partner : unit, recipient);
        }
}

/* Sockets and memfds that have come to a service that runs, or gone from it. */
static void reload_match_partners(Reload *reload) {
        GHashTableIter iterator;
        gpointer unit, before;
        g_hash_table_iter_init(&iterator, reload->changed);
        while (g_hash_table_iter_next(&iterator, &unit, &before)) {
                g_autoptr(GPtrArray) now = unit_partners(unit);
                reload_match(reload, unit, now, before, partner_come);
                reload_match(reload, unit, before, now, partner_gone);
        }
}

static void reload_tell_changed(Reload *reload) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, reload->changed);
        while (g_hash_table_iter_next(&iterator, &value, NULL)) {
                Unit *unit = value;
                if (unit->vtable->reloaded)
                        unit->vtable->reloaded(unit);
        }
}

/* A line of a socket that couldn't be opened: the file is right, and not all of it is in force. */
static void reload_note_incomplete(Reload *reload) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, reload->changed);
        while (g_hash_table_iter_next(&iterator, &value, NULL)) {
                Unit *unit = value;
                if (unit_needs_retry(unit) && unit->failure)
                        g_ptr_array_add(reload->lines, g_strdup_printf("%s: error: %s", unit->name,
                                                                       unit->failure));
        }
}

static void reload_apply(Reload *reload) {
        reload_apply_settings(reload);
        reload_drop_gone(reload);
        GHashTable *broken = reload->manager->broken;
        reload->manager->broken = reload->broken;
        g_hash_table_remove_all(reload->manager->warned);
        reload->broken = broken;
        reload_match_partners(reload);
        reload_tell_changed(reload);
        if (reload->come + reload->gone > 0)
                reload_tell_sockets(reload);
        reload_note_incomplete(reload);
}

static void reload_log(const Reload *reload, const GPtrArray *lines) {
        for (guint i = 0; i < lines->len; i++)
                log_message(reload->refused ? LOG_ERR : LOG_WARNING, NULL, "%s",
                            (const char *)lines->pdata[i]);
        if (reload->refused)
                log_error(NULL, "reload refused, nothing has changed");
        else
                log_info(NULL, "reloaded: %u changed, %u new, %u gone",
                         g_hash_table_size(reload->changed), reload->come, reload->gone);
}

int manager_reload(Manager *manager, GStrv *ret_errors) {
        Reload reload;
        int r = manager_check_room(manager, UNIT_BATCH_THREADS_MAX);
        reload_init(&reload, manager);
        if (r >= 0) {
                recipients_look(manager); /* who has what decides what may be closed */
                reload_read_all(&reload, (size_t)r);
        } else {
                reload_refuse(&reload,
                              g_strdup_printf("no file can be read now: %s", g_strerror(-r)));
        }
        if (!reload.refused)
                reload_apply(&reload);
        GPtrArray *answer = reload.refused ? reload.faults : reload.lines;
        reload_log(&reload, answer);
        if (!reload.refused)
                bus_emit_reloaded(manager->bus);
        g_ptr_array_add(answer, NULL);
        *ret_errors = g_strdupv((GStrv)answer->pdata);
        r = reload.refused ? -EBADMSG : 0;
        reload_done(&reload);
        (void)malloc_trim(0); /* for a moment there were the settings of all units twice */
        return r;
}
