/* SPDX-License-Identifier: MIT */
/* What a process says of itself: the test program is the service as well. */
#pragma once

/* Prints a line "FACET=VALUE" for each argument, and ends the process:
 *   umask nice oom slack personality coredump affinity numa ioprio sched securebits groups cwd
 * stdin keyring machine sigpipe, limit:NOFILE (soft:hard), status:KEY (of /proc/self/status),
 * env:NAME, stat:PATH (type, mode, owner), link:PATH, socket:FD (its kind, or none) */
_Noreturn void exec_report(int count, char **facets);
