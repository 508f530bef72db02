/* SPDX-License-Identifier: MIT */
/* Which end of a service is a success, when it comes again, how long it may take, and who gets
 * which signal. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "service-fixture.h"
#include "service-internal.h"

#define SLEEP "ExecStart=/bin/sleep 1000\n"

static bool is_down(const void *data) {
        return service_is_down(&((const Service *)data)->unit);
}

static bool is_settled(const void *data) {
        const Service *service = data;

        return is_down(data) || service->state == SERVICE_AUTO_RESTART;
}

static bool is_running(const void *data) {
        return ((const Service *)data)->state == SERVICE_RUNNING;
}

static Service *run_until(ServiceFixture *fixture, const char *text,
                          bool (*condition)(const void *data)) {
        Service *service = service_fixture_load(fixture, text);
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

        g_test_message("%s", errors);
        service_fixture_run_until(fixture, condition, service);
        return service;
}

static bool file_has_line(const void *data) {
        g_autofree char *text = NULL;

        return g_file_get_contents(data, &text, NULL, NULL) && strchr(text, '\n');
}

/* Waits for a line in the fixture's file, takes it. */
static char *line_wait(ServiceFixture *fixture, const char *name) {
        g_autofree char *path = service_fixture_path(fixture, name);
        char *text = NULL;

        service_fixture_look_until(fixture, file_has_line, path);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        (void)unlink(path);
        return text;
}

/* ---- success, and again ---- */

static void test_exit_statuses(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines;
                ServiceState state;
                ServiceResult result;
        } cases[] = {
                { "SuccessExitStatus=3 TEMPFAIL SIGUSR1\nExecStart=/bin/sh -c 'exit 3'\n",
                  SERVICE_DEAD, SERVICE_RESULT_SUCCESS },
                { "SuccessExitStatus=3 TEMPFAIL SIGUSR1\nExecStart=/bin/sh -c 'exit 75'\n",
                  SERVICE_DEAD, SERVICE_RESULT_SUCCESS },
                { "SuccessExitStatus=3\nSuccessExitStatus=USR1\n"
                  "ExecStart=/bin/sh -c 'kill -USR1 $$$$'\n",
                  SERVICE_DEAD, SERVICE_RESULT_SUCCESS },
                { "SuccessExitStatus=3\nExecStart=/bin/sh -c 'exit 4'\n", SERVICE_FAILED,
                  SERVICE_RESULT_EXIT_CODE },
                /* A command that is ended by a signal has not done its work. */
                { "Type=oneshot\nExecStart=/bin/sh -c 'kill -TERM $$$$'\n", SERVICE_FAILED,
                  SERVICE_RESULT_SIGNAL },
                { "Restart=always\nRestartSec=1h\nRestartPreventExitStatus=3 KILL\n"
                  "ExecStart=/bin/sh -c 'exit 3'\n",
                  SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE },
                { "Restart=always\nRestartSec=1h\nRestartPreventExitStatus=3 KILL\n"
                  "ExecStart=/bin/sh -c 'kill -KILL $$$$'\n",
                  SERVICE_FAILED, SERVICE_RESULT_SIGNAL },
                { "Restart=always\nRestartSec=1h\nRestartPreventExitStatus=3\n"
                  "ExecStart=/bin/sh -c 'exit 4'\n",
                  SERVICE_AUTO_RESTART, SERVICE_RESULT_EXIT_CODE },
                { "RestartSec=1h\nRestartForceExitStatus=3\nExecStart=/bin/sh -c 'exit 3'\n",
                  SERVICE_AUTO_RESTART, SERVICE_RESULT_EXIT_CODE },
                { "RestartSec=1h\nRestartForceExitStatus=0\nExecStart=/bin/true\n",
                  SERVICE_AUTO_RESTART, SERVICE_RESULT_SUCCESS },
                { "RestartSec=1h\nRestartForceExitStatus=3\nExecStart=/bin/sh -c 'exit 4'\n",
                  SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE },
                { "RestartSec=1h\nRestartForceExitStatus=3\nRestartPreventExitStatus=3\n"
                  "ExecStart=/bin/sh -c 'exit 3'\n",
                  SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = g_strconcat("[Service]\n", cases[i].lines, NULL);
                Service *service;

                g_test_message("%s", text);
                service = run_until(fixture, text, is_settled);
                g_assert_cmpint(service->state, ==, cases[i].state);
                g_assert_cmpint(service->result, ==, cases[i].result);
                service_fixture_stop(fixture, service);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

static void test_restart_delay(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nRestartSec=1s\nRestartSteps=4\n"
                                              "RestartMaxDelaySec=16s\n" SLEEP);
        static const uint64_t expected[] = { 1, 1, 2, 4, 8, 16, 16 };

        for (unsigned int i = 0; i < ARRAY_SIZE(expected); i++) {
                service->restarts = i;
                g_assert_cmpuint((service_restart_delay(service) + 500) / USEC_PER_SEC, ==,
                                 expected[i]);
        }
}

static bool was_restarted_twice(const void *data) {
        return ((const Service *)data)->restarts == 2;
}

/* The longer wait is real. */
static void test_restart_slower(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\n"
                         "RestartSec=1ms\nRestartSteps=1\nRestartMaxDelaySec=1h\n"
                         "ExecStart=/bin/true\nRestartMode=direct\n");
        uint64_t due, now;

        service_fixture_start(fixture, service);
        service_fixture_run_until(fixture, was_restarted_twice, service);
        g_assert_cmpint(service->state, ==, SERVICE_AUTO_RESTART);
        g_assert_cmpint(sd_event_source_get_time(service->timer, &due), >=, 0);
        g_assert_cmpint(sd_event_now(fixture->manager.manager->event, CLOCK_MONOTONIC, &now), >=,
                        0);
        g_assert_cmpuint(due - now, >, 3000 * USEC_PER_SEC);
        service_fixture_stop(fixture, service);
}

/* Who waits for the start is told of the first failure, or only of the last. */
static void test_restart_mode(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *line, *error;
        } cases[] = {
                { "RestartMode=normal\n", "exited with status 3" },
                { "RestartMode=direct\n", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=forking\nRestart=on-failure\n"
                                    "RestartSec=1ms\n",
                                    cases[i].line,
                                    "ExecStart=/bin/sh -c 'if [ -e %D/again ]; then "
                                    "sleep 1000 & exit 0; fi; "
                                    "echo > %D/again; exit 3'\n",
                                    NULL);
                Service *service = service_fixture_load(fixture, text);
                g_autofree char *again = service_fixture_path(fixture, "again");
                g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

                if (*cases[i].error)
                        g_assert_nonnull(strstr(errors, cases[i].error));
                else
                        g_assert_cmpstr(errors, ==, "");
                service_fixture_run_until(fixture, is_running, service);
                g_assert_cmpuint(service->restarts, ==, 1);
                service_fixture_stop(fixture, service);
                manager_unload_unit(fixture->manager.manager, &service->unit);
                g_assert_cmpint(unlink(again), ==, 0);
        }
}

/* ---- Type=forking ---- */

static void test_forking(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=forking\nExecStart=/bin/sh -c 'sleep 1000 & "
                         "echo $! > %D/pid.new; mv %D/pid.new %D/pid'\n");
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service_fixture_read_pid(fixture, "pid");
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(service->main_pid, ==, pid);
        g_assert_nonnull(service_recipient(&service->unit));
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_SIGNAL);
}

/* Two are left: neither is the main one, and it runs until the last has ended. */
static void test_forking_ambiguous(ServiceFixture *fixture, gconstpointer data) {
        static const char *const lines[] = { "", "GuessMainPID=no\n" };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=forking\n", lines[i], "ExecStart=/bin/sh -c '",
                                    i == 0 ? "sleep 1001 & " : "", "sleep 1000 & ",
                                    "echo $! > %D/pid.new; mv %D/pid.new %D/pid'\n", NULL);
                Service *service = service_fixture_load(fixture, text);
                pid_t pid;

                service_fixture_start(fixture, service);
                pid = service_fixture_read_pid(fixture, "pid");
                g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
                g_assert_cmpint(service->main_pid, ==, 0);
                g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
                if (i == 0) {
                        manager_fixture_run_pending(&fixture->manager);
                        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
                        service_fixture_stop(fixture, service);
                } else
                        service_fixture_run_until(fixture, is_down, service);
                g_assert_cmpint(service->state, ==, SERVICE_DEAD);
                manager_unload_unit(fixture->manager.manager, &service->unit);
                g_autofree char *path = service_fixture_path(fixture, "pid");
                g_assert_cmpint(unlink(path), ==, 0);
        }
}

/* The file comes after the first process has ended. */
static void test_forking_pid_file(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=forking\nPIDFile=%D/pid\nExecStart=/bin/sh -c '"
                         "sleep 1001 & (while [ ! -e %D/go ]; do sleep 0.01; done; "
                         "sh -c \"echo \\\\$\\\\$ > %D/pid.new; mv %D/pid.new %D/pid; "
                         "exec sleep 1000\") &'\n");
        g_autofree char *go = service_fixture_path(fixture, "go");

        g_assert_cmpint(service->unit.vtable->start(&service->unit), ==, 0);
        manager_fixture_run_pending(&fixture->manager);
        g_assert_cmpint(service->state, ==, SERVICE_START);
        g_assert_true(g_file_set_contents(go, "", 0, NULL));
        service_fixture_run_until(fixture, is_running, service);
        g_assert_cmpint(service->main_pid, ==, service_fixture_read_pid(fixture, "pid"));
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

static void test_forking_fails(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines, *failure;
        } cases[] = {
                { "ExecStart=/bin/sh -c 'exit 3'\n", "exited with status 3" },
                { "PIDFile=%D/pid\nExecStart=/bin/true\n",
                  "none of them has written the PID file" },
                { "PIDFile=%D/pid\nTimeoutStartSec=50ms\nExecStart=/bin/sh -c 'sleep 1000 &'\n",
                  "not ready within 0.05 s (Type=forking)" },
                { "TimeoutStartSec=50ms\nExecStart=/bin/sleep 1000\n", "not ready within" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=forking\n", cases[i].lines, NULL);
                Service *service = service_fixture_load(fixture, text);

                service_fixture_start_failing(fixture, service, cases[i].failure);
                service_fixture_run_until(fixture, is_down, service);
                g_assert_cmpint(service->state, ==, SERVICE_FAILED);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* ---- ExitType=cgroup ---- */

static void test_exit_type(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nExitType=cgroup\nExecStart=/bin/sh -c 'sleep 1000 & "
                         "echo $! > %D/pid.new; mv %D/pid.new %D/pid'\n");
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service_fixture_read_pid(fixture, "pid");
        while (service->main_pid > 0)
                g_assert_cmpint(sd_event_run(fixture->manager.manager->event, 60 * USEC_PER_SEC), >,
                                0);
        manager_fixture_run_pending(&fixture->manager);
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* ---- time ---- */

static void test_runtime_max(ServiceFixture *fixture, gconstpointer data) {
        Service *service = run_until(fixture,
                                     "[Service]\nRuntimeMaxSec=20ms\n"
                                     "RuntimeRandomizedExtraSec=10ms\n" SLEEP,
                                     is_down);

        g_assert_cmpint(service->result, ==, SERVICE_RESULT_TIMEOUT);
        g_assert_nonnull(strstr(service->unit.failure, "RuntimeMaxSec="));
        g_assert_cmpint(service->exit_status, ==, SIGTERM);
}

static void test_start_timeouts(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines;
                int signal;
        } cases[] = {
                { "", SIGTERM },
                { "TimeoutStartFailureMode=terminate\n", SIGTERM },
                { "TimeoutStartFailureMode=abort\n", SIGABRT },
                { "TimeoutStartFailureMode=abort\nWatchdogSignal=SIGUSR1\n", SIGUSR1 },
                { "TimeoutStartFailureMode=kill\n", SIGKILL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=notify\nTimeoutStartSec=20ms\n",
                                    cases[i].lines, SLEEP, NULL);
                Service *service = run_until(fixture, text, is_down);

                g_assert_cmpint(service->result, ==, SERVICE_RESULT_TIMEOUT);
                g_assert_cmpint(service->exit_status, ==, cases[i].signal);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

static void test_command_timeouts(ServiceFixture *fixture, gconstpointer data) {
        static const char *const lines[] = {
                "ExecCondition=/bin/sleep 1000\nExecStart=/bin/true\n",
                "ExecStartPre=/bin/sleep 1000\nExecStart=/bin/true\n",
                "ExecStartPost=/bin/sleep 1000\n" SLEEP,
                "ExecStart=/bin/true\nExecStop=/bin/sleep 1000\n",
                "ExecStart=/bin/true\nExecStopPost=/bin/sleep 1000\n",
                "ExecStart=/bin/true\nExecStopPost=/bin/sh -c 'trap \"\" TERM; sleep 1000'\n",
                "ExecStart=/bin/true\nTimeoutStopFailureMode=kill\nExecStop=/bin/sleep 1000\n",
                "ExecStart=/bin/true\nTimeoutStopFailureMode=abort\nExecStopPost=/bin/sleep 1000\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                g_autofree char *text = g_strconcat("[Service]\nTimeoutSec=50ms\n", lines[i], NULL);
                Service *service;

                g_test_message("%s", lines[i]);
                service = run_until(fixture, text, is_down);
                g_assert_cmpint(service->state, ==, SERVICE_FAILED);
                g_assert_cmpint(service->result, ==, SERVICE_RESULT_TIMEOUT);
                g_assert_nonnull(strstr(service->unit.failure, "still there after 0.05 s"));
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* What each of the signals is answered by. */
#define TRAPS                                                          \
        "ExecStart=/bin/sh -c 'trap \"printf TERM. >> %D/got\" TERM; " \
        "trap \"printf HUP. >> %D/got\" HUP; "                         \
        "trap \"printf USR1. >> %D/got\" USR1; "                       \
        "trap \"printf ABRT. >> %D/got\" ABRT; echo > %D/up; "         \
        "while :; do sleep 1000 & wait; kill -9 $!; done'\n"

typedef struct Expected {
        const char *path, *text;
} Expected;

static bool file_is(const void *data) {
        const Expected *expected = data;
        g_autofree char *text = NULL;

        return g_file_get_contents(expected->path, &text, NULL, NULL) &&
               strcmp(text, expected->text) == 0;
}

typedef struct Answer {
        bool done;
} Answer;

static void on_answer(void *userdata, GStrv errors) {
        ((Answer *)userdata)->done = true;
}

static bool is_answered(const void *data) {
        return ((const Answer *)data)->done;
}

static void file_wait_for(ServiceFixture *fixture, const char *text) {
        g_autofree char *path = service_fixture_path(fixture, "got");
        Expected expected = { path, text };

        service_fixture_look_until(fixture, file_is, &expected);
}

/* Each state's time is over when its signal has been answered, however slow that is. */
static void stop_trapped(ServiceFixture *fixture, const char *lines, const char *const *answers) {
        g_autofree char *text =
                g_strconcat("[Service]\nKillMode=mixed\nTimeoutStopSec=1h\n", lines, TRAPS, NULL);
        g_autofree char *path = service_fixture_path(fixture, "got"), *got = NULL, *error = NULL;
        Service *service = service_fixture_load(fixture, text);
        Unit *unit = &service->unit;
        Answer answer = { 0 };

        service_fixture_start(fixture, service);
        g_free(line_wait(fixture, "up"));
        g_assert_cmpint(transaction_run(fixture->manager.manager, JOB_STOP, &unit, 1, on_answer,
                                        &answer, &error),
                        ==, 0);
        for (; *answers; answers++) {
                file_wait_for(fixture, *answers);
                service_expire(service);
        }
        service_fixture_run_until(fixture, is_answered, &answer);
        g_assert_true(is_down(service));
        manager_unload_unit(fixture->manager.manager, unit);
        (void)unlink(path);
}

static void test_stop_signals(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines;
                const char *answers[3];
        } cases[] = {
                { "", { "TERM." } },
                { "KillSignal=SIGUSR1\n", { "USR1." } },
                { "TimeoutStopFailureMode=kill\n", { "TERM." } },
                { "TimeoutStopFailureMode=abort\n", { "TERM.", "TERM.ABRT." } },
                { "TimeoutStopFailureMode=abort\nWatchdogSignal=USR1\n",
                  { "TERM.", "TERM.USR1." } },
                { "FinalKillSignal=SIGUSR2\n", { "TERM." } }, /* it isn't trapped */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_test_message("%s", cases[i].lines);
                stop_trapped(fixture, cases[i].lines, cases[i].answers);
        }
}

/* The order is the shell's, who looks for signals when it likes to. */
static void test_sighup(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nSendSIGHUP=yes\nExecStart=/bin/sh -c '"
                                              "trap \"echo > %D/hup\" HUP; trap \"\" TERM; "
                                              "echo > %D/up; while [ ! -e %D/hup ]; do "
                                              "sleep 0.01; done; exit 0'\n");

        service_fixture_start(fixture, service);
        g_free(line_wait(fixture, "up"));
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_SUCCESS);
        g_free(line_wait(fixture, "hup"));
}

static void assert_due_in(ServiceFixture *fixture, const Service *service, uint64_t seconds) {
        uint64_t due, now;

        g_assert_cmpint(sd_event_source_get_time(service->timer, &due), >=, 0);
        g_assert_cmpint(sd_event_now(fixture->manager.manager->event, CLOCK_MONOTONIC, &now), >=,
                        0);
        g_assert_cmpuint(due - now, <=, seconds * USEC_PER_SEC);
        g_assert_cmpuint(due - now, >, (seconds - 60) * USEC_PER_SEC);
}

/* Each state has its own time. */
static void test_stop_times(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nTimeoutStopSec=1h\nTimeoutAbortSec=2h\n"
                         "TimeoutStopFailureMode=abort\nExecStart=/bin/sh -c '"
                         "trap \"\" TERM ABRT; echo > %D/up; exec sleep 1000'\n");
        Unit *unit = &service->unit;
        g_autofree char *error = NULL;
        Answer answer = { 0 };

        service_fixture_start(fixture, service);
        g_free(line_wait(fixture, "up"));
        g_assert_cmpint(transaction_run(fixture->manager.manager, JOB_STOP, &unit, 1, on_answer,
                                        &answer, &error),
                        ==, 0);
        manager_fixture_run_pending(&fixture->manager);
        g_assert_cmpint(service->state, ==, SERVICE_STOP_SIGTERM);
        assert_due_in(fixture, service, 3600);
        service_expire(service);
        manager_fixture_run_pending(&fixture->manager);
        g_assert_cmpint(service->state, ==, SERVICE_STOP_WATCHDOG);
        assert_due_in(fixture, service, 7200);
        service_expire(service);
        service_fixture_run_until(fixture, is_answered, &answer);
        g_assert_cmpint(service->exit_status, ==, SIGKILL);
}

/* Nobody insists. */
static void test_no_sigkill(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nSendSIGKILL=no\nTimeoutStopSec=50ms\nExecStart=/bin/sh -c '"
                         "trap \"\" TERM; echo > %D/up; exec sleep 1000'\n");
        pid_t pid;

        service_fixture_start(fixture, service);
        g_free(line_wait(fixture, "up"));
        pid = service->main_pid;
        g_free(manager_fixture_stop(&fixture->manager, &service->unit));
        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_TIMEOUT);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
}

static void on_restarted(void *userdata, GStrv errors) {
        g_assert_cmpuint(g_strv_length(errors), ==, 0);
        ((Answer *)userdata)->done = true;
}

/* A restart may be gentler than a stop. */
static void test_restart_signal(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture,
                "[Service]\nRestartKillSignal=SIGUSR1\nKillMode=mixed\nExecStart=/bin/sh -c '"
                "trap \"echo USR1 > %D/got; exit\" USR1; "
                "trap \"echo TERM > %D/got; exit\" TERM; echo > %D/up; "
                "while :; do sleep 1000 & wait; done'\n");
        Unit *unit = &service->unit;
        g_autofree char *error = NULL, *got = NULL, *later = NULL;
        Answer answer = { 0 };

        service_fixture_start(fixture, service);
        g_free(line_wait(fixture, "up"));
        g_assert_cmpint(transaction_run(fixture->manager.manager, JOB_RESTART, &unit, 1,
                                        on_restarted, &answer, &error),
                        ==, 0);
        service_fixture_run_until(fixture, is_answered, &answer);
        got = line_wait(fixture, "got");
        g_assert_cmpstr(got, ==, "USR1\n");
        g_free(line_wait(fixture, "up"));
        service_fixture_stop(fixture, service);
        later = line_wait(fixture, "got");
        g_assert_cmpstr(later, ==, "TERM\n");
}

static const ServiceTest tests[] = {
        { "exit-statuses", test_exit_statuses },
        { "restart-delay", test_restart_delay },
        { "restart-slower", test_restart_slower },
        { "restart-mode", test_restart_mode },
        { "forking", test_forking },
        { "forking-ambiguous", test_forking_ambiguous },
        { "forking-pid-file", test_forking_pid_file },
        { "forking-fails", test_forking_fails },
        { "exit-type", test_exit_type },
        { "runtime-max", test_runtime_max },
        { "start-timeouts", test_start_timeouts },
        { "command-timeouts", test_command_timeouts },
        { "stop-signals", test_stop_signals },
        { "sighup", test_sighup },
        { "stop-times", test_stop_times },
        { "no-sigkill", test_no_sigkill },
        { "restart-signal", test_restart_signal },
};

int main(int argc, char **argv) {
        return service_fixture_main(&argc, &argv, "/service-ends", tests, ARRAY_SIZE(tests));
}
