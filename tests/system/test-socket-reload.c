/* SPDX-License-Identifier: MIT */
/* Reloads that change what an open socket does with what comes in. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

static void reload_with(Fixture *fixture, const char *lines) {
        unit_write(fixture, "web.socket", "[Socket]\n%s", lines);
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_null(failure);
}

#define LISTEN "ListenStream=@dir@/web\n"
#define ACCEPT LISTEN "Accept=yes\n"

static void write_units(const Fixture *fixture, const char *lines, const char *instance) {
        unit_write(fixture, "web.socket", "[Socket]\n%s", lines);
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        unit_write(fixture, "web@.service", "%s\n[Service]\nExecStart=@claimer@ --any\n", instance);
}

/* ---- Accept= ---- */

/* Instances that run aren't touched, and are still the socket's: counted, forgotten at their end.
 */
static void test_instances_run_on(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pids[2];

        write_units(fixture, ACCEPT "MaxConnections=2\n", "[Unit]\nDescription=one of many\n");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
                g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
                g_free(report_wait(fixture, "claimed connection *", &pids[i]));
        }
        reload_with(fixture, LISTEN);
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        unit_expect(fixture, "web.service", "active", "running");
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
                g_assert_true(process_is_alive(pids[i]));
        unit_stop(fixture, "web.service");
        reload_with(fixture, ACCEPT "MaxConnections=2\n");
        g_assert_false(is_served(connect_to(fixture, "@dir@/web")));
        unsigned int mark = events_mark(fixture);
        kill(pids[0], SIGKILL);
        event_wait(fixture, mark, "unit web@0-*.service failed failed");
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
}

/* An instance whose job waits makes no event: looks again until the time is over. */
static void wait_for_connections(Fixture *fixture, const char *count) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;

        for (;;) {
                g_autofree char *now = unit_property(fixture, "web.socket", "NConnections");
                if (strcmp(now, count) == 0)
                        return;
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_usleep(1000);
        }
}

/* An instance that has to wait for another unit has its connection until then. */
static void test_instance_waits(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *fifo = fixture_expand(fixture, "@dir@/go");

        g_assert_cmpint(mkfifo(fifo, 0666), ==, 0);
        write_units(fixture, ACCEPT, "[Unit]\nAfter=slow.service\n");
        unit_write(fixture, "slow.service",
                   "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'read x <@dir@/go'\n");
        fixture_start(fixture, "web.socket", NULL);
        unit_start_begin(fixture, "slow.service");
        unit_wait(fixture, "slow.service", "activating", "start");
        int fd = connect_to(fixture, "@dir@/web");
        wait_for_connections(fixture, "1");
        reload_with(fixture, LISTEN);
        fifo_write(fixture, "go");
        g_autofree char *answer = ask_on(fd);
        g_assert_true(g_str_has_prefix(answer, "connection "));
}

/* A service that hadn't claimed the listener when it was taken back is given it anew. */
static void test_listener_comes_back(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");
        pid_t pid;

        write_units(fixture, LISTEN, "[Unit]\nDescription=one of many\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ --stop web.socket\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &pid));
        process_wait_state(pid, "T");
        reload_with(fixture, ACCEPT);
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        unit_expect(fixture, "web.socket", "active", "listening");
        reload_with(fixture, LISTEN);
        unit_expect(fixture, "web.socket", "active", "triggered");
        kill(pid, SIGCONT);
        g_assert_cmpint(ask_name(web, SOCK_STREAM, "web.socket"), ==, pid);
}

/* One that serves it goes on, and so does the manager, side by side; none of the clients is lost.
 */
static void test_served_by_both(void) {
        _fixture_ Fixture *fixture = fixture_new();
        int fds[20];
        pid_t pid;

        write_units(fixture, LISTEN, "[Unit]\nDescription=one of many\n");
        fixture_start(fixture, NULL);
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        g_free(report_wait(fixture, "claimed web.socket *", &pid));
        for (int i = 0; i < 3; i++) {
                reload_with(fixture, i % 2 == 0 ? ACCEPT : LISTEN);
                for (size_t j = 0; j < ARRAY_SIZE(fds); j++)
                        fds[j] = connect_to(fixture, "@dir@/web");
                for (size_t j = 0; j < ARRAY_SIZE(fds); j++)
                        g_assert_true(is_served(fds[j]));
                g_assert_true(process_is_alive(pid));
        }
}

/* ---- addresses ---- */

/* Somebody else has the address that a new line asks for: said, and had when it can be. */
static void test_address_taken(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *two = g_strdup_printf("127.0.0.1:%u", port);
        g_autofree char *lines = g_strdup_printf(LISTEN "ListenStream=%s\n", two);
        g_autofree char *other = g_strdup_printf("[Socket]\nListenStream=%s\n", two);

        pair_write(fixture, "web", LISTEN, "web.socket web.socket", "");
        unit_write(fixture, "other.socket", "%s", other);
        unit_write(fixture, "other.service", "[Service]\nExecStart=@claimer@ other.socket\n");
        fixture_start(fixture, NULL);
        ask_name(two, SOCK_STREAM, "other.socket");
        unit_write(fixture, "web.socket", "[Socket]\n%s", lines);
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, two));
        g_assert_nonnull(strstr(failure, "in use"));
        unit_expect(fixture, "web.socket", "active", "listening");
        unit_stop(fixture, "other.service", "other.socket");
        g_assert_cmpint(address_connect(two, SOCK_STREAM), ==, -ECONNREFUSED);
        /* The line that is there all the time works, and brings the other one. */
        int fd = connect_to(fixture, "@dir@/web");
        unit_wait(fixture, "web.service", "active", "running");
        close(fd);
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        ask_name(two, SOCK_STREAM, "web.socket");
        g_autofree char *none = unit_property(fixture, "web.socket", "Failure");
        g_assert_null(none);
}

/* A line goes and comes back while the service has its listener, with other settings, too. */
static void test_two_reloads(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *two = g_strdup_printf("127.0.0.1:%u", port);
        g_autofree char *both = g_strdup_printf(
                "FileDescriptorName=one\n" LISTEN "FileDescriptorName=two\nListenStream=%s\n", two);
        g_autofree char *reuse = g_strdup_printf("%sBacklog=5\n", both);

        pair_write(fixture, "web", both, "one two", "");
        fixture_start(fixture, NULL);
        pid_t pid = ask_name(two, SOCK_STREAM, "two");
        for (int i = 0; i < 10; i++) {
                reload_with(fixture, "FileDescriptorName=one\n" LISTEN);
                /* Other settings than before. */
                reload_with(fixture, i % 2 ? both : reuse);
                g_assert_cmpint(ask_name(two, SOCK_STREAM, "two"), ==, pid);
        }
        /* It goes for good, and the service ends: then it is free. */
        reload_with(fixture, "FileDescriptorName=one\n" LISTEN);
        unit_stop(fixture, "web.service");
        g_assert_cmpint(address_connect(two, SOCK_STREAM), ==, -ECONNREFUSED);
        reload_with(fixture, both);
        g_assert_cmpint(ask_name(two, SOCK_STREAM, "two"), !=, pid);
}

/* How many sockets listen at a TCP port of 127.0.0.1. */
static unsigned int listeners_count(unsigned int port) {
        g_autofree char *table = NULL,
                        *pattern = g_strdup_printf("0100007F:%04X 00000000:0000 0A", port);
        unsigned int count = 0;

        g_assert_true(g_file_get_contents("/proc/net/tcp", &table, NULL, NULL));
        for (const char *at = table; (at = strstr(at, pattern)); at++)
                count++;
        return count;
}

/* With ReusePort= an address may be listed more than once: each line is a socket. */
static void test_address_shared(void) {
        static const unsigned int steps[] = { 2, 1, 3, 0, 2 };
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();

        for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
                g_autoptr(GString) lines = g_string_new("ListenStream=@dir@/web\n");

                for (unsigned int j = 0; j < steps[i]; j++)
                        g_string_append_printf(lines, "ListenStream=127.0.0.1:%u\n", port);
                g_string_append(lines, "ReusePort=yes\n");
                pair_write(fixture, "web", lines->str, "--never", "");
                if (i == 0)
                        fixture_start(fixture, NULL);
                else
                        bus_reload(fixture, NULL);
                unit_expect(fixture, "web.socket", "active", "listening");
                g_assert_cmpuint(listeners_count(port), ==, steps[i]);
        }
        unit_stop(fixture, "web.socket");
        g_assert_cmpuint(listeners_count(port), ==, 0);
}

static const TestCase cases[] = {
        { "instances run on", test_instances_run_on, AS_BOTH, 0 },
        { "an instance that waits", test_instance_waits, AS_BOTH, 0 },
        { "a listener comes back", test_listener_comes_back, AS_BOTH, 0 },
        { "served by both", test_served_by_both, AS_BOTH, 0 },
        { "an address that is shared", test_address_shared, AS_BOTH, 0 },
        { "an address that is taken", test_address_taken, AS_BOTH, 0 },
        { "two reloads", test_two_reloads, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
