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
#include "socket-options.h"
#include "socket-path.h"
#include "socket.h"

typedef struct SocketReload {
        Socket *socket;
        const SocketSettings *old, *new;
        GHashTable *by_address; /* const Address * -> GSList of Port *: not taken yet */
        GPtrArray *recipients;  /* of the services that run */
        GPtrArray *waiting;     /* recipients that something waits for: visitors too */
} SocketReload;

static guint address_hash(gconstpointer key) {
        const Address *address = key;
        return g_str_hash(address->text) ^ (guint)address->type;
}

static gboolean address_same(gconstpointer a, gconstpointer b) {
        return address_equal(a, b);
}

/* An address that is listed more than once (ReusePort=) has several ports, in their order. */
static GHashTable *ports_by_address(Socket *socket) {
        GHashTable *ports = g_hash_table_new(address_hash, address_same);
        for (guint i = socket->port_count; i-- > 0;) {
                Port *port = socket->ports[i];
                GSList *same = g_hash_table_lookup(ports, port->address);
                g_hash_table_replace(ports, (gpointer)port->address, g_slist_prepend(same, port));
        }
        return ports;
}

static Port *reload_take_port(SocketReload *reload, const Listen *listen) {
        GSList *same = g_hash_table_lookup(reload->by_address, listen->address);
        if (!same || socket_must_reopen(listen->address, reload->old, reload->new))
                return NULL;
        Port *port = same->data;
        same = g_slist_delete_link(same, same);
        if (same)
                g_hash_table_insert(reload->by_address, (gpointer)port->address, same);
        else
                g_hash_table_remove(reload->by_address, listen->address);
        return port;
}

static void reload_withdraw_item(SocketReload *reload, const Item *item) {
        for (guint i = 0; i < reload->waiting->len; i++)
                recipient_withdraw(reload->waiting->pdata[i], reload->socket->unit.name, item);
}

static void reload_withdraw(SocketReload *reload, const Port *port) {
        if (port->item)
                reload_withdraw_item(reload, port->item);
        for (guint i = 0; port->endpoints && i < port->endpoints->len; i++)
                reload_withdraw_item(reload, port->endpoints->pdata[i]);
}

static void reload_deliver(SocketReload *reload, Port *port) {
        for (guint i = 0; i < reload->recipients->len; i++)
                socket_provide_port(reload->socket, port, reload->recipients->pdata[i],
                                    &reload->new->delivery, false);
        if (socket_is_watching(reload->socket))
                (void)port_watch(port, true);
}

static void reload_report(SocketReload *reload, const char *step, const Listen *listen, int error) {
        Unit *unit = &reload->socket->unit;
        g_autofree char *failure = socket_open_failure(listen->address, reload->new, step, error);
        g_autofree char *before = g_strdup(unit->failure); /* of the lines above */
        unit_set_failure(unit, "%s%s%s", before ?: "", before ? "; " : "", failure);
}

/* Symlinks=: what went goes as with RemoveOnStop=, what came is made. */
static void reload_links(SocketReload *reload, const Address *address) {
        const char *path = address_path(address);
        if (!path)
                return;
        if (reload->new->remove_on_stop)
                socket_links_remove(reload->old, path, reload->new);
        socket_links_make(reload->new, path);
}

static void reload_keep(SocketReload *reload, Port *port, const Listen *listen) {
        const char *step = "dup";
        port->address = listen->address;
        int r = socket_adjust(port->item->fd, listen->address, reload->old, reload->new, &step);
        reload_links(reload, listen->address);
        if (r >= 0 && !port_item_matches(port, reload->new, listen)) {
                reload_withdraw(reload, port);
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
        if (reload->recipients->len > 0)
                socket_prepare_port(reload->socket, port, reload->recipients->pdata[0]);
        reload_deliver(reload, port);
}

/* ---- what a service still holds ---- */

/* A service isn't told that a line went: it goes on serving that listener, and as long as it has it
 * nobody can bind the address again. So the port is kept, unwatched, and is there when the line
 * comes back while the service runs. */
struct RetiredPort {
        Port *port;
        UnitSettings *settings; /* the address, and how the socket is, are theirs */
};

static void retired_port_free(gpointer pointer) {
        RetiredPort *retired = pointer;
        port_free(retired->port);
        settings_unref(retired->settings);
        g_free(retired);
}

void socket_free_retired(Socket *socket) {
        g_clear_pointer(&socket->retired, g_ptr_array_unref);
}

/* Consumes the port. */
static void socket_retire(Socket *socket, Port *port, const SocketSettings *settings) {
        if (!socket->retired)
                socket->retired = g_ptr_array_new_with_free_func(retired_port_free);
        RetiredPort *retired = g_new(RetiredPort, 1);
        *retired = (RetiredPort){ port, settings_ref((UnitSettings *)&settings->unit) };
        (void)port_watch(port, false);
        g_ptr_array_add(socket->retired, retired);
}

static RetiredPort *socket_find_retired(const Socket *socket, const Address *address,
                                        guint *ret_index) {
        for (guint i = 0; socket->retired && i < socket->retired->len; i++) {
                RetiredPort *retired = socket->retired->pdata[i];
                if (address_equal(retired->port->address, address)) {
                        *ret_index = i;
                        return retired;
                }
        }
        return NULL;
}

bool socket_yield_address(Manager *manager, const Address *address) {
        GHashTableIter iterator;
        gpointer value;
        bool found = false;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                guint index;
                Unit *unit = value;
                if (unit->settings->type != UNIT_SOCKET ||
                    !socket_find_retired(SOCKET(unit), address, &index))
                        continue;
                g_ptr_array_remove_index(SOCKET(unit)->retired, index);
                found = true;
        }
        return found;
}

static bool recipient_waits_for(const Recipient *recipient, const Item *item) {
        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = recipient->deliveries->pdata[i];
                if (delivery->item == item && delivery_state_is_waiting(delivery->state) &&
                    !delivery_may_be_held(delivery))
                        return true;
        }
        return false;
}

/* Every service that runs was given it: who doesn't wait for it any more has it. */
static bool reload_is_held(const SocketReload *reload, const Port *port) {
        for (guint i = 0; port->item && i < reload->recipients->len; i++)
                if (!recipient_waits_for(reload->recipients->pdata[i], port->item))
                        return true;
        return false;
}

/* Returns: the port of a line that comes back, as it is now, or NULL. */
static Port *reload_revive(SocketReload *reload, const Listen *listen) {
        guint index;
        RetiredPort *retired = socket_find_retired(reload->socket, listen->address, &index);
        if (!retired ||
            socket_must_reopen(listen->address, SOCKET_SETTINGS(retired->settings), reload->new))
                return NULL;
        Port *port = TAKE_POINTER(retired->port);
        const char *step = "open";
        (void)socket_adjust(port->item->fd, listen->address, SOCKET_SETTINGS(retired->settings),
                            reload->new, &step);
        g_ptr_array_remove_index(reload->socket->retired, index);
        log_info(reload->socket->unit.name, "took up %s again", listen->address->text);
        return port;
}

/* ---- lines that went and came ---- */

/* Its file has gone with RemoveOnStop=, so it is of no use any more. */
static bool reload_can_retire(const SocketReload *reload, const Port *port) {
        return !(reload->old->remove_on_stop && address_path(port->address)) &&
               reload_is_held(reload, port);
}

static void reload_close(SocketReload *reload, Port *port) {
        log_info(reload->socket->unit.name, "closed %s", port->address->text);
        bool held = reload_can_retire(reload, port);
        reload_withdraw(reload, port);
        if (reload->old->remove_on_stop)
                port_unlink(port, reload->old);
        if (held)
                socket_retire(reload->socket, port, reload->old);
        else
                port_free(port);
}

/* Ports of lines that went, before new ones are opened: they may want the same address. */
static void reload_close_rest(SocketReload *reload) {
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, reload->by_address);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                for (GSList *same = value; same; same = same->next)
                        reload_close(reload, same->data);
                g_slist_free(value);
                g_hash_table_iter_remove(&iterator);
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
                ports[i] = reload_revive(reload, listen);
                if (ports[i]) {
                        reload_keep(reload, ports[i], listen);
                        continue;
                }
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

/* What waits of listeners that nobody but the manager shall accept from. Instances go on as they
 * are, and those that haven't begun get the connections that were accepted for them. */
static void socket_change_accept(SocketReload *reload) {
        if (reload->new->accept == reload->old->accept)
                return;
        if (reload->old->accept == ACCEPT_NO)
                recipients_withdraw(reload->socket->unit.manager, reload->socket->unit.name);
        if (reload->new->accept == ACCEPT_YES)
                g_ptr_array_set_size(reload->recipients, 0);
}

void socket_complete(Socket *socket) {
        SocketReload reload = {
                .socket = socket,
                .old = SOCKET_SETTINGS(socket->unit.settings),
                .new = SOCKET_SETTINGS(socket->unit.settings),
                .recipients = socket_recipients(socket),
                .waiting = recipients_waiting(socket->unit.manager),
        };
        unit_clear_failure(&socket->unit);
        socket->incomplete = false;
        for (guint i = 0; i < socket->port_count; i++)
                if (!socket->ports[i]->item)
                        reload_open(&reload, socket->ports[i], reload.new->listens->pdata[i]);
        g_ptr_array_unref(reload.recipients);
        g_ptr_array_unref(reload.waiting);
}

void socket_reload(Unit *unit, UnitSettings *settings) {
        Socket *socket = SOCKET(unit);
        if (socket->port_count == 0)
                return; /* it isn't open, or not yet */
        if (!socket->failing)
                unit_clear_failure(unit);
        socket->incomplete = false;
        g_autoptr(GHashTable) by_address = ports_by_address(socket);
        g_autoptr(GPtrArray) recipients = socket_recipients(socket);
        g_autoptr(GPtrArray) waiting = recipients_waiting(unit->manager);
        SocketReload reload = {
                .socket = socket,
                .old = SOCKET_SETTINGS(unit->settings),
                .new = SOCKET_SETTINGS(settings),
                .by_address = by_address,
                .recipients = recipients,
                .waiting = waiting,
        };
        socket_change_accept(&reload);
        reload_ports(&reload);
        socket_options_report(reload.new);
        for (guint i = 0; i < recipients->len; i++)
                recipient_ring(recipients->pdata[i]);
}

void socket_reloaded(Unit *unit) {
        Socket *socket = SOCKET(unit);
        for (guint i = 0; i < socket->port_count; i++)
                port_reset_poll_limit(socket->ports[i]);
        socket_follow_service(socket);
        socket_look_at_deferred(unit->manager);
        /* A service may have come, or gone. */
        if (socket->state == SOCKET_LISTENING)
                socket_rewatch(socket);
}
