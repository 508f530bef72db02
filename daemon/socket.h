/* SPDX-License-Identifier: MIT */
/* The runtime socket: the listeners of one .socket unit. While its service is down it watches them
 * and triggers the service; when the service starts, and whenever a listener is added while it
 * runs, it delivers. It owns its ports; it never accepts but with Accept=yes. */
#pragma once

#include "port.h"
#include "ratelimit.h"
#include "unit.h"

typedef enum SocketState {
        SOCKET_DEAD,
        SOCKET_LISTENING, /* watched */
        SOCKET_TRIGGERED, /* the service is starting or running and has the listeners */
        SOCKET_FAILED,
        SOCKET_STATE_COUNT,
} SocketState;

typedef enum SocketEvent {
        SOCKET_EVENT_OPENED, /* all ports are open, the service is down */
        SOCKET_EVENT_OPEN_FAILED,
        SOCKET_EVENT_INCOMING,       /* a connection or datagram: the service is started */
        SOCKET_EVENT_SERVICE_UP,     /* the service has been started by someone */
        SOCKET_EVENT_SERVICE_DOWN,   /* it has ended: watch again */
        SOCKET_EVENT_SERVICE_FAILED, /* its start limit was hit, it can't be loaded */
        SOCKET_EVENT_LIMIT,          /* TriggerLimit*= was hit */
        SOCKET_EVENT_STOP,
        SOCKET_EVENT_COUNT,
} SocketEvent;

/* The state an event leads to; SOCKET_STATE_COUNT: the event can't happen in this state. */
extern const uint8_t socket_table[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT];

typedef struct Socket {
        Unit unit;
        SocketState state;
        GPtrArray *ports; /* of Port *, as in the settings */
        RateLimit trigger_limit;
        unsigned int connections; /* Accept=yes: instances that run */
        uint64_t accepted;        /* Accept=yes: how many in all */
        uint64_t refused;         /* Accept=yes: over MaxConnections= */
} Socket;

static inline Socket *SOCKET(Unit *unit) {
        return container_of(unit, Socket, unit);
}

const char *socket_state_to_string(SocketState state);
const char *socket_event_to_string(SocketEvent event);
