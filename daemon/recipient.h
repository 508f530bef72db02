/* SPDX-License-Identifier: MIT */
/* A recipient: a process (or, with ClaimAccess=all, the processes of a service) and the deliveries
 * that wait for it. It decides when to ring, or to send: at once, then 2 ms doubling to 1 s until
 * the receipt, the process's end, or the deliveries' deadlines; what is late then, once a minute.
 * It owns its deliveries and its timer; it borrows the cgroup. It is registered in
 * manager->recipients by its main pid. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "delivery.h"
#include "process-watch.h"
#include "settings.h"

typedef struct Cgroup Cgroup;
typedef struct Manager Manager;

typedef struct RecipientOptions {
        const char *label; /* "web.service", or "pid 4242 (nginx)" */
        pid_t pid;
        int pidfd; /* borrowed, must outlive; of a visitor a duplicate is kept */
        ClaimAccess access;
        Cgroup *cgroup; /* borrowed, must outlive; NULL: none, descendants count instead */
        bool prepared;  /* a child of ours that holds before exec, with the delivery signals blocked
                           and ignored: to ring it needs no look */
        bool watch;     /* frees itself when the process ends: it is a visitor */
        /* A delivery has changed its state; may be NULL. Must not free the recipient. */
        void (*changed)(Recipient *recipient, Delivery *delivery, void *userdata);
        void *userdata;
} RecipientOptions;

struct Recipient {
        Manager *manager;
        char *label;
        pid_t pid;
        int pidfd;
        ClaimAccess access;
        Cgroup *cgroup;
        bool prepared;         /* until its first bell, and it execs: its owner takes that back */
        GPtrArray *deliveries; /* of Delivery *, in the order of the decision (and so of their
                                    ids), owned */
        GHashTable *namesakes; /* "name:unit" -> GPtrArray of those deliveries; NULL: there has
                                  not been more than one */
        unsigned int counts[DELIVERY_STATE_COUNT]; /* of deliveries, by state */
        unsigned int walks; /* somebody walks the deliveries: none may be forgotten now */
        sd_event_source *retry_timer;
        ProcessWatch *watch;  /* a visitor's, with the pidfd; else NULL */
        uint64_t retry_usec;  /* the next interval, 0: not ringing */
        unsigned int rings;   /* how many bells were sent */
        void *transport_data; /* the socket transport's; NULL: not announced yet */
        GPtrArray *shipments; /* the kernel transport's; NULL: nothing was sent yet */
        void (*changed)(Recipient *recipient, Delivery *delivery, void *userdata);
        void *userdata;
};

/* A visitor of the same pid gives way to a service.
 * Returns: 0; -EEXIST: there is a recipient of that pid; or negative errno. */
int recipient_new(Manager *manager, const RecipientOptions *options, Recipient **ret);
/* Cancels what waits. Takes NULL. Returns: NULL. */
Recipient *recipient_free(Recipient *recipient);
DEFINE_CLEANUP(Recipient, recipient_free)

/* Adds a delivery; recipient_ring() announces it. An item of the same unit and name that still
 * waits is superseded if replaces; ended deliveries of the same unit and name are forgotten if
 * replaces.
 * @unit: the name of the unit it comes from
 * @settings: ClaimTimeoutSec=, Transport=
 * Never fails. */
Delivery *recipient_deliver(Recipient *recipient, Item *item, const char *unit,
                            const DeliverySettings *settings, bool replaces);

/* Whether it has been given, or shall be, an item of that name from that unit. */
bool recipient_knows(const Recipient *recipient, const char *name, const char *unit);

/* Whether it has taken anything of that unit, and so may have it still. */
bool recipient_has_claimed(const Recipient *recipient, const char *unit);

/* Something waits: ring now and begin the retries. Idempotent. */
void recipient_ring(Recipient *recipient);

/* Withdraws what waits of a unit's item (a listener was closed by a reload); item NULL: all of the
 * unit's but connections, which are their instances'. */
void recipient_withdraw(Recipient *recipient, const char *unit, const Item *item);

/* All that something waits for, visitors too (g_ptr_array_unref). What is `deliver`ed may wait for
 * anybody, not just for the services that the unit provides for. */
GPtrArray *recipients_waiting(Manager *manager);
/* Withdraws what waits of a unit for anybody. */
void recipients_withdraw(Manager *manager, const char *unit);

/* Sees what has become of what was sent, where nobody tells, or it wasn't listened to. Not while
 * somebody walks: called by changed(), it leaves all for the next look, or until a desk's time to
 * answer is over. */
void recipient_look(Recipient *recipient);
void recipients_look(Manager *manager);
/* For the transport: looks within some milliseconds. Something must wait. */
void recipient_look_soon(Recipient *recipient);

/* Whether something has failed, or ClaimTimeoutSec= is over for it. */
bool recipient_has_missed(const Recipient *recipient);

/* Deliveries in waiting states, and those that failed. */
unsigned int recipient_count_unclaimed(const Recipient *recipient);

/* For the transport: what has come of announcing to those that travel by certain signals
 * (BELLHOP_SIGNAL_BIT()s of their carriers); result and reason as its announce() has them. */
void recipient_note(Recipient *recipient, const Transport *transport, uint64_t carriers, int result,
                    const char *reason);

/* For the transport: how many deliveries can be rung for. */
unsigned int recipient_count_ringable(const Recipient *recipient);

/* For the transport: a delivery by its id, or NULL. *ret_index (may be NULL) is where it is, or
 * where the first with a higher id is. */
Delivery *recipient_find(const Recipient *recipient, uint64_t id, guint *ret_index);

/* For the socket transport: the signals of what can be rung for by it, BELLHOP_SIGNAL_BIT()s. */
uint64_t recipient_signals(const Recipient *recipient);

/* For delivery_handle() alone: a delivery has gone from old to next. */
void recipient_account(Recipient *recipient, DeliveryState old, DeliveryState next);

/* For the transport: whether a process may claim from this recipient (ClaimAccess=). The pid must
 * be pinned by the caller (a pidfd, or an unreaped child). */
bool recipient_admits(const Recipient *recipient, pid_t pid);
