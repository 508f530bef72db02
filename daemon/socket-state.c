/* SPDX-License-Identifier: MIT */
/* The states of a socket: the table and its one setter. */
#include "log.h"
#include "manager.h"
#include "socket.h"

#define NEVER SOCKET_STATE_COUNT

/* clang-format off */
const uint8_t socket_table[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT] = {
        [SOCKET_DEAD] = {
                [SOCKET_EVENT_OPENED]         = SOCKET_LISTENING,
                [SOCKET_EVENT_OPEN_FAILED]    = SOCKET_FAILED,
                [SOCKET_EVENT_INCOMING]       = NEVER,
                [SOCKET_EVENT_SERVICE_UP]     = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]   = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED] = NEVER,
                [SOCKET_EVENT_LIMIT]          = NEVER,
                [SOCKET_EVENT_STOP]           = SOCKET_DEAD,
        },
        [SOCKET_LISTENING] = {
                [SOCKET_EVENT_OPENED]         = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]    = NEVER,
                [SOCKET_EVENT_INCOMING]       = SOCKET_TRIGGERED,
                [SOCKET_EVENT_SERVICE_UP]     = SOCKET_TRIGGERED,
                [SOCKET_EVENT_SERVICE_DOWN]   = SOCKET_LISTENING,
                [SOCKET_EVENT_SERVICE_FAILED] = SOCKET_FAILED,
                [SOCKET_EVENT_LIMIT]          = SOCKET_FAILED,
                [SOCKET_EVENT_STOP]           = SOCKET_DEAD,
        },
        [SOCKET_TRIGGERED] = {
                [SOCKET_EVENT_OPENED]         = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]    = NEVER,
                [SOCKET_EVENT_INCOMING]       = NEVER,
                [SOCKET_EVENT_SERVICE_UP]     = SOCKET_TRIGGERED,
                [SOCKET_EVENT_SERVICE_DOWN]   = SOCKET_LISTENING,
                [SOCKET_EVENT_SERVICE_FAILED] = SOCKET_FAILED,
                [SOCKET_EVENT_LIMIT]          = NEVER,
                [SOCKET_EVENT_STOP]           = SOCKET_DEAD,
        },
        [SOCKET_FAILED] = {
                [SOCKET_EVENT_OPENED]         = SOCKET_LISTENING,
                [SOCKET_EVENT_OPEN_FAILED]    = SOCKET_FAILED,
                [SOCKET_EVENT_INCOMING]       = NEVER,
                [SOCKET_EVENT_SERVICE_UP]     = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]   = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED] = NEVER,
                [SOCKET_EVENT_LIMIT]          = NEVER,
                [SOCKET_EVENT_STOP]           = SOCKET_DEAD,
        },
};
/* clang-format on */

/* What a state holds and does. */
typedef struct SocketStateRow {
        const char *name;
        ActiveState active;
        bool open;    /* ports may be open */
        bool watched; /* and are watched */
} SocketStateRow;

static const SocketStateRow socket_states[] = {
        [SOCKET_DEAD] = { "dead", ACTIVE_INACTIVE, false, false },
        [SOCKET_LISTENING] = { "listening", ACTIVE_ACTIVE, true, true },
        [SOCKET_TRIGGERED] = { "triggered", ACTIVE_ACTIVE, true, false },
        [SOCKET_FAILED] = { "failed", ACTIVE_FAILED, false, false },
};
_Static_assert(ARRAY_SIZE(socket_states) == SOCKET_STATE_COUNT, "a row per state");

static const char *const socket_event_names[] = {
        [SOCKET_EVENT_OPENED] = "opened",
        [SOCKET_EVENT_OPEN_FAILED] = "open-failed",
        [SOCKET_EVENT_INCOMING] = "incoming",
        [SOCKET_EVENT_SERVICE_UP] = "service-up",
        [SOCKET_EVENT_SERVICE_DOWN] = "service-down",
        [SOCKET_EVENT_SERVICE_FAILED] = "service-failed",
        [SOCKET_EVENT_LIMIT] = "limit",
        [SOCKET_EVENT_STOP] = "stop",
};
_Static_assert(ARRAY_SIZE(socket_event_names) == SOCKET_EVENT_COUNT, "a name per event");

const char *socket_state_to_string(SocketState state) {
        return socket_states[state].name;
}

const char *socket_event_to_string(SocketEvent event) {
        return socket_event_names[event];
}

ActiveState socket_active_state(const Unit *unit) {
        return socket_states[SOCKET((Unit *)unit)->state].active;
}

/* Returns: whether all ports could be. */
static bool socket_watch(Socket *socket, bool on) {
        for (guint i = 0; i < socket->port_count; i++) {
                int r = port_watch(socket->ports[i], on);
                if (r < 0) {
                        unit_set_failure(&socket->unit, "watch %s: %s",
                                         socket->ports[i]->address->text, g_strerror(-r));
                        return false;
                }
        }
        return true;
}

static void socket_enter(Socket *socket, SocketState state) {
        socket->state = state;
        if (!socket_states[state].open)
                socket_close_ports(socket);
        else if (!socket_watch(socket,
                               socket_states[state].watched && socket_is_watchable(socket))) {
                socket->state = SOCKET_FAILED;
                socket_close_ports(socket);
        }
}

void socket_handle(Socket *socket, SocketEvent event) {
        SocketState next = socket_table[socket->state][event];
        if (next == NEVER) {
                log_error(socket->unit.name, "bug: '%s' while %s", socket_event_to_string(event),
                          socket_state_to_string(socket->state));
                return;
        }
        if (next == socket->state)
                return;
        ActiveState old_active = socket_active_state(&socket->unit);
        const char *old_sub = socket_state_to_string(socket->state);
        socket_enter(socket, next);
        unit_state_changed(&socket->unit, old_active, old_sub);
}
