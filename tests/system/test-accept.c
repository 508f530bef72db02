/* SPDX-License-Identifier: MIT */
/* Accept=yes: an instance for each connection, what it is called and told, and that nothing is left
 * of it. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

#ifndef SO_PASSRIGHTS
#        define SO_PASSRIGHTS 83
#endif

#define NO_LIMITS NO_TRIGGER_LIMIT "MaxConnections=100000\n"

/* ---- what it is called ---- */

static void expect_name(const char *lines, const char *name) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket", "[Socket]\n%sListenStream=@dir@/web\nAccept=yes\n",
                   lines);
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --clients=1 %s\n",
                   name);
        fixture_start(fixture, NULL);
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        ask_name(address, SOCK_STREAM, name);
}

static void test_item_name(void) {
        expect_name("Backlog=7\n", "connection");
}

static void test_item_name_given(void) {
        expect_name("FileDescriptorName=other\n", "other");
}

static unsigned int port_of(int fd) {
        struct sockaddr_storage address;
        socklen_t length = sizeof(address);

        g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
        return ntohs(address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
                                                  : ((struct sockaddr_in6 *)&address)->sin6_port);
}

/* The instance of a client that connects to that host, and what it is told of it. */
static void expect_internet(Fixture *fixture, unsigned int number, const char *host,
                            const char *plain, unsigned int port) {
        g_autofree char *address = g_strdup_printf("%s:%u", host, port), *event = NULL;
        g_autofree char *expected = NULL, *instance = NULL;
        int fd = address_connect(address, SOCK_STREAM);

        g_assert_cmpint(fd, >=, 0);
        instance = g_strdup_printf("%u-%s:%u-%s:%u", number, plain, port, plain, port_of(fd));
        event = g_strdup_printf("unit web@%s.service inactive dead", instance);
        event_wait(fixture, 0, event);
        expected = g_strdup_printf("%s %s %u\n", instance, plain, port_of(fd));
        g_autofree char *told = file_read(fixture, "told");
        g_assert_cmpstr(told, ==, expected);
        close(fd);
}

static void test_internet(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=[::]:%u\nBindIPv6Only=both\nAccept=yes\n", port);
        unit_write(fixture, "web@.service",
                   "[Service]\nExecStart=/bin/sh -c 'echo \"%%i $$REMOTE_ADDR $$REMOTE_PORT\" "
                   ">@dir@/told'\n");
        fixture_start(fixture, NULL);
        expect_internet(fixture, 0, "[::1]", "::1", port);
        /* An IPv4 client of an IPv6 listener is an IPv4 client. */
        expect_internet(fixture, 1, "127.0.0.1", "127.0.0.1", port);
}

/* ---- MaxConnectionsPerSource= ---- */

static void test_per_address(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        g_autofree char *six = g_strdup_printf("[::1]:%u", port);
        g_autofree char *four = g_strdup_printf("127.0.0.1:%u", port);

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=[::]:%u\nBindIPv6Only=both\nAccept=yes\n"
                   "MaxConnectionsPerSource=1\n",
                   port);
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        g_assert_true(is_served(address_connect(six, SOCK_STREAM)));
        g_assert_false(is_served(address_connect(six, SOCK_STREAM)));
        g_assert_true(is_served(address_connect(four, SOCK_STREAM)));
        g_assert_false(is_served(address_connect(four, SOCK_STREAM)));
}

/* A client with another uid. Returns: whether it is served. */
static bool is_served_as(const char *address, uid_t uid) {
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (setresuid(uid, uid, uid) < 0)
                        _exit(2);
                _exit(is_served(address_connect(address, SOCK_STREAM)) ? 0 : 1);
        }
        int status = process_wait(pid);
        g_assert_cmpint(status, <, 2);
        return status == 0;
}

static void test_per_user(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        pid_t pid;

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nAccept=yes\nMaxConnectionsPerSource=1\n");
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        g_assert_true(is_served_as(address, USER_UID));
        g_free(report_wait(fixture, "claimed * connection *", &pid));
        g_assert_false(is_served_as(address, USER_UID));
        g_assert_true(is_served_as(address, STRANGER_UID));
        g_assert_true(is_served_as(address, 0));
        unsigned int mark = events_mark(fixture);
        kill(pid, SIGKILL);
        event_wait(fixture, mark, "unit web@*.service failed failed");
        g_assert_true(is_served_as(address, USER_UID));
}

/* ---- AcceptFileDescriptors= ---- */

/* A client can't send any, to the listener's queue or to an instance. */
static void test_file_descriptors(void) {
        _fixture_ Fixture *fixture = fixture_new();
        _cleanup_fd_ int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        static const char *const units[] = { "no", "yes" };

        if (setsockopt(probe, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 0 }, sizeof(int)) < 0)
                skip_case("no SO_PASSRIGHTS (Linux 6.16)");
        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                g_autofree char *socket = g_strdup_printf("%s.socket", units[i]);
                g_autofree char *service = g_strdup_printf("%s@.service", units[i]);
                unit_write(fixture, socket,
                           "[Socket]\nListenStream=@dir@/%s\nAccept=yes\n"
                           "AcceptFileDescriptors=%s\n",
                           units[i], units[i]);
                unit_write(fixture, service, "[Service]\nExecStart=@claimer@ --never\n");
        }
        fixture_start(fixture, NULL);
        _cleanup_fd_ int no = connect_to(fixture, "@dir@/no");
        _cleanup_fd_ int yes = connect_to(fixture, "@dir@/yes");
        g_assert_cmpint(send_descriptor(no), ==, -EPERM);
        g_assert_cmpint(send_descriptor(yes), ==, 0);
        g_free(report_wait(fixture, "up", NULL));
        g_free(report_wait(fixture, "up", NULL));
        g_assert_cmpint(send_descriptor(no), ==, -EPERM);
        g_assert_cmpint(send_descriptor(yes), ==, 0);
}

/* ---- what is left ---- */

static unsigned int count_instances(const Fixture *fixture) {
        g_autofree char *output = NULL;
        unsigned int count = 0;

        g_assert_cmpint(ctl(fixture, &output, "list-units", NULL), ==, 0);
        for (const char *at = output; (at = strstr(at, "web@")); at++)
                count++;
        return count;
}

/* The end of a connection, whoever has it. */
static void wait_for_end(int fd) {
        char byte;

        g_assert_cmpint(recv(fd, &byte, 1, 0), <=, 0);
        close(fd);
}

/* So many clients, some at a time. */
static void connect_often(Fixture *fixture, const char *address, unsigned int count, bool wait) {
        int fds[32];

        /* Who doesn't read the bus is thrown out. */
        fixture->bus = sd_bus_flush_close_unref(fixture->bus);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                fds[i] = -EBADF;
        for (unsigned int i = 0; i < count; i++) {
                int *fd = &fds[i % ARRAY_SIZE(fds)];
                if (*fd >= 0 && wait)
                        wait_for_end(*fd);
                else if (*fd >= 0)
                        close(*fd);
                *fd = address_connect(address, SOCK_STREAM);
                g_assert_cmpint(*fd, >=, 0);
                if (!wait)
                        *fd = fd_close(*fd);
        }
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                if (fds[i] >= 0)
                        wait_for_end(fds[i]);
        bus_open(fixture);
}

/* So many were accepted, and none is there any more. */
static void wait_for_ends(Fixture *fixture, unsigned int count) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(6 * EVENT_LIMIT) * 1000;
        g_autofree char *all = g_strdup_printf("%u", count);

        for (;;) {
                g_autofree char *accepted = unit_property(fixture, "web.socket", "NAccepted");
                g_autofree char *now = unit_property(fixture, "web.socket", "NConnections");
                if (strcmp(accepted, all) == 0 && strcmp(now, "0") == 0)
                        return;
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                (void)events_mark(fixture);
                g_usleep(1000);
        }
}

#define WARM_UP 500

static void short_connections(const char *listen, const char *address, bool wait) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *expanded = fixture_expand(fixture, address);
        bool instrumented = daemon_is_instrumented();
        unsigned int count = instrumented ? 500 : 10000;

        unit_write(fixture, "web.socket", "[Socket]\n%s\nAccept=yes\n" NO_LIMITS, listen);
        unit_write(fixture, "web@.service", "[Service]\nExecStart=/bin/true\n");
        fixture_start(fixture, NULL);
        /* What it keeps for good it has by then. */
        connect_often(fixture, expanded, WARM_UP, wait);
        wait_for_ends(fixture, WARM_UP);
        unsigned int fds = daemon_count_fds(fixture);
        unsigned int all = WARM_UP, growths = 0;
        uint64_t rss;
        /* It is the machine's choice how many there are at once, and the most there were have left
         * their room behind; a leak grows each time. */
        do {
                rss = daemon_rss_kb(fixture);
                connect_often(fixture, expanded, count, wait);
                wait_for_ends(fixture, all += count);
        } while (!instrumented && daemon_rss_kb(fixture) >= rss + 512 && ++growths < 3);
        g_assert_cmpuint(growths, <, 3);
        daemon_expect_fds(fixture, fds);
        g_assert_cmpuint(count_instances(fixture), ==, 0);
        unit_expect(fixture, "web.socket", "active", "listening");
}

static void test_ten_thousand(void) {
        short_connections("ListenStream=@dir@/web", "@dir@/web", true);
}

/* Clients that connect and close at once. */
static void test_ten_thousand_closed(void) {
        short_connections("ListenStream=@dir@/web", "@dir@/web", false);
}

static void test_ten_thousand_closed_tcp(void) {
        unsigned int port = port_free_find();
        g_autofree char *listen = g_strdup_printf("ListenStream=127.0.0.1:%u", port);
        g_autofree char *address = g_strdup_printf("127.0.0.1:%u", port);

        short_connections(listen, address, false);
}

/* ---- who hasn't got it yet ---- */

/* An instance that dies before it has claimed its connection gets it again when it is restarted. */
static void test_restarted(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service",
                   "[Service]\nRestart=on-failure\nRestartSec=0\n"
                   "ExecStart=/bin/sh -c 'test -e @dir@/died && exec @claimer@ --any; "
                   ">@dir@/died; exit 1'\n");
        fixture_start(fixture, NULL);
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        /* Who has had it doesn't get it again: the client sees the end. */
        g_autofree char *claimed = report_wait(fixture, "claimed connection *", NULL);
        g_assert_nonnull(claimed);
}

/* The manager's copy goes when the instance has its own: the client sees the instance's close. */
static void test_closed_by_instance(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service", "[Service]\nExecStart=@claimer@ --any\n");
        fixture_start(fixture, NULL);
        int fd = connect_to(fixture, "@dir@/web");
        char text[64];
        ssize_t n;
        while ((n = recv(fd, text, sizeof(text), 0)) > 0)
                ;
        g_assert_cmpint(n, ==, 0);
        g_autofree char *connections = unit_property(fixture, "web.socket", "NConnections");
        g_assert_cmpstr(connections, ==, "1");
        close(fd);
}

/* The same of one that has it as its standard input, as inetd has it. */
static void test_closed_by_inetd(void) {
        _fixture_ Fixture *fixture = fixture_new();
        char text[8] = "";

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service",
                   "[Service]\nStandardInput=socket\nStandardOutput=null\nStandardError=null\n"
                   "ExecStart=/bin/sh -c 'echo hi >&0; exec sleep 1000 </dev/null'\n");
        fixture_start(fixture, NULL);
        int fd = connect_to(fixture, "@dir@/web");
        g_assert_cmpint(recv(fd, text, sizeof(text), MSG_WAITALL), ==, 3);
        g_assert_cmpstr(text, ==, "hi\n");
        g_autofree char *connections = unit_property(fixture, "web.socket", "NConnections");
        g_assert_cmpstr(connections, ==, "1");
        close(fd);
}

static const TestCase cases[] = {
        { "the connection's name", test_item_name, AS_BOTH, 0 },
        { "the connection's name, given", test_item_name_given, AS_BOTH, 0 },
        { "instances of IPv6 and IPv4", test_internet, AS_BOTH, 0 },
        { "connections per address", test_per_address, AS_BOTH, 0 },
        { "connections per user", test_per_user, AS_ROOT, 0 },
        { "no descriptors from clients", test_file_descriptors, AS_BOTH, 0 },
        { "ten thousand connections", test_ten_thousand, AS_ROOT, 360 },
        { "ten thousand that close at once", test_ten_thousand_closed, AS_USER, 360 },
        { "ten thousand that close at once, TCP", test_ten_thousand_closed_tcp, AS_ROOT, 360 },
        { "restarted before the claim", test_restarted, AS_BOTH, 0 },
        { "closed by the instance", test_closed_by_instance, AS_BOTH, 0 },
        { "closed by one of inetd's", test_closed_by_inetd, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
