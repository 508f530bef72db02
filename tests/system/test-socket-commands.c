/* SPDX-License-Identifier: MIT */
/* The commands of a socket unit: ExecStartPre= and the others. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

/* Says what runs, and whether the address is there. */
#define NOTE(what)                                                               \
        "/bin/sh -c 'test -S @dir@/web && s=there || s=gone; echo " what " $$s " \
        ">>@dir@/notes'\n"
#define ALL_NOTES                                                                                  \
        "ListenStream=@dir@/web\nRemoveOnStop=yes\n"                                               \
        "ExecStartPre=" NOTE("start-pre") "ExecStartPost=" NOTE("start-post") "ExecStopPre=" NOTE( \
                "stop-pre") "ExecStopPost=" NOTE("stop-post")

static void expect_notes(const Fixture *fixture, const char *expected) {
        g_autofree char *notes = file_read(fixture, "notes");

        g_assert_cmpstr(notes, ==, expected);
}

static void test_commands(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web", ALL_NOTES, "web.socket", "");
        fixture_start(fixture, NULL);
        expect_notes(fixture, "start-pre gone\nstart-post there\n");
        unit_expect(fixture, "web.socket", "active", "listening");
        ask_name(web, SOCK_STREAM, "web.socket");
        unit_stop(fixture, "web.service", "web.socket");
        expect_notes(fixture, "start-pre gone\nstart-post there\nstop-pre there\n"
                              "stop-post gone\n");
        unit_expect(fixture, "web.socket", "inactive", "dead");
        static const char *const states[] = { "activating start-pre",   "activating start-post",
                                              "active listening",       "deactivating stop-pre",
                                              "deactivating stop-post", "inactive dead" };
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "web.socket");
        unit_stop(fixture, "web.socket");
        for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
                g_autofree char *event = g_strconcat("unit web.socket ", states[i], NULL);
                event_wait(fixture, mark, event);
        }
}

/* What begins with the socket begins after its commands. */
static void test_commands_first(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "web.socket", "[Socket]\n" ALL_NOTES);
        unit_write(fixture, "web.service",
                   "[Service]\nExecStart=/bin/sh -c 'echo service >>@dir@/notes'\n");
        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, "idle.target", NULL);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "web.service");
        event_wait(fixture, mark, "unit web.service inactive dead");
        expect_notes(fixture, "start-pre gone\nstart-post there\nservice\n");
}

static void start_fails(Fixture *fixture, const char *lines, const char *error) {
        g_autofree char *text = NULL;

        pair_write(fixture, "web", lines, "web.socket", "");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        g_assert_cmpint(bus_units_call(fixture, "Start", &text, "web.socket", NULL), <, 0);
        if (!strstr(text, error))
                g_test_message("%s", text);
        g_assert_nonnull(strstr(text, error));
        unit_expect(fixture, "web.socket", "failed", "failed");
}

static void test_commands_fail(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        start_fails(fixture,
                    ALL_NOTES "ExecStartPre=/bin/sh -c 'exit 3'\nExecStartPre=/bin/touch "
                              "@dir@/never\n",
                    "ExecStartPre: /bin/sh exited with status 3");
        expect_notes(fixture, "start-pre gone\n");
        start_fails(fixture, ALL_NOTES "ExecStartPost=/nonexistent\n", "No such file");
        expect_notes(fixture, "start-pre gone\nstart-pre gone\nstart-post there\nstop-pre there\n"
                              "stop-post gone\n");
        g_assert_false(g_file_test(web, G_FILE_TEST_EXISTS));
        /* "-" lets it pass. */
        pair_write(fixture, "web", "ListenStream=@dir@/web\nExecStartPre=-/bin/false\n",
                   "web.socket", "");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        unit_start(fixture, "web.socket");
        ask_name(web, SOCK_STREAM, "web.socket");
}

/* An address that can't be had: the stop commands run as for any end. */
static void test_commands_after_open(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        start_fails(fixture, ALL_NOTES "ListenStream=192.0.2.1:17777\n", "bind");
        expect_notes(fixture, "start-pre gone\nstop-pre gone\nstop-post gone\n");
}

static void test_commands_time_out(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        start_fails(fixture,
                    "ListenStream=@dir@/web\nTimeoutSec=100ms\nExecStartPre=/bin/sleep 1000\n",
                    "still there after 0.1 s");
        /* Deaf to SIGTERM. */
        start_fails(
                fixture,
                "ListenStream=@dir@/web\nTimeoutSec=100ms\n"
                "ExecStartPost=/bin/sh -c 'trap \"\" TERM; while :; do read x </dev/zero; done'\n",
                "still there after 0.1 s");
}

static void test_stop_while_starting(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nExecStartPre=/bin/sleep 1000\n"
                   "ExecStopPost=/bin/touch @dir@/stopped\n",
                   "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        unit_start_begin(fixture, "web.socket");
        unit_wait(fixture, "web.socket", "activating", "start-pre");
        g_autofree char *pid = unit_property(fixture, "web.socket", "ControlPID");
        g_assert_true(process_is_alive(atoi(pid)));
        unit_stop(fixture, "web.socket");
        unit_expect(fixture, "web.socket", "inactive", "dead");
        g_assert_false(process_is_alive(atoi(pid)));
        g_autofree char *path = fixture_expand(fixture, "@dir@/stopped");
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* Who is told of it, and who isn't. */
static void test_time_out_kill_mode(void) {
        _fixture_ Fixture *fixture = fixture_new();
        static const struct {
                const char *mode, *notes;
        } modes[] = {
                { "control-group", "child\n" },
                { "mixed", "" },
        };

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        g_free(file_write(fixture, "child",
                          "trap 'echo child >>%s/notes; kill $!; exit' TERM\n"
                          "sleep 1000 & echo $! >%s/sleeper; echo $$ >%s/pid; wait\n",
                          fixture->folder, fixture->folder, fixture->folder));
        fixture_start(fixture, "idle.target", NULL);
        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                g_autofree char *lines = g_strdup_printf(
                        "ListenStream=@dir@/web\nTimeoutSec=3s\nKillMode=%s\n"
                        "ExecStartPre=/bin/sh -c 'cat /proc/self/cgroup >@dir@/cgroup; "
                        "trap wait TERM; sh @dir@/child & wait'\n",
                        modes[i].mode);
                start_fails(fixture, lines, "still there after 3 s");
                g_autofree char *pid = file_read(fixture, "pid");
                g_autofree char *sleeper = file_read(fixture, "sleeper");
                g_autofree char *cgroup = file_read(fixture, "cgroup");
                if (!strstr(cgroup, "web.socket"))
                        skip_case("no cgroups here");
                process_wait_gone(atoi(pid));
                process_wait_gone(atoi(sleeper));
                expect_notes(fixture, modes[i].notes);
                g_autofree char *notes = fixture_expand(fixture, "@dir@/notes");
                (void)unlink(notes);
        }
}

/* What it gets, one after the other, and what becomes of one that none of it ends. */
static void test_time_out_signals(void) {
        _fixture_ Fixture *fixture = fixture_new();
        static const struct {
                const char *lines, *notes;
                bool ends;
        } cases[] = {
                { "SendSIGHUP=yes\n", "hup\n", true },
                { "FinalKillSignal=USR1\n", "usr1\n", false }, /* and as what is left behind */
                { "SendSIGKILL=no\n", "", false },
                { "KillSignal=USR2\n", "usr2\n", true },
                { "KillSignal=USR2\nKillMode=process\n", "usr2\n", true },
                { "KillSignal=USR2\nKillMode=none\n", "", false },
        };

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        g_free(file_write(fixture, "deaf",
                          "trap '' TERM; trap 'echo hup >>%s/notes' HUP\n"
                          "trap 'echo usr1 >>%s/notes' USR1; trap 'echo usr2 >>%s/notes' USR2\n"
                          "echo $$ >%s/pid; while :; do :; done\n",
                          fixture->folder, fixture->folder, fixture->folder, fixture->folder));
        for (size_t i = 0; i < ARRAY_SIZE(cases);) {
                g_autofree char *lines = g_strdup_printf("ListenStream=@dir@/web\nTimeoutSec=1s\n"
                                                         "ExecStartPre=/bin/sh @dir@/deaf\n%s",
                                                         cases[i].lines);
                start_fails(fixture, lines, "still there after 1 s");
                g_autofree char *pid = file_read(fixture, "pid");
                if (!*pid)
                        continue; /* it was too early */
                g_assert_cmpint(process_is_alive(atoi(pid)), ==, !cases[i].ends);
                g_autofree char *got = file_read(fixture, "notes");
                g_assert_true(*cases[i].notes ? g_str_has_prefix(got, cases[i].notes) : !*got);
                (void)kill(atoi(pid), SIGKILL);
                process_wait_gone(atoi(pid));
                g_autofree char *notes = fixture_expand(fixture, "@dir@/notes");
                (void)unlink(notes);
                g_autofree char *written = fixture_expand(fixture, "@dir@/pid");
                (void)unlink(written);
                i++;
        }
}

/* A command that is stopped, and would be for ever. */
static void test_stopped_command(void) {
        _fixture_ Fixture *fixture = fixture_new();
        static const char *const keys[] = { "ExecStartPre", "ExecStartPost" };

        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web\n", "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                g_autofree char *lines =
                        g_strdup_printf("ListenStream=@dir@/web\nTimeoutSec=100ms\n"
                                        "%s=/bin/sh -c 'kill -STOP $$$$; sleep 1000'\n",
                                        keys[i]);
                start_fails(fixture, lines, "still there after 0.1 s");
                /* Without a time limit it is there until somebody stops the unit. */
                g_autofree char *patient =
                        g_strdup_printf("ListenStream=@dir@/web\nTimeoutSec=infinity\n"
                                        "%s=/bin/sh -c 'kill -STOP $$$$; sleep 1000'\n",
                                        keys[i]);
                pair_write(fixture, "web", patient, "web.socket", "");
                g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
                unit_start_begin(fixture, "web.socket");
                unit_wait(fixture, "web.socket", "activating", NULL);
                g_autofree char *pid = unit_property(fixture, "web.socket", "ControlPID");
                process_wait_state(atoi(pid), "T");
                unit_stop(fixture, "web.socket");
                unit_expect(fixture, "web.socket", "inactive", "dead");
                process_wait_gone(atoi(pid));
        }
}

/* The commands of a stop can't keep a unit up. */
static void test_stop_commands_time_out(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nRemoveOnStop=yes\nTimeoutSec=100ms\n"
                   "ExecStopPre=/bin/sh -c 'trap \"\" TERM; while :; do read x </dev/zero; done'\n"
                   "ExecStopPost=/bin/sh -c 'kill -STOP $$$$; sleep 1000'\n",
                   "web.socket", "");
        fixture_start(fixture, NULL);
        g_autofree char *text = NULL;
        (void)bus_units_call(fixture, "Stop", &text, "web.socket", NULL);
        unit_wait(fixture, "web.socket", "failed", "failed");
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "still there after 0.1 s"));
        g_assert_false(g_file_test(web, G_FILE_TEST_EXISTS));
        unit_start(fixture, "web.socket");
        ask_name(web, SOCK_STREAM, "web.socket");
}

/* What a command does to the socket's file is its own affair; nothing else is touched by it. */
static void test_path_taken_away(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nListenStream=@dir@/other\nRemoveOnStop=yes\n"
                   "ExecStartPost=/bin/rm @dir@/web\n",
                   "web.socket web.socket", "");
        fixture_start(fixture, NULL);
        g_assert_cmpint(address_connect(web, SOCK_STREAM), ==, -ENOENT);
        ask_name(other, SOCK_STREAM, "web.socket");
        unit_stop(fixture, "web.service", "web.socket");
        unit_expect(fixture, "web.socket", "inactive", "dead");
        g_assert_false(g_file_test(other, G_FILE_TEST_EXISTS));
        /* And it is no obstacle if one puts something else there: that isn't a socket of ours. */
        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nExecStartPre=/bin/sh -c 'echo x >@dir@/web'\n",
                   "web.socket", "");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        g_autofree char *text = NULL;
        g_assert_cmpint(bus_units_call(fixture, "Start", &text, "web.socket", NULL), <, 0);
        g_assert_nonnull(strstr(text, "bind"));
        g_autofree char *content = file_read(fixture, "web");
        g_assert_cmpstr(content, ==, "x\n");
}

/* Who has been given the listener can end it for all. */
static void test_shut_down_by_command(void) {
        _fixture_ Fixture *fixture = fixture_new();

        if (!program_exists("python3"))
                skip_case("python3 isn't installed");
        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nPassFileDescriptorsToExec=yes\n"
                   "ExecStartPost=python3 -c 'import socket; "
                   "socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)'\n",
                   "web.socket", "");
        fixture_start(fixture, NULL);
        unit_wait(fixture, "web.socket", "failed", "failed");
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "shut down"));
        unit_expect(fixture, "web.service", "inactive", "dead");
}

/* ---- reloads ---- */

/* Waits until a file says "go". */
#define WAIT_FOR_GO "/bin/sh -c 'echo waits >>@dir@/notes; read x <@dir@/go'\n"
#define SAY(what)   "/bin/sh -c 'echo " what " >>@dir@/notes'\n"

/* Commands that have begun go on as they were; the next ones are the new ones. */
static void commands_change(const char *key, const char *before, const char *after,
                            const char *state, const char *expected) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");
        g_autofree char *old = g_strdup_printf("ListenStream=@dir@/web\n%s=" WAIT_FOR_GO "%s=%s",
                                               key, key, before);

        fifo_make(fixture, "go");
        unit_write(fixture, "idle.target", "[Unit]\nDescription=nothing\n");
        pair_write(fixture, "web", old, "web.socket", "");
        fixture_start(fixture, "idle.target", NULL);
        unit_start_begin(fixture, "web.socket");
        unit_wait(fixture, "web.socket", "activating", state);
        g_autofree char *new = g_strdup_printf("ListenStream=@dir@/web\n%s", after);
        pair_write(fixture, "web", new, "web.socket", "");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        fifo_write(fixture, "go");
        unit_wait(fixture, "web.socket", "active", "listening");
        expect_notes(fixture, expected);
        ask_name(web, SOCK_STREAM, "web.socket");
        /* From the next time on they are all new. */
        unit_stop(fixture, "web.service", "web.socket");
        g_assert_cmpint(unlink(web), ==, 0);
}

static void test_commands_replaced(void) {
        commands_change("ExecStartPre", SAY("old"),
                        "ExecStartPre=" SAY("never") "ExecStartPre=" SAY(
                                "never") "ExecStartPost=" SAY("new"),
                        "start-pre", "waits\nold\nnew\n");
}

static void test_commands_removed(void) {
        commands_change("ExecStartPre", SAY("old"), "", "start-pre", "waits\nold\n");
}

static void test_post_commands_replaced(void) {
        commands_change("ExecStartPost", SAY("old"),
                        "ExecStartPost=" SAY("never") "ExecStartPost=" SAY(
                                "never") "ListenStream=@dir@/more\n",
                        "start-post", "waits\nold\n");
}

/* The commands have a user and surroundings of their own. */
static void test_command_context(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *expected = NULL;
        bool root = geteuid() == 0;

        file_write(fixture, "environment", "Y=from a file\n");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\n%sWorkingDirectory=/usr\nEnvironment=X=one\n"
                   "EnvironmentFile=@dir@/environment\nStandardOutput=append:@dir@/output\n"
                   "StandardError=append:@dir@/output\n"
                   "ExecStartPre=/bin/sh -c 'id -u; pwd; echo $${X}; echo $${Y} >&2'\n",
                   root ? "User=nobody\nGroup=nogroup\n" : "");
        fixture_start(fixture, NULL);
        output = file_read(fixture, "output");
        expected = g_strdup_printf("%u\n/usr\none\nfrom a file\n",
                                   root ? (unsigned int)USER_UID : geteuid());
        g_assert_cmpstr(output, ==, expected);
}

/* What surrounds a process is one code, whoever it is of: some of each kind, of a socket's. */
static void test_command_surroundings(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        if (g_getenv("BELLHOPD_WRAPPER"))
                skip_case("bellhopd without a wrapper: valgrind has limits and signals of its own");
        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        unit_write(fixture, "web.socket",
                   "[Socket]\nListenStream=@dir@/web\nStandardOutput=append:@dir@/output\n"
                   "UMask=0027\nNice=19\nLimitNOFILE=99\nOOMScoreAdjust=987\nCPUAffinity=0\n"
                   "CoredumpFilter=0x11\nTimerSlackNSec=7us\nNoNewPrivileges=yes\n"
                   "IgnoreSIGPIPE=no\nUnsetEnvironment=HOME\nStandardInputText=given\n"
                   "ExecStartPre=/bin/sh -c 'umask; nice; ulimit -n; "
                   "cat /proc/self/oom_score_adj /proc/self/coredump_filter "
                   "/proc/self/timerslack_ns; echo $${HOME-unset}; cat; "
                   "grep -E \"^(NoNewPrivs|SigIgn|Cpus_allowed_list):\" /proc/self/status'\n");
        fixture_start(fixture, NULL);
        output = file_read(fixture, "output");
        g_assert_true(
                g_str_has_prefix(output, "0027\n19\n99\n987\n00000011\n7000\nunset\ngiven\n"));
        g_assert_nonnull(strstr(output, "\nNoNewPrivs:\t1\n"));
        g_assert_nonnull(strstr(output, "\nCpus_allowed_list:\t0\n"));
        /* SIGPIPE is the thirteenth. */
        g_assert_nonnull(strstr(output, "\nSigIgn:"));
        g_assert_false(g_ascii_strtoull(strstr(output, "\nSigIgn:") + 8, NULL, 16) & 1u << 12);
}

/* A limit that is hit ends the unit as any stop does. */
static void test_commands_after_limit(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");

        pair_write(fixture, "web",
                   "ListenStream=@dir@/web\nRemoveOnStop=yes\nTriggerLimitIntervalSec=1h\n"
                   "TriggerLimitBurst=1\nExecStopPost=" NOTE("stop-post"),
                   "--clients=1 web.socket", NO_START_LIMIT);
        fixture_start(fixture, NULL);
        ask_name(web, SOCK_STREAM, "web.socket");
        unit_wait(fixture, "web.socket", "active", "listening");
        g_free(ask(web, SOCK_STREAM));
        unit_wait(fixture, "web.socket", "failed", "failed");
        expect_notes(fixture, "stop-post gone\n");
        g_autofree char *failure = unit_property(fixture, "web.socket", "Failure");
        g_assert_nonnull(strstr(failure, "trigger limit"));
}

/* What they leave behind goes with the unit, unless KillMode= says otherwise. */
static void test_commands_leave(void) {
        _fixture_ Fixture *fixture = fixture_new();
        static const char lines[] =
                "[Socket]\nListenStream=@dir@/web\nService=web.service\n%s"
                "ExecStartPost=/bin/sh -c 'cat /proc/self/cgroup >@dir@/cgroup; sleep 1000 & "
                "echo $$! >@dir@/pid'\n";
        g_autofree char *cgroup = NULL, *first = NULL, *second = NULL;

        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ web.socket\n");
        unit_write(fixture, "web.socket", lines, "");
        fixture_start(fixture, NULL);
        cgroup = file_read(fixture, "cgroup");
        first = file_read(fixture, "pid");
        if (!strstr(cgroup, "web.socket")) {
                kill(atoi(first), SIGKILL);
                process_wait_gone(atoi(first));
                fixture_free(TAKE_POINTER(fixture));
                skip_case("no cgroups here");
        }
        g_assert_true(process_is_alive(atoi(first)));
        unit_stop(fixture, "web.socket");
        process_wait_gone(atoi(first));
        unit_write(fixture, "web.socket", lines, "KillMode=process\n");
        g_assert_cmpint(bus_reload(fixture, NULL), ==, 0);
        unit_start(fixture, "web.socket");
        second = file_read(fixture, "pid");
        unit_stop(fixture, "web.socket");
        g_assert_true(process_is_alive(atoi(second)));
        kill(atoi(second), SIGKILL);
        process_wait_gone(atoi(second));
}

/* By LISTEN_FDS, as many programs know it. */
static void test_pass_descriptors(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *web = fixture_expand(fixture, "@dir@/web");
        static const char command[] =
                "/bin/sh -c 'echo $${LISTEN_FDS-none} $${LISTEN_FDNAMES-none} "
                "$$((LISTEN_PID - $$$$)); readlink /proc/$$$$/fd/4; "
                "ls -m /proc/$$$$/fd; :'\n"; /* a pipe would be seen now and then */

        unit_write(fixture, "web.service", "[Service]\nExecStart=@claimer@ one two\n");
        unit_write(fixture, "web.socket",
                   "[Socket]\nFileDescriptorName=one\nListenStream=@dir@/other\n"
                   "FileDescriptorName=two\nListenStream=@dir@/web\nPassFileDescriptorsToExec=yes\n"
                   "StandardOutput=append:@dir@/output\n"
                   "ExecStartPre=/bin/sh -c 'echo $${LISTEN_FDS-none}'\n"
                   "ExecStartPost=%sExecStopPre=%sExecStopPost=/bin/sh -c 'echo "
                   "$${LISTEN_FDS-none}'\n",
                   command, command);
        fixture_start(fixture, NULL);
        ask_name(web, SOCK_STREAM, "two");
        g_autofree char *claimed = report_wait(fixture, "claimed two listener *", NULL);
        unit_stop(fixture, "web.service", "web.socket");
        g_autofree char *output = file_read(fixture, "output");
        g_autofree char *given =
                g_strdup_printf("2 one:two 0\nsocket:[%" PRIu64 "]\n0, 1, 2, 3, 4\n",
                                report_number(claimed, "inode"));
        g_autofree char *expected = g_strconcat("none\n", given, given, "none\n", NULL);
        g_assert_cmpstr(output, ==, expected);
}

static const TestCase cases[] = {
        { "commands", test_commands, AS_BOTH, 0 },
        { "the service begins after the commands", test_commands_first, AS_BOTH, 0 },
        { "commands that fail", test_commands_fail, AS_BOTH, 0 },
        { "commands after a failed open", test_commands_after_open, AS_BOTH, 0 },
        { "commands that take too long", test_commands_time_out, AS_BOTH, 0 },
        { "stopped while a command runs", test_stop_while_starting, AS_BOTH, 0 },
        { "who a command's time out ends", test_time_out_kill_mode, AS_ROOT, 0 },
        { "what a command's time out sends", test_time_out_signals, AS_BOTH, 0 },
        { "a command that is stopped", test_stopped_command, AS_BOTH, 0 },
        { "stop commands that take too long", test_stop_commands_time_out, AS_BOTH, 0 },
        { "the path is taken away", test_path_taken_away, AS_BOTH, 0 },
        { "shut down by a command", test_shut_down_by_command, AS_BOTH, 0 },
        { "commands replaced while one runs", test_commands_replaced, AS_BOTH, 0 },
        { "commands removed while one runs", test_commands_removed, AS_BOTH, 0 },
        { "later commands replaced", test_post_commands_replaced, AS_BOTH, 0 },
        { "what commands run with", test_command_context, AS_BOTH, 0 },
        { "what else surrounds commands", test_command_surroundings, AS_BOTH, 0 },
        { "commands after a limit", test_commands_after_limit, AS_BOTH, 0 },
        { "what commands leave behind", test_commands_leave, AS_BOTH, 0 },
        { "commands with the listeners", test_pass_descriptors, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
