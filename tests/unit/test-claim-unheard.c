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

/* A child and what it is given, of which nobody has read the receipt. */
typedef struct Scene {
        Fixture fixture;
        Child child;
        Recipient *recipient;
        Delivery *delivery;
} Scene;

/* Until the child has given its receipt. */
static void scene_begin_with(Scene *scene, ChildMain main, RecipientOptions options) {
        fixture_init(&scene->fixture);
        child_start(&scene->child, main, NULL);
        options.pid = scene->child.pid;
        options.pidfd = scene->child.pidfd;
        g_assert_cmpint(recipient_new(&scene->fixture.manager, &options, &scene->recipient), ==, 0);
        scene->delivery = fixture_deliver(scene->recipient, "config", true);
        recipient_ring(scene->recipient);
        fixture_run_until(&scene->fixture, delivery_is_sent, scene->delivery);
        (void)child_read_report(&scene->child);
        g_assert_cmpint(scene->delivery->state, ==, DELIVERY_SENT);
}

static void scene_begin(Scene *scene, ChildMain main) {
        scene_begin_with(scene, main,
                         (RecipientOptions){ .label = "test.service",
                                             .access = CLAIM_ACCESS_MAIN,
                                             .prepared = true });
}

static void scene_end(Scene *scene) {
        recipient_free(scene->recipient);
        child_go(&scene->child);
        g_assert_cmpint(child_wait(&scene->child), ==, 0);
        fixture_done(&scene->fixture);
}

static void test_unheard_look(void) {
        Scene scene;

        scene_begin(&scene, desk_claim_once);
        recipient_look(scene.recipient);
        g_assert_cmpint(scene.delivery->state, ==, DELIVERY_CLAIMED);
        scene_end(&scene);
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
        Delivery *second;
        Scene scene;

        scene_begin(&scene, check_kept);
        second = fixture_deliver(scene.recipient, "later", false);
        recipient_ring(scene.recipient);
        g_assert_cmpint(scene.delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpint(second->state, ==, DELIVERY_SENT);
        fixture_run_until(&scene.fixture, delivery_is_claimed, second);
        scene_end(&scene);
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
        Scene scene;

        scene_begin_with(&scene, claim_and_end,
                         (RecipientOptions){ .label = "a visitor",
                                             .watch = true,
                                             .changed = count_claimed,
                                             .userdata = &claimed });
        g_assert_cmpint(child_wait(&scene.child), ==, 0);
        fixture_run_until(&scene.fixture, nobody_is_left, &scene.fixture.manager);
        g_assert_cmpuint(claimed, ==, 1);
        fixture_done(&scene.fixture);
}

/* Its owner lets go of it, though it lives. */
static void test_unheard_forgotten(void) {
        Transport *transport;
        Scene scene;

        scene_begin(&scene, desk_claim_once);
        transport = scene.fixture.manager.transport;
        transport->vtable->forget(transport, scene.recipient);
        g_assert_cmpint(scene.delivery->state, ==, DELIVERY_CLAIMED);
        scene_end(&scene);
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
        Delivery *later;
        Scene scene;

        scene_begin(&scene, claim_again_unasked);
        fixture_run_until(&scene.fixture, recipient_has_claimed_all, scene.recipient);
        later = fixture_deliver(scene.recipient, "later", false);
        child_go(&scene.child);
        fixture_run_until(&scene.fixture, delivery_is_sent, later);
        (void)sd_event_source_get_enabled(scene.recipient->retry_timer, &enabled);
        g_assert_cmpint(enabled, !=, SD_EVENT_OFF);
        fixture_run_until(&scene.fixture, delivery_is_claimed, later);
        scene_end(&scene);
}

/* We have been stopped, or had no processor, for more than the second that a desk is given. */
static void test_unheard_late(void) {
        TransportSocket *transport;
        Scene scene;

        scene_begin(&scene, desk_claim_once);
        transport = transport_socket_of(scene.fixture.manager.transport);
        ((Claim *)transport->claims.head->data)->deadline_usec = 0;
        claim_expire(transport);
        g_assert_cmpint(scene.delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpuint(scene.recipient->rings, ==, 1);
        scene_end(&scene);
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
        Scene scene;

        scene_begin_with(&scene, claim_and_come_back,
                         (RecipientOptions){ .label = "test.service",
                                             .prepared = true,
                                             .changed = deliver_another,
                                             .userdata = &another });
        fixture_run_until(&scene.fixture, recipient_has_claimed_all, scene.recipient);
        g_assert_nonnull(another);
        g_assert_cmpint(another->state, ==, DELIVERY_CLAIMED);
        scene_end(&scene);
}

static void ring_other(Recipient *recipient, Delivery *delivery, void *userdata) {
        Recipient *other = *(Recipient **)userdata;

        if (other && delivery->state == DELIVERY_CLAIMED)
                recipient_ring(other);
}

static void await_go(Child *child) {
        child_await_go(child);
}

/* Who is told of a receipt rings for somebody new, for whom all who wait are judged first where the
 * kernel can't say who they are: the same desk is back, whose conversation is just being settled.
 */
static void test_unheard_judged(void) {
        Recipient *other = NULL;
        TransportSocket *transport;
        Delivery *later;
        Child child;
        Scene scene;

        scene_begin_with(&scene, claim_and_come_back,
                         (RecipientOptions){ .label = "test.service",
                                             .prepared = true,
                                             .changed = ring_other,
                                             .userdata = &other });
        child_start(&child, await_go, NULL);
        other = fixture_recipient(&scene.fixture, &child, CLAIM_ACCESS_MAIN, true);
        (void)fixture_deliver(other, "config", true);
        transport = transport_socket_of(scene.fixture.manager.transport);
        transport->peers.pidfd = false;
        recipient_look(scene.recipient);
        g_assert_cmpint(scene.delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpuint(other->rings, ==, 1);
        later = fixture_deliver(scene.recipient, "later", false);
        recipient_ring(scene.recipient);
        fixture_run_until(&scene.fixture, delivery_is_claimed, later);
        recipient_free(other);
        child_go(&child);
        g_assert_cmpint(child_wait(&child), ==, 0);
        scene_end(&scene);
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

/* ---- desks that never answer ---- */

static void stay_silent_after(Child *child, int receipts) {
        int fd = desk_connect(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        DeskMessage message;

        for (int i = 0; i <= receipts; i++) {
                desk_receive(fd, &message);
                CHECK(message.count > 0);
                if (i < receipts)
                        desk_receipt(fd, (unsigned int)message.count);
                child_report(child, i);
        }
        desk_receive(fd, &message);
        CHECK(message.count == 0); /* closed */
        child_await_go(child);
}

static void stay_silent(Child *child) {
        stay_silent_after(child, 0);
}

static void fall_silent(Child *child) {
        stay_silent_after(child, 1);
}

static bool nobody_talks(const void *transport) {
        return !((const TransportSocket *)transport)->claims.head;
}

/* With nobody who looks, its own time has to end it. */
static void scene_end_silent(Scene *scene) {
        TransportSocket *transport = transport_socket_of(scene->fixture.manager.transport);

        g_assert_false(nobody_talks(transport));
        (void)sd_event_source_set_enabled(scene->recipient->retry_timer, SD_EVENT_OFF);
        fixture_run_until(&scene->fixture, nobody_talks, transport);
        scene_end(scene);
}

/* By somebody who walks, so that the desk can't be heard just then; and nothing waits any more. */
static void test_silent_withdrawn(void) {
        Scene scene;

        scene_begin(&scene, stay_silent);
        scene.recipient->walks++;
        recipient_withdraw(scene.recipient, "test.memfd", NULL);
        scene.recipient->walks--;
        g_assert_cmpint(scene.delivery->state, ==, DELIVERY_CANCELLED);
        scene_end_silent(&scene);
}

/* With more than a message holds, its receipt is waited for from the start. */
static void test_silent_more(void) {
        Scene scene;

        fixture_init(&scene.fixture);
        child_start(&scene.child, stay_silent, NULL);
        scene.recipient = fixture_recipient(&scene.fixture, &scene.child, CLAIM_ACCESS_MAIN, true);
        for (unsigned int i = 0; i <= MESSAGE_ITEMS_MAX; i++)
                scene.delivery = fixture_deliver(scene.recipient, "config", false);
        recipient_ring(scene.recipient);
        (void)fixture_run_until_report(&scene.fixture, &scene.child);
        g_assert_cmpuint(scene.recipient->counts[DELIVERY_SENT], ==, MESSAGE_ITEMS_MAX);
        scene_end_silent(&scene);
}

/* It has answered once, and the connection rested until the timer had nothing to run for. */
static void test_silent_later(void) {
        TransportSocket *transport;
        Scene scene;

        scene_begin(&scene, fall_silent);
        recipient_look(scene.recipient);
        transport = transport_socket_of(scene.fixture.manager.transport);
        g_assert_true(nobody_talks(transport));
        (void)sd_event_source_set_enabled(transport->claim_timer, SD_EVENT_OFF);
        (void)fixture_deliver(scene.recipient, "later", false);
        recipient_ring(scene.recipient);
        scene_end_silent(&scene);
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
        g_test_add_func("/claim-unheard/judged", test_unheard_judged);
        g_test_add_func("/claim-unheard/many", test_unheard_many);
        g_test_add_func("/claim-unheard/silent-withdrawn", test_silent_withdrawn);
        g_test_add_func("/claim-unheard/silent-more", test_silent_more);
        g_test_add_func("/claim-unheard/silent-later", test_silent_later);
        return g_test_run();
}
