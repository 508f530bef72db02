/* SPDX-License-Identifier: MIT */
/* What a socket unit does besides listening: whom it lets in, when it triggers, what it runs. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

/* ---- Accept=yes ---- */

/* A connection from that loopback address. */
static int connect_from(const char *source, unsigned int port) {
        struct sockaddr_in from = { .sin_family = AF_INET };
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(fd, >=, 0);
        from.sin_addr.s_addr = g_htonl(INADDR_LOOPBACK + (uint32_t)(source[0] - '1'));
        to.sin_addr.s_addr = g_htonl(INADDR_LOOPBACK);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&from, sizeof(from)), ==, 0);
        g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof(to)), ==, 0);
        return fd;
}

static void test_per_source(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        pid_t pid;

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=%u\nAccept=yes\nMaxConnectionsPerSource=1\n", port);
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        g_assert_true(is_served(connect_from("1", port)));
        g_free(report_wait(fixture, "claimed * connection *", &pid));
        g_assert_false(is_served(connect_from("1", port)));
        g_assert_true(is_served(connect_from("2", port)));
        /* Whose connection has ended may have another one. */
        unsigned int mark = events_mark(fixture);
        kill(pid, SIGKILL);
        event_wait(fixture, mark, "unit web@*.service failed failed");
        g_assert_true(is_served(connect_from("1", port)));
        g_autofree char *refused = unit_property(fixture, "web.socket", "NRefused");
        g_assert_cmpstr(refused, ==, "1");
}

static void test_per_user(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nAccept=yes\nMaxConnectionsPerSource=2\n");
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        g_assert_true(is_served(address_connect(address, SOCK_STREAM)));
        g_assert_true(is_served(address_connect(address, SOCK_STREAM)));
        g_assert_false(is_served(address_connect(address, SOCK_STREAM)));
}

static unsigned int port_of(int fd) {
        struct sockaddr_in address;
        socklen_t length = sizeof(address);

        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        return ntohs(address.sin_port);
}

/* The instance is called after its connection, and is told who it is from. */
static void test_instance(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *name = NULL, *told = NULL, *expected = NULL;

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=%u\nAccept=yes\n", port);
        unit_write(fixture, "web@.service",
                   "[Service]\nExecStart=/bin/sh -c 'echo \"%%i $$REMOTE_ADDR $$REMOTE_PORT\" "
                   ">@dir@/told'\n");
        fixture_start(fixture, NULL);
        int fd = connect_from("2", port);
        unsigned int from = port_of(fd);
        name = g_strdup_printf("unit web@0-127.0.0.1:%u-127.0.0.2:%u.service inactive dead", port,
                               from);
        event_wait(fixture, 0, name);
        told = file_read(fixture, "told");
        expected = g_strdup_printf("0-127.0.0.1:%u-127.0.0.2:%u 127.0.0.2 %u\n", port, from, from);
        g_assert_cmpstr(told, ==, expected);
        close(fd);
}

static void test_instance_unix(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *name = NULL, *told = NULL;

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service",
                   "[Service]\nExecStart=/bin/sh -c 'echo "
                   "\"$${REMOTE_ADDR-none} $${REMOTE_PORT-none}\" >@dir@/told'\n");
        fixture_start(fixture, NULL);
        int fd = address_connect(address, SOCK_STREAM);
        name = g_strdup_printf("unit web@0-%d-%u.service inactive dead", (int)getpid(),
                               (unsigned int)getuid());
        event_wait(fixture, 0, name);
        told = file_read(fixture, "told");
        g_assert_cmpstr(told, ==, "none none\n");
        close(fd);
}

/* ---- limits ---- */

/* Beyond the limit the port isn't looked at; other units go on as ever. */
static void test_poll_limit(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nTriggerLimitBurst=0\nPollLimitIntervalSec=1h\n"
                   "PollLimitBurst=3\n",
                   "--clients=1 web.socket", NO_START_LIMIT);
        pair_write(fixture, "other", "ListenStream=@dir@/other", "--clients=1 other.socket",
                   NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (int i = 0; i < 3; i++) {
                ask_name(web, SOCK_STREAM, "web.socket");
                unit_wait(fixture, "web.socket", "active", "listening");
        }
        int fd = address_connect(web, SOCK_STREAM);
        for (int i = 0; i < 3; i++) {
                ask_name(other, SOCK_STREAM, "other.socket");
                unit_wait(fixture, "other.socket", "active", "listening");
        }
        unit_expect(fixture, "web.socket", "active", "listening");
        unit_expect(fixture, "web.service", "inactive", "dead");
        /* It still can be started by hand. */
        unit_start(fixture, "web.service");
        g_assert_true(is_served(fd));
}

/* The pause ends, and nobody is lost. */
static void test_poll_limit_ends(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nTriggerLimitBurst=0\nPollLimitIntervalSec=200ms\n"
                   "PollLimitBurst=2\n",
                   "--clients=1 web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        gint64 begin = g_get_monotonic_time();
        for (int i = 0; i < 7; i++)
                ask_name(web, SOCK_STREAM, "web.socket");
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, 3 * 200 * 1000 - 50 * 1000);
}

/* With no limit of its own that counts it, a service that never comes to its start because of what
 * it requires would be tried for ever. */
static void test_required_limit(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web"), *failure = NULL;

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nTriggerLimitBurst=0\nPollLimitBurst=0\n", "web.socket",
                   "[Unit]\nRequires=db.service\nAfter=db.service\n");
        unit_write(fixture, "db.service",
                   "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=3\n"
                   "[Service]\nType=notify\nExecStart=/bin/false\n");
        fixture_start(fixture, "web.socket", NULL);
        g_autofree char *answer = ask(web, SOCK_STREAM);
        unit_wait(fixture, "web.socket", "failed", "failed");
        failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "db.service"));
        unit_expect(fixture, "db.service", "failed", "failed");
}

/* ---- what comes in ---- */

static void test_flush_pending(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");
        int fds[4];
        unsigned int served = 0;

        pair_write(fixture, "web", "ListenStream=@dir@/web\nFlushPending=yes",
                   "--clients=1 web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                fds[i] = address_connect(web, SOCK_STREAM);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                served += is_served(fds[i]);
        g_assert_cmpuint(served, ==, 1);
        unit_wait(fixture, "web.socket", "active", "listening");
        /* Those who come later are served. */
        ask_name(web, SOCK_STREAM, "web.socket");
}

static void test_flush_datagrams(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenDatagram=@dir@/web\nFlushPending=yes",
                   "--never web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        int fd = address_connect(web, SOCK_DGRAM);
        for (int i = 0; i < 5; i++)
                g_assert_cmpint(send(fd, "x", 1, 0), ==, 1);
        unit_wait(fixture, "web.service", "active", "running");
        unsigned int mark = events_mark(fixture);
        unit_stop(fixture, "web.service");
        unit_wait(fixture, "web.socket", "active", "listening");
        /* What is still there would have started it again. */
        unit_stop(fixture, "web.socket");
        g_assert_false(event_seen(fixture, mark, "unit web.service activating *"));
        close(fd);
}

/* ---- reloads ---- */

static void reload_well(Fixture *fixture) {
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
}

/* From now on the manager accepts: what waits of the listener is nobody's any more. */
static void test_accept_changes(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "--never web.socket", "");
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        int fd = address_connect(web, SOCK_STREAM);
        unit_wait(fixture, "web.service", "active", "running");
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        reload_well(fixture);
        g_autofree char *reason = delivery_wait(fixture, "web.socket", 0, "cancelled");
        g_assert_cmpstr(reason, ==, "withdrawn");
        unit_expect(fixture, "web.socket", "active", "listening");
        g_assert_true(is_served(fd));
        g_free(report_wait(fixture, "claimed * connection *", NULL));
        /* And back. */
        unit_stop(fixture, "web.service");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        reload_well(fixture);
        ask_name(web, SOCK_STREAM, "web.socket");
}

/* A line that goes and comes back while the service holds its listener. */
static void test_line_comes_back(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *one = fixture_expand(fixture, "@dir@/one"), *two = NULL, *both = NULL;

        two = g_strdup_printf("127.0.0.1:%u", port);
        both = g_strdup_printf("FileDescriptorName=one\nListenStream=@dir@/one\n"
                               "FileDescriptorName=two\nListenStream=127.0.0.1:%u\n",
                               port);
        pair_write(fixture, "web", both, "one two", "");
        fixture_start(fixture, NULL);
        pid_t pid = ask_name(one, SOCK_STREAM, "one");
        g_assert_cmpint(ask_name(two, SOCK_STREAM, "two"), ==, pid);
        unsigned int fds = daemon_count_fds(fixture);
        for (int i = 0; i < 3; i++) {
                pair_write(fixture, "web", "FileDescriptorName=one\nListenStream=@dir@/one\n",
                           "one two", "");
                reload_well(fixture);
                pair_write(fixture, "web", both, "one two", "");
                reload_well(fixture);
                g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
                g_assert_null(failure);
                g_assert_cmpint(ask_name(two, SOCK_STREAM, "two"), ==, pid);
        }
        daemon_expect_fds(fixture, fds + DAEMON_SPARE_FDS);
        /* It is the unit's as before: it starts the service, and goes with the line. */
        unit_stop(fixture, "web.service");
        g_assert_cmpint(ask_name(two, SOCK_STREAM, "two"), !=, pid);
        pair_write(fixture, "web", "FileDescriptorName=one\nListenStream=@dir@/one\n", "one two",
                   "");
        reload_well(fixture);
        unit_stop(fixture, "web.service");
        g_assert_cmpint(address_connect(two, SOCK_STREAM), ==, -ECONNREFUSED);
}

/* What is kept for a line to come back gives way to whoever else needs the address. */
static void test_line_moves(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *one = fixture_expand(fixture, "@dir@/one"), *both = NULL, *two = NULL;
        g_autofree char *moved = NULL;

        both = g_strdup_printf("FileDescriptorName=one\nListenStream=@dir@/one\n"
                               "FileDescriptorName=two\nListenStream=127.0.0.1:%u\n",
                               port);
        two = g_strdup_printf("127.0.0.1:%u", port);
        moved = g_strdup_printf("ListenStream=127.0.0.1:%u\n", port);
        pair_write(fixture, "web", both, "--close two one", "");
        fixture_start(fixture, NULL);
        int fd = address_connect(one, SOCK_STREAM);
        g_free(report_wait(fixture, "claimed one *", NULL)); /* and has closed "two" */
        pair_write(fixture, "web", "FileDescriptorName=one\nListenStream=@dir@/one\n",
                   "--close two one", "");
        pair_write(fixture, "other", moved, "other.socket", "");
        reload_well(fixture);
        unit_start(fixture, "other.socket");
        ask_name(two, SOCK_STREAM, "other.socket");
        close(fd);
}

/* What can't be opened because the service holds the old one is opened when that ends. */
static void test_completed_later(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *four = g_strdup_printf("127.0.0.1:%u", port);
        g_autofree char *six = g_strdup_printf("[::1]:%u", port), *lines = NULL, *failure = NULL;

        lines = g_strdup_printf("ListenStream=[::]:%u\nBindIPv6Only=both\n", port);
        pair_write(fixture, "web", lines, "web.socket", "");
        fixture_start(fixture, NULL);
        ask_name(four, SOCK_STREAM, "web.socket");
        g_free(lines);
        lines = g_strdup_printf("ListenStream=[::]:%u\nBindIPv6Only=ipv6-only\n", port);
        pair_write(fixture, "web", lines, "web.socket", "");
        reload_well(fixture);
        failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "bind"));
        unit_stop(fixture, "web.service");
        ask_name(six, SOCK_STREAM, "web.socket");
        g_assert_cmpint(address_connect(four, SOCK_STREAM), ==, -ECONNREFUSED);
}

/* ---- DeferTrigger= ---- */

static void write_rivals(const Fixture *fixture, const char *lines) {
        unit_write(fixture, "other.service", "[Service]\nExecStart=@claimer@ --never\n");
        pair_write(fixture, "web", lines, "web.socket", "[Unit]\nConflicts=other.service\n");
        unit_write(fixture, "default.target", "[Unit]\nWants=web.socket other.service\n");
}

static void test_defer(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        write_rivals(fixture, "ListenStream=@dir@/web\nDeferTrigger=patient\n");
        fixture_start(fixture, NULL);
        unit_wait(fixture, "other.service", "active", "running");
        int fd = address_connect(web, SOCK_STREAM);
        unit_wait(fixture, "web.socket", "active", "deferred");
        unit_expect(fixture, "web.service", "inactive", "dead");
        unit_expect(fixture, "other.service", "active", "running");
        unit_stop(fixture, "other.service");
        g_assert_true(is_served(fd));
        unit_expect(fixture, "web.socket", "active", "triggered");
        /* Without a rival nothing is deferred. */
        unit_stop(fixture, "web.service");
        ask_name(web, SOCK_STREAM, "web.socket");
}

static void defer_in_vain(const char *lines, const char *reason) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web"), *failure = NULL;

        write_rivals(fixture, lines);
        fixture_start(fixture, NULL);
        unit_wait(fixture, "other.service", "active", "running");
        g_free(ask(web, SOCK_STREAM));
        unit_wait(fixture, "web.socket", "failed", "failed");
        failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, reason));
        unit_expect(fixture, "other.service", "active", "running");
        unit_expect(fixture, "web.service", "inactive", "dead");
}

static void test_defer_in_vain(void) {
        defer_in_vain("ListenStream=@dir@/web\nDeferTrigger=patient\nDeferTriggerMaxSec=100ms\n",
                      "after DeferTriggerMaxSec=");
}

static void test_defer_without_jobs(void) {
        defer_in_vain("ListenStream=@dir@/web\nDeferTrigger=yes\n", "no job is left");
}

/* What a service leaves in the queue starts the next one: what had come before it was started, and
 * what came while it ran. */
static void test_left_in_queue(void) {
        _fixture_ Fixture *fixture = fixture_new();
        _cleanup_fd_ int first = -EBADF, second = -EBADF;

        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "--never", "");
        fixture_start(fixture, NULL);
        first = connect_to(fixture, "@dir@/web");
        unit_wait(fixture, "web.service", "active", "running");
        for (int i = 0; i < 4; i++) {
                pid_t pid = unit_main_pid(fixture, "web.service");
                unsigned int mark = events_mark(fixture);

                if (i == 2)
                        second = connect_to(fixture, "@dir@/web");
                kill(pid, SIGKILL);
                event_wait(fixture, mark, "unit web.service failed failed");
                event_wait(fixture, mark, "unit web.service active running");
                g_assert_cmpint(unit_main_pid(fixture, "web.service"), !=, pid);
        }
}

static const TestCase cases[] = {
        { "connections per source", test_per_source, AS_BOTH, 0 },
        { "connections per user", test_per_user, AS_BOTH, 0 },
        { "an instance's name and environment", test_instance, AS_BOTH, 0 },
        { "the same of a Unix socket", test_instance_unix, AS_BOTH, 0 },
        { "poll limit", test_poll_limit, AS_BOTH, 0 },
        { "poll limit ends", test_poll_limit_ends, AS_BOTH, 0 },
        { "a required unit's start limit", test_required_limit, AS_BOTH, 0 },
        { "flush pending connections", test_flush_pending, AS_BOTH, 0 },
        { "flush pending datagrams", test_flush_datagrams, AS_BOTH, 0 },
        { "left in the queue", test_left_in_queue, AS_BOTH, 0 },
        { "Accept= changes", test_accept_changes, AS_BOTH, 0 },
        { "a line goes and comes back", test_line_comes_back, AS_BOTH, 0 },
        { "a line moves to another unit", test_line_moves, AS_BOTH, 0 },
        { "opened when the service ends", test_completed_later, AS_BOTH, 0 },
        { "a trigger is deferred", test_defer, AS_BOTH, 0 },
        { "deferred too long", test_defer_in_vain, AS_BOTH, 0 },
        { "deferred for nothing", test_defer_without_jobs, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
