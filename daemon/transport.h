/* SPDX-License-Identifier: MIT */
/* A transport: how deliveries travel. Behind these verbs are files of their own: transport-socket.c
 * (bell and claim socket); one more where the kernel has sendfd(). */
#pragma once

#include "recipient.h"

typedef struct Transport Transport;

typedef struct TransportVTable {
        const char *name; /* "socket" */
        /* Announces to the recipient that something waits.
         * Returns: 0 announced (or announced already); -EAGAIN its signal queue is full; -EBUSY it
         * isn't ready (reason says which thread); -ESRCH it has ended; -EOPNOTSUPP this transport
         * can't reach it (another user namespace). ret_reason (g_free) on failure, may stay NULL.
         */
        int (*announce)(Transport *transport, Recipient *recipient, char **ret_reason);
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

static inline Transport *transport_free(Transport *transport) {
        return transport ? transport->vtable->free(transport) : NULL;
}
