/* SPDX-License-Identifier: MIT */
/* Commands: real processes from their start to what is told of their end. */
#include "command.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "service-fixture.h"

typedef struct Outcome {
        bool ended;
        CommandEnd end;
        char *failure;
} Outcome;

static void on_done(const CommandEnd *end, void *userdata) {
        Outcome *outcome = userdata;

        g_assert_false(outcome->ended);
        outcome->ended = true;
        outcome->end = *end;
        outcome->failure = g_strdup(end->failure);
}

static bool has_ended(const void *data) {
        return ((const Outcome *)data)->ended;
}

static Command *begin(ServiceFixture *fixture, const char *text, CommandRequest *request,
                      Outcome *outcome) {
        Service *service = service_fixture_load(fixture, text);
        GPtrArray *commands = SERVICE_SETTINGS(service->unit.settings)->exec_start;
        Command *command;
        g_autofree char *failure = NULL;

        request->unit = &service->unit;
        request->exec = commands->pdata[0];
        if (!request->timeout_usec)
                request->timeout_usec = TIME_INFINITY;
        g_assert_cmpint(command_start(request, on_done, outcome, &command, &failure), ==, 0);
        return command;
}

static void test_ends(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *line;
                int code, status;
                bool success;
                const char *failure;
        } cases[] = {
                { "/bin/true", CLD_EXITED, 0, true, NULL },
                { "/bin/sh -c 'exit 3'", CLD_EXITED, 3, false, "/bin/sh exited with status 3" },
                { "-/bin/sh -c 'exit 3'", CLD_EXITED, 3, true, "/bin/sh exited with status 3" },
                { "/bin/sh -c 'kill -USR1 $$$$'", CLD_KILLED, SIGUSR1, false, "SIGUSR1" },
                { "/bin/sh -c '[ $WHO = me ]'", CLD_EXITED, 0, true, NULL },
        };
        static char *environment[] = { (char *)"WHO=me", NULL };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_autofree char *text = g_strdup_printf("[Service]\nExecStart=%s\n", cases[i].line);
                CommandRequest request = { .environment = environment };
                Outcome outcome = { 0 };

                (void)begin(fixture, text, &request, &outcome);
                service_fixture_run_until(fixture, has_ended, &outcome);
                g_assert_cmpint(outcome.end.code, ==, cases[i].code);
                g_assert_cmpint(outcome.end.status, ==, cases[i].status);
                g_assert_cmpint(outcome.end.success, ==, cases[i].success);
                g_assert_false(outcome.end.timed_out);
                if (cases[i].failure)
                        g_assert_nonnull(strstr(outcome.failure, cases[i].failure));
                else
                        g_assert_null(outcome.failure);
                g_free(outcome.failure);
                manager_unload_unit(fixture->manager.manager, request.unit);
        }
}

/* What waits for any child of this process takes its status: no more comes. */
static void test_reaped(ServiceFixture *fixture, gconstpointer data) {
        CommandRequest request = { 0 };
        Outcome outcome = { 0 };
        Command *command = begin(fixture, "[Service]\nExecStart=/bin/true\n", &request, &outcome);
        siginfo_t info;

        g_assert_cmpint(waitid(P_PID, (id_t)command_pid(command), &info, WEXITED), ==, 0);
        service_fixture_run_until(fixture, has_ended, &outcome);
        g_assert_false(outcome.end.success);
        g_assert_nonnull(strstr(outcome.failure, "nobody knows how"));
        g_free(outcome.failure);
        manager_unload_unit(fixture->manager.manager, request.unit);
}

static void test_cannot_exec(ServiceFixture *fixture, gconstpointer data) {
        CommandRequest request = { 0 };
        Outcome outcome = { 0 };

        (void)begin(fixture, "[Service]\nExecStart=/nonexistent\n", &request, &outcome);
        service_fixture_run_until(fixture, has_ended, &outcome);
        g_assert_false(outcome.end.success);
        g_assert_cmpstr(outcome.failure, ==, "exec /nonexistent: No such file or directory");
        g_free(outcome.failure);
}

/* It doesn't mind SIGTERM. */
static void test_timeout(ServiceFixture *fixture, gconstpointer data) {
        CommandRequest request = { .timeout_usec = 20 * USEC_PER_MSEC };
        Outcome outcome = { 0 };

        (void)begin(fixture, "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; exec sleep 1000'\n",
                    &request, &outcome);
        service_fixture_run_until(fixture, has_ended, &outcome);
        g_assert_true(outcome.end.timed_out);
        g_assert_false(outcome.end.success);
        g_assert_nonnull(strstr(outcome.failure, "still there after 0.02 s"));
        g_free(outcome.failure);
}

/* Nobody asks any more: nobody is told, and nobody is left. */
static void test_free(ServiceFixture *fixture, gconstpointer data) {
        CommandRequest request = { 0 };
        Outcome outcome = { 0 };
        Command *command =
                begin(fixture, "[Service]\nExecStart=/bin/sleep 1000\n", &request, &outcome);

        g_assert_cmpint(kill(command_pid(command), 0), ==, 0);
        g_assert_null(command_free(command));
        g_assert_cmpuint(g_hash_table_size(fixture->manager.manager->commands), ==, 0);
        g_assert_false(outcome.ended);
}

int main(int argc, char **argv) {
        static const struct {
                const char *path;
                void (*function)(ServiceFixture *fixture, gconstpointer data);
        } tests[] = {
                { "/command/ends", test_ends },       { "/command/cannot-exec", test_cannot_exec },
                { "/command/timeout", test_timeout }, { "/command/reaped", test_reaped },
                { "/command/free", test_free },
        };

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
                g_test_add(tests[i].path, ServiceFixture, GINT_TO_POINTER(0),
                           service_fixture_set_up, tests[i].function, service_fixture_tear_down);
        return g_test_run();
}
