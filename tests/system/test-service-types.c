/* SPDX-License-Identifier: MIT */
/* Services of all types: what their commands are told, what they say themselves, how they are
 * reloaded and watched, and what is made of their ends. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#define ACTOR "@bin@/actor @dir@/report "

static void start_expect_error(Fixture *fixture, const char *unit, const char *why) {
        g_autofree char *error = NULL;

        g_assert_cmpint(bus_units_call(fixture, "Start", &error, unit, NULL), <, 0);
        g_test_message("%s", error);
        g_assert_nonnull(strstr(error, why));
}

static void reports_expect(Fixture *fixture, const char *const *texts) {
        for (; *texts; texts++)
                g_free(report_wait(fixture, *texts, NULL));
        g_assert_cmpuint(report_count(fixture, "*"), ==, 0);
}

static void property_expect(Fixture *fixture, const char *unit, const char *property,
                            const char *wanted) {
        g_autofree char *value = unit_property(fixture, unit, property);

        g_assert_cmpstr(value, ==, wanted);
}

/* ---- Type=oneshot ---- */

static void test_oneshot(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        service_write(fixture, "good.service",
                      "Type=oneshot\nExecStart=" ACTOR "report=one exit=0\n"
                      "ExecStart=-" ACTOR "report=two exit=9\nExecStart=" ACTOR
                      "report=three exit=0\nExecStop=" ACTOR "report=stop exit=0\n"
                      "ExecStopPost=" ACTOR "report=post exit=0\n");
        service_write(fixture, "bad.service",
                      "Type=oneshot\nExecStart=" ACTOR "report=one exit=7\n"
                      "ExecStart=" ACTOR "report=never exit=0\nExecStop=" ACTOR
                      "report=never exit=0\nExecStopPost=" ACTOR "report=post exit=0\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "good.service");
        unit_wait(fixture, "good.service", "inactive", "dead");
        reports_expect(fixture, (const char *[]){ "one", "two", "three", "stop", "post", NULL });
        start_expect_error(fixture, "bad.service", "exited with status 7");
        unit_wait(fixture, "bad.service", "failed", "failed");
        reports_expect(fixture, (const char *[]){ "one", "post", NULL });
}

/* What waits for a oneshot starts when it has run. */
static void test_oneshot_remains(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        service_write(fixture, "setup.service",
                      "Type=oneshot\nRemainAfterExit=yes\n"
                      "ExecStart=" ACTOR "report=setup exit=0\nExecStop=" ACTOR
                      "report=undo exit=0\n");
        unit_write(fixture, "user.service",
                   "[Unit]\nRequires=setup.service\nAfter=setup.service\n[Service]\n"
                   "Type=notify\nExecStart=" ACTOR "report=used notify=READY=1\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "user.service");
        unit_expect(fixture, "setup.service", "active", "exited");
        reports_expect(fixture, (const char *[]){ "setup", "used", NULL });
        unit_start(fixture, "setup.service"); /* it is up */
        unit_stop(fixture, "setup.service");
        unit_expect(fixture, "user.service", "inactive", "dead");
        reports_expect(fixture, (const char *[]){ "undo", NULL });
}

/* ---- Type=forking ---- */

static void test_forking(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *file = fixture_expand(fixture, "@dir@/pid");
        pid_t pid;

        service_write(fixture, "web.service",
                      "Type=forking\nPIDFile=@dir@/pid\nRestart=on-failure\nRestartSec=1ms\n"
                      "ExecStart=" ACTOR "env=PIDFILE background write=@dir@/pid:#self "
                      "report=up\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_autofree char *told = report_wait(fixture, "env *", NULL);
        g_autofree char *wanted = g_strdup_printf("env PIDFILE=%s", file);
        g_assert_cmpstr(told, ==, wanted);
        g_free(report_wait(fixture, "up", &pid));
        unit_expect(fixture, "web.service", "active", "running");
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        /* It isn't our child but adopted, so how it ends is known. */
        unsigned int mark = events_mark(fixture);
        kill(pid, SIGKILL);
        event_wait(fixture, mark, "unit web.service activating auto-restart");
        event_wait(fixture, mark, "unit web.service active running");
        g_free(report_wait(fixture, "up", &pid));
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        unit_stop(fixture, "web.service");
        g_assert_false(process_is_alive(pid));
        g_assert_cmpint(access(file, F_OK), <, 0);
}

/* ---- reload ---- */

static void test_reload_commands(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *output = NULL, *none = NULL, *failed = NULL, *down = NULL;
        pid_t pid;

        service_write(fixture, "web.service",
                      "Type=notify\nExecStart=" ACTOR "notify=READY=1 await=USR1 report=told\n"
                      "ExecReload=" ACTOR "env=MAINPID exit=0\n"
                      "ExecReload=/bin/kill -USR1 $MAINPID\n");
        service_write(fixture, "none.service", "Type=notify\nExecStart=" ACTOR "notify=READY=1\n");
        service_write(fixture, "bad.service",
                      "Type=notify\nExecStart=" ACTOR "notify=READY=1\n"
                      "ExecReload=" ACTOR "exit=3\n");
        fixture_start(fixture, NULL);
        g_assert_cmpint(ctl(fixture, &down, "reload", "web", NULL), ==, 1);
        g_assert_nonnull(strstr(down, "isn't running"));
        unit_start(fixture, "web.service", "none.service", "bad.service");
        pid = unit_main_pid(fixture, "web.service");
        g_assert_cmpint(ctl(fixture, &output, "reload", "web", NULL), ==, 0);
        g_autofree char *told = report_wait(fixture, "env *", NULL);
        g_autofree char *wanted = g_strdup_printf("env MAINPID=%d", (int)pid);
        g_assert_cmpstr(told, ==, wanted);
        g_free(report_wait(fixture, "told", NULL));
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
        g_assert_cmpint(ctl(fixture, &none, "reload", "none", NULL), ==, 1);
        g_assert_nonnull(strstr(none, "no ExecReload="));
        g_assert_cmpint(ctl(fixture, &failed, "reload", "bad", NULL), ==, 1);
        g_assert_nonnull(strstr(failed, "exit-code"));
        unit_expect(fixture, "bad.service", "active", "running");
}

/* It is done when the service says so, and not before. */
static void test_notify_reload(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        pid_t pid, client;

        service_write(fixture, "web.service",
                      "Type=notify-reload\nReloadSignal=SIGUSR2\nExecStart=" ACTOR
                      "block=USR2 notify=READY=1 await=USR2 report=asked await=USR1 "
                      "notify=RELOADING=1+MONOTONIC_USEC=1 report=old await=USR1 "
                      "notify=RELOADING=1+MONOTONIC_USEC=#now report=begun await=USR1 "
                      "notify=READY=1\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        pid = unit_main_pid(fixture, "web.service");
        client = process_start(fixture, "bellhopctl", option, "reload", "web", NULL);
        g_free(report_wait(fixture, "asked", NULL));
        unit_expect(fixture, "web.service", "active", "reload-signal");
        kill(pid, SIGUSR1);
        g_free(report_wait(fixture, "old", NULL)); /* this is about an older one */
        unit_expect(fixture, "web.service", "active", "reload-signal");
        kill(pid, SIGUSR1);
        g_free(report_wait(fixture, "begun", NULL));
        unit_expect(fixture, "web.service", "active", "reload-notify");
        kill(pid, SIGUSR1);
        g_assert_cmpint(process_wait(client), ==, 0);
        unit_expect(fixture, "web.service", "active", "running");
        g_assert_cmpint(unit_main_pid(fixture, "web.service"), ==, pid);
}

/* It says nothing: the reload has failed, the service runs on; or it dies of the signal. */
static void test_notify_reload_fails(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *mute = NULL, *dead = NULL;

        service_write(fixture, "mute.service",
                      "Type=notify-reload\nTimeoutStartSec=3s\nExecStart=" ACTOR
                      "ignore=HUP notify=READY=1\n");
        service_write(fixture, "dead.service",
                      "Type=notify-reload\nReloadSignal=SIGKILL\nExecStart=" ACTOR
                      "notify=READY=1\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "mute.service", "dead.service");
        g_assert_cmpint(ctl(fixture, &mute, "reload", "mute", NULL), ==, 1);
        g_assert_nonnull(strstr(mute, "timeout"));
        unit_expect(fixture, "mute.service", "active", "running");
        g_assert_cmpint(ctl(fixture, &dead, "reload", "dead", NULL), ==, 1);
        unit_wait(fixture, "dead.service", "failed", "failed");
}

/* ---- the watchdog ---- */

static void watchdog(const char *limit, const char *word) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t first, second;

        unit_write(fixture, "web.service",
                   "[Service]\nType=notify\nWatchdogSec=%s\nRestart=on-watchdog\nRestartSec=1ms\n"
                   "ExecStart=" ACTOR "report=up notify=READY=1%s\n"
                   "ExecStopPost=" ACTOR "env=SERVICE_RESULT env=EXIT_STATUS exit=0\n",
                   limit, word);
        fixture_start(fixture, NULL);
        unsigned int mark = events_mark(fixture);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &first));
        event_wait(fixture, mark, "unit web.service deactivating stop-watchdog");
        g_free(report_wait(fixture, "env SERVICE_RESULT=watchdog", NULL));
        g_free(report_wait(fixture, "env EXIT_STATUS=ABRT", NULL));
        event_wait(fixture, mark, "unit web.service activating auto-restart");
        g_free(report_wait(fixture, "up", &second));
        g_assert_cmpint(first, !=, second);
        unit_stop(fixture, "web.service");
}

static void test_watchdog(void) {
        watchdog("200ms", "");
}

static void test_watchdog_trigger(void) {
        watchdog("1h", "+WATCHDOG=trigger");
}

/* Who shortens it himself is held to it; who ends it isn't watched any more. */
static void test_watchdog_usec(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        service_write(fixture, "short.service",
                      "Type=notify\nWatchdogSec=1h\nExecStart=" ACTOR
                      "env=WATCHDOG_USEC notify=READY=1+WATCHDOG_USEC=100000\n");
        service_write(fixture, "none.service",
                      "Type=notify\nWatchdogSec=20ms\nExecStart=" ACTOR
                      "notify=WATCHDOG_USEC=0+READY=1\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "none.service", "short.service");
        g_free(report_wait(fixture, "env WATCHDOG_USEC=3600000000", NULL));
        unit_wait(fixture, "short.service", "failed", "failed");
        property_expect(fixture, "short.service", "Result", "watchdog");
        unit_expect(fixture, "none.service", "active", "running");
}

/* ---- commands, and what they are told ---- */

static void test_pre_fails(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        service_write(fixture, "web.service",
                      "ExecStartPre=" ACTOR "report=one exit=0\nExecStartPre=-" ACTOR
                      "report=two exit=5\nExecStartPre=" ACTOR "report=three exit=6\n"
                      "ExecStartPre=" ACTOR "report=never exit=0\nExecStart=" ACTOR
                      "report=never\nExecStop=" ACTOR "report=never exit=0\n"
                      "ExecStopPost=" ACTOR
                      "env=SERVICE_RESULT env=EXIT_CODE env=EXIT_STATUS env=MAINPID exit=0\n");
        fixture_start(fixture, NULL);
        start_expect_error(fixture, "web.service", "ExecStartPre");
        unit_wait(fixture, "web.service", "failed", "failed");
        reports_expect(fixture,
                       (const char *[]){ "one", "two", "three", "env SERVICE_RESULT=exit-code",
                                         "env EXIT_CODE=(unset)", "env EXIT_STATUS=(unset)",
                                         "env MAINPID=(unset)", NULL });
}

static const struct {
        const char *lines, *steps;
        bool stops; /* by command */
        const char *result, *code, *status;
        const char *state;
} ends[] = {
        { "", "exit=0", false, "success", "exited", "0", "inactive" },
        { "", "exit=3", false, "exit-code", "exited", "3", "failed" },
        { "", "raise=KILL", false, "signal", "killed", "KILL", "failed" },
        { "", "raise=USR2", false, "signal", "killed", "USR2", "failed" },
        { "", "raise=TERM", false, "success", "killed", "TERM", "inactive" },
        { "SuccessExitStatus=3 USR2\n", "exit=3", false, "success", "exited", "3", "inactive" },
        { "SuccessExitStatus=3 USR2\n", "raise=USR2", false, "success", "killed", "USR2",
          "inactive" },
        { "SuccessExitStatus=TEMPFAIL\n", "exit=75", false, "success", "exited", "75", "inactive" },
        { "", "report=up", true, "success", "killed", "TERM", "inactive" },
        { "KillSignal=USR2\n", "report=up", true, "success", "killed", "USR2", "inactive" },
        { "TimeoutStopSec=2s\n", "ignore=TERM report=up", true, "timeout", "killed", "KILL",
          "failed" },
        { "TimeoutStopSec=2s\nFinalKillSignal=USR2\n", "ignore=TERM report=up", true, "timeout",
          "killed", "USR2", "failed" },
        { "TimeoutStopSec=2s\nTimeoutAbortSec=1h\nTimeoutStopFailureMode=abort\n",
          "block=ABRT ignore=TERM report=up await=ABRT exit=4", true, "timeout", "exited", "4",
          "failed" },
        { "RuntimeMaxSec=100ms\n", "block=USR2", false, "timeout", "killed", "TERM", "failed" },
        { "Type=notify\n", "exit=0", false, "protocol", "exited", "0", "failed" },
        { "Type=notify\nTimeoutStartSec=100ms\n", "block=USR2", false, "timeout", "killed", "TERM",
          "failed" },
        { "Type=notify\nTimeoutStartSec=100ms\nTimeoutStartFailureMode=kill\n", "block=USR2", false,
          "timeout", "killed", "KILL", "failed" },
};

static void end_check(Fixture *fixture, size_t i) {
        g_autofree char *name = g_strdup_printf("e%zu.service", i);
        const char *names[] = { "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS" };
        const char *values[] = { ends[i].result, ends[i].code, ends[i].status };

        g_test_message("%s%s", ends[i].lines, ends[i].steps);
        unit_start_begin(fixture, name);
        if (strstr(ends[i].steps, "report=up"))
                g_free(report_wait(fixture, "up", NULL));
        if (ends[i].stops)
                unit_stop(fixture, name);
        for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
                g_autofree char *pattern = g_strdup_printf("env %s=*", names[j]);
                g_autofree char *got = report_wait(fixture, pattern, NULL);
                g_assert_cmpstr(strchr(got, '=') + 1, ==, values[j]);
        }
        unit_wait(fixture, name, ends[i].state, NULL);
}

static void test_ends(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
                g_autofree char *name = g_strdup_printf("e%zu.service", i);
                unit_write(fixture, name,
                           "[Service]\n%sExecStart=" ACTOR "%s\nExecStopPost=" ACTOR
                           "env=SERVICE_RESULT env=EXIT_CODE env=EXIT_STATUS exit=0\n",
                           ends[i].lines, ends[i].steps);
        }
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
                end_check(fixture, i);
}

static const struct {
        const char *lines, *steps;
        const char *end;
} restarts[] = {
        { "Restart=on-watchdog\n", "exit=1", "failed failed" },
        { "Restart=on-watchdog\n", "raise=KILL", "failed failed" },
        { "Restart=always\nRestartPreventExitStatus=3 USR2\n", "exit=3", "failed failed" },
        { "Restart=always\nRestartPreventExitStatus=3 USR2\n", "raise=USR2", "failed failed" },
        { "Restart=always\nRestartPreventExitStatus=3 USR2\n", "exit=2",
          "activating auto-restart" },
        { "Restart=on-success\nSuccessExitStatus=3\n", "exit=3", "activating auto-restart" },
        { "Restart=on-failure\nSuccessExitStatus=3\n", "exit=3", "inactive dead" },
        { "RestartForceExitStatus=3\n", "exit=3", "activating auto-restart" },
        { "RestartForceExitStatus=3\n", "exit=2", "failed failed" },
        { "Restart=on-abnormal\nType=notify\nTimeoutStartSec=50ms\n", "report=up",
          "activating auto-restart" },
        { "Restart=on-failure\nExecStartPre=/bin/false\n", "report=never",
          "activating auto-restart" },
        { "Restart=always\nExecCondition=/bin/false\n", "report=never", "inactive dead" },
        { "Restart=on-failure\nExecStopPost=/bin/false\n", "exit=0", "activating auto-restart" },
};

static void test_restarts(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        for (size_t i = 0; i < ARRAY_SIZE(restarts); i++) {
                g_autofree char *name = g_strdup_printf("r%zu.service", i);
                unit_write(fixture, name, "[Service]\nRestartSec=1h\n%sExecStart=" ACTOR "%s\n",
                           restarts[i].lines, restarts[i].steps);
        }
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(restarts); i++) {
                g_autofree char *name = g_strdup_printf("r%zu.service", i);
                g_autofree char *end = g_strdup_printf("unit %s %s", name, restarts[i].end);
                unsigned int mark = events_mark(fixture);
                unit_start_begin(fixture, name);
                event_wait(fixture, mark, end);
                unit_stop(fixture, name);
        }
        g_assert_false(report_seen(fixture, "never"));
}

static const TestCase cases[] = {
        { "Type=oneshot", test_oneshot, AS_BOTH, 0 },
        { "RemainAfterExit", test_oneshot_remains, AS_BOTH, 0 },
        { "Type=forking", test_forking, AS_BOTH, 0 },
        { "ExecReload", test_reload_commands, AS_BOTH, 0 },
        { "Type=notify-reload", test_notify_reload, AS_BOTH, 0 },
        { "a reload that fails", test_notify_reload_fails, AS_BOTH, 0 },
        { "WatchdogSec", test_watchdog, AS_BOTH, 0 },
        { "WATCHDOG=trigger", test_watchdog_trigger, AS_BOTH, 0 },
        { "WATCHDOG_USEC", test_watchdog_usec, AS_BOTH, 0 },
        { "ExecStartPre fails", test_pre_fails, AS_BOTH, 0 },
        { "ends", test_ends, AS_BOTH, 0 },
        { "restarts", test_restarts, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
