/* SPDX-License-Identifier: MIT */
/* What a Listen*= line says: a socket type and an address. */
#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/netlink.h>
#include <linux/vm_sockets.h>

#include "macros.h"

/* What isn't a socket has a type of its own, beyond those of socket(2). */
enum {
        ADDRESS_FIFO = 0x100,
        ADDRESS_SPECIAL,
        ADDRESS_MESSAGE_QUEUE,
        ADDRESS_USB_FUNCTION,
};

typedef struct Address {
        uint16_t type; /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET; SOCK_RAW: netlink; ADDRESS_* */
        sa_family_t family; /* AF_UNSPEC: not a socket */
        uint8_t length;     /* of the sockaddr */
        bool port_only;     /* only a port was given: [::], or 0.0.0.0 where there is no IPv6 */
        char text[];        /* normal form: "/run/x", "@abstract", "127.0.0.1:80", "[::]:80%eth0",
                               "vsock:2:80", "kobject-uevent 1" */
} Address;

/* The sockaddr isn't kept: thousands of lines would pay for a sockaddr_un each. */
typedef union SocketAddress {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_vm vm;
        struct sockaddr_nl nl;
        struct sockaddr_storage storage;
} SocketAddress;

/* Parses the value of ListenStream= and its like by the type it asks for. Stream, datagram and
 * sequential packet: a path, "@name", "port", "v4:port", "[v6]:port", "[v6]:port%scope",
 * "vsock:cid:port"; SOCK_RAW: a netlink family and perhaps its multicast groups; ADDRESS_*: a path,
 * or a message queue's name.
 * Returns: 0, or -EINVAL with *ret_why a static text that says what is wrong. */
int address_parse(const char *value, int type, Address **ret, const char **ret_why);
Address *address_free(Address *address);
DEFINE_CLEANUP(Address, address_free)

/* The same type of socket at the same address, however it was written. */
bool address_equal(const Address *a, const Address *b);

static inline bool address_is_socket(const Address *address) {
        return address->type < ADDRESS_FIFO;
}

/* Whether there are connections to be accepted. */
static inline bool address_is_listener(const Address *address) {
        return address->type == SOCK_STREAM || address->type == SOCK_SEQPACKET;
}

static inline bool address_is_internet(const Address *address) {
        return address->family == AF_INET || address->family == AF_INET6;
}

/* Of a socket: the sockaddr for bind(2). A port alone becomes IPv4 where the kernel has no IPv6; a
 * scope that isn't there (yet) becomes 0, and bind(2) says what it thinks of that. Returns: its
 * length. */
socklen_t address_to_sockaddr(const Address *address, SocketAddress *ret);

/* Of a netlink address: the protocol for socket(2). */
int address_netlink_protocol(const Address *address);

/* What is made in the file system for it: the path of a unix socket or a FIFO, else NULL. */
const char *address_path(const Address *address);

const char *address_type_to_string(const Address *address); /* "Stream", "FIFO", ... */
