/* SPDX-License-Identifier: MIT */
/* A service that breaks the claim protocol once, by hand, and claims properly afterwards:
 * rude-claimer MODE REPORT NAME. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bell.h"
#include "bellhop.h"
#include "fd.h"
#include "message.h"
#include "report.h"
#include "serve.h"

/* Waits for a bell, as the manager left the signals: blocked and ignored. */
static uint64_t bell_take(void) {
        siginfo_t info;
        sigset_t set;

        sigemptyset(&set);
        for (int sig = BELLHOP_SIGNAL_LISTENER; sig <= BELLHOP_SIGNAL_OTHER; sig++)
                sigaddset(&set, sig);
        while (sigwaitinfo(&set, &info) < 0)
                ;
        return bell_address(info.si_code, info.si_errno, info.si_int);
}

static int claim_connect(uint64_t address) {
        struct timeval limit = { .tv_sec = 20 };
        struct sockaddr_un sockaddr;

        socklen_t length = bell_to_sockaddr(address, &sockaddr);
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&sockaddr, length) < 0)
                report_die("connect", errno);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        return fd;
}

/* Takes the message and drops the descriptors. Returns: the number of items. */
static int items_receive(int fd) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * MESSAGE_ITEMS_MAX)];
        } control;
        static char buffer[MESSAGE_SIZE_MAX];
        struct iovec iovec = { buffer, sizeof(buffer) };
        struct msghdr message = { .msg_iov = &iovec,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control) };
        MessageItem items[MESSAGE_ITEMS_MAX];
        uint32_t remaining;

        ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (length < 0)
                report_die("recvmsg", errno);
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
             header = CMSG_NXTHDR(&message, header)) {
                const int *fds = (const int *)CMSG_DATA(header);
                for (size_t i = 0; i < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
                        close(fds[i]);
        }
        return message_decode_items(buffer, (size_t)length, items, &remaining);
}

/* Reports when the manager hangs up: it must, and soon. */
static void wait_closed(int fd) {
        char byte;

        ssize_t n = recv(fd, &byte, 1, 0);
        report("hung-up %s", n == 0 ? "yes" : strerror(errno));
}

static void mode_die(int fd) {
        items_receive(fd);
        raise(SIGKILL);
}

static void mode_die_connected(int fd) {
        (void)fd;
        raise(SIGKILL);
}

static void mode_silent(int fd) {
        items_receive(fd);
        wait_closed(fd);
}

/* Doesn't even take what is sent: the end of the connection shows as a hang-up only. */
static void mode_no_read(int fd) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };

        int n = poll(&poll_fd, 1, 20000);
        report("hung-up %s", n == 1 ? "yes" : "no");
}

static void mode_stop(int fd) {
        items_receive(fd);
        report("stopping");
        raise(SIGSTOP);
        report("continued");
}

static void send_bytes(int fd, size_t length) {
        char bytes[256];

        memset(bytes, 0xa5, sizeof(bytes));
        items_receive(fd);
        (void)send(fd, bytes, length, MSG_NOSIGNAL);
        wait_closed(fd);
}

static void mode_short(int fd) {
        send_bytes(fd, 7);
}

static void mode_garbage(int fd) {
        send_bytes(fd, MESSAGE_HEADER_SIZE);
}

static void mode_long(int fd) {
        send_bytes(fd, 200);
}

static void receipt_send(int fd, int more) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];

        int count = items_receive(fd);
        message_encode_receipt(receipt, (unsigned int)(count + more));
        (void)send(fd, receipt, sizeof(receipt), MSG_NOSIGNAL);
}

static void mode_too_many(int fd) {
        receipt_send(fd, 1);
        wait_closed(fd);
}

static void mode_none(int fd) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];

        items_receive(fd);
        message_encode_receipt(receipt, 0);
        (void)send(fd, receipt, sizeof(receipt), MSG_NOSIGNAL);
        wait_closed(fd);
}

/* A receipt for what hasn't been read. */
static void mode_early(int fd) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];

        message_encode_receipt(receipt, 64);
        (void)send(fd, receipt, sizeof(receipt), MSG_NOSIGNAL);
        items_receive(fd);
        wait_closed(fd);
}

static const struct {
        const char *name;
        void (*act)(int fd);
} modes[] = {
        { "die", mode_die },           { "die-connected", mode_die_connected },
        { "silent", mode_silent },     { "no-read", mode_no_read },
        { "stop", mode_stop },         { "short", mode_short },
        { "garbage", mode_garbage },   { "long", mode_long },
        { "too-many", mode_too_many }, { "none", mode_none },
        { "early", mode_early },
};

int main(int argc, char **argv) {
        static Server server;

        if (argc < 4)
                return 2;
        report_open(argv[2]);
        uint64_t address = bell_take();
        report("bell %016llx", (unsigned long long)address);
        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                if (strcmp(modes[i].name, argv[1]) == 0) {
                        _cleanup_fd_ int fd = claim_connect(address);
                        modes[i].act(fd);
                }
        }
        int fd = bellhop_claim(argv[3], 20000);
        if (fd < 0)
                report_die("claim", fd);
        server_init(&server);
        server_add(&server, fd, argv[3]);
        server_run(&server, 0);
        return 0;
}
