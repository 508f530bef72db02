/* SPDX-License-Identifier: MIT */
/* Activation: the first client starts the service, which claims the listener and answers. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static const struct {
        const char *listen;  /* %u: a port */
        const char *address; /* of the client */
        int type;
} address_kinds[] = {
        { "ListenStream=@dir@/stream", "@dir@/stream", SOCK_STREAM },
        { "ListenStream=@bellhop-test-%u", "@bellhop-test-%u", SOCK_STREAM },
        { "ListenStream=127.0.0.1:%u", "127.0.0.1:%u", SOCK_STREAM },
        { "ListenStream=[::1]:%u", "[::1]:%u", SOCK_STREAM },
        { "ListenStream=%u", "127.0.0.1:%u", SOCK_STREAM },
        { "ListenStream=%u", "[::1]:%u", SOCK_STREAM },
        { "ListenDatagram=@dir@/datagram", "@dir@/datagram", SOCK_DGRAM },
        { "ListenDatagram=@bellhop-test-%u", "@bellhop-test-%u", SOCK_DGRAM },
        { "ListenDatagram=127.0.0.1:%u", "127.0.0.1:%u", SOCK_DGRAM },
        { "ListenDatagram=[::1]:%u", "[::1]:%u", SOCK_DGRAM },
        { "ListenDatagram=%u", "[::1]:%u", SOCK_DGRAM },
        { "ListenSequentialPacket=@dir@/packets", "@dir@/packets", SOCK_SEQPACKET },
        { "ListenSequentialPacket=@bellhop-test-%u", "@bellhop-test-%u", SOCK_SEQPACKET },
};

static char *format_port(const char *format, unsigned int port) {
        const char *at = strstr(format, "%u");

        return at ? g_strdup_printf("%.*s%u%s", (int)(at - format), format, port, at + 2)
                  : g_strdup(format);
}

static void address_kind_write(const Fixture *fixture, size_t kind, unsigned int port) {
        g_autofree char *name = g_strdup_printf("kind%zu", kind);
        g_autofree char *listen = format_port(address_kinds[kind].listen, port);
        g_autofree char *arguments = g_strdup_printf("kind%zu.socket", kind);

        pair_write(fixture, name, listen, arguments, "");
}

static void test_addresses(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int ports[ARRAY_SIZE(address_kinds)];

        for (size_t i = 0; i < ARRAY_SIZE(address_kinds); i++)
                address_kind_write(fixture, i, ports[i] = port_free_find());
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(address_kinds); i++) {
                g_autofree char *address = format_port(address_kinds[i].address, ports[i]);
                g_autofree char *expanded = fixture_expand(fixture, address);
                g_autofree char *unit = g_strdup_printf("kind%zu.socket", i);
                g_autofree char *service = g_strdup_printf("kind%zu.service", i);

                unit_expect(fixture, unit, "active", "listening");
                unit_expect(fixture, service, "inactive", NULL);
                pid_t pid = ask_name(expanded, address_kinds[i].type, unit);
                unit_wait(fixture, service, "active", "running");
                g_assert_cmpint(unit_main_pid(fixture, service), ==, pid);
                unit_expect(fixture, unit, "active", "triggered");
                g_free(delivery_wait(fixture, unit, pid, "claimed"));
        }
}

/* Every connection that waits in the backlog when the service starts is answered. */
static void test_pending_connections(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        int fds[20];

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
                fds[i] = address_connect(address, SOCK_STREAM);
                g_assert_cmpint(fds[i], >=, 0);
        }
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
                g_autofree char *answer = ask_on(fds[i]);
                g_assert_true(g_str_has_prefix(answer, "web.socket "));
        }
}

static void test_curl(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *url = NULL, *listen = NULL;
        unsigned int port = port_free_find();

        if (!program_exists("curl"))
                skip_case("curl isn't installed");
        listen = g_strdup_printf("ListenStream=127.0.0.1:%u", port);
        url = g_strdup_printf("http://127.0.0.1:%u/", port);
        pair_write(fixture, "web", listen, "web.socket", "");
        fixture_start(fixture, NULL);
        g_assert_cmpint(
                run(fixture, &output, "curl", "-sS", "--http0.9", "--max-time", "60", url, NULL),
                ==, 0);
        g_assert_true(g_str_has_prefix(output, "web.socket "));
}

static void test_socat(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *target = NULL;

        if (!program_exists("socat"))
                skip_case("socat isn't installed");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        target = fixture_expand(fixture, "UNIX-CONNECT:@dir@/web");
        g_assert_cmpint(run(fixture, &output, "socat", "-u", target, "STDOUT", NULL), ==, 0);
        g_assert_true(g_str_has_prefix(output, "web.socket "));
}

/* The service dies after every third client, and 60 clients in turn never notice. */
static void test_crash_and_back(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        pid_t pid, last = 0;
        int starts = 0;

        pair_write(fixture, "web", "ListenStream=@dir@/web\n" NO_TRIGGER_LIMIT,
                   "--clients=3 --crash web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (int i = 0; i < 60; i++) {
                pid = ask_name(address, SOCK_STREAM, "web.socket");
                starts += pid != last;
                last = pid;
        }
        g_assert_cmpint(starts, ==, 20);
        unit_wait(fixture, "web.socket", "active", "listening");
}

/* The same with all clients at once, and a restart by the manager. */
static void test_crash_with_backlog(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        int fds[40];

        pair_write(fixture, "web", "ListenStream=@dir@/web\nBacklog=100\n" NO_TRIGGER_LIMIT,
                   "--clients=5 --crash web.socket",
                   NO_START_LIMIT "Restart=always\nRestartSec=0\n");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
                fds[i] = address_connect(address, SOCK_STREAM);
                g_assert_cmpint(fds[i], >=, 0);
        }
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
                g_autofree char *answer = ask_on(fds[i]);
                g_assert_true(g_str_has_prefix(answer, "web.socket "));
        }
}

static void test_killed_and_back(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web\n" NO_TRIGGER_LIMIT, "web.socket",
                   NO_START_LIMIT);
        fixture_start(fixture, NULL);
        unsigned int fds = 0;
        for (int i = 0; i < 20; i++) {
                pid_t pid = ask_name(address, SOCK_STREAM, "web.socket");
                kill(pid, SIGKILL);
                unit_wait(fixture, "web.socket", "active", "listening");
                g_assert_cmpint(process_is_alive(pid), ==, FALSE);
                /* What it keeps for good it has by then. */
                if (i == 4)
                        fds = daemon_count_fds(fixture);
        }
        daemon_expect_fds(fixture, fds + 2);
}

/* The listener's file and inode stay the same over the service's lives. */
static void test_same_listener(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        uint64_t inode = 0;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--clients=1 web.socket",
                   NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (int i = 0; i < 3; i++) {
                ask_name(address, SOCK_STREAM, "web.socket");
                g_autofree char *claimed =
                        report_wait(fixture, "claimed web.socket listener *", NULL);
                g_assert_true(inode == 0 || inode == report_number(claimed, "inode"));
                inode = report_number(claimed, "inode");
        }
}

static void test_started_by_hand(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        pid_t pid = unit_main_pid(fixture, "web.service");
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
        unit_stop(fixture, "web.service");
        unit_expect(fixture, "web.service", "inactive", "dead");
        unit_wait(fixture, "web.socket", "active", "listening");
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), !=, pid);
}

/* A service started by hand takes its socket along. */
static void test_service_pulls_socket(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, "idle.target", NULL);
        unit_expect(fixture, "web.socket", "inactive", "dead");
        unit_start(fixture, "web.service");
        unit_expect(fixture, "web.socket", "active", "triggered");
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* A program that claims nothing is started in vain: its status says what it lacks. */
static void test_unclaimed(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *legacy = NULL, *web = NULL;

        unit_write(fixture, "legacy.socket", "[Socket]\nListenStream=@dir@/legacy\n");
        unit_write(fixture, "legacy.service", "[Service]\nExecStart=/bin/true\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "--clients=1 --crash web.socket", "");
        fixture_start(fixture, NULL);
        unit_start(fixture, "legacy.service");
        unit_wait(fixture, "legacy.service", "inactive", "dead");
        g_assert_cmpint(ctl(fixture, &legacy, "status", "legacy", NULL), ==, 3);
        g_assert_nonnull(strstr(legacy, "has not claimed all that it was handed"));
        ask_name(address, SOCK_STREAM, "web.socket");
        unit_wait(fixture, "web.service", "failed", "failed");
        g_assert_cmpint(ctl(fixture, &web, "status", "web", NULL), ==, 3);
        g_assert_null(strstr(web, "has not claimed"));
}

static void test_accept(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autoptr(GHashTable) pids = g_hash_table_new(NULL, NULL);

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any --clients=1\n");
        fixture_start(fixture, NULL);
        for (int i = 0; i < 10; i++) {
                g_autofree char *answer = ask(address, SOCK_STREAM);
                const char *space = strchr(answer, ' ');
                g_assert_nonnull(space);
                g_hash_table_add(pids, GINT_TO_POINTER(atoi(space)));
                g_free(report_wait(fixture, "claimed * connection *", NULL));
        }
        g_assert_cmpuint(g_hash_table_size(pids), ==, 10);
}

static void test_accept_max_connections(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *refused = NULL, *third = NULL;
        pid_t pids[2];

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nAccept=yes\nMaxConnections=2\n");
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        for (int i = 0; i < 2; i++) {
                g_free(ask(address, SOCK_STREAM));
                g_free(report_wait(fixture, "claimed * connection *", &pids[i]));
        }
        refused = ask(address, SOCK_STREAM);
        g_assert_cmpint(refused[0], ==, '(');
        unsigned int mark = events_mark(fixture);
        kill(pids[0], SIGKILL);
        event_wait(fixture, mark, "unit web@*.service failed failed");
        third = ask(address, SOCK_STREAM);
        g_assert_cmpint(third[0], !=, '(');
}

static void test_socket_files(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = fixture_expand(fixture, "@dir@/deep/er/web");
        g_autofree char *folder = fixture_expand(fixture, "@dir@/deep");
        g_autofree char *kept = fixture_expand(fixture, "@dir@/kept");
        struct stat st;

        pair_write(fixture, "web",
                   "ListenStream=@dir@/deep/er/web\nSocketMode=0620\nDirectoryMode=0711\n"
                   "RemoveOnStop=yes",
                   "web.socket", "");
        pair_write(fixture, "kept", "ListenStream=@dir@/kept", "kept.socket", "");
        fixture_start(fixture, NULL);
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode, ==, S_IFSOCK | 0620);
        g_assert_cmpint(stat(folder, &st), ==, 0);
        g_assert_cmpuint(st.st_mode, ==, S_IFDIR | 0711);
        unit_stop(fixture, "web.socket", "kept.socket");
        g_assert_cmpint(stat(path, &st), ==, -1);
        g_assert_cmpint(stat(kept, &st), ==, 0);
        /* A stale file is no obstacle. */
        unit_start(fixture, "web.socket", "kept.socket");
        ask_name(kept, SOCK_STREAM, "kept.socket");
}

static void test_socket_owner(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = fixture_expand(fixture, "@dir@/web");
        struct stat st;

        pair_write(fixture, "web", "ListenStream=@dir@/web\nSocketUser=nobody\nSocketGroup=12",
                   "web.socket", "");
        fixture_start(fixture, NULL);
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_uid, ==, USER_UID);
        g_assert_cmpuint(st.st_gid, ==, 12);
}

static void test_socket_options(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int six = port_free_find(), both = port_free_find(), shared = port_free_find();
        g_autofree char *lines = NULL, *four = NULL, *both_lines = NULL, *shared_lines = NULL;

        lines = g_strdup_printf("ListenStream=[::]:%u\nBindIPv6Only=ipv6-only\nNoDelay=yes", six);
        pair_write(fixture, "six", lines, "six.socket", "");
        both_lines = g_strdup_printf("ListenStream=[::]:%u\nBindIPv6Only=both", both);
        pair_write(fixture, "both", both_lines, "both.socket", "");
        shared_lines = g_strdup_printf("ListenStream=127.0.0.1:%u\nReusePort=yes", shared);
        pair_write(fixture, "shared1", shared_lines, "shared1.socket", "");
        pair_write(fixture, "shared2", shared_lines, "shared2.socket", "");
        pair_write(fixture, "free", "ListenStream=192.0.2.1:7\nFreeBind=yes", "free.socket", "");
        if (geteuid() != 0)
                pair_write(fixture, "free", "ListenStream=192.0.2.1:17777\nFreeBind=yes",
                           "free.socket", "");
        fixture_start(fixture, NULL);
        four = g_strdup_printf("127.0.0.1:%u", six);
        g_assert_cmpint(address_connect(four, SOCK_STREAM), ==, -ECONNREFUSED);
        g_free(four);
        four = g_strdup_printf("127.0.0.1:%u", both);
        ask_name(four, SOCK_STREAM, "both.socket");
        unit_expect(fixture, "shared1.socket", "active", "listening");
        unit_expect(fixture, "shared2.socket", "active", "listening");
        unit_expect(fixture, "free.socket", "active", "listening");
}

/* Service= names another service; two sockets trigger one. */
static void test_shared_service(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *one = fixture_expand(fixture, "@dir@/one");
        g_autofree char *two = fixture_expand(fixture, "@dir@/two");

        unit_write(fixture, "one.socket",
                   "[Socket]\nListenStream=@dir@/one\nService=web.service\n");
        unit_write(fixture, "two.socket",
                   "[Socket]\nListenStream=@dir@/two\nFileDescriptorName=second\n");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@claimer@ second one.socket\nSockets=two.socket\n");
        fixture_start(fixture, NULL);
        pid_t pid = ask_name(one, SOCK_STREAM, "one.socket");
        g_assert_cmpint(ask_name(two, SOCK_STREAM, "second"), ==, pid);
}

/* Without units to start: default.target if there is one, else everything. */
static void test_default_target(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        pair_write(fixture, "other", "ListenStream=@dir@/other", "other.socket", "");
        unit_write(fixture, "alone.service", "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "default.target", "[Unit]\nWants=web.socket\n");
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.socket", "active", "listening");
        unit_expect(fixture, "other.socket", "inactive", "dead");
        unit_expect(fixture, "alone.service", "inactive", "dead");
        fixture_stop(fixture);
        unit_remove(fixture, "default.target");
        fixture_start(fixture, NULL);
        unit_expect(fixture, "other.socket", "active", "listening");
        unit_expect(fixture, "alone.service", "active", "running");
        unit_expect(fixture, "web.service", "inactive", "dead");
}

static const TestCase cases[] = {
        { "addresses", test_addresses, AS_BOTH, 0 },
        { "pending connections", test_pending_connections, AS_BOTH, 0 },
        { "curl", test_curl, AS_BOTH, 0 },
        { "socat", test_socat, AS_BOTH, 0 },
        { "crash and back", test_crash_and_back, AS_BOTH, 0 },
        { "crash with a backlog", test_crash_with_backlog, AS_BOTH, 0 },
        { "killed and back", test_killed_and_back, AS_BOTH, 0 },
        { "same listener", test_same_listener, AS_BOTH, 0 },
        { "started by hand", test_started_by_hand, AS_BOTH, 0 },
        { "a service pulls in its socket", test_service_pulls_socket, AS_BOTH, 0 },
        { "a program that claims nothing", test_unclaimed, AS_BOTH, 0 },
        { "accept", test_accept, AS_BOTH, 0 },
        { "accept up to MaxConnections", test_accept_max_connections, AS_BOTH, 0 },
        { "socket files", test_socket_files, AS_BOTH, 0 },
        { "socket owner", test_socket_owner, AS_ROOT, 0 },
        { "socket options", test_socket_options, AS_BOTH, 0 },
        { "shared service", test_shared_service, AS_BOTH, 0 },
        { "default target", test_default_target, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
