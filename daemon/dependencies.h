/* SPDX-License-Identifier: MIT */
/* Which unit depends on which, the way back: who names a unit in Requires= and its like. Kept while
 * units come and go, so that no request has to look at all units. It borrows the units. After= and
 * Before= aren't in it: jobs find each other (job.c), and half of all units name network.target. */
#pragma once

#include "manager.h"

typedef enum Relation {
        RELATION_REQUIRES = 1 << 0,
        RELATION_REQUISITE = 1 << 1,
        RELATION_WANTS = 1 << 2,
        RELATION_BINDS_TO = 1 << 3,
        RELATION_PART_OF = 1 << 4,
        RELATION_UPHOLDS = 1 << 5,
        RELATION_CONFLICTS = 1 << 6,
        RELATION_STOP_PROPAGATED_FROM = 1 << 7,
        RELATION_RELOAD_PROPAGATED_FROM = 1 << 8,
        /* Not looked up the way back. */
        RELATION_PROPAGATES_STOP_TO = 1 << 9,
        RELATION_PROPAGATES_RELOAD_TO = 1 << 10,
        RELATION_ON_FAILURE = 1 << 11,
        RELATION_ON_SUCCESS = 1 << 12,
} Relation;

/* Who names a unit in these is taken along when it is stopped, or restarted. */
#define RELATIONS_STOPPED \
        (RELATION_REQUIRES | RELATION_REQUISITE | RELATION_BINDS_TO | RELATION_PART_OF)
/* Who names a unit in these, and is up, needs it. */
#define RELATIONS_NEEDED                                                               \
        (RELATION_REQUIRES | RELATION_REQUISITE | RELATION_WANTS | RELATION_BINDS_TO | \
         RELATION_UPHOLDS)

typedef struct Dependencies Dependencies;

Dependencies *dependencies_new(void);
Dependencies *dependencies_free(Dependencies *dependencies);

/* A unit was loaded, or is about to be unloaded or to get other settings. */
void dependencies_add(Dependencies *dependencies, Unit *unit);
void dependencies_remove(Dependencies *dependencies, Unit *unit);

/* The names a unit gives in one of these; NULL: none. Borrowed. */
GStrv settings_names(const UnitSettings *settings, Relation relation);

static inline bool names_contain(GStrv names, const char *name) {
        return names && g_strv_contains((const gchar *const *)names, name);
}

/* The loaded units that name this one, or an alias of it, in any of the relations
 * (g_ptr_array_unref). */
GPtrArray *unit_dependents(const Unit *unit, unsigned int relations);

/* The units that are to reload with these, by PropagatesReloadTo= and ReloadPropagatedFrom=, and
 * those that are with them, ...; none twice, and none of the given ones (g_ptr_array_unref). */
GPtrArray *units_to_reload(Unit *const *units, size_t count);

/* A boolean of [Unit] that is no by default. */
bool settings_flag(const UnitSettings *settings, const char *property);
