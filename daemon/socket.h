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
        SOCKET_START_PRE,  /* ExecStartPre= runs */
        SOCKET_START_POST, /* the ports are open, ExecStartPost= runs */
        SOCKET_LISTENING,  /* watched */
        SOCKET_DEFERRED,   /* something has come in, and what the service conflicts with is up */
        SOCKET_TRIGGERED,  /* the service is starting or running and has the listeners */
        SOCKET_STOP_PRE,   /* ExecStopPre= runs, the ports are still open */
        SOCKET_STOP_POST,  /* ExecStopPost= runs */
        SOCKET_FAILED,
        SOCKET_STATE_COUNT,
} SocketState;

typedef enum SocketEvent {
        SOCKET_EVENT_START,
        SOCKET_EVENT_COMMANDS_DONE,   /* those of the state, and nothing has failed so far */
        SOCKET_EVENT_COMMANDS_FAILED, /* one of them, or something before them */
        SOCKET_EVENT_OPEN_FAILED,     /* a port can't be opened, or not be watched */
        SOCKET_EVENT_INCOMING,        /* a connection or datagram: the service is started */
        SOCKET_EVENT_CONFLICT,        /* the same, but it has to wait: DeferTrigger= */
        SOCKET_EVENT_SERVICE_UP,      /* the service has been started by someone */
        SOCKET_EVENT_SERVICE_DOWN,    /* it has ended: watch again */
        SOCKET_EVENT_SERVICE_FAILED,  /* its start limit was hit, it can't be loaded, it shut
                                         a listener down */
        SOCKET_EVENT_LIMIT,           /* TriggerLimit*= was hit, DeferTrigger= has ended */
        SOCKET_EVENT_STOP,
        SOCKET_EVENT_COUNT,
} SocketEvent;

/* The state an event leads to; SOCKET_STATE_COUNT: the event can't happen in this state. */
extern const uint8_t socket_table[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT];

typedef struct Delivery Delivery;
typedef struct Acceptor Acceptor;             /* accept.c */
typedef struct RetiredPort RetiredPort;       /* socket-reload.c */
typedef struct SocketCommands SocketCommands; /* socket-commands.c */
typedef struct SocketDeferral SocketDeferral; /* socket-defer.c */

/* There may be thousands: what few need is elsewhere, and what is small stands together. */
typedef struct Socket {
        Unit unit;
        SocketState state : 8;
        bool incomplete; /* a reload could not open a port */
        bool failing;    /* it ends as failed */
        bool told;       /* SOCKET_TRIGGERED: the ports may still be in the event loop */
        uint8_t pauses;  /* so far, without a success between them (socket-pause.c) */
        guint port_count;
        Port **ports;             /* one per Listen line, in their order */
        GPtrArray *retired;       /* of RetiredPort *: of lines that went while a service held the
                                     listener; NULL: none (socket-reload.c) */
        SocketCommands *commands; /* NULL: has run none yet */
        SocketDeferral *deferral; /* SOCKET_DEFERRED alone; else NULL */
        RateLimit trigger_limit;
        uint64_t trigger_usec;  /* the service's state_usec when it was last triggered */
        sd_event_source *pause; /* it doesn't look at what comes in; NULL: it does */
        Acceptor *acceptor;     /* Accept=yes; NULL: none has come in yet */
} Socket;

static inline Socket *SOCKET(Unit *unit) {
        return container_of(unit, Socket, unit);
}

const char *socket_state_to_string(SocketState state);
const char *socket_event_to_string(SocketEvent event);

/* The one setter (socket-state.c): looks up the table, opens, closes, watches, runs commands as the
 * new state asks for; a state whose commands are none ends at once. An event that can't happen is
 * logged as a bug and changes nothing. */
void socket_handle(Socket *socket, SocketEvent event);

ActiveState socket_active_state(const Unit *unit);
/* It has been started, and not been stopped. */
bool socket_is_open(const Socket *socket);
/* Whether there is somebody to be started by what comes in. */
bool socket_is_watchable(Socket *socket);
/* Watches the ports, or not, as the state asks for; if it can't, the unit fails. */
void socket_rewatch(Socket *socket);
/* SOCKET_TRIGGERED: somebody accepts now, and what comes in shall not wake us up for that. */
void socket_leave_ports(Socket *socket);
/* Whether ports are watched now. */
bool socket_is_watching(Socket *socket);
/* The property that names the commands of a state, or NULL. */
const char *socket_state_commands(SocketState state);

/* Opens all ports or none. Returns: whether it worked; else the unit's failure is set. */
bool socket_open_ports(Socket *socket);
/* Closes the ports and takes back what waits of them. */
void socket_close_ports(Socket *socket);
/* It is open: looks how its service is, gives it what there is. */
void socket_opened(Socket *socket);
/* Its service has ended, and is to be triggered again. */
void socket_release_service(Socket *socket);

/* The commands of the state (socket-commands.c): runs the first.
 * Returns: SOCKET_EVENT_COUNT: it runs; else what has happened at once. */
SocketEvent socket_commands_begin(Socket *socket);
/* If a command runs: ends it by KillMode=, KillSignal=; SOCKET_EVENT_STOP follows. Returns: whether
 * there was one. */
bool socket_commands_interrupt(Socket *socket);
/* The unit is down: ends what the commands have left behind. */
void socket_commands_finish(Socket *socket);
void socket_commands_done(Socket *socket);
/* The vtable's: there is no main process. */
int socket_commands_signal(Unit *unit, SignalTarget target, int sig);
pid_t socket_commands_pid(const Socket *socket); /* 0: none runs */

/* DeferTrigger= (socket-defer.c): whether the service has to wait for what it conflicts with; then
 * the event is SOCKET_EVENT_CONFLICT. */
bool socket_must_defer(Socket *socket, Unit *service);
/* SOCKET_DEFERRED begins: socket_trigger() follows when the conflict has gone. */
void socket_defer_begin(Socket *socket, Unit *service);
void socket_defer_end(Socket *socket);
/* A unit, or a job, of this manager has changed: those that wait look again. */
void socket_look_at_deferred(Manager *manager);
/* Starts the service for what has come in. */
void socket_trigger(Socket *socket);

/* What comes in waits for a while (socket-pause.c), for the reason given; told once. */
void socket_pause(Socket *socket, const char *format, ...) _printf_(2, 3);
void socket_pause_end(Socket *socket);
/* Of a service that is down: it never got so far as to run, and starting it again at once would end
 * the same way; it lacked what may come back. */
bool socket_started_in_vain(const Socket *socket, const Unit *service);
bool socket_service_is_short(const Unit *service);
/* Descriptors, processes, memory: others may give them back. */
bool errno_is_shortage(int error);

/* Something has come in at a port that is watched. */
void socket_incoming(Socket *socket, Port *port);

/* Somebody who has a listener has ended it for all, and for good; or a device has hung up. */
void socket_shut_down(Socket *socket, const Port *port);

/* Its service, or the settings, have changed: watched or not? */
void socket_follow_service(Socket *socket);

/* daemon-reload (socket-reload.c). */
void socket_reload(Unit *unit, UnitSettings *settings);
void socket_reloaded(Unit *unit);
/* Lets go of what is kept of lines that went. */
void socket_free_retired(Socket *socket);
/* Somebody needs this address: the same, of all sockets, for it alone. Returns: whether any was
 * kept. */
bool socket_yield_address(Manager *manager, const Address *address);
/* Opens what a reload could not open. */
void socket_complete(Socket *socket);

/* Giving (socket-provide.c): all listeners, which nobody may have yet; or one of them. */
void socket_provide_listeners(Socket *socket, Recipient *recipient);
void socket_provide_port(const Socket *socket, Port *port, Recipient *recipient,
                         const DeliverySettings *settings, bool replaces);
/* What a service may have as a standard descriptor (StandardInput=socket): its connection, or all
 * listeners. Adds them, Item *, borrowed. */
void socket_offer(const Socket *socket, const Unit *service, GPtrArray *items);
/* NonBlocking= of who shall be the first to have it decides whether calls on it wait. */
void socket_prepare_port(const Socket *socket, const Port *port, const Recipient *recipient);
void socket_prepare_item(const Socket *socket, const Item *item, const Recipient *recipient);
/* The signals of what it has to give, BELLHOP_SIGNAL_BIT()s. */
uint64_t socket_signals(const Socket *socket);

/* Accept=yes: what has come in. */
typedef struct AcceptCounts {
        unsigned int connections; /* instances that run */
        uint64_t accepted;        /* how many in all */
        uint64_t refused;         /* over MaxConnections*= */
} AcceptCounts;

AcceptCounts socket_accept_counts(const Socket *socket);
/* Accept=yes (accept.c): takes a connection and starts an instance for it; gives it to the
 * instance; sees whether the instance has ended. */
void socket_accept(Socket *socket, Port *port);
/* The connection of an instance that hasn't been given it; NULL: there is none. Borrowed. */
Item *socket_connection(const Socket *socket, const char *instance);
/* The instance has it: from now on it is only his. */
void socket_connection_taken(Socket *socket, const char *instance);
void socket_provide_connection(Socket *socket, Recipient *recipient);
void socket_instance_changed(Socket *socket, Unit *service);
/* A pause is over: starts those again that could not be. */
void socket_retry_instances(Socket *socket);
/* The unit is down: nobody will. */
void socket_drop_stalled(Socket *socket);
/* A delivery of a socket has changed its state. Once an instance has its connection, it is only
 * his; once a service has a listener, it accepts without us. */
void socket_delivery_changed(Manager *manager, const Delivery *delivery);
/* Whether it has made that instance, and it is still there. */
bool socket_has_instance(const Socket *socket, const char *name);
void socket_free_acceptor(Socket *socket);
