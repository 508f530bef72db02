/* SPDX-License-Identifier: MIT */
/* Units that do as they are told and write down what they were told, in a real manager with real
 * jobs: for tests of what is started, stopped, and in which order. One fixture at a time. */
#pragma once

#include "job.h"
#include "manager-fixture.h"

typedef struct Fake {
        Unit unit;
        ActiveState state;
        bool slow;  /* start and stop end when fake_finish() is called */
        bool fails; /* to start */
} Fake;

extern ManagerFixture fixture;
extern GString *calls; /* "+a +b -a" */

static inline Fake *FAKE(const Unit *unit) {
        return container_of((Unit *)unit, Fake, unit);
}

void begin(void);
void end(void);

/* Puts in a unit with these settings, which are taken over. */
Unit *fake_add(UnitSettings *settings);
/* Loads a unit from the text of its [Unit] section and takes its place. */
Unit *fake_new(const char *name, const char *section);
/* The same, and it is up; what was called for that is forgotten. */
Unit *started(const char *name, const char *section);
Unit *fake_find(const char *name);
/* Goes to a state by itself, as a process that ends does. */
void fake_set(Unit *unit, ActiveState state);
/* What it was told to do is done. */
void fake_finish(Unit *unit);

typedef struct Answer {
        guint count;
        char *errors;
} Answer;

void on_answer(void *userdata, GStrv errors);
void answer_clear(Answer *answer);
#define _cleanup_answer_ _cleanup_(answer_clear)

void request(JobType type, Unit *unit, Answer *answer);
void request_and_run(JobType type, Unit *unit, Answer *answer);
void run_mode(JobType type, JobMode mode, Unit *unit);
/* Starts a unit, which must be refused. Returns: why (g_free). */
char *refused(JobMode mode, Unit *unit);

/* What was called since the last time. */
#define assert_calls(wanted)                             \
        do {                                             \
                g_assert_cmpstr(calls->str, ==, wanted); \
                g_string_truncate(calls, 0);             \
        } while (0)
