/* SPDX-License-Identifier: MIT */
/* What is looked at before a unit is started. */
#include "unit-condition.h"

#include "clock.h"
#include "condition.h"
#include "dependencies.h"
#include "directive.h"
#include "log.h"
#include "manager.h"

/* Kept from the first time that there was something to ask. */
struct UnitChecks {
        uint64_t condition_usec, assert_usec; /* CLOCK_REALTIME of the last look; 0: none yet */
        bool condition_result, assert_result;
        char *unmet; /* "ConditionPathExists=/x": why it wasn't started; NULL: it was */
};

static UnitChecks *unit_checks(Unit *unit) {
        if (!unit->checks)
                unit->checks = g_new0(UnitChecks, 1);
        return unit->checks;
}

void unit_forget_condition(Unit *unit) {
        if (unit->checks)
                g_free(unit->checks->unmet);
        g_clear_pointer(&unit->checks, g_free);
}

/* ---- conditions ---- */

/* Returns: whether it is another than the last time. */
static bool unit_set_unmet(Unit *unit, const Condition *unmet, const char *prefix) {
        UnitChecks *checks = unit_checks(unit);
        g_autofree char *old = checks->unmet;
        checks->unmet = unmet ? condition_to_string(unmet, prefix) : NULL;
        return g_strcmp0(old, checks->unmet) != 0;
}

static bool unit_meets_conditions(Unit *unit) {
        const Condition *unmet;
        if (!unit->settings->conditions && !unit->checks)
                return true;
        UnitChecks *checks = unit_checks(unit);
        checks->condition_usec = clock_usec(CLOCK_REALTIME);
        checks->condition_result = conditions_hold(unit->settings->conditions, &unmet);
        bool news = unit_set_unmet(unit, unmet, "Condition");
        /* A socket with something to do for it asks again and again. */
        if (!checks->condition_result)
                log_message(news ? LOG_INFO : LOG_DEBUG, unit->name, "skipped: %s is not met",
                            checks->unmet);
        return checks->condition_result;
}

static bool unit_meets_asserts(Unit *unit) {
        const Condition *unmet;
        if (!unit->settings->asserts)
                return true;
        UnitChecks *checks = unit_checks(unit);
        checks->assert_usec = clock_usec(CLOCK_REALTIME);
        checks->assert_result = conditions_hold(unit->settings->asserts, &unmet);
        (void)unit_set_unmet(unit, unmet, "Assert");
        if (!checks->assert_result)
                unit_set_failure(unit, "%s is not met", checks->unmet);
        return checks->assert_result;
}

/* ---- other units ---- */

/* What must be up already: it is, or is about to be, and no order was asked for. */
static bool unit_is_up_for(const Unit *unit, const char *name) {
        const Unit *other = manager_find_unit(unit->manager, name);
        GStrv after = unit->settings->after;
        if (!other)
                return false;
        if (unit_active_state(other) == ACTIVE_ACTIVE)
                return true;
        return (other->job || unit_active_state(other) == ACTIVE_ACTIVATING) &&
               !names_contain(after, name);
}

static bool unit_has_requisites(Unit *unit) {
        GStrv names = settings_names(unit->settings, RELATION_REQUISITE);
        for (char **name = names; name && *name; name++)
                if (!unit_is_up_for(unit, *name)) {
                        unit_set_failure(unit, "%s isn't up: see Requisite=", *name);
                        return false;
                }
        return true;
}

/* Bound to a unit and after it, this one is never up without it. */
static bool unit_is_bound_to_active(Unit *unit) {
        GStrv names = settings_names(unit->settings, RELATION_BINDS_TO);
        GStrv after = unit->settings->after;
        for (char **name = names; name && *name; name++) {
                const Unit *other = manager_find_unit(unit->manager, *name);
                if (other && names_contain(after, *name) &&
                    unit_active_state(other) != ACTIVE_ACTIVE) {
                        unit_set_failure(unit, "%s, which it is bound to, isn't up", *name);
                        return false;
                }
        }
        return true;
}

/* ---- start limit ---- */

#define START_LIMIT_HIT "start-limit-hit: "

/* What it failed of is what is to be mended. */
void unit_fail_start_limit(Unit *unit, unsigned int burst, uint64_t interval_usec) {
        const char *cause = unit->failure;
        if (cause && g_str_has_prefix(cause, START_LIMIT_HIT)) {
                unit_set_failure(unit, "%s", cause); /* nothing has been tried since */
                return;
        }
        unit_set_failure(unit,
                         START_LIMIT_HIT
                         "%s%sstarted %u times within %g s; 'bellhopctl "
                         "reset-failed %s' lets it start at once, StartLimitBurst= says how often "
                         "it may",
                         cause ?: "", cause ? "; " : "", burst,
                         (double)interval_usec / USEC_PER_SEC, unit->name);
}

/* A service has its own, and what a target does can't go wrong. */
static bool unit_is_below_start_limit(Unit *unit) {
        UnitType type = unit->settings->type;
        if (type != UNIT_SOCKET && type != UNIT_MEMFD)
                return true;
        const ServiceSettings *defaults =
                SERVICE_SETTINGS((UnitSettings *)settings_defaults(UNIT_SERVICE));
        const uint64_t *interval = settings_given(unit->settings, "StartLimitIntervalUSec");
        const unsigned int *burst = settings_given(unit->settings, "StartLimitBurst");
        uint64_t usec = interval ? *interval : defaults->start_limit_interval;
        unsigned int count = burst ? *burst : defaults->start_limit_burst;
        if (usec == 0 || count == 0)
                return true;
        if (ratelimit_below(&unit->start_limit, clock_usec(CLOCK_MONOTONIC), usec, count))
                return true;
        unit_fail_start_limit(unit, count, usec);
        return false;
}

UnitVerdict unit_judge_start(Unit *unit) {
        /* What waits for its restart has been judged. */
        bool begins = unit_is_down(unit);
        if (!unit_has_requisites(unit))
                return VERDICT_FAIL;
        if (begins && !unit_meets_conditions(unit)) {
                unit_clear_failure(unit);
                return VERDICT_SKIP;
        }
        if (begins && !unit_meets_asserts(unit))
                return VERDICT_FAIL;
        if (!unit_is_bound_to_active(unit) || !unit_is_below_start_limit(unit))
                return VERDICT_FAIL;
        return VERDICT_START;
}

/* ---- showing ---- */

/* Nothing to ask is as good as a yes, as soon as somebody has come to ask. */
static void show_result(GVariantDict *properties, const char *what, const Condition *list,
                        uint64_t usec, bool result) {
        g_autofree char *name = g_strconcat(what, "Result", NULL);
        g_autofree char *time = g_strconcat(what, "Timestamp", NULL);
        g_variant_dict_insert(properties, name, "b", !list || result);
        g_variant_dict_insert(properties, time, "t", usec);
}

void unit_show_condition(const Unit *unit, GVariantDict *properties) {
        const UnitChecks *checks = unit->checks;
        show_result(properties, "Condition", unit->settings->conditions,
                    checks ? checks->condition_usec : 0, checks && checks->condition_result);
        show_result(properties, "Assert", unit->settings->asserts, checks ? checks->assert_usec : 0,
                    checks && checks->assert_result);
        if (checks && checks->unmet) {
                g_autofree char *text = g_utf8_make_valid(checks->unmet, -1);
                g_variant_dict_insert(properties, "Unmet", "s", text);
        }
}
