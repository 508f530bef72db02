/* SPDX-License-Identifier: MIT */
/* The smallest web server that is worth the name: one thread, one poll loop, one page. It knows
 * nothing of where its listeners come from. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define LISTENERS_MAX   16
#define CONNECTIONS_MAX 64
#define REQUEST_SIZE    2048
#define PAGE_MAX        4096

typedef struct Listener {
        int fd;
        char name[256];
} Listener;

typedef struct Connection {
        int fd;
        unsigned long serial; /* the lowest is the oldest */
        char listener[256];   /* the name of the listener it came in by */
        char request[REQUEST_SIZE];
        size_t used;
} Connection;

/* Zero bytes, as in static storage, are a server that serves nothing yet. */
typedef struct Server {
        Listener listeners[LISTENERS_MAX];
        size_t n_listeners;
        Connection connections[CONNECTIONS_MAX];
        size_t n_connections;
        unsigned long serial;
        char page[PAGE_MAX]; /* empty: a default */
} Server;

/* Serves one more listener; the descriptor becomes the server's. replace: those of the same name
 * are closed first. */
void server_add_listener(Server *server, int fd, const char *name, bool replace);

/* Takes the page from a file; the descriptor stays the caller's. */
void server_set_page(Server *server, int fd);

/* Waits until there is something to do (timeout_ms: as in poll(2)), and does it. other_fd, if not
 * negative, is polled too. Returns: true if other_fd is readable. */
bool server_poll(Server *server, int other_fd, int timeout_ms);
