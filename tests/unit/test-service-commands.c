/* SPDX-License-Identifier: MIT */
/* The commands of a service beside its main process: in which order they run, what they are told,
 * and what their failure means. They write to a log, which is compared. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service-fixture.h"
#include "service-internal.h"

static bool is_down(const void *data) {
        return service_is_down(&((const Service *)data)->unit);
}

static void assert_log(ServiceFixture *fixture, const char *expected) {
        g_autofree char *path = service_fixture_path(fixture, "log");
        g_autofree char *text = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                text = g_strdup("");
        g_assert_cmpstr(text, ==, expected);
        (void)unlink(path);
}

/* Starts it, whatever comes of it, and waits until it is down. */
static Service *run_down(ServiceFixture *fixture, const char *text) {
        Service *service = service_fixture_load(fixture, text);
        g_autofree char *errors = manager_fixture_start(&fixture->manager, &service->unit);

        g_test_message("%s", errors);
        service_fixture_run_until(fixture, is_down, service);
        return service;
}

#define LOG(word) "/bin/sh -c 'echo " word " >> %D/log'\n"
#define SLEEP     "ExecStart=/bin/sleep 1000\n"

static void test_order(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture,
                "[Service]\n" SLEEP "ExecStopPost=" LOG("stop-post") "ExecStop=" LOG(
                        "stop "
                        "$MAIN"
                        "PID") "ExecStartPost=" LOG("post $MAINPID") "ExecStartPre=" LOG("pr"
                                                                                         "e1") "Exe"
                                                                                               "cSt"
                                                                                               "art"
                                                                                               "Pre"
                                                                                               "=" LOG("pre2") "ExecCon"
                                                                                                               "dition"
                                                                                                               "=" LOG("condition"));
        g_autofree char *expected = NULL;
        pid_t pid;

        service_fixture_start(fixture, service);
        pid = service->main_pid;
        service_fixture_stop(fixture, service);
        expected =
                g_strdup_printf("condition\npre1\npre2\npost %d\nstop %d\nstop-post\n", pid, pid);
        assert_log(fixture, expected);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_null(service->control);
}

static void test_condition(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *command;
                ServiceState state;
                ServiceResult result;
                const char *log;
        } cases[] = {
                { "/bin/false", SERVICE_DEAD, SERVICE_RESULT_EXEC_CONDITION, "exec-condition\n" },
                { "/bin/sh -c 'exit 254'", SERVICE_DEAD, SERVICE_RESULT_EXEC_CONDITION,
                  "exec-condition\n" },
                { "/bin/sh -c 'exit 255'", SERVICE_FAILED, SERVICE_RESULT_EXIT_CODE,
                  "exit-code\n" },
                { "/bin/sh -c 'kill -9 $$$$'", SERVICE_FAILED, SERVICE_RESULT_SIGNAL, "signal\n" },
                { "-/bin/false", SERVICE_DEAD, SERVICE_RESULT_SUCCESS, "start\nsuccess\n" },
                { "/bin/sh -c 'exit 7'", SERVICE_DEAD, SERVICE_RESULT_SUCCESS,
                  "start\nsuccess\n" }, /* SuccessExitStatus= */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=oneshot\nSuccessExitStatus=7\nExecCondition=",
                                    cases[i].command, "\nExecStart=" LOG("start"),
                                    "ExecStopPost=" LOG("$SERVICE_RESULT"), NULL);
                Service *service = run_down(fixture, text);

                g_assert_cmpint(service->state, ==, cases[i].state);
                g_assert_cmpint(service->result, ==, cases[i].result);
                assert_log(fixture, cases[i].log);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* A start that isn't wanted is no failure: who asked for it is told that all is well. */
static void test_condition_answer(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nExecCondition=/bin/false\n" SLEEP "Restart=always\n");

        service_fixture_start(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

static void test_pre_fails(ServiceFixture *fixture, gconstpointer data) {
        Service *service = run_down(
                fixture,
                "[Service]\nExecStartPre=/bin/true\nExecStartPre=/bin/sh -c 'exit 3'\n"
                "ExecStartPre=" LOG("never") "ExecStart=" LOG("never") "ExecStop=" LOG(
                        "never") "ExecStopPost=" LOG("$SERVICE_RESULT.$EXIT_CODE.$MAINPID"));

        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        g_assert_cmpint(service->result, ==, SERVICE_RESULT_EXIT_CODE);
        g_assert_nonnull(
                strstr(service->unit.failure, "ExecStartPre: /bin/sh exited with status 3"));
        assert_log(fixture, "exit-code..\n");
}

static void test_cannot_run(ServiceFixture *fixture, gconstpointer data) {
        static const char *const lines[] = {
                "ExecStartPre=no-such-program\n" SLEEP,
                "ExecStartPre=/no/such/program\n" SLEEP,
                "ExecStartPost=/no/such/program\n" SLEEP,
                "ExecStartPost=no-such-program\n" SLEEP,
                "ExecStart=/bin/true\nExecStartPre=/bin/true\nExecStopPost=/no/such/program\n",
                "ExecStart=/bin/true\nExecStopPost=no-such-program\n",
                "ExecStart=/bin/true\nExecStop=no-such-program\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                g_autofree char *text = g_strconcat("[Service]\n", lines[i], NULL);
                Service *service = run_down(fixture, text);

                g_assert_cmpint(service->state, ==, SERVICE_FAILED);
                g_assert_nonnull(strstr(service->unit.failure, "such-program")
                                         ?: strstr(service->unit.failure, "such/program"));
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* What was started is stopped again, without ExecStop=. */
static void test_post_fails(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture,
                "[Service]\n" SLEEP "ExecStartPost=/bin/false\nExecStop=" LOG(
                        "never") "ExecStopPost=" LOG("$SERVICE_RESULT.$EXIT_CODE.$EXIT_STATUS"));

        service_fixture_start_failing(fixture, service, "ExecStartPost: /bin/false exited");
        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        assert_log(fixture, "exit-code.killed.TERM\n");
}

static void test_result(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *command, *log;
        } cases[] = {
                { "/bin/true", "success exited 0\n" },
                { "/bin/sh -c 'exit 3'", "exit-code exited 3\n" },
                { "/bin/sh -c 'kill -9 $$$$'", "signal killed KILL\n" },
                { "/bin/sh -c 'kill -TERM $$$$'", "success killed TERM\n" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = g_strconcat(
                        "[Service]\nExecStart=", cases[i].command,
                        "\nExecStopPost=" LOG("$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS"), NULL);
                Service *service = run_down(fixture, text);

                assert_log(fixture, cases[i].log);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* When the main process ends by itself ExecStop= runs as well, but not when it fails. */
static void test_stop_by_itself(ServiceFixture *fixture, gconstpointer data) {
        (void)run_down(fixture, "[Service]\nExecStart=/bin/true\nExecStop=" LOG("stop.$MAINPID"));
        assert_log(fixture, "stop.\n");
        manager_unload_unit(fixture->manager.manager,
                            manager_fixture_load(&fixture->manager, "x.service"));
        (void)run_down(fixture, "[Service]\nExecStart=/bin/false\nExecStop=" LOG("stop"));
        assert_log(fixture, "");
}

/* ExecStop= ends it: no signal is needed. */
static void test_stop_command(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\n" SLEEP
                                                         "ExecStop=/bin/sh -c 'kill -INT $MAINPID; "
                                                         "while kill -0 $MAINPID; do :; done'\n");

        service_fixture_start(fixture, service);
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->exit_status, ==, SIGINT);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* ---- Type=oneshot ---- */

static void test_oneshot(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=oneshot\nExecStart=" LOG(
                                 "one") "ExecStart=-/bin/false\n"
                                        "ExecStart=" LOG("two") "ExecStartPost=" LOG(
                                                "post") "ExecStop=" LOG("stop"));

        g_assert_cmpuint(service_settings(service)->timeout_start, ==, TIME_INFINITY);
        service_fixture_start(fixture, service); /* that is: it has run */
        service_fixture_run_until(fixture, is_down, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
        g_assert_null(service->unit.failure);
        assert_log(fixture, "one\ntwo\npost\nstop\n");
}

static void test_oneshot_fails(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=oneshot\nExecStart=/bin/true\nExecStart=/bin/false\n"
                         "ExecStart=" LOG("never"));

        service_fixture_start_failing(fixture, service, "exited with status 1");
        g_assert_cmpint(service->state, ==, SERVICE_FAILED);
        assert_log(fixture, "");
}

static void test_oneshot_remains(ServiceFixture *fixture, gconstpointer data) {
        static const char *const lines[] = { "ExecStart=" LOG("start"),
                                             "ExecStartPre=" LOG("start") };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                g_autofree char *text =
                        g_strconcat("[Service]\nType=oneshot\nRemainAfterExit=yes\n", lines[i],
                                    "ExecStop=" LOG("stop"), NULL);
                Service *service = service_fixture_load(fixture, text);

                service_fixture_start(fixture, service);
                g_assert_cmpint(service->state, ==, SERVICE_EXITED);
                g_assert_cmpint(unit_active_state(&service->unit), ==, ACTIVE_ACTIVE);
                assert_log(fixture, "start\n");
                service_fixture_stop(fixture, service);
                g_assert_cmpint(service->state, ==, SERVICE_DEAD);
                assert_log(fixture, "stop\n");
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

static bool has_exited(const void *data) {
        return ((const Service *)data)->state == SERVICE_EXITED;
}

/* Not of Type=oneshot alone. */
static void test_remains(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\nExecStart=/bin/true\n"
                                                         "RemainAfterExit=yes\nRestart=always\n");

        service_fixture_start(fixture, service);
        service_fixture_run_until(fixture, has_exited, service);
        service_fixture_stop(fixture, service);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* ---- reload ---- */

typedef struct Answer {
        bool done;
        char *errors;
} Answer;

static void on_reloaded(void *userdata, GStrv errors) {
        Answer *answer = userdata;

        answer->done = true;
        answer->errors = g_strjoinv("\n", errors);
}

static bool is_answered(const void *data) {
        return ((const Answer *)data)->done;
}

static void reload(ServiceFixture *fixture, Service *service, const char *expected) {
        Unit *unit = &service->unit;
        Answer answer = { 0 };

        manager_reload_units(fixture->manager.manager, &unit, 1, on_reloaded, &answer);
        g_assert_false(answer.done);
        service_fixture_run_until(fixture, is_answered, &answer);
        if (*expected)
                g_assert_nonnull(strstr(answer.errors, expected));
        else
                g_assert_cmpstr(answer.errors, ==, "");
        g_free(answer.errors);
}

static void test_reload(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\n" SLEEP
                         "ExecReload=" LOG("reload $MAINPID") "ExecReload=" LOG("again"));
        g_autofree char *expected = NULL;
        pid_t pid;

        reload(fixture, service, "isn't running");
        service_fixture_start(fixture, service);
        pid = service->main_pid;
        expected = g_strdup_printf("reload %d\nagain\n", pid);
        reload(fixture, service, "");
        assert_log(fixture, expected);
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(service->main_pid, ==, pid);
        service_fixture_stop(fixture, service);
}

/* It runs on. */
static void test_reload_fails(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\n" SLEEP "ExecReload=/bin/false\n");

        service_fixture_start(fixture, service);
        reload(fixture, service, "the reload failed: exit-code");
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_null(service->unit.failure);
        service_fixture_stop(fixture, service);
}

static void test_reload_timeout(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\n" SLEEP "ExecReload=/bin/sleep 1000\n"
                                              "TimeoutStartSec=50ms\n");

        service_fixture_start(fixture, service);
        reload(fixture, service, "the reload failed: timeout");
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        service_fixture_stop(fixture, service);
}

static void test_reload_none(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(fixture, "[Service]\n" SLEEP);

        service_fixture_start(fixture, service);
        reload(fixture, service, "it has no ExecReload=");
        service_fixture_stop(fixture, service);
}

/* A stop doesn't wait for the end of the reload. */
static void test_reload_stopped(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\n" SLEEP "ExecReload=/bin/sleep 1000\n");
        Unit *unit = &service->unit;
        Answer answer = { 0 };

        service_fixture_start(fixture, service);
        manager_reload_units(fixture->manager.manager, &unit, 1, on_reloaded, &answer);
        g_assert_cmpint(service->state, ==, SERVICE_RELOAD);
        service_fixture_stop(fixture, service);
        service_fixture_run_until(fixture, is_answered, &answer);
        g_assert_nonnull(strstr(answer.errors, "the reload failed"));
        g_free(answer.errors);
        g_assert_cmpint(service->state, ==, SERVICE_DEAD);
}

/* ---- stopped on the way up ---- */

static void test_stop_early(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *lines;
                ServiceState state;
        } cases[] = {
                { "ExecCondition=/bin/sleep 1000\n" SLEEP, SERVICE_CONDITION },
                { "ExecStartPre=/bin/sleep 1000\n" SLEEP, SERVICE_START_PRE },
                { "Type=oneshot\n" SLEEP, SERVICE_START },
                { "ExecStartPost=/bin/sleep 1000\n" SLEEP, SERVICE_START_POST },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = g_strconcat("[Service]\n", cases[i].lines, NULL);
                Service *service = service_fixture_load(fixture, text);

                g_assert_cmpint(service->unit.vtable->start(&service->unit), ==, 0);
                g_assert_cmpint(service->state, ==, cases[i].state);
                service_fixture_stop(fixture, service);
                g_assert_true(is_down(service));
                g_assert_null(service->control);
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* ---- prefixes ---- */

static void test_prefixes(ServiceFixture *fixture, gconstpointer data) {
        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        g_autofree char *folder = service_fixture_path(fixture, ".");
        g_autofree char *log = service_fixture_path(fixture, "log");

        g_assert_true(g_file_set_contents(log, "", 0, NULL));
        g_assert_cmpint(chmod(log, 0666), ==, 0);
        g_assert_cmpint(chmod(folder, 0755), ==, 0);
        (void)run_down(fixture,
                       "[Service]\nType=oneshot\nUser=nobody\nExecStart=" LOG("$$(id -un) $USER") "ExecStart=+" LOG("$$(id -un) $USER") "ExecStart=!" LOG(
                               "$$(id -un) $USER") "ExecStart=!!" LOG("$$(id -un) $USER") "ExecStar"
                                                                                          "t=:" LOG(
                                                                                                  "$USER"));
        assert_log(fixture, "nobody nobody\nroot nobody\nroot nobody\nnobody nobody\nnobody\n");
}

static const ServiceTest tests[] = {
        { "order", test_order },
        { "condition", test_condition },
        { "condition-answer", test_condition_answer },
        { "pre-fails", test_pre_fails },
        { "cannot-run", test_cannot_run },
        { "post-fails", test_post_fails },
        { "result", test_result },
        { "stop-by-itself", test_stop_by_itself },
        { "stop-command", test_stop_command },
        { "oneshot", test_oneshot },
        { "oneshot-fails", test_oneshot_fails },
        { "oneshot-remains", test_oneshot_remains },
        { "remains", test_remains },
        { "reload", test_reload },
        { "reload-fails", test_reload_fails },
        { "reload-timeout", test_reload_timeout },
        { "reload-none", test_reload_none },
        { "reload-stopped", test_reload_stopped },
        { "stop-early", test_stop_early },
        { "prefixes", test_prefixes },
};

int main(int argc, char **argv) {
        return service_fixture_main(&argc, &argv, "/service-commands", tests, ARRAY_SIZE(tests));
}
