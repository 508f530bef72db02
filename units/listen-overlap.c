/* SPDX-License-Identifier: MIT */
/* Lines that want the same address. */
#include "listen-overlap.h"

#include <stdlib.h>
#include <string.h>

#include "directive.h"

/* What a line binds. IPv4 addresses are in here as IPv6 has them. */
typedef struct Endpoint {
        ListenUse use;
        struct in6_addr host; /* of a port only */
        const char *scope;    /* "%eth0"; NULL: none. The device may not be here (yet). */
        bool ipv4;
        bool any;  /* all addresses of its family */
        bool dual; /* those of IPv4, too */
} Endpoint;

struct ListenIndex {
        GHashTable *endpoints; /* "tcp 80", "udp 80", or an address's text -> GArray of Endpoint */
        bool dual_by_default;
};

static void destroy_array(void *array) {
        g_array_unref(array);
}

/* BindIPv6Only=default is what the machine says. */
static bool machine_is_dual(void) {
        g_autofree char *text = NULL;

        return !g_file_get_contents("/proc/sys/net/ipv6/bindv6only", &text, NULL, NULL) ||
               atoi(text) == 0;
}

ListenIndex *listen_index_new(void) {
        ListenIndex *index = g_new(ListenIndex, 1);

        *index = (ListenIndex){
                .endpoints = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, destroy_array),
                .dual_by_default = machine_is_dual(),
        };
        return index;
}

ListenIndex *listen_index_free(ListenIndex *index) {
        if (!index)
                return NULL;
        g_hash_table_unref(index->endpoints);
        g_free(index);
        return NULL;
}

/* Any number of sockets can listen to a netlink group, or open a device. */
static bool address_is_shared(const Address *address) {
        return address->type == SOCK_RAW || address->type == ADDRESS_SPECIAL;
}

/* Datagram sockets could be bound beside each other, but for that they would need SO_REUSEADDR,
 * which they aren't given: two could then have one and the same address. */
static bool address_is_port(const Address *address) {
        return address_is_internet(address) &&
               (address->type == SOCK_STREAM || address->type == SOCK_DGRAM);
}

static bool is_dual(const ListenIndex *index, const SocketSettings *settings) {
        switch (settings->bind_ipv6_only) {
        case BIND_IPV6_ONLY_DEFAULT:
                return index->dual_by_default;
        case BIND_IPV6_ONLY_BOTH:
                return true;
        case BIND_IPV6_ONLY_IPV6_ONLY:
                return false;
        }
        return false;
}

/* Fills in what a port is bound to. Returns: the port. */
static unsigned int fill_port(const ListenIndex *index, Endpoint *endpoint) {
        SocketAddress address;

        (void)address_to_sockaddr(endpoint->use.listen->address, &address);
        if (address.any.sa_family == AF_INET) {
                endpoint->host.s6_addr16[5] = 0xffff;
                memcpy(&endpoint->host.s6_addr32[3], &address.in.sin_addr, sizeof(struct in_addr));
        } else {
                endpoint->host = address.in6.sin6_addr;
                endpoint->scope = strchr(endpoint->use.listen->address->text, '%');
        }
        endpoint->ipv4 = IN6_IS_ADDR_V4MAPPED(&endpoint->host);
        endpoint->any = endpoint->ipv4 ? endpoint->host.s6_addr32[3] == 0
                                       : IN6_IS_ADDR_UNSPECIFIED(&endpoint->host);
        endpoint->dual = endpoint->any && !endpoint->ipv4 && is_dual(index, endpoint->use.settings);
        return ntohs(address.any.sa_family == AF_INET ? address.in.sin_port
                                                      : address.in6.sin6_port);
}

/* What lines have in common that may be in each other's way; fills in the rest (g_free). */
static char *fill_endpoint(const ListenIndex *index, const ListenUse *use, Endpoint *ret) {
        const Address *address = use->listen->address;

        *ret = (Endpoint){ .use = *use };
        if (!address_is_port(address))
                return g_strdup(address->text);
        return g_strdup_printf("%s %u", address->type == SOCK_DGRAM ? "udp" : "tcp",
                               fill_port(index, ret));
}

void listen_index_add(ListenIndex *index, const SocketSettings *settings) {
        for (guint i = 0; i < settings->listens->len; i++) {
                const ListenUse use = { settings, settings->listens->pdata[i] };
                g_autofree char *key = NULL;
                Endpoint endpoint;
                GArray *array;

                if (address_is_shared(use.listen->address))
                        continue;
                key = fill_endpoint(index, &use, &endpoint);
                array = g_hash_table_lookup(index->endpoints, key);
                if (!array) {
                        array = g_array_new(FALSE, FALSE, sizeof(Endpoint));
                        g_hash_table_insert(index->endpoints, g_steal_pointer(&key), array);
                }
                g_array_append_val(array, endpoint);
        }
}

/* ---- two lines ---- */

/* Whether what b is bound to belongs to a. */
static bool port_includes(const Endpoint *a, const Endpoint *b) {
        if (a->any)
                return a->ipv4 == b->ipv4 || (a->dual && b->ipv4);
        return IN6_ARE_ADDR_EQUAL(&a->host, &b->host) &&
               (!a->scope || !b->scope || !strcmp(a->scope, b->scope));
}

/* MPTCP's ports are those of TCP. */
static int protocol_of(const SocketSettings *settings) {
        const int *protocol = settings_given(&settings->unit, "SocketProtocol");

        return protocol && (*protocol == IPPROTO_SCTP || *protocol == IPPROTO_UDPLITE) ? *protocol
                                                                                       : 0;
}

/* Sockets of different network devices don't see each other, nor do those of TCP and SCTP, or of
 * UDP and UDP-Lite. */
static bool units_are_apart(const SocketSettings *a, const SocketSettings *b) {
        char *const *device = settings_given(&a->unit, "BindToDevice");
        char *const *other = settings_given(&b->unit, "BindToDevice");

        return (device && *device && other && *other && strcmp(*device, *other) != 0) ||
               protocol_of(a) != protocol_of(b);
}

static bool addresses_clash(const Endpoint *a, const Endpoint *b) {
        const Address *address = a->use.listen->address, *other = b->use.listen->address;

        if (address_is_port(address) && address_is_port(other))
                return port_includes(a, b) || port_includes(b, a);
        /* A path can be bound once, whatever the socket's type. */
        return address_equal(address, other) ||
               (address_path(address) && address_path(other) &&
                !strcmp(address_path(address), address_path(other)));
}

/* They are never there together: by Conflicts=, or as a template, which never is. */
static bool exclude(const UnitSettings *a, const UnitSettings *b) {
        const GStrv *names = settings_given(a, "Conflicts");
        g_autofree char *template_ =
                unit_name_is_instance(a->name) ? unit_name_template(a->name) : NULL;

        return g_strcmp0(template_, b->name) == 0 ||
               (names && *names && g_strv_contains((const char *const *)*names, b->name));
}

static bool endpoints_clash(const Endpoint *a, const Endpoint *b) {
        const SocketSettings *settings = a->use.settings, *other = b->use.settings;

        /* Of two files of one name only one is ever loaded. */
        if (settings != other && !strcmp(settings->unit.name, other->unit.name))
                return false;
        if (!addresses_clash(a, b) || exclude(&settings->unit, &other->unit) ||
            exclude(&other->unit, &settings->unit))
                return false;
        return !address_is_internet(a->use.listen->address) ||
               (!(settings->reuse_port && other->reuse_port) && !units_are_apart(settings, other));
}

const ListenUse *listen_index_find(const ListenIndex *index, const ListenUse *use) {
        Endpoint endpoint;
        g_autofree char *key = fill_endpoint(index, use, &endpoint);
        const GArray *array = g_hash_table_lookup(index->endpoints, key);
        bool own_passed = false;

        for (guint i = 0; array && i < array->len; i++) {
                const Endpoint *other = &g_array_index(array, Endpoint, i);

                if (other->use.listen == use->listen)
                        own_passed = true;
                else if ((other->use.settings != use->settings || !own_passed) &&
                         endpoints_clash(&endpoint, other))
                        return &other->use;
        }
        return NULL;
}
