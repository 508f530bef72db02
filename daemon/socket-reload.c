/* SPDX-License-Identifier: MIT */
/* What a reload does to an open socket: lines that stay keep their port and its descriptor, lines
 * that went are closed, lines that came are opened and watched or delivered. Linear in the number
 * of lines. */
#include <string.h>

#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "service.h"
#include "socket-open.h"
#include "socket.h"

typedef struct SocketReload {
        Socket *socket;
        const SocketSettings *old, *new;
        GHashTable *by_address; /* const Address * -> Port *: not taken yet */
        GPtrArray *recipients;  /* of the services that run */
} SocketReload;

static guint address_hash(gconstpointer key) {
        const Address *address = key;
        return g_str_hash(address->text) ^ (guint)address->type;
}

static gboolean address_same(gconstpointer a, gconstpointer b) {
        return address_equal(a, b);
}

/* An address is listed once in a unit (the loader sees to it). */
static GHashTable *ports_by_address(Socket *socket) {
        GHashTable *ports = g_hash_table_new(address_hash, address_same);
        for (guint i = 0; i < socket->port_count; i++)
                g_hash_table_insert(ports, (gpointer)socket->ports[i]->address, socket->ports[i]);
        return ports;
}

static Port *reload_take_port(SocketReload *reload, const Listen *listen) {
        Port *port = g_hash_table_lookup(reload->by_address, listen->address);
        if (!port || socket_must_reopen(listen->address, reload->old, reload->new))
                return NULL;
        g_hash_table_remove(reload->by_address, listen->address);
        return port;
}

static void reload_withdraw(SocketReload *reload, const Item *item) {
        for (guint i = 0; item && i < reload->recipients->len; i++)
                recipient_withdraw(reload->recipients->pdata[i], reload->socket->unit.name, item);
}

static void reload_deliver(SocketReload *reload, Port *port) {
        for (guint i = 0; i < reload->recipients->len; i++)
                recipient_deliver(reload->recipients->pdata[i], port->item,
                                  reload->socket->unit.name, &reload->new->delivery, false);
        if (reload->socket->state == SOCKET_LISTENING && socket_is_watchable(reload->socket))
                (void)port_watch(port, true);
}

static void reload_report(SocketReload *reload, const char *step, const Listen *listen, int error) {
        g_autofree char *failure = socket_open_failure(listen->address, reload->new, step, error);
        unit_set_failure(&reload->socket->unit, "%s", failure);
}

static void reload_keep(SocketReload *reload, Port *port, const Listen *listen) {
        const char *step = "dup";
        port->address = listen->address;
        int r = socket_adjust(port->item->fd, listen->address, reload->old, reload->new, &step);
        if (r >= 0 && !port_item_matches(port, reload->new, listen)) {
                reload_withdraw(reload, port->item);
                r = port_rename(port, reload->new, listen);
                if (r >= 0)
                        reload_deliver(reload, port);
        }
        if (r < 0)
                reload_report(reload, step, listen, r);
}

static void reload_open(SocketReload *reload, Port *port, const Listen *listen) {
        const char *step = "open";
        int r = port_open(port, reload->new, listen, &step);
        if (r < 0) {
                reload->socket->incomplete = true;
                reload_report(reload, step, listen, r);
                return;
        }
        log_info(reload->socket->unit.name, "opened %s", listen->address->text);
        reload_deliver(reload, port);
}

/* Ports of lines that went, before new ones are opened: they may want the same address. */
static void reload_close_rest(SocketReload *reload) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, reload->by_address);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                Port *port = value;
                log_info(reload->socket->unit.name, "closed %s", port->address->text);
                reload_withdraw(reload, port->item);
                if (reload->old->remove_on_stop)
                        port_unlink(port);
                port_free(port);
        }
}

static void reload_ports(SocketReload *reload) {
        Socket *socket = reload->socket;
        guint count = reload->new->listens ? reload->new->listens->len : 0;
        Port **ports = g_new0(Port *, count);
        for (guint i = 0; i < count; i++)
                ports[i] = reload_take_port(reload, reload->new->listens->pdata[i]);
        reload_close_rest(reload);
        for (guint i = 0; i < count; i++) {
                const Listen *listen = reload->new->listens->pdata[i];
                if (ports[i] && ports[i]->item) {
                        reload_keep(reload, ports[i], listen);
                        continue;
                }
                port_free(ports[i]);
                ports[i] = port_new(socket, listen);
                reload_open(reload, ports[i], listen);
        }
        g_free(socket->ports);
        socket->ports = ports;
        socket->port_count = count;
}

static GPtrArray *socket_recipients(Socket *socket) {
        g_autoptr(GPtrArray) services = manager_consumers(socket->unit.manager, &socket->unit);
        GPtrArray *recipients = g_ptr_array_new();
        for (guint i = 0; i < services->len; i++) {
                Recipient *recipient = service_recipient(services->pdata[i]);
                if (recipient)
                        g_ptr_array_add(recipients, recipient);
        }
        return recipients;
}

void socket_reload(Unit *unit, UnitSettings *settings) {
        Socket *socket = SOCKET(unit);
        if (unit_is_down(unit))
                return;
        unit_clear_failure(unit);
        socket->incomplete = false;
        g_autoptr(GHashTable) by_address = ports_by_address(socket);
        g_autoptr(GPtrArray) recipients = socket_recipients(socket);
        SocketReload reload = {
                .socket = socket,
                .old = SOCKET_SETTINGS(unit->settings),
                .new = SOCKET_SETTINGS(settings),
                .by_address = by_address,
                .recipients = recipients,
        };
        if (reload.new->accept == ACCEPT_YES)
                g_ptr_array_set_size(recipients, 0);
        reload_ports(&reload);
        for (guint i = 0; i < recipients->len; i++)
                recipient_ring(recipients->pdata[i]);
}

void socket_reloaded(Unit *unit) {
        Socket *socket = SOCKET(unit);
        socket_follow_service(socket);
        if (socket->state != SOCKET_LISTENING)
                return;
        /* A service may have come, or gone. */
        bool watchable = socket_is_watchable(socket);
        for (guint i = 0; i < socket->port_count; i++)
                (void)port_watch(socket->ports[i], watchable);
}
