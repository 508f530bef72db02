/* SPDX-License-Identifier: MIT */
/* Recipients: when to ring, and until when. */
#include <string.h>

#include "cgroup.h"
#include "log.h"
#include "manager.h"
#include "process-tree.h"
#include "recipient-internal.h"
#include "transport.h"

#define RETRY_FIRST_USEC (2 * USEC_PER_MSEC)
#define RETRY_LAST_USEC  USEC_PER_SEC
/* When all is late: the process is stopped, or has no desk. What it has heard of it will claim. */
#define RETRY_LATE_USEC (60 * USEC_PER_SEC)
/* When a bell is out: a program that just starts answers it by then, and needs no look before. */
#define RETRY_RUNG_USEC (5 * USEC_PER_MSEC)
/* A process of many threads, or a service of many processes, takes long to look at: it gets no more
 * than this part of our time. */
#define RETRY_SHARE 50

unsigned int recipient_count_ringable(const Recipient *recipient) {
        return recipient->counts[DELIVERY_WAITING] + recipient->counts[DELIVERY_NOT_READY] +
               recipient->counts[DELIVERY_QUEUE_FULL] + recipient->counts[DELIVERY_RUNG] +
               recipient->counts[DELIVERY_LATE];
}

static unsigned int count_waiting(const Recipient *recipient) {
        return recipient_count_ringable(recipient) + recipient->counts[DELIVERY_QUEUED] +
               recipient->counts[DELIVERY_SENT];
}

bool recipient_is_idle(const Recipient *recipient) {
        return count_waiting(recipient) == 0;
}

unsigned int recipient_count_unclaimed(const Recipient *recipient) {
        return count_waiting(recipient) + recipient->counts[DELIVERY_FAILED];
}

bool recipient_has_missed(const Recipient *recipient) {
        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = delivery_at(recipient, i);

                if (delivery->state == DELIVERY_FAILED || delivery_is_overdue(delivery))
                        return true;
        }
        return false;
}

bool recipient_has_claimed(const Recipient *recipient, const char *unit) {
        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = delivery_at(recipient, i);

                if (delivery_may_be_held(delivery) && strcmp(delivery->unit, unit) == 0)
                        return true;
        }
        return false;
}

void recipient_look(Recipient *recipient) {
        Manager *manager = recipient->manager;

        /* Whoever walks has pointers to what would change. The other transport knows that, and sees
         * to it that it comes back. */
        if (manager->kernel_transport && recipient->walks == 0)
                manager->kernel_transport->vtable->look(manager->kernel_transport, recipient);
        if (manager->transport)
                manager->transport->vtable->look(manager->transport, recipient);
}

uint64_t recipient_signals(const Recipient *recipient) {
        uint64_t signals = 0;

        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = delivery_at(recipient, i);

                if (delivery->transport == recipient->manager->transport &&
                    delivery_state_is_ringable(delivery->state))
                        signals |= BELLHOP_SIGNAL_BIT(delivery->signal);
        }
        return signals;
}

Delivery *recipient_find(const Recipient *recipient, uint64_t id, guint *ret_index) {
        guint low = 0, high = recipient->deliveries->len;

        while (low < high) {
                guint middle = low + (high - low) / 2;

                if (delivery_at(recipient, middle)->id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (ret_index)
                *ret_index = low;
        if (low == recipient->deliveries->len || delivery_at(recipient, low)->id != id)
                return NULL;
        return delivery_at(recipient, low);
}

bool recipient_admits(const Recipient *recipient, pid_t pid) {
        if (pid == recipient->pid)
                return true;
        if (recipient->access != CLAIM_ACCESS_ALL)
                return false;
        return recipient->cgroup ? cgroup_has_pid(recipient->cgroup, pid)
                                 : process_is_descendant(pid, recipient->pid);
}

void recipient_account(Recipient *recipient, DeliveryState old, DeliveryState next) {
        recipient->counts[old]--;
        recipient->counts[next]++;
        if (recipient_is_idle(recipient)) {
                recipient->retry_usec = 0;
                (void)sd_event_source_set_enabled(recipient->retry_timer, SD_EVENT_OFF);
        } else if (old == DELIVERY_SENT && next == DELIVERY_WAITING &&
                   recipient->retry_usec > RETRY_LAST_USEC) { /* it isn't silent any more */
                recipient->retry_usec = RETRY_LAST_USEC;
                (void)sd_event_source_set_time_relative(recipient->retry_timer, RETRY_LAST_USEC);
        }
}

/* What a transport has to tell of the deliveries that it can ring for. The callbacks may add
 * deliveries: those come after. */
static void handle_ringable(Recipient *recipient, const Transport *transport, uint64_t carriers,
                            DeliveryEvent event, const char *reason) {
        guint count = recipient->deliveries->len;

        recipient->walks++;
        for (guint i = 0; i < count; i++) {
                Delivery *delivery = delivery_at(recipient, i);

                if (delivery->transport == transport &&
                    (carriers & BELLHOP_SIGNAL_BIT(delivery->carrier)) &&
                    delivery_state_is_ringable(delivery->state))
                        delivery_handle(delivery, event, reason);
        }
        recipient->walks--;
}

void recipient_note(Recipient *recipient, const Transport *transport, uint64_t carriers, int result,
                    const char *reason) {
        g_autofree char *other = NULL;
        DeliveryEvent event;

        if (result >= 0)
                event = DELIVERY_EVENT_RANG;
        else if (result == -ESRCH)
                return; /* whoever watches the process takes the recipient away */
        else if (result == -EAGAIN)
                event = DELIVERY_EVENT_FULL;
        else if (result == -EBUSY)
                event = DELIVERY_EVENT_DEAF;
        else
                event = DELIVERY_EVENT_FAILURE;
        if (result < 0 && !reason)
                reason = other = g_strdup_printf("pid %d can't be signalled: %s",
                                                 (int)recipient->pid, g_strerror(-result));
        handle_ringable(recipient, transport, carriers, event, reason);
}

static void cancel_waiting(Recipient *recipient, const char *reason) {
        guint count = recipient->deliveries->len;

        recipient->walks++;
        for (guint i = 0; i < count; i++)
                if (delivery_state_is_waiting(delivery_at(recipient, i)->state))
                        delivery_handle(delivery_at(recipient, i), DELIVERY_EVENT_CANCEL, reason);
        recipient->walks--;
}

static bool recipient_needs(const Recipient *recipient, const Transport *transport) {
        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = delivery_at(recipient, i);

                if (delivery->transport == transport && delivery_state_is_ringable(delivery->state))
                        return true;
        }
        return false;
}

static void recipient_announce_by(Recipient *recipient, Transport *transport) {
        g_autofree char *reason = NULL;
        int r = transport->vtable->announce(transport, recipient, &reason);

        if (r != -EINPROGRESS)
                recipient_note(recipient, transport, UINT64_MAX, r, reason);
}

static void recipient_announce(Recipient *recipient) {
        Transport *const transports[] = { recipient->manager->kernel_transport,
                                          recipient->manager->transport };

        for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
                if (transports[i] && recipient_needs(recipient, transports[i]))
                        recipient_announce_by(recipient, transports[i]);
}

/* A wrapper that forks instead of becoming the program leaves the desk to its child. */
static char *silence_reason(const Delivery *delivery) {
        const char *what = delivery->state == DELIVERY_QUEUED
                                   ? "hasn't taken it from its signal queue"
                                   : "never answered the bell";
        const Recipient *recipient = delivery->recipient;
        g_autoptr(GArray) pids = process_descendants(recipient->pid, 2);
        g_autofree char *label = NULL;

        if (recipient->access == CLAIM_ACCESS_ALL || pids->len < 2)
                return g_strdup_printf("pid %d %s", (int)recipient->pid, what);
        label = process_label(g_array_index(pids, pid_t, 1));
        return g_strdup_printf("pid %d %s; its child %s may claim only with ClaimAccess=all",
                               (int)recipient->pid, what, label);
}

static char *timeout_reason(const Delivery *delivery) {
        g_autofree char *why = NULL, *time = NULL;

        if (delivery->timeout_usec % USEC_PER_SEC == 0)
                time = g_strdup_printf("%" PRIu64 "s", delivery->timeout_usec / USEC_PER_SEC);
        else
                time = g_strdup_printf("%" PRIu64 "ms", delivery->timeout_usec / USEC_PER_MSEC);
        why = delivery->reason ? g_strdup(delivery->reason) : silence_reason(delivery);
        return g_strdup_printf("not claimed within %s: %s", time, why);
}

/* Whether what it hasn't claimed in time is kept for it. A service may be busy, or stopped, and
 * shall not miss a change for that; but behind a connection somebody waits, and so does who
 * delivers to a visitor. */
static bool delivery_can_be_late(const Delivery *delivery) {
        return !delivery->recipient->watch && delivery->kind != BELLHOP_KIND_CONNECTION;
}

static bool delivery_can_expire(const Delivery *delivery) {
        return delivery_state_is_ringable(delivery->state) || delivery->state == DELIVERY_QUEUED;
}

static void recipient_expire(Recipient *recipient, uint64_t now) {
        guint count = recipient->deliveries->len;

        recipient->walks++;
        for (guint i = 0; i < count; i++) {
                Delivery *delivery = delivery_at(recipient, i);
                g_autofree char *reason = NULL;

                if (!delivery_can_expire(delivery) || delivery->deadline_usec > now)
                        continue;
                reason = timeout_reason(delivery);
                delivery->deadline_usec = TIME_INFINITY;
                delivery_handle(delivery,
                                delivery_can_be_late(delivery) ? DELIVERY_EVENT_OVERDUE
                                                               : DELIVERY_EVENT_FAILURE,
                                reason);
        }
        recipient->walks--;
}

/* The next ring or the next deadline, whichever comes first. */
static void recipient_arm(Recipient *recipient, uint64_t now) {
        uint64_t next = now + recipient->retry_usec;

        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = delivery_at(recipient, i);

                if (delivery_can_expire(delivery) && delivery->deadline_usec < next)
                        next = MAX(delivery->deadline_usec, now);
        }
        (void)sd_event_source_set_time(recipient->retry_timer, next);
        (void)sd_event_source_set_enabled(recipient->retry_timer, SD_EVENT_ONESHOT);
}

/* Most often the timer ends soon enough, and is left as it is: to set a timer costs more than to
 * answer a claim. It is off if nothing has been rung for yet: a desk may come unasked. */
void recipient_look_soon(Recipient *recipient) {
        sd_event_source *timer = recipient->retry_timer;
        uint64_t soon = (uint64_t)g_get_monotonic_time() + RETRY_RUNG_USEC, next;

        if (sd_event_source_get_enabled(timer, NULL) > 0 &&
            sd_event_source_get_time(timer, &next) >= 0 && next <= soon)
                return;
        (void)sd_event_source_set_time(timer, soon);
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static uint64_t retry_last(const Recipient *recipient) {
        for (guint i = 0; i < recipient->deliveries->len; i++) {
                const Delivery *delivery = delivery_at(recipient, i);

                if (delivery_can_expire(delivery) && !delivery_is_overdue(delivery))
                        return RETRY_LAST_USEC;
        }
        return RETRY_LATE_USEC;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Recipient *recipient = userdata;
        uint64_t begin = (uint64_t)g_get_monotonic_time(), now;
        unsigned int claimed = recipient->counts[DELIVERY_CLAIMED];

        recipient_look(recipient);
        recipient_expire(recipient, begin);
        if (recipient_count_ringable(recipient) > 0)
                recipient_announce(recipient);
        if (recipient_is_idle(recipient))
                return 0;
        if (recipient->counts[DELIVERY_CLAIMED] > claimed) /* it takes, so there is room again */
                recipient->retry_usec = RETRY_FIRST_USEC / 2;
        now = (uint64_t)g_get_monotonic_time();
        recipient->retry_usec = MAX(MIN(2 * recipient->retry_usec, retry_last(recipient)),
                                    RETRY_SHARE * (now - begin));
        recipient_arm(recipient, now);
        return 0;
}

void recipient_ring(Recipient *recipient) {
        unsigned int soon;

        if (recipient_count_ringable(recipient) == 0)
                return;
        recipient_announce(recipient);
        if (recipient_is_idle(recipient))
                return;
        soon = recipient->counts[DELIVERY_NOT_READY] + recipient->counts[DELIVERY_QUEUE_FULL] +
               recipient->counts[DELIVERY_QUEUED];
        recipient->retry_usec = soon > 0 ? RETRY_FIRST_USEC : RETRY_RUNG_USEC;
        recipient_arm(recipient, (uint64_t)g_get_monotonic_time());
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        recipient_look(userdata); /* what it took at the last moment */
        recipient_free(userdata);
        return 0;
}

static int recipient_add_sources(Recipient *recipient, bool watch) {
        sd_event *event = recipient->manager->event;
        int r;

        r = sd_event_add_time(event, &recipient->retry_timer, CLOCK_MONOTONIC, TIME_INFINITY, 1,
                              on_retry, recipient);
        if (r < 0 || !watch)
                return r;
        r = process_watch_of(event, recipient->pidfd, &recipient->watch);
        if (r < 0)
                return r;
        recipient->pidfd = recipient->watch->pidfd;
        process_watch_tell(recipient->watch, SD_EVENT_PRIORITY_NORMAL, on_end, recipient);
        return 0;
}

static void destroy_delivery(gpointer delivery) {
        delivery_free(delivery);
}

/* A visitor may have had the number before, or be the very process that now is a service's. */
static int make_way(const Manager *manager, const RecipientOptions *options) {
        Recipient *other = g_hash_table_lookup(manager->recipients, GINT_TO_POINTER(options->pid));

        if (!other)
                return 0;
        if (!other->watch || options->watch)
                return -EEXIST;
        recipient_free(other);
        return 0;
}

int recipient_new(Manager *manager, const RecipientOptions *options, Recipient **ret) {
        _cleanup_(recipient_free_cleanup) Recipient *recipient = NULL;
        int r;

        r = make_way(manager, options);
        if (r < 0)
                return r;

        recipient = g_new(Recipient, 1);
        *recipient = (Recipient){
                .manager = manager,
                .label = g_strdup(options->label),
                .pid = options->pid,
                .pidfd = options->pidfd,
                .access = options->access,
                .cgroup = options->cgroup,
                .prepared = options->prepared,
                .deliveries = g_ptr_array_new_with_free_func(destroy_delivery),
                .changed = options->changed,
                .userdata = options->userdata,
        };
        r = recipient_add_sources(recipient, options->watch);
        if (r < 0)
                return r;
        g_hash_table_insert(manager->recipients, GINT_TO_POINTER(recipient->pid), recipient);
        *ret = TAKE_POINTER(recipient);
        return 0;
}

Recipient *recipient_free(Recipient *recipient) {
        Manager *manager;
        gpointer pid;

        if (!recipient)
                return NULL;

        manager = recipient->manager;
        pid = GINT_TO_POINTER(recipient->pid);
        if (g_hash_table_lookup(manager->recipients, pid) == recipient)
                g_hash_table_remove(manager->recipients, pid);
        manager->visitors = g_list_remove(manager->visitors, recipient);

        /* Nobody who is told of the end may act on what is half gone. */
        recipient->changed = NULL;
        if (manager->kernel_transport)
                manager->kernel_transport->vtable->forget(manager->kernel_transport, recipient);
        if (manager->transport)
                manager->transport->vtable->forget(manager->transport, recipient);
        cancel_waiting(recipient, "its recipient is gone");

        sd_event_source_disable_unref(recipient->retry_timer);
        process_watch_free(recipient->watch);
        g_ptr_array_unref(recipient->deliveries);
        g_clear_pointer(&recipient->namesakes, g_hash_table_unref);
        g_free(recipient->label);
        g_free(recipient);
        return NULL;
}
