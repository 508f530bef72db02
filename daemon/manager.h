/* SPDX-License-Identifier: MIT */
/* The manager: one event loop, the table of units, and what they share. It owns everything below;
 * it never blocks. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "unit-path.h"
#include "unit.h"

typedef struct Bus Bus;
typedef struct CgroupTree CgroupTree;
typedef struct NotifySocket NotifySocket;
typedef struct Transport Transport;
typedef struct JobQueue JobQueue;

typedef struct ManagerOptions {
        bool user_mode;
        const char *unit_path;         /* NULL: the defaults */
        const char *runtime_directory; /* NULL: /run/bellhop or $XDG_RUNTIME_DIR/bellhop */
        int ready_fd;                  /* -1: none; gets a newline, then is closed */
} ManagerOptions;

struct Manager {
        sd_event *event;
        bool user_mode;
        bool shutting_down;
        char *runtime_directory;
        int lock_fd; /* one manager per runtime directory */
        UnitPath *unit_path;

        GHashTable *units;  /* name -> Unit *, owned; only complete, loaded units */
        GHashTable *broken; /* name -> first diagnostic, text, of units that don't load */
        GHashTable *warned; /* warnings that were logged about instances since the reload */
        struct Providers *providers;       /* which unit provides for which service */
        struct Dependencies *dependencies; /* who names whom in Requires= and its like */
        JobQueue *jobs;
        GHashTable *unloads; /* set of Unit *, borrowed: forgotten when the loop comes round */
        sd_event_source *unload_source;

        sd_event_source
                *trace_pause;    /* until then no service is looked at again (service-trace.c) */
        bool trace_is_due;       /* one of them is to be, then */
        struct Orphans *orphans; /* children of ours that nobody waits for */

        GHashTable *recipients; /* pid -> Recipient *, borrowed: who can be delivered to */
        GList *visitors; /* Recipients made by deliver --pid, owned; they end with their process */
        GHashTable *commands; /* pid -> Command *, borrowed: command lines that run */
        GHashTable *deferred; /* set of Socket *, borrowed: DeferTrigger= holds them; NULL: none */
        Transport *transport; /* the socket transport, which always will do */
        Transport *kernel_transport; /* NULL: this kernel has no sendfd() */

        CgroupTree *cgroups; /* NULL: no cgroup may be made here */
        NotifySocket *notify;
        Bus *bus;     /* NULL in unit tests */
        int ready_fd; /* --ready-fd, until readiness was told */
};

int manager_new(const ManagerOptions *options, Manager **ret);
Manager *manager_free(Manager *manager);
DEFINE_CLEANUP(Manager, manager_free)

/* Loads every unit file of the path; errors are logged and put into manager->broken.
 * Returns: the units, in the order of their names (g_ptr_array_unref). */
GPtrArray *manager_load_all(Manager *manager);

/* Names in unit files can make instances without end. */
#define MANAGER_UNITS_MAX 65536

/* The unit, loaded from its file if need be (instances of templates are).
 * Returns: 0; -ENOENT; -EBADMSG (the file has errors; the text is in manager->broken); -EMFILE (it
 * can't be read now); -E2BIG (there are MANAGER_UNITS_MAX units; logged). */
int manager_load_unit(Manager *manager, const char *name, Unit **ret);
Unit *manager_find_unit(Manager *manager, const char *name);
/* Forgets a unit that is inactive and has no job. */
void manager_unload_unit(Manager *manager, Unit *unit);
/* The same, from the event loop, for a unit that shall not stay once it is down. */
void manager_consider_unload(Manager *manager, Unit *unit);

/* Of all units that are loaded: unit_reset_failed(). */
void manager_reset_failed(Manager *manager);

/* Whether a warning is to be logged: of the instances of a template each is once, until the next
 * reload. */
bool manager_is_news(Manager *manager, const char *unit, const char *text);

/* What provides for a service: borrowed array, or NULL. Valid until a unit is loaded or unloaded.
 */
GPtrArray *manager_providers(Manager *manager, const char *service);
/* The loaded services that a socket or memfd provides for (g_ptr_array_unref). */
GPtrArray *manager_consumers(Manager *manager, const Unit *unit);
/* Hands what a socket or memfd has to all its services that run. */
void manager_provide(Manager *manager, Unit *unit);

/* Starts the units of these names, or default.target, or of all that are loaded those that nothing
 * else would trigger; then tells readiness. */
int manager_boot(Manager *manager, const GPtrArray *loaded, char *const *names);

/* Stops every unit, in order; the loop ends when all have. */
void manager_shutdown(Manager *manager);

/* Reads all unit files anew (reload.c). Returns: 0; -EBADMSG and *ret_errors (g_strfreev) if a
 * loaded unit's file has become wrong: then nothing has changed, and these are errors only. With 0
 * *ret_errors holds warnings, and errors of files that aren't loaded. */
int manager_reload(Manager *manager, GStrv *ret_errors);

/* `deliver`: hands what the units have to a service that runs, or to any process.
 * Returns: 0, or negative errno with *ret_error (g_free), a text that says what to do. */
int manager_deliver(Manager *manager, Unit *const *units, size_t count, const char *service,
                    pid_t pid, char **ret_error);
