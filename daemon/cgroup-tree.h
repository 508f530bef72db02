/* SPDX-License-Identifier: MIT */
/* What cgroup.c and cgroup-tree.c share: the folder below which all services' cgroups are. */
#pragma once

#include "cgroup.h"
#include "settings.h"

/* A service may make cgroups of its own below; deeper than this nobody nests. */
#define CGROUP_DEPTH_MAX 16

/* Those that a key needs. */
typedef enum CgroupController {
        CGROUP_CPU,
        CGROUP_CPUSET,
        CGROUP_IO,
        CGROUP_MEMORY,
        CGROUP_PIDS,
        CGROUP_CONTROLLER_COUNT,
} CgroupController;

struct CgroupTree {
        sd_event *event;
        char *own;    /* the manager's own cgroup, in the file system */
        char *folder; /* in the file system: "/sys/fs/cgroup/bellhop-run-bellhop" */
        char *path;   /* as /proc/PID/cgroup has it: "/bellhop-run-bellhop" */
        char *aside;  /* where the manager has gone to enable controllers; NULL: it hasn't */
        unsigned int enabled; /* 1 << CgroupController: for the cgroups of units */
};

struct Cgroup {
        sd_event *event;
        char *folder;
        char *path;
        int fd;
        int control_fd;        /* -EBADF: there is none */
        bool killed;           /* by cgroup.kill */
        UnitSettings *limited; /* whose limits the folder has; NULL: nobody's */
        void (*emptied)(Cgroup *cgroup, void *userdata);
        void *userdata;
        sd_event_source *events_source; /* cgroup.events changes */
        sd_event_source *check_source;  /* the first look */
};

/* Enables a controller for the cgroups of units, once. A cgroup can't both have processes and
 * enable controllers, so the manager leaves its own for one beside the units' if it is alone there.
 * Returns: 0; -EOPNOTSUPP: it isn't there for us; -EBUSY: we aren't alone; or negative errno. */
int cgroup_tree_enable(CgroupTree *tree, CgroupController controller);
const char *cgroup_controller_to_string(CgroupController controller);

/* Returns: whether these aren't the limits that the folder has; from now on they are, and
 * *ret_before is whose they were (one reference; NULL: nobody's). */
bool cgroup_note_limits(Cgroup *cgroup, UnitSettings *settings, UnitSettings **ret_before);

/* The v2 line of /proc/PID/cgroup (g_free). Returns: 0 or negative errno. */
int cgroup_of_process(pid_t pid, char **ret);

/* Removes a folder and those below it, as far as nobody is in them. */
void cgroup_folder_remove(const char *folder);
