/* SPDX-License-Identifier: MIT */
/* Deliveries: the table of their states and its one setter. */
#include "delivery.h"

#include <glib.h>
#include <string.h>

#include "bus.h"
#include "log.h"
#include "manager.h"
#include "message.h"
#include "recipient.h"

#define NEVER DELIVERY_STATE_COUNT

/* A bell may ring again while one is out; a claim may come without a bell of ours (any bell fetches
 * everything). What is SENT can't be overdue: its connection ends by itself, within a second. What
 * is QUEUED can, and stays there, for nobody can take it back. */
const uint8_t delivery_table[DELIVERY_STATE_COUNT][DELIVERY_EVENT_COUNT] = {
        [DELIVERY_WAITING] = {
                [DELIVERY_EVENT_RANG] = DELIVERY_RUNG,
                [DELIVERY_EVENT_DEAF] = DELIVERY_NOT_READY,
                [DELIVERY_EVENT_FULL] = DELIVERY_QUEUE_FULL,
                [DELIVERY_EVENT_OVERDUE] = DELIVERY_LATE,
                [DELIVERY_EVENT_QUEUED] = DELIVERY_QUEUED,
                [DELIVERY_EVENT_SENT] = DELIVERY_SENT,
                [DELIVERY_EVENT_RETURNED] = NEVER,
                [DELIVERY_EVENT_RECEIPT] = NEVER,
                [DELIVERY_EVENT_FAILURE] = DELIVERY_FAILED,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_NOT_READY] = {
                [DELIVERY_EVENT_RANG] = DELIVERY_RUNG,
                [DELIVERY_EVENT_DEAF] = DELIVERY_NOT_READY,
                [DELIVERY_EVENT_FULL] = DELIVERY_QUEUE_FULL,
                [DELIVERY_EVENT_OVERDUE] = DELIVERY_LATE,
                [DELIVERY_EVENT_QUEUED] = DELIVERY_QUEUED,
                [DELIVERY_EVENT_SENT] = DELIVERY_SENT,
                [DELIVERY_EVENT_RETURNED] = NEVER,
                [DELIVERY_EVENT_RECEIPT] = NEVER,
                [DELIVERY_EVENT_FAILURE] = DELIVERY_FAILED,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_QUEUE_FULL] = {
                [DELIVERY_EVENT_RANG] = DELIVERY_RUNG,
                [DELIVERY_EVENT_DEAF] = DELIVERY_NOT_READY,
                [DELIVERY_EVENT_FULL] = DELIVERY_QUEUE_FULL,
                [DELIVERY_EVENT_OVERDUE] = DELIVERY_LATE,
                [DELIVERY_EVENT_QUEUED] = DELIVERY_QUEUED,
                [DELIVERY_EVENT_SENT] = DELIVERY_SENT,
                [DELIVERY_EVENT_RETURNED] = NEVER,
                [DELIVERY_EVENT_RECEIPT] = NEVER,
                [DELIVERY_EVENT_FAILURE] = DELIVERY_FAILED,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_RUNG] = {
                [DELIVERY_EVENT_RANG] = DELIVERY_RUNG,
                [DELIVERY_EVENT_DEAF] = DELIVERY_NOT_READY,
                [DELIVERY_EVENT_FULL] = DELIVERY_QUEUE_FULL,
                [DELIVERY_EVENT_OVERDUE] = DELIVERY_LATE,
                [DELIVERY_EVENT_QUEUED] = DELIVERY_QUEUED,
                [DELIVERY_EVENT_SENT] = DELIVERY_SENT,
                [DELIVERY_EVENT_RETURNED] = NEVER,
                [DELIVERY_EVENT_RECEIPT] = NEVER,
                [DELIVERY_EVENT_FAILURE] = DELIVERY_FAILED,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_LATE] = {
                [DELIVERY_EVENT_RANG] = DELIVERY_LATE,
                [DELIVERY_EVENT_DEAF] = DELIVERY_LATE,
                [DELIVERY_EVENT_FULL] = DELIVERY_LATE,
                [DELIVERY_EVENT_OVERDUE] = NEVER,
                [DELIVERY_EVENT_QUEUED] = DELIVERY_QUEUED,
                [DELIVERY_EVENT_SENT] = DELIVERY_SENT,
                [DELIVERY_EVENT_RETURNED] = NEVER,
                [DELIVERY_EVENT_RECEIPT] = NEVER,
                [DELIVERY_EVENT_FAILURE] = DELIVERY_FAILED,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_QUEUED] = {
                [DELIVERY_EVENT_RANG] = NEVER,
                [DELIVERY_EVENT_DEAF] = NEVER,
                [DELIVERY_EVENT_FULL] = NEVER,
                [DELIVERY_EVENT_OVERDUE] = DELIVERY_QUEUED,
                [DELIVERY_EVENT_QUEUED] = NEVER,
                [DELIVERY_EVENT_SENT] = NEVER,
                [DELIVERY_EVENT_RETURNED] = DELIVERY_WAITING,
                [DELIVERY_EVENT_RECEIPT] = DELIVERY_CLAIMED,
                [DELIVERY_EVENT_FAILURE] = DELIVERY_FAILED,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_SENT] = {
                [DELIVERY_EVENT_RANG] = NEVER,
                [DELIVERY_EVENT_DEAF] = NEVER,
                [DELIVERY_EVENT_FULL] = NEVER,
                [DELIVERY_EVENT_OVERDUE] = NEVER,
                [DELIVERY_EVENT_QUEUED] = NEVER,
                [DELIVERY_EVENT_SENT] = NEVER,
                [DELIVERY_EVENT_RETURNED] = DELIVERY_WAITING,
                [DELIVERY_EVENT_RECEIPT] = DELIVERY_CLAIMED,
                [DELIVERY_EVENT_FAILURE] = NEVER,
                [DELIVERY_EVENT_CANCEL] = DELIVERY_CANCELLED,
        },
        [DELIVERY_CLAIMED] = { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER },
        [DELIVERY_FAILED] = { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER },
        [DELIVERY_CANCELLED] = { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER },
};

static const char *const state_names[DELIVERY_STATE_COUNT] = {
        [DELIVERY_WAITING] = "waiting",
        [DELIVERY_NOT_READY] = "not-ready",
        [DELIVERY_QUEUE_FULL] = "queue-full",
        [DELIVERY_RUNG] = "rung",
        [DELIVERY_LATE] = "late",
        [DELIVERY_QUEUED] = "queued",
        [DELIVERY_SENT] = "sent",
        [DELIVERY_CLAIMED] = "claimed",
        [DELIVERY_FAILED] = "failed",
        [DELIVERY_CANCELLED] = "cancelled",
};

static const char *const event_names[DELIVERY_EVENT_COUNT] = {
        [DELIVERY_EVENT_RANG] = "rang",         [DELIVERY_EVENT_DEAF] = "deaf",
        [DELIVERY_EVENT_FULL] = "full",         [DELIVERY_EVENT_OVERDUE] = "overdue",
        [DELIVERY_EVENT_QUEUED] = "queued",     [DELIVERY_EVENT_SENT] = "sent",
        [DELIVERY_EVENT_RETURNED] = "returned", [DELIVERY_EVENT_RECEIPT] = "receipt",
        [DELIVERY_EVENT_FAILURE] = "failure",   [DELIVERY_EVENT_CANCEL] = "cancel",
};

const char *delivery_state_to_string(DeliveryState state) {
        return state_names[state];
}

const char *delivery_event_to_string(DeliveryEvent event) {
        return event_names[event];
}

bool delivery_state_is_waiting(DeliveryState state) {
        return state <= DELIVERY_SENT;
}

bool delivery_state_is_ringable(DeliveryState state) {
        return state < DELIVERY_QUEUED;
}

bool delivery_may_be_held(const Delivery *delivery) {
        return delivery->state == DELIVERY_CLAIMED || delivery->state == DELIVERY_QUEUED ||
               delivery->state == DELIVERY_SENT;
}

static bool delivery_is_over_time(const Delivery *delivery) {
        return delivery->timeout_usec != TIME_INFINITY && delivery->deadline_usec == TIME_INFINITY;
}

bool delivery_is_overdue(const Delivery *delivery) {
        return delivery->state == DELIVERY_LATE ||
               (delivery->state == DELIVERY_QUEUED && delivery_is_over_time(delivery));
}

void delivery_describe(const Delivery *delivery, MessageItem *ret) {
        *ret = (MessageItem){
                .kind = (uint8_t)delivery->kind,
                .signal = (uint8_t)delivery->signal,
                .flags = delivery->replaces ? BELLHOP_ITEM_REPLACES : 0,
                .name_length = (uint8_t)strlen(delivery->name),
                .name = delivery->name,
        };
}

Delivery *delivery_new(Recipient *recipient, Item *item, const char *unit, bool replaces) {
        static uint64_t last_id = 0;
        Delivery *delivery = g_new(Delivery, 1);

        *delivery = (Delivery){
                .recipient = recipient,
                .item = item_ref(item),
                .name = g_strdup(item->name),
                .unit = g_strdup(unit),
                .kind = item->kind,
                .signal = item->signal,
                .carrier = item->signal,
                .replaces = replaces,
                .state = DELIVERY_WAITING,
                .since_usec = (uint64_t)g_get_real_time(),
                .timeout_usec = TIME_INFINITY,
                .deadline_usec = TIME_INFINITY,
                .id = ++last_id,
        };
        return delivery;
}

Delivery *delivery_free(Delivery *delivery) {
        if (!delivery)
                return NULL;

        item_unref(delivery->item);
        g_free(delivery->name);
        g_free(delivery->unit);
        g_free(delivery->reason);
        g_free(delivery);
        return NULL;
}

/* Returns: whether the text has changed. */
static bool delivery_set_reason(Delivery *delivery, DeliveryState next, const char *reason) {
        bool over = delivery->state == DELIVERY_NOT_READY ||
                    delivery->state == DELIVERY_QUEUE_FULL || next == DELIVERY_CLAIMED;
        char *text;

        if (!reason && !over)
                return false;
        if (g_strcmp0(reason, delivery->reason) == 0)
                return false;
        text = g_strdup(reason);
        g_free(delivery->reason);
        delivery->reason = text;
        return true;
}

static void delivery_log(const Delivery *delivery, DeliveryState old, DeliveryEvent event) {
        bool wrong = delivery->state == DELIVERY_FAILED || event == DELIVERY_EVENT_OVERDUE;
        const char *reason = delivery->reason;

        log_message(wrong ? LOG_WARNING : LOG_DEBUG, delivery->unit,
                    "delivery of %s to %s: %s -> %s%s%s", delivery->name,
                    delivery->recipient->label, state_names[old], state_names[delivery->state],
                    reason ? ": " : "", reason ? reason : "");
}

/* Until the receipt; but behind a connection somebody waits for its end, which a second holder
 * would put off. */
static bool delivery_keeps_item(const Delivery *delivery) {
        return delivery_state_is_waiting(delivery->state) &&
               (delivery->state != DELIVERY_QUEUED || delivery->kind != BELLHOP_KIND_CONNECTION);
}

/* What comes back after its time is late at once. */
static DeliveryState next_state(const Delivery *delivery, DeliveryEvent event) {
        DeliveryState next = (DeliveryState)delivery_table[delivery->state][event];

        if (event == DELIVERY_EVENT_RETURNED && next != NEVER && delivery_is_over_time(delivery))
                return (DeliveryState)delivery_table[next][DELIVERY_EVENT_OVERDUE];
        return next;
}

void delivery_handle(Delivery *delivery, DeliveryEvent event, const char *reason) {
        DeliveryState old = delivery->state;
        DeliveryState next = next_state(delivery, event);
        Recipient *recipient = delivery->recipient;

        if (next == NEVER) {
                log_error(delivery->unit, "bug: delivery of %s to %s: %s in state %s",
                          delivery->name, recipient->label, event_names[event], state_names[old]);
                return;
        }
        if (!delivery_set_reason(delivery, next, reason) && next == old)
                return;

        if (next != old) {
                delivery->state = next;
                delivery->since_usec = (uint64_t)g_get_real_time();
                recipient_account(recipient, old, next);
        }
        delivery_log(delivery, old, event);
        if (!delivery_keeps_item(delivery))
                delivery->item = item_unref(delivery->item);
        bus_emit_delivery_changed(recipient->manager->bus, delivery);
        if (recipient->changed)
                recipient->changed(recipient, delivery, recipient->userdata);
}
