/* SPDX-License-Identifier: MIT */
/* In which order a plan's jobs go, and what becomes of cycles. */
#include "dependencies.h"
#include "log.h"
#include "plan.h"
#include "providers.h"

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

/* What goes has gone before what can't be together with it comes. */
static void plan_order_conflicts(Plan *plan, guint i) {
        GStrv names = settings_names(plan_entry(plan, i)->unit->settings, RELATION_CONFLICTS);
        bool stop = plan_entry(plan, i)->type == JOB_STOP;
        for (char **name = names; name && *name; name++) {
                guint other = plan_find(plan, manager_find_unit(plan->manager, *name));
                if (other && (plan_entry(plan, other - 1)->type == JOB_STOP) != stop)
                        plan_order(plan, i, other - 1);
        }
}

static gint edge_compare(gconstpointer a, gconstpointer b) {
        const PlanEdge *left = a, *right = b;
        return (left->from > right->from) - (left->from < right->from);
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
        for (guint i = 0; i < plan->entries->len; i++) {
                plan_entry(plan, i)->waits = 0;
                plan_entry(plan, i)->ordered = false;
        }
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

/* One cycle: the entries in it, each waiting for the next. */
static GArray *plan_find_cycle(Plan *plan) {
        guint count = plan->entries->len, at = 0;
        g_autofree guint *before = g_new(guint, count);
        GArray *cycle = g_array_new(FALSE, FALSE, sizeof(guint));
        /* Of each unordered entry an unordered one that it waits for; there always is one. */
        for (guint e = 0; e < plan->edges->len; e++) {
                PlanEdge edge = *plan_edge(plan, e);
                if (!plan_entry(plan, edge.from)->ordered && !plan_entry(plan, edge.to)->ordered)
                        before[edge.to] = edge.from;
        }
        while (plan_entry(plan, at)->ordered)
                at++;
        /* Behind the cycle at first; after as many steps as there are entries, in it. */
        for (guint i = 0; i < count; i++)
                at = before[at];
        guint begin = at;
        do {
                g_array_append_val(cycle, at);
                at = before[at];
        } while (at != begin);
        return cycle;
}

/* "a.service -> b.service -> a.service" */
static char *plan_describe_cycle(Plan *plan, const GArray *cycle) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i <= cycle->len; i++)
                g_string_append_printf(
                        text, "%s%s", i > 0 ? " -> " : "",
                        plan_entry(plan, g_array_index(cycle, guint, i % cycle->len))->unit->name);
        return g_string_free(text, FALSE);
}

/* A stop must always be possible: there, a cycle's order is given up. */
static void plan_drop_edges(Plan *plan) {
        for (guint i = plan->edges->len; i-- > 0;) {
                PlanEdge edge = *plan_edge(plan, i);
                if (!plan_entry(plan, edge.from)->ordered && !plan_entry(plan, edge.to)->ordered)
                        g_array_remove_index_fast(plan->edges, i);
        }
}

/* Leaves out a unit that nobody requires. Returns: whether there is one. */
static bool plan_drop_entry(Plan *plan, const GArray *cycle, const char *description) {
        for (guint i = 0; i < cycle->len; i++) {
                guint at = g_array_index(cycle, guint, i);
                PlanEntry *entry = plan_entry(plan, at);
                if (entry->required || entry->type == JOB_STOP)
                        continue;
                log_error(entry->unit->name, "not started, to break an ordering cycle: %s",
                          description);
                entry->dropped = true;
                for (guint e = plan->edges->len; e-- > 0;)
                        if (plan_edge(plan, e)->from == at || plan_edge(plan, e)->to == at)
                                g_array_remove_index_fast(plan->edges, e);
                return true;
        }
        return false;
}

static bool plan_has_start(Plan *plan, const GArray *cycle) {
        for (guint i = 0; i < cycle->len; i++)
                if (plan_entry(plan, g_array_index(cycle, guint, i))->type != JOB_STOP)
                        return true;
        return false;
}

/* Returns: whether one cycle fewer is left. */
static bool plan_break_cycle(Plan *plan) {
        g_autoptr(GArray) cycle = plan_find_cycle(plan);
        g_autofree char *description = plan_describe_cycle(plan, cycle);
        if (!plan_has_start(plan, cycle)) {
                plan_drop_edges(plan);
                return true;
        }
        if (plan_drop_entry(plan, cycle, description))
                return true;
        plan->error = g_strdup_printf("ordering cycle: %s", description);
        return false;
}

int plan_find_order(Plan *plan) {
        for (guint i = 0; i < plan->entries->len; i++) {
                UnitSettings *settings = plan_entry(plan, i)->unit->settings;
                if (plan_entry(plan, i)->dropped)
                        continue;
                plan_order_names(plan, i, settings->after, true);
                plan_order_names(plan, i, settings->before, false);
                plan_order_providers(plan, i);
                plan_order_conflicts(plan, i);
        }
        do
                g_array_sort(plan->edges, edge_compare);
        while (plan_sort(plan) > 0 && plan_break_cycle(plan));
        return plan->error ? -EINVAL : 0;
}
