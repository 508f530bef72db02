/* SPDX-License-Identifier: MIT */
/* One Listen*= line at run time. */
#include "port.h"

#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "fd.h"
#include "job-queue.h"
#include "log.h"
#include "manager.h"
#include "rtsig.h"
#include "socket-open.h"
#include "socket-path.h"
#include "socket-usb.h"
#include "socket.h"

/* After claims and the ends of services, so that a service that is just ending is seen as such. */
#define PORT_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

/* ---- watching ---- */

/* Told once: whoever has been told of a connection starts a service for it, and doesn't watch any
 * more; see port_let_be(). Whoever accepts himself goes on watching. */
static uint32_t port_events(const Port *port) {
        const SocketSettings *settings = SOCKET_SETTINGS(port->socket->unit.settings);
        uint32_t once = settings->accept == ACCEPT_YES ? 0 : (uint32_t)EPOLLET;
        return (uint32_t)EPOLLIN | once;
}

/* ---- PollLimit*= ---- */

static int on_poll_pause_end(sd_event_source *source, uint64_t usec, void *userdata) {
        Port *port = userdata;
        bool was_watched = port->watched;
        port->poll_pause = sd_event_source_disable_unref(port->poll_pause);
        port->watched = false;
        if (was_watched)
                socket_rewatch(port->socket); /* if it can't, the port is gone */
        return 0;
}

/* Counts only what somebody is told of, which the event loop's own limit doesn't. */
static bool port_below_limit(Port *port) {
        const SocketSettings *settings = SOCKET_SETTINGS(port->socket->unit.settings);
        uint64_t interval = socket_settings_poll_interval(settings);
        if (ratelimit_below(&port->poll_limit, clock_usec(CLOCK_MONOTONIC), interval,
                            socket_settings_poll_burst(settings)))
                return true;
        uint64_t begin = port->poll_limit.begin_usec;
        uint64_t end = begin + MIN(interval, TIME_INFINITY - begin);
        int r = sd_event_add_time(port->socket->unit.manager->event, &port->poll_pause,
                                  CLOCK_MONOTONIC, end, USEC_PER_MSEC, on_poll_pause_end, port);
        if (r < 0) {
                log_warning(settings->unit.name, "poll limit: %s", g_strerror(-r));
                return true;
        }
        (void)sd_event_source_set_enabled(port->source, SD_EVENT_OFF);
        return false;
}

void port_reset_poll_limit(Port *port) {
        ratelimit_reset(&port->poll_limit);
        if (port->poll_pause)
                (void)on_poll_pause_end(NULL, 0, port);
}

/* ---- what comes in ---- */

static void port_drop_source(Port *port) {
        if (!port->source)
                return;
        port->poll_pause = sd_event_source_disable_unref(port->poll_pause);
        (void)sd_event_source_set_userdata(port->source, NULL); /* for on_incoming() */
        port->source = sd_event_source_disable_unref(port->source);
        port->watched = false;
}

/* Tells what is there: setting the events anew does, or needn't, if they aren't told once. */
static int port_tell(Port *port) {
        return sd_event_source_set_io_events(port->source, port_events(port));
}

static void port_incoming(Port *port, int fd, uint32_t events) {
        JobQueue *jobs = port->socket->unit.manager->jobs;
        if (events & EPOLLHUP) {
                socket_shut_down(port->socket, port);
                return;
        }
        if (!(events & EPOLLIN)) {
                /* An error of an earlier datagram: asking for it clears it. */
                int error;
                socklen_t length = sizeof(error);
                (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        }
        socket_incoming(port->socket, port);
        job_queue_run(jobs);
}

static int on_incoming(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Port *port = userdata;
        if (!port->watched)
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        if (!port_below_limit(port))
                return 0;
        sd_event_source_ref(source);
        port_incoming(port, fd, events);
        port = sd_event_source_get_userdata(source); /* it may be gone */
        int r = port && port->watched ? port_tell(port) : 0;
        sd_event_source_unref(source);
        return r;
}

/* One that is watched has been told of all, or will be. */
static int port_rewatch(Port *port) {
        if (port->watched)
                return 0;
        if (!port->poll_pause) {
                int r = port_tell(port);
                if (r >= 0)
                        r = sd_event_source_set_enabled(port->source, SD_EVENT_ON);
                if (r < 0)
                        return r;
        }
        port->watched = true;
        return 0;
}

static int port_unwatch(Port *port) {
        port->watched = false;
        return sd_event_source_set_enabled(port->source, SD_EVENT_OFF);
}

void port_let_be(Port *port) {
        port->watched = false;
}

void port_leave(Port *port) {
        if (port->source && !port->watched)
                (void)port_unwatch(port);
}

int port_watch(Port *port, bool on) {
        if (!port->item || (!port->source && !on))
                return 0;
        if (port->source)
                return on ? port_rewatch(port) : port_unwatch(port);
        int r = sd_event_add_io(port->socket->unit.manager->event, &port->source, port->item->fd,
                                port_events(port), on_incoming, port);
        if (r < 0)
                return r;
        port->watched = true;
        return sd_event_source_set_priority(port->source, PORT_PRIORITY);
}

/* ---- the port ---- */

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
        port_drop_source(port);
        item_unref(port->item);
        g_clear_pointer(&port->endpoints, g_ptr_array_unref);
        g_free(port);
        return NULL;
}

static enum bellhop_kind address_kind(const Address *address) {
        if (address_is_listener(address))
                return BELLHOP_KIND_LISTENER;
        return address->type == SOCK_DGRAM ? BELLHOP_KIND_DATAGRAM : BELLHOP_KIND_OTHER;
}

static Item *port_make_item(int fd, const SocketSettings *settings, const Listen *listen) {
        return item_new(fd, socket_settings_item_name(settings, listen),
                        address_kind(listen->address), settings->delivery.signal);
}

static void release_item(gpointer item) {
        item_unref(item);
}

/* What the function is stands in the service that it is for. */
static int port_open_usb(Port *port, const SocketSettings *settings, const Listen *listen,
                         const char **ret_step) {
        g_autofree char *name = socket_settings_service(settings);
        g_autoptr(GPtrArray) endpoints = NULL;
        Unit *service;
        *ret_step = "find the service of";
        int r = manager_load_unit(port->socket->unit.manager, name, &service);
        int fd = r < 0 ? r
                       : socket_usb_open(listen->address, service->settings, &endpoints, ret_step);
        if (fd < 0)
                return fd;
        port->endpoints = g_ptr_array_new_with_free_func(release_item);
        for (guint i = 0; i < endpoints->len; i++)
                g_ptr_array_add(
                        port->endpoints,
                        port_make_item(GPOINTER_TO_INT(endpoints->pdata[i]), settings, listen));
        return fd;
}

static int port_open_fd(Port *port, const SocketSettings *settings, const Listen *listen,
                        const char **ret_step) {
        if (listen->address->type == ADDRESS_USB_FUNCTION)
                return port_open_usb(port, settings, listen, ret_step);
        return socket_open(listen->address, settings, ret_step);
}

int port_open(Port *port, const SocketSettings *settings, const Listen *listen,
              const char **ret_step) {
        int fd = port_open_fd(port, settings, listen, ret_step);
        if (fd == -EADDRINUSE && socket_yield_address(port->socket->unit.manager, listen->address))
                fd = port_open_fd(port, settings, listen, ret_step);
        if (fd < 0)
                return fd;
        port->item = port_make_item(fd, settings, listen);
        if (address_path(listen->address))
                socket_links_make(settings, address_path(listen->address));
        return 0;
}

void port_unlink(Port *port, const SocketSettings *settings) {
        if (!port->item)
                return;
        if (address_path(port->address))
                socket_links_remove(settings, address_path(port->address), NULL);
        socket_remove(port->address);
}

bool port_item_matches(const Port *port, const SocketSettings *settings, const Listen *listen) {
        int signal = settings->delivery.signal ?: rtsig_of_kind(address_kind(listen->address));
        return port->item && port->item->signal == signal &&
               strcmp(port->item->name, socket_settings_item_name(settings, listen)) == 0;
}

int port_rename(Port *port, const SocketSettings *settings, const Listen *listen) {
        guint endpoints = port->endpoints ? port->endpoints->len : 0;
        for (guint i = 0; i < endpoints; i++) {
                Item *old = port->endpoints->pdata[i];
                int fd = fd_dup(old->fd);
                if (fd < 0)
                        return fd;
                port->endpoints->pdata[i] = port_make_item(fd, settings, listen);
                item_unref(old);
        }
        int fd = fd_dup(port->item->fd);
        if (fd < 0)
                return fd;
        port_drop_source(port);
        Item *old = port->item;
        port->item = port_make_item(fd, settings, listen);
        port->item->is_shared = old->is_shared;
        item_unref(old);
        return 0;
}
