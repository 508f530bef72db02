/* SPDX-License-Identifier: MIT */
/* Unit files that are wrong, and units that can't start: what is said, and what goes on. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

#include <netinet/in.h>

/* Each is one wrong file, and what the log must say about it. */
static const struct {
        const char *name;
        const char *text;
        const char *said; /* after the folder's name */
} bad_files[] = {
        { "b1.socket", "[Socket]\nListenStream=\n\nBacklog=many\nListenStream=@dir@/b1\n",
          "b1.socket:4: error: Backlog: " },
        { "b2.socket", "[Socket]\nListenStream=[::1:80\n", "b2.socket:2: error: ListenStream: " },
        { "b3.socket", "[Socket]\n# a socket without addresses\n", "b3.socket:" },
        { "b4.service", "[Service]\nExecStart=/bin/sh -c 'open\n",
          "b4.service:2: error: ExecStart: " },
        { "b5.service", "[Service]\nRestart=sometimes\nExecStart=/bin/true\n",
          "b5.service:2: error: Restart: " },
        { "b6.service", "[Service]\nType=simple\n", "b6.service:" },
        { "b7.memfd", "[Memfd]\nSource=/etc/passwd\nContent=both\n", "b7.memfd:" },
        { "b8.memfd", "[Memfd]\nSize=12Q\n", "b8.memfd:2: error: Size: " },
        { "b9.socket", "[Socket]\nListenStream=@dir@/b9\nSignal=SIGTERM\n",
          "b9.socket:3: error: Signal: " },
        { "b10.socket", "[Socket\nListenStream=@dir@/b10\n", "b10.socket:1: error: " },
        { "b11.socket", "[Socket]\nFileDescriptorName=a:b\nListenStream=@dir@/b11\n",
          "b11.socket:2: error: FileDescriptorName: " },
};

static void test_bad_files(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *log = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++)
                unit_write(fixture, bad_files[i].name, "%s", bad_files[i].text);
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        log = fixture_log(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
                g_autofree char *said = g_strdup_printf("%s/%s", fixture->units, bad_files[i].said);
                g_autofree char *error = NULL;
                if (!strstr(log, said))
                        g_error("the log doesn't say \"%s\"", said);
                g_assert_cmpint(bus_units_call(fixture, "Start", &error, bad_files[i].name, NULL),
                                <, 0);
        }
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* A mistake in a socket's file doesn't make its service one that starts by itself. */
static void test_bad_socket_keeps_service(void) {
        _fixture_ Fixture *fixture = fixture_new();
        static const char *const held[] = { "typo", "other", "folder", "dangling", "locked" };

        unit_write(fixture, "typo.socket", "[Socket]\nListenStream=[::1:80\n");
        unit_write(fixture, "named.socket", "[Socket]\nBacklog=many\nService=other.service\n");
        for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
                g_autofree char *name = g_strconcat(held[i], ".service", NULL);
                service_write(fixture, name, "ExecStart=@claimer@ --never\n");
        }
        service_write(fixture, "named.service", "ExecStart=@claimer@ --never\n");
        g_autofree char *folder = g_build_filename(fixture->units, "folder.socket", NULL);
        g_assert_cmpint(mkdir(folder, 0755), ==, 0);
        g_autofree char *dangling = g_build_filename(fixture->units, "dangling.socket", NULL);
        g_assert_cmpint(symlink("/nonexistent/file", dangling), ==, 0);
        unit_write(fixture, "locked.socket", "[Socket]\nListenStream=@dir@/locked\n");
        g_autofree char *locked = g_build_filename(fixture->units, "locked.socket", NULL);
        g_assert_cmpint(chmod(locked, 0), ==, 0);
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
                g_autofree char *name = g_strconcat(held[i], ".service", NULL);
                unit_expect(fixture, name, "inactive", "dead");
        }
        /* Its namesake's mistake doesn't hide that it is for another. */
        unit_expect(fixture, "named.service", "active", "running");
        g_autofree char *log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "typo.service: not started: it is for typo.socket"));
}

static void test_reload_with_errors(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other"), *error = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--follow", "");
        pair_write(fixture, "other", "ListenStream=@dir@/elsewhere", "--follow", "");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service", "other.service");
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        g_free(report_wait(fixture, "claimed other.socket *", NULL));
        /* One file is right, one is wrong: neither counts. */
        unit_write(fixture, "other.socket",
                   "[Socket]\nListenStream=@dir@/elsewhere\nListenStream=@dir@/other\n");
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nBacklog=lots\n");
        g_assert_cmpint(bus_reload(fixture, &error), <, 0);
        g_assert_nonnull(strstr(error, "org.bellhop.Error.BadUnitFile"));
        g_assert_nonnull(strstr(error, "web.socket:3: error: Backlog: "));
        g_assert_cmpint(address_connect(other, SOCK_STREAM), <, 0);
        ask_name(address, SOCK_STREAM, "web.socket");
        /* Mended: both count. */
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nBacklog=7\n");
        bus_reload(fixture, NULL);
        g_free(report_wait(fixture, "claimed other.socket *", NULL));
        ask_name(other, SOCK_STREAM, "other.socket");
}

/* A new file that is wrong is no reason to refuse the rest. */
static void test_reload_with_bad_new_file(void) {
        _fixture_ Fixture *fixture = fixture_new();

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        unit_write(fixture, "new.socket", "[Socket]\nListenStream=@dir@/new\nBacklog=lots\n");
        unit_write(fixture, "good.socket",
                   "[Socket]\nListenStream=@dir@/good\nService=web.service\n");
        bus_reload(fixture, NULL);
        unit_start(fixture, "good.socket");
        g_autofree char *error = NULL;
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "new.socket", NULL), <, 0);
        g_assert_nonnull(strstr(error, "new.socket"));
}

static void test_ordering_cycle(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL;

        unit_write(fixture, "a.service",
                   "[Unit]\nAfter=b.service\nRequires=b.service\n[Service]\n"
                   "ExecStart=@claimer@ --never\n");
        unit_write(fixture, "b.service",
                   "[Unit]\nAfter=a.service\n[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "c.service", "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "default.target", "[Unit]\nWants=c.service\n");
        fixture_start(fixture, NULL);
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "a.service", NULL), <, 0);
        g_assert_nonnull(strstr(error, "a.service"));
        g_assert_nonnull(strstr(error, "b.service"));
        unit_expect(fixture, "a.service", "inactive", "dead");
        unit_expect(fixture, "c.service", "active", "running");
}

static void test_requires_and_order(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL, *missing = NULL;

        unit_write(fixture, "first.service",
                   "[Service]\nType=notify\nExecStart=@claimer@ --never --notify=READY=1\n");
        unit_write(fixture, "second.service",
                   "[Unit]\nRequires=first.service\nAfter=first.service\n"
                   "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "orphan.service",
                   "[Unit]\nRequires=nowhere.service\n[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "broken.service", "[Service]\nType=exec\nExecStart=/nonexistent\n");
        unit_write(fixture, "needs.service",
                   "[Unit]\nRequires=broken.service\nAfter=broken.service\n"
                   "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, NULL);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "second.service");
        event_wait(fixture, mark, "unit second.service active running");
        unsigned int order = 0, first = 0, second = 0;
        for (unsigned int i = mark; i < fixture->events->len; i++) {
                order++;
                if (strcmp(fixture->events->pdata[i], "unit first.service active running") == 0)
                        first = order;
                if (g_str_has_prefix(fixture->events->pdata[i], "unit second.service ") && !second)
                        second = order;
        }
        g_assert_cmpuint(first, >, 0);
        g_assert_cmpuint(first, <, second);
        /* A stop takes along what requires it. */
        unit_stop(fixture, "first.service");
        unit_wait(fixture, "second.service", "inactive", "dead");
        g_assert_cmpint(bus_units_call(fixture, "Start", &missing, "orphan.service", NULL), <, 0);
        g_assert_nonnull(strstr(missing, "nowhere.service"));
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "needs.service", NULL), <, 0);
        unit_expect(fixture, "needs.service", "inactive", "dead");
        unit_expect(fixture, "broken.service", "failed", "failed");
}

/* Each is one service that can't start, and what its failure must name. */
static const struct {
        const char *lines;
        const char *step;
        const char *reason;
} bad_services[] = {
        { "ExecStart=/nonexistent/program", "exec", "No such file or directory" },
        { "ExecStart=/etc/passwd", "exec", "Permission denied" },
        { "ExecStart=/bin/true\nUser=no-such-user-here", "no-such-user-here", "" },
        { "ExecStart=/bin/true\nGroup=no-such-group", "no-such-group", "" },
        { "ExecStart=/bin/true\nWorkingDirectory=/nonexistent", "chdir",
          "No such file or directory" },
};

static void test_services_that_cannot_start(void) {
        _fixture_ Fixture *fixture = fixture_new();

        for (size_t i = 0; i < ARRAY_SIZE(bad_services); i++) {
                g_autofree char *name = g_strdup_printf("bad%zu.service", i);
                unit_write(fixture, name, "[Service]\nType=exec\n%s\n", bad_services[i].lines);
        }
        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, NULL);
        unsigned int fds = daemon_count_fds(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(bad_services); i++) {
                g_autofree char *name = g_strdup_printf("bad%zu.service", i);
                g_autofree char *error = NULL, *status = NULL;
                g_assert_cmpint(bus_units_call(fixture, "Start", &error, name, NULL), <, 0);
                unit_expect(fixture, name, "failed", "failed");
                g_assert_cmpint(ctl(fixture, &status, "status", name, NULL), !=, 127);
                if (!strstr(status, bad_services[i].step) ||
                    !strstr(status, bad_services[i].reason))
                        g_error("status doesn't name \"%s\" and \"%s\": %s", bad_services[i].step,
                                bad_services[i].reason, status);
        }
        /* A cgroup that was made for each stays. */
        daemon_expect_fds(fixture, fds + 2 * ARRAY_SIZE(bad_services));
}

/* A program that isn't there is tried again as Restart= says, and found in the end. */
static void test_tried_again(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *program = fixture_expand(fixture, "@dir@/program");
        g_autofree char *claimer = g_build_filename(case_programs(), "claimer", NULL);

        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=@dir@/program --report=@dir@/report --never\n"
                   "Restart=on-failure\nRestartSec=20ms\n" NO_START_LIMIT);
        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, NULL);
        unsigned int mark = events_mark(fixture);
        unit_start_begin(fixture, "web.service");
        event_wait_count(fixture, mark, "unit web.service activating auto-restart", 3);
        g_assert_cmpint(symlink(claimer, program), ==, 0);
        g_free(report_wait(fixture, "up", NULL));
        unit_wait(fixture, "web.service", "active", "running");
}

/* The same of a user that isn't there, until the start limit. */
static void test_user_tried_again(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=/bin/true\nUser=no-such-user\nRestart=on-failure\n"
                   "RestartSec=20ms\nStartLimitBurst=3\n");
        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, NULL);
        unit_start_begin(fixture, "web.service");
        unit_wait(fixture, "web.service", "failed", NULL);
        g_autofree char *failure = unit_property(fixture, "web.service", "Failure");
        g_assert_nonnull(strstr(failure, "start-limit-hit: User=no-such-user: no such name"));
        g_assert_nonnull(strstr(failure, "started 3 times"));
}

static void test_address_in_use(void) {
        _fixture_ Fixture *fixture = fixture_new();
        unsigned int port = port_free_find();
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        _cleanup_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_autofree char *line = g_strdup_printf("ListenStream=127.0.0.1:%u", port);
        g_autofree char *target = g_strdup_printf("127.0.0.1:%u", port), *error = NULL;

        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        g_assert_cmpint(listen(fd, 1), ==, 0);
        pair_write(fixture, "web", line, "web.socket", "");
        pair_write(fixture, "other", "ListenStream=@dir@/other", "other.socket", "");
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.socket", "failed", "failed");
        unit_expect(fixture, "other.socket", "active", "listening");
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "bind"));
        g_assert_nonnull(strstr(failure, target));
        g_assert_nonnull(strstr(failure, "in use"));
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "web.socket", NULL), <, 0);
        fd = fd_close(fd);
        unit_start(fixture, "web.socket");
        ask_name(target, SOCK_STREAM, "web.socket");
}

/* Its service has the listener still: that is who has to let go of it. */
static void test_restart_with_holder(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *error = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        ask_name(address, SOCK_STREAM, "web.socket");
        g_assert_cmpint(bus_units_call(fixture, "Restart", &error, "web.socket", NULL), <, 0);
        g_assert_nonnull(strstr(error, "web.service may still have it: restart or stop that"));
        unit_stop(fixture, "web.service");
        unit_start(fixture, "web.socket");
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* A folder that was named and isn't there is said to be missing; a unit may be named as for
 * bellhopctl. */
static void test_command_line(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *folders = g_strconcat("--unit-path=", fixture->units, ":/nonexist", NULL);

        service_write(fixture, "late.service", "ExecStart=@claimer@ --never\n");
        fixture_start(fixture, folders, "late", NULL);
        unit_expect(fixture, "late.service", "active", "running");
        g_autofree char *log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "/nonexist:1: warning: there is no such folder"));
}

/* With a service that isn't there, as after a slip of the pen, the log tells why nothing answers;
 * one that comes later does. */
static void test_no_service(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *log = NULL;

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\n");
        unit_write(fixture, "other.socket",
                   "[Socket]\nListenStream=@dir@/other\nService=none.service\n");
        service_write(fixture, "user.service",
                      "ExecStart=@claimer@ --never\nSockets=other.socket\n");
        fixture_start(fixture, "web.socket", "other.socket", NULL);
        log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "web.socket: there is no web.service to be started"));
        g_assert_null(strstr(log, "none.service")); /* this one has another service */
        int waiting = address_connect(address, SOCK_STREAM);
        g_assert_cmpint(waiting, >=, 0);
        service_write(fixture, "web.service", "ExecStart=@claimer@ web.socket\n");
        bus_reload(fixture, NULL);
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        close(waiting);
}

/* With Accept=yes there is nobody to wait for it. */
static void test_no_template(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/each"), *failure = NULL;

        unit_write(fixture, "each.socket", "[Socket]\nListenStream=@dir@/each\nAccept=yes\n");
        fixture_start(fixture, NULL);
        unsigned int mark = events_mark(fixture);
        int client = address_connect(address, SOCK_STREAM);
        g_assert_cmpint(client, >=, 0);
        event_wait(fixture, mark, "unit each.socket failed *");
        failure = unit_property(fixture, "each.socket", "Failure");
        g_assert_true(g_str_has_suffix(failure, ": there is no each@.service"));
        close(client);
}

/* A masked unit is there, in order not to be loaded: nobody has mistyped its name. */
static void test_masked(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *mask = g_build_filename(fixture->units, "web.service", NULL);
        g_autofree char *needs = g_build_filename(fixture->units, "needs.service", NULL);
        g_autofree char *socket = g_build_filename(fixture->units, "web.socket", NULL);
        g_autofree char *start = NULL, *requires = NULL, *verify = NULL, *triggers = NULL;

        g_assert_cmpint(symlink("/dev/null", mask), ==, 0);
        service_write(fixture, "wet.service", "ExecStart=@claimer@ --never\n");
        unit_write(fixture, "needs.service",
                   "[Unit]\nRequires=web.service\n[Service]\nExecStart=/bin/true\n");
        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\n");
        fixture_start(fixture, "wet.service", NULL);
        g_assert_cmpint(ctl(fixture, &start, "start", "web", NULL), ==, 4);
        g_assert_nonnull(strstr(start, "web.service is masked by "));
        g_assert_nonnull(strstr(start, mask));
        g_assert_cmpint(ctl(fixture, &requires, "start", "needs", NULL), ==, 1);
        g_assert_nonnull(strstr(requires, "needs.service requires web.service: it is masked"));
        g_assert_cmpint(ctl(fixture, &verify, "verify", needs, NULL), ==, 1);
        g_assert_nonnull(strstr(verify, "needs.service:2: error: Requires: this one is masked: "
                                        "web.service; this unit can't start without it"));
        g_assert_cmpint(ctl(fixture, &triggers, "verify", socket, NULL), ==, 0);
        g_assert_nonnull(strstr(triggers, "warning: web.service is masked: nothing is started"));
}

/* A reload that adds an address in use says so, and the old one serves on. */
static void test_reload_address_in_use(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *error = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        pair_write(fixture, "other", "ListenStream=@bellhop-test-in-use", "other.socket", "");
        fixture_start(fixture, NULL);
        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nListenStream=@bellhop-test-in-use\n");
        g_assert_cmpint(ctl(fixture, &error, "daemon-reload", NULL), ==, 1);
        g_assert_nonnull(strstr(error, "web.socket: error: bind @bellhop-test-in-use"));
        ask_name(address, SOCK_STREAM, "web.socket");
        g_autofree char *log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "in use"));
}

static void test_memfd_that_cannot_be_made(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "none.memfd", "[Memfd]\nSource=@dir@/none\nService=web.service\n");
        unit_write(fixture, "large.memfd",
                   "[Memfd]\nSource=@dir@/large\nMaxSize=8\nService=web.service\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ --never\n");
        g_free(file_write(fixture, "large", "more than eight bytes\n"));
        fixture_start(fixture, NULL);
        unit_expect(fixture, "none.memfd", "failed", NULL);
        unit_expect(fixture, "large.memfd", "failed", NULL);
        g_autofree char *none = unit_property(fixture, "none.memfd", "Failure");
        g_autofree char *large = unit_property(fixture, "large.memfd", "Failure");
        g_assert_nonnull(strstr(none, "No such file"));
        g_assert_nonnull(strstr(large, "large"));
}

/* One manager per runtime folder; a stale one is no obstacle. */
static void test_one_manager(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *runtime = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        g_autofree char *units = g_strdup_printf("--unit-path=%s", fixture->units), *output = NULL;
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        g_assert_cmpint(run(fixture, &output, "bellhopd", runtime, units, NULL), >, 0);
        g_assert_nonnull(strstr(output, fixture->runtime));
        ask_name(address, SOCK_STREAM, "web.socket");
        pid_t service = unit_main_pid(fixture, "web.service");
        fixture_kill(fixture, SIGKILL);
        fixture_wait_end(fixture);
        kill(service, SIGKILL);
        process_wait_gone(service);
        fixture_start(fixture, NULL);
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* A manager that was killed leaves its services: the next one starts them anew, and says so. */
static void test_leftovers(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *cgroup = NULL, *path = NULL, *log = NULL, *expected = NULL;

        service_write(fixture, "web.service", "ExecStart=@claimer@ --never\n");
        fixture_start(fixture, NULL);
        g_free(report_wait(fixture, "up", NULL));
        pid_t old = unit_main_pid(fixture, "web.service");
        path = g_strdup_printf("/proc/%d/cgroup", (int)old);
        g_assert_true(g_file_get_contents(path, &cgroup, NULL, NULL));
        if (!strstr(cgroup, "web.service")) {
                unit_stop(fixture, "web.service");
                fixture_stop(fixture);
                skip_case("no cgroups here");
        }
        fixture_kill(fixture, SIGKILL);
        fixture_wait_end(fixture);
        fixture_start(fixture, NULL);
        g_free(report_wait(fixture, "up", NULL));
        g_assert_true(process_is_alive(old));
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), !=, old);
        log = fixture_log(fixture);
        expected = g_strdup_printf("web.service: found left-over process claimer (pid %d) in its "
                                   "cgroup: stopped uncleanly before",
                                   (int)old);
        g_assert_nonnull(strstr(log, expected));
        /* Whoever stops the service ends them all. */
        unit_stop(fixture, "web.service");
        process_wait_gone(old);
}

/* What they hold can't be opened again; who they are is said, and once they are gone it can. */
static void test_leftover_holds_address(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *expected = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        fixture_start(fixture, NULL);
        pid_t old = ask_name(address, SOCK_STREAM, "web.socket");
        g_autofree char *cgroup = unit_property(fixture, "web.service", "ControlGroup");
        fixture_kill(fixture, SIGKILL);
        fixture_wait_end(fixture);
        fixture_start(fixture, NULL);
        unit_expect(fixture, "web.socket", "failed", NULL);
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "Address already in use"));
        /* Without cgroups nobody knows. */
        expected = g_strdup_printf(
                "claimer (pid %d) may have it, which is left over of web.service", (int)old);
        g_assert_cmpint(strstr(failure, expected) != NULL, ==, cgroup && *cgroup);
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, old);
        kill(old, SIGKILL);
        process_wait_gone(old);
        unit_start(fixture, "web.socket");
        ask_name(address, SOCK_STREAM, "web.socket");
}

/* Those that KillMode= spares are no secret, either. */
static void test_leftovers_spared(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *cgroup = NULL, *path = NULL, *log = NULL, *expected = NULL;

        service_write(fixture, "web.service", "ExecStart=@claimer@ --never\nKillMode=none\n");
        fixture_start(fixture, NULL);
        g_free(report_wait(fixture, "up", NULL));
        pid_t old = unit_main_pid(fixture, "web.service");
        path = g_strdup_printf("/proc/%d/cgroup", (int)old);
        g_assert_true(g_file_get_contents(path, &cgroup, NULL, NULL));
        unit_restart(fixture, "web.service");
        g_free(report_wait(fixture, "up", NULL));
        log = fixture_log(fixture);
        expected = g_strdup_printf("left-over process claimer (pid %d)", (int)old);
        g_assert_cmpint(strstr(log, expected) != NULL, ==, strstr(cgroup, "web.service") != NULL);
        pid_t young = unit_main_pid(fixture, "web.service");
        unit_stop(fixture, "web.service");
        kill(old, SIGKILL);
        kill(young, SIGKILL);
        process_wait_gone(old);
        process_wait_gone(young);
}

static void test_options(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *help = NULL, *version = NULL, *wrong = NULL, *unit = NULL;
        g_autofree char *path = NULL, *long_path = NULL;
        char runtime[200] = "--runtime-directory=/";
        static const char *const arguments[] = { "nowhere.socket", NULL };

        g_assert_cmpint(run(fixture, &help, "bellhopd", "--help", NULL), ==, 0);
        g_assert_nonnull(strstr(help, "--runtime-directory"));
        g_assert_cmpint(run(fixture, &version, "bellhopd", "--version", NULL), ==, 0);
        g_assert_cmpint(run(fixture, &wrong, "bellhopd", "--no-such-option", NULL), >, 0);
        /* As of a variable that isn't set. */
        g_assert_cmpint(run(fixture, &path, "bellhopd", "--unit-path=", NULL), ==, 2);
        g_assert_nonnull(strstr(path, "--unit-path: names no folder"));
        g_assert_cmpint(run(fixture, NULL, "bellhopd", "--runtime-directory=", NULL), ==, 2);
        /* 101 bytes have no room for "/notify". */
        memset(runtime + strlen(runtime), 'x', 100);
        g_assert_cmpint(run(fixture, &long_path, "bellhopd", runtime, NULL), ==, 1);
        g_assert_nonnull(strstr(long_path, ": more than 100 bytes, too long for the sockets"));
        /* A unit that was asked for by name and isn't there is a mistake of who asks. */
        g_assert_cmpint(fixture_try_start(fixture, arguments), ==, 1);
        unit = fixture_log(fixture);
        g_assert_nonnull(strstr(unit, "nowhere.socket"));
}

/* Not everything is started because what should be can't be read. */
static void test_bad_default_target(void) {
        _fixture_ Fixture *fixture = fixture_new();
        static const char *const none[] = { NULL };
        g_autofree char *log = NULL;

        unit_write(fixture, "default.target", "[Unit]\nRequires=no such name\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        g_assert_cmpint(fixture_try_start(fixture, none), ==, 1);
        log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "default.target:2: error: Requires: "));
}

static const TestCase cases[] = {
        { "bad files", test_bad_files, AS_BOTH, 0 },
        { "a bad socket keeps its service down", test_bad_socket_keeps_service, AS_BOTH, 0 },
        { "reload with errors", test_reload_with_errors, AS_BOTH, 0 },
        { "reload with a bad new file", test_reload_with_bad_new_file, AS_BOTH, 0 },
        { "ordering cycle", test_ordering_cycle, AS_BOTH, 0 },
        { "requirements and order", test_requires_and_order, AS_BOTH, 0 },
        { "services that can't start", test_services_that_cannot_start, AS_BOTH, 0 },
        { "a missing program is tried again", test_tried_again, AS_BOTH, 0 },
        { "a missing user is tried again", test_user_tried_again, AS_BOTH, 0 },
        { "address in use", test_address_in_use, AS_BOTH, 0 },
        { "restart while the service has it", test_restart_with_holder, AS_BOTH, 0 },
        { "a missing folder, a short name", test_command_line, AS_BOTH, 0 },
        { "a socket without a service", test_no_service, AS_BOTH, 0 },
        { "a socket without a template", test_no_template, AS_BOTH, 0 },
        { "masked", test_masked, AS_BOTH, 0 },
        { "reload with an address in use", test_reload_address_in_use, AS_BOTH, 0 },
        { "memfds that can't be made", test_memfd_that_cannot_be_made, AS_BOTH, 0 },
        { "one manager per folder", test_one_manager, AS_BOTH, 0 },
        { "left-over processes", test_leftovers, AS_BOTH, 0 },
        { "a left-over process holds the address", test_leftover_holds_address, AS_BOTH, 0 },
        { "left-over processes that were spared", test_leftovers_spared, AS_BOTH, 0 },
        { "bad default target", test_bad_default_target, AS_BOTH, 0 },
        { "options", test_options, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
