/* SPDX-License-Identifier: MIT */
/* What systemd.resource-control(5)'s keys ask of a unit's cgroup: which file is written, by which
 * controller, and how. A key that can't have its effect is logged, and the unit starts all the
 * same. */
#pragma once

#include <sys/types.h>

#include "cgroup.h"
#include "unit.h"

/* Writes what the unit's file gives into its cgroup, and takes back what it gave before; nothing
 * when that has been done for this folder and these settings.
 * @cgroup: NULL: there is none, and every key has no effect */
void cgroup_limit(CgroupTree *tree, Cgroup *cgroup, const Unit *unit);

/* "/dev/sda 5M" as a line of io.max: "8:0 rbps=5000000" (g_free).
 * @key: "rbps", ...; "target": a time; NULL: a weight
 * @reset: no limit any more
 * Returns: 0, or negative errno (there is no such block device). */
int cgroup_device_limit(const char *line, const char *key, bool reset, char **ret);

bool cgroup_is_delegated(const Unit *unit); /* Delegate= */
/* Delegate=: gives the cgroup to the user of the service. (uid_t)-1, (gid_t)-1: the manager's own.
 */
void cgroup_delegate(const Cgroup *cgroup, const Unit *unit, uid_t uid, gid_t gid);
