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

/* ---- finding an order ---- */

/* The edges by their beginnings, or by their ends: those of entry i are edges[first[i]] up to, and
 * without, edges[first[i + 1]]. */
typedef struct EdgeIndex {
        guint *first, *edges;
} EdgeIndex;

typedef struct Order {
        Plan *plan;
        EdgeIndex from, to;
        GArray *ordered; /* of guint: entries that have found their place */
        guint told;      /* how many of those have told who waits for them */
        guint *look;     /* by entry: the edge to it to be looked at next, in to */
        guint *step;     /* by entry: where it is on the way of order_find_cycle(), + 1 */
        guint begin;     /* all entries before this one are ordered */
} Order;

static void edge_index_init(EdgeIndex *index, const Plan *plan, bool by_end) {
        guint count = plan->entries->len;
        /* Two further: what is counted for i moves to i + 1, and then to i. */
        index->first = g_new0(guint, count + 2);
        index->edges = g_new(guint, plan->edges->len);
        for (guint e = 0; e < plan->edges->len; e++)
                index->first[(by_end ? plan_edge(plan, e)->to : plan_edge(plan, e)->from) + 2]++;
        for (guint i = 2; i < count + 2; i++)
                index->first[i] += index->first[i - 1];
        for (guint e = 0; e < plan->edges->len; e++) {
                guint i = by_end ? plan_edge(plan, e)->to : plan_edge(plan, e)->from;
                index->edges[index->first[i + 1]++] = e;
        }
}

static void edge_index_done(EdgeIndex *index) {
        g_free(index->first);
        g_free(index->edges);
}

static void order_place(Order *order, guint i) {
        PlanEntry *entry = plan_entry(order->plan, i);
        if (entry->ordered)
                return;
        entry->ordered = true;
        g_array_append_val(order->ordered, i);
}

static void order_release(Order *order, guint i) {
        if (--plan_entry(order->plan, i)->waits == 0)
                order_place(order, i);
}

/* Takes away, again and again, what waits for nothing. What is left is in a cycle or behind one.
 * Returns: whether any is. */
static bool order_run(Order *order) {
        while (order->told < order->ordered->len) {
                guint i = g_array_index(order->ordered, guint, order->told++);
                for (guint e = order->from.first[i]; e < order->from.first[i + 1]; e++) {
                        const PlanEdge *edge = plan_edge(order->plan, order->from.edges[e]);
                        if (!edge->ignored)
                                order_release(order, edge->to);
                }
        }
        return order->ordered->len < order->plan->entries->len;
}

static void order_init(Order *order, Plan *plan) {
        *order = (Order){
                .plan = plan,
                .ordered = g_array_new(FALSE, FALSE, sizeof(guint)),
                .look = g_new(guint, plan->entries->len),
                .step = g_new0(guint, plan->entries->len),
        };
        edge_index_init(&order->from, plan, false);
        edge_index_init(&order->to, plan, true);
        for (guint i = 0; i < plan->entries->len; i++) {
                order->look[i] = order->to.first[i];
                plan_entry(plan, i)->waits = order->to.first[i + 1] - order->to.first[i];
                if (plan_entry(plan, i)->waits == 0)
                        order_place(order, i);
        }
}

static void order_done(Order *order) {
        g_array_unref(order->ordered);
        g_free(order->look);
        g_free(order->step);
        edge_index_done(&order->from);
        edge_index_done(&order->to);
}

/* ---- cycles ---- */

/* An unordered entry that an unordered one waits for; there always is one. */
static guint order_find_before(Order *order, guint i) {
        for (;; order->look[i]++) {
                const PlanEdge *edge = plan_edge(order->plan, order->to.edges[order->look[i]]);
                if (!edge->ignored && !plan_entry(order->plan, edge->from)->ordered)
                        return edge->from;
        }
}

/* One cycle: the entries in it, each waiting for the next. */
static GArray *order_find_cycle(Order *order) {
        GArray *way = g_array_new(FALSE, FALSE, sizeof(guint));
        while (plan_entry(order->plan, order->begin)->ordered)
                order->begin++;
        guint at = order->begin;
        for (; order->step[at] == 0; at = order_find_before(order, at)) {
                g_array_append_val(way, at);
                order->step[at] = way->len;
        }
        guint begin = order->step[at] - 1;
        for (guint i = 0; i < way->len; i++)
                order->step[g_array_index(way, guint, i)] = 0;
        g_array_remove_range(way, 0, begin);
        return way;
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

/* A stop must always be possible: there, the order of two that are in a cycle is given up. */
static void order_ignore_edge(Order *order, guint from, guint to) {
        for (guint e = order->to.first[to]; e < order->to.first[to + 1]; e++) {
                PlanEdge *edge = plan_edge(order->plan, order->to.edges[e]);
                if (edge->from != from || edge->ignored)
                        continue;
                edge->ignored = true;
                order_release(order, to);
        }
}

/* A start that nobody has asked for is given up. Returns: whether there is one. */
static bool order_drop_start(Order *order, const GArray *cycle, const char *description) {
        for (guint i = 0; i < cycle->len; i++) {
                guint at = g_array_index(cycle, guint, i);
                const PlanEntry *entry = plan_entry(order->plan, at);
                if (entry->required || entry->type == JOB_STOP)
                        continue;
                log_error(entry->unit->name, "not started, to break an ordering cycle: %s",
                          description);
                g_autoptr(GArray) dropped = plan_drop(order->plan, at);
                for (guint j = 0; j < dropped->len; j++)
                        order_place(order, g_array_index(dropped, guint, j));
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
static bool order_break_cycle(Order *order) {
        Plan *plan = order->plan;
        g_autoptr(GArray) cycle = order_find_cycle(order);
        g_autofree char *description = plan_describe_cycle(plan, cycle);
        if (!plan_has_start(plan, cycle)) {
                order_ignore_edge(order, g_array_index(cycle, guint, 1 % cycle->len),
                                  g_array_index(cycle, guint, 0));
                return true;
        }
        if (order_drop_start(order, cycle, description))
                return true;
        plan->error = g_strdup_printf("ordering cycle: %s", description);
        return false;
}

static void plan_add_edges(Plan *plan) {
        for (guint i = 0; i < plan->entries->len; i++) {
                UnitSettings *settings = plan_entry(plan, i)->unit->settings;
                if (plan_entry(plan, i)->dropped)
                        continue;
                plan_order_names(plan, i, settings->after, true);
                plan_order_names(plan, i, settings->before, false);
                plan_order_providers(plan, i);
                plan_order_conflicts(plan, i);
        }
}

int plan_find_order(Plan *plan) {
        Order order;
        plan_add_edges(plan);
        order_init(&order, plan);
        while (order_run(&order) && order_break_cycle(&order))
                ;
        order_done(&order);
        return plan->error ? -EINVAL : 0;
}
