/* SPDX-License-Identifier: MIT */
/* From a request to jobs: a plan is made first, with no effect on any unit; only one that makes
 * sense becomes jobs. */
#include <string.h>

#include "dependencies.h"
#include "job-queue.h"
#include "log.h"
#include "manager.h"
#include "plan.h"

/* Most plans are small, and one is made while a client waits: its arrays are those of the one
 * before. */
#define KEPT_MAX 64

static GArray *array_take(GArray **kept, guint size) {
        return *kept ? g_steal_pointer(kept) : g_array_new(FALSE, FALSE, size);
}

static void array_give_back(GArray **kept, GArray *array, bool large) {
        if (*kept || large)
                g_array_unref(array);
        else
                *kept = g_array_set_size(array, 0);
}

static void plan_init(Plan *plan, Manager *manager, JobMode mode) {
        JobQueue *queue = manager->jobs;
        *plan = (Plan){
                .manager = manager,
                .mode = mode,
                .entries = array_take(&queue->plan_entries, sizeof(PlanEntry)),
                .edges = array_take(&queue->plan_edges, sizeof(PlanEdge)),
                .work = array_take(&queue->plan_work, sizeof(guint)),
        };
}

static void plan_done(Plan *plan) {
        JobQueue *queue = plan->manager->jobs;
        /* How long the work was nobody knows: plan_sweep() begins it anew. */
        bool large = MAX(plan->entries->len, plan->edges->len) > KEPT_MAX;
        array_give_back(&queue->plan_entries, plan->entries, large);
        array_give_back(&queue->plan_edges, plan->edges, large);
        array_give_back(&queue->plan_work, plan->work, large);
        g_clear_pointer(&plan->index, g_hash_table_unref);
        g_free(plan->error);
}

/* ---- from plan to jobs ---- */

static bool entry_needs_job(const PlanEntry *entry) {
        if (entry->dropped)
                return false;
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

/* A job that would have to be ended for another one. */
static bool entry_replaces(const PlanEntry *entry) {
        return !entry->dropped && entry->unit->job && !job_serves(entry->unit->job, entry->type);
}

/* Nothing is ended that must not be. */
static int plan_check_jobs(Plan *plan) {
        for (guint i = 0; i < plan->entries->len && !plan->error; i++) {
                const PlanEntry *entry = plan_entry(plan, i);
                if (!entry_replaces(entry))
                        continue;
                if (entry->unit->job->irreversible && !plan->manager->shutting_down)
                        plan->error = g_strdup_printf("%s: its %s job can't be replaced",
                                                      entry->unit->name,
                                                      job_type_to_string(entry->unit->job->type));
                else if (plan->mode == JOB_MODE_FAIL)
                        plan->error =
                                g_strdup_printf("%s: a %s job is under way", entry->unit->name,
                                                job_type_to_string(entry->unit->job->type));
        }
        return plan->error ? -EINVAL : 0;
}

static void plan_flush(Plan *plan) {
        GHashTableIter iterator;
        gpointer value;
        g_autoptr(GPtrArray) units = g_ptr_array_new();
        g_hash_table_iter_init(&iterator, plan->manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value))
                if (((Unit *)value)->job && !plan_find(plan, value))
                        g_ptr_array_add(units, value);
        for (guint i = 0; i < units->len; i++)
                job_cancel(units->pdata[i]);
}

static void plan_make_jobs(Plan *plan) {
        for (guint i = 0; i < plan->entries->len; i++)
                if (entry_replaces(plan_entry(plan, i)))
                        job_end(plan_entry(plan, i)->unit->job, "cancelled by a later request");
        for (guint i = 0; i < plan->entries->len; i++) {
                PlanEntry *entry = plan_entry(plan, i);
                if (!entry_needs_job(entry) || entry->unit->job)
                        continue;
                entry->fresh = true;
                Job *job = job_new(entry->unit, entry->type);
                job->irreversible = plan->mode == JOB_MODE_REPLACE_IRREVERSIBLY;
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
        if (plan->mode == JOB_MODE_IGNORE_DEPENDENCIES)
                return;
        for (guint i = 0; i < plan->edges->len; i++) {
                const PlanEdge *edge = plan_edge(plan, i);
                const PlanEntry *from = plan_entry(plan, edge->from);
                const PlanEntry *to = plan_entry(plan, edge->to);
                if (edge->ignored || from->dropped || to->dropped)
                        continue;
                bool both = to->type == JOB_RESTART && from->type == JOB_RESTART;
                if (both && to->fresh && from->fresh)
                        job_nest(to->unit->job, from->unit->job);
                else if (to->fresh && from->unit->job)
                        job_wait_for(to->unit->job, from->unit->job);
        }
        for (guint i = 0; i < plan->entries->len; i++)
                if (plan_entry(plan, i)->fresh)
                        plan_order_against_pending(plan, plan_entry(plan, i)->unit->job);
}

static void plan_commit(Plan *plan, TransactionDone done, void *userdata) {
        JobQueue *queue = plan->manager->jobs;
        Transaction *transaction = done ? transaction_new(done, userdata) : NULL;
        if (plan->mode == JOB_MODE_FLUSH)
                plan_flush(plan);
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

static int plan_check_isolation(Plan *plan, JobType type, Unit *const *units, size_t count) {
        if (plan->mode != JOB_MODE_ISOLATE)
                return 0;
        if (type != JOB_START || count != 1)
                plan->error = g_strdup("isolate starts one unit");
        else if (!settings_flag(units[0]->settings, "AllowIsolate"))
                plan->error = g_strdup_printf("%s has no AllowIsolate=yes", units[0]->name);
        return plan->error ? -EINVAL : 0;
}

/* One job waits for none of the plan; nor can it be in a circle. */
static bool plan_needs_order(const Plan *plan) {
        guint jobs = 0;
        for (guint i = 0; i < plan->entries->len && jobs < 2; i++)
                jobs += entry_needs_job(plan_entry(plan, i));
        return jobs >= 2 && plan->mode != JOB_MODE_IGNORE_DEPENDENCIES;
}

static int plan_make(Plan *plan, JobType type, Unit *const *units, size_t count) {
        int r = plan_check_isolation(plan, type, units, count);
        for (size_t i = 0; r >= 0 && i < count; i++)
                plan_ask(plan, units[i], type);
        if (r >= 0 && plan->mode != JOB_MODE_IGNORE_DEPENDENCIES &&
            plan->mode != JOB_MODE_IGNORE_REQUIREMENTS)
                r = plan_expand(plan);
        if (r >= 0 && plan->mode == JOB_MODE_ISOLATE)
                plan_isolate(plan);
        if (r >= 0 && plan_needs_order(plan))
                r = plan_find_order(plan);
        if (r >= 0)
                plan_sweep(plan);
        return r < 0 ? r : plan_check_jobs(plan);
}

int transaction_run_mode(Manager *manager, JobType type, JobMode mode, Unit *const *units,
                         size_t count, TransactionDone done, void *userdata, char **ret_error) {
        if (manager->shutting_down && type != JOB_STOP) {
                *ret_error = g_strdup("the manager is shutting down");
                return -EINVAL;
        }
        Plan plan;
        plan_init(&plan, manager, mode);
        int r = plan_make(&plan, type, units, count);
        if (r >= 0)
                plan_commit(&plan, done, userdata);
        else
                *ret_error = g_steal_pointer(&plan.error);
        plan_done(&plan);
        return r;
}

int transaction_run(Manager *manager, JobType type, Unit *const *units, size_t count,
                    TransactionDone done, void *userdata, char **ret_error) {
        return transaction_run_mode(manager, type, JOB_MODE_REPLACE, units, count, done, userdata,
                                    ret_error);
}

const char *unit_refuses(const Unit *unit, JobType type) {
        if (type != JOB_STOP && settings_flag(unit->settings, "RefuseManualStart"))
                return "RefuseManualStart=yes: it is started by what requires or triggers it";
        if (type != JOB_START && settings_flag(unit->settings, "RefuseManualStop"))
                return "RefuseManualStop=yes: it is stopped by what it depends on";
        return NULL;
}
