/* SPDX-License-Identifier: MIT */
/* The index of dependencies: name -> units that name it, with the relations they have to it. */
#include "dependencies.h"

#include "directive.h"

#define RELATIONS_INDEXED (RELATION_PROPAGATES_STOP_TO - 1)

struct Dependencies {
        GHashTable *by_name; /* name -> GArray of Dependent */
};

typedef struct Dependent {
        Unit *unit;
        unsigned int relations;
} Dependent;

static const struct {
        Relation relation;
        const char *property;
} rows[] = {
        { RELATION_REQUISITE, "Requisite" },
        { RELATION_BINDS_TO, "BindsTo" },
        { RELATION_PART_OF, "PartOf" },
        { RELATION_UPHOLDS, "Upholds" },
        { RELATION_CONFLICTS, "Conflicts" },
        { RELATION_STOP_PROPAGATED_FROM, "StopPropagatedFrom" },
        { RELATION_RELOAD_PROPAGATED_FROM, "ReloadPropagatedFrom" },
        { RELATION_PROPAGATES_STOP_TO, "PropagatesStopTo" },
        { RELATION_PROPAGATES_RELOAD_TO, "PropagatesReloadTo" },
        { RELATION_ON_FAILURE, "OnFailure" },
        { RELATION_ON_SUCCESS, "OnSuccess" },
};

GStrv settings_names(const UnitSettings *settings, Relation relation) {
        if (relation == RELATION_REQUIRES)
                return settings->requires;
        if (relation == RELATION_WANTS)
                return settings->wants;
        for (size_t i = 0; settings->sparse && i < ARRAY_SIZE(rows); i++)
                if (rows[i].relation == relation) {
                        const GStrv *names = settings_given(settings, rows[i].property);
                        return names ? *names : NULL;
                }
        return NULL;
}

bool settings_flag(const UnitSettings *settings, const char *property) {
        const bool *flag = settings->sparse ? settings_given(settings, property) : NULL;
        return flag && *flag;
}

Dependencies *dependencies_new(void) {
        Dependencies *dependencies = g_new0(Dependencies, 1);
        dependencies->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                      (GDestroyNotify)g_array_unref);
        return dependencies;
}

Dependencies *dependencies_free(Dependencies *dependencies) {
        if (!dependencies)
                return NULL;
        g_hash_table_unref(dependencies->by_name);
        g_free(dependencies);
        return NULL;
}

/* A unit's own entries come one after the other, so that the last one is the one to look at. */
static void index_add(Dependencies *dependencies, const char *name, Unit *unit, Relation relation) {
        GArray *units = g_hash_table_lookup(dependencies->by_name, name);
        if (!units) {
                units = g_array_new(FALSE, FALSE, sizeof(Dependent));
                g_hash_table_insert(dependencies->by_name, g_strdup(name), units);
        }
        Dependent *last = units->len > 0 ? &g_array_index(units, Dependent, units->len - 1) : NULL;
        if (last && last->unit == unit) {
                last->relations |= relation;
        } else {
                Dependent dependent = { .unit = unit, .relations = relation };
                g_array_append_val(units, dependent);
        }
}

/* Those that came last go first, mostly. */
static void index_remove(Dependencies *dependencies, const char *name, Unit *unit,
                         Relation relation) {
        GArray *units = g_hash_table_lookup(dependencies->by_name, name);
        if (!units)
                return;
        for (guint i = units->len; i-- > 0;)
                if (g_array_index(units, Dependent, i).unit == unit) {
                        g_array_remove_index_fast(units, i);
                        break;
                }
        if (units->len == 0)
                g_hash_table_remove(dependencies->by_name, name);
}

static void dependencies_change(Dependencies *dependencies, Unit *unit,
                                void (*change)(Dependencies *, const char *, Unit *, Relation)) {
        for (unsigned int relation = 1; relation & RELATIONS_INDEXED; relation <<= 1) {
                GStrv names = settings_names(unit->settings, (Relation)relation);
                for (char **name = names; name && *name; name++)
                        change(dependencies, *name, unit, (Relation)relation);
        }
}

void dependencies_add(Dependencies *dependencies, Unit *unit) {
        dependencies_change(dependencies, unit, index_add);
}

void dependencies_remove(Dependencies *dependencies, Unit *unit) {
        dependencies_change(dependencies, unit, index_remove);
}

static void add_dependents(GPtrArray *found, GHashTable *by_name, const char *name,
                           unsigned int relations) {
        GArray *units = g_hash_table_lookup(by_name, name);
        for (guint i = 0; units && i < units->len; i++) {
                const Dependent *dependent = &g_array_index(units, Dependent, i);
                if (dependent->relations & relations)
                        g_ptr_array_add(found, dependent->unit);
        }
}

GPtrArray *unit_dependents(const Unit *unit, unsigned int relations) {
        GHashTable *by_name = unit->manager->dependencies->by_name;
        GPtrArray *found = g_ptr_array_new();
        add_dependents(found, by_name, unit->name, relations);
        for (char **alias = unit->settings->aliases; alias && *alias; alias++)
                add_dependents(found, by_name, *alias, relations);
        return found;
}

static void add_once(GPtrArray *found, GHashTable *seen, Unit *unit) {
        if (unit && g_hash_table_add(seen, unit))
                g_ptr_array_add(found, unit);
}

static void add_reloaded_with(GPtrArray *found, GHashTable *seen, const Unit *unit) {
        GStrv names = settings_names(unit->settings, RELATION_PROPAGATES_RELOAD_TO);
        g_autoptr(GPtrArray) dependents = unit_dependents(unit, RELATION_RELOAD_PROPAGATED_FROM);
        for (char **name = names; name && *name; name++)
                add_once(found, seen, manager_find_unit(unit->manager, *name));
        for (guint i = 0; i < dependents->len; i++)
                add_once(found, seen, dependents->pdata[i]);
}

GPtrArray *units_to_reload(Unit *const *units, size_t count) {
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        GPtrArray *found = g_ptr_array_new();
        for (size_t i = 0; i < count; i++)
                g_hash_table_add(seen, units[i]);
        for (size_t i = 0; i < count; i++)
                add_reloaded_with(found, seen, units[i]);
        for (guint i = 0; i < found->len; i++)
                add_reloaded_with(found, seen, found->pdata[i]);
        return found;
}
