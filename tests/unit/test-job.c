/* SPDX-License-Identifier: MIT */
/* Jobs: what is pulled in, in which order it goes, and what becomes of what can't. */
#include <stdio.h>
#include <string.h>

#include "fake-unit.h"
#include "providers.h"

static void test_after(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        request(JOB_START, a, &answer);
        g_assert_cmpuint(answer.count, ==, 0); /* never from within */
        g_assert_cmpstr(calls->str, ==, "");
        manager_fixture_run_pending(&fixture);
        g_assert_cmpstr(calls->str, ==, "+b +a");
        g_assert_cmpuint(answer.count, ==, 1);
        g_assert_cmpstr(answer.errors, ==, "");
        end();
}

static void test_before(void) {
        begin();
        fake_new("b.target", "Before=a.target\n");
        Unit *a = fake_new("a.target", "Wants=b.target\n");
        request_and_run(JOB_START, a, NULL);
        g_assert_cmpstr(calls->str, ==, "+b +a");
        end();
}

static void test_waits_until_active(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        FAKE(b)->slow = true;
        request_and_run(JOB_START, a, &answer);
        g_assert_cmpstr(calls->str, ==, "+b");
        g_assert_cmpuint(answer.count, ==, 0);
        fake_finish(b);
        g_assert_cmpstr(calls->str, ==, "+b +a");
        g_assert_cmpuint(answer.count, ==, 1);
        end();
}

static void test_required_fails(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *c = fake_new("c.target", "");
        fake_new("b.target", "Requires=c.target\nAfter=c.target\n");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        FAKE(c)->fails = true;
        request_and_run(JOB_START, a, &answer);
        g_assert_cmpstr(calls->str, ==, "+c");
        g_assert_cmpstr(answer.errors, ==, "a.target: b.target, which it requires, did not start");
        g_assert_cmpint(unit_active_state(a), ==, ACTIVE_INACTIVE);
        g_assert_cmpstr(c->failure, ==, "told to fail");
        end();
}

static void test_wanted_fails(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Wants=b.target nowhere.target\nAfter=b.target\n");
        FAKE(b)->fails = true;
        request_and_run(JOB_START, a, &answer);
        g_assert_cmpstr(calls->str, ==, "+b +a");
        g_assert_cmpstr(answer.errors, ==, "");
        end();
}

static void expect_refused(Unit *unit, const char *part) {
        g_autofree char *error = NULL;
        _cleanup_answer_ Answer answer = { 0 };
        g_assert_cmpint(
                transaction_run(fixture.manager, JOB_START, &unit, 1, on_answer, &answer, &error),
                ==, -EINVAL);
        g_assert_nonnull(strstr(error, part));
        manager_fixture_run_pending(&fixture);
        g_assert_cmpuint(answer.count, ==, 0);
        g_assert_cmpstr(calls->str, ==, "");
        g_assert_null(unit->job);
}

static void test_cycle(void) {
        begin();
        fake_new("b.target", "Requires=c.target\nAfter=c.target\n");
        fake_new("c.target", "Requires=a.target\nAfter=a.target\n");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        /* Behind the cycle, not in it: not named. */
        Unit *z = fake_new("z.target", "Requires=a.target\nAfter=a.target\n");
        g_autofree char *error = NULL;
        g_assert_cmpint(transaction_run(fixture.manager, JOB_START, &z, 1, NULL, NULL, &error), ==,
                        -EINVAL);
        g_assert_true(strcmp(error, "ordering cycle: a.target -> b.target -> c.target -> "
                                    "a.target") == 0 ||
                      strcmp(error, "ordering cycle: b.target -> c.target -> a.target -> "
                                    "b.target") == 0 ||
                      strcmp(error, "ordering cycle: c.target -> a.target -> b.target -> "
                                    "c.target") == 0);
        expect_refused(a, "ordering cycle");
        /* What runs can be stopped all the same. */
        for (const char *const *name =
                     (const char *const[]){ "a.target", "b.target", "c.target", NULL };
             *name; name++)
                FAKE(manager_find_unit(fixture.manager, *name))->state = ACTIVE_ACTIVE;
        _cleanup_answer_ Answer answer = { 0 };
        request_and_run(JOB_STOP, a, &answer);
        g_assert_cmpuint(answer.count, ==, 1);
        g_assert_cmpuint(strlen(calls->str), ==, strlen("-a -b -c"));
        end();
}

static void test_missing(void) {
        begin();
        Unit *a = fake_new("a.target", "Requires=nowhere.socket\n");
        expect_refused(a, "a.target requires nowhere.socket: there is no such unit");
        end();
}

static void test_stop(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *c = fake_new("c.target", "");
        fake_new("b.target", "Requires=c.target\nAfter=c.target\n");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        request_and_run(JOB_START, a, NULL);
        g_string_truncate(calls, 0);
        FAKE(a)->slow = true;
        request_and_run(JOB_STOP, c, &answer);
        g_assert_cmpstr(calls->str, ==, "-a");
        fake_finish(a);
        g_assert_cmpstr(calls->str, ==, "-a -b -c");
        g_assert_cmpuint(answer.count, ==, 1);
        end();
}

static void test_restart(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *a = fake_new("a.target", "");
        request_and_run(JOB_RESTART, a, &answer);
        g_assert_cmpstr(calls->str, ==, "+a");
        FAKE(a)->slow = true;
        request_and_run(JOB_RESTART, a, &answer);
        fake_finish(a);
        g_assert_cmpstr(calls->str, ==, "+a -a +a");
        g_assert_cmpuint(answer.count, ==, 1);
        fake_finish(a);
        g_assert_cmpuint(answer.count, ==, 2);
        end();
}

static void test_start_while_stopping(void) {
        begin();
        _cleanup_answer_ Answer start = { 0 }, stop = { 0 };
        Unit *a = fake_new("a.target", "");
        request_and_run(JOB_START, a, NULL);
        FAKE(a)->slow = true;
        request_and_run(JOB_STOP, a, &stop);
        request_and_run(JOB_START, a, &start);
        g_assert_cmpstr(stop.errors, ==, "a.target: cancelled by a later request");
        g_assert_cmpstr(calls->str, ==, "+a -a");
        fake_finish(a);
        g_assert_cmpstr(calls->str, ==, "+a -a +a");
        fake_finish(a);
        g_assert_cmpstr(start.errors, ==, "");
        end();
}

static void test_join(void) {
        begin();
        _cleanup_answer_ Answer first = { 0 }, second = { 0 };
        Unit *a = fake_new("a.target", "");
        FAKE(a)->slow = true;
        request_and_run(JOB_START, a, &first);
        request_and_run(JOB_START, a, &second);
        fake_finish(a);
        g_assert_cmpstr(calls->str, ==, "+a");
        g_assert_cmpuint(first.count + second.count, ==, 2);
        end();
}

/* The order holds between requests, too. */
static void test_pending(void) {
        begin();
        Unit *b = fake_new("b.target", "Before=c.target\n");
        Unit *a = fake_new("a.target", "After=b.target\n");
        Unit *c = fake_new("c.target", "");
        FAKE(b)->slow = true;
        request_and_run(JOB_START, b, NULL);
        request_and_run(JOB_START, a, NULL);
        request_and_run(JOB_START, c, NULL);
        g_assert_cmpstr(calls->str, ==, "+b");
        fake_finish(b);
        g_assert_cmpuint(strlen(calls->str), ==, strlen("+b +a +c"));
        end();
}

static void test_cancel(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "After=b.target\nWants=b.target\n");
        FAKE(b)->slow = true;
        request_and_run(JOB_START, a, &answer);
        job_cancel(a);
        manager_fixture_run_pending(&fixture);
        g_assert_cmpstr(answer.errors, ==, "a.target: cancelled");
        fake_finish(b);
        g_assert_cmpstr(calls->str, ==, "+b");
        end();
}

/* Thousands of units with no order between them: nothing that grows with the square. */
static void test_many(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        UnitSettings *settings = settings_new(UNIT_TARGET, "all.target", NULL);
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < 5000; i++) {
                g_autofree char *name = g_strdup_printf("n%u.target", i);
                UnitSettings *one = settings_new(UNIT_TARGET, name, NULL);
                one->before = g_strsplit("all.target", " ", -1);
                g_ptr_array_add(names, g_strdup(fake_add(one)->name));
        }
        g_ptr_array_add(names, NULL);
        settings->wants = (GStrv)g_ptr_array_free(g_steal_pointer(&names), FALSE);
        Unit *all = fake_add(settings);
        request_and_run(JOB_START, all, &answer);
        g_assert_cmpuint(answer.count, ==, 1);
        g_assert_true(g_str_has_suffix(calls->str, " +all"));
        end();
}

int main(int argc, char **argv) {
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/job/after", test_after);
        g_test_add_func("/job/before", test_before);
        g_test_add_func("/job/waits-until-active", test_waits_until_active);
        g_test_add_func("/job/required-fails", test_required_fails);
        g_test_add_func("/job/wanted-fails", test_wanted_fails);
        g_test_add_func("/job/cycle", test_cycle);
        g_test_add_func("/job/missing", test_missing);
        g_test_add_func("/job/stop", test_stop);
        g_test_add_func("/job/restart", test_restart);
        g_test_add_func("/job/start-while-stopping", test_start_while_stopping);
        g_test_add_func("/job/join", test_join);
        g_test_add_func("/job/pending", test_pending);
        g_test_add_func("/job/cancel", test_cancel);
        g_test_add_func("/job/many", test_many);
        return g_test_run();
}
