/* SPDX-License-Identifier: MIT */
/* One Listen*= line at run time. */
#include "port.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fd.h"
#include "job-queue.h"
#include "manager.h"
#include "rtsig.h"
#include "socket-open.h"
#include "socket.h"

/* After claims and the ends of services, so that a service that is just ending is seen as such. */
#define PORT_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

Port *port_new(Socket *socket, const Listen *listen) {
        Port *port = g_new0(Port, 1);
        port->socket = socket;
        port->address = listen->address;
        return port;
}

Port *port_free(Port *port) {
        if (!port)
                return NULL;
        /* The source first: a service holds the same open socket, which would stay in our epoll. */
        sd_event_source_disable_unref(port->source);
        item_unref(port->item);
        g_free(port);
        return NULL;
}

static enum bellhop_kind address_kind(const Address *address) {
        return address->type == SOCK_DGRAM ? BELLHOP_KIND_DATAGRAM : BELLHOP_KIND_LISTENER;
}

int port_open(Port *port, const SocketSettings *settings, const Listen *listen,
              const char **ret_step) {
        int fd = socket_open(listen->address, settings, ret_step);
        if (fd < 0)
                return fd;
        port->item = item_new(fd, socket_settings_item_name(settings, listen),
                              address_kind(listen->address), settings->delivery.signal);
        return 0;
}

void port_unlink(Port *port) {
        const char *path = address_path(port->address);
        if (path && port->item)
                unlink(path);
}

static int on_incoming(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Port *port = userdata;
        if (events & EPOLLHUP) {
                socket_shut_down(port->socket, port);
                return 0;
        }
        if (!(events & EPOLLIN)) {
                /* An error of an earlier datagram: asking for it clears it. */
                int error;
                socklen_t length = sizeof(error);
                (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        }
        JobQueue *jobs = port->socket->unit.manager->jobs;
        socket_incoming(port->socket, port);
        job_queue_run(jobs); /* the port may be gone afterwards */
        return 0;
}

int port_watch(Port *port, bool on) {
        if (!port->item || (!port->source && !on))
                return 0;
        if (port->source)
                return sd_event_source_set_enabled(port->source, on ? SD_EVENT_ON : SD_EVENT_OFF);
        int r = sd_event_add_io(port->socket->unit.manager->event, &port->source, port->item->fd,
                                EPOLLIN, on_incoming, port);
        if (r < 0)
                return r;
        return sd_event_source_set_priority(port->source, PORT_PRIORITY);
}

bool port_item_matches(const Port *port, const SocketSettings *settings, const Listen *listen) {
        int signal = settings->delivery.signal ?: rtsig_of_kind(address_kind(listen->address));
        return port->item && port->item->signal == signal &&
               strcmp(port->item->name, socket_settings_item_name(settings, listen)) == 0;
}

int port_rename(Port *port, const SocketSettings *settings, const Listen *listen) {
        int fd = fd_dup(port->item->fd);
        if (fd < 0)
                return fd;
        port->source = sd_event_source_disable_unref(port->source);
        item_unref(port->item);
        port->item = item_new(fd, socket_settings_item_name(settings, listen),
                              address_kind(listen->address), settings->delivery.signal);
        return 0;
}
