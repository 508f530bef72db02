/* SPDX-License-Identifier: MIT */
/* The bell's sending end. */
#include "ring.h"

#include <errno.h>
#include <glib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bell.h"
#include "process-tree.h"
#include "readiness.h"
#include "rtsig.h"

static char *deaf_reason(pid_t pid, int sig, pid_t thread) {
        g_autofree char *label = process_label(pid);
        char name[RTSIG_NAME_SIZE];

        return g_strdup_printf("%s is not ready for %s: thread %d neither blocks nor handles it",
                               label, rtsig_to_string(sig, name), (int)thread);
}

static char *unreadable_reason(pid_t pid, int sig, int error) {
        g_autofree char *label = process_label(pid);
        char name[RTSIG_NAME_SIZE];

        return g_strdup_printf("%s can't be looked at to see if it is ready for %s: %s", label,
                               rtsig_to_string(sig, name),
                               error == -E2BIG ? "too many threads" : g_strerror(-error));
}

/* Returns: 1 it can be rung; 0 a bell is pending; -EBUSY, -ESRCH. */
static int look_at(pid_t pid, int pidfd, int sig, char **ret_reason) {
        pid_t thread = pid;
        int r = readiness_of_process(pid, sig, &thread);

        if (r == READINESS_READY)
                return 1;
        if (r == READINESS_PENDING)
                return 0;
        /* One that isn't reaped yet shows empty signal sets, as if it were not ready. */
        if (r == -ESRCH || process_has_ended(pidfd)) {
                if (!*ret_reason)
                        *ret_reason = g_strdup_printf("pid %d has ended", (int)pid);
                return -ESRCH;
        }
        if (!*ret_reason)
                *ret_reason =
                        r < 0 ? unreadable_reason(pid, sig, r) : deaf_reason(pid, sig, thread);
        return -EBUSY;
}

static int send_bell(pid_t pid, int pidfd, int sig, uint64_t address, char **ret_reason) {
        Bell bell = { .address = address };
        siginfo_t info;
        int error;

        bell_to_siginfo(&bell, sig, &info);
        if (syscall(SYS_pidfd_send_signal, pidfd, sig, &info, 0) >= 0)
                return 1;

        error = errno;
        if (!*ret_reason)
                *ret_reason = error == EAGAIN ? g_strdup_printf("the signal queue of pid %d's user "
                                                                "is full (RLIMIT_SIGPENDING)",
                                                                (int)pid)
                                              : g_strdup_printf("pid %d can't be signalled: %s",
                                                                (int)pid, g_strerror(error));
        return -error;
}

int ring_process(pid_t pid, int pidfd, uint64_t signals, uint64_t address, bool look,
                 char **ret_reason) {
        int sent = 0, error = 0;
        bool announced = false;

        while (signals != 0) {
                int sig = __builtin_ctzll(signals) + 1;
                int r = 1;

                signals &= signals - 1;
                if (look)
                        r = look_at(pid, pidfd, sig, ret_reason);
                if (r > 0)
                        r = send_bell(pid, pidfd, sig, address, ret_reason);
                if (r >= 0) {
                        announced = true;
                        sent += r;
                } else if (error == 0)
                        error = r;
        }
        return announced ? sent : error;
}

int ring_look(pid_t pid, int pidfd, uint64_t signals, char **ret_reason) {
        for (; signals != 0; signals &= signals - 1) {
                int r = look_at(pid, pidfd, __builtin_ctzll(signals) + 1, ret_reason);

                if (r < 0)
                        return r;
        }
        return 0;
}
