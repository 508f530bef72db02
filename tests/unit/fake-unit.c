/* SPDX-License-Identifier: MIT */
/* Units that do as they are told. */
#include "fake-unit.h"

#include <string.h>

#include "dependencies.h"
#include "providers.h"

ManagerFixture fixture;
GString *calls; /* "+a +b -a" */

static ActiveState fake_active_state(const Unit *unit) {
        return FAKE(unit)->state;
}

static const char *fake_sub_state(const Unit *unit) {
        return active_state_to_string(FAKE(unit)->state);
}

void fake_set(Unit *unit, ActiveState state) {
        ActiveState old = FAKE(unit)->state;
        FAKE(unit)->state = state;
        unit_state_changed(unit, old, active_state_to_string(old));
}

static void note(char sign, const Unit *unit) {
        g_autofree char *prefix = unit_name_prefix(unit->name);
        g_string_append_printf(calls, "%s%c%s", calls->len ? " " : "", sign, prefix);
}

static int fake_start(Unit *unit) {
        note('+', unit);
        if (FAKE(unit)->fails) {
                unit_set_failure(unit, "told to fail");
                fake_set(unit, ACTIVE_FAILED);
                return -EIO;
        }
        fake_set(unit, FAKE(unit)->slow ? ACTIVE_ACTIVATING : ACTIVE_ACTIVE);
        return 0;
}

static int fake_stop(Unit *unit) {
        note('-', unit);
        fake_set(unit, FAKE(unit)->slow ? ACTIVE_DEACTIVATING : ACTIVE_INACTIVE);
        return 0;
}

void fake_finish(Unit *unit) {
        bool starts = FAKE(unit)->state == ACTIVE_ACTIVATING;
        fake_set(unit, starts ? ACTIVE_ACTIVE : ACTIVE_INACTIVE);
        manager_fixture_run_pending(&fixture);
}

static const UnitVTable fake_vtable = {
        .size = sizeof(Fake),
        .start = fake_start,
        .stop = fake_stop,
        .active_state = fake_active_state,
        .sub_state = fake_sub_state,
};

Unit *fake_add(UnitSettings *settings) {
        Fake *fake = g_new0(Fake, 1);
        fake->unit = (Unit){
                .manager = fixture.manager,
                .vtable = &fake_vtable,
                .settings = settings,
                .name = settings->name,
        };
        g_hash_table_insert(fixture.manager->units, fake->unit.name, &fake->unit);
        dependencies_add(fixture.manager->dependencies, &fake->unit);
        return &fake->unit;
}

Unit *fake_new(const char *name, const char *section) {
        g_autofree char *text = g_strdup_printf("[Unit]\n%s", section);
        manager_fixture_write(&fixture, name, text);
        Unit *real = manager_fixture_load(&fixture, name);
        UnitSettings *settings = settings_ref(real->settings);
        manager_unload_unit(fixture.manager, real);
        return fake_add(settings);
}

void on_answer(void *userdata, GStrv errors) {
        Answer *answer = userdata;
        answer->count++;
        g_free(answer->errors);
        answer->errors = g_strjoinv("\n", errors);
}

void answer_clear(Answer *answer) {
        g_free(answer->errors);
}

void request(JobType type, Unit *unit, Answer *answer) {
        g_autofree char *error = NULL;
        int r = transaction_run(fixture.manager, type, &unit, 1, answer ? on_answer : NULL, answer,
                                &error);
        g_assert_cmpstr(error, ==, NULL);
        g_assert_cmpint(r, ==, 0);
}

void request_and_run(JobType type, Unit *unit, Answer *answer) {
        request(type, unit, answer);
        manager_fixture_run_pending(&fixture);
}

Unit *started(const char *name, const char *section) {
        Unit *unit = fake_new(name, section);
        fake_set(unit, ACTIVE_ACTIVE);
        manager_fixture_run_pending(&fixture);
        g_string_truncate(calls, 0);
        return unit;
}

char *refused(JobMode mode, Unit *unit) {
        char *error = NULL;
        g_assert_cmpint(transaction_run_mode(fixture.manager, JOB_START, mode, &unit, 1, NULL, NULL,
                                             &error),
                        ==, -EINVAL);
        return error;
}

void run_mode(JobType type, JobMode mode, Unit *unit) {
        g_autofree char *error = NULL;
        int r = transaction_run_mode(fixture.manager, type, mode, &unit, 1, NULL, NULL, &error);
        g_assert_cmpstr(error, ==, NULL);
        g_assert_cmpint(r, ==, 0);
        manager_fixture_run_pending(&fixture);
}

void begin(void) {
        manager_fixture_init(&fixture);
        calls = g_string_new(NULL);
}

void end(void) {
        manager_fixture_done(&fixture);
        g_string_free(calls, TRUE);
}

Unit *fake_find(const char *name) {
        return manager_find_unit(fixture.manager, name);
}
