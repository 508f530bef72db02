/* SPDX-License-Identifier: MIT */
/* A transport: how deliveries travel. Behind these verbs are files of their own: transport-socket.c
 * (bell and claim socket), and transport-kernel.c, where the kernel has sendfd(). */
#pragma once

#include "recipient.h"

typedef struct Transport Transport;

typedef struct TransportVTable {
        const char *name; /* "socket" */
        /* Why this recipient can't be given that item so, or NULL. NULL itself: it always can.
         * @must: there is no other way that will do */
        const char *(*refuses)(Transport *transport, const Recipient *recipient, const Item *item,
                               bool must);
        /* Announces to the recipient that something waits, or sends it. The result is for all that
         * goes this way and is ringable still; -EINPROGRESS: they have been told by
         * recipient_note().
         * Returns: 0 announced (or announced already); -EAGAIN its signal queue is full; -EBUSY it
         * isn't ready (reason says which thread); -ESRCH it has ended; -EOPNOTSUPP this transport
         * can't reach it (another user namespace). ret_reason (g_free) on failure, may stay NULL.
         */
        int (*announce)(Transport *transport, Recipient *recipient, char **ret_reason);
        /* Sees what has become of what is out. NULL: that is told, and needs no look. */
        void (*look)(Transport *transport, Recipient *recipient);
        /* The recipient goes away, or nothing waits any more: lets go of all that is held for it.
         */
        void (*forget)(Transport *transport, Recipient *recipient);
        Transport *(*free)(Transport *transport);
} TransportVTable;

struct Transport {
        const TransportVTable *vtable;
        Manager *manager;
};

int transport_socket_new(Manager *manager, Transport **ret);

/* By Transport= of its unit. Returns: NULL, and *ret_reason says why it can't be. */
Transport *transport_choose(const Recipient *recipient, const Item *item, TransportKind kind,
                            const char **ret_reason);

static inline Transport *transport_free(Transport *transport) {
        return transport ? transport->vtable->free(transport) : NULL;
}
