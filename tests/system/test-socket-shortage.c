/* SPDX-License-Identifier: MIT */
/* Sockets when something runs out, or is turned off: no descriptors, no processes, no limits, no
 * condition that is met. Clients wait and are served in the end; the manager rests meanwhile, and
 * says what is wrong. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

#define WAITS "what comes in waits"
/* How often there is nothing new depends on the time it takes: those lines are for debugging. */
#define NEWS_ONLY "--log-level=info"

static void daemon_limit(const Fixture *fixture, int resource, rlim_t value) {
        struct rlimit limit;

        g_assert_cmpint(prlimit(fixture->daemon, resource, NULL, &limit), ==, 0);
        limit.rlim_cur = value == RLIM_INFINITY ? limit.rlim_max : value;
        g_assert_cmpint(prlimit(fixture->daemon, resource, &limit, NULL), ==, 0);
}

/* A line of the log is no event that could be waited for: looks again until the time is over. */
static void log_wait(const Fixture *fixture, const char *text) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;

        for (;;) {
                g_autofree char *log = fixture_log(fixture);
                if (strstr(log, text))
                        return;
                if (g_get_monotonic_time() > deadline)
                        g_error("bellhopd doesn't say \"%s\" but: %s", text, log);
                g_usleep(1000);
        }
}

/* As a manager that was killed leaves it. */
static void leave_stale_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                         sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
}

static unsigned int log_count(const Fixture *fixture, const char *text) {
        g_autofree char *log = fixture_log(fixture);
        unsigned int count = 0;

        for (const char *at = log; (at = strstr(at, text)); at += strlen(text))
                count++;
        return count;
}

static uint64_t daemon_wakeups(const Fixture *fixture) {
        g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)fixture->daemon);
        g_autofree char *text = NULL;
        static const char key[] = "\nvoluntary_ctxt_switches:";

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        const char *at = strstr(text, key);
        g_assert_nonnull(at);
        return g_ascii_strtoull(at + strlen(key), NULL, 10);
}

/* A service that runs needs no manager: while it answers, the manager may wake up for the few looks
 * that its pauses are made of, and not for more. The looks are more if the clients take long. */
#define CLIENTS      300
#define WAKEUPS_MAX  60
#define LOOK_MS      20
#define OTHER_SOCKET "ListenStream=@dir@/other\n"

/* The first connections after it has started may wake the manager, for some milliseconds. */
#define FIRST_CLIENTS 20

static void wait_for_rest(Fixture *fixture, const char *address) {
        int64_t deadline = g_get_monotonic_time() + EVENT_LIMIT * G_USEC_PER_SEC;
        uint64_t before, wakeups = daemon_wakeups(fixture);

        do {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                before = wakeups;
                for (int i = 0; i < FIRST_CLIENTS; i++)
                        ask_name(address, SOCK_STREAM, "other.socket");
                wakeups = daemon_wakeups(fixture);
        } while (wakeups - before >= FIRST_CLIENTS / 2);
}

static void expect_rest(Fixture *fixture) {
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");

        wait_for_rest(fixture, other);
        uint64_t wakeups = daemon_wakeups(fixture), cpu = daemon_cpu_ms(fixture);
        int64_t begin = g_get_monotonic_time();
        for (int i = 0; i < CLIENTS; i++)
                ask_name(other, SOCK_STREAM, "other.socket");
        uint64_t looks = (uint64_t)(g_get_monotonic_time() - begin) / 1000 / LOOK_MS;
        g_assert_cmpuint(daemon_wakeups(fixture), <, wakeups + WAKEUPS_MAX + looks);
        g_assert_cmpuint(daemon_cpu_ms(fixture), <=, cpu + (uint64_t)limit_ms(0.05) + looks);
}

/* web.socket with instances, one.socket with a service; other.socket beside them. */
static void write_units(const Fixture *fixture, const char *service_lines) {
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service",
                   "%s\n[Service]\nExecStart=@claimer@ --clients=1 connection\n", service_lines);
        unit_write(fixture, "one.socket", "[Socket]\nListenStream=@dir@/one\n");
        unit_write(fixture, "one.service",
                   "%s\n[Service]\nExecStart=@claimer@ --clients=1 one.socket\n", service_lines);
        pair_write(fixture, "other", OTHER_SOCKET, "other.socket", "");
}

static void begin(Fixture *fixture, const char *service_lines) {
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");

        write_units(fixture, service_lines);
        fixture_start(fixture, NEWS_ONLY, NULL);
        ask_name(other, SOCK_STREAM, "other.socket");
}

static void expect_all_served(const int *fds, size_t count) {
        for (size_t i = 0; i < count; i++)
                g_assert_true(is_served(fds[i]));
}

/* ---- descriptors ---- */

static void test_no_descriptors(void) {
        _fixture_ Fixture *fixture = fixture_new();
        int fds[6];

        begin(fixture, "");
        unsigned int before = daemon_count_fds(fixture);
        daemon_limit(fixture, RLIMIT_NOFILE, 3);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                fds[i] = connect_to(fixture, i % 2 ? "@dir@/web" : "@dir@/one");
        log_wait(fixture, "accept ");
        log_wait(fixture, "start one.service: ");
        expect_rest(fixture);
        unit_expect(fixture, "web.socket", "active", "listening");
        g_assert_cmpuint(log_count(fixture, WAITS), ==, 2);
        daemon_limit(fixture, RLIMIT_NOFILE, RLIM_INFINITY);
        expect_all_served(fds, ARRAY_SIZE(fds));
        unit_wait(fixture, "one.socket", "active", "listening");
        daemon_expect_fds(fixture, before + 2);
}

/* Listeners don't take the last ones: what is open gets its service, and bellhopctl an answer. Nor
 * is a path in use because nobody can look whether it is. */
static void test_many_listeners(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autoptr(GString) list = g_string_new("[Unit]\nWants=");
        g_autofree char *log = NULL, *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        for (unsigned int i = 0; i < 200; i++) {
                g_autofree char *name = g_strdup_printf("s%u.socket", i);
                g_autofree char *path = g_strdup_printf("%s/s%u", fixture->folder, i);

                unit_write(fixture, name, "[Socket]\nListenStream=%s\n", path);
                leave_stale_socket(path);
                g_string_append_printf(list, "%s ", name);
        }
        unit_write(fixture, "all.target", "%s\n", list->str);
        fixture_start(fixture, "web.socket", NULL);
        daemon_limit(fixture, RLIMIT_NOFILE, 128);
        unit_start(fixture, "all.target");
        log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, ": Too many open files"));
        g_assert_null(strstr(log, "in use"));
        g_assert_cmpint(ctl(fixture, NULL, "status", NULL), ==, 0);
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* A reload that can't read the files doesn't take the units for gone. */
static void test_reload(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL;

        begin(fixture, "");
        daemon_limit(fixture, RLIMIT_NOFILE, 3);
        g_assert_cmpint(bus_reload(fixture, &error), <, 0);
        g_assert_nonnull(strstr(error, "Too many open files"));
        daemon_limit(fixture, RLIMIT_NOFILE, RLIM_INFINITY);
        unit_expect(fixture, "web.socket", "active", "listening");
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        g_assert_true(is_served(connect_to(fixture, "@dir@/one")));
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
}

/* FlushPending= throws away what a service has left over, not what none has come to see. */
static void test_not_flushed(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "web", "ListenStream=@dir@/web\nFlushPending=yes", "web.socket", "");
        fixture_start(fixture, NULL);
        daemon_limit(fixture, RLIMIT_NOFILE, 3);
        int fd = connect_to(fixture, "@dir@/web");
        log_wait(fixture, WAITS);
        daemon_limit(fixture, RLIMIT_NOFILE, RLIM_INFINITY);
        g_assert_true(is_served(fd));
}

/* There are some left, but not as many as an instance takes. */
static void test_few_descriptors(void) {
        _fixture_ Fixture *fixture = fixture_new();

        begin(fixture, "");
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        unsigned int count = daemon_count_fds(fixture);
        for (unsigned int more = 1; more < 8; more++) {
                daemon_limit(fixture, RLIMIT_NOFILE, count + more);
                int web = connect_to(fixture, "@dir@/web");
                unsigned int mark = events_mark(fixture);
                int other = connect_to(fixture, "@dir@/other");
                g_assert_true(is_served(other));
                daemon_limit(fixture, RLIMIT_NOFILE, RLIM_INFINITY);
                g_assert_true(is_served(web));
                (void)mark;
        }
        expect_rest(fixture);
}

/* ---- processes ---- */

static void expect_patience(Fixture *fixture, int *fds, size_t count) {
        for (size_t i = 0; i < count; i++)
                fds[i] = connect_to(fixture, i % 2 ? "@dir@/web" : "@dir@/one");
        log_wait(fixture, "start web@");
        log_wait(fixture, "start one.service: ");
        log_wait(fixture, WAITS);
        expect_rest(fixture);
        unit_expect(fixture, "web.socket", "active", "listening");
}

static void test_no_processes(void) {
        _fixture_ Fixture *fixture = fixture_new();
        int fds[6];

        begin(fixture, "");
        daemon_limit(fixture, RLIMIT_NPROC, 1);
        expect_patience(fixture, fds, ARRAY_SIZE(fds));
        daemon_limit(fixture, RLIMIT_NPROC, RLIM_INFINITY);
        expect_all_served(fds, ARRAY_SIZE(fds));
}

/* Even if it takes longer than the start limit bears. */
static void test_no_processes_for_long(void) {
        _fixture_ Fixture *fixture = fixture_new();
        int fds[4];

        begin(fixture, "[Unit]\nStartLimitIntervalSec=3s\nStartLimitBurst=2\n");
        daemon_limit(fixture, RLIMIT_NPROC, 1);
        expect_patience(fixture, fds, ARRAY_SIZE(fds));
        log_wait(fixture, "start-limit-hit");
        unit_wait(fixture, "one.socket", "active", "listening");
        daemon_limit(fixture, RLIMIT_NPROC, RLIM_INFINITY);
        expect_all_served(fds, ARRAY_SIZE(fds));
}

/* The service's user may have no more: known only when the child has become him. */
#define CROWDED_UID 64321

static void wait_for_user(pid_t pid, uid_t uid) {
        g_autofree char *path = g_strdup_printf("/proc/%d", (int)pid);
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;
        struct stat st;

        while (stat(path, &st) == 0 && st.st_uid != uid) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_usleep(1000);
        }
}

static void test_no_processes_for_user(void) {
        _fixture_ Fixture *fixture = fixture_new();
        const char *argv[] = { "sleep", "1000", NULL };
        pid_t crowd[2];
        int fds[4];

        begin(fixture, "[Service]\nUser=64321\nGroup=64321\nLimitNPROC=1\n");
        /* Who becomes the user isn't counted yet. */
        for (size_t i = 0; i < ARRAY_SIZE(crowd); i++) {
                crowd[i] = process_start_as(fixture, CROWDED_UID, argv);
                wait_for_user(crowd[i], CROWDED_UID);
        }
        expect_patience(fixture, fds, ARRAY_SIZE(fds));
        for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
                process_end(crowd[i]);
        expect_all_served(fds, ARRAY_SIZE(fds));
}

/* ---- what is missing ---- */

/* Without any limit a service that is always skipped would be tried for ever. */
static void test_condition(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "web", "ListenStream=@dir@/web\nTriggerLimitBurst=0\nPollLimitBurst=0",
                   "web.socket", "[Unit]\nStartLimitIntervalSec=0\nConditionPathExists=@dir@/go\n");
        pair_write(fixture, "other", OTHER_SOCKET, "other.socket", "");
        fixture_start(fixture, NEWS_ONLY, NULL);
        int fd = connect_to(fixture, "@dir@/web");
        log_wait(fixture, WAITS);
        expect_rest(fixture);
        g_assert_cmpuint(log_count(fixture, WAITS), ==, 1);
        g_free(file_write(fixture, "go", "\n"));
        g_assert_true(is_served(fd));
}

static void test_required(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "web", "ListenStream=@dir@/web\nTriggerLimitBurst=0\nPollLimitBurst=0",
                   "web.socket",
                   "[Unit]\nStartLimitIntervalSec=0\nRequires=db.service\nAfter=db.service\n");
        unit_write(fixture, "db.service",
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\n"
                   "RemainAfterExit=yes\nExecStart=/usr/bin/test -e @dir@/go\n");
        pair_write(fixture, "other", OTHER_SOCKET, "other.socket", "");
        fixture_start(fixture, "web.socket", "other.socket", NULL);
        int fd = connect_to(fixture, "@dir@/web");
        log_wait(fixture, WAITS);
        expect_rest(fixture);
        g_free(file_write(fixture, "go", "\n"));
        g_assert_true(is_served(fd));
}

/* A pause ends with the unit, and isn't there when it is started again. */
static void test_stopped_in_pause(void) {
        _fixture_ Fixture *fixture = fixture_new();

        begin(fixture, "");
        unsigned int before = daemon_count_fds(fixture);
        daemon_limit(fixture, RLIMIT_NOFILE, before + 1);
        int fd = connect_to(fixture, "@dir@/web");
        log_wait(fixture, WAITS);
        daemon_limit(fixture, RLIMIT_NOFILE, RLIM_INFINITY);
        unit_stop(fixture, "web.socket");
        close(fd);
        unit_start(fixture, "web.socket");
        g_assert_true(is_served(connect_to(fixture, "@dir@/web")));
        daemon_expect_fds(fixture, before + 2);
}

/* A service that never claims, and clients that wait for it. */
static void test_never_claims(void) {
        _fixture_ Fixture *fixture = fixture_new();
        int fds[20];

        pair_write(fixture, "web", "ListenStream=@dir@/web\nClaimTimeoutSec=200ms", "--never", "");
        pair_write(fixture, "other", OTHER_SOCKET, "other.socket", "");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                fds[i] = connect_to(fixture, "@dir@/web");
        g_free(delivery_wait(fixture, "web.socket", 0, "late"));
        log_wait(fixture, "not claimed within 200ms");
        expect_rest(fixture);
        unit_expect(fixture, "web.socket", "active", "triggered");
        /* Nothing is lost by it: the next one gets all of them. */
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        unit_restart(fixture, "web.service");
        expect_all_served(fds, ARRAY_SIZE(fds));
}

/* ---- no limits ---- */

/* Whoever turns off every limit gets what he asks for, but the others don't have to wait for it,
 * and it can be stopped. */
static void test_no_limits(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nTriggerLimitBurst=0\nPollLimitBurst=0\n");
        unit_write(fixture, "web.service",
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/true\n");
        pair_write(fixture, "other", "ListenStream=@dir@/other\n" NO_TRIGGER_LIMIT,
                   "--clients=1 other.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        unsigned int mark = events_mark(fixture);
        int fd = connect_to(fixture, "@dir@/web");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");
        for (int i = 0; i < 20; i++)
                ask_name(other, SOCK_STREAM, "other.socket");
        event_wait_count(fixture, mark, "unit web.service inactive dead", 30);
        unit_stop(fixture, "web.socket");
        unit_wait(fixture, "web.service", "inactive", "dead");
        close(fd);
        uint64_t wakeups = daemon_wakeups(fixture);
        unit_expect(fixture, "web.socket", "inactive", "dead");
        g_assert_cmpuint(daemon_wakeups(fixture), <, wakeups + WAKEUPS_MAX);
}

/* TriggerLimitBurst=0 alone leaves the poll limit and the service's start limit. */
static void test_no_trigger_limit(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nTriggerLimitBurst=0\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=/bin/true\n");
        fixture_start(fixture, NULL);
        int fd = connect_to(fixture, "@dir@/web");
        unit_wait(fixture, "web.socket", "failed", "failed");
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "start-limit-hit"));
        close(fd);
}

/* The interval is what the burst is counted in. */
static void test_trigger_interval(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nPollLimitBurst=0\nTriggerLimitBurst=1\n"
                   "TriggerLimitIntervalSec=1us",
                   "--clients=1 web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        for (int i = 0; i < 30; i++)
                ask_name(web, SOCK_STREAM, "web.socket");
}

static const TestCase cases[] = {
        { "no descriptors", test_no_descriptors, AS_BOTH, 0 },
        { "more listeners than descriptors", test_many_listeners, AS_BOTH, 0 },
        { "a reload without descriptors", test_reload, AS_BOTH, 0 },
        { "nothing is flushed", test_not_flushed, AS_BOTH, 0 },
        { "few descriptors", test_few_descriptors, AS_BOTH, 0 },
        { "no processes", test_no_processes, AS_USER, 0 },
        { "no processes for long", test_no_processes_for_long, AS_USER, 0 },
        { "no processes for the user", test_no_processes_for_user, AS_ROOT, 0 },
        { "a condition that isn't met", test_condition, AS_BOTH, 0 },
        { "a requirement that fails", test_required, AS_BOTH, 0 },
        { "stopped while it pauses", test_stopped_in_pause, AS_BOTH, 0 },
        { "a service that never claims", test_never_claims, AS_BOTH, 0 },
        { "no limits", test_no_limits, AS_BOTH, 0 },
        { "no trigger limit", test_no_trigger_limit, AS_BOTH, 0 },
        { "the trigger limit's interval", test_trigger_interval, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
