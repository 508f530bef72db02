/* SPDX-License-Identifier: MIT */
/* The runtime socket: what happens to a listener that somebody else has a hand on, and what one
 * that waits costs. */
#include <malloc.h>
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

/* With its service, which is down: there may be thousands. */
static void test_memory(void) {
        enum { PAIRS = 500, BYTES_MAX = 2200 };
        Unit *sockets[PAIRS];
        manager_fixture_init(&fixture);
        for (int i = 0; i < PAIRS; i++) {
                g_autofree char *text = g_strdup_printf(
                        "[Unit]\nDescription=Socket %d\n[Socket]\nListenStream=%%D/s%d\n", i, i);
                g_autofree char *socket = g_strdup_printf("s%d.socket", i);
                g_autofree char *service = g_strdup_printf("s%d.service", i);
                manager_fixture_write(&fixture, socket, text);
                manager_fixture_write(&fixture, service, "[Service]\nExecStart=/bin/true\n");
        }
        size_t before = mallinfo2().uordblks;
        manager_load_all(fixture.manager);
        for (int i = 0; i < PAIRS; i++) {
                g_autofree char *name = g_strdup_printf("s%d.socket", i);
                sockets[i] = manager_fixture_load(&fixture, name);
                g_autofree char *errors = manager_fixture_start(&fixture, sockets[i]);
                g_assert_cmpstr(errors, ==, "");
        }
        size_t used = mallinfo2().uordblks - before;
        g_test_message("%zu bytes a pair", used / PAIRS);
        if (used == 0)
                g_test_skip("this allocator doesn't say what it has given out");
        else
                g_assert_cmpuint(used / PAIRS, <, BYTES_MAX);
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
        g_test_add_func("/socket/memory", test_memory);
        return g_test_run();
}
