/* SPDX-License-Identifier: MIT */
/* Listeners for desks. */
#include "claim-socket.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bell.h"
#include "fd.h"
#include "manager.h"
#include "rights.h"
#include "transport-socket.h"

/* Connections judged in one turn of the event loop. A turn then takes some 0.2 ms. */
#define ACCEPT_BATCH 64
/* A drain ends even if somebody refills the queue all the while. */
#define DRAIN_MAX 65536

/* Other work waits in this order: a claim is what a service is waiting for right now. */
#define PRIORITY_CALM SD_EVENT_PRIORITY_IMPORTANT
#define PRIORITY_BUSY SD_EVENT_PRIORITY_NORMAL

/* Out of descriptors: the queue would stay readable, and the loop would spin. So the spare one is
 * given for turning a connection away; a bell will call its desk again. */
static bool turn_away(ClaimSocket *socket) {
        int fd;

        socket->spare_fd = fd_close(socket->spare_fd);
        fd = accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        fd_close(fd);
        socket->spare_fd = eventfd(0, EFD_CLOEXEC);
        return fd >= 0;
}

/* @stop_at_claim: a desk has its message, and rarely has another come at the same time: the event
 * loop will say so
 * Returns: how many connections were judged, fewer than max when no more wait. */
static unsigned int accept_some(ClaimSocket *socket, unsigned int max, bool stop_at_claim) {
        unsigned int count = 0;
        bool begun = false;

        while (count < max && !(begun && stop_at_claim)) {
                int fd = accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
                        continue;
                if (fd < 0 && errno != EMFILE && errno != ENFILE)
                        break;
                count++;
                if (fd >= 0)
                        begun = claim_begin(socket->transport, fd);
                else if (!turn_away(socket))
                        break;
        }
        return count;
}

/* sd-event always takes the most important source that is ready. So in a flood the listener steps
 * back among the others, where all get their turns. */
static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        ClaimSocket *socket = userdata;
        bool busy = accept_some(socket, ACCEPT_BATCH, true) == ACCEPT_BATCH;

        (void)sd_event_source_set_priority(source, busy ? PRIORITY_BUSY : PRIORITY_CALM);
        return 0;
}

bool claim_socket_is_busy(const ClaimSocket *socket) {
        struct pollfd queue = { .fd = socket->fd, .events = POLLIN };

        return poll(&queue, 1, 0) != 0;
}

void claim_socket_drain(ClaimSocket *socket) {
        (void)accept_some(socket, DRAIN_MAX, false);
}

/* The address is no secret: it only has to be free, so a young random pool will do. */
static int bind_random(int fd, uint64_t *ret) {
        for (;;) {
                struct sockaddr_un address;
                socklen_t length;
                uint64_t number;

                if (getrandom(&number, sizeof(number), GRND_INSECURE) != sizeof(number))
                        return -errno;
                if (number == 0)
                        continue;
                length = bell_to_sockaddr(number, &address);
                if (bind(fd, (const struct sockaddr *)&address, length) >= 0) {
                        *ret = number;
                        return 0;
                }
                if (errno != EADDRINUSE)
                        return -errno;
        }
}

static int open_listener(int netns_fd, uint64_t *ret_address) {
        const int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
        _cleanup_fd_ int fd = -EBADF;
        int r;

        if (netns_fd >= 0)
                fd = netns_socket(netns_fd, AF_UNIX, type);
        else if ((fd = socket(AF_UNIX, type, 0)) < 0)
                fd = -errno;
        if (fd < 0)
                return fd;
        socket_refuse_rights(fd);
        r = bind_random(fd, ret_address);
        if (r < 0)
                return r;
        /* The desk believes whoever calls this: it is who SO_PEERCRED shows it. */
        if (listen(fd, INT_MAX) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int claim_socket_new(TransportSocket *transport, int netns_fd, const NamespaceId *net,
                     ClaimSocket **ret) {
        sd_event *event = transport->transport.manager->event;
        _cleanup_(claim_socket_unref_cleanup) ClaimSocket *socket = g_new(ClaimSocket, 1);
        int r;

        *socket = (ClaimSocket){
                .transport = transport,
                .references = 1,
                .fd = -EBADF,
                .spare_fd = eventfd(0, EFD_CLOEXEC),
                .net = *net,
        };
        if (socket->spare_fd < 0)
                return -errno;
        socket->fd = open_listener(netns_fd, &socket->address);
        if (socket->fd < 0)
                return socket->fd;

        r = sd_event_add_io(event, &socket->source, socket->fd, EPOLLIN, on_connection, socket);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(socket->source, PRIORITY_CALM);
        if (r < 0)
                return r;
        if (netns_fd >= 0)
                g_ptr_array_add(transport->other_sockets, socket);
        *ret = TAKE_POINTER(socket);
        return 0;
}

ClaimSocket *claim_socket_ref(ClaimSocket *socket) {
        socket->references++;
        return socket;
}

ClaimSocket *claim_socket_unref(ClaimSocket *socket) {
        if (!socket || --socket->references > 0)
                return NULL;

        (void)g_ptr_array_remove_fast(socket->transport->other_sockets, socket);
        sd_event_source_disable_unref(socket->source);
        fd_close(socket->fd);
        fd_close(socket->spare_fd);
        g_free(socket);
        return NULL;
}
