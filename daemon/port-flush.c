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

static void flush(int fd) {
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return;
        discard_all(fd);
        (void)fcntl(fd, F_SETFL, flags);
}

/* Without listeners that are closed meanwhile. */
static void close_others(const GArray *fds) {
        unsigned int next = STDERR_FILENO + 1;
        for (guint i = 0; i < fds->len; i++) {
                unsigned int fd = (unsigned int)g_array_index(fds, int, i);
                if (fd > next)
                        (void)close_range(next, fd - 1, 0);
                next = fd + 1;
        }
        (void)close_range(next, ~0U, 0);
}

/* Who reads from a FIFO, a datagram socket or a file, or sets options of a TCP socket, has its lock
 * until his memory has been copied. If he serves the page faults of that himself (userfaultfd(2),
 * FUSE), it may never be, and nothing wakes up who waits for that lock. So it is another process
 * that does. Whoever reaps orphans reaps one that takes longer.
 * Returns: 0, -ETIMEDOUT, or negative errno. */
static int flush_apart(const GArray *fds) {
        _cleanup_fd_ int pidfd = -EBADF;
        siginfo_t info;
        pid_t child = (pid_t)CLONE_FORK(CLONE_PIDFD | SIGCHLD, &pidfd);
        if (child < 0)
                return -errno;
        if (child == 0) {
                close_others(fds);
                for (guint i = 0; i < fds->len; i++)
                        flush(g_array_index(fds, int, i));
                _exit(0);
        }
        bool ended = process_ends_within(pidfd, APART_LIMIT_MS);
        if (!ended)
                (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        (void)process_reap(pidfd, child, &info);
        return ended ? 0 : -ETIMEDOUT;
}

static int compare_fds(gconstpointer a, gconstpointer b) {
        return *(const int *)a - *(const int *)b;
}

static bool is_pending(const Port *port) {
        struct pollfd pending = { .fd = port->item ? port->item->fd : -EBADF, .events = POLLIN };
        return !port->is_stuck && poll(&pending, 1, 0) > 0;
}

void ports_flush(Port *const *ports, guint count) {
        g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
        for (guint i = 0; i < count; i++)
                if (is_pending(ports[i]))
                        g_array_append_val(fds, ports[i]->item->fd);
        if (fds->len == 0)
                return;
        g_array_sort(fds, compare_fds);
        int r = flush_apart(fds);
        if (r < 0)
                log_warning(ports[0]->socket->unit.name, "can't be flushed: %s",
                            r == -ETIMEDOUT ? "somebody who has it holds that up; no more tries"
                                            : g_strerror(-r));
        for (guint i = 0; i < count; i++)
                ports[i]->is_stuck |= r == -ETIMEDOUT;
}
