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
        SOCKET_EVENT_SERVICE_FAILED, /* its start limit was hit, it can't be loaded, it shut
                                        a listener down */
        SOCKET_EVENT_LIMIT,          /* TriggerLimit*= was hit */
        SOCKET_EVENT_STOP,
        SOCKET_EVENT_COUNT,
} SocketEvent;

/* The state an event leads to; SOCKET_STATE_COUNT: the event can't happen in this state. */
extern const uint8_t socket_table[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT];

typedef struct Socket {
        Unit unit;
        SocketState state;
        Port **ports; /* one per Listen line, in their order */
        guint port_count;
        bool incomplete; /* a reload could not open one of them */
        bool refusing;   /* Accept=yes: MaxConnections= is reached, and was logged */
        RateLimit trigger_limit;
        unsigned int connections; /* Accept=yes: instances that run */
        uint64_t accepted;        /* Accept=yes: how many in all */
        uint64_t refused;         /* Accept=yes: over MaxConnections= */
        GHashTable *instances;    /* Accept=yes: instance's name -> Item *, the connection that it
                                     shall get, or NULL once it has; NULL: none yet */
} Socket;

static inline Socket *SOCKET(Unit *unit) {
        return container_of(unit, Socket, unit);
}

const char *socket_state_to_string(SocketState state);
const char *socket_event_to_string(SocketEvent event);

/* The one setter (socket-state.c): looks up the table, closes, watches or stops watching as the new
 * state asks for. An event that can't happen is logged as a bug and changes nothing. */
void socket_handle(Socket *socket, SocketEvent event);

ActiveState socket_active_state(const Unit *unit);
/* Whether there is somebody to be started by what comes in. */
bool socket_is_watchable(Socket *socket);

/* Closes the ports and takes back what waits of them. */
void socket_close_ports(Socket *socket);

/* Something has come in at a port that is watched. */
void socket_incoming(Socket *socket, Port *port);

/* Somebody who has a listener has ended it for all, and for good. */
void socket_shut_down(Socket *socket, const Port *port);

/* Its service, or the settings, have changed: watched or not? */
void socket_follow_service(Socket *socket);

/* daemon-reload (socket-reload.c). */
void socket_reload(Unit *unit, UnitSettings *settings);
void socket_reloaded(Unit *unit);

/* Accept=yes (accept.c): takes a connection and starts an instance for it; gives it to the
 * instance; sees whether the instance has ended. */
void socket_accept(Socket *socket, Port *port);
void socket_provide_connection(Socket *socket, Recipient *recipient);
void socket_instance_changed(Socket *socket, Unit *service);
