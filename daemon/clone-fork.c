/* SPDX-License-Identifier: MIT */
/* Architectures without a clone-*.c of their own: a spawn forks, so its child has its own errno. */
#include "clone.h"

#include <errno.h>
#include <unistd.h>

long clone_start(const struct clone_args *arguments, CloneEntry entry, void *argument) {
        return -ENOSYS;
}

_bare_ long clone_syscall(long number, long a, long b, long c, long d, long e) {
        long result = syscall(number, a, b, c, d, e);

        return result < 0 ? -errno : result;
}
