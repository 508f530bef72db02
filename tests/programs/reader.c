/* SPDX-License-Identifier: MIT */
/* A service of what isn't a socket with connections: claims each name, tells what it got, reads one
 * message of each. reader REPORT NAME... */
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bellhop.h"
#include "macros.h"
#include "report.h"

static const char *const kind_names[] = {
        [BELLHOP_KIND_LISTENER] = "listener",     [BELLHOP_KIND_DATAGRAM] = "datagram",
        [BELLHOP_KIND_CONNECTION] = "connection", [BELLHOP_KIND_MEMFD] = "memfd",
        [BELLHOP_KIND_OTHER] = "other",
};

/* What the kernel says it is, whatever it was called. */
static const char *descriptor_type(int fd) {
        struct mq_attr attributes;
        struct stat st;
        int domain;
        socklen_t length = sizeof(domain);

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0)
                return domain == AF_NETLINK ? "netlink" : "socket";
        if (mq_getattr(fd, &attributes) == 0)
                return "queue";
        if (fstat(fd, &st) < 0)
                report_die("fstat", errno);
        return S_ISFIFO(st.st_mode) ? "fifo" : S_ISCHR(st.st_mode) ? "device" : "file";
}

static void claimed_report(const struct bellhop_item *item) {
        static const char *const accesses[] = {
                [O_RDONLY] = "r", [O_WRONLY] = "w", [O_RDWR] = "rw"
        };
        int flags = fcntl(item->fd, F_GETFL), size, priority;
        socklen_t length = sizeof(int);

        report("claimed %s %s %s %s %s signal=%d", item->name, kind_names[item->kind],
               descriptor_type(item->fd), accesses[flags & O_ACCMODE],
               flags & O_NONBLOCK ? "nonblocking" : "blocking", item->signal);
        if (getsockopt(item->fd, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 &&
            getsockopt(item->fd, SOL_SOCKET, SO_PRIORITY, &priority, &length) == 0)
                report("options %s buffer=%d priority=%d", item->name, size, priority);
}

/* One that has come already: it started us. */
static ssize_t message_read(int fd, char *buffer, size_t size) {
        struct mq_attr attributes;
        char *message;
        ssize_t n;

        if (mq_getattr(fd, &attributes) < 0)
                return read(fd, buffer, size);
        message = malloc((size_t)attributes.mq_msgsize);
        n = message ? mq_receive(fd, message, (size_t)attributes.mq_msgsize, NULL) : -1;
        if (n > 0)
                memcpy(buffer, message, (size_t)n < size ? (size_t)n : size);
        free(message);
        return n;
}

static void message_report(const struct bellhop_item *item) {
        char buffer[512];
        ssize_t n = message_read(item->fd, buffer, sizeof(buffer) - 1);

        if (n < 0)
                report_die("read", errno);
        buffer[n] = '\0';
        buffer[strcspn(buffer, "\n")] = '\0';
        report("read %s %s", item->name, buffer);
}

int main(int argc, char **argv) {
        struct bellhop_item item;
        bellhop *desk;
        int r;

        if (argc < 3)
                return 2;
        report_open(argv[1]);
        r = bellhop_new(NULL, &desk);
        for (int i = 2; r >= 0 && i < argc; i++) {
                r = bellhop_wait(desk, argv[i], 10000, &item);
                if (r < 0)
                        break;
                claimed_report(&item);
                message_report(&item);
                close(item.fd);
        }
        if (r < 0)
                report_die("claim", r);
        bellhop_free(desk);
        return 0;
}
