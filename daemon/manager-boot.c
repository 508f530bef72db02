/* SPDX-License-Identifier: MIT */
/* The beginning and the end: what is started, how readiness is told, and how all is stopped. */
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "fd.h"
#include "job.h"
#include "log.h"
#include "manager-internal.h"
#include "orphan.h"
#include "providers.h"
#include "unit-load.h"

#define DEFAULT_TARGET "default.target"

/* ---- what to start ---- */

static int boot_add_named(Manager *manager, char *const *names, GPtrArray *units) {
        for (; *names; names++) {
                Unit *unit;
                int r = manager_load_unit(manager, *names, &unit);
                if (r < 0) {
                        const char *why = g_hash_table_lookup(manager->broken, *names);
                        log_error(*names, "not loaded: %s",
                                  why ?: (r == -ENOENT ? "no such unit file" : g_strerror(-r)));
                        return r;
                }
                g_ptr_array_add(units, unit);
        }
        return 0;
}

/* Service -> the socket that would have started it, had its file no errors. */
static GHashTable *find_broken_sockets(Manager *manager) {
        GHashTable *sockets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iterator;
        gpointer name;
        g_hash_table_iter_init(&iterator, manager->broken);
        while (g_hash_table_iter_next(&iterator, &name, NULL)) {
                char *service = unit_load_service(manager->unit_path, name);
                if (service)
                        g_hash_table_insert(sockets, service, name);
        }
        return sockets;
}

/* The names of the services that sockets will start. */
static GHashTable *find_triggered(const GPtrArray *loaded) {
        GHashTable *services = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < loaded->len; i++) {
                UnitSettings *settings = ((Unit *)loaded->pdata[i])->settings;
                char *service = settings->type == UNIT_SOCKET
                                        ? socket_settings_service(SOCKET_SETTINGS(settings))
                                        : NULL;
                if (service)
                        g_hash_table_add(services, service);
        }
        return services;
}

/* What a socket was to start isn't for the boot because the socket's file has a mistake in it. */
static bool boot_takes_service(const char *service, GHashTable *triggered, GHashTable *broken) {
        if (g_hash_table_contains(triggered, service))
                return false;
        const char *name = g_hash_table_lookup(broken, service);
        if (name)
                log_warning(service, "not started: it is for %s to start it, which isn't loaded",
                            name);
        return !name;
}

static void boot_add_all(Manager *manager, const GPtrArray *loaded, GPtrArray *units) {
        g_autoptr(GHashTable) broken = find_broken_sockets(manager);
        g_autoptr(GHashTable) triggered = find_triggered(loaded);
        for (guint i = 0; i < loaded->len; i++) {
                Unit *unit = loaded->pdata[i];
                UnitType type = unit->settings->type;
                if (type == UNIT_SOCKET || type == UNIT_MEMFD ||
                    (type == UNIT_SERVICE && boot_takes_service(unit->name, triggered, broken)))
                        g_ptr_array_add(units, unit);
        }
}

/* A default.target that can't be loaded is not none: whoever wrote it didn't mean "everything". */
static int boot_choose(Manager *manager, const GPtrArray *loaded, char *const *names,
                       GPtrArray *units) {
        char name[] = DEFAULT_TARGET, *const target[] = { name, NULL };
        Unit *unit;
        if (names && *names)
                return boot_add_named(manager, names, units);
        if (manager_load_unit(manager, DEFAULT_TARGET, &unit) != -ENOENT)
                return boot_add_named(manager, target, units);
        boot_add_all(manager, loaded, units);
        return 0;
}

/* ---- readiness ---- */

static void manager_tell_ready(Manager *manager) {
        guint count = g_hash_table_size(manager->units),
              broken = g_hash_table_size(manager->broken);
        const char *plural = count == 1 ? "" : "s";
        if (broken > 0)
                log_info(NULL, "ready, %u unit%s loaded, %u not", count, plural, broken);
        else
                log_info(NULL, "ready, %u unit%s loaded", count, plural);
        sd_notifyf(0, "READY=1\nSTATUS=%u unit%s loaded", count, plural);
        if (manager->ready_fd < 0)
                return;
        if (write(manager->ready_fd, "\n", 1) < 0)
                log_warning(NULL, "--ready-fd: %s", g_strerror(errno));
        manager->ready_fd = fd_close(manager->ready_fd);
}

/* ---- starting ---- */

typedef struct Boot {
        Manager *manager;
        unsigned int pending; /* transactions */
} Boot;

static void boot_release(Boot *boot) {
        if (--boot->pending > 0)
                return;
        if (!boot->manager->shutting_down)
                manager_tell_ready(boot->manager);
        g_free(boot);
}

/* What failed was logged by its unit. */
static void on_booted(void *userdata, GStrv errors) {
        boot_release(userdata);
}

static void boot_start(Boot *boot, Unit *const *units, size_t count) {
        g_autofree char *error = NULL;
        boot->pending++;
        int r = transaction_run(boot->manager, JOB_START, units, count, on_booted, boot, &error);
        if (r >= 0)
                return;
        boot->pending--;
        if (count == 1) {
                unit_set_failure(units[0], "%s", error);
                return;
        }
        /* One that can't be ordered must not keep the others from starting. */
        for (size_t i = 0; i < count; i++)
                boot_start(boot, &units[i], 1);
}

/* The first `enable` makes a default.target, and with it an end of "all sockets". */
static void boot_tell_left_out(const GPtrArray *loaded) {
        const Unit *first = NULL;
        unsigned int count = 0;
        for (guint i = 0; i < loaded->len; i++) {
                Unit *unit = loaded->pdata[i];
                if (!unit->vtable->provide || unit->job)
                        continue;
                first = first ?: unit;
                count++;
        }
        if (count == 1)
                log_info(first->name, "not started: %s doesn't want it", DEFAULT_TARGET);
        if (count > 1)
                log_info(first->name,
                         "not started, nor %u more of the sockets and memfds: %s doesn't want them",
                         count - 1, DEFAULT_TARGET);
}

int manager_boot(Manager *manager, const GPtrArray *loaded, char *const *names) {
        g_autoptr(GPtrArray) units = g_ptr_array_new();
        int r = boot_choose(manager, loaded, names, units);
        if (r < 0)
                return r;
        Boot *boot = g_new0(Boot, 1);
        boot->manager = manager;
        boot->pending = 1;
        if (units->len > 0)
                boot_start(boot, (Unit *const *)units->pdata, units->len);
        if ((!names || !*names) && manager_find_unit(manager, DEFAULT_TARGET))
                boot_tell_left_out(loaded);
        boot_release(boot);
        return 0;
}

/* ---- stopping ---- */

static void on_stopped(void *userdata, GStrv errors) {
        orphans_end(userdata);
}

void manager_shutdown(Manager *manager) {
        if (manager->shutting_down) {
                log_warning(NULL, "asked again to end: not waiting any longer");
                (void)sd_event_exit(manager->event, 0);
                return;
        }
        log_info(NULL, "stopping all units");
        sd_notify(0, "STOPPING=1");
        manager->shutting_down = true;
        g_autoptr(GPtrArray) units = manager_all_units(manager);
        g_autofree char *error = NULL;
        int r = transaction_run(manager, JOB_STOP, (Unit *const *)units->pdata, units->len,
                                on_stopped, manager, &error);
        if (r < 0) {
                log_error(NULL, "%s", error);
                (void)sd_event_exit(manager->event, 0);
        }
}
