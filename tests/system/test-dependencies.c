/* SPDX-License-Identifier: MIT */
/* What units do to each other: with real processes, each key of [Unit] that says so. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

/* A service that runs until it is stopped, with these lines in [Unit]. */
static void runner_write(const Fixture *fixture, const char *name, const char *lines) {
        unit_write(fixture, name, "[Unit]\n%s[Service]\nExecStart=@claimer@ --never\n", lines);
}

/* The daemon, which has started nothing by itself. */
static void start_idle(Fixture *fixture) {
        unit_write(fixture, "default.target", "[Unit]\nDescription=nothing\n");
        fixture_start(fixture, NULL);
}

static void expect_running(Fixture *fixture, const char *unit) {
        unit_expect(fixture, unit, "active", "running");
}

static void expect_dead(Fixture *fixture, const char *unit) {
        unit_expect(fixture, unit, "inactive", "dead");
}

/* A process ends as nobody wanted it to. */
static void crash(Fixture *fixture, const char *unit) {
        kill(unit_main_pid(fixture, unit), SIGKILL);
        unit_wait(fixture, unit, "failed", NULL);
}

static char *start_error(Fixture *fixture, const char *unit) {
        char *error = NULL;

        g_assert_cmpint(bus_units_call(fixture, "Start", &error, unit, NULL), <, 0);
        return error;
}

static void expect_text(const char *text, const char *part) {
        if (!text || !strstr(text, part))
                g_error("\"%s\" isn't in \"%s\"", part, text ? text : "(nothing)");
}

static char *status_of(Fixture *fixture, const char *unit) {
        char *output = NULL;

        g_assert_cmpint(ctl(fixture, &output, "status", unit, NULL), <=, 3);
        return output;
}

/* ---- what is needed ---- */

static void test_needs(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service",
                     "Requires=b.service\nWants=c.service nowhere.service\nBindsTo=d.service\n"
                     "After=b.service c.service d.service\n");
        runner_write(fixture, "b.service", "");
        runner_write(fixture, "c.service", "");
        runner_write(fixture, "d.service", "");
        start_idle(fixture);
        unit_start(fixture, "a.service");
        expect_running(fixture, "b.service");
        expect_running(fixture, "c.service");
        expect_running(fixture, "d.service");
        /* Requires= minds a stop, but not an end; BindsTo= both; Wants= neither. */
        crash(fixture, "b.service");
        unit_stop(fixture, "c.service");
        expect_running(fixture, "a.service");
        unsigned int mark = events_mark(fixture);
        crash(fixture, "d.service");
        event_wait(fixture, mark, "unit a.service inactive dead");
        unit_start(fixture, "a.service");
        unit_stop(fixture, "b.service");
        expect_dead(fixture, "a.service");
        expect_running(fixture, "c.service");
}

static void test_requisite(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "Requisite=b.service\nAfter=b.service\n");
        runner_write(fixture, "b.service", "");
        start_idle(fixture);
        g_autofree char *error = start_error(fixture, "a.service");
        expect_text(error, "b.service isn't up");
        expect_dead(fixture, "b.service");
        g_autofree char *status = status_of(fixture, "a.service");
        expect_text(status, "Failure: b.service isn't up: see Requisite=");
        unit_start(fixture, "b.service");
        unit_start(fixture, "a.service");
        g_autofree char *failure = unit_property(fixture, "a.service", "Failure");
        g_assert_null(failure);
        unit_stop(fixture, "b.service");
        expect_dead(fixture, "a.service");
}

/* Why something didn't run is told where it is asked for, and afterwards. */
static void test_reasons(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "Requires=b.service\nAfter=b.service\n");
        runner_write(fixture, "b.service", "Requires=broken.service\nAfter=broken.service\n");
        unit_write(fixture, "broken.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n");
        runner_write(fixture, "c.service", "Wants=d.service\n");
        runner_write(fixture, "d.service", "Requires=nowhere.service\n");
        start_idle(fixture);
        g_autofree char *error = start_error(fixture, "a.service");
        expect_text(error, "a.service: b.service, which it requires, did not start");
        g_autofree char *first = status_of(fixture, "a.service");
        g_autofree char *second = status_of(fixture, "b.service");
        expect_text(first, "Failure: b.service, which it requires, did not start");
        expect_text(second, "Failure: broken.service, which it requires, did not start");
        /* What is only wanted says so in its log. */
        unit_start(fixture, "c.service");
        expect_dead(fixture, "d.service");
        g_autofree char *third = status_of(fixture, "d.service");
        expect_text(third, "not started: it requires nowhere.service: there is no such unit");
}

/* ---- what goes along ---- */

static void test_part_of(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "");
        runner_write(fixture, "part.service", "PartOf=a.service\n");
        runner_write(fixture, "down.service", "PartOf=a.service\n");
        start_idle(fixture);
        unit_start(fixture, "a.service", "part.service");
        pid_t before = unit_main_pid(fixture, "part.service");
        unsigned int mark = events_mark(fixture);
        unit_restart(fixture, "a.service");
        event_wait(fixture, mark, "unit part.service active running");
        g_assert_cmpint(unit_main_pid(fixture, "part.service"), !=, before);
        expect_dead(fixture, "down.service");
        unit_stop(fixture, "part.service");
        expect_running(fixture, "a.service");
        unit_start(fixture, "part.service");
        unit_stop(fixture, "a.service");
        unit_wait(fixture, "part.service", "inactive", "dead");
}

static void test_stop_propagated(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "PropagatesStopTo=to.service\n");
        runner_write(fixture, "to.service", "");
        runner_write(fixture, "from.service", "StopPropagatedFrom=a.service\n");
        start_idle(fixture);
        unit_start(fixture, "a.service", "to.service", "from.service");
        pid_t to = unit_main_pid(fixture, "to.service");
        unit_restart(fixture, "a.service");
        g_assert_cmpint(unit_main_pid(fixture, "to.service"), ==, to);
        unsigned int mark = events_mark(fixture);
        unit_stop(fixture, "a.service");
        event_wait(fixture, mark, "unit to.service inactive dead");
        event_wait(fixture, mark, "unit from.service inactive dead");
}

static void test_reload_propagated(void) {
        static const char *const names[] = { "a", "to", "from", "alone" };
        static const char *const lines[] = { "PropagatesReloadTo=to.service\n", "",
                                             "ReloadPropagatedFrom=a.service\n", "" };
        _fixture_ Fixture *fixture = fixture_new();

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                g_autofree char *unit = g_strconcat(names[i], ".service", NULL);
                unit_write(fixture, unit,
                           "[Unit]\n%s[Service]\nExecStart=@claimer@ --never\n"
                           "ExecReload=/bin/sh -c 'echo %%N >@dir@/%%N.reloaded'\n",
                           lines[i]);
        }
        start_idle(fixture);
        unit_start(fixture, "a.service", "to.service", "from.service", "alone.service");
        g_assert_cmpint(ctl(fixture, NULL, "reload", "a", NULL), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                g_autofree char *file = g_strconcat(names[i], ".reloaded", NULL);
                g_autofree char *wanted = g_strconcat(names[i], "\n", NULL);
                g_autofree char *written = file_read(fixture, file);
                g_assert_cmpstr(written, ==, strcmp(names[i], "alone") ? wanted : "");
        }
}

static void test_conflicts(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "a.service",
                   "[Unit]\nConflicts=b.service\n[Service]\n"
                   "ExecStart=/bin/sh -c 'cat @dir@/b-runs && exit 1; exec @claimer@ --never'\n");
        unit_write(fixture, "b.service",
                   "[Service]\nExecStartPre=/bin/sh -c 'echo yes >@dir@/b-runs'\n"
                   "ExecStart=@claimer@ --never\n"
                   "ExecStopPost=/bin/rm @dir@/b-runs\n");
        unit_write(fixture, "both.target", "[Unit]\nRequires=a.service b.service\n");
        start_idle(fixture);
        unit_start(fixture, "b.service");
        g_free(report_wait(fixture, "up", NULL));
        /* The one is down before the other begins. */
        unit_start(fixture, "a.service");
        expect_dead(fixture, "b.service");
        g_free(report_wait(fixture, "up", NULL));
        expect_running(fixture, "a.service");
        /* It goes both ways. */
        unit_start(fixture, "b.service");
        expect_dead(fixture, "a.service");
        g_autofree char *error = start_error(fixture, "both.target");
        expect_text(error, "would have to be started and stopped at once: see Conflicts=");
        expect_running(fixture, "b.service");
        g_autofree char *shown = NULL;
        g_assert_cmpint(ctl(fixture, &shown, "show", "a", NULL), ==, 0);
        expect_text(shown, "\nConflicts=b.service\n");
}

/* ---- what follows ---- */

static void test_on_failure(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "bad.service",
                   "[Unit]\nOnFailure=mail@%%n.service missing.service\nOnSuccess=next.service\n"
                   "[Service]\nType=oneshot\nExecStart=/bin/false\n");
        unit_write(fixture, "good.service",
                   "[Unit]\nOnFailure=mail@%%n.service\nOnSuccess=next.service\n"
                   "[Service]\nType=oneshot\nExecStart=/bin/true\n");
        unit_write(fixture, "mail@.service",
                   "[Service]\nExecStart=@claimer@ --never --print=%%i\n");
        runner_write(fixture, "next.service", "");
        start_idle(fixture);
        g_free(start_error(fixture, "bad.service"));
        unit_wait(fixture, "mail@bad.service.service", "active", "running");
        expect_dead(fixture, "next.service");
        unit_start(fixture, "good.service");
        unit_wait(fixture, "next.service", "active", "running");
        g_autofree char *log = fixture_log(fixture);
        expect_text(log, "OnFailure=missing.service can't be loaded");
        g_assert_null(strstr(log, "mail@good"));
}

/* Two that fail and start each other: the manager has time for others. */
static void test_failures_in_a_circle(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "a.service",
                   "[Unit]\nOnFailure=b.service\nStartLimitIntervalSec=0\n"
                   "[Service]\nExecStart=/bin/false\n");
        unit_write(fixture, "b.service",
                   "[Unit]\nOnFailure=a.service\nRequires=never.service\nAfter=never.service\n"
                   "[Service]\nExecStart=/bin/false\n");
        runner_write(fixture, "never.service", "AssertPathExists=/nowhere\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        start_idle(fixture);
        unsigned int mark = events_mark(fixture);
        unit_start_begin(fixture, "a.service");
        event_wait_count(fixture, mark, "unit a.service failed failed", 5);
        unit_start(fixture, "web.socket");
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");
        ask_name(address, SOCK_STREAM, "web.socket");
}

static void test_upholds(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "Upholds=b.service\n");
        runner_write(fixture, "b.service", "");
        start_idle(fixture);
        unit_start(fixture, "a.service");
        unit_wait(fixture, "b.service", "active", "running");
        pid_t before = unit_main_pid(fixture, "b.service");
        unsigned int mark = events_mark(fixture);
        kill(before, SIGKILL);
        event_wait(fixture, mark, "unit b.service active running");
        g_assert_cmpint(unit_main_pid(fixture, "b.service"), !=, before);
        unit_stop(fixture, "a.service");
        crash(fixture, "b.service");
        unit_expect(fixture, "b.service", "failed", NULL);
}

static void test_stop_when_unneeded(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "Requires=helper.service\nAfter=helper.service\n");
        runner_write(fixture, "b.service", "Wants=helper.service\n");
        runner_write(fixture, "helper.service", "StopWhenUnneeded=yes\n");
        start_idle(fixture);
        unit_start(fixture, "a.service", "b.service");
        unit_stop(fixture, "a.service");
        unit_wait(fixture, "helper.service", "active", "running");
        crash(fixture, "b.service");
        unit_wait(fixture, "helper.service", "inactive", "dead");
}

/* ---- what may be asked ---- */

static void test_refused(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        runner_write(fixture, "a.service", "Requires=b.service\n");
        runner_write(fixture, "b.service", "RefuseManualStart=yes\nRefuseManualStop=yes\n");
        start_idle(fixture);
        g_autofree char *start = start_error(fixture, "b.service");
        expect_text(start, "b.service has RefuseManualStart=yes");
        unit_start(fixture, "a.service");
        expect_running(fixture, "b.service");
        g_assert_cmpint(ctl(fixture, &output, "stop", "b", NULL), ==, 1);
        expect_text(output, "b.service has RefuseManualStop=yes");
        expect_running(fixture, "b.service");
}

static void test_job_timeout(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "slow.service",
                   "[Unit]\nJobRunningTimeoutSec=100ms\nOnFailure=mail.service\n"
                   "[Service]\nType=notify\nExecStart=@claimer@ --never\n");
        runner_write(fixture, "a.service", "After=slow.service\nJobTimeoutSec=50ms\n");
        runner_write(fixture, "mail.service", "");
        start_idle(fixture);
        unsigned int mark = events_mark(fixture);
        unit_start_begin(fixture, "slow.service");
        event_wait(fixture, mark, "unit slow.service activating start");
        g_autofree char *error = start_error(fixture, "a.service");
        expect_text(error, "a.service: timed out, see JobTimeoutSec=");
        expect_dead(fixture, "a.service");
        unit_wait(fixture, "mail.service", "active", "running");
        /* The job was given up, the unit wasn't. */
        unit_expect(fixture, "slow.service", "activating", "start");
}

static void test_stop_while_waiting(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "slow.service",
                   "[Service]\nType=notify\nExecStart=@claimer@ --never\n");
        runner_write(fixture, "a.service", "Requires=slow.service\nAfter=slow.service\n");
        start_idle(fixture);
        unsigned int mark = events_mark(fixture);
        unit_start_begin(fixture, "a.service");
        event_wait(fixture, mark, "unit slow.service activating start");
        g_autofree char *job = unit_property(fixture, "a.service", "Job");
        g_assert_cmpstr(job, ==, "start");
        unit_stop(fixture, "a.service");
        expect_dead(fixture, "a.service");
        g_autofree char *none = unit_property(fixture, "a.service", "Job");
        g_assert_null(none);
        unit_stop(fixture, "slow.service");
        g_assert_false(event_seen(fixture, mark, "unit a.service *"));
}

static void test_isolate(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        unit_write(fixture, "rescue.target",
                   "[Unit]\nAllowIsolate=yes\nRequires=near.service web.socket\n");
        runner_write(fixture, "near.service", "Requires=far.service\n");
        runner_write(fixture, "far.service", "");
        runner_write(fixture, "other.service", "");
        runner_write(fixture, "kept.service", "IgnoreOnIsolate=yes\n");
        pair_write(fixture, "web", "ListenStream=@dir@/web", "web.socket", "");
        start_idle(fixture);
        unit_start(fixture, "other.service", "kept.service", "near.service", "web.service");
        pid_t far = unit_main_pid(fixture, "far.service");
        g_assert_cmpint(ctl(fixture, &output, "isolate", "other.service", NULL), ==, 1);
        expect_text(output, "other.service has no AllowIsolate=yes");
        g_assert_cmpint(ctl(fixture, NULL, "isolate", "rescue", NULL), ==, 0);
        unit_wait(fixture, "other.service", "inactive", "dead");
        unit_expect(fixture, "rescue.target", "active", NULL);
        expect_running(fixture, "kept.service");
        expect_running(fixture, "near.service");
        expect_running(fixture, "web.service");
        g_assert_cmpint(unit_main_pid(fixture, "far.service"), ==, far);
}

/* ---- conditions ---- */

static const struct {
        const char *lines;
        const char *unmet; /* after "Condition"; NULL: it is started */
} conditions[] = {
        { "ConditionPathExists=@dir@/here\n", NULL },
        { "ConditionPathExists=@dir@/nowhere\n", "PathExists=@dir@/nowhere" },
        { "ConditionPathExists=!@dir@/nowhere\n", NULL },
        { "ConditionPathExists=!@dir@/here\n", "PathExists=!@dir@/here" },
        { "ConditionPathExists=|@dir@/nowhere\nConditionFileNotEmpty=|@dir@/here\n", NULL },
        { "ConditionPathExists=|@dir@/nowhere\nConditionFileNotEmpty=|!@dir@/here\n",
          "PathExists=|@dir@/nowhere" },
        { "ConditionPathExists=|@dir@/here\nConditionPathIsDirectory=@dir@/here\n",
          "PathIsDirectory=@dir@/here" },
        { "ConditionPathExists=@dir@/nowhere\nConditionPathIsSocket=\n", NULL },
        { "ConditionPathExists=@dir@/%N.none\n", "PathExists=@dir@/c8.none" },
};

static void test_conditions(void) {
        _fixture_ Fixture *fixture = fixture_new();

        g_free(file_write(fixture, "here", "something\n"));
        for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
                g_autofree char *name = g_strdup_printf("c%zu.service", i);
                runner_write(fixture, name, conditions[i].lines);
        }
        start_idle(fixture);
        for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
                g_autofree char *name = g_strdup_printf("c%zu.service", i), *wanted = NULL;
                g_autofree char *asked = unit_property(fixture, name, "ConditionTimestamp");
                g_assert_cmpstr(asked, ==, "0");
                unit_start(fixture, name); /* which doesn't fail */
                g_autofree char *result = unit_property(fixture, name, "ConditionResult");
                g_autofree char *unmet = unit_property(fixture, name, "Unmet");
                if (conditions[i].unmet) {
                        g_autofree char *text = g_strconcat("Condition", conditions[i].unmet, NULL);
                        wanted = fixture_expand(fixture, text);
                }
                g_assert_cmpstr(unmet, ==, wanted);
                g_assert_cmpstr(result, ==, wanted ? "no" : "yes");
                unit_expect(fixture, name, wanted ? "inactive" : "active", NULL);
        }
}

/* A unit that was skipped hasn't failed, says why, and is asked anew. */
static void test_skipped(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *log = NULL;

        runner_write(fixture, "a.service", "ConditionPathExists=@dir@/flag\n");
        runner_write(fixture, "needs.service", "Requires=a.service\nAfter=a.service\n");
        start_idle(fixture);
        unit_start(fixture, "needs.service");
        expect_running(fixture, "needs.service");
        expect_dead(fixture, "a.service");
        g_autofree char *status = status_of(fixture, "a.service");
        expect_text(status, "Not met: ConditionPathExists=");
        g_assert_null(strstr(status, "Failure"));
        log = fixture_log(fixture);
        expect_text(log, "skipped: ConditionPathExists=");
        g_free(file_write(fixture, "flag", "now\n"));
        unit_start(fixture, "a.service");
        expect_running(fixture, "a.service");
        g_autofree char *later = status_of(fixture, "a.service");
        g_assert_null(strstr(later, "Not met"));
}

static void test_asserts(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service",
                     "AssertPathExists=@dir@/flag\nConditionPathExists=!@dir@/other\n");
        start_idle(fixture);
        g_autofree char *error = start_error(fixture, "a.service");
        expect_text(error, "a.service: AssertPathExists=");
        expect_text(error, "flag is not met");
        expect_dead(fixture, "a.service");
        g_autofree char *status = status_of(fixture, "a.service");
        expect_text(status, "Not met: AssertPathExists=");
        expect_text(status, "Failure: AssertPathExists=");
        g_autofree char *condition = unit_property(fixture, "a.service", "ConditionResult");
        g_autofree char *result = unit_property(fixture, "a.service", "AssertResult");
        g_assert_cmpstr(condition, ==, "yes");
        g_assert_cmpstr(result, ==, "no");
        /* Of the two the condition is asked first. */
        g_free(file_write(fixture, "other", "now\n"));
        unit_start(fixture, "a.service");
        expect_dead(fixture, "a.service");
        g_autofree char *other = fixture_expand(fixture, "@dir@/other");
        g_assert_cmpint(unlink(other), ==, 0);
        g_free(file_write(fixture, "flag", "now\n"));
        unit_start(fixture, "a.service");
        expect_running(fixture, "a.service");
}

/* What was accepted can't wait: it is closed, and the socket goes on. */
static void test_skipped_instance(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *address = fixture_expand(fixture, "@dir@/web");

        unit_write(fixture, "web.socket", "[Socket]\nListenStream=@dir@/web\nAccept=yes\n");
        unit_write(fixture, "web@.service",
                   "[Unit]\nConditionPathExists=@dir@/flag\n"
                   "[Service]\nExecStart=@claimer@ --any\n");
        start_idle(fixture);
        unit_start(fixture, "web.socket");
        g_autofree char *closed = ask(address, SOCK_STREAM);
        g_assert_cmpstr(closed, ==, "(end of file)");
        unit_expect(fixture, "web.socket", "active", "listening");
        g_free(file_write(fixture, "flag", "now\n"));
        g_autofree char *answer = ask(address, SOCK_STREAM);
        g_assert_cmpint(answer[0], !=, '(');
}

/* It is looked at when the turn has come, not when the request was made. */
static void test_condition_after(void) {
        _fixture_ Fixture *fixture = fixture_new();

        unit_write(fixture, "first.service",
                   "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo 1 >@dir@/made'\n");
        runner_write(fixture, "a.service",
                     "Wants=first.service\nAfter=first.service\nConditionPathExists=@dir@/made\n");
        start_idle(fixture);
        unit_start(fixture, "a.service");
        expect_running(fixture, "a.service");
}

/* ---- [Install] ---- */

/* A link that enable makes is as good as a line. */
static void test_enabled(void) {
        _fixture_ Fixture *fixture = fixture_new();

        runner_write(fixture, "a.service", "");
        unit_write(fixture, "wanted.service",
                   "[Service]\nExecStart=@claimer@ --never\n[Install]\nWantedBy=a.service\n");
        unit_write(fixture, "required.service",
                   "[Service]\nExecStart=@claimer@ --never\n[Install]\nRequiredBy=a.service\n");
        unit_write(fixture, "upheld.service",
                   "[Service]\nExecStart=@claimer@ --never\n[Install]\nUpheldBy=a.service\n");
        start_idle(fixture);
        g_assert_cmpint(ctl(fixture, NULL, "enable", "wanted", "required", "upheld", NULL), ==, 0);
        unit_start(fixture, "a.service");
        unit_wait(fixture, "wanted.service", "active", "running");
        unit_wait(fixture, "required.service", "active", "running");
        unit_wait(fixture, "upheld.service", "active", "running");
        unsigned int mark = events_mark(fixture);
        kill(unit_main_pid(fixture, "upheld.service"), SIGKILL);
        event_wait(fixture, mark, "unit upheld.service active running");
        unit_stop(fixture, "required.service");
        unit_wait(fixture, "a.service", "inactive", "dead");
}

static const TestCase cases[] = {
        { "what is needed", test_needs, AS_BOTH, 0 },
        { "requisite", test_requisite, AS_BOTH, 0 },
        { "reasons", test_reasons, AS_BOTH, 0 },
        { "part of", test_part_of, AS_BOTH, 0 },
        { "a stop that is propagated", test_stop_propagated, AS_BOTH, 0 },
        { "a reload that is propagated", test_reload_propagated, AS_BOTH, 0 },
        { "conflicts", test_conflicts, AS_BOTH, 0 },
        { "on failure, on success", test_on_failure, AS_BOTH, 0 },
        { "failures in a circle", test_failures_in_a_circle, AS_BOTH, 0 },
        { "upheld", test_upholds, AS_BOTH, 0 },
        { "stop when unneeded", test_stop_when_unneeded, AS_BOTH, 0 },
        { "refused by hand", test_refused, AS_BOTH, 0 },
        { "job timeouts", test_job_timeout, AS_BOTH, 0 },
        { "stop while the start waits", test_stop_while_waiting, AS_BOTH, 0 },
        { "isolate", test_isolate, AS_BOTH, 0 },
        { "conditions", test_conditions, AS_BOTH, 0 },
        { "skipped", test_skipped, AS_BOTH, 0 },
        { "skipped instance", test_skipped_instance, AS_BOTH, 0 },
        { "asserts", test_asserts, AS_BOTH, 0 },
        { "conditions in turn", test_condition_after, AS_BOTH, 0 },
        { "enabled", test_enabled, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
