/* SPDX-License-Identifier: MIT */
/* Which jobs a request needs, and in which order. A plan is made first, with no effect on any unit:
 * all units, the job of each, and the pairs of which one waits for the other. Only a plan without a
 * cycle becomes jobs. */
#include <string.h>

#include "job-queue.h"
#include "log.h"
#include "manager.h"
#include "providers.h"

typedef struct PlanEntry {
        Unit *unit;
        JobType type;
        bool asked;         /* the request named it */
        bool fresh;         /* its job was made by this plan */
        unsigned int waits; /* for how many others of the plan */
        bool ordered;       /* found its place: no cycle holds it */
} PlanEntry;

/* to waits for from; indices into the entries. */
typedef struct PlanEdge {
        guint from, to;
} PlanEdge;

typedef struct Plan {
        Manager *manager;
        GArray *entries;   /* of PlanEntry */
        GHashTable *index; /* Unit * -> its index + 1 */
        GArray *edges;     /* of PlanEdge, sorted by from once complete */
} Plan;

static void plan_init(Plan *plan, Manager *manager) {
        plan->manager = manager;
        plan->entries = g_array_new(FALSE, TRUE, sizeof(PlanEntry));
        plan->index = g_hash_table_new(NULL, NULL);
        plan->edges = g_array_new(FALSE, FALSE, sizeof(PlanEdge));
}

static void plan_done(Plan *plan) {
        g_array_unref(plan->entries);
        g_hash_table_unref(plan->index);
        g_array_unref(plan->edges);
}

static PlanEntry *plan_entry(Plan *plan, guint i) {
        return &g_array_index(plan->entries, PlanEntry, i);
}

/* Returns: index + 1, or 0: not in the plan. */
static guint plan_find(Plan *plan, Unit *unit) {
        return unit ? GPOINTER_TO_UINT(g_hash_table_lookup(plan->index, unit)) : 0;
}

static void plan_add(Plan *plan, Unit *unit, JobType type, bool asked) {
        if (plan_find(plan, unit))
                return;
        PlanEntry entry = { .unit = unit, .type = type, .asked = asked };
        g_array_append_val(plan->entries, entry);
        g_hash_table_insert(plan->index, unit, GUINT_TO_POINTER(plan->entries->len));
}

/* ---- which units ---- */

static int plan_add_required(Plan *plan, Unit *unit, char **ret_error) {
        for (char **name = unit->settings->requires; name && *name; name++) {
                Unit *other;
                int r = manager_load_unit(plan->manager, *name, &other);
                if (r < 0) {
                        const char *why = g_hash_table_lookup(plan->manager->broken, *name);
                        *ret_error = g_strdup_printf(
                                "%s requires %s: %s", unit->name, *name,
                                r == -EBADMSG && why ? why : "there is no such unit");
                        return -EINVAL;
                }
                plan_add(plan, other, JOB_START, false);
        }
        return 0;
}

static void plan_add_wanted(Plan *plan, Unit *unit) {
        for (char **name = unit->settings->wants; name && *name; name++) {
                Unit *other;
                if (manager_load_unit(plan->manager, *name, &other) >= 0)
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

/* Everything that what is in the plan pulls in, and what that pulls in, ... */
static int plan_expand_start(Plan *plan, char **ret_error) {
        for (guint i = 0; i < plan->entries->len; i++) {
                PlanEntry entry = *plan_entry(plan, i);
                if (entry.type == JOB_STOP)
                        continue;
                if (!entry.asked && unit_active_state(entry.unit) == ACTIVE_ACTIVE)
                        continue;
                int r = plan_add_required(plan, entry.unit, ret_error);
                if (r < 0)
                        return r;
                plan_add_wanted(plan, entry.unit);
                plan_add_providers(plan, entry.unit);
        }
        return 0;
}

/* name -> GPtrArray of the units that require it */
static GHashTable *manager_required_by(Manager *manager) {
        GHashTable *required_by = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                        (GDestroyNotify)g_ptr_array_unref);
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Unit *unit = value;
                for (char **name = unit->settings->requires; name && *name; name++) {
                        GPtrArray *units = g_hash_table_lookup(required_by, *name);
                        if (!units) {
                                units = g_ptr_array_new();
                                g_hash_table_insert(required_by, *name, units);
                        }
                        g_ptr_array_add(units, unit);
                }
        }
        return required_by;
}

/* What requires the units goes with them: stopped, or restarted if it runs. */
static void plan_expand_stop(Plan *plan) {
        g_autoptr(GHashTable) required_by = manager_required_by(plan->manager);
        for (guint i = 0; i < plan->entries->len; i++) {
                PlanEntry entry = *plan_entry(plan, i);
                GPtrArray *units = g_hash_table_lookup(required_by, entry.unit->name);
                for (guint j = 0; units && j < units->len; j++) {
                        Unit *unit = units->pdata[j];
                        if (!unit_is_down(unit) || unit->job)
                                plan_add(plan, unit, entry.type, false);
                }
        }
}

/* ---- in which order ---- */

/* later is After= earlier. Stops go the other way round, and before starts. */
static void plan_order(Plan *plan, guint later, guint earlier) {
        if (later == earlier)
                return;
        bool stop = plan_entry(plan, later)->type == JOB_STOP;
        PlanEdge edge = { .from = stop ? later : earlier, .to = stop ? earlier : later };
        g_array_append_val(plan->edges, edge);
}

static void plan_order_names(Plan *plan, guint i, GStrv names, bool names_are_earlier) {
        for (char **name = names; name && *name; name++) {
                guint other = plan_find(plan, manager_find_unit(plan->manager, *name));
                if (!other)
                        continue;
                if (names_are_earlier)
                        plan_order(plan, i, other - 1);
                else
                        plan_order(plan, other - 1, i);
        }
}

static void plan_order_providers(Plan *plan, guint i) {
        Unit *unit = plan_entry(plan, i)->unit;
        if (unit->settings->type != UNIT_SERVICE)
                return;
        GPtrArray *providers = manager_providers(plan->manager, unit->name);
        for (guint j = 0; providers && j < providers->len; j++) {
                guint other = plan_find(plan, providers->pdata[j]);
                if (other)
                        plan_order(plan, i, other - 1);
        }
}

static gint edge_compare(gconstpointer a, gconstpointer b) {
        const PlanEdge *left = a, *right = b;
        return (left->from > right->from) - (left->from < right->from);
}

static PlanEdge *plan_edge(Plan *plan, guint i) {
        return &g_array_index(plan->edges, PlanEdge, i);
}

/* The first edge that begins at an entry, by bisection. */
static guint plan_first_edge(Plan *plan, guint from) {
        guint low = 0, high = plan->edges->len;
        while (low < high) {
                guint middle = low + (high - low) / 2;
                if (plan_edge(plan, middle)->from < from)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* Takes away, again and again, what waits for nothing. What is left is in a cycle or behind one.
 * Returns: how many are left. */
static guint plan_sort(Plan *plan) {
        g_autoptr(GArray) ready = g_array_new(FALSE, FALSE, sizeof(guint));
        for (guint i = 0; i < plan->edges->len; i++)
                plan_entry(plan, plan_edge(plan, i)->to)->waits++;
        for (guint i = 0; i < plan->entries->len; i++)
                if (plan_entry(plan, i)->waits == 0)
                        g_array_append_val(ready, i);
        for (guint i = 0; i < ready->len; i++) {
                guint from = g_array_index(ready, guint, i);
                plan_entry(plan, from)->ordered = true;
                for (guint e = plan_first_edge(plan, from);
                     e < plan->edges->len && plan_edge(plan, e)->from == from; e++) {
                        guint to = plan_edge(plan, e)->to;
                        if (--plan_entry(plan, to)->waits == 0)
                                g_array_append_val(ready, to);
                }
        }
        return plan->entries->len - ready->len;
}

/* An unordered entry that this unordered one waits for; there always is one. */
static guint plan_unordered_before(Plan *plan, guint to) {
        for (guint e = 0; e < plan->edges->len; e++)
                if (plan_edge(plan, e)->to == to &&
                    !plan_entry(plan, plan_edge(plan, e)->from)->ordered)
                        return plan_edge(plan, e)->from;
        return to;
}

/* "a.service -> b.service -> a.service", each waiting for the next. */
static char *plan_describe_cycle(Plan *plan) {
        guint at = 0;
        while (plan_entry(plan, at)->ordered)
                at++;
        /* Behind the cycle at first; after as many steps as there are entries, in it. */
        for (guint i = 0; i < plan->entries->len; i++)
                at = plan_unordered_before(plan, at);
        GString *text = g_string_new(plan_entry(plan, at)->unit->name);
        guint begin = at;
        do {
                at = plan_unordered_before(plan, at);
                g_string_append_printf(text, " -> %s", plan_entry(plan, at)->unit->name);
        } while (at != begin);
        return g_string_free(text, FALSE);
}

/* A stop must always be possible: there, a cycle's order is given up. */
static void plan_drop_cycles(Plan *plan) {
        for (guint i = plan->edges->len; i-- > 0;) {
                PlanEdge edge = *plan_edge(plan, i);
                if (!plan_entry(plan, edge.from)->ordered && !plan_entry(plan, edge.to)->ordered)
                        g_array_remove_index_fast(plan->edges, i);
        }
}

static int plan_find_order(Plan *plan, JobType type, char **ret_error) {
        for (guint i = 0; i < plan->entries->len; i++) {
                UnitSettings *settings = plan_entry(plan, i)->unit->settings;
                plan_order_names(plan, i, settings->after, true);
                plan_order_names(plan, i, settings->before, false);
                plan_order_providers(plan, i);
        }
        g_array_sort(plan->edges, edge_compare);
        if (plan_sort(plan) == 0)
                return 0;
        if (type == JOB_STOP) {
                plan_drop_cycles(plan);
                return 0;
        }
        g_autofree char *cycle = plan_describe_cycle(plan);
        *ret_error = g_strdup_printf("ordering cycle: %s", cycle);
        return -EINVAL;
}

/* ---- from plan to jobs ---- */

static bool entry_needs_job(const PlanEntry *entry) {
        if (entry->unit->job)
                return true;
        switch (entry->type) {
        case JOB_START:
                return unit_active_state(entry->unit) != ACTIVE_ACTIVE;
        case JOB_STOP:
                return !unit_is_down(entry->unit);
        case JOB_RESTART:
                return true;
        }
        return true;
}

/* A restart ends in a start: who asks for a start may wait for it. */
static bool job_serves(const Job *job, JobType type) {
        return job->type == type || (job->type == JOB_RESTART && type == JOB_START);
}

static void plan_make_jobs(Plan *plan) {
        for (guint i = 0; i < plan->entries->len; i++) {
                Unit *unit = plan_entry(plan, i)->unit;
                if (unit->job && !job_serves(unit->job, plan_entry(plan, i)->type))
                        job_end(unit->job, "cancelled by a later request");
        }
        for (guint i = 0; i < plan->entries->len; i++) {
                PlanEntry *entry = plan_entry(plan, i);
                if (!entry_needs_job(entry) || entry->unit->job)
                        continue;
                entry->fresh = true;
                job_new(entry->unit, entry->type);
        }
}

/* Who is later waits, unless it is to stop: then the other one waits. Only new jobs are made to
 * wait for jobs that were there before, never the other way round, so no cycle can come of it. */
static void job_order_against(Job *fresh, Job *old, bool fresh_is_later) {
        const Job *later = fresh_is_later ? fresh : old;
        bool later_waits = later->type != JOB_STOP;
        if (fresh_is_later == later_waits)
                job_wait_for(fresh, old);
}

static void plan_order_against_names(Plan *plan, Job *job, GStrv names, bool job_is_later) {
        for (char **name = names; name && *name; name++) {
                Unit *other = manager_find_unit(plan->manager, *name);
                if (other && other->job && !plan_find(plan, other))
                        job_order_against(job, other->job, job_is_later);
        }
}

static bool names_contain(GStrv names, const char *name) {
        return names && g_strv_contains((const gchar *const *)names, name);
}

static void plan_order_against_pending(Plan *plan, Job *job) {
        plan_order_against_names(plan, job, job->settings->after, true);
        plan_order_against_names(plan, job, job->settings->before, false);
        GHashTable *mentions = g_hash_table_lookup(plan->manager->jobs->mentions, job->unit->name);
        if (!mentions)
                return;
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, mentions);
        while (g_hash_table_iter_next(&iterator, &value, NULL)) {
                Job *old = value;
                if (plan_find(plan, old->unit))
                        continue;
                if (names_contain(old->settings->after, job->unit->name))
                        job_order_against(job, old, false);
                if (names_contain(old->settings->before, job->unit->name))
                        job_order_against(job, old, true);
        }
}

static void plan_link_jobs(Plan *plan) {
        for (guint i = 0; i < plan->edges->len; i++) {
                PlanEntry *from = plan_entry(plan, plan_edge(plan, i)->from);
                PlanEntry *to = plan_entry(plan, plan_edge(plan, i)->to);
                if (to->fresh && from->unit->job)
                        job_wait_for(to->unit->job, from->unit->job);
        }
        for (guint i = 0; i < plan->entries->len; i++)
                if (plan_entry(plan, i)->fresh)
                        plan_order_against_pending(plan, plan_entry(plan, i)->unit->job);
}

static void plan_commit(Plan *plan, TransactionDone done, void *userdata) {
        JobQueue *queue = plan->manager->jobs;
        Transaction *transaction = done ? transaction_new(done, userdata) : NULL;
        plan_make_jobs(plan);
        plan_link_jobs(plan);
        for (guint i = 0; i < plan->entries->len; i++) {
                PlanEntry *entry = plan_entry(plan, i);
                if (transaction && entry->asked && entry->unit->job)
                        job_add_asker(entry->unit->job, transaction);
        }
        for (guint i = 0; i < plan->entries->len; i++)
                if (plan_entry(plan, i)->fresh)
                        job_release(plan_entry(plan, i)->unit->job);
        if (transaction)
                transaction_seal(queue, transaction);
}

static int plan_make(Plan *plan, JobType type, Unit *const *units, size_t count, char **ret_error) {
        for (size_t i = 0; i < count; i++)
                plan_add(plan, units[i], type, true);
        if (type != JOB_START)
                plan_expand_stop(plan);
        if (type != JOB_STOP) {
                int r = plan_expand_start(plan, ret_error);
                if (r < 0)
                        return r;
        }
        return plan_find_order(plan, type, ret_error);
}

int transaction_run(Manager *manager, JobType type, Unit *const *units, size_t count,
                    TransactionDone done, void *userdata, char **ret_error) {
        if (manager->shutting_down && type != JOB_STOP) {
                *ret_error = g_strdup("the manager is shutting down");
                return -EINVAL;
        }
        Plan plan;
        plan_init(&plan, manager);
        int r = plan_make(&plan, type, units, count, ret_error);
        if (r >= 0)
                plan_commit(&plan, done, userdata);
        plan_done(&plan);
        return r;
}
