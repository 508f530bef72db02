/* SPDX-License-Identifier: MIT */
/* Fetching from a claim socket. The system calls of the first time: socket, connect, getsockopt,
 * then recvmsg, sendto for each 64 items, and a poll where they aren't there yet. Later, on the
 * connection that is kept: recvmsg, sendto. */
#include "claim-fetch.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bell.h"
#include "clock.h"
#include "fd.h"

/* The most that the kernel passes in one message (SCM_MAX_FD): room for all of them, so that too
 * many show as too many and not as a full table. */
#define FDS_MAX 253

/* One message as it came. Owns the descriptors that haven't become items. */
typedef struct Received {
        const uint8_t *bytes;
        size_t length;
        int flags; /* MSG_* */
        int fds[FDS_MAX];
        size_t fd_count;
} Received;

static void received_done(Received *received) {
        for (size_t i = 0; i < received->fd_count; i++)
                fd_close(received->fds[i]);
        received->fd_count = 0;
}

static int refuse(const char *reason, const char **ret_reason) {
        *ret_reason = reason;
        return -EPERM;
}

static int socket_error(void) {
        switch (errno) {
        case EMFILE:
        case ENFILE:
        case ENOMEM:
                return -errno;
        case ENOBUFS:
                return -ENOMEM;
        default:
                return -EOPNOTSUPP; /* seccomp, no AF_UNIX */
        }
}

/* The listener's queue is full, of strangers perhaps. Wait in line instead of trying again: the
 * kernel serves those who wait in their order. */
static int connect_patiently(int fd, const struct sockaddr_un *address, socklen_t length) {
        const struct timeval limit = { .tv_sec = CLAIM_TIMEOUT_USEC / 1000000 };

        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
            fcntl(fd, F_SETFL, O_RDWR) < 0)
                return -errno;
        return connect(fd, (const struct sockaddr *)address, length) < 0 ? -errno : 0;
}

static int claim_connect(uint64_t address, int *ret_fd, const char **ret_reason) {
        _cleanup_fd_ int fd = -EBADF;
        struct sockaddr_un sockaddr;
        socklen_t length = bell_to_sockaddr(address, &sockaddr);
        int r;

        /* Non-blocking, because a forged bell may name a listener that never accepts. */
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return socket_error();

        r = connect(fd, (const struct sockaddr *)&sockaddr, length) < 0 ? -errno : 0;
        if (r == -EAGAIN)
                r = connect_patiently(fd, &sockaddr, length);
        if (r == -ECONNREFUSED)
                return refuse("nobody listens where the bell says: a forged bell, or the manager "
                              "has gone",
                              ret_reason);
        if (r == -EAGAIN || r == -EINTR)
                return refuse("the claim socket's queue is full", ret_reason);
        if (r < 0)
                return refuse("the claim socket can't be connected to", ret_reason);

        *ret_fd = TAKE_FD(fd);
        return 0;
}

static void received_take_fds(Received *received, struct msghdr *header) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
                size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                        continue;
                /* There is room: all control messages together came in a buffer of this size. */
                memcpy(received->fds + received->fd_count, CMSG_DATA(c), count * sizeof(int));
                received->fd_count += count;
        }
}

/* Returns: 0, -ETIMEDOUT, or negative errno. */
static int receive_wait(int fd) {
        struct timespec left = timespec_from_usec(CLAIM_TIMEOUT_USEC);
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        uint64_t deadline = 0;
        int r;

        while ((r = ppoll(&pollfd, 1, &left, NULL)) < 0 && errno == EINTR) {
                if (deadline == 0)
                        deadline = clock_usec() + CLAIM_TIMEOUT_USEC;
                left = timespec_from_usec(clock_left(deadline));
        }
        if (r < 0)
                return -errno;
        return r > 0 ? 0 : -ETIMEDOUT;
}

/* Returns: 1 a message, 0 the manager has closed, -EAGAIN nothing is there, or negative errno. */
static int receive(int fd, ClaimBuffer *buffer, Received *received) {
        union {
                struct cmsghdr align;
                char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
        } control;
        struct iovec parts[] = {
                { .iov_base = buffer->start, .iov_len = CLAIM_START_SIZE },
                { .iov_base = buffer->whole + CLAIM_START_SIZE,
                  .iov_len = CLAIM_BUFFER_SIZE - CLAIM_START_SIZE },
        };
        struct msghdr header = {
                .msg_iov = parts,
                .msg_iovlen = ARRAY_SIZE(parts),
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

        if (n < 0)
                return -errno;
        received->bytes = buffer->start;
        received->length = (size_t)n;
        if (received->length > CLAIM_START_SIZE)
                received->bytes = memcpy(buffer->whole, buffer->start, CLAIM_START_SIZE);
        received->flags = header.msg_flags;
        received_take_fds(received, &header);
        return n > 0 || received->fd_count > 0;
}

/* Why some descriptors didn't fit isn't told: try one more. */
static int no_room_error(int fd) {
        _cleanup_fd_ int probe = fd_dup(fd);

        return probe < 0 ? probe : -EMFILE;
}

/* Makes items of the descriptors, in order, as far as there are descriptors and memory. */
static unsigned int items_make(Received *received, const struct ucred *sender,
                               const MessageItem *records, ItemQueue *items) {
        unsigned int taken = 0;

        for (; taken < received->fd_count; taken++) {
                const MessageItem *record = &records[taken];
                QueuedItem *item = queued_item_new(items, received->fds[taken], record->name,
                                                   record->name_length);

                if (!item)
                        break;
                item->kind = record->kind;
                item->signal = record->signal;
                item->flags = record->flags;
                item->sender_pid = sender->pid;
                item->sender_uid = sender->uid;
                item_queue_append(items, item);
        }
        memmove(received->fds, received->fds + taken,
                (received->fd_count - taken) * sizeof(received->fds[0]));
        received->fd_count -= taken;
        return taken;
}

static int receipt_send(int fd, unsigned int taken) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];

        message_encode_receipt(receipt, taken);
        return send(fd, receipt, sizeof(receipt), MSG_NOSIGNAL | MSG_DONTWAIT) ==
                               (ssize_t)sizeof(receipt)
                       ? 0
                       : -EPIPE;
}

/* Returns: how many records, or -EPERM. */
static int received_check(const Received *received, MessageItem records[MESSAGE_ITEMS_MAX],
                          uint32_t *ret_remaining, const char **ret_reason) {
        bool cut = received->flags & MSG_CTRUNC;
        int count;

        if (received->flags & MSG_TRUNC)
                return refuse("a message is too long", ret_reason);
        count = message_decode_items(received->bytes, received->length, records, ret_remaining);
        if (count < 0)
                return refuse("a message is garbled", ret_reason);
        if (received->fd_count > (size_t)count || (cut && received->fd_count == (size_t)count))
                return refuse("a message has too many descriptors", ret_reason);
        if (received->fd_count < (size_t)count && !cut)
                return refuse("a message has too few descriptors", ret_reason);
        return count;
}

/* Returns: 1 and more is to come, 0 that was all, -EPIPE the receipt found nobody, or negative
 * errno. */
static int received_accept(const ClaimConnection *connection, Received *received, ItemQueue *items,
                           const char **ret_reason) {
        _cleanup_(item_queue_done) ItemQueue accepted = { .room = items->room };
        MessageItem records[MESSAGE_ITEMS_MAX];
        unsigned int taken;
        uint32_t remaining;
        int count;

        count = received_check(received, records, &remaining, ret_reason);
        if (count < 0)
                return count;

        taken = items_make(received, &connection->listener, records, &accepted);
        if (receipt_send(connection->fd, taken) < 0)
                return -EPIPE;
        /* Only now are they ours: without the receipt the manager delivers them again. */
        item_queue_append_all(items, &accepted);

        if (taken < (unsigned int)count)
                return received->flags & MSG_CTRUNC ? no_room_error(connection->fd) : -ENOMEM;
        return remaining > 0;
}

/* The words for what ended a conversation that had begun. */
static int refuse_end(int error, const char **ret_reason) {
        switch (error) {
        case -ETIMEDOUT:
                return refuse("the manager didn't answer within a second", ret_reason);
        case -EPIPE:
                return refuse("the manager went away before it had the receipt", ret_reason);
        case -ECONNRESET:
                return refuse("the manager went away", ret_reason);
        default:
                return refuse("the claim socket can't be read", ret_reason);
        }
}

/* One message. Returns: as received_accept(), or -ENODATA: none, and the end. */
static int claim_receive(const ClaimConnection *connection, ClaimBuffer *buffer, ItemQueue *items,
                         const char **ret_reason) {
        _cleanup_(received_done) Received received = { 0 };
        int r = receive(connection->fd, buffer, &received);

        if (r <= 0)
                return r < 0 ? r : -ENODATA;
        return received_accept(connection, &received, items, ret_reason);
}

/* The next message. Most often the manager has answered while it ran instead of us. */
static int claim_await(const ClaimConnection *connection, ClaimBuffer *buffer, ItemQueue *items,
                       const char **ret_reason) {
        int r = claim_receive(connection, buffer, items, ret_reason);

        if (r != -EAGAIN)
                return r;
        r = receive_wait(connection->fd);
        return r < 0 ? r : claim_receive(connection, buffer, items, ret_reason);
}

/* All messages, after the first one has been looked for; r is what that gave. */
static int claim_converse(const ClaimConnection *connection, int r, ClaimBuffer *buffer,
                          ItemQueue *items, const char **ret_reason) {
        while (r > 0) {
                r = claim_await(connection, buffer, items, ret_reason);
                if (r == -ENODATA)
                        r = -ECONNRESET;
        }
        switch (r) {
        case 0:
        case -EPERM:
        case -EMFILE:
        case -ENFILE:
        case -ENOMEM:
                return r;
        default:
                return refuse_end(r, ret_reason);
        }
}

/* First it is none, then it is closed: a fork by another thread may come in between. */
void claim_connection_abandon(ClaimConnection *connection) {
        connection->watcher = -EBADF;
        fd_close(TAKE_FD(connection->fd));
}

/* A copy that a child has (of a raw clone(2), or a fork just when it was made) would keep it in the
 * set: readable for ever, and out of reach. */
void claim_connection_close(ClaimConnection *connection) {
        if (connection->watcher >= 0)
                (void)epoll_ctl(connection->watcher, EPOLL_CTL_DEL, connection->fd, NULL);
        claim_connection_abandon(connection);
}

/* What has come by the connection that was kept. Returns: as claim_fetch(), or -ENOTCONN when the
 * manager has given it up; what it had sent by it then comes again. */
static int claim_fetch_kept(const ClaimConnection *connection, ClaimBuffer *buffer,
                            ItemQueue *items, const char **ret_reason) {
        int r = claim_receive(connection, buffer, items, ret_reason);

        if (r == -EAGAIN)
                return 0;
        if (r == -ENODATA || r == -ECONNRESET || r == -EPIPE)
                return -ENOTCONN;
        return claim_converse(connection, r, buffer, items, ret_reason);
}

static int claim_fetch_anew(ClaimConnection *connection, uint64_t address, Trust *trust,
                            ClaimBuffer *buffer, ItemQueue *items, const char **ret_reason) {
        socklen_t length = sizeof(connection->listener);
        const char *reason;
        int r;

        r = claim_connect(address, &connection->fd, ret_reason);
        if (r < 0)
                return r;
        connection->address = address;
        if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &connection->listener, &length) < 0)
                return refuse("the kernel doesn't say whose the claim socket is", ret_reason);
        reason = trust_check(trust, connection->listener.uid, connection->listener.pid);
        if (reason)
                return refuse(reason, ret_reason);

        r = claim_await(connection, buffer, items, ret_reason);
        if (r == -ENODATA) { /* nothing waits */
                claim_connection_close(connection);
                return 0;
        }
        return claim_converse(connection, r, buffer, items, ret_reason);
}

int claim_fetch(ClaimConnection *connection, uint64_t address, Trust *trust, ClaimBuffer *buffer,
                ItemQueue *items, const char **ret_reason) {
        int r = -ENOTCONN;

        if (connection->fd >= 0 && (address == 0 || address == connection->address))
                r = claim_fetch_kept(connection, buffer, items, ret_reason);
        if (r == -ENOTCONN) {
                claim_connection_close(connection);
                r = address == 0 ? 0
                                 : claim_fetch_anew(connection, address, trust, buffer, items,
                                                    ret_reason);
        }
        if (r < 0)
                claim_connection_close(connection);
        return r;
}
