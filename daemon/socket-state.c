/* SPDX-License-Identifier: MIT */
/* The states of a socket: the table and its one setter. */
#include "log.h"
#include "manager.h"
#include "socket.h"

#define NEVER SOCKET_STATE_COUNT

/* clang-format off */
const uint8_t socket_table[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT] = {
        [SOCKET_DEAD] = {
                [SOCKET_EVENT_START]           = SOCKET_START_PRE,
                [SOCKET_EVENT_COMMANDS_DONE]   = NEVER,
                [SOCKET_EVENT_COMMANDS_FAILED] = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]    = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED]  = NEVER,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_DEAD,
        },
        [SOCKET_START_PRE] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = SOCKET_START_POST,
                [SOCKET_EVENT_COMMANDS_FAILED] = SOCKET_FAILED,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]    = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED]  = NEVER,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_POST,
        },
        [SOCKET_START_POST] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = SOCKET_LISTENING,
                [SOCKET_EVENT_COMMANDS_FAILED] = SOCKET_STOP_PRE,
                [SOCKET_EVENT_OPEN_FAILED]     = SOCKET_STOP_PRE,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]    = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED]  = NEVER,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_PRE,
        },
        [SOCKET_LISTENING] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = NEVER,
                [SOCKET_EVENT_COMMANDS_FAILED] = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]     = SOCKET_STOP_PRE,
                [SOCKET_EVENT_INCOMING]        = SOCKET_TRIGGERED,
                [SOCKET_EVENT_CONFLICT]        = SOCKET_DEFERRED,
                [SOCKET_EVENT_SERVICE_UP]      = SOCKET_TRIGGERED,
                [SOCKET_EVENT_SERVICE_DOWN]    = SOCKET_LISTENING,
                [SOCKET_EVENT_SERVICE_FAILED]  = SOCKET_STOP_PRE,
                [SOCKET_EVENT_LIMIT]           = SOCKET_STOP_PRE,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_PRE,
        },
        [SOCKET_DEFERRED] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = NEVER,
                [SOCKET_EVENT_COMMANDS_FAILED] = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = SOCKET_TRIGGERED,
                [SOCKET_EVENT_CONFLICT]        = SOCKET_DEFERRED,
                [SOCKET_EVENT_SERVICE_UP]      = SOCKET_TRIGGERED,
                [SOCKET_EVENT_SERVICE_DOWN]    = SOCKET_DEFERRED,
                [SOCKET_EVENT_SERVICE_FAILED]  = SOCKET_STOP_PRE,
                [SOCKET_EVENT_LIMIT]           = SOCKET_STOP_PRE,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_PRE,
        },
        [SOCKET_TRIGGERED] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = NEVER,
                [SOCKET_EVENT_COMMANDS_FAILED] = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = SOCKET_TRIGGERED,
                [SOCKET_EVENT_SERVICE_DOWN]    = SOCKET_LISTENING,
                [SOCKET_EVENT_SERVICE_FAILED]  = SOCKET_STOP_PRE,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_PRE,
        },
        [SOCKET_STOP_PRE] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = SOCKET_STOP_POST,
                [SOCKET_EVENT_COMMANDS_FAILED] = SOCKET_STOP_POST,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]    = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED]  = NEVER,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_PRE,
        },
        [SOCKET_STOP_POST] = {
                [SOCKET_EVENT_START]           = NEVER,
                [SOCKET_EVENT_COMMANDS_DONE]   = SOCKET_DEAD,
                [SOCKET_EVENT_COMMANDS_FAILED] = SOCKET_FAILED,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]    = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED]  = NEVER,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_STOP_POST,
        },
        [SOCKET_FAILED] = {
                [SOCKET_EVENT_START]           = SOCKET_START_PRE,
                [SOCKET_EVENT_COMMANDS_DONE]   = NEVER,
                [SOCKET_EVENT_COMMANDS_FAILED] = NEVER,
                [SOCKET_EVENT_OPEN_FAILED]     = NEVER,
                [SOCKET_EVENT_INCOMING]        = NEVER,
                [SOCKET_EVENT_CONFLICT]        = NEVER,
                [SOCKET_EVENT_SERVICE_UP]      = NEVER,
                [SOCKET_EVENT_SERVICE_DOWN]    = NEVER,
                [SOCKET_EVENT_SERVICE_FAILED]  = NEVER,
                [SOCKET_EVENT_LIMIT]           = NEVER,
                [SOCKET_EVENT_STOP]            = SOCKET_DEAD,
        },
};
/* clang-format on */

/* What a state holds and does. */
typedef struct SocketStateRow {
        const char *name;
        ActiveState active;
        bool open;            /* ports may be open */
        bool watched;         /* and are watched */
        const char *commands; /* the key of those that run in it, else NULL; it ends with them */
} SocketStateRow;

static const SocketStateRow socket_states[] = {
        [SOCKET_DEAD] = { "dead", ACTIVE_INACTIVE, false, false, NULL },
        [SOCKET_START_PRE] = { "start-pre", ACTIVE_ACTIVATING, false, false, "ExecStartPre" },
        [SOCKET_START_POST] = { "start-post", ACTIVE_ACTIVATING, true, false, "ExecStartPost" },
        [SOCKET_LISTENING] = { "listening", ACTIVE_ACTIVE, true, true, NULL },
        [SOCKET_DEFERRED] = { "deferred", ACTIVE_ACTIVE, true, false, NULL },
        [SOCKET_TRIGGERED] = { "triggered", ACTIVE_ACTIVE, true, false, NULL },
        [SOCKET_STOP_PRE] = { "stop-pre", ACTIVE_DEACTIVATING, true, false, "ExecStopPre" },
        [SOCKET_STOP_POST] = { "stop-post", ACTIVE_DEACTIVATING, false, false, "ExecStopPost" },
        [SOCKET_FAILED] = { "failed", ACTIVE_FAILED, false, false, NULL },
};
_Static_assert(ARRAY_SIZE(socket_states) == SOCKET_STATE_COUNT, "a row per state");

static const struct {
        const char *name;
        bool failure; /* the unit ends as failed, whatever comes in between */
} socket_events[] = {
        [SOCKET_EVENT_START] = { "start", false },
        [SOCKET_EVENT_COMMANDS_DONE] = { "commands-done", false },
        [SOCKET_EVENT_COMMANDS_FAILED] = { "commands-failed", true },
        [SOCKET_EVENT_OPEN_FAILED] = { "open-failed", true },
        [SOCKET_EVENT_INCOMING] = { "incoming", false },
        [SOCKET_EVENT_CONFLICT] = { "conflict", false },
        [SOCKET_EVENT_SERVICE_UP] = { "service-up", false },
        [SOCKET_EVENT_SERVICE_DOWN] = { "service-down", false },
        [SOCKET_EVENT_SERVICE_FAILED] = { "service-failed", true },
        [SOCKET_EVENT_LIMIT] = { "limit", true },
        [SOCKET_EVENT_STOP] = { "stop", false },
};
_Static_assert(ARRAY_SIZE(socket_events) == SOCKET_EVENT_COUNT, "a row per event");

const char *socket_state_to_string(SocketState state) {
        return socket_states[state].name;
}

const char *socket_event_to_string(SocketEvent event) {
        return socket_events[event].name;
}

const char *socket_state_commands(SocketState state) {
        return socket_states[state].commands;
}

ActiveState socket_active_state(const Unit *unit) {
        return socket_states[SOCKET((Unit *)unit)->state].active;
}

bool socket_is_open(const Socket *socket) {
        return socket_states[socket->state].active == ACTIVE_ACTIVE;
}

bool socket_is_watching(Socket *socket) {
        return socket_states[socket->state].watched && !socket->pause &&
               socket_is_watchable(socket);
}

static void socket_let_ports_be(Socket *socket) {
        socket->told = true;
        for (guint i = 0; i < socket->port_count; i++)
                port_let_be(socket->ports[i]);
}

void socket_leave_ports(Socket *socket) {
        if (!socket->told)
                return;
        socket->told = false;
        for (guint i = 0; i < socket->port_count; i++)
                port_leave(socket->ports[i]);
}

/* Watches the ports, or not, as the state asks for. Returns: whether it could. */
static bool socket_watch(Socket *socket) {
        if (socket->state == SOCKET_TRIGGERED) {
                socket_let_ports_be(socket);
                return true;
        }
        bool on = socket_is_watching(socket);
        for (guint i = 0; i < socket->port_count; i++) {
                int r = port_watch(socket->ports[i], on);
                if (r < 0) {
                        /* What epoll(7) refuses is as a plain file, where nothing comes in. */
                        unit_set_failure(&socket->unit, "watch %s: %s",
                                         socket->ports[i]->address->text,
                                         r == -EPERM ? "it is always ready, there is nothing to "
                                                       "wait for"
                                                     : g_strerror(-r));
                        return false;
                }
        }
        return true;
}

/* What is left to do with the ports when a state begins. Returns: whether it worked. */
static bool socket_enter_ports(Socket *socket, SocketState old) {
        const SocketStateRow *row = &socket_states[socket->state];
        if (!row->open) {
                socket_close_ports(socket);
                return true;
        }
        if (socket->state == SOCKET_START_POST)
                return socket_open_ports(socket);
        if (old == SOCKET_TRIGGERED && socket->state == SOCKET_LISTENING)
                socket_release_service(socket);
        return socket_watch(socket);
}

/* Returns: what happens at once, as most units have no commands; SOCKET_EVENT_COUNT: it stays. */
static SocketEvent socket_enter(Socket *socket, SocketState old) {
        if (socket->state != SOCKET_DEFERRED)
                socket_defer_end(socket);
        if (!socket_states[socket->state].open) {
                socket_pause_end(socket);
                socket_drop_stalled(socket);
        }
        if (!socket_enter_ports(socket, old))
                return SOCKET_EVENT_OPEN_FAILED;
        if (socket_states[socket->state].commands)
                return socket_commands_begin(socket);
        if (unit_is_down(&socket->unit))
                socket_commands_finish(socket);
        return SOCKET_EVENT_COUNT;
}

static bool socket_can(Socket *socket, SocketEvent event) {
        if (socket_table[socket->state][event] != NEVER)
                return true;
        log_error(socket->unit.name, "bug: '%s' while %s", socket_event_to_string(event),
                  socket_state_to_string(socket->state));
        return false;
}

void socket_handle(Socket *socket, SocketEvent event) {
        SocketState begin = socket->state;
        if (!socket_can(socket, event) || socket_table[begin][event] == begin)
                return;
        ActiveState old_active = socket_active_state(&socket->unit);
        while (event != SOCKET_EVENT_COUNT && socket_can(socket, event)) {
                SocketState old = socket->state;
                if (event == SOCKET_EVENT_START)
                        socket->failing = false;
                socket->failing |= socket_events[event].failure;
                socket->state = socket_table[old][event];
                event = socket_enter(socket, old);
        }
        unit_state_changed(&socket->unit, old_active, socket_state_to_string(begin));
        bool opened = socket->state == SOCKET_LISTENING && old_active != ACTIVE_ACTIVE;
        if (opened)
                socket_opened(socket);
}

void socket_rewatch(Socket *socket) {
        if (!socket_watch(socket))
                socket_handle(socket, SOCKET_EVENT_OPEN_FAILED);
}
