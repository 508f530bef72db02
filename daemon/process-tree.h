/* SPDX-License-Identifier: MIT */
/* Who descends from whom, read from /proc: what there is where a service has no cgroup. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whether pid is ancestor or descends from it, as of now; pid must be pinned by the caller. */
bool process_is_descendant(pid_t pid, pid_t ancestor);

/* The process and all that descend from it: pid_t, the ancestor first, at most max. */
GArray *process_descendants(pid_t ancestor, guint max);

/* "nginx (pid 4242)" (g_free); "pid 4242" when its name can't be read. */
char *process_label(pid_t pid);
