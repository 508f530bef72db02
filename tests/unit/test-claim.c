/* SPDX-License-Identifier: MIT */
/* Conversations with desks: who gets what, and what comes of those that are out of rule. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "delivery-fixture.h"

/* ---- the usual ---- */

/* Delivers so many to a child that takes them all. */
static void run_claim(unsigned int count) {
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, desk_claim_once, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        for (unsigned int i = 0; i < count; i++) {
                g_autofree char *name = g_strdup_printf("item-%u", i);

                (void)fixture_deliver(recipient, name, i % 2);
        }
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, (int)count);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static void test_one(void) {
        run_claim(1);
}

static void test_thousand(void) {
        struct rlimit limit;

        g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
        limit.rlim_cur = MIN(limit.rlim_max, 4096);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
        run_claim(1000);
}

/* What the message says of an item. The connection stays; what comes later comes by it. */
static void check_record(Child *child) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        desk_receive(fd, &message);
        CHECK(message.count == 2 && message.fd_count == 2 && message.remaining == 0);
        CHECK(message.items[0].kind == BELLHOP_KIND_MEMFD);
        CHECK(message.items[0].signal == BELLHOP_SIGNAL_MEMFD);
        CHECK(message.items[0].flags == BELLHOP_ITEM_REPLACES);
        CHECK(message.items[1].flags == 0);
        CHECK(fcntl(message.fds[0], F_GETFD) == FD_CLOEXEC);
        desk_receipt(fd, 2);
        child_report(child, 0);

        desk_receive(fd, &message);
        CHECK(message.count == 1 && message.remaining == 0);
        CHECK(desk_wait_bell(BELLHOP_SIGNAL_MEMFD) != 0);
        desk_receipt(fd, 1);
        child_await_go(child);
}

static void test_record(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, check_record, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        (void)fixture_deliver(recipient, "config", true);
        (void)fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 0);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);

        delivery = fixture_deliver(recipient, "later", false);
        recipient_ring(recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_SENT);
        g_assert_cmpint(recipient->rings, ==, 2);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        recipient_free(recipient);
        fixture_done(&fixture);
}

/* A desk that has gone deaf since, and kept its connection: the item comes, the bell doesn't. */
static void go_deaf(Child *child) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;
        sigset_t set;

        desk_receive(fd, &message);
        desk_receipt(fd, 1);
        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_MEMFD);
        (void)signal(BELLHOP_SIGNAL_MEMFD, SIG_DFL);
        (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
        child_report(child, 0);
        desk_receive(fd, &message);
        CHECK(message.count == 1);
        desk_receipt(fd, 1);
        child_await_go(child);
}

static void test_gone_deaf(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, go_deaf, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        (void)fixture_deliver(recipient, "config", true);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 0);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
        delivery = fixture_deliver(recipient, "later", false);
        recipient_ring(recipient);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        g_assert_cmpint(recipient->rings, ==, 1);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        recipient_free(recipient);
        fixture_done(&fixture);
}

/* A desk that is closed between two deliveries, and one that never reads the second. */
static void close_desk(Child *child) {
        for (;;) {
                int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
                DeskMessage message;

                desk_receive(fd, &message);
                if (message.count == 0) { /* the kept one still counts */
                        (void)close(fd);
                        continue;
                }
                desk_receipt(fd, 1);
                child_await_go(child);
                if (!child->argument)
                        (void)close(fd);
                child_report(child, 0);
        }
}

static void test_kept_in_vain(const void *keeps) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, close_desk, keeps);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        (void)fixture_deliver(recipient, "config", true);
        recipient_ring(recipient);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
        child_go(&child);
        g_assert_cmpint(child_read_report(&child), ==, 0);

        /* The loop hasn't seen yet what became of the connection. */
        delivery = fixture_deliver(recipient, "later", false);
        recipient_ring(recipient);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        child_stop(&child);
        recipient_free(recipient);
        fixture_done(&fixture);
}

/* ---- desks out of rule ---- */

typedef struct Rudeness {
        const char *name;
        size_t length;      /* of the answer; 0: none */
        unsigned int count; /* items that it says it took */
        uint8_t type;
        bool hang_up;
        const char *reason;
} Rudeness;

static const Rudeness rudenesses[] = {
        { "short", 15, 1, 2, false, "answered out of rule" },
        { "long", 17, 1, 2, false, "answered out of rule" },
        { "huge", 65536, 1, 2, false, "answered out of rule" },
        { "too-many", 16, 2, 2, false, "answered out of rule" },
        { "wrong-type", 16, 1, 1, false, "answered out of rule" },
        { "none", 0, 0, 2, true, "hung up without a receipt" },
        { "silent", 0, 0, 2, false, "gave no receipt within a second" },
        { "no-room", 16, 0, 2, false, "no room for it in the recipient's descriptor table" },
};

static void be_rude(Child *child) {
        const Rudeness *rudeness = child->argument;
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        static uint8_t answer[65536];
        DeskMessage message;

        desk_receive(fd, &message);
        CHECK(message.count == 1);
        desk_close_fds(&message);
        message_encode_receipt(answer, rudeness->count);
        answer[5] = rudeness->type;
        if (rudeness->length > 0)
                CHECK(send(fd, answer, rudeness->length, MSG_NOSIGNAL) ==
                      (ssize_t)rudeness->length);
        if (rudeness->hang_up)
                (void)close(fd);
        child_await_go(child);

        /* Whatever it did, the item is still to be had. */
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static void test_rude(const void *data) {
        const Rudeness *rudeness = data;
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, be_rude, rudeness);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        fixture_run_until(&fixture, delivery_is_returned, delivery);
        g_assert_true(g_str_has_suffix(delivery->reason, rudeness->reason));
        child_go(&child);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* Dies with the message in its hands. */
static void die_in_the_middle(Child *child) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        desk_receive(fd, &message);
        _exit(7);
}

static void test_die_in_the_middle(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, die_in_the_middle, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        fixture_run_until(&fixture, delivery_is_returned, delivery);
        g_assert_nonnull(delivery->item);
        recipient_free(recipient);
        (void)child_wait(&child);
        fixture_done(&fixture);
}

/* A receipt for three of five; then the rest. */
static void have_little_room(Child *child) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        desk_receive(fd, &message);
        CHECK(message.count == 5);
        desk_receipt(fd, 3);
        desk_receive(fd, &message);
        CHECK(message.count == 0); /* closed: it has no room */
        child_report(child, 3);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static void test_partial_receipt(void) {
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, have_little_room, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        for (unsigned int i = 0; i < 5; i++)
                (void)fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 3);
        g_assert_cmpint(recipient->counts[DELIVERY_CLAIMED], ==, 3);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 2);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* Two conversations at once, from one process: the second has nothing. */
static void claim_twice(Child *child) {
        uint64_t address = desk_wait_bell(BELLHOP_SIGNAL_MEMFD);
        int first = desk_connect(address), second;
        DeskMessage message;

        desk_receive(first, &message);
        CHECK(message.count == 1);
        second = desk_connect(address);
        desk_receive(second, &message);
        CHECK(message.count == 0);
        desk_receipt(first, 1);
        child_report(child, 0);
        child_await_go(child);
}

static void test_one_conversation(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, claim_twice, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 0);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* ---- superseded on the way ---- */

static void take_late(Child *child) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        desk_receive(fd, &message);
        child_report(child, message.count);
        child_await_go(child);
        desk_receipt(fd, 1);
        (void)close(fd);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static void test_superseded_on_the_way(void) {
        Delivery *first, *second;
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, take_late, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        first = fixture_deliver(recipient, "config", true);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        g_assert_cmpint(first->state, ==, DELIVERY_SENT);
        second = fixture_deliver(recipient, "config", true);
        g_assert_cmpint(first->state, ==, DELIVERY_CANCELLED);
        recipient_ring(recipient);
        child_go(&child);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, second);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

int main(int argc, char **argv) {
        if (!fixture_is_possible())
                return 0;
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/claim/one", test_one);
        g_test_add_func("/claim/thousand", test_thousand);
        g_test_add_func("/claim/record", test_record);
        g_test_add_func("/claim/gone-deaf", test_gone_deaf);
        g_test_add_data_func("/claim/kept-and-closed", NULL, test_kept_in_vain);
        g_test_add_data_func("/claim/kept-and-unread", "", test_kept_in_vain);
        for (size_t i = 0; i < ARRAY_SIZE(rudenesses); i++) {
                g_autofree char *path = g_strconcat("/claim/rude/", rudenesses[i].name, NULL);

                g_test_add_data_func(path, &rudenesses[i], test_rude);
        }
        g_test_add_func("/claim/die-in-the-middle", test_die_in_the_middle);
        g_test_add_func("/claim/partial-receipt", test_partial_receipt);
        g_test_add_func("/claim/one-conversation", test_one_conversation);
        g_test_add_func("/claim/superseded-on-the-way", test_superseded_on_the_way);
        return g_test_run();
}
