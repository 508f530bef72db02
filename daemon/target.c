/* SPDX-License-Identifier: MIT */
/* The runtime target: a name for a set of units. It is active from its start until its stop, and
 * owns nothing. */
#include "target.h"

static const char *const target_state_names[] = {
        [TARGET_DEAD] = "dead",
        [TARGET_ACTIVE] = "active",
};
_Static_assert(ARRAY_SIZE(target_state_names) == TARGET_STATE_COUNT, "a name per state");

static ActiveState target_active_state(const Unit *unit) {
        return TARGET((Unit *)unit)->state == TARGET_ACTIVE ? ACTIVE_ACTIVE : ACTIVE_INACTIVE;
}

static const char *target_sub_state(const Unit *unit) {
        return target_state_names[TARGET((Unit *)unit)->state];
}

static void target_set_state(Target *target, TargetState state) {
        if (target->state == state)
                return;
        ActiveState old_active = target_active_state(&target->unit);
        const char *old_sub = target_sub_state(&target->unit);
        target->state = state;
        unit_state_changed(&target->unit, old_active, old_sub);
}

static int target_start(Unit *unit) {
        unit_clear_failure(unit);
        target_set_state(TARGET(unit), TARGET_ACTIVE);
        return 0;
}

static int target_stop(Unit *unit) {
        target_set_state(TARGET(unit), TARGET_DEAD);
        return 0;
}

const UnitVTable target_vtable = {
        .size = sizeof(Target),
        .start = target_start,
        .stop = target_stop,
        .active_state = target_active_state,
        .sub_state = target_sub_state,
};
