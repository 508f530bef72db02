/* SPDX-License-Identifier: MIT */
/* What a test service does with the descriptors it has claimed: answers every client with one line,
 * "NAME PID", so that the test sees who was there and under which name. */
#pragma once

#include <stdbool.h>

#include "bellhop.h"

#define SERVED_MAX 4096

typedef struct Server {
        struct Served {
                int fd;
                enum bellhop_kind kind;
                char name[BELLHOP_NAME_MAX + 1];
        } served[SERVED_MAX];
        unsigned int count;
        unsigned int clients; /* answered so far */
        int epoll_fd;
} Server;

void server_init(Server *server);

/* Finds out what fd is and serves it; reports "claimed NAME KIND inode=N". A memfd is reported with
 * its content and kept. */
void server_add(Server *server, int fd, const char *name);

/* Watches one more descriptor that isn't served; server_run() returns when it is readable. */
void server_watch(Server *server, int fd);

/* Serves until max_clients were answered (0: for ever) or the watched descriptor is readable. */
void server_run(Server *server, unsigned int max_clients);
