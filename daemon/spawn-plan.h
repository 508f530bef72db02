/* SPDX-License-Identifier: MIT */
/* The plan of a spawn: made by the parent, read by the child. */
#pragma once

#include "spawn-child.h"
#include "spawn.h"

/* @report_fd: borrowed; the child's end of the report pipe. Never fails. */
SpawnPlan *spawn_plan_new(const SpawnRequest *request, int report_fd);
SpawnPlan *spawn_plan_free(SpawnPlan *plan);
DEFINE_CLEANUP(SpawnPlan, spawn_plan_free)

const char *spawn_step_to_string(SpawnStep step); /* "chdir" */
