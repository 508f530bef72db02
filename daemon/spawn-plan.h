/* SPDX-License-Identifier: MIT */
/* The plan of a spawn: made by the parent, read by the child. */
#pragma once

#include "spawn-child.h"
#include "spawn.h"

/* Never fails. The child has no report pipe yet. */
SpawnPlan *spawn_plan_new(const SpawnRequest *request);
SpawnPlan *spawn_plan_free(SpawnPlan *plan);
DEFINE_CLEANUP(SpawnPlan, spawn_plan_free)

const char *spawn_step_to_string(SpawnStep step); /* "chdir" */
