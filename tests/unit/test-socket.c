/* SPDX-License-Identifier: MIT */
/* The runtime socket: what happens to a listener that somebody else has a hand on, who is told of
 * what comes in, and what one that waits costs. */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "manager-fixture.h"
#include "service.h"
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

/* ---- who is told ---- */

/* One that accepts nothing, so that what comes in stays. */
static Socket *begin_sleeper(const char *lines) {
        g_autofree char *text =
                g_strdup_printf("[Socket]\nListenStream=%%D/x\nTriggerLimitBurst=0\n%s", lines);
        Socket *socket = begin(text);
        manager_fixture_write(&fixture, "x.service",
                              "[Unit]\nStartLimitBurst=0\n[Service]\nExecStart=/bin/sleep 1000\n");
        manager_fixture_reload(&fixture, 0);
        return socket;
}

static Service *sleeper(void) {
        return SERVICE(manager_fixture_load(&fixture, "x.service"));
}

static bool is_running(const void *service) {
        return ((const Service *)service)->state == SERVICE_RUNNING;
}

static bool is_not_running(const void *service) {
        return !is_running(service);
}

/* As if it had ended by itself. */
static void sleeper_end(Service *service) {
        g_assert_cmpint(kill(service->main_pid, SIGTERM), ==, 0);
        manager_fixture_run_until(&fixture, is_not_running, service);
}

static void end_sleeper(Socket *socket, Service *service) {
        g_autofree char *errors = manager_fixture_stop(&fixture, &socket->unit);
        g_autofree char *more = manager_fixture_stop(&fixture, &service->unit);
        g_assert_cmpstr(errors, ==, "");
        g_assert_cmpstr(more, ==, "");
        manager_fixture_done(&fixture);
}

/* Whoever comes while the service runs is its own affair. */
static void test_poll_limit(void) {
        Socket *socket = begin_sleeper("PollLimitBurst=2\nPollLimitIntervalSec=1h\n");
        Service *service = sleeper();
        int first = manager_fixture_connect(&fixture, "x");
        manager_fixture_run_until(&fixture, is_running, service);
        int second = manager_fixture_connect(&fixture, "x");
        manager_fixture_run_pending(&fixture);
        sleeper_end(service);
        manager_fixture_run_until(&fixture, is_running, service); /* they still wait */
        g_assert_null(socket->ports[0]->poll_pause);
        sleeper_end(service);
        manager_fixture_run_pending(&fixture);
        g_assert_false(is_running(service));
        g_assert_nonnull(socket->ports[0]->poll_pause);
        /* Another limit. */
        manager_fixture_write(&fixture, "x.socket",
                              "[Socket]\nListenStream=%D/x\nPollLimitBurst=0\n");
        manager_fixture_reload(&fixture, 0);
        manager_fixture_run_until(&fixture, is_running, service);
        fd_close(first);
        fd_close(second);
        end_sleeper(socket, service);
}

static bool has_pause(const void *socket) {
        return ((const Socket *)socket)->ports[0]->poll_pause != NULL;
}

/* As where the user's share of epoll's memory is used up by then (fs.epoll.max_user_watches). Who
 * can't hear any more says so. */
static void test_poll_limit_unwatchable(void) {
        Socket *socket = begin_sleeper("PollLimitBurst=1\nPollLimitIntervalSec=100ms\n");
        Service *service = sleeper();
        int client = manager_fixture_connect(&fixture, "x");
        manager_fixture_run_until(&fixture, is_running, service);
        sleeper_end(service);
        manager_fixture_run_until(&fixture, has_pause, socket);
        int unpollable = open("/dev/null", O_RDONLY | O_CLOEXEC), fd = socket->ports[0]->item->fd;
        g_assert_cmpint(dup3(unpollable, fd, O_CLOEXEC), ==, fd);
        manager_fixture_run_until(&fixture, has_failed, socket);
        g_assert_nonnull(strstr(socket->unit.failure, "watch "));
        fd_close(unpollable);
        fd_close(client);
        end_sleeper(socket, service);
}

static bool is_taken_out(const Port *port) {
        return sd_event_source_get_enabled(port->source, NULL) == SD_EVENT_OFF;
}

/* What nobody has accepted is told whenever the service has ended, whether the ports have left
 * epoll's set by then or not. */
static void test_told_again(void) {
        Socket *socket = begin_sleeper("ListenStream=%D/y\nPollLimitBurst=0\n");
        Service *service = sleeper();
        int first = manager_fixture_connect(&fixture, "x"),
            second = manager_fixture_connect(&fixture, "y");
        manager_fixture_run_until(&fixture, is_running, service);
        for (int i = 0; i < 2; i++) {
                sleeper_end(service);
                manager_fixture_run_until(&fixture, is_running, service);
        }
        socket_leave_ports(socket); /* as if it had claimed them */
        for (guint i = 0; i < socket->port_count; i++)
                g_assert_true(is_taken_out(socket->ports[i]));
        sleeper_end(service);
        manager_fixture_run_until(&fixture, is_running, service);
        fd_close(first);
        fd_close(second);
        end_sleeper(socket, service);
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
        g_ptr_array_unref(manager_load_all(fixture.manager));
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
        g_test_add_func("/socket/poll-limit", test_poll_limit);
        g_test_add_func("/socket/poll-limit/unwatchable", test_poll_limit_unwatchable);
        g_test_add_func("/socket/told-again", test_told_again);
        g_test_add_func("/socket/memory", test_memory);
        return g_test_run();
}
