/* SPDX-License-Identifier: MIT */
/* The web server of hello-http. Nothing here is special to bellhop. */
#define _GNU_SOURCE 1

#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_PAGE "no configuration yet\n"

void server_add_listener(Server *server, int fd, const char *name, bool replace) {
        for (size_t i = 0; replace && i < server->n_listeners;) {
                if (strcmp(server->listeners[i].name, name) != 0) {
                        i++;
                        continue;
                }
                close(server->listeners[i].fd);
                server->listeners[i] = server->listeners[--server->n_listeners];
        }
        if (server->n_listeners == LISTENERS_MAX) {
                fprintf(stderr, "no room for listener %s\n", name);
                close(fd);
                return;
        }
        Listener *listener = &server->listeners[server->n_listeners++];
        listener->fd = fd;
        snprintf(listener->name, sizeof(listener->name), "%s", name);
}

void server_set_page(Server *server, int fd) {
        size_t used = 0;
        ssize_t n;

        /* pread: everybody who was given this memfd shares one file position. */
        while (used < PAGE_MAX - 1 &&
               (n = pread(fd, server->page + used, PAGE_MAX - 1 - used, (off_t)used)) > 0)
                used += (size_t)n;
        server->page[used] = '\0';
}

static void connection_close(Server *server, Connection *connection) {
        close(connection->fd);
        *connection = server->connections[--server->n_connections];
}

/* An answer is far smaller than a socket's buffer, so that one send takes all of it. */
static void connection_send(Connection *connection, const char *status, const char *body) {
        char answer[PAGE_MAX + 1024];
        int n = snprintf(answer, sizeof(answer),
                         "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                         "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                         status, strlen(body), body);
        (void)send(connection->fd, answer, (size_t)n, MSG_NOSIGNAL);
}

static void connection_answer(const Server *server, Connection *connection) {
        const char *page = server->page[0] ? server->page : DEFAULT_PAGE;
        char body[PAGE_MAX + 512];

        if (strncmp(connection->request, "GET ", 4) != 0) {
                connection_send(connection, "405 Method Not Allowed", "only GET\n");
                return;
        }
        if (strncmp(connection->request, "GET / HTTP/1.", 13) != 0) {
                connection_send(connection, "404 Not Found", "only / is here\n");
                return;
        }
        snprintf(body, sizeof(body), "%sserved by pid %d on listener %s\n", page, (int)getpid(),
                 connection->listener);
        connection_send(connection, "200 OK", body);
}

/* Reads what has come. Returns: false if the connection is done with. */
static bool connection_read(const Server *server, Connection *connection) {
        ssize_t n = recv(connection->fd, connection->request + connection->used,
                         REQUEST_SIZE - 1 - connection->used, MSG_DONTWAIT);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR;
        if (n == 0)
                return false;
        connection->used += (size_t)n;
        connection->request[connection->used] = '\0';
        if (strstr(connection->request, "\r\n\r\n")) {
                connection_answer(server, connection);
                return false;
        }
        if (connection->used == REQUEST_SIZE - 1) {
                connection_send(connection, "431 Request Header Fields Too Large", "too long\n");
                return false;
        }
        return true;
}

/* Who holds connections open and asks nothing can't keep others out: the oldest one goes. */
static void server_make_room(Server *server) {
        Connection *oldest = &server->connections[0];

        if (server->n_connections < CONNECTIONS_MAX)
                return;
        for (size_t i = 1; i < server->n_connections; i++)
                if (server->connections[i].serial < oldest->serial)
                        oldest = &server->connections[i];
        connection_close(server, oldest);
}

static void server_accept(Server *server, const Listener *listener) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
                return;
        server_make_room(server);
        Connection *connection = &server->connections[server->n_connections++];
        connection->fd = fd;
        connection->serial = server->serial++;
        connection->used = 0;
        memcpy(connection->listener, listener->name, sizeof(listener->name));
        /* Most clients have sent their request by now. */
        if (!connection_read(server, connection))
                connection_close(server, connection);
}

bool server_poll(Server *server, int other_fd, int timeout_ms) {
        struct pollfd fds[1 + LISTENERS_MAX + CONNECTIONS_MAX];
        size_t n_listeners = server->n_listeners, n_connections = server->n_connections, n = 0;

        fds[n++] = (struct pollfd){ .fd = other_fd, .events = POLLIN };
        for (size_t i = 0; i < n_listeners; i++)
                fds[n++] = (struct pollfd){ .fd = server->listeners[i].fd, .events = POLLIN };
        for (size_t i = 0; i < n_connections; i++)
                fds[n++] = (struct pollfd){ .fd = server->connections[i].fd, .events = POLLIN };
        if (poll(fds, n, timeout_ms) < 0)
                return false;

        /* From the last to the first: closing one moves the last into its place. */
        for (size_t i = n_connections; i-- > 0;)
                if (fds[1 + n_listeners + i].revents != 0 &&
                    !connection_read(server, &server->connections[i]))
                        connection_close(server, &server->connections[i]);
        for (size_t i = 0; i < n_listeners; i++)
                if (fds[1 + i].revents != 0)
                        server_accept(server, &server->listeners[i]);
        return fds[0].revents != 0;
}
