/* SPDX-License-Identifier: MIT */
/* Verbs that are known from systemctl: is-active, is-failed, reset-failed, kill, and what start
 * limits say of them. */
#include <signal.h>
#include <string.h>

#include "harness.h"

/* What a verb prints, and its exit status. */
static void expect(const Fixture *fixture, int status, const char *printed, const char *verb,
                   const char *first, const char *second) {
        g_autofree char *output = NULL;

        g_assert_cmpint(ctl(fixture, &output, verb, first, second, NULL), ==, status);
        g_assert_cmpstr(output, ==, printed);
}

/* A service that runs, one that doesn't, one that has failed. */
static Fixture *verbs_fixture(void) {
        Fixture *fixture = fixture_new();

        unit_write(fixture, "up.service", "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "down.service", "[Service]\nExecStart=@claimer@ --never\n");
        unit_write(fixture, "bad.service",
                   "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n"
                   "[Service]\nType=oneshot\nExecStart=/bin/false\n");
        unit_write(fixture, "default.target", "[Unit]\nWants=up.service\n");
        fixture_start(fixture, NULL);
        return fixture;
}

/* Returns: the error (g_free). */
static char *start_in_vain(Fixture *fixture, const char *unit) {
        char *error = NULL;

        g_assert_cmpint(bus_units_call(fixture, "Start", &error, unit, NULL), <, 0);
        unit_wait(fixture, unit, "failed", NULL);
        return error;
}

static void test_is_active(void) {
        _fixture_ Fixture *fixture = verbs_fixture();

        g_free(start_in_vain(fixture, "bad.service"));
        expect(fixture, 0, "active\n", "is-active", "up", NULL);
        expect(fixture, 3, "inactive\n", "is-active", "down", NULL);
        expect(fixture, 3, "failed\n", "is-active", "bad", NULL);
        expect(fixture, 4, "inactive\n", "is-active", "none", NULL);
        /* One is enough. */
        expect(fixture, 0, "inactive\nactive\n", "is-active", "down", "up");
        expect(fixture, 0, "", "is-active", "-q", "up");
        expect(fixture, 3, "", "is-active", "--quiet", "down");
        expect(fixture, 0, "{\"up.service\":\"active\"}\n", "is-active", "--json=short", "up");
}

static void test_is_failed(void) {
        _fixture_ Fixture *fixture = verbs_fixture();

        g_free(start_in_vain(fixture, "bad.service"));
        expect(fixture, 0, "failed\n", "is-failed", "bad", NULL);
        expect(fixture, 1, "active\n", "is-failed", "up", NULL);
        expect(fixture, 4, "inactive\n", "is-failed", "none", NULL);
        expect(fixture, 0, "active\nfailed\n", "is-failed", "up", "bad");
}

/* Too many starts: refused, with what to do about it; that done, it is started again. */
static void test_reset_failed(void) {
        _fixture_ Fixture *fixture = verbs_fixture();
        g_autofree char *refused = NULL, *again = NULL, *failure = NULL, *result = NULL;
        g_autofree char *log = NULL;

        g_free(start_in_vain(fixture, "bad.service"));
        g_free(start_in_vain(fixture, "bad.service"));
        refused = start_in_vain(fixture, "bad.service");
        g_assert_nonnull(strstr(refused, "start-limit-hit: the main process exited with status 1; "
                                         "started 2 times within 3600 s; "
                                         "'bellhopctl reset-failed bad.service' lets it start at "
                                         "once"));
        log = fixture_log(fixture);
        g_assert_null(strstr(log, "bad.service: failed -> failed")); /* that's no news */
        g_assert_cmpint(ctl(fixture, NULL, "reset-failed", "bad", NULL), ==, 0);
        unit_expect(fixture, "bad.service", "inactive", "dead");
        failure = unit_property(fixture, "bad.service", "Failure");
        result = unit_property(fixture, "bad.service", "Result");
        g_assert_null(failure);
        g_assert_cmpstr(result, ==, "success");
        again = start_in_vain(fixture, "bad.service");
        g_assert_null(strstr(again, "start-limit-hit"));
        /* What runs goes on; a unit that isn't there is said to be so. */
        g_assert_cmpint(ctl(fixture, NULL, "reset-failed", NULL), ==, 0);
        unit_expect(fixture, "bad.service", "inactive", "dead");
        unit_expect(fixture, "up.service", "active", "running");
        g_assert_cmpint(ctl(fixture, NULL, "reset-failed", "none", NULL), ==, 4);
}

/* A socket is counted as a service is, and both are reset. */
static void test_reset_failed_socket(void) {
        _fixture_ Fixture *fixture = verbs_fixture();
        g_autofree char *refused = NULL, *content = NULL;

        pair_write(fixture, "web", "ListenStream=@dir@/web", "--never", "");
        unit_write(fixture, "conf.memfd", "[Memfd]\nSource=@dir@/none\nService=up.service\n");
        bus_reload(fixture, NULL);
        for (unsigned int i = 0; i < 5; i++) {
                unit_start(fixture, "web.socket");
                unit_stop(fixture, "web.socket");
        }
        g_assert_cmpint(bus_units_call(fixture, "Start", &refused, "web.socket", NULL), <, 0);
        g_assert_nonnull(strstr(refused, "start-limit-hit: started 5 times within 10 s"));
        g_free(start_in_vain(fixture, "conf.memfd"));
        g_assert_cmpint(ctl(fixture, NULL, "reset-failed", "web.socket", "conf.memfd", NULL), ==,
                        0);
        unit_expect(fixture, "conf.memfd", "inactive", "dead");
        unit_start(fixture, "web.socket");
        unit_expect(fixture, "web.socket", "active", "listening");
}

static void test_kill(void) {
        _fixture_ Fixture *fixture = verbs_fixture();
        g_autofree char *nobody = NULL, *control = NULL, *whom = NULL, *sig = NULL, *code = NULL;
        unsigned int mark = events_mark(fixture);

        g_assert_cmpint(ctl(fixture, NULL, "kill", "--signal=KILL", "--kill-whom=main", "up", NULL),
                        ==, 0);
        event_wait(fixture, mark, "unit up.service failed *");
        sig = unit_property(fixture, "up.service", "ExecMainStatus");
        g_assert_cmpstr(sig, ==, "9");
        g_assert_cmpint(ctl(fixture, &nobody, "kill", "up", NULL), ==, 1);
        g_assert_nonnull(strstr(nobody, "up.service has no process"));
        unit_start(fixture, "up.service");
        g_assert_cmpint(ctl(fixture, &control, "kill", "--kill-whom=control", "up", NULL), ==, 1);
        g_assert_nonnull(strstr(control, "up.service has no control process"));
        g_assert_cmpint(ctl(fixture, &whom, "kill", "--kill-whom=most", "up", NULL), ==, 2);
        g_assert_nonnull(strstr(whom, "--kill-whom=most isn't a WHOM"));
        g_assert_cmpint(ctl(fixture, NULL, "kill", "-s", "NONE", "up", NULL), ==, 2);
        g_assert_cmpint(ctl(fixture, NULL, "stop", "--signal=TERM", "up", NULL), ==, 2);
        unit_expect(fixture, "up.service", "active", "running");
        /* SIGTERM is how a service is meant to end. */
        mark = events_mark(fixture);
        g_assert_cmpint(ctl(fixture, NULL, "kill", "up", NULL), ==, 0);
        event_wait(fixture, mark, "unit up.service inactive dead");
}

/* All: the children, too. */
static void test_kill_all(void) {
        _fixture_ Fixture *fixture = verbs_fixture();
        unsigned int mark = events_mark(fixture);
        pid_t child;

        g_free(report_wait(fixture, "up", NULL)); /* of up.service */
        unit_write(
                fixture, "many.service",
                "[Service]\nKillMode=process\nExecStart=/bin/sh -c '@claimer@ --never & wait'\n");
        unit_start(fixture, "many.service");
        g_free(report_wait(fixture, "up", &child));
        g_assert_cmpint(ctl(fixture, NULL, "kill", "--signal=9", "many", NULL), ==, 0);
        event_wait(fixture, mark, "unit many.service failed *");
        process_wait_gone(child);
}

static const TestCase cases[] = {
        { "is-active", test_is_active, AS_BOTH, 0 },
        { "is-failed", test_is_failed, AS_BOTH, 0 },
        { "reset-failed", test_reset_failed, AS_BOTH, 0 },
        { "reset-failed for sockets", test_reset_failed_socket, AS_BOTH, 0 },
        { "kill", test_kill, AS_BOTH, 0 },
        { "kill all", test_kill_all, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
