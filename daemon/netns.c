/* SPDX-License-Identifier: MIT */
/* Looking at and stepping into namespaces. */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"

static void namespace_path(pid_t pid, const char *kind, char *ret, size_t size) {
        if (pid == 0)
                (void)snprintf(ret, size, "/proc/self/ns/%s", kind);
        else
                (void)snprintf(ret, size, "/proc/%d/ns/%s", (int)pid, kind);
}

int namespace_of(pid_t pid, const char *kind, NamespaceId *ret) {
        struct stat st;
        char path[64];

        namespace_path(pid, kind, path, sizeof(path));
        if (stat(path, &st) < 0)
                return -errno;
        *ret = (NamespaceId){ .device = st.st_dev, .inode = st.st_ino };
        return 0;
}

typedef union Control {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
} Control;

static int socket_send(int via, int fd) {
        char byte = 0;
        struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
        Control control = { .space = { 0 } };
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control.space),
        };

        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
        return sendmsg(via, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int socket_receive(int via) {
        char byte;
        struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
        Control control;
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control.space),
        };
        int fd;

        if (recvmsg(via, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
                return -errno;
        if (message.msg_controllen < CMSG_LEN(sizeof(int)) ||
            control.header.cmsg_len != CMSG_LEN(sizeof(int)))
                return -EMFILE;
        memcpy(&fd, CMSG_DATA(&control.header), sizeof(int));
        return fd;
}

int namespace_open(pid_t pid, const char *kind, NamespaceId *ret) {
        _cleanup_fd_ int fd = -EBADF;
        struct stat st;
        char path[64];

        namespace_path(pid, kind, path, sizeof(path));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        *ret = (NamespaceId){ .device = st.st_dev, .inode = st.st_ino };
        return TAKE_FD(fd);
}

/* The child's whole life, on the parent's memory: system calls only. Returns: an errno, or 0. */
static int run_errand(int netns_fd, int domain, int type, int via) {
        int fd;

        if (setns(netns_fd, CLONE_NEWNET) < 0)
                return errno;
        fd = socket(domain, type, 0);
        return fd < 0 ? errno : -socket_send(via, fd);
}

/* vfork() is safe here, other than in spawn.c: the child keeps our uid, so that nobody can stop it
 * who couldn't stop us.
 * Returns: what the child exited with, an errno or 0; negative errno. */
static int send_errand(int netns_fd, int domain, int type, int via) {
        pid_t child = vfork();
        int status;

        if (child < 0)
                return -errno;
        if (child == 0)
                _exit(run_errand(netns_fd, domain, type, via));
        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

int netns_socket(int netns_fd, int domain, int type) {
        _cleanup_fd_ int near = -EBADF, far = -EBADF;
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        near = pair[0];
        far = pair[1];
        r = send_errand(netns_fd, domain, type, far);
        return r == 0 ? socket_receive(near) : -abs(r);
}
