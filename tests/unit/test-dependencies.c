/* SPDX-License-Identifier: MIT */
/* What the keys of [Unit] bring about: what is stopped, started or refused with what. */
#include <stdio.h>
#include <string.h>

#include "fake-unit.h"

static void assert_fails(JobType type, Unit *unit, const char *part) {
        _cleanup_answer_ Answer answer = { 0 };
        request_and_run(type, unit, &answer);
        g_assert_cmpuint(answer.count, ==, 1);
        g_test_message("%s", answer.errors);
        g_assert_nonnull(strstr(answer.errors, part));
}

static void test_requisite(void) {
        begin();
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Requisite=b.target\nAfter=b.target\n");
        assert_fails(JOB_START, a, "b.target isn't up");
        assert_calls("");
        request_and_run(JOB_START, b, NULL);
        request_and_run(JOB_START, a, NULL);
        assert_calls("+b +a");
        /* What is being started by the same request is up by then. */
        request_and_run(JOB_STOP, b, NULL);
        assert_calls("-a -b");
        Unit *both = fake_new("both.target", "Wants=a.target b.target\n");
        request_and_run(JOB_START, both, NULL);
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_ACTIVE);
        end();
}

static void test_binds_to(void) {
        begin();
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "BindsTo=b.target\nAfter=b.target\n");
        request_and_run(JOB_START, a, NULL);
        assert_calls("+b +a");
        /* It ends by itself. */
        fake_set(b, ACTIVE_INACTIVE);
        manager_fixture_run_pending(&fixture);
        assert_calls("-a");
        /* A restart takes it along, and doesn't stop it for good. */
        request_and_run(JOB_START, a, NULL);
        g_string_truncate(calls, 0);
        request_and_run(JOB_RESTART, b, NULL);
        assert_calls("-a -b +b +a");
        /* Requires= alone isn't that strict. */
        Unit *c = started("c.target", "Requires=b.target\n");
        fake_set(b, ACTIVE_FAILED);
        manager_fixture_run_pending(&fixture);
        g_assert_cmpint(FAKE(c)->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_INACTIVE);
        end();
}

/* What it is bound to is skipped: it isn't up, so neither is this one. */
static void test_binds_to_skipped(void) {
        begin();
        fake_new("b.target", "ConditionPathExists=/nowhere\n");
        Unit *strict = fake_new("strict.target", "BindsTo=b.target\nAfter=b.target\n");
        Unit *easy = fake_new("easy.target", "Requires=b.target\nAfter=b.target\n");
        assert_fails(JOB_START, strict, "b.target, which it is bound to, isn't up");
        assert_calls("");
        request_and_run(JOB_START, easy, NULL);
        assert_calls("+easy");
        end();
}

static void test_part_of(void) {
        begin();
        Unit *b = started("b.target", "");
        Unit *a = started("a.target", "PartOf=b.target\n");
        Unit *down = fake_new("down.target", "PartOf=b.target\n");
        request_and_run(JOB_RESTART, b, NULL);
        g_assert_cmpuint(strlen(calls->str), ==, strlen("-a -b +a +b"));
        g_string_truncate(calls, 0);
        request_and_run(JOB_STOP, a, NULL);
        assert_calls("-a");
        request_and_run(JOB_START, b, NULL);
        assert_calls(""); /* starting doesn't go along */
        request_and_run(JOB_START, a, NULL);
        request_and_run(JOB_STOP, b, NULL);
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(down)->state, ==, ACTIVE_INACTIVE);
        end();
}

static void test_propagates_stop(void) {
        begin();
        Unit *a = started("a.target", "PropagatesStopTo=b.target\n");
        Unit *b = started("b.target", "");
        Unit *c = started("c.target", "StopPropagatedFrom=a.target\n");
        request_and_run(JOB_RESTART, a, NULL);
        assert_calls("-a +a");
        request_and_run(JOB_STOP, a, NULL);
        g_assert_cmpint(FAKE(b)->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(c)->state, ==, ACTIVE_INACTIVE);
        end();
}

static void test_conflicts(void) {
        begin();
        Unit *b = started("b.target", "");
        Unit *a = fake_new("a.target", "Conflicts=b.target\n");
        FAKE(b)->slow = true;
        request_and_run(JOB_START, a, NULL);
        assert_calls("-b"); /* and a waits for it */
        fake_finish(b);
        assert_calls("+a");
        /* The other way round, without its having said so. */
        FAKE(b)->slow = false;
        request_and_run(JOB_START, b, NULL);
        assert_calls("-a +b");
        end();
}

static void test_on_failure(void) {
        begin();
        Unit *a = started("a.target",
                          "OnFailure=mail.target missing.target\nOnSuccess=next.target\n");
        Unit *mail = fake_new("mail.target", "");
        Unit *next = fake_new("next.target", "");
        fake_set(a, ACTIVE_FAILED);
        manager_fixture_run_pending(&fixture);
        assert_calls("+mail");
        g_assert_cmpint(FAKE(next)->state, ==, ACTIVE_INACTIVE);
        request_and_run(JOB_STOP, mail, NULL);
        request_and_run(JOB_START, a, NULL);
        g_string_truncate(calls, 0);
        fake_set(a, ACTIVE_INACTIVE);
        manager_fixture_run_pending(&fixture);
        assert_calls("+next");
        g_assert_cmpint(FAKE(mail)->state, ==, ACTIVE_INACTIVE);
        end();
}

/* A job that fails for want of another unit is a failure, too. */
static void test_on_failure_of_dependency(void) {
        begin();
        Unit *b = fake_new("b.target", "");
        Unit *a =
                fake_new("a.target", "Requires=b.target\nAfter=b.target\nOnFailure=mail.target\n");
        fake_new("mail.target", "");
        FAKE(b)->fails = true;
        request_and_run(JOB_START, a, NULL);
        assert_calls("+b +mail");
        end();
}

static void test_on_failure_job_mode(void) {
        begin();
        Unit *a = started("a.target", "OnFailure=rescue.target\nOnFailureIsolate=yes\n");
        Unit *other = started("other.target", "");
        Unit *kept = started("kept.target", "IgnoreOnIsolate=yes\n");
        Unit *rescue = fake_new("rescue.target", "AllowIsolate=yes\n");
        fake_set(a, ACTIVE_FAILED);
        manager_fixture_run_pending(&fixture);
        g_assert_cmpint(FAKE(rescue)->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(other)->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(kept)->state, ==, ACTIVE_ACTIVE);
        end();
}

static void test_on_success_job_mode(void) {
        begin();
        Unit *a = started("a.target", "OnSuccess=next.target\nOnSuccessJobMode=isolate\n");
        Unit *other = started("other.target", "");
        Unit *next = fake_new("next.target", "AllowIsolate=yes\n");
        fake_set(a, ACTIVE_INACTIVE);
        manager_fixture_run_pending(&fixture);
        g_assert_cmpint(FAKE(next)->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(other)->state, ==, ACTIVE_INACTIVE);
        end();
}

static void test_upholds(void) {
        begin();
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Upholds=b.target\n");
        request_and_run(JOB_START, a, NULL);
        g_assert_cmpint(FAKE(b)->state, ==, ACTIVE_ACTIVE);
        g_string_truncate(calls, 0);
        fake_set(b, ACTIVE_INACTIVE);
        manager_fixture_run_pending(&fixture);
        assert_calls("+b");
        request_and_run(JOB_STOP, b, NULL);
        assert_calls("-b +b");
        request_and_run(JOB_STOP, a, NULL);
        request_and_run(JOB_STOP, b, NULL);
        assert_calls("-a -b");
        end();
}

/* What never comes up isn't tried for ever at full speed. */
static void test_upholds_in_vain(void) {
        begin();
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Upholds=b.target\n");
        FAKE(b)->fails = true;
        request_and_run(JOB_START, a, NULL);
        for (int i = 0; i < 100; i++) {
                fake_set(b, ACTIVE_INACTIVE);
                manager_fixture_run_pending(&fixture);
        }
        g_assert_cmpuint(calls->len, <, 30 * strlen(" +b"));
        end();
}

static void test_stop_when_unneeded(void) {
        begin();
        Unit *b = fake_new("b.target", "StopWhenUnneeded=yes\n");
        Unit *a = fake_new("a.target", "Wants=b.target\nAfter=b.target\n");
        Unit *c = fake_new("c.target", "Requires=b.target\nAfter=b.target\n");
        request_and_run(JOB_START, a, NULL);
        request_and_run(JOB_START, c, NULL);
        request_and_run(JOB_STOP, a, NULL);
        g_assert_cmpint(FAKE(b)->state, ==, ACTIVE_ACTIVE);
        g_string_truncate(calls, 0);
        fake_set(c, ACTIVE_FAILED);
        manager_fixture_run_pending(&fixture);
        assert_calls("-b");
        /* Started for nobody. */
        request_and_run(JOB_START, b, NULL);
        assert_calls("+b -b");
        /* Started for somebody who is skipped. */
        Unit *skipped = fake_new("s.target",
                                 "Wants=b.target\nAfter=b.target\nConditionPathExists=/nowhere\n");
        request_and_run(JOB_START, skipped, NULL);
        assert_calls("+b -b");
        end();
}

static void test_refuse_manual(void) {
        begin();
        Unit *a = fake_new("a.target", "RefuseManualStart=yes\nRefuseManualStop=yes\n");
        g_assert_nonnull(strstr(unit_refuses(a, JOB_START), "RefuseManualStart=yes"));
        g_assert_nonnull(strstr(unit_refuses(a, JOB_STOP), "RefuseManualStop=yes"));
        g_assert_nonnull(unit_refuses(a, JOB_RESTART));
        Unit *b = fake_new("b.target", "Requires=a.target\n");
        g_assert_null(unit_refuses(b, JOB_RESTART));
        request_and_run(JOB_START, b, NULL);
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_ACTIVE);
        end();
}

static bool is_answered(const void *data) {
        return ((const Answer *)data)->count > 0;
}

static void test_timeouts(void) {
        begin();
        _cleanup_answer_ Answer queued = { 0 }, running = { 0 };
        Unit *b = fake_new("b.target", "JobRunningTimeoutSec=20ms\nOnFailure=mail.target\n");
        Unit *a = fake_new("a.target", "After=slow.target\nJobTimeoutSec=10ms\n");
        Unit *slow = fake_new("slow.target", "");
        fake_new("mail.target", "");
        FAKE(slow)->slow = FAKE(b)->slow = true;
        request_and_run(JOB_START, slow, NULL);
        request(JOB_START, a, &queued);
        request(JOB_START, b, &running);
        manager_fixture_run_until(&fixture, is_answered, &queued);
        g_assert_nonnull(strstr(queued.errors, "a.target: timed out"));
        manager_fixture_run_until(&fixture, is_answered, &running);
        g_assert_nonnull(strstr(running.errors, "b.target: timed out"));
        /* The unit itself goes on. */
        g_assert_cmpint(FAKE(b)->state, ==, ACTIVE_ACTIVATING);
        manager_fixture_run_pending(&fixture);
        assert_calls("+slow +b +mail");
        end();
}

static void test_conditions(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *after = fake_new("after.target", "Requires=a.target\nAfter=a.target\n");
        Unit *a = fake_new("a.target", "ConditionPathExists=/nowhere\n");
        request_and_run(JOB_START, after, &answer);
        /* Skipped is not failed: who requires it is started. */
        g_assert_cmpstr(answer.errors, ==, "");
        assert_calls("+after");
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_INACTIVE);
        g_assert_null(a->failure);
        end();
}

static void test_asserts(void) {
        begin();
        Unit *a = fake_new("a.target", "AssertPathExists=/nowhere\n");
        Unit *b = fake_new("b.target", "Requires=a.target\nAfter=a.target\n");
        assert_fails(JOB_START, a, "a.target: AssertPathExists=/nowhere is not met");
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_INACTIVE);
        assert_fails(JOB_START, b, "a.target, which it requires, did not start");
        assert_calls("");
        end();
}

/* Targets of systemd's without a file count as reached; what is nobody's doesn't. */
static void test_missing(void) {
        begin();
        Unit *good = fake_new("good.target",
                              "Requires=network.target sysinit.target system.slice -.mount\n"
                              "Wants=foo.mount bar.timer nowhere.service\n"
                              "After=network-online.target foo.mount nowhere.service\n");
        Unit *mount = fake_new("mount.target", "Requires=foo.mount\n");
        Unit *bound = fake_new("bound.target", "BindsTo=nowhere.service\n");
        Unit *wants = fake_new("wants.target", "Wants=mount.target good.target\n");
        request_and_run(JOB_START, good, NULL);
        assert_calls("+good");
        g_autofree char *foreign = refused(JOB_MODE_REPLACE, mount);
        g_assert_cmpstr(foreign, ==,
                        "mount.target requires foo.mount: bellhop has no units of this type");
        g_autofree char *missing = refused(JOB_MODE_REPLACE, bound);
        g_assert_cmpstr(missing, ==,
                        "bound.target requires nowhere.service: there is no such unit");
        /* Only wanted, it is left out. */
        request_and_run(JOB_START, wants, NULL);
        assert_calls("+wants");
        end();
}

/* Two that start each other by their ends don't keep the manager from everything else. */
static void test_ends_in_a_circle(void) {
        static const char *const sections[] = {
                "Requires=bad.target\nAfter=bad.target\nOnFailure=", /* never begun */
                "OnFailure=",
                "StopWhenUnneeded=yes\nOnSuccess=",
        };
        for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
                begin();
                g_autofree char *to_b = g_strconcat(sections[i], "b.target\n", NULL);
                g_autofree char *to_a = g_strconcat(sections[i], "a.target\n", NULL);
                fake_new("bad.target", "AssertPathExists=/nowhere\n");
                Unit *a = fake_new("a.target", to_b), *b = fake_new("b.target", to_a);
                FAKE(a)->fails = FAKE(b)->fails = strstr(sections[i], "OnFailure") != NULL;
                request_and_run(JOB_START, a, NULL);
                g_test_message("%s", calls->str);
                g_assert_cmpuint(calls->len, <, 40 * strlen(" +a -a"));
                g_assert_true(i == 0 || strstr(calls->str, "+a"));
                g_assert_true(i == 0 || strstr(calls->str, "+b"));
                end();
        }
}

int main(int argc, char **argv) {
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/dependencies/requisite", test_requisite);
        g_test_add_func("/dependencies/binds-to", test_binds_to);
        g_test_add_func("/dependencies/binds-to-skipped", test_binds_to_skipped);
        g_test_add_func("/dependencies/part-of", test_part_of);
        g_test_add_func("/dependencies/propagates-stop", test_propagates_stop);
        g_test_add_func("/dependencies/conflicts", test_conflicts);
        g_test_add_func("/dependencies/on-failure", test_on_failure);
        g_test_add_func("/dependencies/on-failure-of-dependency", test_on_failure_of_dependency);
        g_test_add_func("/dependencies/on-failure-job-mode", test_on_failure_job_mode);
        g_test_add_func("/dependencies/on-success-job-mode", test_on_success_job_mode);
        g_test_add_func("/dependencies/upholds", test_upholds);
        g_test_add_func("/dependencies/upholds-in-vain", test_upholds_in_vain);
        g_test_add_func("/dependencies/stop-when-unneeded", test_stop_when_unneeded);
        g_test_add_func("/dependencies/refuse-manual", test_refuse_manual);
        g_test_add_func("/dependencies/timeouts", test_timeouts);
        g_test_add_func("/dependencies/conditions", test_conditions);
        g_test_add_func("/dependencies/asserts", test_asserts);
        g_test_add_func("/dependencies/missing", test_missing);
        g_test_add_func("/dependencies/ends-in-a-circle", test_ends_in_a_circle);
        return g_test_run();
}
