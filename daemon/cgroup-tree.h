/* SPDX-License-Identifier: MIT */
/* What cgroup.c and cgroup-tree.c share: the folder below which all services' cgroups are. */
#pragma once

#include "cgroup.h"

struct CgroupTree {
        sd_event *event;
        char *folder; /* in the file system: "/sys/fs/cgroup/bellhop-run-bellhop" */
        char *path;   /* as /proc/PID/cgroup has it: "/bellhop-run-bellhop" */
};

/* The v2 line of /proc/PID/cgroup (g_free). Returns: 0 or negative errno. */
int cgroup_of_process(pid_t pid, char **ret);
