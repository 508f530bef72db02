/* SPDX-License-Identifier: MIT */
/* Listen addresses: text to normal form, normal form to sockaddr. */
#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

/* What sun_path holds of a name: a path needs its NUL, an abstract name the NUL before it. */
#define UNIX_NAME_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* The struct and its text are one allocation: there may be thousands. */
static Address *address_new(int type, const char *text, bool port_only, socklen_t length) {
        size_t size = strlen(text) + 1;
        Address *address = g_malloc(sizeof(Address) + size);

        *address = (Address){
                .type = type,
                .text = (char *)(address + 1),
                .port_only = port_only,
                .length = length,
        };
        memcpy(address->text, text, size);
        return address;
}

Address *address_free(Address *address) {
        g_free(address);
        return NULL;
}

bool address_equal(const Address *a, const Address *b) {
        return a->type == b->type && !strcmp(a->text, b->text);
}

static int refuse(const char *why, const char **ret_why) {
        *ret_why = why;
        return -EINVAL;
}

/* Copies a path without doubled and trailing slashes and "." parts. Returns: -EINVAL on "..". */
static int path_normalise(const char *path, char *ret) {
        char *out = ret;

        while (*path) {
                size_t part;

                path += strspn(path, "/");
                part = strcspn(path, "/");
                if (part == 2 && !strncmp(path, "..", 2))
                        return -EINVAL;
                if (part > 0 && !(part == 1 && path[0] == '.')) {
                        *out++ = '/';
                        memcpy(out, path, part);
                        out += part;
                }
                path += part;
        }
        *out = '\0';
        return 0;
}

static int parse_unix(const char *value, int type, Address **ret, const char **ret_why) {
        char path[UNIX_NAME_MAX + 1];
        size_t length = strlen(value);

        if (value[0] == '@') {
                if (length < 2)
                        return refuse("the abstract name is empty", ret_why);
                if (length - 1 > UNIX_NAME_MAX)
                        return refuse("the abstract name is longer than 107 bytes", ret_why);
                *ret = address_new(type, value, false,
                                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
                return 0;
        }
        if (length > UNIX_NAME_MAX)
                return refuse("the path is longer than 107 bytes", ret_why);
        if (path_normalise(value, path) < 0)
                return refuse("the path has a '..' in it", ret_why);
        if (!path[0])
                return refuse("'/' is not a path for a socket", ret_why);
        length = strlen(path);
        *ret = address_new(type, path, false,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1));
        return 0;
}

/* Returns: the port, or -EINVAL. */
static int parse_port(const char *string) {
        unsigned int port = 0;

        if (!*string)
                return -EINVAL;
        for (const char *p = string; *p; p++) {
                if (!g_ascii_isdigit(*p))
                        return -EINVAL;
                port = port * 10 + (unsigned int)(*p - '0');
                if (port > 65535)
                        return -EINVAL;
        }
        return port > 0 ? (int)port : -EINVAL;
}

static const char bad_port[] = "the port is not a number from 1 to 65535";

static int parse_ipv4(const char *value, int type, Address **ret, const char **ret_why) {
        const char *colon = strrchr(value, ':');
        char host[INET_ADDRSTRLEN], text[INET_ADDRSTRLEN + sizeof(":2147483647")];
        struct in_addr in;
        int port;

        if (!colon || (size_t)(colon - value) >= sizeof(host))
                return refuse(
                        "it is neither a path, '@name', a port, 'IPv4:port' nor '[IPv6]:port'",
                        ret_why);
        memcpy(host, value, (size_t)(colon - value));
        host[colon - value] = '\0';
        if (inet_pton(AF_INET, host, &in) != 1)
                return refuse("what is before the port is not an IPv4 address; an IPv6 address "
                              "needs brackets, names are not looked up",
                              ret_why);
        port = parse_port(colon + 1);
        if (port < 0)
                return refuse(bad_port, ret_why);
        g_snprintf(text, sizeof(text), "%s:%d", host, port);
        *ret = address_new(type, text, false, sizeof(struct sockaddr_in));
        return 0;
}

/* Splits "[host%scope]:port". Returns: the port, or -EINVAL. */
static int split_ipv6(const char *value, char *ret_host, size_t size, char *ret_scope,
                      const char **ret_why) {
        const char *bracket = strchr(value, ']'), *percent = strchr(value, '%');
        const char *end = percent && bracket && percent < bracket ? percent : bracket;
        int port;

        if (!bracket || (size_t)(end - value) > size)
                return refuse("it is not '[IPv6]:port'", ret_why);
        memcpy(ret_host, value + 1, (size_t)(end - value - 1));
        ret_host[end - value - 1] = '\0';
        ret_scope[0] = '\0';
        if (end == percent) {
                size_t length = (size_t)(bracket - percent - 1);

                if (length < 1 || length >= IF_NAMESIZE || memchr(percent, '/', length + 1))
                        return refuse("what follows '%' is not an interface name", ret_why);
                memcpy(ret_scope, percent + 1, length);
                ret_scope[length] = '\0';
        }
        port = bracket[1] == ':' ? parse_port(bracket + 2) : -EINVAL;
        return port < 0 ? refuse(bad_port, ret_why) : port;
}

static int parse_ipv6(const char *value, int type, Address **ret, const char **ret_why) {
        char host[INET6_ADDRSTRLEN + 1], scope[IF_NAMESIZE];
        char text[INET6_ADDRSTRLEN + IF_NAMESIZE + sizeof("[%]:2147483647")];
        struct in6_addr in6;
        int port;

        port = split_ipv6(value, host, sizeof(host), scope, ret_why);
        if (port < 0)
                return port;
        if (inet_pton(AF_INET6, host, &in6) != 1)
                return refuse("what is in the brackets is not an IPv6 address", ret_why);
        inet_ntop(AF_INET6, &in6, host, sizeof(host));
        g_snprintf(text, sizeof(text), "[%s%s%s]:%d", host, scope[0] ? "%" : "", scope, port);
        *ret = address_new(type, text, false, sizeof(struct sockaddr_in6));
        return 0;
}

static int parse_port_only(const char *value, int type, Address **ret, const char **ret_why) {
        char text[sizeof("[::]:2147483647")];
        int port = parse_port(value);

        if (port < 0)
                return refuse(bad_port, ret_why);
        g_snprintf(text, sizeof(text), "[::]:%d", port);
        *ret = address_new(type, text, true, sizeof(struct sockaddr_in6));
        return 0;
}

int address_parse(const char *value, int type, Address **ret, const char **ret_why) {
        if (value[0] == '/' || value[0] == '@')
                return parse_unix(value, type, ret, ret_why);
        if (g_str_has_prefix(value, "vsock:"))
                return refuse("vsock addresses are not honoured yet", ret_why);
        if (type == SOCK_SEQPACKET)
                return refuse("a sequential-packet socket needs a path or '@name'", ret_why);
        if (value[0] == '[')
                return parse_ipv6(value, type, ret, ret_why);
        if (value[0] && strspn(value, "0123456789") == strlen(value))
                return parse_port_only(value, type, ret, ret_why);
        return parse_ipv4(value, type, ret, ret_why);
}

static socklen_t ipv6_to_sockaddr(const char *text, struct sockaddr_in6 *ret) {
        char host[INET6_ADDRSTRLEN + 1], scope[IF_NAMESIZE];
        const char *why;
        int port = split_ipv6(text, host, sizeof(host), scope, &why);

        *ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
        inet_pton(AF_INET6, host, &ret->sin6_addr);
        if (scope[0])
                ret->sin6_scope_id = if_nametoindex(scope);
        return sizeof(*ret);
}

static socklen_t ipv4_to_sockaddr(const char *text, struct sockaddr_in *ret) {
        const char *colon = strrchr(text, ':');
        char host[INET_ADDRSTRLEN];

        g_strlcpy(host, text, MIN(sizeof(host), (size_t)(colon - text) + 1));
        *ret = (struct sockaddr_in){
                .sin_family = AF_INET,
                .sin_port = htons((uint16_t)parse_port(colon + 1)),
        };
        inet_pton(AF_INET, host, &ret->sin_addr);
        return sizeof(*ret);
}

static bool have_ipv6(void) {
        return access("/proc/net/if_inet6", F_OK) == 0;
}

socklen_t address_to_sockaddr(const Address *address, SocketAddress *ret) {
        const char *text = address->text;

        memset(ret, 0, sizeof(*ret));
        if (text[0] == '/' || text[0] == '@') {
                ret->un.sun_family = AF_UNIX;
                memcpy(ret->un.sun_path, text, strlen(text));
                if (text[0] == '@')
                        ret->un.sun_path[0] = '\0';
                return address->length;
        }
        if (address->port_only && !have_ipv6()) {
                ret->in.sin_family = AF_INET;
                ret->in.sin_port = htons((uint16_t)parse_port(strrchr(text, ':') + 1));
                return sizeof(ret->in);
        }
        if (text[0] == '[')
                return ipv6_to_sockaddr(text, &ret->in6);
        return ipv4_to_sockaddr(text, &ret->in);
}

const char *address_path(const Address *address) {
        return address->text[0] == '/' ? address->text : NULL;
}

const char *address_type_to_string(const Address *address) {
        switch (address->type) {
        case SOCK_STREAM:
                return "Stream";
        case SOCK_DGRAM:
                return "Datagram";
        default:
                return "SequentialPacket";
        }
}
