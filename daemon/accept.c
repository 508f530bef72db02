/* SPDX-License-Identifier: MIT */
/* Accept=yes: an instance of the service's template for each connection. The connection is an item
 * that waits here until its instance has claimed it. Instances are forgotten when they end. */
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "directive.h"
#include "fd.h"
#include "job.h"
#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "service.h"
#include "socket-options.h"
#include "socket.h"
#include "wait-guard.h"

/* ---- instances ---- */

/* A connection that has an instance. */
typedef struct Instance {
        Item *item;   /* until the instance has claimed it, or can't any more; then NULL */
        char *source; /* connection_source() */
        bool stalled; /* it could not be started, and is tried again after the pause */
} Instance;

struct Acceptor {
        AcceptCounts counts;
        bool refusing;         /* MaxConnections*= is reached, and was logged */
        GHashTable *instances; /* name -> Instance * */
        GHashTable *sources;   /* who it comes from -> how many connections */
};

static void instance_free(gpointer pointer) {
        Instance *instance = pointer;
        item_unref(instance->item);
        g_free(instance->source);
        g_free(instance);
}

static Acceptor *socket_make_acceptor(Socket *socket) {
        if (socket->acceptor)
                return socket->acceptor;
        Acceptor *acceptor = g_new0(Acceptor, 1);
        acceptor->instances = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, instance_free);
        acceptor->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        socket->acceptor = acceptor;
        return acceptor;
}

void socket_free_acceptor(Socket *socket) {
        if (!socket->acceptor)
                return;
        g_hash_table_unref(socket->acceptor->instances);
        g_hash_table_unref(socket->acceptor->sources);
        g_clear_pointer(&socket->acceptor, g_free);
}

AcceptCounts socket_accept_counts(const Socket *socket) {
        return socket->acceptor ? socket->acceptor->counts : (AcceptCounts){ 0 };
}

static unsigned int acceptor_count_source(const Acceptor *acceptor, const char *source) {
        return GPOINTER_TO_UINT(g_hash_table_lookup(acceptor->sources, source));
}

static void acceptor_set_source(Acceptor *acceptor, const char *source, unsigned int count) {
        if (count > 0)
                g_hash_table_insert(acceptor->sources, g_strdup(source), GUINT_TO_POINTER(count));
        else
                g_hash_table_remove(acceptor->sources, source);
}

/* Consumes item and source. */
static void acceptor_add_instance(Acceptor *acceptor, const char *name, Item *item, char *source) {
        Instance *instance = g_new(Instance, 1);
        *instance = (Instance){ .item = item, .source = source };
        g_hash_table_insert(acceptor->instances, g_strdup(name), instance);
        acceptor_set_source(acceptor, source, acceptor_count_source(acceptor, source) + 1);
        acceptor->counts.connections++;
}

static Instance *socket_find_instance(const Socket *socket, const char *name) {
        return socket->acceptor ? g_hash_table_lookup(socket->acceptor->instances, name) : NULL;
}

static void socket_remove_instance(Socket *socket, const char *name) {
        Acceptor *acceptor = socket->acceptor;
        const Instance *instance = socket_find_instance(socket, name);
        if (!instance)
                return;
        acceptor_set_source(acceptor, instance->source,
                            acceptor_count_source(acceptor, instance->source) - 1);
        g_hash_table_remove(acceptor->instances, name);
        acceptor->counts.connections--;
        acceptor->refusing = false;
}

bool socket_has_instance(const Socket *socket, const char *name) {
        return socket_find_instance(socket, name) != NULL;
}

/* One whose process could not be made keeps its connection: the client has been waiting here. */
void socket_instance_changed(Socket *socket, Unit *service) {
        Instance *instance = socket_find_instance(socket, service->name);
        if (!instance)
                return;
        if (!service_is_down(service) || service->job)
                return;
        instance->stalled =
                instance->item && socket_service_is_short(service) && socket_is_open(socket);
        if (instance->stalled) {
                socket_pause(socket, "start %s: %s", service->name, service->failure);
                return;
        }
        socket->pauses = 0;
        socket_remove_instance(socket, service->name);
}

void socket_connection_taken(Socket *socket, const char *name) {
        Instance *instance = socket_find_instance(socket, name);
        if (instance)
                instance->item = item_unref(instance->item);
}

void socket_delivery_changed(Manager *manager, const Delivery *delivery) {
        bool is_connection = delivery->kind == BELLHOP_KIND_CONNECTION;
        if (is_connection ? delivery->item != NULL : delivery->state != DELIVERY_CLAIMED)
                return;
        Unit *unit = manager_find_unit(manager, delivery->unit);
        if (!unit || unit->vtable != &socket_vtable)
                return;
        if (is_connection)
                socket_connection_taken(SOCKET(unit), delivery->recipient->label);
        else
                socket_leave_ports(SOCKET(unit));
}

Item *socket_connection(const Socket *socket, const char *name) {
        const Instance *instance = socket_find_instance(socket, name);
        return instance ? instance->item : NULL;
}

void socket_provide_connection(Socket *socket, Recipient *recipient) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        Instance *instance = socket_find_instance(socket, recipient->label);
        if (!instance || !instance->item)
                return;
        socket_prepare_item(socket, instance->item, recipient);
        recipient_deliver(recipient, instance->item, socket->unit.name, &settings->delivery, false);
}

/* ---- connections ---- */

static const char *port_connection_name(const Port *port, const SocketSettings *settings) {
        for (guint i = 0; i < settings->listens->len; i++) {
                const Listen *listen = settings->listens->pdata[i];
                if (listen->address == port->address)
                        return socket_settings_connection_name(listen);
        }
        return settings->unit.name;
}

/* Why there is no instance to start (g_free). */
static char *socket_why_no_instance(Socket *socket, const char *name, int error) {
        const Manager *manager = socket->unit.manager;
        const char *why = g_hash_table_lookup(manager->broken, name);
        g_autofree char *template_ =
                socket_settings_service(SOCKET_SETTINGS(socket->unit.settings));
        if (why)
                return g_strdup(why);
        if (error != -ENOENT)
                return g_strdup(g_strerror(-error));
        return unit_path_is_masked(manager->unit_path, name)
                       ? g_strdup_printf("%s is masked", template_)
                       : g_strdup_printf("there is no %s", template_);
}

static void socket_begin_instance(Socket *socket, const char *name, const Connection *connection) {
        Manager *manager = socket->unit.manager;
        Unit *service;
        int r = manager_load_unit(manager, name, &service);
        if (errno_is_shortage(-r)) {
                socket_find_instance(socket, name)->stalled = true;
                socket_pause(socket, "start %s: %s", name, g_strerror(-r));
                return;
        }
        if (r < 0) {
                g_autofree char *why = socket_why_no_instance(socket, name, r);
                unit_set_failure(&socket->unit, "start %s: %s", name, why);
                socket_remove_instance(socket, name);
                socket_handle(socket, SOCKET_EVENT_SERVICE_FAILED);
                return;
        }
        service->transient = true;
        g_strfreev(SERVICE(service)->connection_environment);
        SERVICE(service)->connection_environment = connection_environment(connection);
        g_autofree char *error = NULL;
        r = transaction_run(manager, JOB_START, &service, 1, NULL, NULL, &error);
        if (r < 0) {
                log_error(socket->unit.name, "start %s: %s", name, error);
                socket_remove_instance(socket, name);
                manager_consider_unload(manager, service);
        }
}

/* Consumes fd. */
static void socket_start_instance(Socket *socket, Port *port, int fd,
                                  const Connection *connection) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        Acceptor *acceptor = socket->acceptor;
        g_autofree char *template_ = socket_settings_service(settings);
        g_autofree char *name = connection_instance(connection, acceptor->counts.accepted++);
        g_autofree char *instance = unit_name_instantiate(template_, name);
        Item *item = item_new(fd, port_connection_name(port, settings), BELLHOP_KIND_CONNECTION,
                              settings->delivery.signal);
        acceptor_add_instance(acceptor, instance, item, connection_source(connection));
        socket_begin_instance(socket, instance, connection);
}

static GPtrArray *socket_stalled_instances(const Socket *socket) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iterator;
        gpointer name, instance;
        if (!socket->acceptor)
                return names;
        g_hash_table_iter_init(&iterator, socket->acceptor->instances);
        while (g_hash_table_iter_next(&iterator, &name, &instance))
                if (((Instance *)instance)->stalled)
                        g_ptr_array_add(names, g_strdup(name));
        return names;
}

void socket_retry_instances(Socket *socket) {
        g_autoptr(GPtrArray) names = socket_stalled_instances(socket);
        for (guint i = 0; i < names->len; i++) {
                Instance *instance = socket_find_instance(socket, names->pdata[i]);
                Connection connection;
                if (!instance)
                        continue;
                instance->stalled = false;
                if (connection_init(&connection, instance->item->fd) >= 0)
                        socket_begin_instance(socket, names->pdata[i], &connection);
                else
                        socket_remove_instance(socket, names->pdata[i]); /* it has gone */
        }
}

void socket_drop_stalled(Socket *socket) {
        g_autoptr(GPtrArray) names = socket_stalled_instances(socket);
        for (guint i = 0; i < names->len; i++)
                socket_remove_instance(socket, names->pdata[i]);
}

/* Somebody who knocks all day shall not fill the log: it is told once until an instance ends. */
static void _printf_(2, 3) socket_refuse(Socket *socket, const char *format, ...) {
        socket->acceptor->counts.refused++;
        if (!socket->acceptor->refusing) {
                va_list arguments;
                va_start(arguments, format);
                g_autofree char *why = g_strdup_vprintf(format, arguments);
                va_end(arguments);
                log_warning(socket->unit.name, "%s: more are closed", why);
        }
        socket->acceptor->refusing = true;
}

/* MaxConnections=, MaxConnectionsPerSource=. */
static bool socket_has_room(Socket *socket, const Connection *connection) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        const Acceptor *acceptor = socket_make_acceptor(socket);
        if (acceptor->counts.connections >= settings->max_connections) {
                socket_refuse(socket, "%u connections, as many as MaxConnections= allows",
                              settings->max_connections);
                return false;
        }
        const unsigned int *per_source =
                settings_given(socket->unit.settings, "MaxConnectionsPerSource");
        if (!per_source || *per_source == 0)
                return true;
        g_autofree char *source = connection_source(connection);
        if (acceptor_count_source(acceptor, source) < *per_source)
                return true;
        socket_refuse(socket, "%u connections from %s, as many as MaxConnectionsPerSource= allows",
                      *per_source, source);
        return false;
}

/* Who has the listener can make it one that waits, and take the connection that was seen. Instances
 * haven't; commands may (PassFileDescriptorsToExec=), and services of when Accept= was no. Beyond
 * these it can only be taken out of the manager (pidfd_getfd(2), ptrace(2)), which isn't dumpable:
 * that is root's privilege, and root needn't do it this way. */
static int accept_now(const Port *port) {
        int listener = port->item->fd;
        int r = fd_set_nonblocking(listener, true);
        if (r < 0)
                return r;
        if (port->item->is_shared)
                wait_guard_begin();
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        r = fd < 0 ? -errno : fd;
        if (port->item->is_shared)
                wait_guard_end();
        return r;
}

void socket_accept(Socket *socket, Port *port) {
        _cleanup_fd_ int fd = accept_now(port);
        if (fd < 0) {
                /* Anything else is the peer's or the network's affair, and has been taken off the
                 * queue. */
                if (fd != -EAGAIN && errno_is_shortage(-fd))
                        socket_pause(socket, "accept %s: %s", port->address->text, g_strerror(-fd));
                return;
        }
        Connection connection;
        if (connection_init(&connection, fd) < 0 || !socket_has_room(socket, &connection))
                return;
        socket_options_apply_connection(fd, port->address, SOCKET_SETTINGS(socket->unit.settings));
        socket_start_instance(socket, port, TAKE_FD(fd), &connection);
}
