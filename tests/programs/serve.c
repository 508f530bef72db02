/* SPDX-License-Identifier: MIT */
/* A test service's answers: see serve.h. */
#include "serve.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "fd.h"
#include "report.h"

static const char *const kind_names[] = {
        [BELLHOP_KIND_LISTENER] = "listener",     [BELLHOP_KIND_DATAGRAM] = "datagram",
        [BELLHOP_KIND_CONNECTION] = "connection", [BELLHOP_KIND_MEMFD] = "memfd",
        [BELLHOP_KIND_OTHER] = "other",
};

void server_init(Server *server) {
        server->count = server->clients = 0;
        server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (server->epoll_fd < 0)
                report_die("epoll_create1", errno);
}

static enum bellhop_kind fd_kind(int fd) {
        int type, listens;
        socklen_t length = sizeof(int);

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
                return fcntl(fd, F_GET_SEALS) >= 0 ? BELLHOP_KIND_MEMFD : BELLHOP_KIND_OTHER;
        length = sizeof(int);
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens)
                return BELLHOP_KIND_LISTENER;
        return type == SOCK_DGRAM ? BELLHOP_KIND_DATAGRAM : BELLHOP_KIND_CONNECTION;
}

static void server_epoll(Server *server, int fd, uint32_t index) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = index };

        if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
                report_die("epoll_ctl", errno);
}

static void memfd_report(int fd, const char *name, const struct stat *st) {
        char content[512];

        ssize_t length = pread(fd, content, sizeof(content) - 1, 0);
        content[length > 0 ? length : 0] = '\0';
        content[strcspn(content, "\n")] = '\0';
        report("claimed %s memfd inode=%llu size=%lld seals=%#x content=%s", name,
               (unsigned long long)st->st_ino, (long long)st->st_size,
               (unsigned int)fcntl(fd, F_GET_SEALS), content);
}

/* One line, then the end; waits for the client's end, lest a request that nobody has read makes the
 * kernel drop the answer. */
static void connection_answer(Server *server, int fd, const char *name) {
        struct timeval limit = { .tv_sec = 1 };
        char request[4096];

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        dprintf(fd, "%s %d\n", name, (int)getpid());
        shutdown(fd, SHUT_WR);
        while (recv(fd, request, sizeof(request), 0) > 0)
                ;
        server->clients++;
}

void server_add(Server *server, int fd, const char *name) {
        struct stat st;

        if (server->count == SERVED_MAX || fstat(fd, &st) < 0)
                report_die("server_add", server->count == SERVED_MAX ? ENOSPC : errno);
        if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
                report("error %s isn't close-on-exec", name);
        struct Served *served = &server->served[server->count];
        *served = (struct Served){ .fd = fd, .kind = fd_kind(fd) };
        strncpy(served->name, name, BELLHOP_NAME_MAX);
        if (served->kind == BELLHOP_KIND_MEMFD)
                return memfd_report(fd, name, &st);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        if (served->kind != BELLHOP_KIND_CONNECTION)
                server_epoll(server, fd, server->count);
        server->count++;
        report("claimed %s %s inode=%llu", name, kind_names[served->kind],
               (unsigned long long)st.st_ino);
        if (served->kind == BELLHOP_KIND_CONNECTION) {
                connection_answer(server, fd, name);
                close(fd);
        }
}

void server_watch(Server *server, int fd) {
        server_epoll(server, fd, SERVED_MAX);
}

static void listener_answer(Server *server, const struct Served *served) {
        _cleanup_fd_ int fd = accept4(served->fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0)
                connection_answer(server, fd, served->name);
}

static void datagram_answer(Server *server, const struct Served *served) {
        struct sockaddr_storage peer;
        socklen_t peer_length = sizeof(peer);
        char text[BELLHOP_NAME_MAX + 32];

        if (recvfrom(served->fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &peer_length) < 0)
                return;
        int length = snprintf(text, sizeof(text), "%s %d\n", served->name, (int)getpid());
        (void)sendto(served->fd, text, (size_t)length, MSG_NOSIGNAL, (struct sockaddr *)&peer,
                     peer_length);
        server->clients++;
}

void server_run(Server *server, unsigned int max_clients) {
        struct epoll_event event;

        while (max_clients == 0 || server->clients < max_clients) {
                int n = epoll_wait(server->epoll_fd, &event, 1, -1);
                if (n < 0 && errno != EINTR)
                        report_die("epoll_wait", errno);
                if (n <= 0)
                        continue;
                if (event.data.u32 == SERVED_MAX)
                        return;
                const struct Served *served = &server->served[event.data.u32];
                if (served->kind == BELLHOP_KIND_DATAGRAM)
                        datagram_answer(server, served);
                else
                        listener_answer(server, served);
        }
}
