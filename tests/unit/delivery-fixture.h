/* SPDX-License-Identifier: MIT */
/* What the delivery tests share: a manager that is no more than an event loop, a table of
 * recipients and the socket transport; processes that are delivered to; and a desk in a few calls,
 * so that the tests speak the protocol themselves, and can speak it wrongly. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "manager.h"
#include "message.h"
#include "recipient.h"
#include "transport.h"

typedef struct Fixture {
        Manager manager;
        int fds_before; /* how many descriptors were open */
} Fixture;

/* False, with the word for it printed, where there are no pidfds. */
bool fixture_is_possible(void);
void fixture_init(Fixture *fixture);
/* Fails the test if a descriptor has leaked. */
void fixture_done(Fixture *fixture);

/* Of its claim socket. */
uint64_t fixture_address(const Fixture *fixture);

/* Runs the loop until the condition holds; fails the test after a minute. */
typedef bool (*Condition)(const void *data);
void fixture_run_until(Fixture *fixture, Condition condition, const void *data);
/* Runs what is to be run right now. */
void fixture_run_pending(Fixture *fixture);

/* A process that runs a function. Its delivery signals are blocked and ignored, as the manager
 * starts its services. */
typedef struct Child Child;
typedef void (*ChildMain)(Child *child);
struct Child {
        pid_t pid;
        int pidfd;
        int to_child, from_child; /* the parent's ends of two pipes */
        int in, out;              /* the child's */
        const void *argument;
        bool has_reported; /* the parent's */
        int report;
};

/* Returns when its signals are prepared. */
void child_start(Child *child, ChildMain main, const void *argument);
/* Kills it if need be. Returns: the wait status. */
int child_stop(Child *child);
/* Waits for its end by itself. Returns: the wait status. */
int child_wait(Child *child);

/* In the child: tell the parent a number; wait for the parent's go. */
void child_report(Child *child, int value);
void child_await_go(Child *child);
/* In the parent. */
void child_go(Child *child);
int child_read_report(Child *child);
/* As fixture_run_until(), until it has reported. Returns: what. */
int fixture_run_until_report(Fixture *fixture, Child *child);

/* A recipient for a child, with the defaults. */
Recipient *fixture_recipient(Fixture *fixture, const Child *child, ClaimAccess access,
                             bool prepared);
/* Delivers a new memfd that contains its own name. */
Delivery *fixture_deliver(Recipient *recipient, const char *name, bool replaces);

extern const DeliverySettings fixture_settings;

bool delivery_is_claimed(const void *delivery);
bool delivery_is_rung(const void *delivery);
bool delivery_is_late(const void *delivery);
bool delivery_is_failed(const void *delivery);
bool delivery_is_not_ready(const void *delivery);
bool delivery_is_returned(const void *delivery); /* it waits, and has a reason */
bool recipient_has_claimed_all(const void *recipient);

/* ---- the child's desk ---- */

typedef struct DeskMessage {
        uint8_t buffer[MESSAGE_SIZE_MAX];
        MessageItem items[MESSAGE_ITEMS_MAX];
        int fds[MESSAGE_ITEMS_MAX];
        int count;    /* of items; 0: the manager has closed; negative errno */
        int fd_count; /* of descriptors */
        uint32_t remaining;
} DeskMessage;

/* The address of a bell. Fails (_exit(1)) after a minute. */
uint64_t desk_wait_bell(int sig);
uint64_t desk_try_bell(int sig, int timeout_ms); /* 0: none */
int desk_connect(uint64_t address);
void desk_receive(int fd, DeskMessage *message);
void desk_receipt(int fd, unsigned int taken);
void desk_close_fds(DeskMessage *message);
/* The whole conversation. Returns: how many items were taken. */
int desk_claim_all(uint64_t address);
/* A child's whole life: answers one bell, reports how many it took, waits for the go. */
void desk_claim_once(Child *child);

/* For children: what must hold in them. */
#define CHECK(expression)                                                                   \
        do {                                                                                \
                if (!(expression)) {                                                        \
                        (void)fprintf(stderr, "child: %s:%d: %s: %s\n", __FILE__, __LINE__, \
                                      #expression, g_strerror(errno));                      \
                        _exit(1);                                                           \
                }                                                                           \
        } while (0)
