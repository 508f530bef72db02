/* SPDX-License-Identifier: MIT */
/* The life of a job: it waits for others, begins, and ends when its unit's active state says so.
 * Everything runs from one deferred event source, so that no unit is started or stopped from within
 * another's callback. */
#include "job-queue.h"

#include "dependencies.h"
#include "directive.h"
#include "log.h"
#include "manager.h"
#include "service.h"
#include "socket.h"
#include "unit-condition.h"

/* Before everything else that is pending: who waits for a job is waited for himself. */
#define JOB_PRIORITY (SD_EVENT_PRIORITY_IMPORTANT + 10)

static const char *const job_type_names[] = {
        [JOB_START] = "start",
        [JOB_STOP] = "stop",
        [JOB_RESTART] = "restart",
};

const char *job_type_to_string(JobType type) {
        return job_type_names[type];
}

JobType job_type(const Job *job) {
        return job->type;
}

static JobQueue *job_queue(const Job *job) {
        return job->unit->manager->jobs;
}

/* ---- who is mentioned by whom ---- */

static void mention_add(GHashTable *mentions, GStrv names, Job *job) {
        for (char **name = names; name && *name; name++) {
                GHashTable *jobs = g_hash_table_lookup(mentions, *name);
                if (!jobs) {
                        jobs = g_hash_table_new(NULL, NULL);
                        g_hash_table_insert(mentions, g_strdup(*name), jobs);
                }
                g_hash_table_add(jobs, job);
        }
}

static void mention_remove(GHashTable *mentions, GStrv names, Job *job) {
        for (char **name = names; name && *name; name++) {
                GHashTable *jobs = g_hash_table_lookup(mentions, *name);
                if (!jobs)
                        continue;
                g_hash_table_remove(jobs, job);
                if (g_hash_table_size(jobs) == 0)
                        g_hash_table_remove(mentions, *name);
        }
}

/* ---- the order ---- */

static void job_link(GHashTable **set, Job *job) {
        if (!*set)
                *set = g_hash_table_new(NULL, NULL);
        g_hash_table_add(*set, job);
}

static void job_unlink(GHashTable **set, Job *job) {
        if (!*set)
                return;
        g_hash_table_remove(*set, job);
        if (g_hash_table_size(*set) == 0)
                g_clear_pointer(set, g_hash_table_unref);
}

void job_wait_for(Job *job, Job *other) {
        if (job == other)
                return;
        job_link(&job->waits_for, other);
        job_link(&other->blocks, job);
}

void job_queue_wake(JobQueue *queue) {
        sd_event_source_set_enabled(queue->source, SD_EVENT_ONESHOT);
}

void job_release(Job *job) {
        if (job->waits_for || job->queued)
                return;
        JobQueue *queue = job_queue(job);
        job->queued = true;
        g_queue_push_tail(&queue->ready, job);
        job_queue_wake(queue);
}

void job_nest(Job *later, Job *earlier) {
        if (later == earlier)
                return;
        job_wait_for(earlier, later);
        job_link(&later->half_blocks, earlier);
        job_link(&later->then_waits, earlier);
        job_link(&earlier->then_blocks, later);
}

/* A restart has stopped its unit. */
static void job_end_half(Job *job) {
        g_autoptr(GHashTable) earlier = g_steal_pointer(&job->half_blocks);
        g_autoptr(GHashTable) then = g_steal_pointer(&job->then_waits);
        GHashTableIter iterator;
        gpointer other;
        if (then) {
                g_hash_table_iter_init(&iterator, then);
                while (g_hash_table_iter_next(&iterator, &other, NULL)) {
                        job_unlink(&((Job *)other)->then_blocks, job);
                        job_wait_for(job, other);
                }
        }
        if (earlier) {
                g_hash_table_iter_init(&iterator, earlier);
                while (g_hash_table_iter_next(&iterator, &other, NULL)) {
                        job_unlink(&job->blocks, other);
                        job_unlink(&((Job *)other)->waits_for, job);
                        job_release(other);
                }
        }
}

/* Takes a job out of the sets that hold it, found by a set of its own, which goes. */
static void job_leave_sets(Job *job, GHashTable **own, size_t theirs, size_t half) {
        GHashTableIter iterator;
        gpointer other;
        if (!*own)
                return;
        g_hash_table_iter_init(&iterator, *own);
        while (g_hash_table_iter_next(&iterator, &other, NULL)) {
                job_unlink((GHashTable **)((char *)other + theirs), job);
                job_unlink((GHashTable **)((char *)other + half), job);
        }
        g_clear_pointer(own, g_hash_table_unref);
}

static void job_leave_order(Job *job) {
        g_autoptr(GHashTable) blocked = job->blocks ? g_hash_table_ref(job->blocks) : NULL;
        GHashTableIter iterator;
        gpointer other;
        g_clear_pointer(&job->half_blocks, g_hash_table_unref);
        job_leave_sets(job, &job->waits_for, offsetof(Job, blocks), offsetof(Job, half_blocks));
        job_leave_sets(job, &job->then_waits, offsetof(Job, then_blocks),
                       offsetof(Job, then_blocks));
        job_leave_sets(job, &job->then_blocks, offsetof(Job, then_waits),
                       offsetof(Job, then_waits));
        job_leave_sets(job, &job->blocks, offsetof(Job, waits_for), offsetof(Job, waits_for));
        if (!blocked)
                return;
        g_hash_table_iter_init(&iterator, blocked);
        while (g_hash_table_iter_next(&iterator, &other, NULL))
                job_release(other);
}

/* ---- transactions ---- */

Transaction *transaction_new(TransactionDone done, void *userdata) {
        Transaction *transaction = g_new0(Transaction, 1);
        transaction->pending = 1; /* until it is sealed */
        transaction->errors = g_ptr_array_new();
        transaction->done = done;
        transaction->userdata = userdata;
        return transaction;
}

static void transaction_answer(Transaction *transaction) {
        g_ptr_array_add(transaction->errors, NULL);
        g_auto(GStrv) errors = (GStrv)g_ptr_array_free(transaction->errors, FALSE);
        if (transaction->done)
                transaction->done(transaction->userdata, errors);
        g_free(transaction);
}

void transaction_seal(JobQueue *queue, Transaction *transaction) {
        if (--transaction->pending > 0)
                return;
        if (!queue) { /* the manager is being taken down */
                transaction_answer(transaction);
                return;
        }
        g_queue_push_tail(&queue->ended, transaction);
        job_queue_wake(queue);
}

void job_add_asker(Job *job, Transaction *transaction) {
        if (!job->askers)
                job->askers = g_ptr_array_new();
        g_ptr_array_add(job->askers, transaction);
        transaction->pending++;
}

static void job_tell_askers(Job *job, const char *error) {
        for (guint i = 0; job->askers && i < job->askers->len; i++) {
                Transaction *transaction = job->askers->pdata[i];
                if (error)
                        g_ptr_array_add(transaction->errors,
                                        g_strdup_printf("%s: %s", job->unit->name, error));
                transaction_seal(job_queue(job), transaction);
        }
}

/* ---- timeouts ---- */

/* The job is given up; the unit goes on as it is. */
static int on_job_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Job *job = userdata;
        Unit *unit = job->unit;
        if (unit->vtable == &service_vtable)
                service_hear_claim(unit);
        if (unit->job != job) /* it was done in time */
                return 0;
        log_error(unit->name, "the %s job has taken too long: given up",
                  job_type_to_string(job->type));
        if (job->type != JOB_STOP)
                follow_failure(unit);
        job_end(job, "timed out, see JobTimeoutSec= and JobRunningTimeoutSec=");
        return 0;
}

/* The timer of a property, if it is given and ends before the one that is set. */
static void job_set_timer(Job *job, const char *property) {
        const uint64_t *timeout =
                job->settings->sparse ? settings_given(job->settings, property) : NULL;
        uint64_t now, end;
        if (!timeout || *timeout == TIME_INFINITY)
                return;
        sd_event *event = job->unit->manager->event;
        if (job->timer && sd_event_now(event, CLOCK_MONOTONIC, &now) >= 0 &&
            sd_event_source_get_time(job->timer, &end) >= 0 &&
            (end <= now || end - now <= *timeout))
                return;
        job->timer = sd_event_source_disable_unref(job->timer);
        int r = sd_event_add_time_relative(event, &job->timer, CLOCK_MONOTONIC, *timeout,
                                           USEC_PER_MSEC, on_job_timeout, job);
        if (r < 0)
                log_error(job->unit->name, "timer: %s", g_strerror(-r));
}

/* ---- a job's life ---- */

Job *job_new(Unit *unit, JobType type) {
        Job *job = g_new0(Job, 1);
        job->unit = unit;
        job->type = type;
        job->settings = settings_ref(unit->settings);
        unit->job = job;
        GHashTable *mentions = job_queue(job)->mentions;
        mention_add(mentions, job->settings->after, job);
        mention_add(mentions, job->settings->before, job);
        job_set_timer(job, "JobTimeoutUSec");
        return job;
}

static void job_free(Job *job) {
        JobQueue *queue = job_queue(job);
        mention_remove(queue->mentions, job->settings->after, job);
        mention_remove(queue->mentions, job->settings->before, job);
        sd_event_source_disable_unref(job->timer);
        settings_unref(job->settings);
        if (job->queued)
                g_queue_remove(&queue->ready, job);
        if (job->askers)
                g_ptr_array_unref(job->askers);
        g_free(job);
}

static bool unit_waits_to_start(const Unit *unit) {
        return unit->job && unit->job->type == JOB_START && !unit->job->running;
}

/* The units whose starts wait for a unit and can't do without it are told so. */
static void unit_fail_dependents(const Unit *unit, GPtrArray *failed, GHashTable *seen) {
        g_autoptr(GPtrArray) dependents =
                unit_dependents(unit, RELATION_REQUIRES | RELATION_REQUISITE | RELATION_BINDS_TO);
        for (guint i = 0; i < dependents->len; i++) {
                Unit *dependent = dependents->pdata[i];
                if (!unit_waits_to_start(dependent) || !g_hash_table_add(seen, dependent))
                        continue;
                unit_set_failure(dependent, "%s, which it requires, did not start", unit->name);
                g_ptr_array_add(failed, dependent);
        }
}

static void job_finish(Job *job, const char *error) {
        Unit *unit = job->unit;
        if (error)
                log_debug(unit->name, "%s job failed: %s", job_type_to_string(job->type), error);
        unit->job = NULL;
        job_tell_askers(job, error);
        job_leave_order(job);
        job_free(job);
        if (unit->settings->type == UNIT_SERVICE)
                unit_tell_providers(unit);
        follow_job_end(unit);
        socket_look_at_deferred(unit->manager);
        manager_consider_unload(unit->manager, unit);
}

/* With all that can't do without it. Who is last in the row ends first, so that none is released
 * by the end of the one that it waits for. */
static void job_fail_start(Job *job, const char *error) {
        g_autoptr(GPtrArray) failed = g_ptr_array_new();
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        g_hash_table_add(seen, job->unit);
        unit_fail_dependents(job->unit, failed, seen);
        for (guint i = 0; i < failed->len; i++)
                unit_fail_dependents(failed->pdata[i], failed, seen);
        while (failed->len > 0) {
                Unit *unit = g_ptr_array_remove_index(failed, failed->len - 1);
                if (!unit_waits_to_start(unit))
                        continue;
                follow_failure(unit);
                job_finish(unit->job, unit->failure);
        }
        job_finish(job, error);
}

void job_end(Job *job, const char *error) {
        if (error && job->type != JOB_STOP)
                job_fail_start(job, error);
        else
                job_finish(job, error);
}

void job_cancel(Unit *unit) {
        if (unit->job)
                job_end(unit->job, "cancelled");
}

/* A service that waits for RestartSec= has failed to start, as far as this job is concerned; it
 * goes on trying by itself. */
static bool unit_is_between_restarts(const Unit *unit) {
        return unit->vtable == &service_vtable && service_has_fallen(unit);
}

/* A service that is meant to run to its end (Type=oneshot), or not at all (ExecCondition=). */
static bool unit_has_run(const Unit *unit) {
        return unit->vtable == &service_vtable && service_has_run(unit);
}

static void job_check_start(Job *job) {
        Unit *unit = job->unit;
        switch (unit_active_state(unit)) {
        case ACTIVE_ACTIVE:
                job_end(job, NULL);
                return;
        case ACTIVE_ACTIVATING:
                if (unit_is_between_restarts(unit))
                        job_end(job, unit->failure ?: "it failed and is tried again");
                return;
        case ACTIVE_INACTIVE:
                job_end(job, unit->failure        ? unit->failure
                             : unit_has_run(unit) ? NULL
                                                  : "it ended before it was ready");
                return;
        case ACTIVE_FAILED:
                job_end(job, unit->failure ?: "it failed");
                return;
        case ACTIVE_DEACTIVATING:
        case ACTIVE_STATE_COUNT:
                return;
        }
}

static void job_check_stop(Job *job) {
        if (!unit_is_down(job->unit))
                return;
        if (job->type == JOB_STOP) {
                job_end(job, NULL);
                return;
        }
        job->stopping = false;
        job->running = false;
        job_end_half(job);
        job_release(job);
}

static void job_check(Job *job) {
        if (job->type == JOB_STOP || job->stopping)
                job_check_stop(job);
        else
                job_check_start(job);
}

void job_unit_changed(Unit *unit) {
        Job *job = unit->job;
        if (job && job->running && !job->calling)
                job_check(job);
}

/* Calls start or stop, then looks at what has become of it. */
static void job_call(Job *job, int (*verb)(Unit *unit)) {
        Unit *unit = job->unit;
        job->running = true;
        job->calling = true;
        int r = verb(unit);
        job->calling = false;
        if (r < 0)
                job_end(job, unit->failure ?: g_strerror(-r));
        else
                job_check(job);
}

/* Starts the unit, unless something says that it shall not be. */
static void job_begin_start(Job *job) {
        Unit *unit = job->unit;
        switch (unit_judge_start(unit)) {
        case VERDICT_START:
                job_call(job, unit->vtable->start);
                return;
        case VERDICT_SKIP:
                job_end(job, NULL);
                return;
        case VERDICT_FAIL:
                job_end(job, unit->failure);
                return;
        }
}

static void job_run(Job *job) {
        Unit *unit = job->unit;
        job_set_timer(job, "JobRunningTimeoutUSec");
        ActiveState state = unit_active_state(unit);
        bool down = unit_is_down(unit);
        if (job->type == JOB_STOP || (job->type == JOB_RESTART && !job->stopping && !down)) {
                job->stopping = job->type == JOB_RESTART;
                if (down)
                        job_end(job, NULL);
                else
                        job_call(job, unit->vtable->stop);
                return;
        }
        job->type = JOB_START; /* of a restart, this is the second half */
        if (job->then_waits) { /* ... and there was no first */
                job_end_half(job);
                if (job->waits_for)
                        return;
        }
        if (state == ACTIVE_ACTIVE) {
                job_end(job, NULL);
        } else if (state == ACTIVE_DEACTIVATING) {
                job->running = true;
                job->stopping = true;
        } else {
                job_begin_start(job);
        }
}

void job_queue_run(JobQueue *queue) {
        Job *job;
        do
                while ((job = g_queue_pop_head(&queue->ready))) {
                        job->queued = false;
                        job_run(job);
                }
        while (follow_ups_run(queue->follow_ups));
        Transaction *transaction;
        while ((transaction = g_queue_pop_head(&queue->ended)))
                transaction_answer(transaction);
        /* With nothing left, the event loop needn't make a round for it. */
        if (g_queue_is_empty(&queue->ready))
                sd_event_source_set_enabled(queue->source, SD_EVENT_OFF);
}

static int on_defer(sd_event_source *source, void *userdata) {
        job_queue_run(userdata);
        return 0;
}

int job_queue_new(Manager *manager, JobQueue **ret) {
        g_autofree JobQueue *queue = g_new0(JobQueue, 1);
        g_queue_init(&queue->ready);
        g_queue_init(&queue->ended);
        int r = sd_event_add_defer(manager->event, &queue->source, on_defer, queue);
        if (r < 0)
                return r;
        sd_event_source_set_priority(queue->source, JOB_PRIORITY);
        sd_event_source_set_enabled(queue->source, SD_EVENT_OFF);
        queue->mentions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)g_hash_table_unref);
        queue->follow_ups = follow_ups_new(manager);
        *ret = g_steal_pointer(&queue);
        return 0;
}

JobQueue *job_queue_free(JobQueue *queue) {
        if (!queue)
                return NULL;
        Transaction *transaction;
        while ((transaction = g_queue_pop_head(&queue->ended)))
                transaction_answer(transaction);
        follow_ups_free(queue->follow_ups);
        g_clear_pointer(&queue->plan_entries, g_array_unref);
        g_clear_pointer(&queue->plan_edges, g_array_unref);
        g_clear_pointer(&queue->plan_work, g_array_unref);
        g_hash_table_unref(queue->mentions);
        sd_event_source_disable_unref(queue->source);
        g_free(queue);
        return NULL;
}
