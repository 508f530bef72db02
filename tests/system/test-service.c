/* SPDX-License-Identifier: MIT */
/* Services: types, restarts, limits, stopping, output, surroundings. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static void claimer_write(const Fixture *fixture, const char *name, const char *arguments,
                          const char *lines) {
        unit_write(fixture, name, "[Service]\nExecStart=@claimer@ %s\n%s\n", arguments, lines);
}

/* Nothing starts by itself: the test says when. */
static void idle_start(Fixture *fixture) {
        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, NULL);
}

static void test_type_notify(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *status = NULL;

        claimer_write(fixture, "good.service", "--never --notify=READY=1", "Type=notify");
        claimer_write(fixture, "mute.service", "--never", "Type=notify\nTimeoutStartSec=300ms");
        idle_start(fixture);
        unit_start(fixture, "good.service");
        unit_expect(fixture, "good.service", "active", "running");
        g_assert_cmpint(bus_units_call(fixture, "Start", &status, "mute.service", NULL), <, 0);
        g_assert_nonnull(strstr(status, "mute.service"));
        unit_expect(fixture, "mute.service", "failed", "failed");
}

/* READY=1 from a process that isn't the service's counts for nobody. */
static void test_notify_by_stranger(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *report = fixture_expand(fixture, "--report=@dir@/report");
        g_autofree char *notify = g_strdup_printf("NOTIFY_SOCKET=%s/notify", fixture->runtime);

        claimer_write(fixture, "mute.service", "--never", "Type=notify");
        idle_start(fixture);
        unit_start_begin(fixture, "mute.service");
        g_free(report_wait(fixture, "up", NULL));
        pid_t pid = process_start(fixture, "env", notify, "claimer", report, "--notify=READY=1",
                                  "--never", NULL);
        process_end(pid);
        unit_wait(fixture, "mute.service", "activating", "start");
        unit_stop(fixture, "mute.service");
}

static void test_type_exec(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL;

        claimer_write(fixture, "good.service", "--never", "Type=exec");
        unit_write(fixture, "bad.service",
                   "[Service]\nExecStart=/nonexistent/program\nType=exec\n");
        idle_start(fixture);
        unit_start(fixture, "good.service");
        unit_expect(fixture, "good.service", "active", "running");
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "bad.service", NULL), <, 0);
        g_assert_nonnull(strstr(error, "bad.service"));
        g_assert_nonnull(strstr(error, "No such file"));
}

static const struct {
        const char *policy;
        const char *arguments;
        bool restarts;
} restart_rules[] = {
        { "no", "--exit-early=0", false },         { "no", "--crash-early", false },
        { "on-success", "--exit-early=0", true },  { "on-success", "--exit-early=1", false },
        { "on-failure", "--exit-early=0", false }, { "on-failure", "--exit-early=1", true },
        { "on-failure", "--crash-early", true },   { "on-abnormal", "--exit-early=1", false },
        { "on-abnormal", "--crash-early", true },  { "on-abort", "--exit-early=1", false },
        { "on-abort", "--crash-early", true },     { "always", "--exit-early=0", true },
        { "always", "--crash-early", true },
};

static void test_restart_policies(void) {
        _fixture_ Fixture *fixture = fixture_new();

        for (size_t i = 0; i < ARRAY_SIZE(restart_rules); i++) {
                g_autofree char *name = g_strdup_printf("r%zu.service", i);
                unit_write(fixture, name,
                           "[Service]\nExecStart=@claimer@ %s\nRestart=%s\nRestartSec=1h\n",
                           restart_rules[i].arguments, restart_rules[i].policy);
        }
        idle_start(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(restart_rules); i++) {
                g_autofree char *name = g_strdup_printf("r%zu.service", i);
                bool fails = strcmp(restart_rules[i].arguments, "--exit-early=0") != 0;
                unsigned int mark = events_mark(fixture);
                g_autofree char *end =
                        g_strdup_printf("unit %s %s", name,
                                        restart_rules[i].restarts ? "activating auto-restart"
                                        : fails                   ? "failed failed"
                                                                  : "inactive dead");
                unit_start_begin(fixture, name);
                event_wait(fixture, mark, end);
                unit_stop(fixture, name);
        }
}

static void test_restart_counts(void) {
        _fixture_ Fixture *fixture = fixture_new();

        claimer_write(fixture, "web.service", "--exit-early=3",
                      "Restart=always\nRestartSec=1ms\n[Unit]\nStartLimitBurst=4");
        idle_start(fixture);
        unit_start_begin(fixture, "web.service");
        unit_wait(fixture, "web.service", "failed", NULL);
        g_assert_cmpuint(report_count(fixture, "up"), ==, 4);
        g_autofree char *failure = unit_property(fixture, "web.service", "Failure");
        g_assert_nonnull(failure);
        /* By hand it is refused as long as the limit holds. */
        g_autofree char *error = NULL;
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "web.service", NULL), <, 0);
        g_assert_cmpuint(report_count(fixture, "up"), ==, 4);
}

static void test_stop_timeout(void) {
        _fixture_ Fixture *fixture = fixture_new();

        claimer_write(fixture, "deaf.service", "--never --catch-term", "TimeoutStopSec=2s");
        idle_start(fixture);
        unit_start(fixture, "deaf.service");
        g_free(report_wait(fixture, "up", NULL));
        pid_t pid = unit_main_pid(fixture, "deaf.service");
        unsigned int mark = events_mark(fixture);
        unit_stop(fixture, "deaf.service");
        g_free(report_wait(fixture, "caught", NULL));
        event_wait(fixture, mark, "unit deaf.service deactivating *kill");
        g_assert_false(process_is_alive(pid));
}

static void test_kill_signal(void) {
        _fixture_ Fixture *fixture = fixture_new();

        claimer_write(fixture, "web.service", "--never --catch-term", "KillSignal=SIGINT");
        idle_start(fixture);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", NULL));
        unit_stop(fixture, "web.service");
        g_assert_false(report_seen(fixture, "caught"));
        unit_expect(fixture, "web.service", "inactive", "dead");
}

static void kill_mode(const char *mode, bool child_survives) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *line = g_strdup_printf("KillMode=%s", mode);
        pid_t child, main_pid;

        claimer_write(fixture, "web.service", "--never --child", line);
        idle_start(fixture);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &main_pid));
        g_free(report_wait(fixture, "child", &child));
        unit_stop(fixture, "web.service");
        g_assert_false(process_is_alive(main_pid));
        g_assert_cmpint(process_is_alive(child), ==, child_survives);
        if (child_survives) {
                kill(child, SIGKILL);
                process_wait_gone(child);
        }
}

static void test_kill_mode_group(void) {
        kill_mode("control-group", false);
}

static void test_kill_mode_mixed(void) {
        kill_mode("mixed", false);
}

static void test_kill_mode_process(void) {
        kill_mode("process", true);
}

/* The main process dies by itself: what is left of the service goes too. */
static void test_main_dies(void) {
        _fixture_ Fixture *fixture = fixture_new();
        pid_t child, main_pid;

        claimer_write(fixture, "web.service", "--never --child", "");
        idle_start(fixture);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &main_pid));
        g_free(report_wait(fixture, "child", &child));
        kill(main_pid, SIGKILL);
        unit_wait(fixture, "web.service", "failed", "failed");
        process_wait_gone(child);
}

static void test_output_files(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *appended = NULL, *fresh = NULL, *log = NULL;

        g_free(file_write(fixture, "appended", "before\n"));
        g_free(file_write(fixture, "fresh", "0123456789012345678901234567890123456789\n"));
        claimer_write(fixture, "append.service", "--print=hello --exit-early=0",
                      "StandardOutput=append:@dir@/appended\nStandardError=null");
        claimer_write(fixture, "file.service", "--print=hello --exit-early=0",
                      "StandardOutput=file:@dir@/fresh\nStandardError=inherit");
        claimer_write(fixture, "inherit.service", "--print=inherited --exit-early=0",
                      "StandardOutput=inherit\nStandardError=inherit");
        idle_start(fixture);
        for (int i = 0; i < 2; i++) {
                unsigned int mark = events_mark(fixture);
                unit_start(fixture, "append.service");
                event_wait(fixture, mark, "unit append.service inactive dead");
        }
        appended = file_read(fixture, "appended");
        g_assert_cmpstr(appended, ==, "before\nhello\nhello\n");
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "file.service", "inherit.service");
        event_wait(fixture, mark, "unit file.service inactive dead");
        event_wait(fixture, mark, "unit inherit.service inactive dead");
        fresh = file_read(fixture, "fresh");
        g_assert_true(g_str_has_prefix(fresh, "hello\n"));
        log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "inherited on stderr"));
}

static void test_output_null_and_journal(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *log = NULL;

        claimer_write(fixture, "null.service", "--print=unseen --exit-early=0",
                      "StandardOutput=null\nStandardError=null");
        claimer_write(fixture, "journal.service", "--print=noted --exit-early=0",
                      "StandardOutput=journal\nStandardError=journal");
        idle_start(fixture);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "null.service", "journal.service");
        event_wait(fixture, mark, "unit null.service inactive dead");
        event_wait(fixture, mark, "unit journal.service inactive dead");
        log = fixture_log(fixture);
        g_assert_null(strstr(log, "unseen on stderr"));
}

static void test_output_cannot_open(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *error = NULL;

        claimer_write(fixture, "web.service", "--never",
                      "Type=exec\nStandardOutput=file:@dir@/none/such");
        idle_start(fixture);
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "web.service", NULL), <, 0);
        g_assert_nonnull(strstr(error, "No such file"));
}

static const struct {
        const char *line;
        const char *variable;
        const char *value;
} environment_rules[] = {
        { "Environment=A=one", "A", "one" },
        { "Environment=\"A=one two\" B=3", "A", "one two" },
        { "Environment=A=one\nEnvironment=A=two", "A", "two" },
        { "Environment=A=one\nEnvironment=", "A", "(unset)" },
        { "EnvironmentFile=@dir@/env", "FROM_FILE", "quoted value" },
        { "Environment=FROM_FILE=x\nEnvironmentFile=@dir@/env", "FROM_FILE", "quoted value" },
        { "EnvironmentFile=-@dir@/no-such", "A", "(unset)" },
        { "", "LISTEN_FDS", "(unset)" },
        { "", "LISTEN_PID", "(unset)" },
};

static void test_environment(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *log = NULL;

        g_free(file_write(fixture, "env",
                          "# a comment\nFROM_FILE=\"quoted value\"\nexport OTHER=1\n"));
        for (size_t i = 0; i < ARRAY_SIZE(environment_rules); i++) {
                g_autofree char *name = g_strdup_printf("e%zu.service", i);
                g_autofree char *arguments =
                        g_strdup_printf("--say=%s --exit-early=0", environment_rules[i].variable);
                claimer_write(fixture, name, arguments, environment_rules[i].line);
        }
        idle_start(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(environment_rules); i++) {
                g_autofree char *name = g_strdup_printf("e%zu.service", i);
                unit_start_begin(fixture, name);
                g_autofree char *said = report_wait(fixture, "say *", NULL);
                g_assert_cmpstr(said + 4, ==, environment_rules[i].value);
        }
        log = fixture_log(fixture);
        g_assert_nonnull(strstr(log, "/env:3: passed over, it isn't of the form NAME=value"));
}

static void test_expansion(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "words.service",
                   "[Service]\nEnvironment=\"WORDS=--say=WORDS --exit-early=0\"\n"
                   "ExecStart=@claimer@ $WORDS\n");
        unit_write(fixture, "braces.service",
                   "[Service]\nEnvironment=NAME=SAID SAID=it\n"
                   "ExecStart=@claimer@ --say=${NAME} --exit-early=0\n");
        unit_write(fixture, "shell.service",
                   "[Service]\nExecStart=/bin/sh -c 'exec @claimer@ \"--print=a ; b\" "
                   "--exit-early=0'\nStandardOutput=file:@dir@/out\nStandardError=null\n");
        unit_write(fixture, "missing.service",
                   "[Service]\nEnvironmentFile=@dir@/no-such\nExecStart=@claimer@\n");
        idle_start(fixture);
        unit_start_begin(fixture, "words.service");
        g_free(report_wait(fixture, "say --say=WORDS --exit-early=0", NULL));
        unit_start_begin(fixture, "braces.service");
        g_free(report_wait(fixture, "say it", NULL));
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "shell.service");
        event_wait(fixture, mark, "unit shell.service inactive dead");
        g_autofree char *out = file_read(fixture, "out"), *error = NULL;
        g_assert_cmpstr(out, ==, "a ; b\n");
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "missing.service", NULL), <, 0);
        g_assert_nonnull(strstr(error, "no-such"));
}

static void test_working_directory(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *out = NULL, *error = NULL;

        unit_write(fixture, "good.service",
                   "[Service]\nExecStart=/bin/sh -c pwd\nWorkingDirectory=@dir@/units\n"
                   "StandardOutput=file:@dir@/out\n");
        claimer_write(fixture, "bad.service", "--never", "Type=exec\nWorkingDirectory=@dir@/none");
        claimer_write(fixture, "optional.service", "--never",
                      "Type=exec\nWorkingDirectory=-@dir@/none");
        idle_start(fixture);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "good.service");
        event_wait(fixture, mark, "unit good.service inactive dead");
        out = file_read(fixture, "out");
        g_assert_cmpstr(g_strchomp(out), ==, fixture->units);
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "bad.service", NULL), <, 0);
        g_assert_nonnull(strstr(error, "chdir"));
        unit_start(fixture, "optional.service");
}

static void test_user_and_group(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web"), *out = NULL;
        g_autofree char *folder = fixture_expand(fixture, "@dir@/owned");

        unit_write(fixture, "who.service",
                   "[Service]\nExecStart=/bin/sh -c 'id -u; id -g; id -G'\nUser=65533\nGroup=12\n"
                   "StandardOutput=file:@dir@/out\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "User=nobody");
        fixture_start(fixture, "web.socket", NULL);
        pid_t pid = ask_name(address, SOCK_STREAM, "web.socket");
        g_autofree char *proc = g_strdup_printf("/proc/%d", (int)pid);
        struct stat st;
        g_assert_cmpint(stat(proc, &st), ==, 0);
        g_assert_cmpuint(st.st_uid, ==, USER_UID);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "who.service");
        event_wait(fixture, mark, "unit who.service inactive dead");
        out = file_read(fixture, "out");
        g_assert_cmpstr(out, ==, "65533\n12\n12\n");
}

/* Type=external: somebody else starts it, PIDFile= says who it is. */
static void test_external(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *report = fixture_expand(fixture, "@dir@/report");
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\n");
        unit_write(fixture, "web.service", "[Service]\nType=external\nPIDFile=@dir@/pid\n");
        pid_t pid = process_start(fixture, "bare", "blocked", report, "web.socket", NULL);
        g_free(report_wait(fixture, "ready", NULL));
        g_free(file_write(fixture, "pid", "%d\n", (int)pid));
        idle_start(fixture);
        unit_start(fixture, "web.service");
        unit_expect(fixture, "web.service", "active", "running");
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        kill(pid, SIGUSR1);
        g_free(report_wait(fixture, "claimed web.socket *", NULL));
        g_assert_cmpint(ask_name(address, SOCK_STREAM, "web.socket"), ==, pid);
        process_end(pid);
        /* How it ended only its parent knows. */
        unit_wait(fixture, "web.service", "inactive", "dead");
}

static void test_ignored_failure(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "dash.service", "[Service]\nExecStart=-@claimer@ --exit-early=9\n");
        unit_write(fixture, "at.service",
                   "[Service]\nExecStart=@@bin@/claimer other --print=x --exit-early=0\n");
        idle_start(fixture);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "dash.service", "at.service");
        event_wait(fixture, mark, "unit dash.service inactive dead");
        event_wait(fixture, mark, "unit at.service inactive dead");
}

/* A service that stops during its start, and one that is stopped in each state. */
/* What bellhopd's own caller has ignored (nohup) or blocked isn't a service's to inherit. */
static void test_signals(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *text = NULL;
        sigset_t blocked, before;

        unit_write(fixture, "signals.service",
                   "[Service]\nType=oneshot\nIgnoreSIGPIPE=no\n"
                   "StandardOutput=truncate:@dir@/signals\n"
                   "ExecStart=/bin/grep -E ^Sig[BI] /proc/self/status\n");
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGUSR1);
        sigaddset(&blocked, SIGALRM);
        g_assert_cmpint(sigprocmask(SIG_BLOCK, &blocked, &before), ==, 0);
        (void)signal(SIGHUP, SIG_IGN);
        (void)signal(SIGQUIT, SIG_IGN);
        idle_start(fixture);
        (void)signal(SIGQUIT, SIG_DFL);
        (void)signal(SIGHUP, SIG_DFL);
        g_assert_cmpint(sigprocmask(SIG_SETMASK, &before, NULL), ==, 0);
        unit_start(fixture, "signals.service");
        text = file_read(fixture, "signals");
        g_assert_cmpstr(text, ==, "SigBlk:\t00001e0000000000\nSigIgn:\t00001e0000000000\n");
        unit_expect(fixture, "signals.service", "inactive", "dead");
}

static void test_stop_at_any_time(void) {
        _fixture_ Fixture *fixture = fixture_new();

        claimer_write(fixture, "starting.service", "--never", "Type=notify");
        claimer_write(fixture, "waiting.service", "--exit-early=1",
                      "Restart=always\nRestartSec=1h");
        claimer_write(fixture, "ended.service", "--exit-early=1", "");
        idle_start(fixture);
        unit_start_begin(fixture, "starting.service");
        unit_wait(fixture, "starting.service", "activating", "start");
        unit_stop(fixture, "starting.service");
        unit_expect(fixture, "starting.service", "inactive", "dead");
        unit_start_begin(fixture, "waiting.service");
        unit_wait(fixture, "waiting.service", "activating", "auto-restart");
        unit_stop(fixture, "waiting.service");
        unit_expect(fixture, "waiting.service", "inactive", "dead");
        unit_start_begin(fixture, "ended.service");
        unit_wait(fixture, "ended.service", "failed", "failed");
        unit_stop(fixture, "ended.service");
        unit_stop(fixture, "ended.service");
}

static const TestCase cases[] = {
        { "Type=notify", test_type_notify, AS_BOTH, 0 },
        { "a notification from a stranger", test_notify_by_stranger, AS_BOTH, 0 },
        { "Type=exec", test_type_exec, AS_BOTH, 0 },
        { "restart policies", test_restart_policies, AS_BOTH, 0 },
        { "start limit", test_restart_counts, AS_BOTH, 0 },
        { "stop timeout", test_stop_timeout, AS_BOTH, 0 },
        { "KillSignal", test_kill_signal, AS_BOTH, 0 },
        { "KillMode=control-group", test_kill_mode_group, AS_BOTH, 0 },
        { "KillMode=mixed", test_kill_mode_mixed, AS_BOTH, 0 },
        { "KillMode=process", test_kill_mode_process, AS_BOTH, 0 },
        { "the main process dies", test_main_dies, AS_BOTH, 0 },
        { "output to files", test_output_files, AS_BOTH, 0 },
        { "output to null and journal", test_output_null_and_journal, AS_BOTH, 0 },
        { "output that can't be opened", test_output_cannot_open, AS_BOTH, 0 },
        { "environment", test_environment, AS_BOTH, 0 },
        { "expansion", test_expansion, AS_BOTH, 0 },
        { "working directory", test_working_directory, AS_BOTH, 0 },
        { "user and group", test_user_and_group, AS_ROOT, 0 },
        { "Type=external", test_external, AS_BOTH, 0 },
        { "prefixes", test_ignored_failure, AS_BOTH, 0 },
        { "stop at any time", test_stop_at_any_time, AS_BOTH, 0 },
        { "signals of the caller", test_signals, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
