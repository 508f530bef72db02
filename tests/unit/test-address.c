/* SPDX-License-Identifier: MIT */
/* Listen addresses: normal form, sockaddr, what is refused. */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

typedef struct Good {
        const char *value;
        int type;
        const char *text;
        int family;
} Good;

static const Good good[] = {
        { "/run/x", SOCK_STREAM, "/run/x", AF_UNIX },
        { "//run///x/./y/", SOCK_DGRAM, "/run/x/y", AF_UNIX },
        { "/run/a b", SOCK_SEQPACKET, "/run/a b", AF_UNIX },
        { "@abstract", SOCK_STREAM, "@abstract", AF_UNIX },
        { "@", -1, "empty", 0 },
        { "80", SOCK_STREAM, "[::]:80", AF_INET6 },
        { "65535", SOCK_DGRAM, "[::]:65535", AF_INET6 },
        { "0x1f90", SOCK_STREAM, "[::]:8080", AF_INET6 },
        { "127.0.0.1:80", SOCK_STREAM, "127.0.0.1:80", AF_INET },
        { "0.0.0.0:0120", SOCK_STREAM, "0.0.0.0:80", AF_INET },
        { "[::1]:80", SOCK_STREAM, "[::1]:80", AF_INET6 },
        { "[0:0::0001]:80", SOCK_STREAM, "[::1]:80", AF_INET6 },
        { "[fe80::1%lo]:80", SOCK_STREAM, "[fe80::1]:80%lo", AF_INET6 },
        { "[fe80::1]:80%lo", SOCK_STREAM, "[fe80::1]:80%lo", AF_INET6 },
        { "[fe80::1]:80%1", SOCK_DGRAM, "[fe80::1]:80%1", AF_INET6 },
        { "vsock:2:80", SOCK_STREAM, "vsock:2:80", AF_VSOCK },
        { "vsock::0x50", SOCK_STREAM, "vsock::80", AF_VSOCK },
        { "vsock:4294967294:4294967294", SOCK_DGRAM, "vsock:4294967294:4294967294", AF_VSOCK },
        { "vsock:1:2", SOCK_SEQPACKET, "vsock:1:2", AF_VSOCK },
        { "vsock-stream:1:2", SOCK_STREAM, "vsock:1:2", AF_VSOCK },
        { "vsock-dgram::2", SOCK_DGRAM, "vsock::2", AF_VSOCK },
        { "vsock-seqpacket::2", SOCK_SEQPACKET, "vsock::2", AF_VSOCK },
        { "route", SOCK_RAW, "route 0", AF_NETLINK },
        { "kobject-uevent 1", SOCK_RAW, "kobject-uevent 1", AF_NETLINK },
        { "15  2", SOCK_RAW, "kobject-uevent 2", AF_NETLINK },
        { "99 1", SOCK_RAW, "99 1", AF_NETLINK },
        { "/run//fifo/", ADDRESS_FIFO, "/run/fifo", AF_UNSPEC },
        { "/dev/kmsg", ADDRESS_SPECIAL, "/dev/kmsg", AF_UNSPEC },
        { "/dev/ffs", ADDRESS_USB_FUNCTION, "/dev/ffs", AF_UNSPEC },
        { "/queue", ADDRESS_MESSAGE_QUEUE, "/queue", AF_UNSPEC },
        { "", -1, "neither", 0 },
        { "/", -1, "not a path", 0 },
        { "/run/../x", -1, "'..'", 0 },
        { "0", -1, "port", 0 },
        { "65536", -1, "port", 0 },
        { "99999999999999999999", -1, "port", 0 },
        { "127.0.0.1", -1, "neither", 0 },
        { "127.0.0.1:", -1, "port", 0 },
        { "127.0.0.1:080", -1, "port", 0 },
        { "127.0.0.1:-1", -1, "port", 0 },
        { "127.0.0.1:0", -1, "port", 0 },
        { "127.0.0:80", -1, "not an IPv4", 0 },
        { "localhost:80", -1, "not an IPv4", 0 },
        { "::1:80", -1, "not an IPv4", 0 },
        { "[::1]", -1, "port", 0 },
        { "[::1]80", -1, "port", 0 },
        { "[::1", -1, "[IPv6]", 0 },
        { "[]:80", -1, "not an IPv6", 0 },
        { "[::g]:80", -1, "not an IPv6", 0 },
        { "[fe80::1%]:80", -1, "interface", 0 },
        { "[fe80::1%0123456789abcdef]:80", -1, "interface", 0 },
        { "run/x", -1, "neither", 0 },
        { "[fe80::1]:80%", -1, "interface", 0 },
        { "[fe80::1%lo]:80%lo", -1, "port", 0 },
        { "[fe80::1]%lo:80", -1, "interface", 0 },
        { "vsock:", -1, "CID:port", 0 },
        { "vsock:2", -1, "CID:port", 0 },
        { "vsock:x:1", -1, "CID", 0 },
        { "vsock:4294967295:1", -1, "CID", 0 },
        { "vsock:1:4294967295", -1, "port", 0 },
        { "vsock:1:", -1, "port", 0 },
        { "vsock-dgram:1:2", -1, "another type", 0 },
};

/* The same for types that aren't streams. */
static const Good bad[] = {
        { "", SOCK_RAW, "family", 0 },
        { "nothing", SOCK_RAW, "family", 0 },
        { "route x", SOCK_RAW, "groups", 0 },
        { "route 1 2", SOCK_RAW, "groups", 0 },
        { "fifo", ADDRESS_FIFO, "absolute", 0 },
        { "/", ADDRESS_SPECIAL, "not a path", 0 },
        { "/a/../b", ADDRESS_USB_FUNCTION, "'..'", 0 },
        { "queue", ADDRESS_MESSAGE_QUEUE, "/name", 0 },
        { "/", ADDRESS_MESSAGE_QUEUE, "/name", 0 },
        { "/a/b", ADDRESS_MESSAGE_QUEUE, "/name", 0 },
        { "/..", ADDRESS_MESSAGE_QUEUE, "name", 0 },
};

static void test_refuse(void) {
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                Address *address = NULL;
                const char *why = NULL;

                g_test_message("'%s'", bad[i].value);
                g_assert_cmpint(address_parse(bad[i].value, bad[i].type, &address, &why), ==,
                                -EINVAL);
                g_assert_null(address);
                g_assert_nonnull(strstr(why, bad[i].text));
        }
}

static void test_parse(void) {
        for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
                _cleanup_(address_free_cleanup) Address *address = NULL;
                const char *why = NULL;
                int r;

                g_test_message("'%s'", good[i].value);
                r = address_parse(good[i].value, good[i].type < 0 ? SOCK_STREAM : good[i].type,
                                  &address, &why);
                if (good[i].type < 0) {
                        g_assert_cmpint(r, ==, -EINVAL);
                        g_assert_null(address);
                        g_assert_nonnull(strstr(why, good[i].text));
                        continue;
                }
                g_assert_cmpint(r, ==, 0);
                g_assert_cmpstr(address->text, ==, good[i].text);
                g_assert_cmpint(address->type, ==, good[i].type);
                g_assert_cmpint(address->family, ==, good[i].family);
        }
}

static Address *parse(const char *value, int type) {
        Address *address = NULL;
        const char *why;

        g_assert_cmpint(address_parse(value, type, &address, &why), ==, 0);
        return address;
}

static void test_unix_length(void) {
        char value[110] = "/";
        const char *why;
        Address *address;
        SocketAddress sockaddr;

        memset(value + 1, 'a', 106);
        address = parse(value, SOCK_STREAM);
        g_assert_cmpuint(address_to_sockaddr(address, &sockaddr), ==, sizeof(struct sockaddr_un));
        g_assert_cmpstr(sockaddr.un.sun_path, ==, value);
        address_free(address);
        value[107] = 'a';
        g_assert_cmpint(address_parse(value, SOCK_STREAM, &address, &why), ==, -EINVAL);
        value[0] = '@';
        address = parse(value, SOCK_STREAM);
        g_assert_cmpuint(address_to_sockaddr(address, &sockaddr), ==, sizeof(struct sockaddr_un));
        address_free(address);
        value[108] = 'a';
        g_assert_cmpint(address_parse(value, SOCK_STREAM, &address, &why), ==, -EINVAL);
}

static void test_seqpacket(void) {
        Address *address = NULL;
        const char *why;

        g_assert_cmpint(address_parse("80", SOCK_SEQPACKET, &address, &why), ==, -EINVAL);
        g_assert_cmpint(address_parse("[::1]:80", SOCK_SEQPACKET, &address, &why), ==, -EINVAL);
        g_assert_null(address);
}

static void test_sockaddr_others(void) {
        _cleanup_(address_free_cleanup) Address *vsock = parse("vsock:3:1024", SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *any = parse("vsock::1024", SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *netlink = parse("kobject-uevent 3", SOCK_RAW);
        _cleanup_(address_free_cleanup) Address *numbered = parse("[fe80::2]:81%1", SOCK_STREAM);
        SocketAddress sockaddr;

        g_assert_cmpuint(address_to_sockaddr(vsock, &sockaddr), ==, sizeof(sockaddr.vm));
        g_assert_cmpint(sockaddr.vm.svm_family, ==, AF_VSOCK);
        g_assert_cmpuint(sockaddr.vm.svm_cid, ==, 3);
        g_assert_cmpuint(sockaddr.vm.svm_port, ==, 1024);
        address_to_sockaddr(any, &sockaddr);
        g_assert_cmpuint(sockaddr.vm.svm_cid, ==, VMADDR_CID_ANY);

        g_assert_cmpuint(address_to_sockaddr(netlink, &sockaddr), ==, sizeof(sockaddr.nl));
        g_assert_cmpint(sockaddr.nl.nl_family, ==, AF_NETLINK);
        g_assert_cmpuint(sockaddr.nl.nl_groups, ==, 3);
        g_assert_cmpint(address_netlink_protocol(netlink), ==, NETLINK_KOBJECT_UEVENT);

        address_to_sockaddr(numbered, &sockaddr);
        g_assert_cmpuint(sockaddr.in6.sin6_scope_id, ==, 1);
}

static void test_sockaddr(void) {
        _cleanup_(address_free_cleanup) Address *v4 = parse("10.1.2.3:8080", SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *v6 = parse("[fe80::2%lo]:81", SOCK_DGRAM);
        _cleanup_(address_free_cleanup) Address *port = parse("82", SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *abstract = parse("@x", SOCK_STREAM);
        SocketAddress sockaddr;
        char text[INET6_ADDRSTRLEN];

        g_assert_cmpuint(address_to_sockaddr(v4, &sockaddr), ==, sizeof(sockaddr.in));
        g_assert_cmpint(sockaddr.in.sin_port, ==, htons(8080));
        g_assert_cmpint(sockaddr.in.sin_addr.s_addr, ==, inet_addr("10.1.2.3"));

        g_assert_cmpuint(address_to_sockaddr(v6, &sockaddr), ==, sizeof(sockaddr.in6));
        inet_ntop(AF_INET6, &sockaddr.in6.sin6_addr, text, sizeof(text));
        g_assert_cmpstr(text, ==, "fe80::2");
        g_assert_cmpint(sockaddr.in6.sin6_scope_id, ==, 1);

        g_assert_true(port->port_only);
        address_to_sockaddr(port, &sockaddr);
        g_assert_cmpint(sockaddr.in6.sin6_port, ==, htons(82));

        g_assert_cmpuint(address_to_sockaddr(abstract, &sockaddr), ==,
                         offsetof(struct sockaddr_un, sun_path) + 2);
        g_assert_cmpmem(sockaddr.un.sun_path, 2, "\0x", 2);
        g_assert_null(address_path(abstract));
        g_assert_null(address_path(v4));
}

/* What we make of it, the kernel binds. */
static void test_bind(void) {
        _cleanup_(address_free_cleanup) Address *address = NULL;
        g_autofree char *value = g_strdup_printf("@bellhop-test-%d", getpid());
        SocketAddress sockaddr;
        socklen_t length;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address = parse(value, SOCK_STREAM);
        length = address_to_sockaddr(address, &sockaddr);
        g_assert_cmpint(bind(fd, &sockaddr.any, length), ==, 0);
        length = sizeof(sockaddr);
        g_assert_cmpint(getsockname(fd, &sockaddr.any, &length), ==, 0);
        g_assert_cmpmem(sockaddr.un.sun_path + 1, length - sizeof(sa_family_t) - 1, value + 1,
                        strlen(value) - 1);
        close(fd);
}

static void test_equal(void) {
        _cleanup_(address_free_cleanup) Address *a = parse("[0::1]:80", SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *b = parse("[::1]:80", SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *c = parse("[::1]:80", SOCK_DGRAM);
        _cleanup_(address_free_cleanup) Address *d = parse("/x", SOCK_SEQPACKET);

        g_assert_true(address_equal(a, b));
        g_assert_false(address_equal(a, c));
        g_assert_false(address_equal(a, d));
        g_assert_cmpstr(address_type_to_string(a), ==, "Stream");
        g_assert_cmpstr(address_type_to_string(c), ==, "Datagram");
        g_assert_cmpstr(address_type_to_string(d), ==, "SequentialPacket");
        g_assert_cmpstr(address_path(d), ==, "/x");
        _cleanup_(address_free_cleanup) Address *fifo = parse("/x", ADDRESS_FIFO);
        _cleanup_(address_free_cleanup) Address *special = parse("/x", ADDRESS_SPECIAL);
        g_assert_cmpstr(address_path(fifo), ==, "/x");
        g_assert_null(address_path(special)); /* not made for it */
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/address/parse", test_parse);
        g_test_add_func("/address/unix-length", test_unix_length);
        g_test_add_func("/address/seqpacket", test_seqpacket);
        g_test_add_func("/address/refuse", test_refuse);
        g_test_add_func("/address/sockaddr", test_sockaddr);
        g_test_add_func("/address/sockaddr-others", test_sockaddr_others);
        g_test_add_func("/address/bind", test_bind);
        g_test_add_func("/address/equal", test_equal);
        return g_test_run();
}
