/* SPDX-License-Identifier: MIT */
/* A process that has no descriptor left. */
#pragma once

#include <errno.h>
#include <glib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fd.h"

/* Lowers the limit of descriptors and fills the table. Returns: how many it took. */
#define FILL_MAX 64
static inline int fill_table(int ret_fds[FILL_MAX]) {
        struct rlimit limit;
        int count = 0, fd;

        g_assert_no_errno(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = FILL_MAX;
        g_assert_no_errno(setrlimit(RLIMIT_NOFILE, &limit));
        while ((fd = fd_dup(STDERR_FILENO)) >= 0)
                ret_fds[count++] = fd;
        g_assert_cmpint(fd, ==, -EMFILE);
        return count;
}
