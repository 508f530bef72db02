/* SPDX-License-Identifier: MIT */
/* A cgroup v2 per service, where the manager may make one: made before the first start, kept over
 * restarts, removed with the unit. Processes are put there by CLONE_INTO_CGROUP, never by writing
 * cgroup.procs (which takes milliseconds after a pause). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "macros.h"

typedef struct CgroupTree CgroupTree;
typedef struct Cgroup Cgroup;

/* Finds the v2 hierarchy and makes the manager's own folder below its own cgroup, named after the
 * runtime directory so that two managers don't meet.
 * Returns: 0; -EOPNOTSUPP, -EACCES, ...: there is none for us, services are tracked as
 * descendants. */
int cgroup_tree_new(sd_event *event, const char *runtime_directory, CgroupTree **ret);
CgroupTree *cgroup_tree_free(CgroupTree *tree);

/* Returns: 1: it was there before, and so perhaps are processes in it; 0; negative errno. */
int cgroup_new(CgroupTree *tree, const char *unit, Cgroup **ret);
Cgroup *cgroup_free(Cgroup *cgroup); /* removes the folder if it is empty */

/* For CLONE_INTO_CGROUP, anew for each process; borrowed until the next call. */
int cgroup_fd(Cgroup *cgroup);
/* The same, of a cgroup below it: where a service may have enabled controllers in its own, which
 * can have no processes then. */
int cgroup_control_fd(Cgroup *cgroup);
const char *cgroup_path(const Cgroup *cgroup);

/* Signals every process in it; SIGKILL goes by cgroup.kill. Returns: how many have got it, or
 * negative errno. It takes two descriptors: without them nobody gets it. */
int cgroup_kill(Cgroup *cgroup, int sig);
bool cgroup_is_empty(Cgroup *cgroup);
/* The pids in it, as of now. Returns: 0 or negative errno. */
int cgroup_pids(Cgroup *cgroup, GArray **ret); /* of pid_t */
bool cgroup_has_pid(const Cgroup *cgroup, pid_t pid);
/* The same by cgroup_of_process(), for who asks it of many. */
bool cgroup_has_path(const Cgroup *cgroup, const char *path);

/* Calls back (once, from the event loop) when it has become empty. */
int cgroup_watch_empty(Cgroup *cgroup, void (*emptied)(Cgroup *cgroup, void *userdata),
                       void *userdata);

void cgroup_unwatch(Cgroup *cgroup); /* not any more */
