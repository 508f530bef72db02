/* SPDX-License-Identifier: MIT */
/* What a Listen*= line says: a socket type and an address. */
#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "macros.h"

typedef struct Address {
        int type;         /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
        char *text;       /* normal form: "/run/x", "@abstract", "127.0.0.1:80", "[::]:80" */
        bool port_only;   /* only a port was given: [::], or 0.0.0.0 where there is no IPv6 */
        socklen_t length; /* of the sockaddr */
} Address;

/* The sockaddr isn't kept: thousands of lines would pay for a sockaddr_un each. */
typedef union SocketAddress {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
} SocketAddress;

/* Parses the value of ListenStream= and its like: a path, "@name", "port", "v4:port", "[v6]:port",
 * "[v6%scope]:port".
 * Returns: 0, or -EINVAL with *ret_why a static text that says what is wrong. */
int address_parse(const char *value, int type, Address **ret, const char **ret_why);
Address *address_free(Address *address);
DEFINE_CLEANUP(Address, address_free)

bool address_equal(const Address *a, const Address *b);

/* The sockaddr for bind(2). A port alone becomes IPv4 where the kernel has no IPv6; a scope that
 * isn't there (yet) becomes 0, and bind(2) says what it thinks of that. Returns: its length. */
socklen_t address_to_sockaddr(const Address *address, SocketAddress *ret);

/* The path in the file system, or NULL for abstract and internet addresses. */
const char *address_path(const Address *address);

const char *address_type_to_string(const Address *address); /* "Stream", "Datagram", ... */
