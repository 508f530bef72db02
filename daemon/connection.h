/* SPDX-License-Identifier: MIT */
/* A connection that was accepted (Accept=yes): who is at its ends, and what follows from that, the
 * instance's name, the source that it counts for, and what its service is told. It owns nothing. */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <sys/socket.h>

#include "address.h"

typedef struct Connection {
        SocketAddress local, remote;
        socklen_t remote_length;
        struct ucred peer; /* of a Unix socket; uid -1: unknown */
} Connection;

/* Returns: 0, or negative errno: the peer has gone already. */
int connection_init(Connection *connection, int fd);

/* As systemd has it: "7-127.0.0.1:80-127.0.0.1:4242", "7-4242-1000" (g_free). */
char *connection_instance(const Connection *connection, uint64_t number);

/* Whom it counts for with MaxConnectionsPerSource=: the address without the port, or the uid
 * (g_free). */
char *connection_source(const Connection *connection);

/* REMOTE_ADDR= and REMOTE_PORT=, as far as there are any (g_strfreev). */
GStrv connection_environment(const Connection *connection);
