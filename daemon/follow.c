/* SPDX-License-Identifier: MIT */
/* Follow-ups of state changes. */
#include "follow.h"

#include "clock.h"
#include "dependencies.h"
#include "directive.h"
#include "job-queue.h"
#include "log.h"
#include "manager.h"
#include "providers.h"
#include "ratelimit.h"
#include "service.h"

/* A unit that is held up but always ends, or one whose failure leads to its failure, is left alone
 * for a while. */
#define FOLLOW_INTERVAL_USEC (10 * USEC_PER_SEC)
#define FOLLOW_BURST         16

typedef enum Follow {
        FOLLOW_FAILURE = 1 << 0,  /* start OnFailure= */
        FOLLOW_SUCCESS = 1 << 1,  /* start OnSuccess= */
        FOLLOW_UNBIND = 1 << 2,   /* stop what is bound to it */
        FOLLOW_UPHOLD = 1 << 3,   /* start it, if somebody upholds it */
        FOLLOW_RELEASE = 1 << 4,  /* stop what it needed, if nobody else does */
        FOLLOW_UNNEEDED = 1 << 5, /* stop it, if nobody needs it */
} Follow;

struct FollowUps {
        Manager *manager;
        GHashTable *notes;   /* unit name -> Follow bits */
        GHashTable *counts;  /* unit name -> RateLimit *: starts because of it, of late */
        GHashTable *waiting; /* unit name -> Follow bits: too often, to be followed later */
        sd_event_source *timer;
};

FollowUps *follow_ups_new(Manager *manager) {
        FollowUps *follow_ups = g_new0(FollowUps, 1);
        follow_ups->manager = manager;
        follow_ups->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        follow_ups->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        follow_ups->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return follow_ups;
}

FollowUps *follow_ups_free(FollowUps *follow_ups) {
        if (!follow_ups)
                return NULL;
        sd_event_source_disable_unref(follow_ups->timer);
        g_hash_table_unref(follow_ups->notes);
        g_hash_table_unref(follow_ups->counts);
        g_hash_table_unref(follow_ups->waiting);
        g_free(follow_ups);
        return NULL;
}

/* ---- noting ---- */

static void note_add(GHashTable *notes, const char *name, unsigned int follow) {
        guint old = GPOINTER_TO_UINT(g_hash_table_lookup(notes, name));
        g_hash_table_insert(notes, g_strdup(name), GUINT_TO_POINTER(old | follow));
}

static void note_name(Manager *manager, const char *name, unsigned int follow) {
        JobQueue *queue = manager->jobs;
        if (!queue || follow == 0)
                return;
        note_add(queue->follow_ups->notes, name, follow);
        job_queue_wake(queue);
}

static bool unit_has_dependents(const Unit *unit, unsigned int relations) {
        g_autoptr(GPtrArray) dependents = unit_dependents(unit, relations);
        return dependents->len > 0;
}

static bool unit_needs_others(const Unit *unit) {
        const UnitSettings *settings = unit->settings;
        return settings->requires || settings->wants || settings->sparse;
}

static unsigned int follow_of_end(const Unit *unit, ActiveState now, bool was_up) {
        unsigned int follow = 0;
        bool expected = unit->job && job_type(unit->job) != JOB_START;
        if (now == ACTIVE_FAILED && settings_names(unit->settings, RELATION_ON_FAILURE))
                follow |= FOLLOW_FAILURE;
        if (now == ACTIVE_INACTIVE && was_up && settings_names(unit->settings, RELATION_ON_SUCCESS))
                follow |= FOLLOW_SUCCESS;
        /* Where a stop was asked for, they were stopped by the same request. */
        if (!expected && was_up && unit_has_dependents(unit, RELATION_BINDS_TO))
                follow |= FOLLOW_UNBIND;
        if (unit_has_dependents(unit, RELATION_UPHOLDS))
                follow |= FOLLOW_UPHOLD;
        if (unit_needs_others(unit))
                follow |= FOLLOW_RELEASE;
        return follow;
}

static bool state_is_up(ActiveState state) {
        return state == ACTIVE_ACTIVE || state == ACTIVE_ACTIVATING || state == ACTIVE_DEACTIVATING;
}

/* The main process has ended and is about to come again: that is an end, too. */
static bool unit_has_fallen(const Unit *unit) {
        return unit->vtable == &service_vtable && service_has_fallen(unit);
}

void follow_state(Unit *unit, ActiveState old_active) {
        ActiveState now = unit_active_state(unit);
        unsigned int follow = 0;
        if (unit->manager->shutting_down)
                return;
        if (now == ACTIVE_ACTIVE && old_active != ACTIVE_ACTIVE &&
            settings_flag(unit->settings, "StopWhenUnneeded"))
                follow |= FOLLOW_UNNEEDED;
        if ((now == ACTIVE_INACTIVE || now == ACTIVE_FAILED) && now != old_active)
                follow |= follow_of_end(unit, now, state_is_up(old_active));
        else if (unit_has_fallen(unit) && unit_has_dependents(unit, RELATION_BINDS_TO))
                follow |= FOLLOW_UNBIND;
        note_name(unit->manager, unit->name, follow);
}

void follow_job_end(Unit *unit) {
        if (!unit->manager->shutting_down && unit_is_down(unit) && unit_needs_others(unit))
                note_name(unit->manager, unit->name, FOLLOW_RELEASE);
}

void follow_failure(Unit *unit) {
        if (!unit->manager->shutting_down && settings_names(unit->settings, RELATION_ON_FAILURE))
                note_name(unit->manager, unit->name, FOLLOW_FAILURE);
}

/* ---- not too often ---- */

static int on_follow_again(sd_event_source *source, uint64_t usec, void *userdata) {
        FollowUps *follow_ups = userdata;
        GHashTableIter iterator;
        gpointer name, follow;
        follow_ups->timer = sd_event_source_disable_unref(follow_ups->timer);
        g_hash_table_iter_init(&iterator, follow_ups->waiting);
        while (g_hash_table_iter_next(&iterator, &name, &follow))
                note_name(follow_ups->manager, name, GPOINTER_TO_UINT(follow));
        g_hash_table_remove_all(follow_ups->waiting);
        g_hash_table_remove_all(follow_ups->counts);
        return 0;
}

/* Returns: whether something may be started because of the unit now; else it will be tried again.
 */
static bool follow_is_due(FollowUps *follow_ups, const Unit *unit, Follow follow) {
        RateLimit *limit = g_hash_table_lookup(follow_ups->counts, unit->name);
        if (!limit) {
                limit = g_new0(RateLimit, 1);
                g_hash_table_insert(follow_ups->counts, g_strdup(unit->name), limit);
        }
        if (!follow_ups->timer)
                (void)sd_event_add_time_relative(follow_ups->manager->event, &follow_ups->timer,
                                                 CLOCK_MONOTONIC, FOLLOW_INTERVAL_USEC,
                                                 USEC_PER_SEC, on_follow_again, follow_ups);
        if (ratelimit_below(limit, clock_usec(CLOCK_MONOTONIC), FOLLOW_INTERVAL_USEC, FOLLOW_BURST))
                return true;
        if (!g_hash_table_contains(follow_ups->waiting, unit->name))
                log_warning(unit->name, "it ends again and again: what is to be started for that "
                                        "waits a while");
        note_add(follow_ups->waiting, unit->name, follow);
        return false;
}

/* ---- following ---- */

static void follow_run(Unit *unit, JobType type, JobMode mode, const char *reason) {
        g_autofree char *error = NULL;
        log_info(unit->name, "%s: %s", type == JOB_START ? "starting" : "stopping", reason);
        if (transaction_run_mode(unit->manager, type, mode, &unit, 1, NULL, NULL, &error) < 0)
                log_error(unit->name, "%s: %s", job_type_to_string(type), error);
}

static void follow_start_names(FollowUps *follow_ups, Unit *unit, Follow follow, Relation relation,
                               const char *key) {
        if (!follow_is_due(follow_ups, unit, follow))
                return;
        g_autofree char *mode_property = g_strconcat(key, "JobMode", NULL);
        const JobMode *mode = settings_given(unit->settings, mode_property);
        g_autofree char *reason = g_strdup_printf("%s= of %s", key, unit->name);
        /* The unit's settings may change under us only by a reload, which nobody calls here. */
        GStrv names = settings_names(unit->settings, relation);
        for (char **name = names; name && *name; name++) {
                Unit *other;
                if (manager_load_unit(unit->manager, *name, &other) >= 0)
                        follow_run(other, JOB_START, mode ? *mode : JOB_MODE_REPLACE, reason);
                else
                        log_error(unit->name, "%s=%s can't be loaded", key, *name);
        }
}

static void follow_unbind(Unit *unit) {
        g_autofree char *reason = g_strdup_printf("it is bound to %s, which has ended", unit->name);
        g_autoptr(GPtrArray) dependents = unit_dependents(unit, RELATION_BINDS_TO);
        for (guint i = 0; i < dependents->len; i++) {
                Unit *other = dependents->pdata[i];
                if (!unit_is_down(other) && (!other->job || job_type(other->job) == JOB_START))
                        follow_run(other, JOB_STOP, JOB_MODE_REPLACE, reason);
        }
}

/* ---- Upholds= ---- */

static const Unit *unit_find_upholder(const Unit *unit) {
        g_autoptr(GPtrArray) dependents = unit_dependents(unit, RELATION_UPHOLDS);
        for (guint i = 0; i < dependents->len; i++) {
                const Unit *other = dependents->pdata[i];
                if (unit_active_state(other) == ACTIVE_ACTIVE &&
                    (!other->job || job_type(other->job) != JOB_STOP))
                        return other;
        }
        return NULL;
}

static void follow_uphold(FollowUps *follow_ups, Unit *unit) {
        const Unit *upholder = unit_find_upholder(unit);
        if (!upholder || !unit_is_down(unit) || unit->job ||
            !follow_is_due(follow_ups, unit, FOLLOW_UPHOLD))
                return;
        g_autofree char *reason = g_strdup_printf("%s upholds it", upholder->name);
        follow_run(unit, JOB_START, JOB_MODE_FAIL, reason);
}

/* ---- StopWhenUnneeded= ---- */

static bool unit_is_needed(Unit *unit) {
        g_autoptr(GPtrArray) dependents = unit_dependents(unit, RELATIONS_NEEDED);
        g_autoptr(GPtrArray) consumers =
                unit_gives_to_all(unit) ? manager_consumers(unit->manager, unit) : NULL;
        for (guint i = 0; i < dependents->len; i++) {
                const Unit *other = dependents->pdata[i];
                if (!unit_is_down(other) || other->job)
                        return true;
        }
        for (guint i = 0; consumers && i < consumers->len; i++)
                if (!unit_is_down(consumers->pdata[i]))
                        return true;
        return false;
}

static void follow_unneeded(Unit *unit) {
        if (settings_flag(unit->settings, "StopWhenUnneeded") &&
            unit_active_state(unit) == ACTIVE_ACTIVE && !unit->job && !unit_is_needed(unit))
                follow_run(unit, JOB_STOP, JOB_MODE_REPLACE, "nobody needs it any more");
}

static void follow_release(Unit *unit) {
        for (unsigned int relation = 1; relation <= RELATION_UPHOLDS; relation <<= 1) {
                GStrv names = relation & RELATIONS_NEEDED
                                      ? settings_names(unit->settings, (Relation)relation)
                                      : NULL;
                for (char **name = names; name && *name; name++) {
                        Unit *other = manager_find_unit(unit->manager, *name);
                        if (other)
                                follow_unneeded(other);
                }
        }
}

/* ---- all of it ---- */

static void follow_unit(FollowUps *follow_ups, Unit *unit, unsigned int follow) {
        if (follow & FOLLOW_FAILURE)
                follow_start_names(follow_ups, unit, FOLLOW_FAILURE, RELATION_ON_FAILURE,
                                   "OnFailure");
        if (follow & FOLLOW_SUCCESS)
                follow_start_names(follow_ups, unit, FOLLOW_SUCCESS, RELATION_ON_SUCCESS,
                                   "OnSuccess");
        if (follow & FOLLOW_UNBIND)
                follow_unbind(unit);
        if (follow & FOLLOW_UPHOLD)
                follow_uphold(follow_ups, unit);
        if (follow & FOLLOW_RELEASE)
                follow_release(unit);
        if (follow & FOLLOW_UNNEEDED)
                follow_unneeded(unit);
}

bool follow_ups_run(FollowUps *follow_ups) {
        if (g_hash_table_size(follow_ups->notes) == 0)
                return false;
        /* What this leads to is noted anew. */
        g_autoptr(GHashTable) notes = follow_ups->notes;
        follow_ups->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iterator;
        gpointer name, follow;
        g_hash_table_iter_init(&iterator, notes);
        while (g_hash_table_iter_next(&iterator, &name, &follow)) {
                Unit *unit = manager_find_unit(follow_ups->manager, name);
                if (unit && !follow_ups->manager->shutting_down)
                        follow_unit(follow_ups, unit, GPOINTER_TO_UINT(follow));
        }
        return true;
}
