/* SPDX-License-Identifier: MIT */
/* Sets of the ways in which a process may end (SuccessExitStatus=): exit statuses and signals. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct ExitStatusSet {
        uint64_t statuses[4]; /* a bit for each of 256 */
        uint64_t signals;     /* a bit for each, from 1 */
} ExitStatusSet;

/* @code: CLD_EXITED, CLD_KILLED or CLD_DUMPED, as in a siginfo. set may be NULL: nothing is in it.
 */
bool exit_status_set_has(const ExitStatusSet *set, int code, int status);

/* The number of a name in systemd.exec(5), "Process Exit Codes", without "EX_" and "EXIT_".
 * Returns: 0 to 255, or -EINVAL. */
int exit_status_from_name(const char *name);
