/* SPDX-License-Identifier: MIT */
/* A delivery: one item on its way to one recipient. It knows what must arrive, by when, and what
 * happens if it doesn't; how it travels is the transport's. It owns a reference to its item and
 * holds it until it is claimed or has ended; it is owned by its recipient. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "item.h"
#include "macros.h"

typedef struct MessageItem MessageItem;
typedef struct Recipient Recipient;
typedef struct Transport Transport;

typedef enum DeliveryState {
        DELIVERY_WAITING,    /* decided, not rung yet */
        DELIVERY_NOT_READY,  /* the recipient would die of the bell: looked at again */
        DELIVERY_QUEUE_FULL, /* the recipient's signal queue is full: tried again */
        DELIVERY_RUNG,       /* the bell is out */
        DELIVERY_LATE,       /* ClaimTimeoutSec= is over; the recipient may claim it all the same */
        DELIVERY_QUEUED,     /* in the recipient's signal queue, by sendfd(), no receipt yet */
        DELIVERY_SENT,       /* on a claim connection, no receipt yet */
        DELIVERY_CLAIMED,    /* the receipt has come */
        DELIVERY_FAILED,     /* ClaimTimeoutSec= of what can't be late, or the transport can't; see
                                reason */
        DELIVERY_CANCELLED,  /* superseded, withdrawn, or the recipient has ended */
        DELIVERY_STATE_COUNT,
} DeliveryState;

typedef enum DeliveryEvent {
        DELIVERY_EVENT_RANG,
        DELIVERY_EVENT_DEAF,    /* not ready */
        DELIVERY_EVENT_FULL,    /* queue full */
        DELIVERY_EVENT_OVERDUE, /* ClaimTimeoutSec= */
        DELIVERY_EVENT_QUEUED,
        DELIVERY_EVENT_SENT,
        DELIVERY_EVENT_RETURNED, /* no receipt, or no room for it: it waits on */
        DELIVERY_EVENT_RECEIPT,
        DELIVERY_EVENT_FAILURE, /* ClaimTimeoutSec=, or an error of the transport */
        DELIVERY_EVENT_CANCEL,
        DELIVERY_EVENT_COUNT,
} DeliveryEvent;

/* The state an event leads to; DELIVERY_STATE_COUNT: the event can't happen in this state. */
extern const uint8_t delivery_table[DELIVERY_STATE_COUNT][DELIVERY_EVENT_COUNT];

typedef struct Delivery {
        Recipient *recipient; /* borrowed: its owner */
        Item *item;           /* NULL once claimed or ended; or queued, if it is a connection, which
                                 nobody else may hold */
        char *name;           /* the item's */
        char *unit;           /* the unit it comes from: "web.socket" */
        enum bellhop_kind kind;
        int signal;
        int carrier;   /* the signal by which it travels where there is an order on each alone: that
                          of the first of its name and unit */
        bool replaces; /* BELLHOP_ITEM_REPLACES */
        Transport *transport;    /* borrowed */
        bool transport_is_fixed; /* Transport=kernel: no other will do */
        DeliveryState state;
        char *reason;           /* why it waits or failed, or NULL */
        uint64_t since_usec;    /* CLOCK_REALTIME of the last change of state */
        uint64_t timeout_usec;  /* ClaimTimeoutSec= */
        uint64_t deadline_usec; /* CLOCK_MONOTONIC; TIME_INFINITY: never, or it is over */
        uint64_t id;            /* for list-deliveries, unique in this manager */
} Delivery;

const char *delivery_state_to_string(DeliveryState state); /* "queue-full" */
const char *delivery_event_to_string(DeliveryEvent event);
bool delivery_state_is_waiting(DeliveryState state);  /* up to and with SENT */
bool delivery_state_is_ringable(DeliveryState state); /* waits, and isn't on its way */
/* The recipient has it, or may take it when it likes. */
bool delivery_may_be_held(const Delivery *delivery);
/* ClaimTimeoutSec= is over, and it is kept for the recipient all the same. */
bool delivery_is_overdue(const Delivery *delivery);

/* Its record in a message; the name borrows. */
void delivery_describe(const Delivery *delivery, MessageItem *ret);

/* Takes a reference to the item. Its owner is the recipient: see recipient_deliver(). */
Delivery *delivery_new(Recipient *recipient, Item *item, const char *unit, bool replaces);
Delivery *delivery_free(Delivery *delivery); /* takes NULL, returns NULL */

/* The one setter: looks up the table, logs, tells the bus, lets go of the item in an end state. An
 * event that can't happen is logged as a bug and changes nothing. A reason stays until there is
 * another or until what it says is over; NULL: nothing new. */
void delivery_handle(Delivery *delivery, DeliveryEvent event, const char *reason);
