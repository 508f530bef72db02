/* SPDX-License-Identifier: MIT */
/* Accept=yes: an instance of the service's template for each connection. The connection is an item
 * that waits here until its instance starts; from then on the delivery has it. Instances are
 * forgotten when they end. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "job.h"
#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "service.h"
#include "socket.h"

/* ---- the instance's name, as systemd has it ---- */

static void append_endpoint(GString *name, const SocketAddress *address) {
        char text[INET6_ADDRSTRLEN] = "";
        const struct in6_addr *v6 = &address->in6.sin6_addr;
        uint16_t port = address->in.sin_port;
        if (address->any.sa_family == AF_INET)
                inet_ntop(AF_INET, &address->in.sin_addr, text, sizeof(text));
        else if (IN6_IS_ADDR_V4MAPPED(v6))
                inet_ntop(AF_INET, &v6->s6_addr[12], text, sizeof(text));
        else
                inet_ntop(AF_INET6, v6, text, sizeof(text));
        g_string_append_printf(name, "-%s:%u", text, ntohs(port));
}

static void append_peer_credentials(GString *name, int fd) {
        struct ucred peer;
        socklen_t length = sizeof(peer);
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
                g_string_append(name, "-unknown");
        else
                g_string_append_printf(name, "-%d-%u", peer.pid, peer.uid);
}

/* Returns: NULL if the peer has gone already. */
static char *connection_name(int fd, uint64_t number) {
        SocketAddress local = { 0 }, remote = { 0 };
        socklen_t local_length = sizeof(local), remote_length = sizeof(remote);
        if (getsockname(fd, &local.any, &local_length) < 0 ||
            getpeername(fd, &remote.any, &remote_length) < 0)
                return NULL;
        GString *name = g_string_new(NULL);
        g_string_append_printf(name, "%" G_GUINT64_FORMAT, number);
        if (local.any.sa_family == AF_UNIX) {
                append_peer_credentials(name, fd);
        } else {
                append_endpoint(name, &local);
                append_endpoint(name, &remote);
        }
        return g_string_free(name, FALSE);
}

/* ---- instances ---- */

static void release_connection(gpointer item) {
        item_unref(item);
}

static void socket_add_instance(Socket *socket, const char *instance, Item *item) {
        if (!socket->instances)
                socket->instances =
                        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, release_connection);
        g_hash_table_insert(socket->instances, g_strdup(instance), item);
        socket->connections++;
}

static void socket_remove_instance(Socket *socket, const char *instance) {
        if (!socket->instances || !g_hash_table_remove(socket->instances, instance))
                return;
        socket->connections--;
        socket->refusing = false;
}

void socket_instance_changed(Socket *socket, Unit *service) {
        if (service_is_down(service) && !service->job)
                socket_remove_instance(socket, service->name);
}

void socket_provide_connection(Socket *socket, Recipient *recipient) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        Item *item =
                socket->instances ? g_hash_table_lookup(socket->instances, recipient->label) : NULL;
        if (!item)
                return;
        recipient_deliver(recipient, item, socket->unit.name, &settings->delivery, false);
        /* From now on it is the delivery's alone: closed when the service closes it. */
        g_hash_table_insert(socket->instances, g_strdup(recipient->label), NULL);
}

/* ---- connections ---- */

static const char *connection_item_name(const SocketSettings *settings, const Port *port) {
        for (guint i = 0; i < settings->listens->len; i++) {
                const Listen *listen = settings->listens->pdata[i];
                if (listen->address == port->address)
                        return socket_settings_item_name(settings, listen);
        }
        return settings->unit.name;
}

/* Consumes fd. */
static void socket_start_instance(Socket *socket, Port *port, int fd, const char *connection) {
        Manager *manager = socket->unit.manager;
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        g_autofree char *template_ = socket_settings_service(settings);
        g_autofree char *instance = unit_name_instantiate(template_, connection);
        _cleanup_(item_unref_cleanup) Item *item =
                item_new(fd, connection_item_name(settings, port), BELLHOP_KIND_CONNECTION,
                         settings->delivery.signal);
        Unit *service;
        int r = manager_load_unit(manager, instance, &service);
        if (r < 0) {
                const char *why = g_hash_table_lookup(manager->broken, template_);
                unit_set_failure(&socket->unit, "start %s: %s", instance, why ?: g_strerror(-r));
                socket_handle(socket, SOCKET_EVENT_SERVICE_FAILED);
                return;
        }
        service->transient = true;
        socket->accepted++;
        socket_add_instance(socket, instance, TAKE_POINTER(item));
        g_autofree char *error = NULL;
        r = transaction_run(manager, JOB_START, &service, 1, NULL, NULL, &error);
        if (r < 0) {
                log_error(socket->unit.name, "start %s: %s", instance, error);
                socket_remove_instance(socket, instance);
                manager_consider_unload(manager, service);
        }
}

static void socket_refuse(Socket *socket) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        socket->refused++;
        if (!socket->refusing)
                log_warning(socket->unit.name,
                            "%u connections, as many as MaxConnections= allows: more are closed",
                            settings->max_connections);
        socket->refusing = true;
}

void socket_accept(Socket *socket, Port *port) {
        _cleanup_fd_ int fd = accept4(port->item->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
                /* Gone before we came is the peer's affair. Anything else lasts, and the trigger
                 * limit ends it. */
                if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
                        log_warning(socket->unit.name, "accept %s: %s", port->address->text,
                                    g_strerror(errno));
                return;
        }
        if (socket->connections >= SOCKET_SETTINGS(socket->unit.settings)->max_connections) {
                socket_refuse(socket);
                return;
        }
        g_autofree char *connection = connection_name(fd, socket->accepted);
        if (connection)
                socket_start_instance(socket, port, TAKE_FD(fd), connection);
}
