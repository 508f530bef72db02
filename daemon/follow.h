/* SPDX-License-Identifier: MIT */
/* What a unit's end or beginning leads to besides its own jobs: OnFailure= and OnSuccess=, what is
 * bound to it (BindsTo=), what holds it up (Upholds=), what is needed no longer
 * (StopWhenUnneeded=). A change of state is noted when it happens and followed when no job is ready
 * any more, so that no unit starts or stops another from within a callback. What starts because of
 * one unit is limited, so that no circle of such keys keeps the manager busy. It owns its notes and
 * names units only: they may have gone by then. */
#pragma once

#include <systemd/sd-event.h>

#include "unit.h"

typedef struct FollowUps FollowUps;

FollowUps *follow_ups_new(Manager *manager);
FollowUps *follow_ups_free(FollowUps *follow_ups);

/* A unit's state has changed; its job hasn't been told yet. */
void follow_state(Unit *unit, ActiveState old_active);
/* A unit's job has ended, and it didn't come up: what it was to need may be unneeded. */
void follow_job_end(Unit *unit);
/* A unit's start failed before it was begun. */
void follow_failure(Unit *unit);

/* Does what has been noted. Returns: whether there was anything. */
bool follow_ups_run(FollowUps *follow_ups);
