/* SPDX-License-Identifier: MIT */
/* A shipment: a manifest (message.h) and the items that it lists, on their way to one process by
 * sendfd(), all by one signal, where alone there is an order. The manifest's open file is shared
 * with the desk, which sets its offset to how many items it has: that is the receipt. It owns the
 * manifest; the items are their deliveries'. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delivery.h"
#include "message.h"

typedef struct Shipment {
        int signal;
        int manifest;
        bool announced;          /* the manifest is out */
        bool withdrawn;          /* nothing is to be taken any more */
        unsigned int taken_last; /* what the receipt said when it was withdrawn */
        unsigned int listed;     /* in the manifest */
        unsigned int count;  /* how many of those are to come: fewer, when some no longer are to be
                                delivered */
        unsigned int next;   /* the one to be sent next */
        unsigned int taken;  /* those whose receipt has been seen */
        unsigned int losses; /* how often its signals were gone without a receipt */
        uint64_t ids[MESSAGE_ITEMS_MAX]; /* of the deliveries */
} Shipment;

/* Of deliveries that have their items, at most MESSAGE_ITEMS_MAX.
 * Returns: 0 or negative errno. */
int shipment_new(int signal, Delivery *const *deliveries, unsigned int count, Shipment **ret);
Shipment *shipment_free(Shipment *shipment); /* takes NULL, returns NULL */
DEFINE_CLEANUP(Shipment, shipment_free)

/* What the receipt says: how many of those that were sent were taken. */
unsigned int shipment_read_receipt(const Shipment *shipment);

/* Tells the desk that what it hasn't taken isn't meant for it any more. From then on the receipt
 * doesn't change. */
void shipment_withdraw(Shipment *shipment);
