/* SPDX-License-Identifier: MIT */
/* Opening addresses: every option is read back from the real socket. */
#include <fcntl.h>
#include <ftw.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "socket-open.h"

static char *folder;

static Address *address_new(const char *value, int type) {
        Address *address = NULL;
        const char *why = NULL;
        g_assert_cmpint(address_parse(value, type, &address, &why), ==, 0);
        return address;
}

static SocketSettings *settings_make(void) {
        return SOCKET_SETTINGS(settings_new(UNIT_SOCKET, "x.socket", NULL));
}
#define _cleanup_settings_ _cleanup_(settings_cleanup)
static void settings_cleanup(SocketSettings **settings) {
        settings_unref(&(*settings)->unit);
}

static int try_open(const char *value, int type, const SocketSettings *settings,
                    const char **ret_step) {
        _cleanup_(address_free_cleanup) Address *address = address_new(value, type);
        return socket_open(address, settings, ret_step);
}

static int must_open(const char *value, int type, const SocketSettings *settings) {
        const char *step = "none";
        int fd = try_open(value, type, settings, &step);
        if (fd < 0)
                g_error("%s %s: %s", step, value, g_strerror(-fd));
        return fd;
}

static int option(int fd, int level, int name) {
        int value = -1;
        socklen_t length = sizeof(value);
        g_assert_cmpint(getsockopt(fd, level, name, &value, &length), ==, 0);
        return value;
}

static char *path_in(const char *name) {
        return g_build_filename(folder, name, NULL);
}

static mode_t mode_of(const char *path) {
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        return st.st_mode & 07777;
}

static int free_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof(address);
        _cleanup_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        return ntohs(address.sin_port);
}

static int must_open_at(const char *host, const SocketSettings *settings) {
        g_autofree char *value = g_strdup_printf("%s:%d", host, free_port());
        return must_open(value, SOCK_STREAM, settings);
}

static void test_defaults(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        _cleanup_fd_ int fd = must_open_at("127.0.0.1", settings);
        g_assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
        g_assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_ACCEPTCONN), ==, 1);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_REUSEADDR), ==, 1);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_REUSEPORT), ==, 0);
        g_assert_cmpint(option(fd, IPPROTO_TCP, TCP_NODELAY), ==, 0);
}

/* Where the manager accepts, it must not wait. */
static void test_accept_is_nonblocking(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        settings->accept = ACCEPT_YES;
        _cleanup_fd_ int fd = must_open_at("127.0.0.1", settings);
        g_assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void test_options(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        settings->reuse_port = settings->free_bind = settings->no_delay = true;
        settings->backlog = 17;
        /* An address that this machine hasn't: only FreeBind= makes it possible. */
        _cleanup_fd_ int fd = must_open_at("192.0.2.77", settings);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_REUSEPORT), ==, 1);
        g_assert_cmpint(option(fd, IPPROTO_IP, IP_FREEBIND), ==, 1);
        g_assert_cmpint(option(fd, IPPROTO_TCP, TCP_NODELAY), ==, 1);
        struct tcp_info info;
        socklen_t length = sizeof(info);
        g_assert_cmpint(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), ==, 0);
        g_assert_cmpuint(info.tcpi_sacked, ==, 17); /* a listener's backlog */
}

static void test_ipv6_only(void) {
        static const struct {
                BindIPv6Only setting;
                int value; /* -1: the system's */
        } rows[] = {
                { BIND_IPV6_ONLY_BOTH, 0 },
                { BIND_IPV6_ONLY_IPV6_ONLY, 1 },
        };
        _cleanup_fd_ int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (probe < 0) {
                g_test_skip("no IPv6 here");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_settings_ SocketSettings *settings = settings_make();
                settings->bind_ipv6_only = rows[i].setting;
                _cleanup_fd_ int fd = must_open_at("[::]", settings);
                g_assert_cmpint(option(fd, IPPROTO_IPV6, IPV6_V6ONLY), ==, rows[i].value);
        }
}

static void test_port_alone(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *port = g_strdup_printf("%d", free_port());
        _cleanup_fd_ int fd = must_open(port, SOCK_STREAM, settings);
        /* Whichever family it is, an IPv4 client gets through. */
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)atoi(port)),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        _cleanup_fd_ int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(connect(client, (struct sockaddr *)&address, sizeof(address)), ==, 0);
}

static void test_in_use(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *value = g_strdup_printf("127.0.0.1:%d", free_port());
        _cleanup_fd_ int fd = must_open(value, SOCK_STREAM, settings);
        const char *step = NULL;
        g_assert_cmpint(try_open(value, SOCK_STREAM, settings, &step), ==, -EADDRINUSE);
        g_assert_cmpstr(step, ==, "bind");
        _cleanup_fd_ int datagram = must_open(value, SOCK_DGRAM, settings);
        g_assert_cmpint(try_open(value, SOCK_DGRAM, settings, &step), ==, -EADDRINUSE);
}

static void test_unix_modes(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *path = path_in("deep/er/sock"), *parent = path_in("deep/er");
        settings->socket_mode = 0660;
        settings->directory_mode = 0751;
        mode_t old = umask(077);
        _cleanup_fd_ int fd = must_open(path, SOCK_STREAM, settings);
        g_assert_cmpint(umask(old), ==, 077); /* left as it was */
        g_assert_cmpint(mode_of(path), ==, 0660);
        g_assert_cmpint(mode_of(parent), ==, 0751);
        g_assert_cmpint(option(fd, SOL_SOCKET, SO_TYPE), ==, SOCK_STREAM);
}

static void test_unix_types(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *seqpacket = path_in("seqpacket"), *datagram = path_in("datagram");
        g_autofree char *abstract = g_strdup_printf("@bellhop-test-%d", (int)getpid());
        _cleanup_fd_ int a = must_open(seqpacket, SOCK_SEQPACKET, settings);
        _cleanup_fd_ int b = must_open(datagram, SOCK_DGRAM, settings);
        _cleanup_fd_ int c = must_open(abstract, SOCK_STREAM, settings);
        g_assert_cmpint(option(a, SOL_SOCKET, SO_TYPE), ==, SOCK_SEQPACKET);
        g_assert_cmpint(option(a, SOL_SOCKET, SO_ACCEPTCONN), ==, 1);
        g_assert_cmpint(option(b, SOL_SOCKET, SO_TYPE), ==, SOCK_DGRAM);
        g_assert_cmpint(option(c, SOL_SOCKET, SO_ACCEPTCONN), ==, 1);
}

/* Whom it belonged to is dead: the path is taken over. */
static void test_stale_path(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *path = path_in("stale");
        fd_close(must_open(path, SOCK_STREAM, settings));
        g_assert_cmpint(access(path, F_OK), ==, 0);
        _cleanup_fd_ int fd = must_open(path, SOCK_STREAM, settings);
        g_assert_cmpint(fd, >=, 0);
}

static void test_live_path(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *path = path_in("live"), *other = path_in("live-datagram");
        _cleanup_fd_ int fd = must_open(path, SOCK_STREAM, settings);
        _cleanup_fd_ int datagram = must_open(other, SOCK_DGRAM, settings);
        const char *step = NULL;
        g_assert_cmpint(try_open(path, SOCK_STREAM, settings, &step), ==, -EADDRINUSE);
        /* Alive with another type, too. */
        g_assert_cmpint(try_open(other, SOCK_STREAM, settings, &step), ==, -EADDRINUSE);
        g_assert_cmpint(access(path, F_OK), ==, 0);
        g_assert_cmpint(access(other, F_OK), ==, 0);
}

static void test_foreign_file(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *path = path_in("file"), *link = path_in("link");
        const char *step = NULL;
        g_assert_true(g_file_set_contents(path, "precious", -1, NULL));
        g_assert_cmpint(symlink(path, link), ==, 0);
        g_assert_cmpint(try_open(path, SOCK_STREAM, settings, &step), ==, -EADDRINUSE);
        g_assert_cmpint(try_open(link, SOCK_STREAM, settings, &step), ==, -EADDRINUSE);
        g_autofree char *content = NULL;
        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_assert_cmpstr(content, ==, "precious");
}

static void test_owner(void) {
        _cleanup_settings_ SocketSettings *settings = settings_make();
        g_autofree char *path = path_in("owned");
        const char *step = NULL;
        settings->user = g_strdup("no-such-user-here");
        g_assert_cmpint(try_open(path, SOCK_STREAM, settings, &step), ==, -ESRCH);
        g_assert_cmpstr(step, ==, "user");
        _cleanup_(address_free_cleanup) Address *address = address_new(path, SOCK_STREAM);
        g_autofree char *failure = socket_open_failure(address, settings, step, -ESRCH);
        g_assert_cmpstr(failure, ==, "SocketUser=no-such-user-here: no such name in /etc/passwd");
        g_assert_cmpint(access(path, F_OK), <, 0); /* gone again */
        if (geteuid() != 0) {
                g_test_skip("not root");
                return;
        }
        g_free(settings->user);
        settings->user = g_strdup("65534");
        settings->group = g_strdup("12");
        _cleanup_fd_ int fd = must_open(path, SOCK_STREAM, settings);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_uid, ==, 65534);
        g_assert_cmpuint(st.st_gid, ==, 12);
}

/* A user alone brings his group; a number that nobody has brings none. */
static void test_owner_group(void) {
        static const struct {
                const char *user;
                uid_t uid;
                bool own_group;
        } rows[] = { { "nobody", 65534, true }, { "65534", 65534, true }, { "4242", 4242, false } };
        if (geteuid() != 0) {
                g_test_skip("not root");
                return;
        }
        const struct passwd *nobody = getpwnam("nobody");
        g_assert_cmpuint(nobody->pw_uid, ==, 65534);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_settings_ SocketSettings *settings = settings_make();
                g_autofree char *path = path_in(rows[i].user);
                struct stat st;
                settings->user = g_strdup(rows[i].user);
                _cleanup_fd_ int fd = must_open(path, SOCK_STREAM, settings);
                g_assert_cmpint(stat(path, &st), ==, 0);
                g_assert_cmpuint(st.st_uid, ==, rows[i].uid);
                g_assert_cmpuint(st.st_gid, ==, rows[i].own_group ? nobody->pw_gid : getegid());
        }
}

static void test_adjust(void) {
        _cleanup_settings_ SocketSettings *old = settings_make(), *new = settings_make();
        g_autofree char *path = path_in("adjusted");
        g_autofree char *value = g_strdup_printf("127.0.0.1:%d", free_port());
        const char *step = NULL;
        _cleanup_(address_free_cleanup) Address *local = address_new(path, SOCK_STREAM);
        _cleanup_(address_free_cleanup) Address *tcp = address_new(value, SOCK_STREAM);
        _cleanup_fd_ int local_fd = socket_open(local, old, &step);
        _cleanup_fd_ int tcp_fd = socket_open(tcp, old, &step);
        new->socket_mode = 0600;
        new->no_delay = true;
        new->backlog = 9;
        g_assert_cmpint(socket_adjust(local_fd, local, old, new, &step), ==, 0);
        g_assert_cmpint(mode_of(path), ==, 0600);
        g_assert_cmpint(socket_adjust(tcp_fd, tcp, old, new, &step), ==, 0);
        g_assert_cmpint(option(tcp_fd, IPPROTO_TCP, TCP_NODELAY), ==, 1);
        struct tcp_info info;
        socklen_t length = sizeof(info);
        g_assert_cmpint(getsockopt(tcp_fd, IPPROTO_TCP, TCP_INFO, &info, &length), ==, 0);
        g_assert_cmpuint(info.tcpi_sacked, ==, 9);
        g_assert_false(socket_must_reopen(tcp, old, new));
        new->reuse_port = true;
        g_assert_true(socket_must_reopen(tcp, old, new));
        g_assert_false(socket_must_reopen(local, old, new));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk) {
        return remove(path);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        folder = g_dir_make_tmp("bellhop-port-XXXXXX", NULL);
        g_test_add_func("/port/defaults", test_defaults);
        g_test_add_func("/port/accept-is-nonblocking", test_accept_is_nonblocking);
        g_test_add_func("/port/options", test_options);
        g_test_add_func("/port/ipv6-only", test_ipv6_only);
        g_test_add_func("/port/port-alone", test_port_alone);
        g_test_add_func("/port/in-use", test_in_use);
        g_test_add_func("/port/unix-modes", test_unix_modes);
        g_test_add_func("/port/unix-types", test_unix_types);
        g_test_add_func("/port/stale-path", test_stale_path);
        g_test_add_func("/port/live-path", test_live_path);
        g_test_add_func("/port/foreign-file", test_foreign_file);
        g_test_add_func("/port/owner", test_owner);
        g_test_add_func("/port/owner-group", test_owner_group);
        g_test_add_func("/port/adjust", test_adjust);
        int r = g_test_run();
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        g_free(folder);
        return r;
}
