/* SPDX-License-Identifier: MIT */
/* Hostile and broken neighbours: forged bells, false claim sockets, strangers, full queues and
 * tables, services that are stopped, that crash, that never claim. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bellhop.h"
#include "harness.h"

/* The uid that attackers "of the same uid" and the attacked service share. */
static uid_t service_uid(void) {
        return geteuid() == 0 ? USER_UID : geteuid();
}

/* User= of a service under attack, so that as root an attacker of the same uid isn't root. */
static const char *service_user(void) {
        return geteuid() == 0 ? "User=65534\n" : "";
}

/* A service that follows what it is delivered. */
static pid_t follower_start(Fixture *fixture) {
        pid_t pid;

        unit_write(fixture, "web.memfd", "[Memfd]\nSource=@dir@/config\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "--follow", service_user());
        g_free(file_write(fixture, "config", "one\n"));
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "following", &pid));
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        g_free(report_wait(fixture, "claimed web.memfd * content=one", NULL));
        return pid;
}

/* The service still gets what is meant for it, and is the process that it was. */
static void follower_check(Fixture *fixture, pid_t pid, const char *content) {
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *pattern = g_strdup_printf("claimed web.memfd * content=%s", content);

        g_free(file_write(fixture, "config", "%s\n", content));
        bus_refresh(fixture, "web.memfd", NULL);
        g_free(report_wait(fixture, pattern, NULL));
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
}

static int attack(const Fixture *fixture, uid_t uid, const char *const *argv) {
        return process_wait(process_start_as(fixture, uid, argv));
}

/* Any si_* that the kernel lets pass. */
static const struct {
        const char *signal, *code, *high, *low, *count;
} forged_bells[] = {
        { "42", "-1", "0", "0", "1" },
        { "42", "-1", "1", "1", "1" },
        { "42", "-1", "0xffffffff", "0xffffffff", "1" },
        { "44", "-1", "0x12345678", "0x9abcdef0", "1" },
        { "42", "-2", "0x12345678", "0x9abcdef0", "1" },
        { "42", "-60", "0x12345678", "0x9abcdef0", "1" },
        { "45", "kill", "0", "0", "1" },
        { "42", "kill", "0", "0", "100" },
        { "42", "-1", "0x12345678", "0x9abcdef0", "2000" },
};

static void test_forged_bells(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid = follower_start(fixture);
        g_autofree char *target = g_strdup_printf("%d", (int)pid);

        for (size_t i = 0; i < ARRAY_SIZE(forged_bells); i++) {
                const char *argv[] = { "forge-bell",           target,
                                       forged_bells[i].signal, forged_bells[i].code,
                                       forged_bells[i].high,   forged_bells[i].low,
                                       forged_bells[i].count,  NULL };
                g_autofree char *content = g_strdup_printf("after attack %zu", i);
                g_assert_cmpint(attack(fixture, service_uid(), argv), ==, 0);
                follower_check(fixture, pid, content);
        }
}

/* Another user can't even ring. */
static void test_forged_by_stranger(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid = follower_start(fixture);
        g_autofree char *target = g_strdup_printf("%d", (int)pid);
        const char *argv[] = { "forge-bell", target, "42", "-1", "1", "1", NULL };

        g_assert_cmpint(attack(fixture, STRANGER_UID, argv), ==, 1);
        follower_check(fixture, pid, "unharmed");
        g_assert_false(report_seen(fixture, "refused *"));
}

static const char *const fake_modes[] = {
        "empty",         "short",        "long",       "random",     "magic",     "version",
        "type",          "count-zero",   "count-two",  "count-many", "kind-zero", "kind-99",
        "signal",        "flags",        "name-empty", "name-colon", "name-nul",  "name-latin",
        "name-overlong", "name-control", "fds-none",   "fds-many",   "mute",
};

static pid_t fake_start(Fixture *fixture, uid_t uid, const char *mode, pid_t target) {
        g_autofree char *report = fixture_expand(fixture, "@dir@/report");
        g_autofree char *pid = g_strdup_printf("%d", (int)target);
        const char *argv[] = { "fake-claim-socket", mode, pid, "42", report, NULL };

        return process_start_as(fixture, uid, argv);
}

/* Hanging up without a word isn't among them: that is what the manager does when nothing waits.
 * In user mode the service believes its own user, so content is what is judged; a service of a root
 * manager refuses to talk to that listener at all unless it could be taken over anyway. */
static void test_fake_claim_sockets(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid = follower_start(fixture);

        for (size_t i = 0; i < ARRAY_SIZE(fake_modes); i++) {
                g_autofree char *content = g_strdup_printf("after %s", fake_modes[i]);
                pid_t attacker = fake_start(fixture, service_uid(), fake_modes[i], pid);
                g_free(report_wait(fixture, "rang", NULL));
                g_free(report_wait(fixture, "refused *", NULL));
                follower_check(fixture, pid, content);
                g_assert_false(report_seen(fixture, "refused *"));
                g_assert_false(report_seen(fixture, "claimed fake *"));
                g_assert_false(report_seen(fixture, "receipt *"));
                kill(attacker, SIGKILL);
                process_wait(attacker);
                reports_forget(fixture);
        }
}

/* A listener of another user is refused whatever it would say, even if the bell's sender may ring.
 */
static void test_fake_socket_of_stranger(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid = follower_start(fixture);
        pid_t attacker = fake_start(fixture, STRANGER_UID, "valid", 0);
        g_autofree char *address = report_wait(fixture, "address *", NULL);
        g_autofree char *high = g_strdup_printf("0x%.8s", address + strlen("address "));
        g_autofree char *low = g_strdup_printf("0x%.8s", address + strlen("address ") + 8);
        g_autofree char *target = g_strdup_printf("%d", (int)pid);
        const char *argv[] = { "forge-bell", target, "42", "-1", high, low, NULL };

        g_assert_cmpint(attack(fixture, service_uid(), argv), ==, 0);
        g_free(report_wait(fixture, "refused *", NULL));
        follower_check(fixture, pid, "safe");
        g_assert_false(report_seen(fixture, "claimed fake *"));
        g_assert_false(report_seen(fixture, "receipt *"));
        kill(attacker, SIGKILL);
        process_wait(attacker);
}

/* The claim socket's address, as any service learns it. */
static char *claim_address(Fixture *fixture) {
        pair_write(fixture, "spy", "ListenStream=@dir@/spy", "x", "");
        unit_write(fixture, "spy.service",
                   "[Service]\nExecStart=@bin@/rude-claimer look @dir@/report spy.socket\n%s",
                   service_user());
        pid_t pid = follower_start(fixture);
        unit_start(fixture, "spy.service");
        g_autofree char *bell = report_wait(fixture, "bell *", NULL);
        g_assert_true(process_is_alive(pid));
        return g_strdup(bell + strlen("bell "));
}

static const char *const flood_modes[] = { "wait", "connect", "garbage", "receipt" };

static void flood(uid_t uid) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = claim_address(fixture);
        pid_t pid = unit_main_pid(fixture, "web.service");
        unsigned int fds = daemon_count_fds(fixture);

        for (size_t i = 0; i < ARRAY_SIZE(flood_modes); i++) {
                const char *count = strcmp(flood_modes[i], "wait") == 0 ? "20" : "10000";
                const char *argv[] = { "claim-flood", address, count, flood_modes[i], NULL };
                g_autofree char *content = g_strdup_printf("beside %s", flood_modes[i]);
                g_autofree char *output = NULL;
                pid_t attacker = process_start_as(fixture, uid, argv);
                follower_check(fixture, pid, content);
                g_assert_cmpint(process_wait(attacker), ==, 0);
        }
        follower_check(fixture, pid, "afterwards");
        daemon_expect_fds(fixture, fds + 1);
}

static void test_flood_same_uid(void) {
        flood(service_uid());
}

static void test_flood_other_uid(void) {
        flood(STRANGER_UID);
}

/* Thousands of connections that stay open and never read; claims go through beside them. */
static void hold(uid_t uid) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = claim_address(fixture);
        pid_t pid = unit_main_pid(fixture, "web.service");
        const char *argv[] = { "claim-flood", address, "10000", "hold", NULL };
        unsigned int fds = daemon_count_fds(fixture);

        pid_t attacker = process_start_as(fixture, uid, argv);
        process_wait_state(attacker, "S");
        follower_check(fixture, pid, "beside held connections");
        process_end(attacker);
        follower_check(fixture, pid, "afterwards");
        daemon_expect_fds(fixture, fds + 1);
}

static void test_hold_same_uid(void) {
        hold(service_uid());
}

static void test_hold_other_uid(void) {
        hold(STRANGER_UID);
}

/* A stranger gets nothing at all, whatever it says. */
static void test_stranger_gets_nothing(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = claim_address(fixture);

        for (size_t i = 0; i < ARRAY_SIZE(flood_modes); i++) {
                g_autofree char *output = NULL;
                g_assert_cmpint(
                        run(fixture, &output, "claim-flood", address, "50", flood_modes[i], NULL),
                        ==, 0);
                g_assert_nonnull(strstr(output, " got 0\n"));
                g_assert_null(strstr(output, "never closed"));
        }
}

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
                   "[Service]\nExecStart=@claimer@ --fill-queue --never\n%s", service_user());
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
        reason = delivery_wait(fixture, "web.socket", pid, "failed");
        g_assert_cmpstr(reason, !=, "");
        unit_expect(fixture, "web.service", "active", "running");
        /* With Type=claim that is a failed start. */
        g_assert_cmpint(bus_units_call(fixture, "Start", &claim_reason, "must.service", NULL), <,
                        0);
        unit_wait(fixture, "must.service", "failed", NULL);
}

/* Claims, closes, and does nothing else: the manager keeps its own, nothing spins. */
static void test_claims_and_closes(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--close --never web.socket", "");
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@claimer@ --close --timeout=5000 web.socket\n"
                   "TimeoutStopSec=1s\n");
        fixture_start(fixture, NULL);
        int fd = address_connect(address, SOCK_STREAM);
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        uint64_t cpu = daemon_cpu_ms(fixture);
        g_free(delivery_wait(fixture, "web.socket", 0, "claimed"));
        g_assert_cmpuint(daemon_cpu_ms(fixture), <, cpu + 200);
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
        g_assert_cmpuint(daemon_cpu_ms(fixture), <=, cpu + 20);
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
        { "forged bells", test_forged_bells, AS_BOTH, 60 },
        { "a bell forged by a stranger", test_forged_by_stranger, AS_ROOT, 0 },
        { "fake claim sockets", test_fake_claim_sockets, AS_BOTH, 60 },
        { "a stranger's claim socket", test_fake_socket_of_stranger, AS_ROOT, 0 },
        { "flood, same uid", test_flood_same_uid, AS_BOTH, 60 },
        { "flood, other uid", test_flood_other_uid, AS_ROOT, 60 },
        { "held connections, same uid", test_hold_same_uid, AS_BOTH, 60 },
        { "held connections, other uid", test_hold_other_uid, AS_ROOT, 60 },
        { "a stranger gets nothing", test_stranger_gets_nothing, AS_BOTH, 0 },
        { "rude claims", test_rude_claims, AS_BOTH, 60 },
        { "dies when connected", test_dies_connected, AS_BOTH, 0 },
        { "dies with the items", test_dies_with_items, AS_BOTH, 0 },
        { "stopped in a claim", test_stopped_mid_claim, AS_BOTH, 0 },
        { "stopped before it claims", test_stopped_before_claim, AS_BOTH, 0 },
        { "stopped while starting", test_stopped_while_starting, AS_ROOT, 60 },
        { "queue full", test_queue_full, AS_BOTH, 0 },
        { "table full", test_table_full, AS_BOTH, 0 },
        { "table full at first", test_table_full_at_first, AS_BOTH, 0 },
        { "never claims", test_never_claims, AS_BOTH, 0 },
        { "claims and closes", test_claims_and_closes, AS_BOTH, 0 },
        { "a service that crashes", test_crashing_service, AS_BOTH, 60 },
        { "a service that crashes without limits", test_crashing_without_limits, AS_BOTH, 60 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
