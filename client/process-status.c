/* SPDX-License-Identifier: MIT */
/* Reads a few lines of /proc/PID/status. */
#include "process-status.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fd.h"

/* Thousands of groups make the file long (64 KiB of them at most, at the very worst longer). */
#define STATUS_SIZE (16 * 1024)

int process_status_read(pid_t tid, ProcessStatus *ret) {
        char path[sizeof("/proc//status") + 3 * sizeof(pid_t)], text[STATUS_SIZE];
        const char *process, *uids, *caught;
        unsigned int real, effective, saved;
        int r;

        (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
        r = fd_read_file(AT_FDCWD, path, text, sizeof(text));
        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;

        process = strstr(text, "\nTgid:");
        uids = strstr(text, "\nUid:");
        caught = strstr(text, "\nSigCgt:");
        if (!process || !uids || !caught ||
            sscanf(uids, "\nUid: %u %u %u", &real, &effective, &saved) != 3)
                return -EIO;

        *ret = (ProcessStatus){
                .process = (pid_t)strtol(process + strlen("\nTgid:"), NULL, 10),
                .real_uid = real,
                .effective_uid = effective,
                .saved_uid = saved,
                .caught = strtoull(caught + strlen("\nSigCgt:"), NULL, 16),
        };
        return 0;
}
