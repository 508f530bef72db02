/* SPDX-License-Identifier: MIT */
/* Descriptor helpers. "No descriptor" is -EBADF, so that a forgotten check shows as such. */
#pragma once

#include <stdbool.h>

#include "macros.h"

/* Closes fd if it is one; errno is kept. Returns: -EBADF, so that fd = fd_close(fd). */
int fd_close(int fd);

static inline void fd_close_cleanup(int *fd) {
        fd_close(*fd);
}
#define _cleanup_fd_ _cleanup_(fd_close_cleanup)

/* Duplicates fd, close-on-exec. Returns: the new descriptor, or negative errno. */
int fd_dup(int fd);

/* Opens the file of a descriptor anew, with an offset of its own (through /proc).
 * @flags: as in open(2), besides O_CLOEXEC
 * Returns: a descriptor, or negative errno. */
int fd_reopen(int fd, int flags);

/* Whether calls on the open file wait (O_NONBLOCK). It is the open file's, so that everybody who
 * has a descriptor of it shares it. Returns: 0 or negative errno. */
int fd_set_nonblocking(int fd, bool on);

/* Reads a small file (as those of /proc) in one go into buffer, NUL-terminated. dir_fd and path as
 * in openat(2). Returns: the length without the NUL; -EFBIG if it doesn't fit; negative errno. */
int fd_read_file(int dir_fd, const char *path, char *buffer, size_t size);
