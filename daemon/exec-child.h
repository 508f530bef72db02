/* SPDX-License-Identifier: MIT */
/* The child's steps that are only walked when a unit asks for them: see spawn-child.h for what may
 * be done there. Each returns 0 or positive, or negative errno. */
#pragma once

#include "spawn-child.h"

long exec_step_given(const SpawnPlan *plan);
long exec_step_listen(const SpawnPlan *plan);
long exec_step_runtime_folders(const SpawnPlan *plan);
long exec_step_state_folders(const SpawnPlan *plan);
long exec_step_cache_folders(const SpawnPlan *plan);
long exec_step_logs_folders(const SpawnPlan *plan);
long exec_step_configuration_folders(const SpawnPlan *plan);
long exec_step_oom_score(const SpawnPlan *plan);
long exec_step_coredump_filter(const SpawnPlan *plan);
long exec_step_nice(const SpawnPlan *plan);
long exec_step_scheduler(const SpawnPlan *plan);
long exec_step_affinity(const SpawnPlan *plan);
long exec_step_numa(const SpawnPlan *plan);
long exec_step_io_priority(const SpawnPlan *plan);
long exec_step_timer_slack(const SpawnPlan *plan);
long exec_step_personality(const SpawnPlan *plan);
long exec_step_root(const SpawnPlan *plan);
long exec_step_limits(const SpawnPlan *plan);
long exec_step_bounding(const SpawnPlan *plan);
long exec_step_keep_capabilities(const SpawnPlan *plan);
long exec_step_keyring(const SpawnPlan *plan);
long exec_step_ambient(const SpawnPlan *plan);
long exec_step_secure_bits(const SpawnPlan *plan);
long exec_step_no_new_privileges(const SpawnPlan *plan);

/* A limit beyond the hard one that may not be raised becomes the nearest that may be set. Returns:
 * -EPERM then. */
long exec_set_limit(int resource, const struct rlimit *limit);
