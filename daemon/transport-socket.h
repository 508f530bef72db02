/* SPDX-License-Identifier: MIT */
/* What the parts of the socket transport share: the transport itself (transport-socket.c), its
 * listeners (claim-socket.c) and its conversations (claim.c). Nobody else includes this. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "claim-socket.h"
#include "claim.h"
#include "netns.h"
#include "peer.h"
#include "transport.h"

typedef struct TransportSocket {
        Transport transport;
        NamespaceId user_namespace; /* our own */
        ClaimSocket *own_socket;    /* of our own network namespace */
        GPtrArray *other_sockets;   /* of ClaimSocket *, borrowed from those who hold them */
        GPtrArray *shared;          /* of Recipient *, announced to, ClaimAccess=all; borrowed */
        GQueue claims; /* of Claim *, owned, those that don't rest; the first to time out
                         is the head */
        sd_event_source *claim_timer;
        PeerSupport peers;
        uint64_t strangers; /* connections that were nobody's */
        uint64_t strangers_logged_usec;
} TransportSocket;

/* What is kept for a recipient from the first announcement on: its transport_data. */
typedef struct Announced {
        ClaimSocket *socket;   /* one reference */
        uint64_t process;      /* its peer_number() */
        unsigned int bells;    /* since it last took something */
        unsigned int failures; /* conversations that ended without a full receipt, since the last
                                  bell */
        Claim *resting;        /* the connection that its main process has kept; owned */
        bool foreign_user;     /* it lives in another user namespace */
        bool pinned;           /* whoever connects with its number is it: see announced_new() */
} Announced;

static inline TransportSocket *transport_socket_of(Transport *transport) {
        return container_of(transport, TransportSocket, transport);
}
