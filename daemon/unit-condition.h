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

/* ConditionResult, AssertResult and their like. */
void unit_show_condition(const Unit *unit, GVariantDict *properties);
void unit_forget_condition(Unit *unit);
