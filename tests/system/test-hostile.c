/* SPDX-License-Identifier: MIT */
/* Hostile neighbours: forged bells, false claim sockets, strangers at the claim socket and the bus.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "bellhop.h"
#include "fd.h"
#include "harness.h"

/* Newer than the headers we may be built with. */
#ifndef SO_PASSRIGHTS
#        define SO_PASSRIGHTS 83
#endif

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

/* The control socket is open to all: strangers who crowd it keep nobody out. */
static void test_bus_crowded(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid = follower_start(fixture), attackers[4];
        g_autofree char *bus = g_build_filename(fixture->runtime, "bus", NULL), *output = NULL;
        static const char *const modes[] = { "hold", "hold", "garbage", "connect" };
        unsigned int fds = daemon_count_fds(fixture);

        for (size_t i = 0; i < ARRAY_SIZE(attackers); i++) {
                const char *argv[] = { "claim-flood", bus, "5000", modes[i], NULL };
                attackers[i] = process_start_as(fixture, STRANGER_UID, argv);
        }
        for (int i = 0; i < 10; i++)
                g_assert_cmpint(ctl(fixture, &output, "list-units", NULL), ==, 0);
        follower_check(fixture, pid, "beside a crowd");
        for (size_t i = 0; i < ARRAY_SIZE(attackers); i++) {
                kill(attackers[i], SIGKILL);
                process_wait(attackers[i]);
        }
        g_assert_cmpint(ctl(fixture, NULL, "list-units", NULL), ==, 0);
        daemon_expect_fds(fixture, fds + 1);
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

static int connect_and_send(const char *path, int type) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_fd_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        return send_descriptor(fd);
}

/* Who closes the last copy of a descriptor may have to wait for it: the manager gets none. */
static void test_no_descriptors(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *bus = g_build_filename(fixture->runtime, "bus", NULL);
        g_autofree char *notify = g_build_filename(fixture->runtime, "notify", NULL);
        _cleanup_fd_ int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (setsockopt(probe, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 0 }, sizeof(int)) < 0)
                skip_case("no SO_PASSRIGHTS (Linux 6.16)");
        fixture_start(fixture, NULL);
        g_assert_cmpint(connect_and_send(bus, SOCK_STREAM), ==, -EPERM);
        g_assert_cmpint(connect_and_send(notify, SOCK_DGRAM), ==, -EPERM);
}

static const TestCase cases[] = {
        { "forged bells", test_forged_bells, AS_BOTH, 0 },
        { "a bell forged by a stranger", test_forged_by_stranger, AS_ROOT, 0 },
        { "fake claim sockets", test_fake_claim_sockets, AS_BOTH, 0 },
        { "a stranger's claim socket", test_fake_socket_of_stranger, AS_ROOT, 0 },
        { "flood, same uid", test_flood_same_uid, AS_BOTH, 0 },
        { "flood, other uid", test_flood_other_uid, AS_ROOT, 0 },
        { "held connections, same uid", test_hold_same_uid, AS_BOTH, 0 },
        { "held connections, other uid", test_hold_other_uid, AS_ROOT, 0 },
        { "strangers crowd the bus", test_bus_crowded, AS_ROOT, 0 },
        { "a stranger gets nothing", test_stranger_gets_nothing, AS_BOTH, 0 },
        { "no descriptors for the manager", test_no_descriptors, AS_ROOT, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
