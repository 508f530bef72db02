/* SPDX-License-Identifier: MIT */
/* Who gets nothing at the claim socket, and who may come though he isn't the main process. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bell.h"
#include "delivery-fixture.h"
#include "fd.h"
#include "transport-socket.h"

/* ---- strangers ---- */

/* Has no delivery; knows the address all the same. */
static void be_stranger(Child *child) {
        const uint64_t *address = child->argument;

        child_report(child, desk_claim_all(*address));
}

static void test_stranger(void) {
        Child stranger, child;
        Recipient *recipient;
        Delivery *delivery;
        uint64_t address;
        Fixture fixture;

        fixture_init(&fixture);
        address = fixture_address(&fixture);
        child_start(&child, desk_claim_once, NULL);
        g_assert_cmpint(kill(child.pid, SIGSTOP), ==, 0);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        child_start(&stranger, be_stranger, &address);
        g_assert_cmpint(fixture_run_until_report(&fixture, &stranger), ==, 0);
        g_assert_cmpint(delivery->state, ==, DELIVERY_RUNG);
        g_assert_cmpint(kill(child.pid, SIGCONT), ==, 0);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        recipient_free(recipient);
        child_stop(&stranger);
        child_stop(&child);
        fixture_done(&fixture);
}

/* Connects as fast as it can, and leaves garbage. */
static void flood(Child *child) {
        const uint64_t *address = child->argument;
        struct sockaddr_un sockaddr;
        socklen_t length = bell_to_sockaddr(*address, &sockaddr);

        for (unsigned int i = 0; i < 10000; i++) {
                int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

                CHECK(connect(fd, (const struct sockaddr *)&sockaddr, length) == 0);
                (void)send(fd, "garbage", 7, MSG_NOSIGNAL | MSG_DONTWAIT);
                (void)close(fd);
                if (i == 100)
                        child_report(child, 0);
        }
        child_report(child, 1);
}

#define FLOOD_CLAIMS 21

/* Claims one after the other, while the flood goes on: everybody has his turn. */
static void test_flood(void) {
        uint64_t address;
        Child flooder, child;
        Recipient *recipient;
        Fixture fixture;

        fixture_init(&fixture);
        address = fixture_address(&fixture);
        child_start(&flooder, flood, &address);
        g_assert_cmpint(fixture_run_until_report(&fixture, &flooder), ==, 0);
        flooder.has_reported = false;
        for (size_t i = 0; i < FLOOD_CLAIMS; i++) {
                child_start(&child, desk_claim_once, NULL);
                recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
                (void)fixture_deliver(recipient, "config", false);
                recipient_ring(recipient);
                fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
                recipient_free(recipient);
                child_go(&child);
                (void)child_wait(&child);
        }
        g_assert_cmpint(fixture_run_until_report(&fixture, &flooder), ==, 1);
        fixture_run_pending(&fixture);
        g_assert_cmpuint(transport_socket_of(fixture.manager.transport)->strangers, >=, 10000);
        g_assert_cmpint(child_wait(&flooder), ==, 0);
        fixture_done(&fixture);
}

/* ---- ClaimAccess= ---- */

/* As a wrapper does: its child is the one with the desk. */
static void fork_and_claim(Child *child) {
        uint64_t address = child->argument ? *(const uint64_t *)child->argument : 0;
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid == 0) {
                if (address == 0)
                        address = desk_wait_bell(BELLHOP_SIGNAL_MEMFD);
                child_report(child, desk_claim_all(address));
        }
        child_await_go(child);
}

static void test_access_all(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, fork_and_claim, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_ALL, true);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        g_assert_cmpint(recipient->rings, >=, 2);
        recipient_free(recipient);
        child_go(&child);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* The same without being allowed to; and a stranger where the service may. */
static void test_access_refused(void) {
        Recipient *recipient;
        Child child, stranger;
        Delivery *delivery;
        uint64_t address;
        Fixture fixture;

        fixture_init(&fixture);
        address = fixture_address(&fixture);
        child_start(&child, fork_and_claim, &address);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 0);
        g_assert_cmpint(delivery->state, ==, DELIVERY_RUNG);

        recipient_free(recipient);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_ALL, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        child_start(&stranger, be_stranger, &address);
        g_assert_cmpint(fixture_run_until_report(&fixture, &stranger), ==, 0);
        g_assert_cmpint(delivery->state, ==, DELIVERY_RUNG);
        recipient_free(recipient);
        g_assert_cmpint(child_wait(&stranger), ==, 0);
        child_go(&child);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* ---- another network namespace ---- */

static void move_and_claim(Child *child) {
        child_report(child, unshare(CLONE_NEWNET) < 0 ? errno : 0);
        child_await_go(child);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static void test_network_namespace(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, move_and_claim, NULL);
        if (child_read_report(&child) != 0) {
                g_test_skip("no network namespace can be made here");
                child_stop(&child);
                fixture_done(&fixture);
                return;
        }
        child_go(&child);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        recipient_free(recipient);
        g_assert_cmpint(transport_socket_of(fixture.manager.transport)->other_sockets->len, ==, 0);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* ---- descriptors ---- */

/* Somebody who sends us a descriptor could make us wait for its close. */
static void send_rights(Child *child) {
        const uint64_t *address = child->argument;
        int fd = desk_connect(*address);
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { .header = { .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS,
                                  .cmsg_len = CMSG_LEN(sizeof(int)) } };
        struct iovec iov = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control.space) };

        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        child_report(child, sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? errno : 0);
}

static void test_rights_refused(void) {
        uint64_t address;
        Fixture fixture;
        Child child;
        int one = 1;

        fixture_init(&fixture);
        address = fixture_address(&fixture);
        if (setsockopt(transport_socket_of(fixture.manager.transport)->own_socket->fd, SOL_SOCKET,
                       83 /* SO_PASSRIGHTS */, &(int){ 0 }, sizeof(one)) < 0) {
                g_test_skip("this kernel can't refuse descriptors");
        } else {
                /* The loop doesn't run: the connection waits to be accepted. */
                child_start(&child, send_rights, &address);
                g_assert_cmpint(child_read_report(&child), ==, EPERM);
                g_assert_cmpint(child_wait(&child), ==, 0);
        }
        fixture_done(&fixture);
}

static void be_turned_away(Child *child) {
        const uint64_t *address = child->argument;
        DeskMessage message;
        int fd = desk_connect(*address);

        child_report(child, 0);
        desk_receive(fd, &message);
        _exit(message.count);
}

/* With no descriptor left the listener doesn't stay readable: who comes is turned away. */
static void test_no_descriptors(void) {
        struct rlimit limit, low;
        uint64_t address;
        Fixture fixture;
        Child child;
        int next;

        fixture_init(&fixture);
        address = fixture_address(&fixture);
        child_start(&child, be_turned_away, &address);
        g_assert_cmpint(child_read_report(&child), ==, 0);

        g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
        low = limit;
        next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
        fd_close(next);
        low.rlim_cur = (rlim_t)next;
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
        fixture_run_pending(&fixture);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

int main(int argc, char **argv) {
        if (!fixture_is_possible())
                return 0;
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/claim-access/stranger", test_stranger);
        g_test_add_func("/claim-access/flood", test_flood);
        g_test_add_func("/claim-access/access-all", test_access_all);
        g_test_add_func("/claim-access/access-refused", test_access_refused);
        g_test_add_func("/claim-access/network-namespace", test_network_namespace);
        g_test_add_func("/claim-access/rights-refused", test_rights_refused);
        g_test_add_func("/claim-access/no-descriptors", test_no_descriptors);
        return g_test_run();
}
