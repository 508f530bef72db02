/* SPDX-License-Identifier: MIT */
/* sendfd(), by its number. */
#include "sendfd.h"

#include <errno.h>
#include <unistd.h>

#include "bellhop.h"

int sendfd_call(pid_t pid, int sig, int fd, unsigned int flags) {
        return syscall(SENDFD_NUMBER, pid, sig, fd, flags) < 0 ? -errno : 0;
}

/* Two calls that can't succeed, by errors that no other call of this number would give alike. */
bool sendfd_is_there(void) {
        return sendfd_call(0, 0, -1, ~0u) == -EINVAL &&
               sendfd_call(getpid(), BELLHOP_SIGNAL_MAX, -1, 0) == -EBADF;
}
