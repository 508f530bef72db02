/* SPDX-License-Identifier: MIT */
/* Listen addresses: text to normal form, normal form to sockaddr. */
#include "address.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "value.h"

/* What sun_path holds of a name: a path needs its NUL, an abstract name the NUL before it. */
#define UNIX_NAME_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static Address *address_new(int type, sa_family_t family, const char *text, socklen_t length) {
        size_t size = strlen(text) + 1;
        Address *address = g_malloc(sizeof(Address) + size);

        *address = (Address){
                .type = (uint16_t)type,
                .family = family,
                .length = (uint8_t)length,
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
                *ret = address_new(type, AF_UNIX, value,
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
        *ret = address_new(type, AF_UNIX, path,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1));
        return 0;
}

/* Returns: the port, or -EINVAL. */
static int parse_port(const char *string) {
        uint64_t port;

        if (parse_number(string, 65535, &port) < 0 || port == 0)
                return -EINVAL;
        return (int)port;
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
        *ret = address_new(type, AF_INET, text, sizeof(struct sockaddr_in));
        return 0;
}

static int parse_scope(const char *text, size_t length, char *ret) {
        if (length < 1 || length >= IF_NAMESIZE || memchr(text, '/', length) ||
            memchr(text, ':', length) || memchr(text, '%', length))
                return -EINVAL;
        memcpy(ret, text, length);
        ret[length] = '\0';
        return 0;
}

/* Copies what is before end, which may be too long for an address. */
static int copy_host(const char *text, const char *end, char *ret, size_t size) {
        if ((size_t)(end - text) >= size)
                return -EINVAL;
        memcpy(ret, text, (size_t)(end - text));
        ret[end - text] = '\0';
        return 0;
}

/* Splits "[host]:port%scope", which is how systemd writes it, or "[host%scope]:port", as everybody
 * else does. Returns: the port, or -EINVAL. */
static int split_ipv6(const char *value, char *ret_host, size_t size, char *ret_scope,
                      const char **ret_why) {
        static const char bad_scope[] = "what follows '%' is not an interface name";
        const char *bracket = strchr(value, ']'), *percent = strchr(value, '%');
        char number[24];
        int port;

        if (!bracket ||
            copy_host(value + 1, percent && percent < bracket ? percent : bracket, ret_host, size))
                return refuse("it is not '[IPv6]:port'", ret_why);
        ret_scope[0] = '\0';
        if (percent && percent < bracket) {
                if (parse_scope(percent + 1, (size_t)(bracket - percent - 1), ret_scope) < 0)
                        return refuse(bad_scope, ret_why);
                percent = NULL;
        } else if (percent && parse_scope(percent + 1, strlen(percent + 1), ret_scope) < 0) {
                return refuse(bad_scope, ret_why);
        }
        if (bracket[1] != ':' || copy_host(bracket + 2, percent ? percent : strchr(bracket, '\0'),
                                           number, sizeof(number)) < 0)
                return refuse(bad_port, ret_why);
        port = parse_port(number);
        return port < 0 ? refuse(bad_port, ret_why) : port;
}

static int parse_ipv6(const char *value, int type, Address **ret, const char **ret_why) {
        char host[INET6_ADDRSTRLEN + 1], scope[IF_NAMESIZE];
        char text[INET6_ADDRSTRLEN + IF_NAMESIZE + sizeof("[]:2147483647%")];
        struct in6_addr in6;
        int port;

        port = split_ipv6(value, host, sizeof(host), scope, ret_why);
        if (port < 0)
                return port;
        if (inet_pton(AF_INET6, host, &in6) != 1)
                return refuse("what is in the brackets is not an IPv6 address", ret_why);
        inet_ntop(AF_INET6, &in6, host, sizeof(host));
        g_snprintf(text, sizeof(text), "[%s]:%d%s%s", host, port, scope[0] ? "%" : "", scope);
        *ret = address_new(type, AF_INET6, text, sizeof(struct sockaddr_in6));
        return 0;
}

static int parse_port_only(const char *value, int type, Address **ret, const char **ret_why) {
        char text[sizeof("[::]:2147483647")];
        int port = parse_port(value);

        if (port < 0)
                return refuse(bad_port, ret_why);
        g_snprintf(text, sizeof(text), "[::]:%d", port);
        *ret = address_new(type, AF_INET6, text, sizeof(struct sockaddr_in6));
        (*ret)->port_only = true;
        return 0;
}

/* A number that fits into 32 bits and isn't all ones, which mean "any". */
static int parse_u32(const char *string, uint32_t *ret) {
        uint64_t number;
        int r = parse_number(string, UINT32_MAX - 1, &number);

        if (r >= 0)
                *ret = (uint32_t)number;
        return r;
}

static const struct {
        const char *prefix;
        int type; /* 0: any */
} vsock_prefixes[] = {
        { "vsock:", 0 },
        { "vsock-stream:", SOCK_STREAM },
        { "vsock-dgram:", SOCK_DGRAM },
        { "vsock-seqpacket:", SOCK_SEQPACKET },
};

/* What follows the prefix of a vsock address, with the type it names, or NULL. */
static const char *skip_vsock(const char *value, int *ret_type) {
        for (size_t i = 0; i < ARRAY_SIZE(vsock_prefixes); i++)
                if (g_str_has_prefix(value, vsock_prefixes[i].prefix)) {
                        *ret_type = vsock_prefixes[i].type;
                        return value + strlen(vsock_prefixes[i].prefix);
                }
        return NULL;
}

static int split_vsock(const char *value, uint32_t *ret_cid, uint32_t *ret_port,
                       const char **ret_why) {
        const char *colon = strchr(value, ':');
        char cid[sizeof("4294967295")] = "";

        if (!colon || copy_host(value, colon, cid, sizeof(cid)) < 0)
                return refuse("it is not 'vsock:CID:port'", ret_why);
        *ret_cid = VMADDR_CID_ANY;
        if (cid[0] && parse_u32(cid, ret_cid) < 0)
                return refuse("the CID is not a number below 4294967295, or nothing", ret_why);
        if (parse_u32(colon + 1, ret_port) < 0)
                return refuse("the port is not a number below 4294967295", ret_why);
        return 0;
}

/* value is what follows the prefix. */
static int parse_vsock(const char *value, int type, Address **ret, const char **ret_why) {
        char text[sizeof("vsock:4294967295:4294967295")];
        uint32_t cid, port;
        int r;

        r = split_vsock(value, &cid, &port, ret_why);
        if (r < 0)
                return r;
        if (cid == VMADDR_CID_ANY)
                g_snprintf(text, sizeof(text), "vsock::%u", port);
        else
                g_snprintf(text, sizeof(text), "vsock:%u:%u", cid, port);
        *ret = address_new(type, AF_VSOCK, text, sizeof(struct sockaddr_vm));
        return 0;
}

static const char *const netlink_families[] = {
        [NETLINK_ROUTE] = "route",
        [NETLINK_FIREWALL] = "firewall",
        [NETLINK_INET_DIAG] = "inet-diag",
        [NETLINK_NFLOG] = "nflog",
        [NETLINK_XFRM] = "xfrm",
        [NETLINK_SELINUX] = "selinux",
        [NETLINK_ISCSI] = "iscsi",
        [NETLINK_AUDIT] = "audit",
        [NETLINK_FIB_LOOKUP] = "fib-lookup",
        [NETLINK_CONNECTOR] = "connector",
        [NETLINK_NETFILTER] = "netfilter",
        [NETLINK_IP6_FW] = "ip6-fw",
        [NETLINK_DNRTMSG] = "dnrtmsg",
        [NETLINK_KOBJECT_UEVENT] = "kobject-uevent",
        [NETLINK_GENERIC] = "generic",
        [NETLINK_SCSITRANSPORT] = "scsitransport",
        [NETLINK_ECRYPTFS] = "ecryptfs",
        [NETLINK_RDMA] = "rdma",
};

static int netlink_family(const char *name) {
        uint32_t number;

        for (size_t i = 0; i < ARRAY_SIZE(netlink_families); i++)
                if (netlink_families[i] && !strcmp(netlink_families[i], name))
                        return (int)i;
        return parse_u32(name, &number) >= 0 && number <= INT_MAX ? (int)number : -EINVAL;
}

/* Splits "family groups". Returns: the family's number, or -EINVAL. */
static int split_netlink(const char *value, uint32_t *ret_groups, const char **ret_why) {
        const char *space = strchr(value, ' ');
        char name[24];
        int family;

        if (copy_host(value, space ? space : strchr(value, '\0'), name, sizeof(name)) < 0)
                return refuse("there is no netlink family of that name", ret_why);
        family = netlink_family(name);
        if (family < 0)
                return refuse("there is no netlink family of that name", ret_why);
        *ret_groups = 0;
        if (space && parse_u32(space + strspn(space, " "), ret_groups) < 0)
                return refuse("the multicast groups are not a number below 4294967295", ret_why);
        return family;
}

static int parse_netlink(const char *value, Address **ret, const char **ret_why) {
        char text[sizeof("scsitransport 4294967295")];
        uint32_t groups;
        int family = split_netlink(value, &groups, ret_why);

        if (family < 0)
                return family;
        if ((size_t)family < ARRAY_SIZE(netlink_families) && netlink_families[family])
                g_snprintf(text, sizeof(text), "%s %u", netlink_families[family], groups);
        else
                g_snprintf(text, sizeof(text), "%d %u", family, groups);
        *ret = address_new(SOCK_RAW, AF_NETLINK, text, sizeof(struct sockaddr_nl));
        return 0;
}

/* FIFOs, special files, folders of USB functions. */
static int parse_file(const char *value, int type, Address **ret, const char **ret_why) {
        g_autofree char *path = g_malloc(strlen(value) + 1);

        if (value[0] != '/')
                return refuse("it is not an absolute path", ret_why);
        if (strlen(value) >= PATH_MAX)
                return refuse("the path is longer than 4095 bytes", ret_why);
        if (path_normalise(value, path) < 0)
                return refuse("the path has a '..' in it", ret_why);
        if (!path[0])
                return refuse("'/' is not a path for this", ret_why);
        *ret = address_new(type, AF_UNSPEC, path, 0);
        return 0;
}

/* mq_overview(7): somename is up to 254 characters without a slash. */
static int parse_message_queue(const char *value, Address **ret, const char **ret_why) {
        if (value[0] != '/' || !value[1] || strchr(value + 1, '/') || strlen(value) > NAME_MAX)
                return refuse("a message queue is '/name', without another slash, 255 bytes at "
                              "most",
                              ret_why);
        if (!strcmp(value, "/.") || !strcmp(value, "/.."))
                return refuse("no message queue can have this name", ret_why);
        *ret = address_new(ADDRESS_MESSAGE_QUEUE, AF_UNSPEC, value, 0);
        return 0;
}

static int parse_internet(const char *value, int type, Address **ret, const char **ret_why) {
        if (type == SOCK_SEQPACKET)
                return refuse("a sequential-packet socket needs a path, '@name' or 'vsock:'",
                              ret_why);
        if (value[0] == '[')
                return parse_ipv6(value, type, ret, ret_why);
        if ((g_ascii_isdigit(value[0]) || value[0] == '+') && !strpbrk(value, ".:"))
                return parse_port_only(value, type, ret, ret_why);
        return parse_ipv4(value, type, ret, ret_why);
}

int address_parse(const char *value, int type, Address **ret, const char **ret_why) {
        const char *vsock;
        int named = 0;

        if (type == SOCK_RAW)
                return parse_netlink(value, ret, ret_why);
        if (type == ADDRESS_MESSAGE_QUEUE)
                return parse_message_queue(value, ret, ret_why);
        if (type >= ADDRESS_FIFO)
                return parse_file(value, type, ret, ret_why);
        if (value[0] == '/' || value[0] == '@')
                return parse_unix(value, type, ret, ret_why);
        vsock = skip_vsock(value, &named);
        if (vsock && named != 0 && named != type)
                return refuse("the prefix names another type than the key", ret_why);
        if (vsock)
                return parse_vsock(vsock, type, ret, ret_why);
        return parse_internet(value, type, ret, ret_why);
}

/* An interface by its name, or by its number. */
static uint32_t scope_index(const char *scope) {
        uint32_t index = if_nametoindex(scope);

        if (index == 0)
                (void)parse_u32(scope, &index);
        return index;
}

static socklen_t ipv6_to_sockaddr(const char *text, struct sockaddr_in6 *ret) {
        char host[INET6_ADDRSTRLEN + 1], scope[IF_NAMESIZE];
        const char *why;
        int port = split_ipv6(text, host, sizeof(host), scope, &why);

        *ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
        inet_pton(AF_INET6, host, &ret->sin6_addr);
        if (scope[0])
                ret->sin6_scope_id = scope_index(scope);
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

static socklen_t unix_to_sockaddr(const Address *address, struct sockaddr_un *ret) {
        const char *text = address->text;

        ret->sun_family = AF_UNIX;
        memcpy(ret->sun_path, text, strlen(text));
        if (text[0] == '@')
                ret->sun_path[0] = '\0';
        return address->length;
}

static socklen_t vsock_to_sockaddr(const char *text, struct sockaddr_vm *ret) {
        const char *why;

        ret->svm_family = AF_VSOCK;
        (void)split_vsock(strchr(text, ':') + 1, &ret->svm_cid, &ret->svm_port, &why);
        return sizeof(*ret);
}

static socklen_t netlink_to_sockaddr(const char *text, struct sockaddr_nl *ret) {
        const char *why;

        ret->nl_family = AF_NETLINK;
        (void)split_netlink(text, &ret->nl_groups, &why);
        return sizeof(*ret);
}

socklen_t address_to_sockaddr(const Address *address, SocketAddress *ret) {
        const char *text = address->text;

        memset(ret, 0, sizeof(*ret));
        switch (address->family) {
        case AF_UNIX:
                return unix_to_sockaddr(address, &ret->un);
        case AF_VSOCK:
                return vsock_to_sockaddr(text, &ret->vm);
        case AF_NETLINK:
                return netlink_to_sockaddr(text, &ret->nl);
        case AF_INET:
                return ipv4_to_sockaddr(text, &ret->in);
        default:
                break;
        }
        if (address->port_only && !have_ipv6()) {
                ret->in.sin_family = AF_INET;
                ret->in.sin_port = htons((uint16_t)parse_port(strrchr(text, ':') + 1));
                return sizeof(ret->in);
        }
        return ipv6_to_sockaddr(text, &ret->in6);
}

int address_netlink_protocol(const Address *address) {
        const char *why;
        uint32_t groups;

        return split_netlink(address->text, &groups, &why);
}

const char *address_path(const Address *address) {
        bool made = address->family == AF_UNIX || address->type == ADDRESS_FIFO;

        return made && address->text[0] == '/' ? address->text : NULL;
}

const char *address_type_to_string(const Address *address) {
        switch (address->type) {
        case SOCK_STREAM:
                return "Stream";
        case SOCK_DGRAM:
                return "Datagram";
        case SOCK_RAW:
                return "Netlink";
        case ADDRESS_FIFO:
                return "FIFO";
        case ADDRESS_SPECIAL:
                return "Special";
        case ADDRESS_MESSAGE_QUEUE:
                return "MessageQueue";
        case ADDRESS_USB_FUNCTION:
                return "USBFunction";
        default:
                return "SequentialPacket";
        }
}
