/* SPDX-License-Identifier: MIT */
/* The kernel transport: what arrives, in which order, and what keeps it from that. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fd.h"
#include "kernel-fixture.h"
#include "sendfd.h"

/* A second argument: this program as a service that came by exec. */
#define AS_CLAIMER "--claim"

/* ---- what arrives ---- */

static void test_plain(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, claim_one);
        delivery = deliver(&test, "17");
        recipient_ring(test.recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_QUEUED);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        /* That is known at once to who looks, and soon to who doesn't. */
        recipient_look(test.recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_null(delivery->item);
        g_assert_cmpuint(test.recipient->rings, ==, 0);
        g_assert_cmpuint(test.recipient->shipments->len, ==, 0);
        test_end(&test);
}

#define NOEXEC "/proc/sys/vm/memfd_noexec"

/* A hardened system seals every memfd against execution, the manifest too. */
static void test_noexec(void) {
        _cleanup_fd_ int fd = open(NOEXEC, O_RDWR | O_CLOEXEC);
        char before;

        if (fd < 0 || pread(fd, &before, 1, 0) != 1 || pwrite(fd, "1", 1, 0) != 1) {
                g_test_skip("vm.memfd_noexec isn't there, or can't be set");
                return;
        }
        test_plain();
        g_assert_cmpint(pwrite(fd, &before, 1, 0), ==, 1);
}

static void test_found_out(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, claim_one);
        delivery = deliver(&test, "17");
        recipient_ring(test.recipient);
        fixture_run_until(&test.fixture, delivery_is_claimed, delivery);
        g_assert_cmpint(child_read_report(&test.child), ==, 17);
        test_end(&test);
}

#define MANY 150

static void claim_many(Child *child) {
        for (int i = 0; i < MANY; i++)
                CHECK(claim_number() == i);
        claim_one(child);
}

/* Of one name, in order; more than a manifest lists. */
static void test_many(void) {
        char text[16];
        Test test;

        test_start(&test, claim_many);
        for (int i = 0; i <= MANY; i++) {
                (void)snprintf(text, sizeof(text), "%d", i);
                (void)deliver(&test, text);
        }
        recipient_ring(test.recipient);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, MANY);
        fixture_run_until(&test.fixture, recipient_has_claimed_all, test.recipient);
        test_end(&test);
}

static void claim_three(Child *child) {
        child_await_go(child);
        for (int i = 1; i <= 2; i++)
                CHECK(claim_number() == i);
        claim_one(child);
}

/* What has one name goes by one signal, that of the first, or there would be no order. */
static void test_kinds_in_order(void) {
        static const enum bellhop_kind kinds[] = { BELLHOP_KIND_OTHER, BELLHOP_KIND_LISTENER,
                                                   BELLHOP_KIND_MEMFD };
        Test test;

        test_start(&test, claim_three);
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
                const char text[] = { (char)('1' + i), '\0' };

                (void)deliver_kind(&test, text, kinds[i], &by_kernel);
        }
        recipient_ring(test.recipient);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 3);
        test_end(&test);
}

/* One of them can't go by the call: so none does. */
static void test_one_way(void) {
        static const enum bellhop_kind kinds[] = { BELLHOP_KIND_LISTENER, BELLHOP_KIND_OTHER,
                                                   BELLHOP_KIND_MEMFD };
        Delivery *deliveries[G_N_ELEMENTS(kinds)];
        Test test;

        test_start(&test, claim_three);
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
                const char text[] = { (char)('1' + i), '\0' };

                deliveries[i] = deliver_kind(&test, text, kinds[i], &fixture_settings);
                g_assert_true(is_by_kernel(&test, deliveries[i]) == (i == 0));
        }
        g_assert_false(is_by_kernel(&test, deliveries[0]));
        recipient_ring(test.recipient);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 3);
        fixture_run_until(&test.fixture, recipient_has_claimed_all, test.recipient);
        test_end(&test);
}

/* The newest is what a claim returns; the older ones are in the queue all the same. */
static void test_superseded(void) {
        _cleanup_(item_unref_cleanup) Item *older = item_of("1", NAME, BELLHOP_KIND_MEMFD, 0);
        _cleanup_(item_unref_cleanup) Item *newer = item_of("2", NAME, BELLHOP_KIND_MEMFD, 0);
        Delivery *first, *second;
        Test test;

        test_start(&test, claim_when_told);
        first = recipient_deliver(test.recipient, older, "test.unit", &by_kernel, true);
        recipient_ring(test.recipient);
        g_assert_cmpint(first->state, ==, DELIVERY_QUEUED);
        second = recipient_deliver(test.recipient, newer, "test.unit", &by_kernel, true);
        g_assert_cmpint(first->state, ==, DELIVERY_CANCELLED);
        recipient_ring(test.recipient);
        child_go(&test.child);
        fixture_run_until(&test.fixture, delivery_is_claimed, second);
        g_assert_cmpint(child_read_report(&test.child), ==, 2);
        test_end(&test);
}

static void claim_after_exec(Child *child) {
        char out[16], in[16];

        child_await_go(child);
        CHECK(fcntl(child->out, F_SETFD, 0) == 0 && fcntl(child->in, F_SETFD, 0) == 0);
        (void)snprintf(out, sizeof(out), "%d", child->out);
        (void)snprintf(in, sizeof(in), "%d", child->in);
        (void)execl("/proc/self/exe", "claimer", AS_CLAIMER, out, in, NULL);
        CHECK(false);
}

/* As every service gets its first ones. */
static void test_exec(void) {
        Test test;

        test_start(&test, claim_after_exec);
        (void)deliver(&test, "17");
        recipient_ring(test.recipient);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, recipient_has_claimed_all, test.recipient);
        test_end(&test);
}

/* ---- what doesn't ---- */

static void test_overdue(void) {
        const DeliverySettings settings = { .claim_timeout = 50 * USEC_PER_MSEC };
        g_autofree char *expected = NULL;
        Delivery *delivery;
        Test test;

        test_start(&test, wait_for_go);
        delivery = deliver_kind(&test, "17", BELLHOP_KIND_MEMFD, &settings);
        recipient_ring(test.recipient);
        g_assert_false(recipient_has_missed(test.recipient));
        fixture_run_until(&test.fixture, is_overdue, delivery);
        g_assert_cmpint(delivery->state, ==, DELIVERY_QUEUED);
        expected = g_strdup_printf("not claimed within 50ms: pid %d hasn't taken it from its "
                                   "signal queue",
                                   (int)test.child.pid);
        g_assert_cmpstr(delivery->reason, ==, expected);
        g_assert_true(recipient_has_missed(test.recipient));
        g_assert_cmpuint(recipient_count_unclaimed(test.recipient), ==, 1);
        test_end(&test);
}

/* It may be claimed all the same. */
static void test_overdue_claimed(void) {
        const DeliverySettings settings = { .claim_timeout = 50 * USEC_PER_MSEC };
        Delivery *delivery;
        Test test;

        test_start(&test, claim_when_told);
        delivery = deliver_kind(&test, "17", BELLHOP_KIND_MEMFD, &settings);
        recipient_ring(test.recipient);
        fixture_run_until(&test.fixture, is_overdue, delivery);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        recipient_look(test.recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_null(delivery->reason);
        test_end(&test);
}

static void be_deaf(Child *child) {
        (void)signal(BELLHOP_SIGNAL_MEMFD, SIG_DFL);
        change_mask(SIG_UNBLOCK);
        child_report(child, 0);
        child_await_go(child);
        change_mask(SIG_BLOCK);
        claim_one(child);
}

/* The kernel refuses; in whose favour, /proc says. */
static void test_not_ready(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, be_deaf);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        delivery = deliver(&test, "17");
        recipient_ring(test.recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_NOT_READY);
        g_assert_nonnull(strstr(delivery->reason, "neither blocks nor handles it"));
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, delivery_is_claimed, delivery);
        test_end(&test);
}

static void limit_queue(rlim_t signals) {
        struct rlimit limit;

        CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0);
        limit.rlim_cur = MIN(signals, limit.rlim_max);
        CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
}

static void claim_with_small_queue(Child *child) {
        limit_queue(2);
        child_report(child, 0);
        child_await_go(child);
        limit_queue(RLIM_INFINITY);
        for (int i = 1; i <= 2; i++)
                CHECK(claim_number() == i);
        claim_one(child);
}

/* Stopped in the middle of a batch, and gone on with where it stopped. */
static void test_queue_full(void) {
        Delivery *deliveries[3];
        Test test;

        test_start(&test, claim_with_small_queue);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        for (int i = 0; i < 3; i++)
                deliveries[i] = deliver(&test, (const char *[]){ "1", "2", "3" }[i]);
        recipient_ring(test.recipient);
        g_assert_cmpint(deliveries[0]->state, ==, DELIVERY_QUEUED);
        g_assert_cmpint(deliveries[1]->state, ==, DELIVERY_QUEUE_FULL);
        g_assert_cmpint(deliveries[2]->state, ==, DELIVERY_QUEUE_FULL);
        g_assert_nonnull(strstr(deliveries[2]->reason, "RLIMIT_SIGPENDING"));
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 3);
        fixture_run_until(&test.fixture, recipient_has_claimed_all, test.recipient);
        test_end(&test);
}

/* The descriptors that are used up, until they are given back. */
static int fill_table(int fds[], int max) {
        int count = 0;

        CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 64 }) == 0);
        while (count < max && (fds[count] = dup(0)) >= 0)
                count++;
        CHECK(errno == EMFILE);
        return count;
}

/* By a signalfd: it stays in the queue. */
static void claim_with_full_table(Child *child) {
        int fds[64], count;

        CHECK(bellhop_claim(NAME, 0) == -ETIMEDOUT); /* opens the desk */
        count = fill_table(fds, 64);
        child_report(child, 0);
        CHECK(bellhop_claim(NAME, 60000) == -EMFILE);
        while (count > 0)
                (void)close(fds[--count]);
        claim_one(child);
}

/* In a handler: it is gone, and the manager sends it again. */
static void claim_unblocked_with_full_table(Child *child) {
        (void)signal(BELLHOP_SIGNAL_MEMFD, SIG_DFL);
        change_mask(SIG_UNBLOCK);
        claim_with_full_table(child);
}

static void check_full_table(ChildMain main) {
        Test test;

        test_start(&test, main);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        (void)deliver(&test, "17");
        recipient_ring(test.recipient);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, recipient_has_claimed_all, test.recipient);
        test_end(&test);
}

static void test_table_full(void) {
        check_full_table(claim_with_full_table);
}

static void test_table_full_in_handler(void) {
        check_full_table(claim_unblocked_with_full_table);
}

static int claimer(char **argv) {
        Child child = { .out = atoi(argv[2]), .in = atoi(argv[3]) };

        claim_one(&child);
        return 0;
}

int main(int argc, char **argv) {
        if (argc == 4 && strcmp(argv[1], AS_CLAIMER) == 0)
                return claimer(argv);
        if (!sendfd_is_there()) {
                (void)puts("1..0 # SKIP this kernel has no sendfd()");
                return 0;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/transport-kernel/plain", test_plain);
        g_test_add_func("/transport-kernel/noexec", test_noexec);
        g_test_add_func("/transport-kernel/found-out", test_found_out);
        g_test_add_func("/transport-kernel/many", test_many);
        g_test_add_func("/transport-kernel/kinds-in-order", test_kinds_in_order);
        g_test_add_func("/transport-kernel/one-way", test_one_way);
        g_test_add_func("/transport-kernel/superseded", test_superseded);
        g_test_add_func("/transport-kernel/exec", test_exec);
        g_test_add_func("/transport-kernel/overdue", test_overdue);
        g_test_add_func("/transport-kernel/overdue-claimed", test_overdue_claimed);
        g_test_add_func("/transport-kernel/not-ready", test_not_ready);
        g_test_add_func("/transport-kernel/queue-full", test_queue_full);
        g_test_add_func("/transport-kernel/table-full", test_table_full);
        g_test_add_func("/transport-kernel/table-full-in-handler", test_table_full_in_handler);
        return g_test_run();
}
