/* SPDX-License-Identifier: MIT */
/* Descriptor helpers. */
#include "fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int fd_close(int fd) {
        if (fd >= 0) {
                int saved_errno = errno;

                /* Linux frees the number even when close() fails; a second try would hit whatever
                 * has taken it since (close(2)). */
                (void)close(fd);
                errno = saved_errno;
        }
        return -EBADF;
}

int fd_dup(int fd) {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

        return copy < 0 ? -errno : copy;
}

int fd_reopen(int fd, int flags) {
        char path[sizeof("/proc/self/fd/") + 10];
        int other;

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        other = open(path, flags | O_CLOEXEC);
        return other < 0 ? -errno : other;
}

int fd_set_nonblocking(int fd, bool on) {
        int flags = fcntl(fd, F_GETFL);
        int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;

        if (flags < 0)
                return -errno;
        return flags == wanted || fcntl(fd, F_SETFL, wanted) >= 0 ? 0 : -errno;
}

int fd_read_file(int dir_fd, const char *path, char *buffer, size_t size) {
        _cleanup_fd_ int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        size_t length = 0;

        if (fd < 0)
                return -errno;

        while (length < size) {
                ssize_t n = read(fd, buffer + length, size - length);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0) {
                        buffer[length] = '\0';
                        return (int)length;
                }
                length += (size_t)n;
        }
        return -EFBIG;
}
