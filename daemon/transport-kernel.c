/* SPDX-License-Identifier: MIT */
/* The kernel transport: items travel with their signals, by sendfd(). The manager shares nothing
 * with the receiver but the manifest's offset, and isn't woken by it: it looks at it, soon at first
 * and then less and less often, as it would ring. */
#include "transport-kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "log.h"
#include "manager.h"
#include "readiness.h"
#include "ring.h"
#include "sendfd.h"
#include "shipment.h"

/* Shipments by one signal that nobody waits for any more and that lie in the queue still. It bounds
 * what a process that takes nothing keeps alive: the snapshots of a file, say. */
#define STALE_MAX 16

/* So often the signals may be gone without a receipt before the claim socket is tried: the first
 * time the program may have been one that throws its signals away and then runs another. */
#define LOSSES_MAX 2

/* ---- what can travel so ---- */

/* sendfd() knows processes by number alone. A child of ours that isn't reaped keeps its number; any
 * other's may be given to somebody else between a look and the call, and he would have the
 * descriptor. Returns: 0; -ESRCH it has ended; -ECHILD it isn't our child. */
static int check_child(const Recipient *recipient) {
        siginfo_t info = { 0 };

        if (waitid(P_PIDFD, (id_t)recipient->pidfd, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) <
            0)
                return -ECHILD;
        return info.si_pid == 0 ? 0 : -ESRCH;
}

/* With Transport=auto a connection goes by the claim socket: it can't be held back until there is a
 * receipt, since its peer would wait for that, too; so one that gets lost is lost for good. */
static const char *transport_kernel_refuses(Transport *transport, const Recipient *recipient,
                                            const Item *item, bool must) {
        if (recipient->access == CLAIM_ACCESS_ALL)
                return "the kernel transport sends to one process, and with ClaimAccess=all "
                       "whoever comes first is to have it";
        if (check_child(recipient) == -ECHILD)
                return "the kernel transport reaches only children of bellhopd: it knows the "
                       "others by a number that may become another's";
        if (item->kind == BELLHOP_KIND_CONNECTION && !must)
                return "a connection that gets lost is lost for good";
        if (item->kind == BELLHOP_KIND_OTHER && !must)
                return "a file may be open more than once, and one is taken for the other";
        return NULL;
}

/* ---- sending ---- */

static bool is_ours(const Transport *transport, const Delivery *delivery) {
        return delivery->transport == transport && delivery_state_is_ringable(delivery->state);
}

static Shipment *shipment_at(const Recipient *recipient, guint i) {
        return recipient->shipments->pdata[i];
}

/* The delivery whose item is to be sent next, or NULL: that was all. What has been withdrawn,
 * superseded or sent another way meanwhile ends the shipment: those behind it are for another. */
static Delivery *shipment_next(const Recipient *recipient, Shipment *shipment) {
        Delivery *delivery = NULL;

        if (shipment->next < shipment->count && !shipment->withdrawn)
                delivery = recipient_find(recipient, shipment->ids[shipment->next], NULL);
        if (delivery && is_ours(recipient->manager->kernel_transport, delivery))
                return delivery;
        shipment->count = shipment->next;
        return NULL;
}

/* Goes on where it was left. Returns: 0: all is out; or negative errno. */
static int shipment_send(Recipient *recipient, Shipment *shipment) {
        Delivery *delivery;

        while ((delivery = shipment_next(recipient, shipment))) {
                int r = 0;

                if (!shipment->announced)
                        r = sendfd_call(recipient->pid, shipment->signal, shipment->manifest, 0);
                shipment->announced = r == 0;
                if (r == 0)
                        r = sendfd_call(recipient->pid, shipment->signal, delivery->item->fd, 0);
                if (r < 0)
                        return r;
                shipment->next++;
                delivery_handle(delivery, DELIVERY_EVENT_QUEUED, NULL);
        }
        return 0;
}

/* Whether anybody still waits for something that it has brought or shall bring. What goes another
 * way by now doesn't count. */
static bool shipment_matters(const Recipient *recipient, const Shipment *shipment) {
        const Transport *kernel = recipient->manager->kernel_transport;

        for (unsigned int i = shipment->taken; i < shipment->count; i++) {
                const Delivery *delivery = recipient_find(recipient, shipment->ids[i], NULL);

                if (delivery && delivery->transport == kernel &&
                    delivery_state_is_waiting(delivery->state))
                        return true;
        }
        return false;
}

static unsigned int count_stale(const Recipient *recipient, int signal) {
        unsigned int count = 0;

        for (guint i = 0; i < recipient->shipments->len; i++)
                count += shipment_at(recipient, i)->signal == signal &&
                         (shipment_at(recipient, i)->withdrawn ||
                          !shipment_matters(recipient, shipment_at(recipient, i)));
        return count;
}

/* What waits for that signal, in order. A connection travels alone: it alone can't be sent again.
 * Returns: how many. */
static unsigned int collect(const Transport *transport, const Recipient *recipient, int signal,
                            Delivery *ret[MESSAGE_ITEMS_MAX]) {
        unsigned int count = 0;

        for (guint i = 0; i < recipient->deliveries->len && count < MESSAGE_ITEMS_MAX; i++) {
                Delivery *delivery = recipient->deliveries->pdata[i];
                bool alone = delivery->kind == BELLHOP_KIND_CONNECTION;

                if (!is_ours(transport, delivery) || delivery->carrier != signal)
                        continue;
                if (alone && count > 0)
                        break;
                ret[count++] = delivery;
                if (alone)
                        break;
        }
        return count;
}

/* Returns: 1 there is one more; 0 nothing waits; or negative errno. */
static int add_shipment(const Transport *transport, Recipient *recipient, int signal,
                        Shipment **ret) {
        Delivery *deliveries[MESSAGE_ITEMS_MAX];
        unsigned int count = collect(transport, recipient, signal, deliveries);
        int r;

        if (count == 0)
                return 0;
        if (count_stale(recipient, signal) >= STALE_MAX)
                return -EXFULL;
        r = shipment_new(signal, deliveries, count, ret);
        if (r < 0)
                return r;
        g_ptr_array_add(recipient->shipments, *ret);
        return 1;
}

/* First those that were begun, then new ones. Returns: 0 or negative errno. */
static int send_by_signal(const Transport *transport, Recipient *recipient, int signal) {
        Shipment *shipment;
        int r = 0;

        for (guint i = 0; i < recipient->shipments->len && r == 0; i++)
                if (shipment_at(recipient, i)->signal == signal)
                        r = shipment_send(recipient, shipment_at(recipient, i));
        while (r == 0) {
                r = add_shipment(transport, recipient, signal, &shipment);
                if (r <= 0)
                        break;
                r = shipment_send(recipient, shipment);
        }
        return r;
}

/* What the errors of the call mean to a recipient (see transport.h), and in words. */
static const struct {
        int error;
        int result;
        const char *reason; /* NULL: the process itself shows it */
} errors[] = {
        { ECONNREFUSED, -EBUSY, NULL },
        { ESRCH, -ESRCH, "it has ended" },
        { EAGAIN, -EAGAIN, "its user's signal queue is full (RLIMIT_SIGPENDING)" },
        { ETOOMANYREFS, -EAGAIN, "bellhopd's user has too many descriptors in signal queues" },
        { EXFULL, -EAGAIN, "there is much in its signal queue that it hasn't taken" },
        { ENOMEM, -EAGAIN, "out of memory" },
        { EMFILE, -EAGAIN, "bellhopd has no free descriptor" },
        { ENFILE, -EAGAIN, "the system has no free descriptor" },
};

static int explain(const Recipient *recipient, int signal, int error, char **ret_reason) {
        for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
                const char *reason = errors[i].reason;

                if (errors[i].error != -error)
                        continue;
                if (!reason && ring_look(recipient->pid, recipient->pidfd,
                                         BELLHOP_SIGNAL_BIT(signal), ret_reason) >= 0)
                        reason = "it was not ready";
                if (reason)
                        *ret_reason = g_strdup_printf("sending to pid %d: %s", (int)recipient->pid,
                                                      reason);
                return errors[i].result;
        }
        return error;
}

static uint64_t carriers(const Transport *transport, const Recipient *recipient) {
        uint64_t signals = 0;

        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = recipient->deliveries->pdata[i];

                if (is_ours(transport, delivery))
                        signals |= BELLHOP_SIGNAL_BIT(delivery->carrier);
        }
        return signals;
}

static void destroy_shipment(gpointer shipment) {
        shipment_free(shipment);
}

/* Each signal for itself: one may be taken where the other isn't. */
static int transport_kernel_announce(Transport *transport, Recipient *recipient,
                                     char **ret_reason) {
        uint64_t signals = carriers(transport, recipient);

        if (check_child(recipient) < 0)
                return -ESRCH;
        if (!recipient->shipments)
                recipient->shipments = g_ptr_array_new_with_free_func(destroy_shipment);

        recipient->walks++;
        for (; signals != 0; signals &= signals - 1) {
                int signal = __builtin_ctzll(signals) + 1;
                int r = send_by_signal(transport, recipient, signal);
                g_autofree char *reason = NULL;

                if (r < 0) {
                        r = explain(recipient, signal, r, &reason);
                        recipient_note(recipient, transport, BELLHOP_SIGNAL_BIT(signal), r, reason);
                }
        }
        recipient->walks--;
        return -EINPROGRESS;
}

/* ---- receipts ---- */

static Delivery *find_queued(const Recipient *recipient, uint64_t id) {
        Delivery *delivery = recipient_find(recipient, id, NULL);

        return delivery && delivery->state == DELIVERY_QUEUED ? delivery : NULL;
}

static void shipment_settle(Recipient *recipient, Shipment *shipment) {
        unsigned int taken = shipment_read_receipt(shipment);

        while (shipment->taken < taken) {
                Delivery *delivery = find_queued(recipient, shipment->ids[shipment->taken++]);

                if (delivery)
                        delivery_handle(delivery, DELIVERY_EVENT_RECEIPT, NULL);
        }
}

/* The signals are gone, and there is no receipt: the program doesn't block them yet, ignores what
 * it has, or had no room for a descriptor; or it is just about to give the receipt. The same
 * manifest goes out again, so that the desk knows what it has. */
static void shipment_return(Recipient *recipient, Shipment *shipment) {
        bool divert = ++shipment->losses >= LOSSES_MAX;

        if (divert) {
                shipment_withdraw(shipment);
                shipment_settle(recipient, shipment);
        }
        for (unsigned int i = shipment->taken; i < shipment->next; i++) {
                Delivery *delivery = find_queued(recipient, shipment->ids[i]);

                if (!delivery)
                        continue;
                if (divert && !delivery->transport_is_fixed)
                        delivery->transport = recipient->manager->transport;
                delivery_handle(delivery, DELIVERY_EVENT_RETURNED,
                                "its signal was discarded, or taken without a receipt");
        }
        shipment->announced = false;
        shipment->next = shipment->taken;
        if (divert) /* what is left of it makes a new one, if anything */
                shipment->count = shipment->taken;
}

static bool shipment_can_return(const Recipient *recipient, const Shipment *shipment) {
        const Delivery *delivery = find_queued(recipient, shipment->ids[shipment->taken]);

        return !delivery || delivery->item;
}

/* Whether something that is out isn't to be delivered any more. */
static bool shipment_has_withdrawn(const Recipient *recipient, const Shipment *shipment) {
        for (unsigned int i = shipment->taken; i < shipment->next; i++)
                if (!find_queued(recipient, shipment->ids[i]))
                        return true;
        return !shipment_matters(recipient, shipment);
}

/* All of it, since it can't be done with one item; the others make a new one. A connection is gone
 * with it. */
static void shipment_take_back(Recipient *recipient, Shipment *shipment) {
        shipment_withdraw(shipment);
        shipment_settle(recipient, shipment);
        for (unsigned int i = shipment->taken; i < shipment->next; i++) {
                Delivery *delivery = find_queued(recipient, shipment->ids[i]);

                if (delivery)
                        delivery_handle(delivery, DELIVERY_EVENT_RETURNED, NULL);
        }
        shipment->count = shipment->next;
}

/* Returns: whether it is over and done with. */
static bool shipment_look(Recipient *recipient, Shipment *shipment, bool pending) {
        shipment_settle(recipient, shipment);
        if (shipment->taken == shipment->count) {
                if (shipment->count < shipment->listed) /* the desk still waits for the rest */
                        shipment_withdraw(shipment);
                return true;
        }
        if (!shipment->withdrawn && shipment_has_withdrawn(recipient, shipment))
                shipment_take_back(recipient, shipment);
        if (shipment->withdrawn)
                return !pending;
        if (!pending && shipment->taken < shipment->next &&
            shipment_can_return(recipient, shipment))
                shipment_return(recipient, shipment);
        return shipment->taken == shipment->count;
}

/* The queue is looked at first: what leaves it later has its receipt later. Where it can't be
 * looked at (the process has ended), everything may still be in it. */
static void transport_kernel_look(Transport *transport, Recipient *recipient) {
        SignalSets sets = { .process_pending = UINT64_MAX };
        GPtrArray *shipments = recipient->shipments;

        if (!shipments || shipments->len == 0)
                return;
        (void)signal_sets_read(recipient->pid, &sets);

        recipient->walks++;
        for (guint i = 0; i < shipments->len;) {
                Shipment *shipment = shipments->pdata[i];

                if (shipment_look(recipient, shipment,
                                  sets.process_pending & BELLHOP_SIGNAL_BIT(shipment->signal)))
                        (void)g_ptr_array_remove_index(shipments, i);
                else
                        i++;
        }
        recipient->walks--;
}

/* ---- its end ---- */

/* It may live on, and not be the one that is to have it any more. */
static void transport_kernel_forget(Transport *transport, Recipient *recipient) {
        for (guint i = 0; recipient->shipments && i < recipient->shipments->len; i++) {
                shipment_withdraw(shipment_at(recipient, i));
                shipment_settle(recipient, shipment_at(recipient, i));
        }
        g_clear_pointer(&recipient->shipments, g_ptr_array_unref);
}

static Transport *transport_kernel_free(Transport *transport) {
        GHashTableIter iterator;
        gpointer recipient;

        g_hash_table_iter_init(&iterator, transport->manager->recipients);
        while (g_hash_table_iter_next(&iterator, NULL, &recipient))
                transport_kernel_forget(transport, recipient);
        g_free(transport);
        return NULL;
}

static const TransportVTable transport_kernel_vtable = {
        .name = "kernel",
        .refuses = transport_kernel_refuses,
        .announce = transport_kernel_announce,
        .look = transport_kernel_look,
        .forget = transport_kernel_forget,
        .free = transport_kernel_free,
};

int transport_kernel_new(Manager *manager, Transport **ret) {
        Transport *transport;

        if (!sendfd_is_there())
                return -ENOSYS;
        transport = g_new(Transport, 1);
        *transport = (Transport){ .vtable = &transport_kernel_vtable, .manager = manager };
        *ret = transport;
        return 0;
}
