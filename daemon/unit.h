/* SPDX-License-Identifier: MIT */
/* A unit at run time: what all types have in common. Each type (service, socket, memfd, target) is
 * a struct that begins with a Unit, and a UnitVTable. A unit owns its settings and its type's
 * resources; it is owned by the manager's table. It never starts another unit but through a job. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "ratelimit.h"
#include "settings.h"

typedef struct Manager Manager;
typedef struct Job Job;
typedef struct Recipient Recipient;
typedef struct Unit Unit;
typedef struct UnitChecks UnitChecks;

/* What the outside sees, as in systemd; each type maps its own states to these. */
typedef enum ActiveState {
        ACTIVE_INACTIVE,
        ACTIVE_ACTIVATING,
        ACTIVE_ACTIVE,
        ACTIVE_DEACTIVATING,
        ACTIVE_FAILED,
        ACTIVE_STATE_COUNT,
} ActiveState;

const char *active_state_to_string(ActiveState state); /* "active" */

/* Who of a unit's processes. */
typedef enum SignalTarget {
        SIGNAL_MAIN,
        SIGNAL_CONTROL, /* a command that runs beside it, or before and after */
        SIGNAL_ALL,
        SIGNAL_TARGET_COUNT,
} SignalTarget;

typedef struct UnitVTable {
        size_t size; /* of the type's struct */

        void (*init)(Unit *unit); /* zeroed memory, manager, name and settings are set */
        void (*done)(Unit *unit); /* lets go of everything, at once, whatever the state */

        /* Begins to start or stop; the job ends when the active state says so. Returns: 0 (also
         * when there is nothing to do), or negative errno after unit_set_failure(). */
        int (*start)(Unit *unit);
        int (*stop)(Unit *unit);

        /* New settings after daemon-reload: takes over what changed. unit->settings still is the
         * old one; the caller swaps afterwards. NULL: nothing to do. */
        void (*reload)(Unit *unit, UnitSettings *settings);
        /* After all units have their new settings. NULL: nothing to do. */
        void (*reloaded)(Unit *unit);

        /* Forgets how it ended, and how often it was started: failed becomes dead. NULL: it can't
         * fail. */
        void (*reset)(Unit *unit);

        /* `kill`: signals its processes. Returns: 0; -ESRCH there is none. NULL: it never has any.
         */
        int (*signal)(Unit *unit, SignalTarget target, int sig);

        ActiveState (*active_state)(const Unit *unit);
        const char *(*sub_state)(const Unit *unit); /* "listening" */

        /* Sockets and memfds: adds what this unit has for a recipient (recipient_deliver()); the
         * caller rings. NULL: nothing to give. */
        void (*provide)(Unit *unit, Recipient *recipient);

        /* Sockets and memfds: a service they provide for has changed its state. NULL: don't care.
         */
        void (*service_changed)(Unit *unit, Unit *service);

        /* Adds the runtime properties of `bellhopctl show` and `status` ("MainPID", ...). */
        void (*show)(Unit *unit, GVariantDict *properties);
} UnitVTable;

struct Unit {
        Manager *manager;
        const UnitVTable *vtable;
        UnitSettings *settings; /* one reference */
        char *name;             /* behind the type's struct */
        Job *job;               /* the one pending job, or NULL; owned by the job queue */
        char *failure; /* step and errno of the last failure: "bind [::]:80: Address in use" */
        uint64_t state_usec;   /* CLOCK_REALTIME of the last change of state */
        UnitChecks *checks;    /* of its conditions (unit-condition.c); NULL: nothing to tell */
        RateLimit start_limit; /* its type says whether, and when, a start counts */
        bool transient;        /* an instance made by Accept=yes: unloaded when it ends */
        bool gone;             /* its file has gone: unloaded when it ends */
};

extern const UnitVTable service_vtable, socket_vtable, memfd_vtable, target_vtable;

/* Made by manager_load_unit() only. consumes the reference to settings. */
Unit *unit_new(Manager *manager, UnitSettings *settings);
Unit *unit_free(Unit *unit);

ActiveState unit_active_state(const Unit *unit);
bool unit_is_down(const Unit *unit); /* inactive or failed */
const char *unit_sub_state(const Unit *unit);
const char *unit_description(const Unit *unit); /* the name where there is none */

/* Remembers why, logs it as an error of the unit. Format gives "step: reason". */
void unit_set_failure(Unit *unit, const char *format, ...) _printf_(2, 3);
void unit_clear_failure(Unit *unit);
/* `reset-failed`: as if it had never failed, nor been started. While a job is at work on it only
 * its counters are reset. */
void unit_reset_failed(Unit *unit);

/* Every state setter ends with this: stamps the time, logs old -> new, tells jobs, the bus and
 * those that provide for a service. old_active is the active state before the change. */
void unit_state_changed(Unit *unit, ActiveState old_active, const char *old_sub);

/* Tells the sockets and memfds that provide for a service that it, or its job, has changed. */
void unit_tell_providers(Unit *service);
