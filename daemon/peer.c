/* SPDX-License-Identifier: MIT */
/* The identity of peers. */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fd.h"
#include "process-tree.h"

/* Newer than the headers we may be built with. */
#ifndef SO_PEERPIDFD
#        define SO_PEERPIDFD 77
#endif
#ifndef PID_FS_MAGIC
#        define PID_FS_MAGIC 0x50494446
#endif

static int peer_pidfd(int fd) {
        socklen_t length = sizeof(int);
        int pidfd;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) < 0)
                return -errno;
        return pidfd;
}

int peer_support_probe(PeerSupport *ret) {
        _cleanup_fd_ int near = -EBADF, far = -EBADF, pidfd = -EBADF, self = -EBADF;
        struct statfs fs;
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        near = pair[0];
        far = pair[1];
        pidfd = peer_pidfd(near);
        self = (int)syscall(SYS_pidfd_open, getpid(), 0);
        *ret = (PeerSupport){
                .pidfd = pidfd >= 0,
                .pidfs = self >= 0 && fstatfs(self, &fs) >= 0 && fs.f_type == PID_FS_MAGIC,
        };
        return 0;
}

uint64_t peer_number(const PeerSupport *support, int pidfd) {
        struct stat st;

        if (!support->pidfs || fstat(pidfd, &st) < 0)
                return 0;
        return st.st_ino;
}

bool peer_is_process(const PeerSupport *support, int fd, int pidfd, uint64_t number) {
        _cleanup_fd_ int peer = -EBADF;

        /* The pids are equal. While the process is there, the number is nobody else's, and was
         * nobody else's since it got it. */
        if (!support->pidfd)
                return process_is_there(pidfd);

        peer = peer_pidfd(fd);
        if (peer < 0)
                return false;
        if (support->pidfs)
                return number != 0 && peer_number(support, peer) == number;
        return process_is_there(peer) && process_is_there(pidfd);
}

/* Without SO_PEERPIDFD nothing pins the peer. At least its uid must still be that of the process
 * which has the number now. */
static bool has_uid(pid_t pid, uid_t uid) {
        char path[32];
        struct stat st;

        (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return stat(path, &st) >= 0 && st.st_uid == uid;
}

bool peer_is_admitted(const PeerSupport *support, int fd, const struct ucred *peer,
                      const Recipient *recipient) {
        _cleanup_fd_ int pidfd = -EBADF;

        if (peer->pid <= 0 || peer->pid == recipient->pid)
                return false;
        if (!support->pidfd)
                return recipient_admits(recipient, peer->pid) && has_uid(peer->pid, peer->uid);

        pidfd = peer_pidfd(fd);
        /* It is there after the look: so it was it that was looked at. */
        return pidfd >= 0 && recipient_admits(recipient, peer->pid) && process_is_there(pidfd);
}
