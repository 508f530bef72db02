/* SPDX-License-Identifier: MIT */
/* What a recipient is given, and what it is to have no more. */
#include <string.h>

#include "item-name.h"
#include "manager.h"
#include "recipient-internal.h"
#include "transport.h"

static void destroy_list(gpointer list) {
        g_ptr_array_unref(list);
}

static void recipient_forget(Recipient *recipient, const Delivery *delivery) {
        guint index;

        (void)recipient_find(recipient, delivery->id, &index);
        recipient->counts[delivery->state]--;
        (void)g_ptr_array_remove_index(recipient->deliveries, index);
}

/* The same name from the same unit again: what has ended is history, what waits is out of date. */
static void recipient_supersede(Recipient *recipient, GPtrArray *namesakes) {
        guint kept = 0;

        recipient_look(recipient); /* what has been taken is history */
        for (guint i = 0; i < namesakes->len; i++) {
                Delivery *delivery = namesakes->pdata[i];

                if (delivery_state_is_waiting(delivery->state) || recipient->walks > 0)
                        namesakes->pdata[kept++] = delivery;
                else
                        recipient_forget(recipient, delivery);
        }
        g_ptr_array_set_size(namesakes, (gint)kept);

        recipient->walks++;
        for (guint i = 0; i < kept; i++) {
                Delivery *delivery = namesakes->pdata[i];

                if (delivery_state_is_waiting(delivery->state))
                        delivery_handle(delivery, DELIVERY_EVENT_CANCEL, "superseded");
        }
        recipient->walks--;
}

static char *namesakes_key(const char *name, const char *unit) {
        return g_strconcat(name, ":", unit, NULL);
}

static GPtrArray *namesakes_of(GHashTable *index, const char *name, const char *unit) {
        g_autofree char *key = namesakes_key(name, unit);
        GPtrArray *namesakes = g_hash_table_lookup(index, key);

        if (!namesakes) {
                namesakes = g_ptr_array_new();
                g_hash_table_insert(index, g_steal_pointer(&key), namesakes);
        }
        return namesakes;
}

static GHashTable *recipient_index(const Recipient *recipient) {
        GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, destroy_list);

        for (guint i = 0; i < recipient->deliveries->len; i++) {
                Delivery *delivery = delivery_at(recipient, i);

                g_ptr_array_add(namesakes_of(index, delivery->name, delivery->unit), delivery);
        }
        return index;
}

/* Returns: NULL: nothing has been delivered before. */
static GPtrArray *recipient_namesakes(Recipient *recipient, const char *name, const char *unit) {
        if (!recipient->namesakes && recipient->deliveries->len > 0)
                recipient->namesakes = recipient_index(recipient);
        return recipient->namesakes ? namesakes_of(recipient->namesakes, name, unit) : NULL;
}

bool recipient_knows(const Recipient *recipient, const char *name, const char *unit) {
        g_autofree char *key = NULL;
        const GPtrArray *namesakes;

        if (!recipient->namesakes) {
                for (guint i = 0; i < recipient->deliveries->len; i++)
                        if (strcmp(delivery_at(recipient, i)->name, name) == 0 &&
                            strcmp(delivery_at(recipient, i)->unit, unit) == 0)
                                return true;
                return false;
        }
        key = namesakes_key(name, unit);
        namesakes = g_hash_table_lookup(recipient->namesakes, key);
        return namesakes && namesakes->len > 0;
}

/* Its way. Returns: NULL, or why it can't be delivered at all. */
static const char *delivery_route(Delivery *delivery, const DeliverySettings *settings) {
        const Item *item = delivery->item;
        const char *reason = NULL;

        if (!item_name_is_valid(item->name, strlen(item->name)))
                return "its name is out of rule";
        delivery->transport_is_fixed = settings->transport == TRANSPORT_KERNEL;
        delivery->transport =
                transport_choose(delivery->recipient, item, settings->transport, &reason);
        return reason;
}

/* What has one name goes one way, or there would be no order, and one that replaces those before it
 * would replace those behind it. Where the ways differ, the claim socket will do for all; but what
 * is out already stays where it is. */
static void route_alike(const GPtrArray *namesakes, Delivery *delivery) {
        const Manager *manager = delivery->recipient->manager;
        Transport *common = manager->transport;
        bool alike = true;

        if (!manager->kernel_transport)
                return; /* there is one way */
        for (guint i = 0; i < namesakes->len; i++) {
                const Delivery *earlier = namesakes->pdata[i];

                alike = alike && (!delivery_state_is_waiting(earlier->state) ||
                                  earlier->transport == delivery->transport);
        }
        if (alike || delivery->transport_is_fixed)
                return;
        for (guint i = 0; i < namesakes->len; i++) {
                Delivery *earlier = namesakes->pdata[i];

                if (delivery_state_is_ringable(earlier->state) && !earlier->transport_is_fixed)
                        earlier->transport = common;
        }
        recipient_look(delivery->recipient); /* the desk may be waiting for them the other way */
}

Delivery *recipient_deliver(Recipient *recipient, Item *item, const char *unit,
                            const DeliverySettings *settings, bool replaces) {
        GPtrArray *namesakes = recipient_namesakes(recipient, item->name, unit);
        const Delivery *first = namesakes && namesakes->len > 0 ? namesakes->pdata[0] : NULL;
        int carrier = first ? first->carrier : item->signal;
        const char *reason;
        Delivery *delivery;

        if (replaces && namesakes)
                recipient_supersede(recipient, namesakes);
        delivery = delivery_new(recipient, item, unit, replaces);
        delivery->carrier = carrier;
        reason = delivery_route(delivery, settings);
        delivery->timeout_usec = settings->claim_timeout;
        if (settings->claim_timeout != TIME_INFINITY)
                delivery->deadline_usec =
                        (uint64_t)g_get_monotonic_time() + settings->claim_timeout;
        g_ptr_array_add(recipient->deliveries, delivery);
        if (namesakes)
                g_ptr_array_add(namesakes, delivery);
        recipient->counts[delivery->state]++;
        /* Whoever is told may deliver, too: that comes behind it. */
        if (reason)
                delivery_handle(delivery, DELIVERY_EVENT_FAILURE, reason);
        else if (namesakes)
                route_alike(namesakes, delivery);
        return delivery;
}

GPtrArray *recipients_waiting(Manager *manager) {
        GPtrArray *waiting = g_ptr_array_new();
        GHashTableIter iterator;
        gpointer recipient;

        g_hash_table_iter_init(&iterator, manager->recipients);
        while (g_hash_table_iter_next(&iterator, NULL, &recipient))
                if (!recipient_is_idle(recipient))
                        g_ptr_array_add(waiting, recipient);
        return waiting;
}

void recipients_look(Manager *manager) {
        g_autoptr(GPtrArray) waiting = recipients_waiting(manager);

        for (guint i = 0; i < waiting->len; i++)
                recipient_look(waiting->pdata[i]);
}

void recipients_withdraw(Manager *manager, const char *unit) {
        g_autoptr(GPtrArray) waiting = recipients_waiting(manager);

        for (guint i = 0; i < waiting->len; i++)
                recipient_withdraw(waiting->pdata[i], unit, NULL);
}

void recipient_withdraw(Recipient *recipient, const char *unit, const Item *item) {
        guint count = recipient->deliveries->len;

        recipient_look(recipient); /* what has been taken can't be withdrawn */
        recipient->walks++;
        for (guint i = 0; i < count; i++) {
                Delivery *delivery = delivery_at(recipient, i);

                if (delivery_state_is_waiting(delivery->state) &&
                    strcmp(delivery->unit, unit) == 0 &&
                    (item ? delivery->item == item : delivery->kind != BELLHOP_KIND_CONNECTION))
                        delivery_handle(delivery, DELIVERY_EVENT_CANCEL, "withdrawn");
        }
        recipient->walks--;
        recipient_look(recipient); /* what is out of reach shall not be kept at least */
}
