/* SPDX-License-Identifier: MIT */
/* Clients of the services under test. See harness.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

typedef union AnyAddress {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
} AnyAddress;

static socklen_t address_local(AnyAddress *address, const char *text) {
        size_t length = strlen(text);

        g_assert_cmpuint(length, <, sizeof(address->local.sun_path));
        *address = (AnyAddress){ .local.sun_family = AF_UNIX };
        memcpy(address->local.sun_path, text, length);
        if (text[0] == '@')
                address->local.sun_path[0] = '\0';
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (text[0] != '@'));
}

static socklen_t address_inet(AnyAddress *address, const char *text) {
        const char *colon = strrchr(text, ':');
        uint16_t port = htons((uint16_t)atoi(colon + 1));

        if (text[0] == '[') {
                g_autofree char *host = g_strndup(text + 1, (gsize)(colon - text) - 2);
                *address = (AnyAddress){ .in6 = { .sin6_family = AF_INET6, .sin6_port = port } };
                g_assert_cmpint(inet_pton(AF_INET6, host, &address->in6.sin6_addr), ==, 1);
                return sizeof(address->in6);
        }
        g_autofree char *host = g_strndup(text, (gsize)(colon - text));
        *address = (AnyAddress){ .in = { .sin_family = AF_INET, .sin_port = port } };
        g_assert_cmpint(inet_pton(AF_INET, host, &address->in.sin_addr), ==, 1);
        return sizeof(address->in);
}

int address_connect(const char *text, int type) {
        AnyAddress address;
        socklen_t length = strchr("/@", text[0]) ? address_local(&address, text)
                                                 : address_inet(&address, text);
        _cleanup_fd_ int fd = socket(address.any.sa_family, type | SOCK_CLOEXEC, 0);
        struct timeval limit = { .tv_sec = limit_ms(EVENT_LIMIT) / 1000 };

        if (fd < 0)
                return -errno;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        /* An unnamed datagram socket can't be answered. */
        if (address.any.sa_family == AF_UNIX && type == SOCK_DGRAM)
                bind(fd, &address.any, sizeof(sa_family_t));
        if (connect(fd, &address.any, length) < 0)
                return -errno;
        if (type == SOCK_DGRAM && send(fd, "hello", 5, MSG_NOSIGNAL) < 0)
                return -errno;
        return TAKE_FD(fd);
}

char *ask_on(int fd) {
        char text[512];
        int type = SOCK_STREAM;
        socklen_t type_size = sizeof(type);
        size_t length = 0;
        ssize_t n = 1;

        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size);
        while (n > 0 && length < sizeof(text) - 1 && !memchr(text, '\n', length) &&
               (type != SOCK_DGRAM || length == 0)) {
                n = recv(fd, text + length, sizeof(text) - 1 - length, 0);
                if (n > 0)
                        length += (size_t)n;
        }
        int error = n < 0 ? errno : 0;
        close(fd);
        text[length] = '\0';
        return length > 0 ? g_strchomp(g_strdup(text))
                          : g_strdup_printf("(%s)", error ? strerror(error) : "end of file");
}

char *ask(const char *address, int type) {
        int fd = address_connect(address, type);

        return fd < 0 ? g_strdup_printf("(%s)", strerror(-fd)) : ask_on(fd);
}

int connect_to(const Fixture *fixture, const char *address) {
        g_autofree char *expanded = fixture_expand(fixture, address);
        int fd = address_connect(expanded, SOCK_STREAM);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

bool is_served(int fd) {
        g_autofree char *answer = ask_on(fd);

        if (answer[0] == '(')
                g_test_message("not served: %s", answer);
        return answer[0] != '(' && answer[0] != '\0';
}

int send_descriptor(int fd) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { .header = { .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS,
                                  .cmsg_len = CMSG_LEN(sizeof(int)) } };
        struct iovec iov = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control) };

        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

pid_t ask_name(const char *address, int type, const char *name) {
        g_autofree char *answer = ask(address, type);
        size_t length = strlen(name);

        if (strncmp(answer, name, length) != 0 || answer[length] != ' ')
                g_error("%s answers \"%s\", not as %s", address, answer, name);
        return (pid_t)atoi(answer + length + 1);
}

#define PORT_FIRST 20000
#define PORT_END   32000

/* Returns: whether the port could be bound with that family and type. */
static bool port_is_free(int family, int type, unsigned int port) {
        AnyAddress address = { .in6 = { .sin6_family = AF_INET6,
                                        .sin6_port = htons((uint16_t)port) } };
        _cleanup_fd_ int fd = socket(family, type | SOCK_CLOEXEC, 0);

        if (family == AF_INET)
                address.in.sin_family = AF_INET;
        return fd < 0 || bind(fd, &address.any,
                              family == AF_INET ? sizeof(address.in) : sizeof(address.in6)) == 0;
}

/* No other test finds it while this process lives: it has the name to itself. */
static bool port_reserve(unsigned int port) {
        AnyAddress address;
        g_autofree char *name = g_strdup_printf("@bellhop-test-port-%u", port);
        socklen_t length = address_local(&address, name);
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(fd, >=, 0);
        if (bind(fd, &address.any, length) == 0)
                return true; /* left open */
        close(fd);
        return false;
}

/* Not of those that the kernel gives to clients (from 32768 on): it might be one of theirs by the
 * time it is bound. */
unsigned int port_free_find(void) {
        static unsigned int next;

        if (next == 0)
                next = (unsigned int)getpid() * 16;
        for (;;) {
                unsigned int port = PORT_FIRST + next++ % (PORT_END - PORT_FIRST);
                if (port_reserve(port) && port_is_free(AF_INET, SOCK_STREAM, port) &&
                    port_is_free(AF_INET6, SOCK_STREAM, port) &&
                    port_is_free(AF_INET6, SOCK_DGRAM, port) &&
                    port_is_free(AF_INET, SOCK_DGRAM, port))
                        return port;
        }
}
