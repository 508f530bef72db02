/* SPDX-License-Identifier: MIT */
/* The kernel transport: what is thrown away on the way, what nobody takes, and to whom it doesn't
 * send. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bellhop.h"
#include "kernel-fixture.h"
#include "sendfd.h"

/* ---- what a program throws away ---- */

static void discard_then_claim(Child *child) {
        change_mask(SIG_UNBLOCK); /* ignored: as a shell or node resets its mask */
        child_report(child, 0);
        child_await_go(child);
        change_mask(SIG_BLOCK);
        claim_one(child);
}

static bool was_returned(const void *delivery) {
        return ((const Delivery *)delivery)->reason;
}

/* Transport=kernel: it is sent until there is a receipt. */
static void test_discarded(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, discard_then_claim);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        delivery = deliver(&test, "17");
        recipient_ring(test.recipient);
        fixture_run_until(&test.fixture, was_returned, delivery);
        g_assert_nonnull(strstr(delivery->reason, "discarded"));
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, delivery_is_claimed, delivery);
        g_assert_true(is_by_kernel(&test, delivery));
        test_end(&test);
}

static bool is_by_socket(const void *delivery) {
        const Delivery *data = delivery;

        return data->transport == data->recipient->manager->transport;
}

/* Transport=auto: the second time is the last. */
static void test_diverted(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, discard_then_claim);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        delivery = deliver_kind(&test, "17", BELLHOP_KIND_MEMFD, &fixture_settings);
        g_assert_true(is_by_kernel(&test, delivery));
        recipient_ring(test.recipient);
        fixture_run_until(&test.fixture, is_by_socket, delivery);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, delivery_is_claimed, delivery);
        g_assert_cmpuint(test.recipient->rings, >, 0);
        test_end(&test);
}

/* Its handler has it, its program looks much later: what came by the one way doesn't come by the
 * other, too. */
static void look_late(Child *child) {
        (void)signal(BELLHOP_SIGNAL_MEMFD, SIG_DFL);
        change_mask(SIG_UNBLOCK);
        CHECK(bellhop_claim(NAME, 0) == -ETIMEDOUT);
        child_report(child, 0);
        child_await_go(child);
        child_report(child, claim_number());
        CHECK(bellhop_claim(NAME, 50) == -ETIMEDOUT);
        child_await_go(child);
}

static void test_not_twice(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, look_late);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        delivery = deliver_kind(&test, "17", BELLHOP_KIND_MEMFD, &fixture_settings);
        recipient_ring(test.recipient);
        fixture_run_until(&test.fixture, is_by_socket, delivery);
        fixture_run_until(&test.fixture, delivery_is_rung, delivery);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, delivery_is_claimed, delivery);
        test_end(&test);
}

/* ---- ends ---- */

/* Nobody holds what was sent to a process that has ended. */
static void test_death(void) {
        struct pollfd end = { .events = POLLIN };
        Delivery *delivery;
        int pipe_fds[2];
        Item *item;
        Test test;

        test_start(&test, wait_for_go);
        g_assert_cmpint(pipe2(pipe_fds, O_CLOEXEC), ==, 0);
        end.fd = pipe_fds[0];
        item = item_new(pipe_fds[1], NAME, BELLHOP_KIND_CONNECTION, 0);
        delivery = recipient_deliver(test.recipient, item, "test.unit", &by_kernel, false);
        item_unref(item);
        recipient_ring(test.recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_QUEUED);
        g_assert_null(delivery->item);
        g_assert_cmpint(poll(&end, 1, 0), ==, 0); /* the queue holds it */
        g_assert_cmpint(kill(test.child.pid, SIGKILL), ==, 0);
        g_assert_cmpint(poll(&end, 1, 60000), ==, 1);
        (void)close(pipe_fds[0]);
        recipient_ring(test.recipient);
        recipient_free(test.recipient);
        g_assert_cmpint(WTERMSIG(child_wait(&test.child)), ==, SIGKILL);
        kernel_manager_end(&test);
}

static void claim_nothing(Child *child) {
        child_await_go(child);
        child_report(child, bellhop_claim(NAME, 50));
        child_await_go(child);
}

/* It isn't the one who is to have it any more, and takes nothing of it. */
static void test_withdrawn(void) {
        Test test;

        test_start(&test, claim_nothing);
        (void)deliver(&test, "17");
        recipient_ring(test.recipient);
        recipient_free(test.recipient);
        child_go(&test.child);
        g_assert_cmpint(child_read_report(&test.child), ==, -ETIMEDOUT);
        child_go(&test.child);
        g_assert_cmpint(child_wait(&test.child), ==, 0);
        kernel_manager_end(&test);
}

static void claim_last(Child *child) {
        child_await_go(child);
        child_report(child, claim_number());
        CHECK(bellhop_claim(NAME, 50) == -ETIMEDOUT);
        child_await_go(child);
}

/* One of two that are in the queue already: the other comes all the same. */
static void test_one_withdrawn(void) {
        Delivery *first, *second;
        Test test;

        test_start(&test, claim_last);
        first = deliver(&test, "1");
        second = deliver(&test, "2");
        recipient_ring(test.recipient);
        g_assert_cmpint(second->state, ==, DELIVERY_QUEUED);
        recipient_withdraw(test.recipient, "test.unit", first->item);
        g_assert_cmpint(first->state, ==, DELIVERY_CANCELLED);
        g_assert_cmpint(second->state, ==, DELIVERY_WAITING);
        recipient_ring(test.recipient);
        child_go(&test.child);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 2);
        fixture_run_until(&test.fixture, delivery_is_claimed, second);
        test_end(&test);
}

/* What it has taken is its own, though nobody has looked since. */
static void test_withdrawn_too_late(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, claim_one);
        delivery = deliver(&test, "17");
        recipient_ring(test.recipient);
        g_assert_cmpint(child_read_report(&test.child), ==, 17);
        recipient_withdraw(test.recipient, "test.unit", NULL);
        g_assert_cmpint(delivery->state, ==, DELIVERY_CLAIMED);
        g_assert_true(recipient_has_claimed(test.recipient, "test.unit"));
        test_end(&test);
}

static void test_superseded_too_late(void) {
        _cleanup_(item_unref_cleanup) Item *newer = item_of("2", NAME, BELLHOP_KIND_MEMFD, 0);
        Test test;

        test_start(&test, claim_one);
        (void)deliver(&test, "17");
        recipient_ring(test.recipient);
        g_assert_cmpint(child_read_report(&test.child), ==, 17);
        (void)recipient_deliver(test.recipient, newer, "test.unit", &by_kernel, true);
        g_assert_cmpuint(test.recipient->counts[DELIVERY_CANCELLED], ==, 0);
        g_assert_cmpuint(test.recipient->deliveries->len, ==, 1); /* the older is forgotten */
        test_end(&test);
}

static void claim_two(Child *child) {
        CHECK(claim_number() == 1);
        claim_one(child);
}

/* The second of two, while it is told of the first. */
static void look_again(Recipient *recipient, Delivery *delivery, void *userdata) {
        const Delivery *second = userdata;
        guint shipments = recipient->shipments->len;
        DeliveryState before = second->state;

        recipient_look(recipient);
        g_assert_cmpint(second->state, ==, before);
        g_assert_cmpuint(recipient->shipments->len, ==, shipments);
}

/* How many manifests the desk keeps. */
static int count_manifests(void) {
        g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
        const char *entry;
        int count = 0;

        CHECK(dir);
        while ((entry = g_dir_read_name(dir))) {
                g_autofree char *path = g_strconcat("/proc/self/fd/", entry, NULL);
                g_autofree char *file = g_file_read_link(path, NULL);

                count += file && strstr(file, "bellhop-manifest");
        }
        return count;
}

static void limit_queue(rlim_t signals) {
        struct rlimit limit;

        CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0);
        limit.rlim_cur = MIN(signals, limit.rlim_max);
        CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
}

static void claim_cut(Child *child) {
        limit_queue(2);
        child_report(child, 0);
        child_await_go(child);
        child_report(child, claim_number());
        child_await_go(child);
        limit_queue(RLIM_INFINITY);
        CHECK(claim_number() == 2);
        child_report(child, claim_number());
        child_await_go(child);
        CHECK(bellhop_claim(NAME, 0) == -ETIMEDOUT);
        child_report(child, count_manifests());
        child_await_go(child);
}

/* Two, for the first of which there is room in the queue. */
static void begin_cut(Test *test, Delivery *deliveries[2]) {
        test_start(test, claim_cut);
        g_assert_cmpint(child_read_report(&test->child), ==, 0);
        deliveries[0] = deliver_kind(test, "1", BELLHOP_KIND_MEMFD, &fixture_settings);
        deliveries[1] = deliver_kind(test, "2", BELLHOP_KIND_MEMFD, &fixture_settings);
        recipient_ring(test->recipient);
        g_assert_cmpint(deliveries[0]->state, ==, DELIVERY_QUEUED);
        g_assert_cmpint(deliveries[1]->state, ==, DELIVERY_QUEUE_FULL);
}

/* The service takes the one that is there. */
static void take_first(Test *test) {
        child_go(&test->child);
        g_assert_cmpint(child_read_report(&test->child), ==, 1);
}

/* What has the same name, and can't come by the call, takes the second along. */
static void divert_second(const Test *test, const Delivery *second) {
        (void)deliver_kind(test, "3", BELLHOP_KIND_CONNECTION, &fixture_settings);
        g_assert_true(is_by_socket(second));
}

/* The desk doesn't wait for it at the old place. */
static void end_cut(Test *test) {
        recipient_ring(test->recipient);
        child_go(&test->child);
        g_assert_cmpint(fixture_run_until_report(&test->fixture, &test->child), ==, 3);
        fixture_run_until(&test->fixture, recipient_has_claimed_all, test->recipient);
        child_go(&test->child);
        g_assert_cmpint(fixture_run_until_report(&test->fixture, &test->child), ==, 0);
        test_end(test);
}

static void test_cut(void) {
        Delivery *deliveries[2];
        Test test;

        begin_cut(&test, deliveries);
        divert_second(&test, deliveries[1]);
        take_first(&test);
        end_cut(&test);
}

/* The first has been taken, and that is known. */
static void test_cut_after(void) {
        Delivery *deliveries[2];
        Test test;

        begin_cut(&test, deliveries);
        take_first(&test);
        recipient_look(test.recipient);
        g_assert_cmpint(deliveries[0]->state, ==, DELIVERY_CLAIMED);
        divert_second(&test, deliveries[1]);
        g_assert_cmpuint(test.recipient->shipments->len, ==, 0);
        end_cut(&test);
}

/* The manager wants to send more, and finds that the rest isn't to be sent. */
static void send_more(const Test *test) {
        _cleanup_(item_unref_cleanup) Item *item = item_of("4", "more", BELLHOP_KIND_MEMFD, 0);
        const Delivery *more =
                recipient_deliver(test->recipient, item, "more.unit", &by_kernel, false);

        recipient_ring(test->recipient);
        g_assert_cmpint(more->state, ==, DELIVERY_QUEUE_FULL);
        recipient_withdraw(test->recipient, "more.unit", NULL);
}

static void test_cut_at_sending(void) {
        Delivery *deliveries[2];
        Test test;

        begin_cut(&test, deliveries);
        divert_second(&test, deliveries[1]);
        send_more(&test);
        take_first(&test);
        end_cut(&test);
}

/* Whoever is told of what a look has found may look, too: the first look goes on as it was. */
static void test_look_within_look(void) {
        Delivery *first, *second;
        Test test;

        test_start(&test, claim_two);
        first = deliver(&test, "1");
        second = deliver(&test, "2");
        recipient_ring(test.recipient);
        g_assert_cmpint(child_read_report(&test.child), ==, 2);
        g_assert_cmpint(second->state, ==, DELIVERY_QUEUED);
        test.recipient->changed = look_again;
        test.recipient->userdata = second;
        recipient_look(test.recipient);
        g_assert_cmpint(first->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpint(second->state, ==, DELIVERY_CLAIMED);
        g_assert_cmpuint(test.recipient->shipments->len, ==, 0);
        test_end(&test);
}

/* A connection is let go at once, and its receipt comes all the same. */
static void test_connection(void) {
        Delivery *delivery;
        Test test;

        test_start(&test, claim_one);
        delivery = deliver_kind(&test, "17", BELLHOP_KIND_CONNECTION, &by_kernel);
        recipient_ring(test.recipient);
        g_assert_null(delivery->item);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 17);
        fixture_run_until(&test.fixture, delivery_is_claimed, delivery);
        test_end(&test);
}

static void test_connection_overdue(void) {
        const DeliverySettings settings = { .claim_timeout = 50 * USEC_PER_MSEC,
                                            .transport = TRANSPORT_KERNEL };
        Delivery *delivery;
        Test test;

        test_start(&test, wait_for_go);
        delivery = deliver_kind(&test, "17", BELLHOP_KIND_CONNECTION, &settings);
        recipient_ring(test.recipient);
        fixture_run_until(&test.fixture, delivery_is_failed, delivery);
        g_assert_nonnull(strstr(delivery->reason, "hasn't taken it"));
        test_end(&test);
}

/* ---- who can be sent to ---- */

/* With Transport=auto the other way is taken, with Transport=kernel the reason is told. */
static void check_refused(const Test *test, enum bellhop_kind kind, const char *reason) {
        Delivery *delivery = deliver_kind(test, "17", kind, &fixture_settings);

        g_assert_false(is_by_kernel(test, delivery));
        g_assert_cmpint(delivery->state, ==, DELIVERY_WAITING);
        if (!reason)
                return;
        delivery = deliver_kind(test, "17", kind, &by_kernel);
        g_assert_cmpint(delivery->state, ==, DELIVERY_FAILED);
        g_assert_nonnull(strstr(delivery->reason, reason));
}

static void have_child(Child *child) {
        pid_t pid = fork();

        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)pause();
                _exit(0);
        }
        child_report(child, pid);
        child_await_go(child);
        (void)kill(pid, SIGKILL);
}

static void test_refused(void) {
        Recipient *stranger;
        RecipientOptions options = { .label = "stranger" };
        Test test;

        test_start(&test, have_child);
        check_refused(&test, BELLHOP_KIND_CONNECTION, NULL);
        check_refused(&test, BELLHOP_KIND_OTHER, NULL);
        test.recipient->access = CLAIM_ACCESS_ALL;
        check_refused(&test, BELLHOP_KIND_MEMFD, "ClaimAccess=all");

        options.pid = child_read_report(&test.child);
        options.pidfd = (int)syscall(SYS_pidfd_open, options.pid, 0);
        g_assert_cmpint(recipient_new(&test.fixture.manager, &options, &stranger), ==, 0);
        recipient_free(test.recipient);
        test.recipient = stranger;
        check_refused(&test, BELLHOP_KIND_MEMFD, "children of bellhopd");
        test.recipient = recipient_free(test.recipient); /* borrows the pidfd */
        (void)close(options.pidfd);
        test_end(&test);
}

static void be_deaf_to_others(Child *child) {
        (void)signal(BELLHOP_SIGNAL_OTHER, SIG_DFL);
        change_mask_of(SIG_UNBLOCK, BELLHOP_SIGNAL_OTHER);
        child_report(child, 0);
        child_report(child, desk_claim_all(desk_wait_bell(BELLHOP_SIGNAL_MEMFD)));
        child_await_go(child);
}

/* What is to come by the call alone, and waits, isn't handed out by the claim socket, nor rung
 * for. */
static void test_no_other_way(void) {
        const DeliverySettings by_socket = { .claim_timeout = TIME_INFINITY,
                                             .transport = TRANSPORT_SOCKET };
        _cleanup_(item_unref_cleanup) Item *other = item_of("1", "other", BELLHOP_KIND_OTHER, 0);
        Delivery *delivery;
        Test test;

        test_start(&test, be_deaf_to_others);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        delivery = recipient_deliver(test.recipient, other, "other.unit", &by_kernel, false);
        (void)deliver_kind(&test, NAME, BELLHOP_KIND_MEMFD, &by_socket);
        g_assert_cmpuint(recipient_signals(test.recipient), ==,
                         BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MEMFD));
        recipient_ring(test.recipient);
        g_assert_cmpint(delivery->state, ==, DELIVERY_NOT_READY);
        g_assert_cmpint(fixture_run_until_report(&test.fixture, &test.child), ==, 1);
        g_assert_cmpint(delivery->state, ==, DELIVERY_NOT_READY);
        test_end(&test);
}

static void be_full_and_deaf(Child *child) {
        limit_queue(0);
        (void)signal(BELLHOP_SIGNAL_OTHER, SIG_DFL);
        change_mask_of(SIG_UNBLOCK, BELLHOP_SIGNAL_OTHER);
        child_report(child, 0);
        child_await_go(child);
}

static Delivery *deliver_item(const Test *test, Item *item) {
        Delivery *delivery =
                recipient_deliver(test->recipient, item, "test.unit", &by_kernel, false);

        item_unref(item);
        return delivery;
}

/* What one signal can't bring for good, or not yet, says nothing about the others. */
static void test_signals_apart(void) {
        Delivery *broken, *full, *deaf;
        Test test;

        test_start(&test, be_full_and_deaf);
        g_assert_cmpint(child_read_report(&test.child), ==, 0);
        broken = deliver_item(&test, item_new(-EBADF, "a", BELLHOP_KIND_LISTENER, 0));
        full = deliver_item(&test, item_of("1", "b", BELLHOP_KIND_MEMFD, 0));
        deaf = deliver_item(&test, item_of("1", "c", BELLHOP_KIND_OTHER, 0));
        for (int i = 0; i < 2; i++) {
                recipient_ring(test.recipient);
                g_assert_cmpint(broken->state, ==, DELIVERY_FAILED);
                g_assert_cmpint(full->state, ==, DELIVERY_QUEUE_FULL);
                g_assert_nonnull(strstr(full->reason, "RLIMIT_SIGPENDING"));
                g_assert_cmpint(deaf->state, ==, DELIVERY_NOT_READY);
        }
        test_end(&test);
}

/* A process that takes nothing doesn't keep everything alive. */
static void test_bounded(void) {
        Delivery *delivery = NULL;
        Test test;

        test_start(&test, wait_for_go);
        for (int i = 0; i < 100; i++) {
                _cleanup_(item_unref_cleanup) Item *item =
                        item_of("1", NAME, BELLHOP_KIND_MEMFD, 0);

                delivery = recipient_deliver(test.recipient, item, "test.unit", &by_kernel, true);
                recipient_ring(test.recipient);
        }
        g_assert_cmpuint(test.recipient->shipments->len, <, 32);
        g_assert_cmpint(delivery->state, ==, DELIVERY_QUEUE_FULL);
        g_assert_nonnull(strstr(delivery->reason, "hasn't taken"));
        test_end(&test);
}

int main(int argc, char **argv) {
        if (!sendfd_is_there()) {
                (void)puts("1..0 # SKIP this kernel has no sendfd()");
                return 0;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/transport-lost/discarded", test_discarded);
        g_test_add_func("/transport-lost/diverted", test_diverted);
        g_test_add_func("/transport-lost/not-twice", test_not_twice);
        g_test_add_func("/transport-lost/death", test_death);
        g_test_add_func("/transport-lost/withdrawn", test_withdrawn);
        g_test_add_func("/transport-lost/one-withdrawn", test_one_withdrawn);
        g_test_add_func("/transport-lost/withdrawn-too-late", test_withdrawn_too_late);
        g_test_add_func("/transport-lost/superseded-too-late", test_superseded_too_late);
        g_test_add_func("/transport-lost/cut", test_cut);
        g_test_add_func("/transport-lost/cut-after", test_cut_after);
        g_test_add_func("/transport-lost/cut-at-sending", test_cut_at_sending);
        g_test_add_func("/transport-lost/look-within-look", test_look_within_look);
        g_test_add_func("/transport-lost/connection", test_connection);
        g_test_add_func("/transport-lost/connection-overdue", test_connection_overdue);
        g_test_add_func("/transport-lost/refused", test_refused);
        g_test_add_func("/transport-lost/no-other-way", test_no_other_way);
        g_test_add_func("/transport-lost/signals-apart", test_signals_apart);
        g_test_add_func("/transport-lost/bounded", test_bounded);
        return g_test_run();
}
