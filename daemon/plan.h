/* SPDX-License-Identifier: MIT */
/* A plan: what a request will do, made without any effect on any unit. Which units, and the job of
 * each (plan-units.c); which waits for which (plan-order.c). Only then it becomes jobs
 * (transaction.c). The work is linear in the units it touches and what they name. */
#pragma once

#include "job.h"
#include "manager.h"

typedef struct PlanEntry {
        Unit *unit;
        JobType type;
        bool asked;         /* the request named it */
        bool required;      /* the request is nothing without it */
        bool dropped;       /* it turned out that it can't be, and needn't */
        bool needed;        /* plan_sweep(): somebody still has a reason for it */
        bool fresh;         /* its job was made by this plan */
        unsigned int waits; /* for how many others of the plan */
        bool ordered;       /* found its place: no cycle holds it */
} PlanEntry;

/* to waits for from; indices into the entries. */
typedef struct PlanEdge {
        guint from, to;
        bool ignored; /* given up, to break a cycle */
} PlanEdge;

typedef struct Plan {
        Manager *manager;
        JobMode mode;
        GArray *entries;   /* of PlanEntry */
        GHashTable *index; /* Unit * -> its index + 1; NULL: as yet there are few */
        GArray *edges;     /* of PlanEdge */
        GArray *work;      /* of guint: entries to be looked at, again if they have changed */
        bool incomplete;   /* something was dropped */
        bool sweeping;     /* nothing is added any more, what is still needed is marked */
        guint instances;   /* loaded for it because an instance named them */
        char *error;       /* why it can't be, once that is so */
} Plan;

static inline PlanEntry *plan_entry(const Plan *plan, guint i) {
        return &g_array_index(plan->entries, PlanEntry, i);
}

static inline PlanEdge *plan_edge(const Plan *plan, guint i) {
        return &g_array_index(plan->edges, PlanEdge, i);
}

/* ---- plan-units.c ---- */

/* Returns: index + 1, or 0: not in the plan. */
guint plan_find(const Plan *plan, Unit *unit);

/* What was asked for. */
void plan_ask(Plan *plan, Unit *unit, JobType type);

/* Everything that what is in the plan takes along, and what that takes along, ... Returns: 0, or
 * -EINVAL with plan->error. */
int plan_expand(Plan *plan);

/* Leaves out one that nobody's request is nothing without, and what can't do without it. Returns:
 * the indices of all (g_array_unref). */
GArray *plan_drop(Plan *plan, guint i);

/* Drops what was only there for something that was dropped. */
void plan_sweep(Plan *plan);

/* JOB_MODE_ISOLATE: stops for all that isn't in the plan. */
void plan_isolate(Plan *plan);

/* ---- plan-order.c ---- */

/* Finds an order, or leaves out what is in its way and needn't be there. Returns: 0, or -EINVAL
 * with plan->error that names a cycle. */
int plan_find_order(Plan *plan);
