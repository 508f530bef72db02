/* SPDX-License-Identifier: MIT */
/* Listen lines that are sockets, opened by a real manager and looked at as descriptors. */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "listen-fixture.h"
#include "socket-constants.h"

static int option(int fd, int level, int name) {
        int value = -1;
        socklen_t length = sizeof(value);
        g_assert_cmpint(getsockopt(fd, level, name, &value, &length), ==, 0);
        return value;
}

typedef struct SocketRow {
        const char *name, *lines;
        int domain, type, protocol;
        enum bellhop_kind kind;
} SocketRow;

#define STREAM    SOCK_STREAM
#define DGRAM     SOCK_DGRAM
#define SEQPACKET SOCK_SEQPACKET
#define LISTENER  BELLHOP_KIND_LISTENER
#define DATAGRAM  BELLHOP_KIND_DATAGRAM
#define OTHER     BELLHOP_KIND_OTHER

/* clang-format off */
static const SocketRow socket_rows[] = {
        { "path", "ListenStream=%D/s\n", AF_UNIX, STREAM, 0, LISTENER },
        { "path-datagram", "ListenDatagram=%D/s\n", AF_UNIX, DGRAM, 0, DATAGRAM },
        { "path-packets", "ListenSequentialPacket=%D/s\n", AF_UNIX, SEQPACKET, 0, LISTENER },
        { "abstract", "ListenStream=@bellhop-test-%I\n", AF_UNIX, STREAM, 0, LISTENER },
        { "abstract-datagram", "ListenDatagram=@bellhop-test-%I\n", AF_UNIX, DGRAM, 0, DATAGRAM },
        { "abstract-packets", "ListenSequentialPacket=@bellhop-test-%I\n", AF_UNIX, SEQPACKET, 0,
          LISTENER },
        { "tcp", "ListenStream=127.0.0.1:%P\n", AF_INET, STREAM, IPPROTO_TCP, LISTENER },
        { "tcp6", "ListenStream=[::1]:%P\n", AF_INET6, STREAM, IPPROTO_TCP, LISTENER },
        { "tcp-port", "ListenStream=%P\n", AF_INET6, STREAM, IPPROTO_TCP, LISTENER },
        { "udp", "ListenDatagram=127.0.0.1:%P\n", AF_INET, DGRAM, IPPROTO_UDP, DATAGRAM },
        { "udp6", "ListenDatagram=[::1]:%P\n", AF_INET6, DGRAM, IPPROTO_UDP, DATAGRAM },
        { "mptcp", "ListenStream=[::1]:%P\nSocketProtocol=mptcp\n", AF_INET6, STREAM, IPPROTO_MPTCP,
          LISTENER },
        { "sctp", "ListenStream=127.0.0.1:%P\nSocketProtocol=sctp\n", AF_INET, STREAM, IPPROTO_SCTP,
          LISTENER },
        { "udplite", "ListenDatagram=127.0.0.1:%P\nSocketProtocol=udplite\n", AF_INET, DGRAM,
          IPPROTO_UDPLITE, DATAGRAM },
        /* A protocol changes only what it goes with. */
        { "udp-beside-mptcp", "ListenDatagram=127.0.0.1:%P\nSocketProtocol=mptcp\n", AF_INET, DGRAM,
          IPPROTO_UDP, DATAGRAM },
        { "path-beside-sctp", "ListenStream=%D/s\nSocketProtocol=sctp\n", AF_UNIX, STREAM, 0,
          LISTENER },
        { "vsock", "ListenStream=vsock::%P\n", AF_VSOCK, STREAM, 0, LISTENER },
        { "vsock-loopback", "ListenStream=vsock:1:%P\n", AF_VSOCK, STREAM, 0, LISTENER },
        { "vsock-packets", "ListenSequentialPacket=vsock::%P\n", AF_VSOCK, SEQPACKET, 0, LISTENER },
        { "netlink", "ListenNetlink=route 5\n", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, OTHER },
        { "netlink-plain", "ListenNetlink=inet-diag\n", AF_NETLINK, SOCK_RAW, NETLINK_INET_DIAG,
          OTHER },
        { "netlink-number", "ListenNetlink=16 0\n", AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, OTHER },
        { "netlink-uevents", "ListenNetlink=kobject-uevent 1\n", AF_NETLINK, SOCK_RAW,
          NETLINK_KOBJECT_UEVENT, OTHER },
};
/* clang-format on */

/* What the kernel says when it hasn't got that kind of socket. */
static bool is_absent(const char *errors) {
        static const int absent[] = { EAFNOSUPPORT,  EPROTONOSUPPORT, ESOCKTNOSUPPORT,
                                      EADDRNOTAVAIL, ENODEV,          EOPNOTSUPP };
        for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
                if (strstr(errors, g_strerror(absent[i])))
                        return true;
        return false;
}

static void test_socket(gconstpointer data) {
        const SocketRow *row = data;
        listen_begin();
        g_autofree char *errors = listen_try(row->lines);
        if (is_absent(errors)) {
                g_test_skip(errors);
                listen_end();
                return;
        }
        g_assert_cmpstr(errors, ==, "");
        const Socket *socket = SOCKET(manager_fixture_load(&listen_fixture, "x.socket"));
        const Item *item = listen_item(socket);
        g_assert_cmpint(option(item->fd, SOL_SOCKET, SO_DOMAIN), ==, row->domain);
        g_assert_cmpint(option(item->fd, SOL_SOCKET, SO_TYPE), ==, row->type);
        g_assert_cmpint(option(item->fd, SOL_SOCKET, SO_PROTOCOL), ==, row->protocol);
        g_assert_cmpint(option(item->fd, SOL_SOCKET, SO_ACCEPTCONN), ==, row->kind == LISTENER);
        g_assert_cmpint(item->kind, ==, row->kind);
        g_assert_cmpstr(item->name, ==, "x.socket");
        g_assert_cmpint(fcntl(item->fd, F_GETFL) & O_NONBLOCK, ==, 0);
        g_assert_cmpint(fcntl(item->fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
        listen_end();
}

static void test_netlink_groups(void) {
        struct sockaddr_nl address;
        socklen_t length = sizeof(address);
        listen_begin();
        const Item *item = listen_item(listen_start("ListenNetlink=route   17\n"));
        g_assert_cmpint(getsockname(item->fd, (struct sockaddr *)&address, &length), ==, 0);
        g_assert_cmpuint(address.nl_groups, ==, 17);
        listen_end();
}

/* The kernel keeps the interface as the one that the socket is bound to. */
static void test_scope(void) {
        static const char *const lines[] = {
                "ListenStream=[fe80::7]:%P%%lo\nFreeBind=yes\n",
                "ListenStream=[fe80::7%%lo]:%P\nFreeBind=yes\n",
                "ListenStream=[fe80::7]:%P%%1\nFreeBind=yes\n",
        };
        if (access("/proc/net/if_inet6", F_OK) < 0) {
                g_test_skip("no IPv6 here");
                return;
        }
        g_assert_cmpuint(if_nametoindex("lo"), ==, 1);
        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                struct sockaddr_in6 address;
                socklen_t length = sizeof(address);
                listen_begin();
                const Item *item = listen_item(listen_start(lines[i]));
                g_assert_cmpint(getsockname(item->fd, (struct sockaddr *)&address, &length), ==, 0);
                g_assert_cmpuint(address.sin6_scope_id, ==, 1);
                listen_end();
        }
}

static void test_scope_missing(void) {
        if (access("/proc/net/if_inet6", F_OK) < 0) {
                g_test_skip("no IPv6 here");
                return;
        }
        listen_begin();
        listen_assert_fails("ListenStream=[fe80::7]:%P%%nosuch0\n",
                            "find the interface of [fe80::7]:");
        listen_end();
}

static void test_device_missing(void) {
        listen_begin();
        listen_assert_fails("ListenStream=127.0.0.1:%P\nBindToDevice=nosuch0\n", "SO_BINDTODEVICE");
        listen_end();
}

/* An address that isn't this machine's. */
static void test_foreign_address(void) {
        listen_begin();
        listen_assert_fails("ListenStream=192.0.2.77:%P\n", g_strerror(EADDRNOTAVAIL));
        (void)listen_start("ListenStream=192.0.2.77:%P\nFreeBind=yes\n");
        listen_end();
}

/* A reload sets options on the open socket, and tells of those that it can't have. */
static void test_reload(void) {
        listen_begin();
        Socket *socket = listen_start("ListenStream=%D/s\n");
        int fd = listen_item(socket)->fd;
        listen_write("ListenStream=%D/s\nPassCredentials=yes\nNoDelay=yes\n");
        g_assert_cmpuint(manager_fixture_reload(&listen_fixture, 0), ==, 0);
        g_assert_cmpint(listen_item(socket)->fd, ==, fd);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_PASSCRED), ==, 1);
        g_autofree char *lines = listen_log();
        g_assert_nonnull(strstr(lines, "NoDelay=: there is no such option"));
        listen_write("ListenStream=%D/s\n");
        g_assert_cmpuint(manager_fixture_reload(&listen_fixture, 0), ==, 0);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_PASSCRED), ==, 0);
        listen_end();
}

/* Somebody else who has the listener made it one that waits, and took the connection. */
static void test_accept_never_waits(void) {
        listen_begin();
        manager_fixture_write(&listen_fixture, "x@.service", "[Service]\nExecStart=/bin/true\n");
        Socket *socket = listen_start("ListenStream=%D/s\nAccept=yes\n");
        int fd = listen_item(socket)->fd;
        g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
        g_assert_cmpint(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), ==, 0);
        socket_accept(socket, socket->ports[0]);
        g_assert_cmpuint(socket_accept_counts(socket).accepted, ==, 0);
        listen_end();
}

/* ---- others who have the listener, and mean harm ---- */

static int connect_to(const struct sockaddr_un *address, socklen_t length) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(connect(fd, (const struct sockaddr *)address, length), ==, 0);
        return fd;
}

/* Ends with the test. */
static pid_t begin_harm(void (*harm)(int fd), int fd) {
        pid_t parent = getpid(), pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid > 0)
                return pid;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent)
                harm(fd);
        _exit(0);
}

static void end_harm(pid_t pid) {
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void make_it_wait(int fd) {
        (void)fcntl(fd, F_SETFL, 0);
}

static void take_connection(int fd) {
        fd_close(accept(fd, NULL, NULL));
}

/* It is made one that waits in the very moment. */
static void test_accept_beside_harm(void) {
        listen_begin();
        manager_fixture_write(&listen_fixture, "x@.service", "[Service]\nExecStart=/bin/true\n");
        Socket *socket = listen_start("ListenStream=%D/s\nAccept=yes\n"
                                      "PassFileDescriptorsToExec=yes\nExecStartPost=/bin/true\n");
        int fd = listen_item(socket)->fd;
        pid_t harm = begin_harm(make_it_wait, fd);
        while (fcntl(fd, F_GETFL) & O_NONBLOCK) /* it hasn't begun */
                sched_yield();
        for (unsigned int i = 0; i < 5000; i++)
                socket_accept(socket, socket->ports[0]);
        end_harm(harm);
        g_assert_cmpuint(socket_accept_counts(socket).accepted, ==, 0);
        listen_end();
}

/* What is to be thrown away is taken by somebody else, in the very moment. */
static void test_flush_beside_harm(void) {
        listen_begin();
        Socket *socket = listen_start("ListenStream=%D/s\nBacklog=100\n");
        int fd = listen_item(socket)->fd;
        pid_t waits = begin_harm(make_it_wait, fd), takes = begin_harm(take_connection, fd);
        struct sockaddr_un address;
        socklen_t length = sizeof(address);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        for (unsigned int i = 0; i < 1000; i++) {
                _cleanup_fd_ int client = connect_to(&address, length);
                ports_flush(socket->ports, 1);
        }
        end_harm(takes);
        end_harm(waits);
        listen_end();
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return 0;
        }
        for (size_t i = 0; i < ARRAY_SIZE(socket_rows); i++) {
                g_autofree char *path =
                        g_strconcat("/socket-listen/socket/", socket_rows[i].name, NULL);
                g_test_add_data_func(path, &socket_rows[i], test_socket);
        }
        g_test_add_func("/socket-listen/netlink-groups", test_netlink_groups);
        g_test_add_func("/socket-listen/scope", test_scope);
        g_test_add_func("/socket-listen/scope-missing", test_scope_missing);
        g_test_add_func("/socket-listen/device-missing", test_device_missing);
        g_test_add_func("/socket-listen/foreign-address", test_foreign_address);
        g_test_add_func("/socket-listen/reload", test_reload);
        g_test_add_func("/socket-listen/accept-never-waits", test_accept_never_waits);
        g_test_add_func("/socket-listen/accept-beside-harm", test_accept_beside_harm);
        g_test_add_func("/socket-listen/flush-beside-harm", test_flush_beside_harm);
        return g_test_run();
}
