/* SPDX-License-Identifier: MIT */
/* FlushPending=. Whoever had the open file may have it still: may make it blocking again, take what
 * poll() has seen, or be in the middle of reading from it. */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clone.h"
#include "fd.h"
#include "log.h"
#include "port.h"
#include "process-tree.h"
#include "socket.h"
#include "wait-guard.h"

/* As many as are thrown away at once: more than any backlog. */
#define FLUSH_MAX 65536

/* It takes less than some milliseconds, if it comes to an end. */
#define APART_LIMIT_MS 1000

/* One message of what has no connections: a socket, a message queue or a file.
 * Returns: as read(2); the end of a file is EAGAIN. */
static ssize_t discard(int fd) {
        char buffer[4096];
        struct mq_attr attributes;
        ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        if (n >= 0 || errno != ENOTSOCK)
                return n;
        if (mq_getattr(fd, &attributes) < 0) {
                n = read(fd, buffer, sizeof(buffer));
                errno = n == 0 ? EAGAIN : errno;
                return n == 0 ? -1 : n;
        }
        g_autofree char *message = g_malloc((gsize)attributes.mq_msgsize);
        return mq_receive(fd, message, (size_t)attributes.mq_msgsize, NULL);
}

static ssize_t refuse(int fd) {
        _cleanup_fd_ int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        return connection < 0 ? -1 : 0;
}

static bool listens(int fd) {
        int listens = 0;
        socklen_t length = sizeof(listens);
        return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) >= 0 && listens;
}

static void discard_all(int fd) {
        ssize_t (*discard_one)(int fd) = listens(fd) ? refuse : discard;
        struct pollfd pending = { .fd = fd, .events = POLLIN };
        wait_guard_begin();
        for (unsigned int i = 0; i < FLUSH_MAX && poll(&pending, 1, 0) > 0; i++)
                if (discard_one(fd) < 0 && errno != ECONNABORTED && errno != ENOBUFS)
                        break;
        wait_guard_end();
}

/* Who reads from a FIFO, a datagram socket or a file, or sets options of a TCP socket, has its lock
 * until his memory has been copied. If he serves the page faults of that himself (userfaultfd(2),
 * FUSE), it may never be, and nothing wakes up who waits for that lock. So it is another process
 * that does. Whoever reaps orphans reaps one that takes longer.
 * Returns: 0, -ETIMEDOUT, or negative errno. */
static int discard_apart(int fd) {
        _cleanup_fd_ int pidfd = -EBADF;
        siginfo_t info;
        pid_t child = (pid_t)CLONE_FORK(CLONE_PIDFD | SIGCHLD, &pidfd);
        if (child < 0)
                return -errno;
        if (child == 0) {
                if (dup2(fd, 3) == 3) /* without listeners that are closed meanwhile */
                        (void)close_range(4, ~0U, 0);
                discard_all(3);
                _exit(0);
        }
        bool ended = process_ends_within(pidfd, APART_LIMIT_MS);
        if (!ended)
                (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        (void)process_reap(pidfd, child, &info);
        return ended ? 0 : -ETIMEDOUT;
}

void port_flush(Port *port) {
        int fd = port->item && !port->is_stuck ? port->item->fd : -EBADF;
        int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return;
        int r = discard_apart(fd);
        port->is_stuck = r == -ETIMEDOUT;
        if (r < 0)
                log_warning(port->socket->unit.name, "%s is not flushed: %s", port->address->text,
                            port->is_stuck ? "somebody who has it holds that up; no more tries"
                                           : g_strerror(-r));
        (void)fcntl(fd, F_SETFL, flags);
}
