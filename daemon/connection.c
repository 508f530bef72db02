/* SPDX-License-Identifier: MIT */
/* A connection that was accepted, by its two ends. */
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int connection_init(Connection *connection, int fd) {
        socklen_t length = sizeof(connection->local), peer = sizeof(connection->peer);

        *connection = (Connection){ .remote_length = sizeof(connection->remote) };
        if (getsockname(fd, &connection->local.any, &length) < 0 ||
            getpeername(fd, &connection->remote.any, &connection->remote_length) < 0)
                return -errno;
        if (connection->local.any.sa_family != AF_UNIX ||
            getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &connection->peer, &peer) < 0)
                connection->peer = (struct ucred){ .uid = (uid_t)-1 };
        return 0;
}

/* An IPv4 client of an IPv6 listener is an IPv4 client (g_free). */
static char *internet_host(const SocketAddress *address) {
        char text[INET6_ADDRSTRLEN] = "";
        const struct in6_addr *v6 = &address->in6.sin6_addr;

        if (address->any.sa_family == AF_INET)
                inet_ntop(AF_INET, &address->in.sin_addr, text, sizeof(text));
        else if (IN6_IS_ADDR_V4MAPPED(v6))
                inet_ntop(AF_INET, &v6->s6_addr[12], text, sizeof(text));
        else
                inet_ntop(AF_INET6, v6, text, sizeof(text));
        return g_strdup(text);
}

/* The name of a Unix socket, "@" for an abstract one's first byte; NULL: it has none (g_free). */
static char *unix_name(const SocketAddress *address, socklen_t length) {
        size_t offset = offsetof(struct sockaddr_un, sun_path);
        const char *path = address->un.sun_path;
        size_t size = length > offset ? length - offset : 0;

        if (size == 0)
                return NULL;
        if (path[0])
                return g_strndup(path, size);
        if (size == 1 || memchr(path + 1, '\0', size - 1))
                return NULL; /* a variable can't hold it */
        g_autofree char *name = g_strndup(path + 1, size - 1);
        return g_strconcat("@", name, NULL);
}

static char *address_host(const SocketAddress *address, socklen_t length) {
        switch (address->any.sa_family) {
        case AF_INET:
        case AF_INET6:
                return internet_host(address);
        case AF_VSOCK:
                return g_strdup_printf("%u", address->vm.svm_cid);
        case AF_UNIX:
                return unix_name(address, length);
        }
        return NULL;
}

/* Returns: the port, or -1: there are no ports. */
static int64_t address_port(const SocketAddress *address) {
        switch (address->any.sa_family) {
        case AF_INET:
                return ntohs(address->in.sin_port);
        case AF_INET6:
                return ntohs(address->in6.sin6_port);
        case AF_VSOCK:
                return address->vm.svm_port;
        }
        return -1;
}

static void append_end(GString *name, const SocketAddress *address) {
        g_autofree char *host = address_host(address, 0);

        g_string_append_printf(name, "-%s:%" G_GINT64_FORMAT, host ? host : "unknown",
                               address_port(address));
}

char *connection_instance(const Connection *connection, uint64_t number) {
        GString *name = g_string_new(NULL);

        g_string_append_printf(name, "%" G_GUINT64_FORMAT, number);
        if (connection->local.any.sa_family != AF_UNIX) {
                append_end(name, &connection->local);
                append_end(name, &connection->remote);
        } else if (connection->peer.uid == (uid_t)-1) {
                g_string_append(name, "-unknown");
        } else {
                g_string_append_printf(name, "-%d-%u", connection->peer.pid, connection->peer.uid);
        }
        return g_string_free(name, FALSE);
}

char *connection_source(const Connection *connection) {
        if (connection->local.any.sa_family == AF_UNIX)
                return g_strdup_printf("uid %u", connection->peer.uid);
        return address_host(&connection->remote, connection->remote_length);
}

GStrv connection_environment(const Connection *connection) {
        g_autofree char *host = address_host(&connection->remote, connection->remote_length);
        int64_t port = address_port(&connection->remote);
        GStrv environment = NULL;

        if (host)
                environment = g_environ_setenv(environment, "REMOTE_ADDR", host, TRUE);
        if (port >= 0) {
                g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, port);
                environment = g_environ_setenv(environment, "REMOTE_PORT", text, TRUE);
        }
        return environment;
}
