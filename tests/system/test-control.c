/* SPDX-License-Identifier: MIT */
/* Control: bellhopctl's verbs, the bus as other programs see it, who may call, the end. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

/* A running service with a socket and a memfd. */
static Fixture *control_fixture(void) {
        Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket",
                   "[Unit]\nDescription=Where the web comes in\n[Socket]\nListenStream=@dir@/web\n"
                   "FileDescriptorName=http\n");
        unit_write(fixture, "web.memfd", "[Memfd]\nContent=hello\n");
        unit_write(fixture, "web.service",
                   "[Unit]\nDescription=A web\n[Service]\nExecStart=@claimer@ http web.memfd\n"
                   "Type=claim\n");
        unit_write(fixture, "idle.service", "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "default.target", "[Unit]\nWants=web.socket web.memfd\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        return fixture;
}

static void output_check(const char *output, const char *const *expected) {
        for (; *expected; expected++) {
                if (!strstr(output, *expected))
                        g_error("no \"%s\" in:\n%s", *expected, output);
        }
}

static void test_lists(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *units = NULL, *sockets = NULL, *deliveries = NULL;
        g_autofree char *path = fixture_expand(fixture, "@dir@/web");

        g_assert_cmpint(ctl(fixture, &units, "list-units", NULL), ==, 0);
        output_check(units, (const char *[]){ "web.socket", "web.service", "web.memfd", "running",
                                              "Where the web comes in", NULL });
        g_assert_cmpint(ctl(fixture, &sockets, "list-sockets", NULL), ==, 0);
        output_check(sockets, (const char *[]){ path, "web.socket", "web.service", "http", NULL });
        g_assert_cmpint(ctl(fixture, &deliveries, "list-deliveries", NULL), ==, 0);
        output_check(deliveries, (const char *[]){ "http", "web.memfd", "claimed", "RTMIN+8",
                                                   "RTMIN+10", "web.service", NULL });
}

static void test_status(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *output = NULL, *down = NULL, *none = NULL, *socket = NULL;
        g_autofree char *pid = g_strdup_printf("%d", (int)unit_main_pid(fixture, "web.service"));

        g_assert_cmpint(ctl(fixture, &output, "status", "web.service", NULL), ==, 0);
        output_check(output, (const char *[]){ "web.service", "A web", "running", pid, "http",
                                               "web.memfd", "claimed", NULL });
        g_assert_cmpint(ctl(fixture, &socket, "status", "web.socket", NULL), ==, 0);
        /* As systemctl: 3 for a unit that isn't active, 4 for one that isn't there. */
        g_assert_cmpint(ctl(fixture, &down, "status", "idle.service", NULL), ==, 3);
        g_assert_cmpint(ctl(fixture, &none, "status", "none.service", NULL), ==, 4);
        output_check(none, (const char *[]){ "none.service", NULL });
}

static void test_start_stop_restart(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *output = NULL, *error = NULL, *foreign = NULL;

        pid_t pid = unit_main_pid(fixture, "web.service");
        g_assert_cmpint(ctl(fixture, NULL, "restart", "web.service", NULL), ==, 0);
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), !=, pid);
        g_assert_cmpint(ctl(fixture, NULL, "start", "idle.service", "web.service", NULL), ==, 0);
        unit_expect(fixture, "idle.service", "active", "running");
        g_assert_cmpint(ctl(fixture, NULL, "stop", "idle.service", "web.service", NULL), ==, 0);
        unit_expect(fixture, "idle.service", "inactive", "dead");
        unit_expect(fixture, "web.service", "inactive", "dead");
        g_assert_cmpint(ctl(fixture, &error, "start", "none.service", NULL), ==, 4);
        output_check(error, (const char *[]){ "none.service", NULL });
        g_assert_cmpint(ctl(fixture, &foreign, "start", "web.timer", NULL), ==, 4);
        output_check(foreign, (const char *[]){ "web.timer: bellhop has none of this type", NULL });
}

/* What is wrong with a template is said once, not for each of its instances; after a reload anew.
 */
static void test_instances_warned_of_once(void) {
        static const char *const names[] = { "odd@1", "odd@2", "odd@3" };
        _fixture_ Fixture *fixture = control_fixture();

        unit_write(fixture, "odd@.service",
                   "[Service]\nType=oneshot\nExecStart=/bin/true\nNonsense=1\n");
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                g_autofree char *output = NULL;

                if (i == 2)
                        g_assert_cmpint(ctl(fixture, NULL, "daemon-reload", NULL), ==, 0);
                g_assert_cmpint(ctl(fixture, NULL, "start", names[i], NULL), ==, 0);
                g_assert_cmpint(ctl(fixture, &output, "status", names[i], NULL), ==, 3);
                g_assert_cmpint(strstr(output, "Nonsense") != NULL, ==, i != 1);
        }
}

static void test_reload_and_refresh(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *error = NULL, *refresh = NULL, *where = NULL;

        unsigned int mark = events_mark(fixture);
        g_assert_cmpint(ctl(fixture, NULL, "daemon-reload", NULL), ==, 0);
        event_wait(fixture, mark, "reloaded");
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nBacklog=x\n");
        g_assert_cmpint(ctl(fixture, &error, "daemon-reload", NULL), ==, 1);
        where = g_strdup_printf("%s/web.socket:3: error: Backlog: ", fixture->units);
        output_check(error, (const char *[]){ where, NULL });
        g_assert_cmpint(ctl(fixture, NULL, "refresh", "web.memfd", NULL), ==, 0);
        g_assert_cmpint(ctl(fixture, &refresh, "refresh", "web.socket", NULL), ==, 1);
        output_check(refresh, (const char *[]){ "web.socket", NULL });
}

static void test_show(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *output = NULL, *none = NULL;

        g_assert_cmpint(ctl(fixture, &output, "show", "web.socket", NULL), ==, 0);
        output_check(output, (const char *[]){ "Id=web.socket", "ActiveState=active",
                                               "Backlog=", "SocketMode=0666\n", NULL });
        g_assert_cmpint(ctl(fixture, &none, "show", "none.socket", NULL), ==, 4);
}

/* A Python program that reads JSON and checks something of it. */
static const struct {
        const char *verb, *unit, *check;
} json_rules[] = {
        { "list-units", NULL,
          "any(u['Id'] == 'web.service' and u['SubState'] == 'running' for u in d)" },
        { "list-sockets", NULL,
          "any(s['Unit'] == 'web.socket' and s['Name'] == 'http' for s in d)" },
        { "list-deliveries", NULL, "all(x['State'] == 'claimed' for x in d) and len(d) == 2" },
        { "show", "web.service", "d['Id'] == 'web.service' and d['MainPID'] > 1" },
        { "show", "web.socket", "d['ActiveState'] == 'active'" },
        { "status", "web.service", "d['ActiveState'] == 'active' and len(d['Deliveries']) == 2" },
};

static void test_json(void) {
        _fixture_ Fixture *fixture = control_fixture();
        static const char *const styles[] = { "--json=short", "--json=pretty", "--json" };

        if (!program_exists("python3"))
                skip_case("python3 isn't installed");
        for (size_t i = 0; i < ARRAY_SIZE(styles) * ARRAY_SIZE(json_rules); i++) {
                g_autofree char *text = NULL, *path = NULL, *output = NULL;
                const char *unit = json_rules[i / ARRAY_SIZE(styles)].unit;
                g_assert_cmpint(ctl(fixture, &text, json_rules[i / ARRAY_SIZE(styles)].verb,
                                    styles[i % ARRAY_SIZE(styles)], unit, NULL),
                                ==, 0);
                path = g_build_filename(fixture->folder, "json", NULL);
                g_assert_true(g_file_set_contents(path, text, -1, NULL));
                g_autofree char *script =
                        g_strdup_printf("import json\nd = json.load(open('%s'))\nassert %s, d\n",
                                        path, json_rules[i / ARRAY_SIZE(styles)].check);
                if (run(fixture, &output, "python3", "-c", script, NULL) != 0)
                        g_error("%s %s: %s\n%s", json_rules[i / ARRAY_SIZE(styles)].verb,
                                styles[i % ARRAY_SIZE(styles)], output, text);
        }
}

/* Several units are one value, too; and cat's text is none. A hint is given where it helps. */
static void test_json_of_several(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *show = NULL, *status = NULL, *cat = NULL, *nobody = NULL, *gone = NULL;

        g_assert_cmpint(
                ctl(fixture, &show, "--json=short", "show", "web.socket", "web.service", NULL), ==,
                0);
        g_assert_true(g_str_has_prefix(show, "[{"));
        g_assert_true(g_str_has_suffix(show, "}]\n"));
        (void)ctl(fixture, &status, "--json=short", "status", "web.socket", "web.service", NULL);
        g_assert_true(g_str_has_prefix(status, "[{"));
        g_assert_cmpint(ctl(fixture, &cat, "--json", "cat", "web.socket", NULL), ==, 2);

        g_assert_cmpint(ctl(fixture, &nobody, "deliver", "web.socket", "--to=nosuch", NULL), ==, 4);
        g_assert_nonnull(strstr(nobody, "there is no unit nosuch.service"));
        g_assert_null(strstr(nobody, "list-deliveries"));
        g_assert_cmpint(ctl(fixture, &gone, "deliver", "web.socket", "--pid=99999999", NULL), ==,
                        1);
        g_assert_null(strstr(gone, "list-deliveries"));
}

static void test_usage(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *help = NULL, *verb = NULL, *missing = NULL, *absent = NULL;
        g_autofree char *json = NULL, *wrong = NULL;

        g_assert_cmpint(run(fixture, &help, "bellhopctl", "--help", NULL), ==, 0);
        output_check(help, (const char *[]){ "list-units", "list-sockets", "list-deliveries",
                                             "status", "start", "stop", "restart", "daemon-reload",
                                             "refresh", "deliver", "show", "shutdown", "--json",
                                             "--runtime-directory", NULL });
        g_assert_cmpint(ctl(fixture, &verb, "lits-units", NULL), >, 0);
        g_assert_cmpint(ctl(fixture, &json, "--json", "short", "directives", "Nice", NULL), ==, 0);
        g_assert_true(g_str_has_prefix(json, "[{"));
        g_assert_null(strstr(json, "\n ")); /* nothing of "pretty" */
        g_assert_cmpint(ctl(fixture, &wrong, "--json=long", "list-units", NULL), ==, 2);
        output_check(wrong, (const char *[]){ "--json=long isn't a MODE", NULL });
        g_assert_cmpint(ctl(fixture, &missing, "start", NULL), >, 0);
        /* No manager there: what to do is said. */
        g_assert_cmpint(run(fixture, &absent, "bellhopctl", "--runtime-directory=/nonexistent",
                            "list-units", NULL),
                        ==, 1);
        output_check(absent, (const char *[]){ "/nonexistent", "bellhopd", NULL });
}

/* Another user is refused, and told so; root may call a user's manager. */
static void test_access(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        g_autofree char *command = NULL, *output = NULL;
        static const char *const verbs[] = { "list-units", "shutdown", "stop web.service",
                                             "deliver web.socket --pid=1" };

        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
                g_autofree char *text = g_strdup_printf(
                        "setpriv --reuid=65533 --regid=65533 --clear-groups %s/bellhopctl %s %s",
                        case_programs(), option, verbs[i]);
                g_autofree char *said = NULL;
                g_assert_cmpint(run(fixture, &said, "sh", "-c", text, NULL), ==, 1);
                if (!strstr(said, "only root may talk to this manager"))
                        g_error("%s: %s", verbs[i], said);
        }
        unit_expect(fixture, "web.service", "active", "running");
        g_autofree char *log = fixture_log(fixture);
        g_assert_nonnull(log);
}

static char *bus_address(const Fixture *fixture) {
        return g_strdup_printf("--address=unix:path=%s/bus", fixture->runtime);
}

static void test_busctl(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *address = bus_address(fixture), *api = NULL, *units = NULL, *mode = NULL;
        g_autofree char *error = NULL;

        if (!program_exists("busctl"))
                skip_case("busctl isn't installed");
        g_assert_cmpint(run(fixture, &api, "busctl", address, "introspect", "org.bellhop",
                            "/org/bellhop/Manager1", "org.bellhop.Manager1", NULL),
                        ==, 0);
        output_check(api,
                     (const char *[]){
                             ".ListUnits",   ".ListSockets",     ".ListDeliveries", ".Show",
                             ".Status",      ".Start",           ".Stop",           ".Restart",
                             ".Reload",      ".Refresh",         ".Deliver",        ".ResetFailed",
                             ".Kill",        ".Shutdown",        ".Version",        ".Mode",
                             ".UnitChanged", ".DeliveryChanged", ".Reloaded",       NULL });
        g_assert_cmpint(run(fixture, &units, "busctl", address, "--json=short", "call",
                            "org.bellhop", "/org/bellhop/Manager1", "org.bellhop.Manager1",
                            "ListUnits", NULL),
                        ==, 0);
        output_check(units, (const char *[]){ "web.service", NULL });
        g_assert_cmpint(run(fixture, &mode, "busctl", address, "get-property", "org.bellhop",
                            "/org/bellhop/Manager1", "org.bellhop.Manager1", "Mode", NULL),
                        ==, 0);
        output_check(mode, (const char *[]){ geteuid() == 0 ? "system" : "user", NULL });
        g_assert_cmpint(run(fixture, &error, "busctl", address, "call", "org.bellhop",
                            "/org/bellhop/Manager1", "org.bellhop.Manager1", "Start", "as", "1",
                            "none.service", NULL),
                        >, 0);
        output_check(error, (const char *[]){ "none.service", NULL });
}

static void test_gdbus(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *address = g_strdup_printf("unix:path=%s/bus", fixture->runtime);
        g_autofree char *output = NULL;

        if (!program_exists("gdbus"))
                skip_case("gdbus isn't installed");
        g_assert_cmpint(run(fixture, &output, "gdbus", "call", "--address", address, "--dest",
                            "org.bellhop", "--object-path", "/org/bellhop/Manager1", "--method",
                            "org.bellhop.Manager1.ListSockets", NULL),
                        ==, 0);
        output_check(output, (const char *[]){ "web.socket", "http", NULL });
}

/* How many whole messages there are in what a D-Bus server sent after its greeting. */
static unsigned int messages_count(const char *bytes, size_t size) {
        unsigned int count = 0;
        uint32_t body, fields;

        for (; size >= 16; count++) {
                memcpy(&body, bytes + 4, sizeof(body));
                memcpy(&fields, bytes + 12, sizeof(fields));
                size_t length = 16 + (fields + 7) / 8 * 8 + body;
                if (length > size)
                        break;
                bytes += length;
                size -= length;
        }
        return count;
}

static size_t receive(int fd, char *buffer, size_t size) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

        g_assert_cmpint(poll(&poll_fd, 1, limit_ms(10)), ==, 1);
        ssize_t n = recv(fd, buffer, size, 0);
        g_assert_cmpint(n, >, 0);
        return (size_t)n;
}

/* What gdbus does now and then: the first calls come together with the end of the greeting. */
static void test_calls_with_greeting(void) {
        /* org.freedesktop.DBus.Peer.Ping of "/": the fields are path, member, interface. */
        static const char ping[] = "l\1\0\1\0\0\0\0\1\0\0\0\102\0\0\0"
                                   "\1\1o\0\1\0\0\0/\0\0\0\0\0\0\0"
                                   "\3\1s\0\4\0\0\0Ping\0\0\0\0"
                                   "\2\1s\0\31\0\0\0org.freedesktop.DBus.Peer\0\0\0\0\0\0";
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *address = g_build_filename(fixture->runtime, "bus", NULL);
        g_autoptr(GByteArray) calls = g_byte_array_new();
        _cleanup_fd_ int fd = address_connect(address, SOCK_STREAM);
        char answer[1024];
        size_t size = 0;

        g_assert_cmpint(send(fd, "\0AUTH EXTERNAL\r\nDATA\r\n", 22, MSG_NOSIGNAL), ==, 22);
        while (!memmem(answer, size, "OK ", 3) || answer[size - 1] != '\n')
                size += receive(fd, answer + size, sizeof(answer) - size);
        g_byte_array_append(calls, (const guint8 *)"BEGIN\r\n", 7);
        for (unsigned int i = 0; i < 2; i++)
                g_byte_array_append(calls, (const guint8 *)ping, sizeof(ping));
        g_assert_cmpint(send(fd, calls->data, calls->len, MSG_NOSIGNAL), ==, calls->len);
        for (size = 0; messages_count(answer, size) < 2;)
                size += receive(fd, answer + size, sizeof(answer) - size);
}

/* Many clients at once, some of which leave in the middle of a call. */
static void test_many_clients(void) {
        _fixture_ Fixture *fixture = control_fixture();
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        pid_t pids[30];

        unsigned int fds = daemon_count_fds(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
                pids[i] = process_start(fixture, "bellhopctl", option, "--json=short",
                                        i % 2 ? "list-units" : "list-deliveries", NULL);
                if (i % 3 == 0)
                        kill(pids[i], SIGKILL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
                int status = process_wait(pids[i]);

                /* It may have been done before. */
                g_assert_true(status == 0 || (i % 3 == 0 && status == 128 + SIGKILL));
        }
        unit_restart(fixture, "web.service");
        daemon_expect_fds(fixture, fds + 1);
}

/* What is there stops in the order opposite to its start; the exit status is 0. */
static void test_shutdown(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "first.service", "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "second.service",
                   "[Unit]\nAfter=first.service\n[Service]\nExecStart=@claimer@ --never "
                   "--child\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\nRemoveOnStop=yes", "web.socket", "");
        fixture_start(fixture, NULL);
        unit_start(fixture, "first.service", "second.service", "web.service");
        g_assert_cmpint(ctl(fixture, NULL, "shutdown", NULL), ==, 0);
        g_assert_cmpint(fixture_wait_end(fixture), ==, 0);
        g_autofree char *log = fixture_log(fixture);
        g_autofree char *path = g_build_filename(fixture->folder, "web", NULL);
        g_assert_cmpint(access(path, F_OK), ==, -1);
        const char *second = g_strrstr(log, "second.service"),
                   *first = g_strrstr(log, "first.service");
        g_assert_nonnull(first);
        g_assert_true(second < first);
}

/* Who has waited for the end can start another manager in the same place at once. */
static void test_shutdown_is_the_end(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *lock = g_build_filename(fixture->runtime, "lock", NULL);

        for (unsigned int i = 0; i < 500; i++) {
                g_autofree char *name = g_strdup_printf("s%u.socket", i);

                unit_write(fixture, name, "[Socket]\nListenStream=@dir@/s%u\n", i);
        }
        fixture_start(fixture, NULL);
        g_assert_cmpint(ctl(fixture, NULL, "shutdown", NULL), ==, 0);
        _cleanup_fd_ int fd = open(lock, O_RDWR | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
        g_assert_cmpint(fixture_wait_end(fixture), ==, 0);
}

/* SIGTERM and SIGINT do the same. */
static void test_signals(void) {
        static const int signals[] = { SIGTERM, SIGINT };
        _fixture_ Fixture *fixture = fixture_new();
        pid_t pid;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--never", "");
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
                fixture_start(fixture, NULL);
                unit_start(fixture, "web.service");
                g_free(report_wait(fixture, "up", &pid));
                fixture_kill(fixture, signals[i]);
                g_assert_cmpint(fixture_wait_end(fixture), ==, 0);
                g_assert_false(process_is_alive(pid));
        }
}

/* SIGHUP reloads, as people expect. */
static void test_hangup(void) {
        _fixture_ Fixture *fixture = control_fixture();
        unsigned int mark = events_mark(fixture);

        fixture_kill(fixture, SIGHUP);
        event_wait(fixture, mark, "reloaded");
}

/* The daemon's own keeper learns by sd_notify(3) that it is ready. */
static void test_notifies_its_keeper(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *path = g_build_filename(fixture->folder, "keeper", NULL);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        char text[256] = "";

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        g_setenv("NOTIFY_SOCKET", path, TRUE);
        unit_write(fixture, "say.service",
                   "[Service]\nExecStart=@claimer@ --say=NOTIFY_SOCKET --exit-early=0\n");
        fixture_start(fixture, NULL);
        g_assert_cmpint(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), >, 0);
        g_assert_nonnull(strstr(text, "READY=1"));
        /* The keeper's socket isn't the services'. */
        g_autofree char *said = report_wait(fixture, "say *", NULL);
        g_assert_cmpstr(said + 4, !=, path);
}

/* Without options a user's manager and bellhopctl meet in XDG_RUNTIME_DIR. */
static void test_user_mode(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *units = g_strdup_printf("--unit-path=%s", fixture->units);
        g_autofree char *bus = g_build_filename(fixture->folder, "bellhop", "bus", NULL);
        g_autofree char *output = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        g_setenv("XDG_RUNTIME_DIR", fixture->folder, TRUE);
        pid_t pid = process_start(fixture, "bellhopd", "--user", units, NULL);
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;
        while (run(fixture, NULL, "bellhopctl", "--user", "list-units", NULL) != 0) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_usleep(1000);
        }
        g_assert_cmpint(access(bus, F_OK), ==, 0);
        g_assert_cmpint(run(fixture, &output, "bellhopctl", "--user", "list-sockets", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "web.socket"));
        g_assert_cmpint(run(fixture, NULL, "bellhopctl", "--user", "shutdown", NULL), ==, 0);
        g_assert_cmpint(process_wait(pid), ==, 0);
}

/* A manager that is stopped has a socket all the same. */
static void test_stopped_manager(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *output = NULL;

        fixture_start(fixture, NULL);
        fixture_kill(fixture, SIGSTOP);
        process_wait_state(fixture->daemon, "T");
        g_assert_cmpint(ctl(fixture, &output, "list-units", NULL), ==, 1);
        g_assert_nonnull(strstr(output, "doesn't answer"));
        fixture_kill(fixture, SIGCONT);
        g_assert_cmpint(ctl(fixture, NULL, "list-units", NULL), ==, 0);
}

static const TestCase cases[] = {
        { "lists", test_lists, AS_BOTH, 0 },
        { "status", test_status, AS_BOTH, 0 },
        { "start, stop, restart", test_start_stop_restart, AS_BOTH, 0 },
        { "instances are warned of once", test_instances_warned_of_once, AS_BOTH, 0 },
        { "daemon-reload and refresh", test_reload_and_refresh, AS_BOTH, 0 },
        { "show", test_show, AS_BOTH, 0 },
        { "json", test_json, AS_BOTH, 0 },
        { "json of several units, and hints", test_json_of_several, AS_BOTH, 0 },
        { "usage", test_usage, AS_BOTH, 0 },
        { "access", test_access, AS_ROOT, 0 },
        { "busctl", test_busctl, AS_BOTH, 0 },
        { "gdbus", test_gdbus, AS_BOTH, 0 },
        { "calls with the greeting", test_calls_with_greeting, AS_BOTH, 0 },
        { "many clients", test_many_clients, AS_BOTH, 0 },
        { "shutdown", test_shutdown, AS_BOTH, 0 },
        { "shutdown is the end", test_shutdown_is_the_end, AS_BOTH, 0 },
        { "signals", test_signals, AS_BOTH, 0 },
        { "hangup", test_hangup, AS_BOTH, 0 },
        { "notifies its keeper", test_notifies_its_keeper, AS_BOTH, 0 },
        { "user mode", test_user_mode, AS_BOTH, 0 },
        { "a manager that is stopped", test_stopped_manager, AS_USER, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
