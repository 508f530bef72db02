/* SPDX-License-Identifier: MIT */
/* How a socket's ports become deliveries, and whether they wait: O_NONBLOCK is the open socket's,
 * shared by all who have it, so it is set while nobody has it. */
#include "directive.h"
#include "fd.h"
#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "service.h"
#include "socket.h"

/* ---- blocking or not ---- */

static bool service_is_nonblocking(const Unit *service) {
        const bool *given = settings_given(service->settings, "NonBlocking");
        return given && *given;
}

/* NULL: a process that is nobody's service. */
static const Unit *recipient_service(const Recipient *recipient) {
        return manager_find_unit(recipient->manager, recipient->label);
}

static void item_set_nonblocking(const Socket *socket, const Item *item, bool on) {
        int r = fd_set_nonblocking(item->fd, on);
        if (r < 0)
                log_warning(socket->unit.name, "fcntl %s: %s", item->name, g_strerror(-r));
}

void socket_prepare_item(const Socket *socket, const Item *item, const Recipient *recipient) {
        const Unit *service = recipient_service(recipient);
        if (service)
                item_set_nonblocking(socket, item, service_is_nonblocking(service));
}

/* Who has been given a port once may have it still. */
static bool port_is_given(const Socket *socket, const Port *port) {
        Manager *manager = socket->unit.manager;
        g_autoptr(GPtrArray) services = manager_consumers(manager, &socket->unit);
        for (guint i = 0; i < services->len; i++) {
                const Recipient *recipient = service_recipient(services->pdata[i]);
                if (recipient && recipient_knows(recipient, port->item->name, socket->unit.name))
                        return true;
        }
        for (GList *visitor = manager->visitors; visitor; visitor = visitor->next)
                if (recipient_knows(visitor->data, port->item->name, socket->unit.name))
                        return true;
        return false;
}

void socket_prepare_port(const Socket *socket, const Port *port, const Recipient *recipient) {
        socket_prepare_item(socket, port->item, recipient);
        for (guint i = 0; port->endpoints && i < port->endpoints->len; i++)
                socket_prepare_item(socket, port->endpoints->pdata[i], recipient);
}

/* ---- giving ---- */

void socket_provide_port(const Socket *socket, Port *port, Recipient *recipient,
                         const DeliverySettings *settings, bool replaces) {
        port->item->is_shared = true;
        recipient_deliver(recipient, port->item, socket->unit.name, settings, replaces);
        for (guint i = 0; port->endpoints && i < port->endpoints->len; i++)
                recipient_deliver(recipient, port->endpoints->pdata[i], socket->unit.name, settings,
                                  false);
}

/* The first of each name replaces what a service may have of an earlier opening of this unit. One
 * who has the first open port has been given all of them. */
void socket_provide_listeners(Socket *socket, Recipient *recipient) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        g_autoptr(GHashTable) names =
                socket->port_count > 1 ? g_hash_table_new(g_str_hash, g_str_equal) : NULL;
        bool given = false, known = false;
        for (guint i = 0; i < socket->port_count; i++) {
                Port *port = socket->ports[i];
                if (!port->item)
                        continue;
                if (!known)
                        given = port_is_given(socket, port);
                known = true;
                if (!given)
                        socket_prepare_port(socket, port, recipient);
                socket_provide_port(socket, port, recipient, &settings->delivery,
                                    !names || g_hash_table_add(names, port->item->name));
        }
}

void socket_offer(const Socket *socket, const Unit *service, GPtrArray *items) {
        guint first = items->len;
        Item *connection = socket_connection(socket, service->name);
        if (connection)
                g_ptr_array_add(items, connection);
        for (guint i = 0; !connection && i < socket->port_count; i++) {
                if (!socket->ports[i]->item)
                        continue;
                socket->ports[i]->item->is_shared = true;
                g_ptr_array_add(items, socket->ports[i]->item);
        }
        for (guint i = first; i < items->len; i++)
                item_set_nonblocking(socket, items->pdata[i], service_is_nonblocking(service));
}

uint64_t socket_signals(const Socket *socket) {
        uint64_t signals = 0;
        for (guint i = 0; i < socket->port_count; i++)
                if (socket->ports[i]->item)
                        signals |= BELLHOP_SIGNAL_BIT(socket->ports[i]->item->signal);
        return signals;
}
