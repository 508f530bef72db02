/* SPDX-License-Identifier: MIT */
/* The kernel transport's manager, and services. */
#include "kernel-fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport-kernel.h"

const DeliverySettings by_kernel = { .claim_timeout = TIME_INFINITY,
                                     .transport = TRANSPORT_KERNEL };

void kernel_manager_start(Test *test) {
        fixture_init(&test->fixture);
        g_assert_cmpint(transport_kernel_new(&test->fixture.manager,
                                             &test->fixture.manager.kernel_transport),
                        ==, 0);
}

void kernel_manager_end(Test *test) {
        test->fixture.manager.kernel_transport =
                transport_free(test->fixture.manager.kernel_transport);
        fixture_done(&test->fixture);
}

void test_start(Test *test, ChildMain main) {
        kernel_manager_start(test);
        child_start(&test->child, main, NULL);
        test->recipient = fixture_recipient(&test->fixture, &test->child, CLAIM_ACCESS_MAIN, false);
}

/* The child has done all of its part. */
void test_end(Test *test) {
        test->recipient = recipient_free(test->recipient);
        child_go(&test->child);
        g_assert_cmpint(child_wait(&test->child), ==, 0);
        kernel_manager_end(test);
}

Item *item_of(const char *text, const char *name, enum bellhop_kind kind, int signal) {
        int fd = memfd_create(name, MFD_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
        return item_new(fd, name, kind, signal);
}

Delivery *deliver_kind(const Test *test, const char *text, enum bellhop_kind kind,
                       const DeliverySettings *settings) {
        _cleanup_(item_unref_cleanup) Item *item = item_of(text, NAME, kind, 0);

        return recipient_deliver(test->recipient, item, "test.unit", settings, false);
}

Delivery *deliver(const Test *test, const char *text) {
        return deliver_kind(test, text, BELLHOP_KIND_MEMFD, &by_kernel);
}

bool is_by_kernel(const Test *test, const Delivery *delivery) {
        return delivery->transport == test->fixture.manager.kernel_transport;
}

bool is_overdue(const void *delivery) {
        return delivery_is_overdue(delivery);
}

/* ---- in the child ---- */

/* Reads the text that it was delivered as a number. */
static int number_in(int fd) {
        char text[16] = { 0 };

        CHECK(fd >= 0);
        CHECK(pread(fd, text, sizeof(text) - 1, 0) > 0);
        (void)close(fd);
        return atoi(text);
}

int claim_number(void) {
        return number_in(bellhop_claim(NAME, 60000));
}

void change_mask_of(int how, int signal) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, signal);
        (void)sigprocmask(how, &set, NULL);
}

void change_mask(int how) {
        change_mask_of(how, BELLHOP_SIGNAL_MEMFD);
}

void claim_one(Child *child) {
        child_report(child, claim_number());
        child_await_go(child);
}

void claim_when_told(Child *child) {
        child_await_go(child);
        claim_one(child);
}

void wait_for_go(Child *child) {
        child_await_go(child);
}
