/* SPDX-License-Identifier: MIT */
/* What the tests of the kernel transport share: the test is the manager, on a kernel that has
 * sendfd() (kernel/test boots one), and its child a service with a desk of the library's. */
#pragma once

#include "delivery-fixture.h"

#define NAME "config"

typedef struct Test {
        Fixture fixture;
        Child child;
        Recipient *recipient;
} Test;

extern const DeliverySettings by_kernel; /* Transport=kernel */

void kernel_manager_start(Test *test);
void kernel_manager_end(Test *test);

void test_start(Test *test, ChildMain main);
/* The child has done all of its part. */
void test_end(Test *test);

Item *item_of(const char *text, const char *name, enum bellhop_kind kind, int signal);
Delivery *deliver_kind(const Test *test, const char *text, enum bellhop_kind kind,
                       const DeliverySettings *settings);
/* A memfd that contains a number, with Transport=kernel. */
Delivery *deliver(const Test *test, const char *text);
bool is_by_kernel(const Test *test, const Delivery *delivery);
bool is_overdue(const void *delivery);

/* ---- in the child ---- */

int claim_number(void);
void change_mask_of(int how, int signal);
void change_mask(int how); /* of the signal of memfds */

void wait_for_go(Child *child);
void claim_one(Child *child); /* and report its number */
void claim_when_told(Child *child);
