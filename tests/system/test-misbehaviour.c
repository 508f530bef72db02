/* SPDX-License-Identifier: MIT */
/* Services that misbehave: break the protocol, die or are stopped in the middle, have full queues
 * and tables, never claim, crash. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

/* A recipient that breaks the protocol in the middle: it loses nothing, the manager hangs up, and
 * the next claim gets the item. */
static const char *const rude_modes[] = {
        "silent", "no-read", "short", "garbage", "long", "too-many", "none", "early",
};

static void test_rude_claims(void) {
        _fixture_ Fixture *fixture = fixture_new();

        for (size_t i = 0; i < ARRAY_SIZE(rude_modes); i++) {
                const char *mode = rude_modes[i];
                g_autofree char *socket = g_strdup_printf("%s.socket", mode);
                g_autofree char *service = g_strdup_printf("%s.service", mode);
                unit_write(fixture, socket, "[Socket]\nListenStream=@dir@/%s\n", mode);
                unit_write(fixture, service,
                           "[Service]\nExecStart=@bin@/rude-claimer %s @dir@/report %s\n", mode,
                           socket);
        }
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(rude_modes); i++) {
                g_autofree char *path = g_strdup_printf("%s/%s", fixture->folder, rude_modes[i]);
                g_autofree char *socket = g_strdup_printf("%s.socket", rude_modes[i]);
                ask_name(path, SOCK_STREAM, socket);
                g_free(report_wait(fixture, "hung-up yes", NULL));
        }
}

static void rude_write(Fixture *fixture, const char *mode) {
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\n" NO_TRIGGER_LIMIT);
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@bin@/rude-claimer %s @dir@/report "
                   "web.socket\n" NO_START_LIMIT,
                   mode);
}

/* Dies in the middle of a claim, again and again; the one that doesn't gets everything. */
static void dies_mid_claim(const char *mode) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        rude_write(fixture, mode);
        fixture_start(fixture, "web.socket", NULL);
        unsigned int fds = 0;
        for (int i = 0; i < 10; i++) {
                unsigned int mark = events_mark(fixture);
                unit_start_begin(fixture, "web.service");
                event_wait(fixture, mark, "unit web.service failed failed");
                unit_wait(fixture, "web.socket", "active", "listening");
                if (i == 0)
                        fds = daemon_count_fds(fixture);
        }
        daemon_expect_fds(fixture, fds);
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        bus_reload(fixture, NULL);
        ask_name(address, SOCK_STREAM, "web.socket");
}

static void test_dies_connected(void) {
        dies_mid_claim("die-connected");
}

static void test_dies_with_items(void) {
        dies_mid_claim("die");
}

/* Stopped in the middle of a claim: the manager hangs up, serves others, and rings again later. */
static void test_stopped_mid_claim(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");
        pid_t pid;

        rude_write(fixture, "stop");
        pair_write(fixture, "other", "ListenStream=@dir@/other", "other.socket", "");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "stopping", &pid));
        process_wait_state(pid, "T");
        ask_name(other, SOCK_STREAM, "other.socket");
        unsigned int mark = events_mark(fixture);
        event_wait(fixture, mark, "delivery * web.socket web.socket web.service * waiting");
        kill(pid, SIGCONT);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
}

static void test_stopped_before_claim(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");
        pid_t pid;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--stop web.socket", "");
        pair_write(fixture, "other", "ListenStream=@dir@/other", "other.socket", "");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &pid));
        process_wait_state(pid, "T");
        ask_name(other, SOCK_STREAM, "other.socket");
        g_free(delivery_wait(fixture, "web.socket", pid, "rung"));
        kill(pid, SIGCONT);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
        /* A stopped service can be stopped for good, too. */
        kill(pid, SIGSTOP);
        process_wait_state(pid, "T");
        unit_stop(fixture, "web.service");
        g_assert_false(process_is_alive(pid));
}

/* The service's user stops everything it may while services of that user start: the manager is
 * never held up by them. */
static void test_stopped_while_starting(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *report = fixture_expand(fixture, "@dir@/report");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");
        const char *argv[] = { "stopper", "3000", report, NULL };

        pair_write(fixture, "other", "ListenStream=@dir@/other\n" NO_TRIGGER_LIMIT,
                   "--clients=1 other.socket", NO_START_LIMIT);
        for (int i = 0; i < 40; i++) {
                g_autofree char *name = g_strdup_printf("s%d.service", i);
                unit_write(fixture, name,
                           "[Service]\nExecStart=@claimer@ --never\nUser=%d\nGroup=%d\n"
                           "TimeoutStopSec=1s\n",
                           STRANGER_UID, STRANGER_UID);
        }
        unit_write(fixture, "default.target", "[Unit]\nWants=other.socket\n");
        fixture_start(fixture, NULL);
        pid_t stopper = process_start_as(fixture, STRANGER_UID, argv);
        g_free(report_wait(fixture, "stopping", NULL));
        for (int i = 0; i < 40; i++) {
                g_autofree char *name = g_strdup_printf("s%d.service", i);
                unit_start_begin(fixture, name);
                /* The manager answers, and starts what belongs to others. */
                if (i % 8 == 0)
                        ask_name(other, SOCK_STREAM, "other.socket");
        }
        g_assert_cmpint(process_wait(stopper), ==, 0);
        ask_name(other, SOCK_STREAM, "other.socket");
        for (int i = 0; i < 40; i++)
                g_free(report_wait(fixture, "up", NULL));
}

/* The signal queue of the service's user is full: the delivery waits, and says so. */
static void test_queue_full(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid;

        unit_write(fixture, "late.memfd", "[Memfd]\nContent=late\nService=other.service\n");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@claimer@ --fill-queue --never\n%s",
                   geteuid() == 0 ? "User=65534\n" : "");
        unit_write(fixture, "other.service", "[Service]\nExecStart=@claimer@ --never\n");
        fixture_start(fixture, "late.memfd", "web.service", NULL);
        g_free(report_wait(fixture, "queue full *", &pid));
        bus_deliver(fixture, "late.memfd", "web.service", 0, NULL);
        g_free(delivery_wait(fixture, "late.memfd", pid, "queue-full"));
        unit_stop(fixture, "web.service");
        g_assert_cmpuint(delivery_count(fixture, "late.memfd", "queue-full"), ==, 0);
}

/* No free descriptor when items come: they stay with the manager until there is room. */
static void test_table_full(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.memfd", "[Memfd]\nSource=@dir@/config\n");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@claimer@ --follow --fill-table\n");
        g_free(file_write(fixture, "config", "one\n"));
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "claimed web.memfd * content=one", NULL));
        g_free(report_wait(fixture, "table full: *", NULL));
        unsigned int fds = daemon_count_fds(fixture);
        for (int i = 0; i < 5; i++) {
                g_autofree char *pattern = g_strdup_printf("claimed * content=number %d", i);
                g_free(file_write(fixture, "config", "number %d\n", i));
                bus_refresh(fixture, "web.memfd", NULL);
                g_free(report_wait(fixture, "no room", NULL));
                g_free(report_wait(fixture, pattern, NULL));
                g_free(report_wait(fixture, "table full: *", NULL));
        }
        daemon_expect_fds(fixture, fds + 1);
}

/* No free descriptor for the desk itself. */
static void test_table_full_at_first(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--fill-table web.socket", "");
        fixture_start(fixture, NULL);
        int fd = address_connect(address, SOCK_STREAM);
        g_free(report_wait(fixture, "table full: *", NULL));
        g_free(report_wait(fixture, "refused web.socket: *", NULL));
        g_free(report_wait(fixture, "table has room", NULL));
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        g_autofree char *answer = ask_on(fd);
        g_assert_true(g_str_has_prefix(answer, "web.socket "));
}

static void test_never_claims(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *reason = NULL, *claim_reason = NULL;
        pid_t pid;

        pair_write(fixture, "web", "ListenStream=@dir@/web\nClaimTimeoutSec=300ms", "--never", "");
        pair_write(fixture, "must", "ListenStream=@dir@/must\nClaimTimeoutSec=300ms", "--never",
                   "Type=claim");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &pid));
        reason = delivery_wait(fixture, "web.socket", pid, "late");
        g_assert_nonnull(strstr(reason, "not claimed within 300ms"));
        unit_expect(fixture, "web.service", "active", "running");
        /* With Type=claim that is a failed start. */
        g_assert_cmpint(bus_units_call(fixture, "Start", &claim_reason, "must.service", NULL), <,
                        0);
        unit_wait(fixture, "must.service", "failed", NULL);
}

/* Stopped for longer than anybody waits, a service has missed nothing: neither the newest content
 * nor one more listener. */
static void test_stopped_for_long(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *extra = fixture_expand(fixture, "@dir@/extra");
        pid_t pid;

        g_free(file_write(fixture, "source", "first\n"));
        unit_write(fixture, "page.memfd",
                   "[Memfd]\nSource=@dir@/source\nRedeliverOnChange=yes\nClaimTimeoutSec=300ms\n");
        pair_write(fixture, "web", "ClaimTimeoutSec=300ms\nListenStream=@dir@/web", "--follow",
                   "Memfds=page.memfd\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "following", &pid));
        g_free(delivery_wait(fixture, "page.memfd", pid, "claimed"));
        kill(pid, SIGSTOP);
        g_free(file_write(fixture, "source", "second\n"));
        unit_write(fixture, "web.socket",
                   "[Socket]\nClaimTimeoutSec=300ms\nListenStream=@dir@/web\n"
                   "ListenStream=@dir@/extra\n");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        g_free(delivery_wait(fixture, "page.memfd", pid, "late"));
        g_free(delivery_wait(fixture, "web.socket", pid, "late"));
        unit_expect(fixture, "web.service", "active", "running");
        kill(pid, SIGCONT);
        g_free(delivery_wait(fixture, "page.memfd", pid, "claimed"));
        g_assert_cmpuint(delivery_count(fixture, "web.socket", "late"), ==, 0);
        g_assert_cmpint(ask_name(extra, SOCK_STREAM, "web.socket"), ==, pid);
}

/* Claims, closes, and does nothing else: the manager keeps its own, nothing spins. */
static void test_claims_and_closes(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--close --never web.socket", "");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@claimer@ --close web.socket\n"
                   "TimeoutStopSec=1s\n");
        fixture_start(fixture, NULL);
        int fd = address_connect(address, SOCK_STREAM);
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        uint64_t cpu = daemon_cpu_ms(fixture);
        g_free(delivery_wait(fixture, "web.socket", 0, "claimed"));
        g_assert_cmpuint(daemon_cpu_ms(fixture), <, cpu + (uint64_t)limit_ms(0.2));
        close(fd);
}

/* A service that crashes at once, and ten thousand clients: limits hold, nobody works much. */
static void test_crashing_service(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        unsigned int refused = 0;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--crash-early", "");
        pair_write(fixture, "other", "ListenStream=@dir@/other", "other.socket", "");
        fixture_start(fixture, NULL);
        uint64_t rss = daemon_rss_kb(fixture), cpu = daemon_cpu_ms(fixture);
        unsigned int fds = daemon_count_fds(fixture);
        for (int i = 0; i < 10000; i++) {
                int fd = address_connect(address, SOCK_STREAM | SOCK_NONBLOCK);
                refused += fd < 0;
                if (fd >= 0)
                        close(fd);
        }
        unit_wait(fixture, "web.socket", "failed", NULL);
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(failure);
        g_assert_cmpuint(report_count(fixture, "up"), <=, 20);
        g_assert_cmpuint(refused, >, 0);
        if (!daemon_is_instrumented())
                g_assert_cmpuint(daemon_rss_kb(fixture), <, rss + 4096);
        g_assert_cmpuint(daemon_cpu_ms(fixture), <, cpu + (uint64_t)limit_ms(2));
        daemon_expect_fds(fixture, fds + 1);
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");
        ask_name(other, SOCK_STREAM, "other.socket");
        /* It rests: no clock tick of work while the other service answers a hundred clients. */
        cpu = daemon_cpu_ms(fixture);
        for (int i = 0; i < 100; i++)
                ask_name(other, SOCK_STREAM, "other.socket");
        g_assert_cmpuint(daemon_cpu_ms(fixture), <=, cpu + (uint64_t)limit_ms(0.02));
}

/* TriggerLimit*= alone: the services end well, but too many clients come. */
static void trigger_limit(const char *socket_lines, const char *service) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nTriggerLimitIntervalSec=1h\n"
                   "TriggerLimitBurst=3\n%s\n",
                   socket_lines);
        unit_write(fixture, service,
                   "[Service]\nExecStart=@claimer@ --any --clients=1\n" NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (int i = 0; i < 3; i++) {
                g_autofree char *answer = ask(address, SOCK_STREAM);
                g_assert_cmpint(answer[0], !=, '(');
                g_free(report_wait(fixture, "done", NULL));
        }
        g_autofree char *refused = ask(address, SOCK_STREAM);
        g_assert_cmpint(refused[0], ==, '(');
        unit_wait(fixture, "web.socket", "failed", NULL);
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "trigger limit"));
        unit_start(fixture, "web.socket");
        g_autofree char *again = ask(address, SOCK_STREAM);
        g_assert_cmpint(again[0], !=, '(');
}

static void test_trigger_limit(void) {
        trigger_limit("Accept=no", "web.service");
}

static void test_trigger_limit_accept(void) {
        trigger_limit("Accept=yes", "web@.service");
}

/* Without limits it is started for every client, and memory stays flat. */
static void test_crashing_without_limits(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        uint64_t rss = 0;
        unsigned int fds = 0;

        pair_write(fixture, "web", "ListenStream=@dir@/web\n" NO_TRIGGER_LIMIT,
                   "--clients=1 --crash web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (int i = 0; i < 300; i++) {
                ask_name(address, SOCK_STREAM, "web.socket");
                events_mark(fixture); /* so that no signals pile up for us */
                if (i == 100) {
                        rss = daemon_rss_kb(fixture);
                        fds = daemon_count_fds(fixture);
                }
        }
        unit_wait(fixture, "web.socket", "active", "listening");
        if (!daemon_is_instrumented())
                g_assert_cmpuint(daemon_rss_kb(fixture), <=, rss + 512);
        daemon_expect_fds(fixture, fds);
}

static const TestCase cases[] = {
        { "rude claims", test_rude_claims, AS_BOTH, 0 },
        { "dies when connected", test_dies_connected, AS_BOTH, 0 },
        { "dies with the items", test_dies_with_items, AS_BOTH, 0 },
        { "stopped in a claim", test_stopped_mid_claim, AS_BOTH, 0 },
        { "stopped before it claims", test_stopped_before_claim, AS_BOTH, 0 },
        { "stopped while starting", test_stopped_while_starting, AS_ROOT, 0 },
        { "queue full", test_queue_full, AS_BOTH, 0 },
        { "table full", test_table_full, AS_BOTH, 0 },
        { "table full at first", test_table_full_at_first, AS_BOTH, 0 },
        { "never claims", test_never_claims, AS_BOTH, 0 },
        { "stopped for long", test_stopped_for_long, AS_BOTH, 0 },
        { "claims and closes", test_claims_and_closes, AS_BOTH, 0 },
        { "a service that crashes", test_crashing_service, AS_BOTH, 0 },
        { "trigger limit", test_trigger_limit, AS_BOTH, 0 },
        { "trigger limit, accept", test_trigger_limit_accept, AS_BOTH, 0 },
        { "a service that crashes without limits", test_crashing_without_limits, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
