/* SPDX-License-Identifier: MIT */
/* Ringing the bell at one process: the look before it, and the signal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Rings each of the signals (BELLHOP_SIGNAL_BIT()s), with the address of a claim socket.
 *
 * @look: look first, and ring only what neither kills the process nor is pending already
 *
 * Any bell fetches everything, so one that is out, or pending, is enough.
 * Returns: how many bells were sent (0: all were pending); or, when none was, -EAGAIN (queue full),
 * -EBUSY (not ready), -ESRCH (it has ended), or another errno; *ret_reason (g_free) then is set,
 * unless it was before. */
int ring_process(pid_t pid, int pidfd, uint64_t signals, uint64_t address, bool look,
                 char **ret_reason);

/* The look alone. Returns: 0: it could be rung by all of the signals; -EBUSY, -ESRCH, with the
 * reason, as above. */
int ring_look(pid_t pid, int pidfd, uint64_t signals, char **ret_reason);
