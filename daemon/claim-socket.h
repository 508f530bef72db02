/* SPDX-License-Identifier: MIT */
/* A claim socket: one listener that desks connect to, at a random abstract address, in one network
 * namespace. It owns its descriptor and its event source; it hands every connection to claim.c and
 * keeps none. Shared by reference among the recipients of its namespace: the last reference closes
 * it, so that no namespace outlives its processes because of us. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "macros.h"
#include "netns.h"

typedef struct TransportSocket TransportSocket;

typedef struct ClaimSocket {
        TransportSocket *transport;
        unsigned int references;
        int fd;
        int spare_fd;     /* to be closed when there are no more */
        uint64_t address; /* the bell's */
        NamespaceId net;
        sd_event_source *source;
} ClaimSocket;

/* @netns_fd: the namespace; -1: our own
 * Returns: 0; -EPERM: that namespace can't be entered; negative errno. */
int claim_socket_new(TransportSocket *transport, int netns_fd, const NamespaceId *net,
                     ClaimSocket **ret);
ClaimSocket *claim_socket_ref(ClaimSocket *socket);
ClaimSocket *claim_socket_unref(ClaimSocket *socket); /* takes NULL, returns NULL */
DEFINE_CLEANUP(ClaimSocket, claim_socket_unref)

/* Whether a connection waits. */
bool claim_socket_is_busy(const ClaimSocket *socket);

/* Judges every connection that waits now. */
void claim_socket_drain(ClaimSocket *socket);
