/* SPDX-License-Identifier: MIT */
/* Whether a unit may be started, asked right before it is: its conditions and asserts, what it
 * names in Requisite= and BindsTo=, its start limit. It remembers the answers for `show`. */
#pragma once

#include "unit.h"

typedef enum UnitVerdict {
        VERDICT_START,
        VERDICT_SKIP, /* a condition isn't met: not started, and nothing wrong about it */
        VERDICT_FAIL, /* the unit's failure says why */
} UnitVerdict;

UnitVerdict unit_judge_start(Unit *unit);
/* Says of a unit that it was started too often, and what to do about it. */
void unit_fail_start_limit(Unit *unit, unsigned int burst, uint64_t interval_usec);

/* ConditionResult, AssertResult and their like. */
void unit_show_condition(const Unit *unit, GVariantDict *properties);
void unit_forget_condition(Unit *unit);
