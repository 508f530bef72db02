/* SPDX-License-Identifier: MIT */
/* A laboratory for deliveries: this process is the manager (the daemon's own recipient and
 * transport on an event loop), a child is the service with a desk, and a page of memory between
 * them carries orders and times. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "manager.h"
#include "recipient.h"

#define LAB_CALLS_MAX 4096

typedef struct LabPage {
        _Atomic uint32_t items;          /* how many the service is to claim in this round */
        _Atomic uint32_t round;          /* rounds that the service has finished */
        _Atomic uint32_t go;             /* LAB_AWAKE: the round that the service may begin */
        _Atomic uint64_t begin, end;     /* when the service began and ended to claim */
        _Atomic uint32_t calls;          /* system calls of the last round, if they are counted */
        uint16_t numbers[LAB_CALLS_MAX]; /* which */
} LabPage;

typedef struct Lab {
        LabPage *page;
        Manager manager;
        Recipient *recipient;
        DeliverySettings settings;
        pid_t service;
        int service_pidfd;
        int finished_fd; /* an eventfd: the service has finished a round */
        int go_fd;       /* another: LAB_AWAKE: the bell was rung, the service may claim */
        int memfd;       /* what is delivered, again and again */
        unsigned int mode;
        unsigned int pause_ms; /* before each round; lab_open() sets 2 */
        uint32_t rounds;
        uint64_t (*clock)(void); /* lab_open() sets bench_now() */
} Lab;

#define LAB_COUNTED 0x1u /* a tracer counts the service's system calls (and slows them) */
#define LAB_AWAKE   0x2u /* the service doesn't sleep in the claim when the bell comes */

#define LAB_KERNEL 0x4u /* by sendfd(), which this kernel must have; else by the claim socket */

void lab_open(Lab *lab, unsigned int mode);
/* clock: what counts, in both processes, instead of ns. */
void lab_open_counting(Lab *lab, unsigned int mode, uint64_t (*clock)(void));
void lab_close(Lab *lab);

/* One round: delivers so many items and waits until the service has them and the receipt is here.
 * Returns: ns (or what is counted) from the decision to the last claim's return; LAB_AWAKE: from
 * the begin of the first claim, with the bell already rung. */
uint64_t lab_round(Lab *lab, unsigned int items);

/* Makes the child die with its parent. */
void lab_child(pid_t parent);
