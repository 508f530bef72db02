/* SPDX-License-Identifier: MIT */
/* When a recipient is rung, when it isn't, and how long. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "delivery-fixture.h"
#include "process-tree.h"

/* A desk that answers every bell until it is killed, and reports how much it took. */
static void serve(Child *child) {
        for (;;) {
                int taken = desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD));

                if (taken > 0)
                        child_report(child, taken);
        }
}

static void test_claim(void) {
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, serve, NULL);
        for (int prepared = 0; prepared < 2; prepared++) {
                Recipient *recipient =
                        fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, prepared);
                Delivery *delivery = fixture_deliver(recipient, "config", false);

                g_assert_cmpint(delivery->state, ==, DELIVERY_WAITING);
                recipient_ring(recipient);
                g_assert_cmpint(delivery->state, ==, DELIVERY_RUNG);
                recipient_ring(recipient);
                g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
                fixture_run_until(&fixture, delivery_is_claimed, delivery);
                g_assert_null(delivery->item);
                g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 0);
                recipient_free(recipient);
        }
        child_stop(&child);
        fixture_done(&fixture);
}

/* Loses the first bell, and answers the second. */
static void lose_a_bell(Child *child) {
        (void)desk_wait_bell(BELLHOP_SIGNAL_MEMFD);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static void test_lost_bell(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, lose_a_bell, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        g_assert_cmpint(recipient->rings, ==, 2);
        child_go(&child);
        recipient_free(recipient);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

/* Would die of the bell, until it is told to get ready. */
static void be_deaf(Child *child) {
        sigset_t set, old;

        (void)signal(BELLHOP_SIGNAL_MEMFD, SIG_DFL);
        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_MEMFD);
        (void)sigprocmask(SIG_UNBLOCK, &set, &old);
        child_report(child, 0);
        child_await_go(child);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static bool was_rung_at_half_second(const void *recipient) {
        return ((const Recipient *)recipient)->retry_usec >= USEC_PER_SEC / 2;
}

static void test_not_ready(void) {
        g_autofree char *label = NULL, *expected = NULL;
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, be_deaf, NULL);
        g_assert_cmpint(child_read_report(&child), ==, 0);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_NOT_READY);
        label = process_label(child.pid);
        expected = g_strdup_printf("%s is not ready for RTMIN+10: thread %d neither blocks nor "
                                   "handles it",
                                   label, (int)child.pid);
        g_assert_cmpstr(delivery->reason, ==, expected);

        /* Many looks later it still is alive. */
        fixture_run_until(&fixture, was_rung_at_half_second, recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_NOT_READY);
        g_assert_cmpint(recipient->rings, ==, 0);

        child_go(&child);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        g_assert_null(delivery->reason);
        child_go(&child);
        recipient_free(recipient);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static void have_full_queue(Child *child) {
        struct rlimit limit;

        CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0);
        limit.rlim_cur = 0;
        CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
        child_report(child, 0);
        child_await_go(child);
        limit.rlim_cur = limit.rlim_max;
        CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

static void test_queue_full(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, have_full_queue, NULL);
        g_assert_cmpint(child_read_report(&child), ==, 0);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_QUEUE_FULL);
        g_assert_nonnull(strstr(delivery->reason, "RLIMIT_SIGPENDING"));
        child_go(&child);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        child_go(&child);
        recipient_free(recipient);
        g_assert_cmpint(child_wait(&child), ==, 0);
        fixture_done(&fixture);
}

static bool has_retried(const void *recipient) {
        return ((const Recipient *)recipient)->retry_usec >= 64 * USEC_PER_MSEC;
}

/* A stopped process keeps the one bell: it is seen to be pending. */
static void test_stopped(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, serve, NULL);
        g_assert_cmpint(kill(child.pid, SIGSTOP), ==, 0);
        g_assert_cmpint(waitpid(child.pid, &(int){ 0 }, WUNTRACED), ==, child.pid);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        fixture_run_until(&fixture, has_retried, recipient);
        g_assert_cmpint(recipient->rings, ==, 1);
        g_assert_cmpint(delivery->state, ==, DELIVERY_RUNG);
        g_assert_cmpint(kill(child.pid, SIGCONT), ==, 0);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        fixture_run_until(&fixture, delivery_is_claimed, delivery);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

/* Has no desk. */
static void idle(Child *child) {
        child_report(child, 0);
        child_await_go(child);
}

static Delivery *deliver_with(Recipient *recipient, const DeliverySettings *settings) {
        _cleanup_(item_unref_cleanup) Item *item =
                item_new(memfd_create("x", MFD_CLOEXEC), "config", BELLHOP_KIND_MEMFD, 0);

        return recipient_deliver(recipient, item, "test.memfd", settings, false);
}

/* A service may claim later what it hasn't claimed in time; and it isn't woken for it all the time.
 */
static void test_late(void) {
        const DeliverySettings settings = { .claim_timeout = 50 * USEC_PER_MSEC };
        g_autofree char *expected = NULL;
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        g_assert_cmpint(child_read_report(&child), ==, 0);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = deliver_with(recipient, &settings);
        recipient_ring(recipient);
        fixture_run_until(&fixture, delivery_is_late, delivery);
        expected = g_strdup_printf("not claimed within 50ms: pid %d never answered the bell",
                                   (int)child.pid);
        g_assert_cmpstr(delivery->reason, ==, expected);
        g_assert_nonnull(delivery->item);
        g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 1);
        g_assert_cmpint(recipient_count_ringable(recipient), ==, 1);
        recipient_withdraw(recipient, "test.memfd", NULL);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CANCELLED);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

/* Nobody is waited for behind whose back somebody else waits. */
static void test_timeout(void) {
        const DeliverySettings settings = { .claim_timeout = 50 * USEC_PER_MSEC };
        _cleanup_(item_unref_cleanup) Item *connection =
                item_new(memfd_create("x", MFD_CLOEXEC), "connection", BELLHOP_KIND_CONNECTION, 0);
        g_autofree char *expected = NULL;
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        g_assert_cmpint(child_read_report(&child), ==, 0);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = recipient_deliver(recipient, connection, "test.socket", &settings, false);
        recipient_ring(recipient);
        fixture_run_until(&fixture, delivery_is_failed, delivery);
        expected = g_strdup_printf("not claimed within 50ms: pid %d never answered the bell",
                                   (int)child.pid);
        g_assert_cmpstr(delivery->reason, ==, expected);
        g_assert_null(delivery->item);
        g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 1);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

static void test_transport_kernel(void) {
        const DeliverySettings settings = {
                .claim_timeout = TIME_INFINITY,
                .transport = TRANSPORT_KERNEL,
        };
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        delivery = deliver_with(recipient, &settings);
        g_assert_cmpint(delivery->state, ==, DELIVERY_FAILED);
        g_assert_cmpstr(delivery->reason, ==, "this kernel has no sendfd()");
        recipient_ring(recipient);
        g_assert_cmpint(recipient->rings, ==, 0);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

typedef struct Seen {
        unsigned int cancelled;
        unsigned int all;
} Seen;

static void on_changed(Recipient *recipient, Delivery *delivery, void *userdata) {
        Seen *seen = userdata;

        seen->all++;
        seen->cancelled += delivery->state == DELIVERY_CANCELLED;
}

static void test_supersede(void) {
        Delivery *first, *other, *second;
        Recipient *recipient;
        Seen seen = { 0 };
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        recipient->changed = on_changed;
        recipient->userdata = &seen;
        first = fixture_deliver(recipient, "config", true);
        other = fixture_deliver(recipient, "other", true);
        second = fixture_deliver(recipient, "config", true);
        g_assert_cmpint(first->state, ==, DELIVERY_CANCELLED);
        g_assert_cmpstr(first->reason, ==, "superseded");
        g_assert_cmpint(other->state, ==, DELIVERY_WAITING);
        g_assert_cmpint(second->state, ==, DELIVERY_WAITING);
        g_assert_cmpint(seen.cancelled, ==, 1);

        /* The next one forgets what has ended; one that doesn't replace leaves all as it is. */
        (void)fixture_deliver(recipient, "config", true);
        g_assert_cmpint(recipient->deliveries->len, ==, 3);
        (void)fixture_deliver(recipient, "config", false);
        g_assert_cmpint(recipient->deliveries->len, ==, 4);
        g_assert_cmpint(seen.cancelled, ==, 2);
        g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 3);
        g_assert_cmphex(recipient_signals(recipient), ==, BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MEMFD));

        recipient_withdraw(recipient, "test.memfd", other->item);
        g_assert_cmpint(other->state, ==, DELIVERY_CANCELLED);
        g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 2);
        recipient_withdraw(recipient, "else.memfd", NULL);
        g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 2);
        recipient_withdraw(recipient, "test.memfd", NULL);
        g_assert_cmpint(recipient_count_unclaimed(recipient), ==, 0);
        g_assert_cmpint(seen.all, ==, 5);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

static void check_knows(const Recipient *recipient, bool config, bool other) {
        g_assert_cmpint(recipient_knows(recipient, "config", "test.memfd"), ==, config);
        g_assert_cmpint(recipient_knows(recipient, "other", "test.memfd"), ==, other);
        g_assert_false(recipient_knows(recipient, "config", "else.memfd"));
        g_assert_false(recipient_knows(recipient, "conf", "test.memfd"));
}

/* With none, one, none again for a moment, and two. */
static void test_knows(void) {
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        check_knows(recipient, false, false);
        (void)fixture_deliver(recipient, "config", true);
        check_knows(recipient, true, false);
        recipient_withdraw(recipient, "test.memfd", NULL);
        check_knows(recipient, true, false);
        (void)fixture_deliver(recipient, "config", true);
        g_assert_cmpint(recipient->deliveries->len, ==, 1);
        check_knows(recipient, true, false);
        (void)fixture_deliver(recipient, "other", true);
        check_knows(recipient, true, true);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

/* ---- told in the middle of a delivery ---- */

static const char *one_refuses(Transport *transport, const Recipient *recipient, const Item *item,
                               bool must) {
        return recipient->deliveries->len > 0 ? "it has one" : NULL;
}

static void one_handle(Recipient *recipient, DeliveryState state, DeliveryEvent event) {
        Delivery *one = recipient->deliveries->pdata[0];

        recipient->walks++;
        if (one->state == state)
                delivery_handle(one, event, NULL);
        recipient->walks--;
}

static int one_announce(Transport *transport, Recipient *recipient, char **ret_reason) {
        one_handle(recipient, DELIVERY_WAITING, DELIVERY_EVENT_QUEUED);
        return -EINPROGRESS;
}

static void one_look(Transport *transport, Recipient *recipient) {
        one_handle(recipient, DELIVERY_QUEUED, DELIVERY_EVENT_RECEIPT);
}

static void one_forget(Transport *transport, Recipient *recipient) {
}

/* A transport that takes the first item, which has been taken when it is looked at. */
static const TransportVTable one_vtable = {
        .name = "one",
        .refuses = one_refuses,
        .announce = one_announce,
        .look = one_look,
        .forget = one_forget,
};

static void deliver_third(Recipient *recipient, Delivery *delivery, void *userdata) {
        if (delivery->state == DELIVERY_CLAIMED)
                *(Delivery **)userdata = fixture_deliver(recipient, "third", true);
}

/* The second one's name goes another way, for which the first is looked at; who is told of that
 * delivers a third. They are in the order of their ids all the same, and so are found. */
static void test_told_in_between(void) {
        Delivery *deliveries[3] = { NULL };
        Recipient *recipient;
        Transport one = { .vtable = &one_vtable };
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        fixture.manager.kernel_transport = &one;
        child_start(&child, idle, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        recipient->changed = deliver_third;
        recipient->userdata = &deliveries[2];
        deliveries[0] = fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        g_assert_cmpint(deliveries[0]->state, ==, DELIVERY_QUEUED);
        deliveries[1] = fixture_deliver(recipient, "config", false);
        g_assert_cmpint(deliveries[0]->state, ==, DELIVERY_CLAIMED);
        for (guint i = 0; i < ARRAY_SIZE(deliveries); i++) {
                guint index = 0;

                g_assert_true(recipient_find(recipient, deliveries[i]->id, &index) ==
                              deliveries[i]);
                g_assert_cmpuint(index, ==, i);
        }
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

/* In another user namespace, where nobody can tell who the manager is. */
static void emigrate(Child *child) {
        child_report(child, unshare(CLONE_NEWUSER) < 0 ? errno : 0);
        child_await_go(child);
}

static void test_user_namespace(void) {
        Recipient *recipient;
        Delivery *delivery;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, emigrate, NULL);
        if (child_read_report(&child) != 0) {
                g_test_skip("no user namespace can be made here");
        } else {
                recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
                delivery = fixture_deliver(recipient, "config", false);
                recipient_ring(recipient);
                fixture_run_until(&fixture, delivery_is_failed, delivery);
                g_assert_nonnull(strstr(delivery->reason, "is in another user namespace"));
                recipient_free(recipient);
        }
        child_stop(&child);
        fixture_done(&fixture);
}

static bool is_empty(const void *table) {
        return g_hash_table_size((GHashTable *)table) == 0;
}

/* A visitor's recipient ends with its process, and takes its deliveries along. */
static void test_visitor(void) {
        Recipient *recipient;
        Fixture fixture;
        Child child;
        RecipientOptions options = { .label = "a visitor", .watch = true };

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        options.pid = child.pid;
        options.pidfd = child.pidfd;
        g_assert_cmpint(recipient_new(&fixture.manager, &options, &recipient), ==, 0);
        g_assert_cmpint(recipient_new(&fixture.manager, &options, &recipient), ==, -EEXIST);
        fixture.manager.visitors = g_list_prepend(NULL, recipient);
        (void)fixture_deliver(recipient, "config", false);
        recipient_ring(recipient);
        child_stop(&child);
        fixture_run_until(&fixture, is_empty, fixture.manager.recipients);
        g_assert_null(fixture.manager.visitors);
        fixture_done(&fixture);
}

static void wait_for_both(Child *child) {
        uint64_t listener = desk_wait_bell(BELLHOP_SIGNAL_LISTENER);

        child_report(child, listener == desk_wait_bell(BELLHOP_SIGNAL_MEMFD));
        child_await_go(child);
}

/* A service may listen to one of the signals only, so each is rung. */
static void test_distinct_signals(void) {
        _cleanup_(item_unref_cleanup) Item *listener =
                item_new(memfd_create("x", MFD_CLOEXEC), "http", BELLHOP_KIND_LISTENER, 0);
        Recipient *recipient;
        Fixture fixture;
        Child child;

        fixture_init(&fixture);
        child_start(&child, wait_for_both, NULL);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, true);
        (void)fixture_deliver(recipient, "config", false);
        (void)fixture_deliver(recipient, "config", false);
        (void)recipient_deliver(recipient, listener, "test.socket", &fixture_settings, true);
        recipient_ring(recipient);
        g_assert_cmpint(recipient->rings, ==, 2);
        g_assert_cmpint(fixture_run_until_report(&fixture, &child), ==, 1);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

/* A process that was visited becomes a service's: Type=external. */
static void test_visitor_gives_way(void) {
        Recipient *visitor, *recipient;
        Fixture fixture;
        Child child;
        RecipientOptions options = { .label = "a visitor", .watch = true };

        fixture_init(&fixture);
        child_start(&child, idle, NULL);
        options.pid = child.pid;
        options.pidfd = child.pidfd;
        g_assert_cmpint(recipient_new(&fixture.manager, &options, &visitor), ==, 0);
        fixture.manager.visitors = g_list_prepend(NULL, visitor);
        recipient = fixture_recipient(&fixture, &child, CLAIM_ACCESS_MAIN, false);
        g_assert_null(fixture.manager.visitors);
        g_assert_true(g_hash_table_lookup(fixture.manager.recipients, GINT_TO_POINTER(child.pid)) ==
                      recipient);
        options.watch = false;
        g_assert_cmpint(recipient_new(&fixture.manager, &options, &visitor), ==, -EEXIST);
        recipient_free(recipient);
        child_stop(&child);
        fixture_done(&fixture);
}

int main(int argc, char **argv) {
        if (!fixture_is_possible())
                return 0;
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/recipient/claim", test_claim);
        g_test_add_func("/recipient/lost-bell", test_lost_bell);
        g_test_add_func("/recipient/not-ready", test_not_ready);
        g_test_add_func("/recipient/queue-full", test_queue_full);
        g_test_add_func("/recipient/stopped", test_stopped);
        g_test_add_func("/recipient/late", test_late);
        g_test_add_func("/recipient/timeout", test_timeout);
        g_test_add_func("/recipient/transport-kernel", test_transport_kernel);
        g_test_add_func("/recipient/supersede", test_supersede);
        g_test_add_func("/recipient/knows", test_knows);
        g_test_add_func("/recipient/told-in-between", test_told_in_between);
        g_test_add_func("/recipient/user-namespace", test_user_namespace);
        g_test_add_func("/recipient/visitor", test_visitor);
        g_test_add_func("/recipient/visitor-gives-way", test_visitor_gives_way);
        g_test_add_func("/recipient/distinct-signals", test_distinct_signals);
        return g_test_run();
}
