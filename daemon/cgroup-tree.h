/* SPDX-License-Identifier: MIT */
/* What cgroup.c and cgroup-tree.c share: the folder below which all services' cgroups are. */
#pragma once

#include "cgroup.h"

/* A service may make cgroups of its own below; deeper than this nobody nests. */
#define CGROUP_DEPTH_MAX 16

struct CgroupTree {
        sd_event *event;
        char *folder; /* in the file system: "/sys/fs/cgroup/bellhop-run-bellhop" */
        char *path;   /* as /proc/PID/cgroup has it: "/bellhop-run-bellhop" */
};

/* The v2 line of /proc/PID/cgroup (g_free). Returns: 0 or negative errno. */
int cgroup_of_process(pid_t pid, char **ret);

/* Removes a folder and those below it, as far as nobody is in them. */
void cgroup_folder_remove(const char *folder);
