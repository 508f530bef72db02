/* SPDX-License-Identifier: MIT */
/* Who a process is: what /proc/PID/status says of it. The caller pins the pid with a pidfd and asks
 * afterwards whether it still lives, or the answer may be of another process. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

typedef struct ProcessStatus {
        pid_t process;  /* Tgid: the process that a thread is of */
        uid_t real_uid; /* as this user namespace sees them */
        uid_t effective_uid;
        uid_t saved_uid;
        uint64_t caught; /* SigCgt, BELLHOP_SIGNAL_BIT()s */
} ProcessStatus;

/* tid may be a process. Returns: 0, -ESRCH (gone), or negative errno. */
int process_status_read(pid_t tid, ProcessStatus *ret);
