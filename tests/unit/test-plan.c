/* SPDX-License-Identifier: MIT */
/* What a request becomes: which units it takes along or leaves out, in which order, also where that
 * goes in circles, and of thousands of units. */
#include <stdio.h>
#include <string.h>

#include "fake-unit.h"
#include "job-queue.h"

/* Both at once: what is required stays, what is only wanted goes; if all are, it can't be. */
static void test_conflicts_at_once(void) {
        begin();
        fake_new("a.target", "Conflicts=b.target\n");
        fake_new("b.target", "");
        Unit *must = fake_new("must.target", "Requires=a.target b.target\n");
        Unit *may = fake_new("may.target", "Requires=b.target\nWants=a.target\n");
        Unit *any = fake_new("any.target", "Wants=a.target b.target\n");
        g_autofree char *error = refused(JOB_MODE_REPLACE, must);
        g_assert_nonnull(strstr(error, "b.target would have to be started and stopped at once"));
        manager_fixture_run_pending(&fixture);
        assert_calls("");
        request_and_run(JOB_START, any, NULL);
        g_assert_cmpint(FAKE(fake_find("a.target"))->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(fake_find("b.target"))->state, ==, ACTIVE_INACTIVE);
        request_and_run(JOB_START, may, NULL);
        g_assert_cmpint(FAKE(fake_find("b.target"))->state, ==, ACTIVE_ACTIVE);
        end();
}

/* A cycle is broken where a unit is in it that nobody requires. */
static void test_cycle_broken(void) {
        begin();
        fake_new("b.target", "After=c.target\n");
        fake_new("c.target", "After=b.target\n");
        Unit *a = fake_new("a.target", "Requires=b.target\nWants=c.target\nAfter=b.target\n");
        request_and_run(JOB_START, a, NULL);
        assert_calls("+b +a");
        end();
}

/* What is left out takes along what requires it, however it came to be left out. */
static void test_left_out_together(void) {
        begin();
        fake_new("late.target", "Requires=c.target\n");
        fake_new("a.target", "Requires=b.target\n");
        fake_new("b.target", "Requires=c.target\n");
        fake_new("c.target", "BindsTo=nowhere.service\n");
        fake_new("d.target", "Conflicts=e.target\n");
        Unit *e = started("e.target", "");
        Unit *f = fake_new("f.target", "Requires=e.target\n");
        Unit *top = fake_new("top.target", "Wants=a.target late.target f.target d.target\n");
        request_and_run(JOB_START, top, NULL);
        g_assert_cmpint(FAKE(fake_find("a.target"))->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(fake_find("b.target"))->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(fake_find("late.target"))->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(fake_find("d.target"))->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(e)->state, ==, ACTIVE_INACTIVE);
        g_assert_cmpint(FAKE(f)->state, ==, ACTIVE_INACTIVE);
        end();
}

/* Nothing is started or stopped for what is left out. */
static void test_left_out_alone(void) {
        begin();
        fake_new("a.target", "Requires=b.target nowhere.service\nWants=c.target\n");
        fake_new("b.target", "Wants=c.target\n");
        fake_new("c.target", "");
        fake_new("shared.target", "");
        started("up.target", "");
        fake_new("x.target", "After=y.target\nConflicts=up.target\n");
        fake_new("y.target", "After=x.target\nRequires=x.target\n");
        Unit *first = fake_new("first.target", "Wants=a.target shared.target\n");
        request_and_run(JOB_START, first, NULL);
        g_assert_null(strstr(calls->str, "+b"));
        g_assert_null(strstr(calls->str, "+c"));
        g_assert_nonnull(strstr(calls->str, "+shared"));
        g_string_truncate(calls, 0);
        Unit *second = fake_new("second.target", "Wants=y.target\n");
        request_and_run(JOB_START, second, NULL);
        assert_calls("+second");
        end();
}

static void test_cycle_broken_with(void) {
        begin();
        fake_new("b.target", "After=c.target\n");
        fake_new("c.target", "After=b.target\n");
        fake_new("needs-b.target", "Requires=b.target\nAfter=b.target\n");
        fake_new("needs-c.target", "Requires=c.target\nAfter=c.target\n");
        Unit *top = fake_new("top.target", "Wants=needs-b.target needs-c.target\n");
        request_and_run(JOB_START, top, NULL);
        bool b = FAKE(fake_find("b.target"))->state == ACTIVE_ACTIVE;
        bool c = FAKE(fake_find("c.target"))->state == ACTIVE_ACTIVE;
        g_assert_true(b != c);
        g_assert_true((FAKE(fake_find("needs-b.target"))->state == ACTIVE_ACTIVE) == b);
        g_assert_true((FAKE(fake_find("needs-c.target"))->state == ACTIVE_ACTIVE) == c);
        end();
}

/* Stops go on, whatever the order says. */
static void test_cycle_of_stops(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *a = started("a.target", "");
        started("b.target", "Requires=a.target\nAfter=c.target\n");
        started("c.target", "Requires=a.target\nAfter=b.target d.target\n");
        started("d.target", "Requires=a.target\nAfter=c.target a.target\n");
        request_and_run(JOB_STOP, a, &answer);
        g_assert_cmpstr(answer.errors, ==, "");
        g_assert_cmpuint(calls->len, ==, strlen("-a -b -c -d"));
        /* What is in no circle keeps its order. */
        g_assert_cmpuint(strstr(calls->str, "-d") - calls->str, <,
                         strstr(calls->str, "-a") - calls->str);
        end();
}

/* A circle through templates is one of their instances. */
static void test_cycle_of_templates(void) {
        begin();
        Unit *a = fake_new("a@x.target", "Requires=b@.target\nAfter=b@.target\n");
        fake_new("b@x.target", "Requires=c@%i.target\nAfter=c@%i.target\n");
        fake_new("c@x.target", "Requires=a@%i.target\nAfter=a@%i.target\n");
        g_autofree char *error = refused(JOB_MODE_REPLACE, a);
        g_assert_nonnull(strstr(error, "ordering cycle: "));
        g_assert_nonnull(strstr(error, "a@x.target -> b@x.target"));
        g_assert_nonnull(strstr(error, "b@x.target -> c@x.target"));
        g_assert_nonnull(strstr(error, "c@x.target -> a@x.target"));
        end();
}

/* The instances of a template lead to twice as many, with longer names. */
static void test_endless_instances(void) {
        begin();
        manager_fixture_write(&fixture, "a@.target", "[Unit]\nWants=a@x%i.target a@y%i.target\n");
        manager_fixture_write(&fixture, "b@.target", "[Unit]\nRequires=b@x%i.target\n");
        Unit *a = manager_fixture_load(&fixture, "a@1.target");
        g_autofree char *error = refused(JOB_MODE_REPLACE, a);
        g_assert_nonnull(strstr(error, "instances lead to ever more instances"));
        g_assert_cmpuint(g_hash_table_size(fixture.manager->units), <, 20000);
        /* One after the other there is an end, when the name gets too long. */
        Unit *b = manager_fixture_load(&fixture, "b@1.target");
        g_autofree char *too_long = refused(JOB_MODE_REPLACE, b);
        g_assert_nonnull(strstr(too_long, "is not a unit name"));
        end();
}

static void test_itself(void) {
        begin();
        Unit *a = fake_new("a.target", "Conflicts=a.target\nRequires=a.target\nBindsTo=a.target\n"
                                       "After=a.target\nBefore=a.target\nPartOf=a.target\n"
                                       "PropagatesStopTo=a.target\nUpholds=a.target\n");
        request_and_run(JOB_START, a, NULL);
        request_and_run(JOB_RESTART, a, NULL);
        request_and_run(JOB_STOP, a, NULL);
        assert_calls("+a -a +a -a");
        end();
}

/* The stop takes the place of the start that waits; who asked for that is told. */
static void test_stop_of_what_waits(void) {
        begin();
        _cleanup_answer_ Answer start = { 0 }, stop = { 0 };
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        FAKE(b)->slow = true;
        request_and_run(JOB_START, a, &start);
        request_and_run(JOB_STOP, a, &stop);
        g_assert_nonnull(strstr(start.errors, "a.target: cancelled by a later request"));
        g_assert_cmpstr(stop.errors, ==, "");
        fake_finish(b);
        assert_calls("+b");
        g_assert_cmpint(FAKE(a)->state, ==, ACTIVE_INACTIVE);
        end();
}

/* What the one unit needs stays, also where that is needed at second hand. */
static void test_isolate(void) {
        begin();
        started("far.target", "");
        started("near.target", "Requires=far.target\n");
        started("other.target", "");
        started("more.target", "Requires=other.target\nAfter=other.target\n");
        Unit *rescue = fake_new("rescue.target", "AllowIsolate=yes\nWants=near.target\n");
        g_string_truncate(calls, 0);
        run_mode(JOB_START, JOB_MODE_ISOLATE, rescue);
        g_assert_cmpint(FAKE(rescue)->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(fake_find("near.target"))->state, ==, ACTIVE_ACTIVE);
        g_assert_cmpint(FAKE(fake_find("far.target"))->state, ==, ACTIVE_ACTIVE);
        g_assert_nonnull(strstr(calls->str, "-more -other"));
        end();
}

static void test_template(void) {
        begin();
        Unit *a = fake_new("a@x.target", "Wants=b@.target\n");
        Unit *c = fake_new("c.target", "Wants=b@.target\n");
        g_assert_cmpstr(a->settings->wants[0], ==, "b@x.target");
        g_assert_cmpstr(c->settings->wants[0], ==, "b@c.target");
        end();
}

static void test_modes(void) {
        begin();
        Unit *b = fake_new("b.target", "");
        Unit *a = fake_new("a.target", "Requires=b.target\nAfter=b.target\n");
        Unit *other = fake_new("other.target", "");
        run_mode(JOB_START, JOB_MODE_IGNORE_DEPENDENCIES, a);
        assert_calls("+a");
        request_and_run(JOB_STOP, a, NULL);
        g_string_truncate(calls, 0);
        run_mode(JOB_START, JOB_MODE_IGNORE_REQUIREMENTS, a);
        assert_calls("+a");
        /* What is under way isn't replaced by one who says so, nor what can't be. */
        FAKE(b)->slow = true;
        run_mode(JOB_START, JOB_MODE_REPLACE_IRREVERSIBLY, b);
        g_autofree char *error = NULL;
        g_assert_cmpint(transaction_run(fixture.manager, JOB_STOP, &b, 1, NULL, NULL, &error), <,
                        0);
        g_assert_nonnull(strstr(error, "b.target: its start job can't be replaced"));
        fake_finish(b);
        FAKE(b)->slow = false;
        FAKE(a)->slow = true;
        request_and_run(JOB_STOP, a, NULL);
        g_autofree char *busy = refused(JOB_MODE_FAIL, a);
        g_assert_nonnull(strstr(busy, "a.target: a stop job is under way"));
        run_mode(JOB_START, JOB_MODE_FLUSH, other);
        g_assert_null(a->job);
        g_autofree char *alone = refused(JOB_MODE_ISOLATE, other);
        g_assert_nonnull(strstr(alone, "other.target has no AllowIsolate=yes"));
        end();
}

static Unit *number_new(guint i, const char *format, guint first, guint count) {
        g_autofree char *name = g_strdup_printf("n%u.target", i);
        g_autoptr(GString) names = g_string_new(NULL);
        UnitSettings *settings = settings_new(UNIT_TARGET, name, NULL);
        for (guint j = first; j < first + count; j++)
                g_string_append_printf(names, "%sn%u.target", names->len > 0 ? " " : "", j);
        if (strchr(format, 'r'))
                settings->requires = g_strsplit(names->str, " ", -1);
        if (strchr(format, 'w'))
                settings->wants = g_strsplit(names->str, " ", -1);
        if (strchr(format, 'a'))
                settings->after = g_strsplit(names->str, " ", -1);
        return fake_add(settings);
}

/* Five thousand units that need ten others each: up, and down again. */
static void test_many_dependencies(void) {
        begin();
        _cleanup_answer_ Answer up = { 0 }, down = { 0 };
        Unit *first = number_new(0, "ra", 1, 10);
        for (guint i = 1; i < 5000; i++)
                (void)number_new(i, "ra", i + 1, MIN(10, 4999 - i));
        gint64 begin_usec = g_get_monotonic_time();
        request_and_run(JOB_START, first, &up);
        g_test_message("start: %" G_GINT64_FORMAT " us", g_get_monotonic_time() - begin_usec);
        g_assert_cmpstr(up.errors, ==, "");
        g_assert_true(g_str_has_prefix(calls->str, "+n4999 +n4998 "));
        g_assert_true(g_str_has_suffix(calls->str, " +n1 +n0"));
        g_string_truncate(calls, 0);
        begin_usec = g_get_monotonic_time();
        Unit *last = fake_find("n4999.target");
        request_and_run(JOB_STOP, last, &down);
        g_test_message("stop: %" G_GINT64_FORMAT " us", g_get_monotonic_time() - begin_usec);
        g_assert_true(g_str_has_prefix(calls->str, "-n0 -n1 "));
        g_assert_true(g_str_has_suffix(calls->str, " -n4998 -n4999"));
        end();
}

/* A chain of them fails at its end. */
static void test_many_failures(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *first = number_new(0, "ra", 1, 1);
        for (guint i = 1; i < 20000; i++)
                (void)number_new(i, "ra", i + 1, 1);
        FAKE(number_new(20000, "", 0, 0))->fails = true;
        request_and_run(JOB_START, first, &answer);
        g_assert_cmpstr(calls->str, ==, "+n20000");
        g_assert_nonnull(strstr(answer.errors, "n0.target: n1.target, which it requires"));
        end();
}

/* Thousands of circles, all of which can be broken. */
static void test_many_cycles(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *top = number_new(0, "w", 1, 6000);
        for (guint i = 1; i <= 6000; i += 2) {
                (void)number_new(i, "a", i + 1, 1);
                (void)number_new(i + 1, "a", i, 1);
        }
        gint64 begin_usec = g_get_monotonic_time();
        request_and_run(JOB_START, top, &answer);
        g_test_message("start: %" G_GINT64_FORMAT " us", g_get_monotonic_time() - begin_usec);
        g_assert_cmpstr(answer.errors, ==, "");
        guint count = 0;
        for (const char *p = calls->str; (p = strchr(p, '+')); p++)
                count++;
        g_assert_cmpuint(count, ==, 1 + 3000);
        end();
}

/* Each way of depending, five thousand times: nothing that grows with the square. */
static void test_many(void) {
        begin();
        _cleanup_answer_ Answer answer = { 0 };
        Unit *all = fake_new("all.target", "");
        for (guint i = 0; i < 5000; i++) {
                g_autofree char *name = g_strdup_printf("n%u.target", i);
                UnitSettings *settings = settings_new(UNIT_TARGET, name, NULL);
                settings->requires = g_strsplit("all.target", " ", -1);
                settings->after = g_strsplit("all.target", " ", -1);
                fake_set(fake_add(settings), ACTIVE_ACTIVE);
        }
        fake_set(all, ACTIVE_ACTIVE);
        manager_fixture_run_pending(&fixture);
        request_and_run(JOB_RESTART, all, &answer);
        g_assert_cmpuint(answer.count, ==, 1);
        g_assert_nonnull(strstr(calls->str, " -all +all "));
        end();
}

/* A request leaves its memory to the next one, but not that of thousands of units, also if most of
 * them were left out. */
static void test_memory(void) {
        begin();
        const JobQueue *jobs = fixture.manager->jobs;
        request_and_run(JOB_START, fake_new("small.target", ""), NULL);
        g_assert_true(jobs->plan_entries && jobs->plan_edges && jobs->plan_work);
        g_assert_cmpuint(jobs->plan_entries->len + jobs->plan_edges->len + jobs->plan_work->len, ==,
                         0);
        Unit *top = number_new(0, "w", 1, 2000);
        for (guint i = 1; i <= 2000; i++)
                (void)number_new(i, "r", 2001, 1);
        request_and_run(JOB_START, top, NULL);
        assert_calls("+small +n0");
        g_assert_null(jobs->plan_entries);
        g_assert_null(jobs->plan_work);
        end();
}

int main(int argc, char **argv) {
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/plan/conflicts-at-once", test_conflicts_at_once);
        g_test_add_func("/plan/cycle-broken", test_cycle_broken);
        g_test_add_func("/plan/template", test_template);
        g_test_add_func("/plan/modes", test_modes);
        g_test_add_func("/plan/left-out-together", test_left_out_together);
        g_test_add_func("/plan/left-out-alone", test_left_out_alone);
        g_test_add_func("/plan/cycle-broken-with", test_cycle_broken_with);
        g_test_add_func("/plan/cycle-of-stops", test_cycle_of_stops);
        g_test_add_func("/plan/cycle-of-templates", test_cycle_of_templates);
        g_test_add_func("/plan/endless-instances", test_endless_instances);
        g_test_add_func("/plan/itself", test_itself);
        g_test_add_func("/plan/stop-of-what-waits", test_stop_of_what_waits);
        g_test_add_func("/plan/isolate", test_isolate);
        g_test_add_func("/plan/many-dependencies", test_many_dependencies);
        g_test_add_func("/plan/many-failures", test_many_failures);
        g_test_add_func("/plan/many-cycles", test_many_cycles);
        g_test_add_func("/plan/many", test_many);
        g_test_add_func("/plan/memory", test_memory);
        return g_test_run();
}
