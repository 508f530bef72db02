/* SPDX-License-Identifier: MIT */
/* The runtime target: a name for a set of units. It owns nothing and starts nothing itself: what it
 * wants is started by the transaction that starts it. */
#pragma once

#include "unit.h"

typedef enum TargetState {
        TARGET_DEAD,
        TARGET_ACTIVE,
        TARGET_STATE_COUNT,
} TargetState;

typedef struct Target {
        Unit unit;
        TargetState state;
} Target;

static inline Target *TARGET(Unit *unit) {
        return container_of(unit, Target, unit);
}
