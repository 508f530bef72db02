/* SPDX-License-Identifier: MIT */
/* A port: one Listen*= line at run time, an address and the socket bound to it. A reload that
 * doesn't touch the line keeps the port and its very descriptor. It owns a reference to its item
 * (and so the descriptor) and its event source. */
#pragma once

#include <systemd/sd-event.h>

#include "item.h"
#include "ratelimit.h"
#include "settings.h"

typedef struct Socket Socket;

typedef struct Port {
        Socket *socket;              /* borrowed: its owner */
        const Address *address;      /* borrowed: the line's, in the socket's settings */
        Item *item;                  /* NULL: closed */
        GPtrArray *endpoints;        /* of Item *: what came with it (USB functions); NULL: none */
        sd_event_source *source;     /* NULL: never watched */
        bool watched;                /* if not, the source may still be on, but tells nobody */
        bool is_stuck;               /* its flush has been held up: no more tries */
        RateLimit poll_limit;        /* what it has told */
        sd_event_source *poll_pause; /* PollLimit*= is hit: until then it is off; NULL: it isn't */
} Port;

Port *port_new(Socket *socket, const Listen *listen);
Port *port_free(Port *port); /* closes; leaves the path in the file system alone */

/* Opens, binds and listens as the settings say. Returns: 0, or negative errno with the step that
 * failed in *ret_step, a static string ("bind"). */
int port_open(Port *port, const SocketSettings *settings, const Listen *listen,
              const char **ret_step);
/* RemoveOnStop=: takes away what it made in the file system by these settings. */
void port_unlink(Port *port, const SocketSettings *settings);

/* Throws away what has come in and nobody has taken (FlushPending=; port-flush.c). Whoever has one
 * of the open files as well may hold that up for a second, once.
 * @ports: of one socket */
void ports_flush(Port *const *ports, guint count);

/* Watches for connections or datagrams (socket_incoming()), or no longer. What is there already is
 * told, within PollLimit*=. A closed port: nothing.
 * Returns: 0 or negative errno. */
int port_watch(Port *port, bool on);

/* Somebody is told, and starts a service: watches no longer, but leaves the event loop only by the
 * next connection, or by port_leave(), when the service has its listener and may accept: to do it
 * at once would take time of the client who waits. */
void port_let_be(Port *port);
void port_leave(Port *port);

/* PollLimit*= may be another now: counts anew. */
void port_reset_poll_limit(Port *port);

/* Whether its item is what a line of these settings asks for. */
bool port_item_matches(const Port *port, const SocketSettings *settings, const Listen *listen);
/* Gives the same socket another name or signal: a new item. Returns: 0 or negative errno. */
int port_rename(Port *port, const SocketSettings *settings, const Listen *listen);
