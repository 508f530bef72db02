/* SPDX-License-Identifier: MIT */
/* The delivery tests' manager, processes and desk. */
#include "delivery-fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "fd.h"
#include "transport-socket.h"

#define LIMIT_USEC (60 * USEC_PER_SEC)

const DeliverySettings fixture_settings = { .claim_timeout = TIME_INFINITY };

static int count_fds(void) {
        struct dirent *entry;
        int count = 0;
        DIR *dir = opendir("/proc/self/fd");

        g_assert_nonnull(dir);
        while ((entry = readdir(dir)))
                count += entry->d_name[0] != '.';
        (void)closedir(dir);
        return count;
}

bool fixture_is_possible(void) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

        if (pidfd < 0)
                (void)puts("1..0 # SKIP no pidfd_open (valgrind has none before 3.20)");
        return pidfd >= 0;
}

void fixture_init(Fixture *fixture) {
        *fixture = (Fixture){ .fds_before = count_fds() };
        g_assert_cmpint(sd_event_new(&fixture->manager.event), ==, 0);
        fixture->manager.recipients = g_hash_table_new(NULL, NULL);
        g_assert_cmpint(transport_socket_new(&fixture->manager, &fixture->manager.transport), ==,
                        0);
}

void fixture_done(Fixture *fixture) {
        g_assert_cmpint(g_hash_table_size(fixture->manager.recipients), ==, 0);
        fixture->manager.transport = transport_free(fixture->manager.transport);
        g_hash_table_unref(fixture->manager.recipients);
        sd_event_unref(fixture->manager.event);
        g_assert_cmpint(count_fds(), ==, fixture->fds_before);
}

uint64_t fixture_address(const Fixture *fixture) {
        return transport_socket_of(fixture->manager.transport)->own_socket->address;
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        g_error("nothing has come of it within a minute");
        return 0;
}

void fixture_run_until(Fixture *fixture, Condition condition, const void *data) {
        sd_event_source *limit = NULL;

        g_assert_cmpint(sd_event_add_time_relative(fixture->manager.event, &limit, CLOCK_MONOTONIC,
                                                   LIMIT_USEC, 0, on_limit, NULL),
                        >=, 0);
        while (!condition(data))
                g_assert_cmpint(sd_event_run(fixture->manager.event, UINT64_MAX), >=, 0);
        sd_event_source_disable_unref(limit);
}

void fixture_run_pending(Fixture *fixture) {
        while (sd_event_run(fixture->manager.event, 0) > 0)
                ;
}

/* ---- processes ---- */

static void prepare_signals(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        for (int sig = BELLHOP_SIGNAL_LISTENER; sig <= BELLHOP_SIGNAL_OTHER; sig++) {
                (void)sigaddset(&set, sig);
                (void)signal(sig, SIG_IGN);
        }
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

int child_wait(Child *child) {
        struct pollfd poll_fd = { .fd = child->pidfd, .events = POLLIN };
        int status;

        g_assert_cmpint(poll(&poll_fd, 1, LIMIT_USEC / USEC_PER_MSEC), ==, 1);
        g_assert_cmpint(waitpid(child->pid, &status, 0), ==, child->pid);
        fd_close(child->pidfd);
        fd_close(child->to_child);
        fd_close(child->from_child);
        return status;
}

int child_stop(Child *child) {
        (void)kill(child->pid, SIGKILL);
        return child_wait(child);
}

void child_report(Child *child, int value) {
        CHECK(write(child->out, &value, sizeof(value)) == sizeof(value));
}

void child_await_go(Child *child) {
        char byte;

        CHECK(read(child->in, &byte, 1) == 1);
}

void child_go(Child *child) {
        g_assert_cmpint(write(child->to_child, "", 1), ==, 1);
}

static void read_report(Child *child) {
        g_assert_cmpint(read(child->from_child, &child->report, sizeof(int)), ==, sizeof(int));
        child->has_reported = true;
}

int child_read_report(Child *child) {
        struct pollfd poll_fd = { .fd = child->from_child, .events = POLLIN };

        g_assert_cmpint(poll(&poll_fd, 1, LIMIT_USEC / USEC_PER_MSEC), ==, 1);
        read_report(child);
        return child->report;
}

void child_start(Child *child, ChildMain main, const void *argument) {
        int to[2], from[2];

        g_assert_cmpint(pipe2(to, O_CLOEXEC), ==, 0);
        g_assert_cmpint(pipe2(from, O_CLOEXEC), ==, 0);
        *child = (Child){
                .to_child = to[1],
                .from_child = from[0],
                .in = to[0],
                .out = from[1],
                .argument = argument,
        };
        child->pid = fork();
        g_assert_cmpint(child->pid, >=, 0);
        if (child->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)close(to[1]);
                (void)close(from[0]);
                prepare_signals();
                child_report(child, 0);
                main(child);
                _exit(0);
        }
        (void)close(to[0]);
        (void)close(from[1]);
        child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
        g_assert_cmpint(child->pidfd, >=, 0);
        (void)child_read_report(child);
}

static bool has_reported(const void *child) {
        return ((const Child *)child)->has_reported;
}

static int on_report(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        read_report(userdata);
        return 0;
}

int fixture_run_until_report(Fixture *fixture, Child *child) {
        sd_event_source *source = NULL;

        child->has_reported = false;
        g_assert_cmpint(sd_event_add_io(fixture->manager.event, &source, child->from_child, EPOLLIN,
                                        on_report, child),
                        >=, 0);
        fixture_run_until(fixture, has_reported, child);
        sd_event_source_disable_unref(source);
        return child->report;
}

/* ---- recipients ---- */

Recipient *fixture_recipient(Fixture *fixture, const Child *child, ClaimAccess access,
                             bool prepared) {
        RecipientOptions options = {
                .label = "test.service",
                .pid = child->pid,
                .pidfd = child->pidfd,
                .access = access,
                .prepared = prepared,
        };
        Recipient *recipient;

        g_assert_cmpint(recipient_new(&fixture->manager, &options, &recipient), ==, 0);
        return recipient;
}

Delivery *fixture_deliver(Recipient *recipient, const char *name, bool replaces) {
        _cleanup_(item_unref_cleanup) Item *item = NULL;
        int fd = memfd_create(name, MFD_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(write(fd, name, strlen(name)), ==, (ssize_t)strlen(name));
        item = item_new(fd, name, BELLHOP_KIND_MEMFD, 0);
        return recipient_deliver(recipient, item, "test.memfd", &fixture_settings, replaces);
}

static DeliveryState state_of(const void *delivery) {
        return ((const Delivery *)delivery)->state;
}

bool delivery_is_claimed(const void *delivery) {
        return state_of(delivery) == DELIVERY_CLAIMED;
}

bool delivery_is_rung(const void *delivery) {
        return state_of(delivery) == DELIVERY_RUNG;
}

bool delivery_is_late(const void *delivery) {
        return state_of(delivery) == DELIVERY_LATE;
}

bool delivery_is_failed(const void *delivery) {
        return state_of(delivery) == DELIVERY_FAILED;
}

bool delivery_is_not_ready(const void *delivery) {
        return state_of(delivery) == DELIVERY_NOT_READY;
}

bool delivery_is_returned(const void *delivery) {
        return delivery_state_is_ringable(state_of(delivery)) &&
               ((const Delivery *)delivery)->reason;
}

bool recipient_has_claimed_all(const void *recipient) {
        return recipient_count_unclaimed(recipient) == 0;
}

/* ---- the desk ---- */

/* By signalfd: a thread in sigwaitinfo(2) looks as if it had unblocked the signal. */
uint64_t desk_try_bell(int sig, int timeout_ms) {
        struct pollfd poll_fd = { .events = POLLIN };
        struct signalfd_siginfo info;
        sigset_t set;
        ssize_t n;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, sig);
        poll_fd.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        CHECK(poll_fd.fd >= 0);
        (void)poll(&poll_fd, 1, timeout_ms);
        n = read(poll_fd.fd, &info, sizeof(info));
        (void)close(poll_fd.fd);
        if (n != sizeof(info))
                return 0;
        return bell_address(info.ssi_code, info.ssi_errno, info.ssi_int);
}

uint64_t desk_wait_bell(int sig) {
        uint64_t address = desk_try_bell(sig, LIMIT_USEC / USEC_PER_MSEC);

        CHECK(address != 0);
        return address;
}

int desk_connect(uint64_t address) {
        struct sockaddr_un sockaddr;
        socklen_t length = bell_to_sockaddr(address, &sockaddr);
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        CHECK(fd >= 0);
        CHECK(connect(fd, (const struct sockaddr *)&sockaddr, length) == 0);
        return fd;
}

void desk_receive(int fd, DeskMessage *message) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(message->fds))];
        } control;
        struct iovec iov = { .iov_base = message->buffer, .iov_len = sizeof(message->buffer) };
        struct msghdr header = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control.space),
        };
        ssize_t n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);

        message->fd_count = 0;
        message->count = n < 0 ? -errno : 0;
        if (n <= 0)
                return;
        if (header.msg_controllen >= sizeof(struct cmsghdr))
                message->fd_count = (int)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(message->fds, CMSG_DATA(&control.header), (size_t)message->fd_count * sizeof(int));
        message->count = message_decode_items(message->buffer, (size_t)n, message->items,
                                              &message->remaining);
        CHECK(message->count > 0);
}

void desk_receipt(int fd, unsigned int taken) {
        uint8_t receipt[MESSAGE_HEADER_SIZE];

        message_encode_receipt(receipt, taken);
        CHECK(send(fd, receipt, sizeof(receipt), MSG_NOSIGNAL) == sizeof(receipt));
}

void desk_close_fds(DeskMessage *message) {
        for (int i = 0; i < message->fd_count; i++)
                (void)close(message->fds[i]);
}

/* Every descriptor must contain its item's name. */
static void check_content(const DeskMessage *message, int i) {
        const MessageItem *item = &message->items[i];
        char content[BELLHOP_NAME_MAX + 1];

        CHECK(pread(message->fds[i], content, sizeof(content), 0) == item->name_length);
        CHECK(memcmp(content, item->name, item->name_length) == 0);
}

int desk_claim_all(uint64_t address) {
        int fd = desk_connect(address), total = 0;
        DeskMessage message;

        for (;;) {
                desk_receive(fd, &message);
                if (message.count <= 0)
                        break;
                CHECK(message.fd_count == message.count);
                for (int i = 0; i < message.count; i++)
                        check_content(&message, i);
                desk_close_fds(&message);
                desk_receipt(fd, (unsigned int)message.count);
                total += message.count;
                if (message.remaining == 0)
                        break;
        }
        (void)close(fd);
        return total;
}

void desk_claim_once(Child *child) {
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}
