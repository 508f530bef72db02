/* SPDX-License-Identifier: MIT */
/* Every cell of the sockets' table, by what the setter does in it. */
#include <stdio.h>

#include "manager-fixture.h"
#include "socket.h"

typedef struct Allowed {
        SocketState from;
        SocketEvent event;
        SocketState to;
} Allowed;

/* All that may happen; everything else may not. */
static const Allowed allowed[] = {
        { SOCKET_DEAD, SOCKET_EVENT_START, SOCKET_START_PRE },
        { SOCKET_DEAD, SOCKET_EVENT_STOP, SOCKET_DEAD },
        { SOCKET_START_PRE, SOCKET_EVENT_COMMANDS_DONE, SOCKET_START_POST },
        { SOCKET_START_PRE, SOCKET_EVENT_COMMANDS_FAILED, SOCKET_FAILED },
        { SOCKET_START_PRE, SOCKET_EVENT_STOP, SOCKET_STOP_POST },
        { SOCKET_START_POST, SOCKET_EVENT_COMMANDS_DONE, SOCKET_LISTENING },
        { SOCKET_START_POST, SOCKET_EVENT_COMMANDS_FAILED, SOCKET_STOP_PRE },
        { SOCKET_START_POST, SOCKET_EVENT_OPEN_FAILED, SOCKET_STOP_PRE },
        { SOCKET_START_POST, SOCKET_EVENT_STOP, SOCKET_STOP_PRE },
        { SOCKET_LISTENING, SOCKET_EVENT_OPEN_FAILED, SOCKET_STOP_PRE },
        { SOCKET_LISTENING, SOCKET_EVENT_INCOMING, SOCKET_TRIGGERED },
        { SOCKET_LISTENING, SOCKET_EVENT_CONFLICT, SOCKET_DEFERRED },
        { SOCKET_LISTENING, SOCKET_EVENT_SERVICE_UP, SOCKET_TRIGGERED },
        { SOCKET_LISTENING, SOCKET_EVENT_SERVICE_DOWN, SOCKET_LISTENING },
        { SOCKET_LISTENING, SOCKET_EVENT_SERVICE_FAILED, SOCKET_STOP_PRE },
        { SOCKET_LISTENING, SOCKET_EVENT_LIMIT, SOCKET_STOP_PRE },
        { SOCKET_LISTENING, SOCKET_EVENT_STOP, SOCKET_STOP_PRE },
        { SOCKET_DEFERRED, SOCKET_EVENT_INCOMING, SOCKET_TRIGGERED },
        { SOCKET_DEFERRED, SOCKET_EVENT_CONFLICT, SOCKET_DEFERRED },
        { SOCKET_DEFERRED, SOCKET_EVENT_SERVICE_UP, SOCKET_TRIGGERED },
        { SOCKET_DEFERRED, SOCKET_EVENT_SERVICE_DOWN, SOCKET_DEFERRED },
        { SOCKET_DEFERRED, SOCKET_EVENT_SERVICE_FAILED, SOCKET_STOP_PRE },
        { SOCKET_DEFERRED, SOCKET_EVENT_LIMIT, SOCKET_STOP_PRE },
        { SOCKET_DEFERRED, SOCKET_EVENT_STOP, SOCKET_STOP_PRE },
        { SOCKET_TRIGGERED, SOCKET_EVENT_SERVICE_UP, SOCKET_TRIGGERED },
        { SOCKET_TRIGGERED, SOCKET_EVENT_SERVICE_DOWN, SOCKET_LISTENING },
        { SOCKET_TRIGGERED, SOCKET_EVENT_SERVICE_FAILED, SOCKET_STOP_PRE },
        { SOCKET_TRIGGERED, SOCKET_EVENT_STOP, SOCKET_STOP_PRE },
        { SOCKET_STOP_PRE, SOCKET_EVENT_COMMANDS_DONE, SOCKET_STOP_POST },
        { SOCKET_STOP_PRE, SOCKET_EVENT_COMMANDS_FAILED, SOCKET_STOP_POST },
        { SOCKET_STOP_PRE, SOCKET_EVENT_STOP, SOCKET_STOP_PRE },
        { SOCKET_STOP_POST, SOCKET_EVENT_COMMANDS_DONE, SOCKET_DEAD },
        { SOCKET_STOP_POST, SOCKET_EVENT_COMMANDS_FAILED, SOCKET_FAILED },
        { SOCKET_STOP_POST, SOCKET_EVENT_STOP, SOCKET_STOP_POST },
        { SOCKET_FAILED, SOCKET_EVENT_START, SOCKET_START_PRE },
        { SOCKET_FAILED, SOCKET_EVENT_STOP, SOCKET_DEAD },
};

static SocketState expected(SocketState from, SocketEvent event) {
        for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
                if (allowed[i].from == from && allowed[i].event == event)
                        return allowed[i].to;
        return SOCKET_STATE_COUNT;
}

static const struct {
        ActiveState active;
        bool open;
} states[SOCKET_STATE_COUNT] = {
        [SOCKET_DEAD] = { ACTIVE_INACTIVE, false },
        [SOCKET_START_PRE] = { ACTIVE_ACTIVATING, false },
        [SOCKET_START_POST] = { ACTIVE_ACTIVATING, true },
        [SOCKET_LISTENING] = { ACTIVE_ACTIVE, true },
        [SOCKET_DEFERRED] = { ACTIVE_ACTIVE, true },
        [SOCKET_TRIGGERED] = { ACTIVE_ACTIVE, true },
        [SOCKET_STOP_PRE] = { ACTIVE_DEACTIVATING, true },
        [SOCKET_STOP_POST] = { ACTIVE_DEACTIVATING, false },
        [SOCKET_FAILED] = { ACTIVE_FAILED, false },
};

static bool is_failure(SocketEvent event) {
        return event == SOCKET_EVENT_COMMANDS_FAILED || event == SOCKET_EVENT_OPEN_FAILED ||
               event == SOCKET_EVENT_SERVICE_FAILED || event == SOCKET_EVENT_LIMIT;
}

/* The unit has no commands: it doesn't stay where they would run. */
static SocketState settled(SocketState state, bool failing) {
        while (socket_state_commands(state))
                state = expected(state, failing ? SOCKET_EVENT_COMMANDS_FAILED
                                                : SOCKET_EVENT_COMMANDS_DONE);
        return state;
}

/* An open port, as in the states that have one. */
static void open_port(Socket *socket) {
        const SocketSettings *settings = SOCKET_SETTINGS(socket->unit.settings);
        const Listen *listen = settings->listens->pdata[0];
        const char *step;
        socket->ports = g_new0(Port *, 1);
        socket->ports[0] = port_new(socket, listen);
        socket->port_count = 1;
        g_assert_cmpint(port_open(socket->ports[0], settings, listen, &step), ==, 0);
}

static int watching(const Socket *socket) {
        int enabled = SD_EVENT_OFF;
        if (socket->port_count && socket->ports[0]->source)
                g_assert_cmpint(sd_event_source_get_enabled(socket->ports[0]->source, &enabled), >=,
                                0);
        return enabled;
}

static void check_cell(Unit *unit, SocketState from, SocketEvent event) {
        Socket *socket = SOCKET(unit);
        SocketState to = expected(from, event);
        g_test_message("%s, %s", socket_state_to_string(from), socket_event_to_string(event));
        g_assert_cmpuint(socket_table[from][event], ==, to);

        socket->state = from;
        socket->failing = false;
        unit->state_usec = 0;
        if (states[from].open)
                open_port(socket);
        socket_handle(socket, event);
        SocketState now =
                to == SOCKET_STATE_COUNT || to == from ? from : settled(to, is_failure(event));
        g_assert_cmpstr(unit_sub_state(unit), ==, socket_state_to_string(now));
        g_assert_cmpint(unit_active_state(unit), ==, states[now].active);
        g_assert_cmpint(unit->state_usec != 0, ==, now != from);
        if (now != from) {
                g_assert_cmpuint(socket->port_count, ==, states[now].open);
                g_assert_cmpint(watching(socket) == SD_EVENT_ON, ==, now == SOCKET_LISTENING);
        }
        socket->state = SOCKET_DEAD;
        socket_close_ports(socket);
}

static void test_table(void) {
        ManagerFixture fixture;
        manager_fixture_init(&fixture);
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nListenStream=%D/x\n"
                              "RemoveOnStop=yes\n");
        manager_fixture_write(&fixture, "x.service", "[Service]\nExecStart=/bin/true\n");
        Unit *unit = manager_fixture_load(&fixture, "x.socket");
        for (SocketState from = 0; from < SOCKET_STATE_COUNT; from++)
                for (SocketEvent event = 0; event < SOCKET_EVENT_COUNT; event++)
                        check_cell(unit, from, event);
        manager_fixture_done(&fixture);
}

static void test_names(void) {
        for (SocketState state = 0; state < SOCKET_STATE_COUNT; state++)
                g_assert_nonnull(socket_state_to_string(state));
        for (SocketEvent event = 0; event < SOCKET_EVENT_COUNT; event++)
                g_assert_nonnull(socket_event_to_string(event));
}

int main(int argc, char **argv) {
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-table/every-cell", test_table);
        g_test_add_func("/socket-table/names", test_names);
        return g_test_run();
}
