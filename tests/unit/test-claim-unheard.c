/* SPDX-License-Identifier: MIT */
/* A last receipt is read at leisure, or before it matters. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "delivery-fixture.h"
#include "transport-socket.h"

static bool delivery_is_sent(const void *delivery) {
        return ((const Delivery *)delivery)->state == DELIVERY_SENT;
}

/* Until the child has given its receipt, which nobody has read. */
static Delivery *run_unheard(Fixture *fixture, Child *child, Recipient *recipient) {
        Delivery *delivery = fixture_deliver(recipient, "config", true);

        recipient_ring(recipient);
        fixture_run_until(fixture, delivery_is_sent, delivery);
        (void)child_read_report(child);
        g_assert_cmpint(delivery->state, ==, DELIVERY_SENT);
        return delivery;
}

static void test_unheard_look(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, desk_claim_once, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        delivery = run_unheard(&fixture, &child, recipient);
        recipient_look(recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static void check_kept(Child *child) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        for (int i = 0; i < 2; i++) {
                desk_receive(fd, &message);
                CHECK(message.count == 1);
                desk_receipt(fd, 1);
                child_report(child, i);
        }
        child_await_go(child);
}

/* What comes next isn't held up: it takes the connection that the receipt gives free. */
static void test_unheard_next(void) {
        Delivery *first, *second;
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, check_kept, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        first = run_unheard(&fixture, &child, recipient);
        second = fixture_deliver(recipient, "later", false);
        recipient_ring(recipient);
        g_assert_cmpint(first->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpint(second->state, ==, DELIVERY_SENT);
        fixture_run_until(&fixture, delivery_is_claimed, second);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static void count_claimed(Recipient *recipient, Delivery *delivery, void *userdata) {
        unsigned int *count = userdata;

        *count += delivery->state == DELIVERY_CLAIMED;
}

static bool nobody_is_left(const void *manager) {
        return g_hash_table_size(((const Manager *)manager)->recipients) == 0;
}

static void claim_and_end(Child *child) {
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
}

/* A visitor that has what it came for, and ends. */
static void test_unheard_end(void) {
        unsigned int claimed = 0;
        RecipientOptions options = {
                .label = "a visitor", .watch = true, .changed = count_claimed, .userdata = &claimed
        };
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, claim_and_end, NULL);
        options.pid = child.pid;
        options.pidfd = child.pidfd;
        g_assert_cmpint(recipient_new(&fixture.manager, &options, &recipient), ==, 0);
        (void)run_unheard(&fixture, &child, recipient);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_run_until(&fixture, nobody_is_left, &fixture.manager);
        g_assert_cmpuint(claimed, ==, 1);
        fixture_done(&fixture);
}

/* Its owner lets go of it, though it lives. */
static void test_unheard_forgotten(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, desk_claim_once, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        delivery = run_unheard(&fixture, &child, recipient);
        fixture.manager.transport->vtable->forget(fixture.manager.transport, recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static void claim_again_unasked(Child *child) {
        uint64_t address = desk_wait_bell(BELLHOP_SIGNAL_MEMFD);

        for (int i = 0; i < 2; i++) {
                child_report(child, desk_claim_all(address));
                child_await_go(child);
        }
}

/* A desk comes before it is rung for what is new: no timer runs yet that would look. */
static void test_unheard_unasked(void) {
        int enabled = SD_EVENT_OFF;
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, claim_again_unasked, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        (void)run_unheard(&fixture, &child, recipient);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
        delivery = fixture_deliver(recipient, "later", false);
        child_go(&child);
        fixture_run_until(&fixture, delivery_is_sent, delivery);
        (void)sd_event_source_get_enabled(recipient->retry_timer, &enabled);
        g_assert_cmpint(enabled, !=, SD_EVENT_OFF);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* We have been stopped, or had no processor, for more than the second that a desk is given. */
static void test_unheard_late(void) {
        TransportSocket *transport;
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        transport = transport_socket_of(fixture.manager.transport);
        child_start(&child, desk_claim_once, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        delivery = run_unheard(&fixture, &child, recipient);
        ((Claim *)transport->claims.head->data)->deadline_usec = 0;
        claim_expire(transport);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpuint(recipient->rings, ==, 1);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* Goes away with the last receipt, and is back before that was read. */
static void claim_and_come_back(Child *child) {
        uint64_t address = desk_wait_bell(BELLHOP_SIGNAL_MEMFD);
        DeskMessage message;
        int fd;

        CHECK(desk_claim_all(address) == 1);
        fd = desk_connect(address);
        child_report(child, 1);
        desk_receive(fd, &message);
        if (message.count == 1)
                desk_receipt(fd, 1);
        else
                CHECK(desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)) == 1);
        child_await_go(child);
}

static void deliver_another(Recipient *recipient, Delivery *delivery, void *userdata) {
        Delivery **another = userdata;

        if (*another || delivery->state != DELIVERY_CLAIMED)
                return;
        *another = fixture_deliver(recipient, "later", false);
        recipient_ring(recipient);
}

/* Who is told of a receipt has more to give, at once. */
static void test_unheard_told(void) {
        Delivery *another = NULL;
        RecipientOptions options = { .label = "test.service",
                                     .prepared = true,
                                     .changed = deliver_another,
                                     .userdata = &another };
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, claim_and_come_back, NULL);
        options.pid = child.pid;
        options.pidfd = child.pidfd;
        g_assert_cmpint(recipient_new(&fixture.manager, &options, &recipient), ==, 0);
        (void)run_unheard(&fixture, &child, recipient);
        fixture_run_until(&fixture, recipient_has_claimed_all, recipient);
        g_assert_nonnull(another);
        g_assert_cmpint(another->state, ==, DELIVERY_CLAIMED);
        recipient_free(recipient);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static void claim_as_user(Child *child) {
        CHECK(getuid() != 0 || setuid(65534) == 0);
        desk_claim_once(child);
}

/* More desks of one user than may be heard at a time have come, and are done. */
static void test_unheard_many(void) {
        Recipient *recipients[CLAIM_PER_UID_MAX + 1];
        Child children[CLAIM_PER_UID_MAX + 1];
        Fixture fixture;

        fixture_init(&fixture);
        for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
                child_start(&children[i], claim_as_user, NULL);
                recipients[i] = fixture_recipient(&fixture, &children[i], CLAIM_ACCESS_MAIN, true);
                (void)fixture_deliver(recipients[i], "config", true);
                recipient_ring(recipients[i]);
                /* Nobody looks by himself, nor rings again. */
                (void)sd_event_source_set_enabled(recipients[i]->retry_timer, SD_EVENT_OFF);
                g_assert_cmpint(fixture_run_until_report(&fixture, &children[i]), ==, 1);
        }
        for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
                recipient_look(recipients[i]);
                g_assert_true(recipient_has_claimed_all(recipients[i]));
                recipient_free(recipients[i]);
                child_go(&children[i]);
                g_assert_cmpint(child_wait(&children[i]), ==, 0);
        }
        fixture_done(&fixture);
}

int main(int argc, char **argv) {
        if (!fixture_is_possible())
                return 0;
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/claim-unheard/look", test_unheard_look);
        g_test_add_func("/claim-unheard/next", test_unheard_next);
        g_test_add_func("/claim-unheard/end", test_unheard_end);
        g_test_add_func("/claim-unheard/forgotten", test_unheard_forgotten);
        g_test_add_func("/claim-unheard/unasked", test_unheard_unasked);
        g_test_add_func("/claim-unheard/late", test_unheard_late);
        g_test_add_func("/claim-unheard/told", test_unheard_told);
        g_test_add_func("/claim-unheard/many", test_unheard_many);
        return g_test_run();
}
