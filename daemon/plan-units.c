/* SPDX-License-Identifier: MIT */
/* Which units a request needs: what they require and want with them, what requires them, what can't
 * be together with them. */
#include "plan.h"

#include "dependencies.h"
#include "log.h"
#include "providers.h"
#include "well-known.h"

/* How many instances may be loaded because other instances name them, for one request. */
#define INSTANCES_MAX 16384

/* Most plans are of one unit and its sockets: so few are found faster without an index. */
#define UNINDEXED_MAX 8

/* Dropped or not. Returns: index + 1, or 0. */
static guint plan_look_up(const Plan *plan, const Unit *unit) {
        if (plan->index)
                return GPOINTER_TO_UINT(g_hash_table_lookup(plan->index, unit));
        for (guint i = 0; i < plan->entries->len; i++)
                if (plan_entry(plan, i)->unit == unit)
                        return i + 1;
        return 0;
}

static void plan_append(Plan *plan, const PlanEntry *entry) {
        guint first = plan->entries->len;
        g_array_append_vals(plan->entries, entry, 1);
        if (!plan->index && plan->entries->len > UNINDEXED_MAX) {
                plan->index = g_hash_table_new(NULL, NULL);
                first = 0;
        }
        for (guint i = first; plan->index && i < plan->entries->len; i++)
                g_hash_table_insert(plan->index, plan_entry(plan, i)->unit,
                                    GUINT_TO_POINTER(i + 1));
}

guint plan_find(const Plan *plan, Unit *unit) {
        guint found = unit ? plan_look_up(plan, unit) : 0;
        return found > 0 && plan_entry(plan, found - 1)->dropped ? 0 : found;
}

static void plan_look_at(Plan *plan, guint i) {
        g_array_append_val(plan->work, i);
}

static bool job_is_start(JobType type) {
        return type != JOB_STOP;
}

static void plan_fail(Plan *plan, const char *format, ...) _printf_(2, 3);

static void plan_fail(Plan *plan, const char *format, ...) {
        va_list arguments;
        if (plan->error)
                return;
        va_start(arguments, format);
        plan->error = g_strdup_vprintf(format, arguments);
        va_end(arguments);
}

/* Who can't do without it isn't started either. */
static void plan_drop_dependents(Plan *plan, guint i, GArray *dropped) {
        g_autoptr(GPtrArray) dependents =
                unit_dependents(plan_entry(plan, i)->unit, RELATION_REQUIRES | RELATION_BINDS_TO);
        for (guint j = 0; j < dependents->len; j++) {
                guint found = plan_find(plan, dependents->pdata[j]);
                PlanEntry *entry = found > 0 ? plan_entry(plan, found - 1) : NULL;
                if (!entry || entry->required || !job_is_start(entry->type))
                        continue;
                log_warning(entry->unit->name, "not started: %s, which it requires, isn't",
                            plan_entry(plan, i)->unit->name);
                entry->dropped = true;
                found--;
                g_array_append_val(dropped, found);
        }
}

/* Returns: the index, and those of all that were dropped (g_array_unref). */
static GArray *plan_drop_all_dependents(Plan *plan, guint i) {
        GArray *dropped = g_array_new(FALSE, FALSE, sizeof(guint));
        plan->incomplete = true;
        g_array_append_val(dropped, i);
        for (guint j = 0; j < dropped->len; j++)
                plan_drop_dependents(plan, g_array_index(dropped, guint, j), dropped);
        return dropped;
}

GArray *plan_drop(Plan *plan, guint i) {
        plan_entry(plan, i)->dropped = true;
        return plan_drop_all_dependents(plan, i);
}

/* One unit, two jobs. What is required stays; of two that aren't, the stop does. Returns: whether
 * it is the new one. */
static bool plan_settle(Plan *plan, guint i, JobType type, bool required) {
        PlanEntry *entry = plan_entry(plan, i);
        if (entry->required && required) {
                plan_fail(plan, "%s would have to be started and stopped at once: see Conflicts=",
                          entry->unit->name);
                return false;
        }
        if (entry->required || (!required && job_is_start(type)))
                return false;
        entry->type = type;
        entry->required = required;
        if (!job_is_start(type))
                g_array_unref(plan_drop_all_dependents(plan, i));
        plan_look_at(plan, i);
        return true;
}

/* Returns: whether it has that job. */
static bool plan_keep(Plan *plan, guint i, JobType type) {
        PlanEntry *entry = plan_entry(plan, i);
        if (entry->dropped || job_is_start(entry->type) != job_is_start(type))
                return false;
        if (!entry->needed)
                plan_look_at(plan, i);
        entry->needed = true;
        return true;
}

/* Returns: whether it is as was asked, so far. */
static bool plan_add(Plan *plan, Unit *unit, JobType type, bool required) {
        guint found = plan_look_up(plan, unit);
        if (plan->sweeping)
                return found == 0 || plan_keep(plan, found - 1, type);
        if (found == 0) {
                PlanEntry entry = { .unit = unit, .type = type, .required = required };
                plan_append(plan, &entry);
                plan_look_at(plan, plan->entries->len - 1);
                return true;
        }
        PlanEntry *entry = plan_entry(plan, found - 1);
        if (entry->dropped && !required && job_is_start(type))
                return false;
        /* It was nobody's loss; now it is: let it be said. */
        entry->dropped = false;
        if (job_is_start(entry->type) != job_is_start(type))
                return plan_settle(plan, found - 1, type, required);
        bool restarts = type == JOB_RESTART && entry->type == JOB_START;
        if (!restarts && (entry->required || !required))
                return true;
        if (restarts)
                entry->type = JOB_RESTART;
        entry->required = entry->required || required;
        plan_look_at(plan, found - 1);
        return true;
}

void plan_ask(Plan *plan, Unit *unit, JobType type) {
        plan_add(plan, unit, type, true);
        plan_entry(plan, plan_find(plan, unit) - 1)->asked = true;
}

/* ---- starts ---- */

/* A template whose instances name others of it, with longer names, would have no end. */
static int plan_load(Plan *plan, guint i, const char *name, Unit **ret) {
        const char *unit = plan_entry(plan, i)->unit->name;
        if (!manager_find_unit(plan->manager, name) && unit_name_is_instance(name) &&
            unit_name_is_instance(unit) && plan->instances++ >= INSTANCES_MAX) {
                plan_fail(plan, "instances lead to ever more instances: %s to %s, for one", unit,
                          name);
                return -E2BIG;
        }
        return manager_load_unit(plan->manager, name, ret);
}

/* Why a unit that is required can't be loaded; NULL: it counts as there without being loaded. */
static char *plan_why_missing(Plan *plan, const char *name, int error) {
        if (error == -E2BIG)
                return g_strdup("there are too many units");
        if (error == -EBADMSG)
                return g_strdup(g_hash_table_lookup(plan->manager->broken, name)
                                        ?: "its file has errors");
        if (error != -ENOENT && error != -EINVAL)
                return g_strdup(g_strerror(-error));
        if (unit_well_known(name))
                return NULL;
        if (unit_name_is_foreign(name))
                return g_strdup("bellhop has no units of this type");
        return g_strdup(unit_path_is_masked(plan->manager->unit_path, name)
                                ? "it is masked"
                                : "there is no such unit");
}

/* Returns: false: it can't be started. */
static bool plan_add_required(Plan *plan, guint i, Relation relation) {
        GStrv names = settings_names(plan_entry(plan, i)->unit->settings, relation);
        for (char **name = names; name && *name; name++) {
                Unit *unit = plan_entry(plan, i)->unit, *other;
                int r = plan_load(plan, i, *name, &other);
                if (r >= 0 && plan_add(plan, other, JOB_START, plan_entry(plan, i)->required))
                        continue;
                if (r >= 0) {
                        if (!plan->error)
                                log_warning(unit->name, "not started: %s, which it requires, isn't",
                                            *name);
                        return false;
                }
                g_autofree char *why = plan_why_missing(plan, *name, r);
                if (!why)
                        continue;
                if (plan_entry(plan, i)->required)
                        plan_fail(plan, "%s requires %s: %s", unit->name, *name, why);
                else
                        log_warning(unit->name, "not started: it requires %s: %s", *name, why);
                return false;
        }
        return true;
}

static void plan_add_wanted(Plan *plan, guint i, Relation relation) {
        const Unit *unit = plan_entry(plan, i)->unit;
        GStrv names = settings_names(unit->settings, relation);
        for (char **name = names; name && *name && !plan->error; name++) {
                Unit *other;
                if (plan_load(plan, i, *name, &other) >= 0)
                        plan_add(plan, other, JOB_START, false);
                else
                        log_debug(unit->name, "wants %s, which can't be loaded", *name);
        }
}

static void plan_add_providers(Plan *plan, Unit *unit) {
        if (unit->settings->type != UNIT_SERVICE)
                return;
        GPtrArray *providers = manager_providers(plan->manager, unit->name);
        for (guint i = 0; providers && i < providers->len; i++)
                if (unit_gives_to_all(providers->pdata[i]))
                        plan_add(plan, providers->pdata[i], JOB_START, false);
}

static void plan_add_stop(Plan *plan, Unit *unit, bool required) {
        if (!unit_is_down(unit) || unit->job || plan_find(plan, unit) > 0)
                plan_add(plan, unit, JOB_STOP, required);
}

/* Who has said so isn't left without the other's stop; who has not can't know. */
static void plan_add_conflicts(Plan *plan, Unit *unit, bool required) {
        GStrv names = settings_names(unit->settings, RELATION_CONFLICTS);
        for (char **name = names; name && *name; name++) {
                Unit *other = manager_find_unit(plan->manager, *name);
                if (other && other != unit)
                        plan_add_stop(plan, other, required);
        }
        g_autoptr(GPtrArray) others = unit_dependents(unit, RELATION_CONFLICTS);
        for (guint i = 0; i < others->len; i++)
                if (others->pdata[i] != unit)
                        plan_add_stop(plan, others->pdata[i], false);
}

static void plan_expand_start(Plan *plan, guint i) {
        PlanEntry entry = *plan_entry(plan, i);
        /* What is up has what it needs; but what it needs isn't to be stopped. */
        if (!entry.asked && entry.type == JOB_START && plan->mode != JOB_MODE_ISOLATE &&
            unit_active_state(entry.unit) == ACTIVE_ACTIVE)
                return;
        if (!plan_add_required(plan, i, RELATION_REQUIRES) ||
            !plan_add_required(plan, i, RELATION_BINDS_TO)) {
                if (!plan->error)
                        g_array_unref(plan_drop(plan, i));
                return;
        }
        plan_add_wanted(plan, i, RELATION_WANTS);
        plan_add_wanted(plan, i, RELATION_UPHOLDS);
        plan_add_providers(plan, entry.unit);
        plan_add_conflicts(plan, entry.unit, entry.required);
}

/* ---- stops and restarts ---- */

/* What requires a unit goes with it: stopped, or restarted if it runs. */
static void plan_expand_stop(Plan *plan, guint i) {
        PlanEntry entry = *plan_entry(plan, i);
        bool stop = entry.type == JOB_STOP;
        g_autoptr(GPtrArray) dependents = unit_dependents(
                entry.unit, RELATIONS_STOPPED | (stop ? RELATION_STOP_PROPAGATED_FROM : 0));
        for (guint j = 0; j < dependents->len; j++) {
                Unit *unit = dependents->pdata[j];
                if (!unit_is_down(unit) || unit->job)
                        plan_add(plan, unit, entry.type, entry.required);
        }
        GStrv names =
                stop ? settings_names(entry.unit->settings, RELATION_PROPAGATES_STOP_TO) : NULL;
        for (char **name = names; name && *name; name++) {
                Unit *other = manager_find_unit(plan->manager, *name);
                if (other)
                        plan_add_stop(plan, other, entry.required);
        }
}

int plan_expand(Plan *plan) {
        for (guint i = 0; i < plan->work->len && !plan->error; i++) {
                guint at = g_array_index(plan->work, guint, i);
                if (plan_entry(plan, at)->dropped)
                        continue;
                if (plan_entry(plan, at)->type != JOB_START)
                        plan_expand_stop(plan, at);
                if (plan_entry(plan, at)->type != JOB_STOP)
                        plan_expand_start(plan, at);
        }
        return plan->error ? -EINVAL : 0;
}

void plan_sweep(Plan *plan) {
        if (!plan->incomplete)
                return;
        plan->sweeping = true;
        g_array_set_size(plan->work, 0);
        for (guint i = 0; i < plan->entries->len; i++) {
                const PlanEntry *entry = plan_entry(plan, i);
                bool isolated = plan->mode == JOB_MODE_ISOLATE && entry->type == JOB_STOP;
                if (entry->asked || isolated)
                        (void)plan_keep(plan, i, entry->type);
        }
        (void)plan_expand(plan);
        for (guint i = 0; i < plan->entries->len; i++)
                plan_entry(plan, i)->dropped |= !plan_entry(plan, i)->needed;
}

/* ---- isolation ---- */

/* What triggers a service that stays, and is triggered by a socket that stays, stays. */
static bool plan_keeps(Plan *plan, Unit *unit) {
        GPtrArray *providers = unit->settings->type == UNIT_SERVICE
                                       ? manager_providers(plan->manager, unit->name)
                                       : NULL;
        for (guint i = 0; providers && i < providers->len; i++) {
                guint found = plan_find(plan, providers->pdata[i]);
                if (found > 0 && plan_entry(plan, found - 1)->type != JOB_STOP)
                        return true;
        }
        return settings_flag(unit->settings, "IgnoreOnIsolate");
}

void plan_isolate(Plan *plan) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, plan->manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;
                if (plan_find(plan, unit) == 0 && (!unit_is_down(unit) || unit->job) &&
                    !plan_keeps(plan, unit))
                        plan_add(plan, unit, JOB_STOP, false);
        }
}
