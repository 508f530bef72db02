/* SPDX-License-Identifier: MIT */
/* Two sockets, and a purse. */
#include "bus-stranger.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "fd.h"

#define STRANGER_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 30)

struct BusStranger {
        int outer, inner;
        size_t spent;
        bool over;
        sd_event_source *outer_source, *inner_source;
        void (*closed)(void *userdata);
        void *userdata;
};

static int stranger_end(BusStranger *stranger) {
        (void)sd_event_source_set_enabled(stranger->outer_source, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(stranger->inner_source, SD_EVENT_OFF);
        if (!stranger->over) {
                stranger->over = true;
                stranger->closed(stranger->userdata);
        }
        return 0;
}

/* One piece, from one socket to the other. Descriptors that come along are closed by the kernel.
 * What the other side doesn't take at once is more than it is owed. */
static int stranger_relay(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        BusStranger *stranger = userdata;
        char buffer[4096];
        ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (length <= 0)
                return stranger_end(stranger);
        bool inward = fd == stranger->outer;
        stranger->spent += inward ? (size_t)length : 0;
        if (stranger->spent > BUS_STRANGER_BYTES ||
            send(inward ? stranger->inner : stranger->outer, buffer, (size_t)length,
                 MSG_DONTWAIT | MSG_NOSIGNAL) != length)
                return stranger_end(stranger);
        return 0;
}

static int stranger_watch(BusStranger *stranger, sd_event *event, int fd, sd_event_source **ret) {
        int r = sd_event_add_io(event, ret, fd, EPOLLIN, stranger_relay, stranger);
        return r < 0 ? r : sd_event_source_set_priority(*ret, STRANGER_PRIORITY);
}

int bus_stranger_new(sd_event *event, int fd, void (*closed)(void *userdata), void *userdata,
                     BusStranger **ret, int *ret_inner) {
        _cleanup_(bus_stranger_free_cleanup) BusStranger *stranger = g_new0(BusStranger, 1);
        int pair[2];
        stranger->outer = fd;
        stranger->inner = -EBADF;
        stranger->closed = closed;
        stranger->userdata = userdata;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
                return -errno;
        stranger->inner = pair[0];
        _cleanup_fd_ int served = pair[1];

        int r = stranger_watch(stranger, event, stranger->outer, &stranger->outer_source);
        if (r >= 0)
                r = stranger_watch(stranger, event, stranger->inner, &stranger->inner_source);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(stranger);
        *ret_inner = TAKE_FD(served);
        return 0;
}

BusStranger *bus_stranger_free(BusStranger *stranger) {
        if (!stranger)
                return NULL;
        sd_event_source_disable_unref(stranger->outer_source);
        sd_event_source_disable_unref(stranger->inner_source);
        fd_close(stranger->outer);
        fd_close(stranger->inner);
        g_free(stranger);
        return NULL;
}
