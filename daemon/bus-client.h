/* SPDX-License-Identifier: MIT */
/* A bus client: one connection to the control bus, served by an sd_bus of its own. It knows who is
 * at the other end and answers strangers itself; it holds the calls that are answered later, and
 * what is still to be sent is charged to it: a client that doesn't read is dropped. It owns the
 * connection, its timer and its requests; it is owned by the bus, which frees it from the event
 * loop once it is doomed, never from within one of its callbacks. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>

#include "bus.h"
#include "macros.h"

/* How much may wait for a client that doesn't read. */
#define BUS_CLIENT_QUEUE_BYTES    (UINT64_C(16) * 1024 * 1024)
#define BUS_CLIENT_QUEUE_MESSAGES 16384
/* Calls of one client that wait for their jobs. */
#define BUS_CLIENT_REQUESTS 256

typedef struct BusStranger BusStranger;

typedef struct BusClient {
        Bus *bus; /* borrowed: its owner */
        Manager *manager;
        sd_bus *connection;
        BusStranger *relay;        /* NULL but for strangers */
        sd_event_source *deadline; /* strangers: from the start; others: until the first call */
        sd_event_source *leftover; /* looks at what came together with the greeting */
        char *name;                /* ":1.4" */
        pid_t pid;
        uid_t uid;
        bool stranger;
        bool doomed;          /* to be freed */
        unsigned int matches; /* AddMatch() less RemoveMatch(); 0: is sent no signals */
        uint64_t queued;      /* bytes that were sent since the queue was last empty */
        GQueue requests;      /* of BusRequest * */
} BusClient;

/* A call that is answered when its jobs have ended, whether or not the client still is there. */
typedef struct BusRequest {
        BusClient *client;       /* NULL: it has gone */
        sd_bus_message *message; /* the call; NULL with client */
        GList link;
} BusRequest;

typedef struct BusClientOptions {
        Bus *bus;
        Manager *manager;
        unsigned int id;   /* unique on this bus */
        sd_id128_t server; /* the bus's */
        struct ucred peer;
} BusClientOptions;

/* Neither root nor the manager's own user. */
bool bus_uid_is_stranger(uid_t uid);

/* Consumes fd, also on failure. */
int bus_client_new(const BusClientOptions *options, int fd, BusClient **ret);
BusClient *bus_client_free(BusClient *client);
DEFINE_CLEANUP(BusClient, bus_client_free)

/* Sends what is queued, as far as the socket takes it. */
void bus_client_flush(BusClient *client);

/* Answers a call with the members of a tuple; NULL: with nothing. A floating body is consumed.
 * Returns: what a method handler may return. */
int bus_client_reply(BusClient *client, sd_bus_message *call, GVariant *body);

/* Sends a signal of the manager's interface to a client that has asked for signals: a burst of them
 * is more than one that only waits for its answer may have to read. Strangers get none. */
void bus_client_emit(BusClient *client, const char *member, GVariant *body);

/* Keeps a call to be answered later. Returns: NULL if the client has too many of them. */
BusRequest *bus_request_new(BusClient *client, sd_bus_message *call);
BusRequest *bus_request_free(BusRequest *request);

/* In bus.c: frees the doomed. */
void bus_reap_later(Bus *bus);
