/* SPDX-License-Identifier: MIT */
/* The runtime socket: what happens to a listener that somebody else has a hand on. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "manager-fixture.h"
#include "socket.h"

static ManagerFixture fixture;

static Socket *begin(const char *text) {
        manager_fixture_init(&fixture);
        manager_fixture_write(&fixture, "x.service", "[Service]\nExecStart=/bin/true\n");
        manager_fixture_write(&fixture, "x.socket", text);
        Unit *unit = manager_fixture_load(&fixture, "x.socket");
        g_autofree char *errors = manager_fixture_start(&fixture, unit);
        g_assert_cmpstr(errors, ==, "");
        return SOCKET(unit);
}

static bool has_failed(const void *socket) {
        return ((const Socket *)socket)->state == SOCKET_FAILED;
}

/* Whoever has the listener can end it for all. It can't be mended, and starting the service again
 * and again for what never comes would hide that. */
static void test_shut_down(gconstpointer listen) {
        Socket *socket = begin(listen);
        Unit *service = manager_fixture_load(&fixture, "x.service");
        g_assert_cmpint(shutdown(socket->ports[0]->item->fd, SHUT_RDWR), ==, 0);
        manager_fixture_run_until(&fixture, has_failed, socket);
        g_assert_nonnull(strstr(socket->unit.failure, "shut down"));
        g_assert_cmpuint(socket->port_count, ==, 0);
        g_assert_cmpuint(service->state_usec, ==, 0); /* was never started */
        manager_fixture_done(&fixture);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return 0;
        }
        g_test_add_data_func("/socket/shut-down", "[Socket]\nListenStream=%D/x\n", test_shut_down);
        g_test_add_data_func("/socket/shut-down/accept",
                             "[Socket]\nListenStream=%D/x\nAccept=yes\n", test_shut_down);
        return g_test_run();
}
