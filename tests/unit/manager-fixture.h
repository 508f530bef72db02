/* SPDX-License-Identifier: MIT */
/* A real manager with unit files of its own, in a folder that goes away, and a loop that runs until
 * something is so. */
#pragma once

#include <stdbool.h>

#include "manager.h"

typedef struct ManagerFixture {
        Manager *manager;
        char *folder; /* unit files are in its folder "units" */
        int fds_before;
} ManagerFixture;

/* Not where there is no pidfd_open(2): Linux before 5.3, and valgrind before 3.20. */
bool manager_fixture_is_possible(void);
/* The plan of a test program that can't run here, for its standard output. */
#define MANAGER_FIXTURE_SKIP "1..0 # SKIP no pidfd_open (Linux 5.3; valgrind has none before 3.20)"

void manager_fixture_init(ManagerFixture *fixture);
/* Fails the test if a descriptor was leaked. */
void manager_fixture_done(ManagerFixture *fixture);

/* With all that is in it. Returns: 0, or -1 and errno. */
int manager_fixture_remove_folder(const char *folder);

/* A path in the folder (g_free). */
char *manager_fixture_path(ManagerFixture *fixture, const char *name);
/* A connection to the listener at such a path. */
int manager_fixture_connect(ManagerFixture *fixture, const char *name);
/* Writes a unit file; "%D" in text is the folder. */
void manager_fixture_write(ManagerFixture *fixture, const char *unit, const char *text);
void manager_fixture_remove(ManagerFixture *fixture, const char *unit);

Unit *manager_fixture_load(ManagerFixture *fixture, const char *unit);
/* Runs what is pending, and waits for nothing. */
void manager_fixture_run_pending(ManagerFixture *fixture);
/* Runs the loop until then; a minute at most. */
void manager_fixture_run_until(ManagerFixture *fixture, bool (*condition)(const void *data),
                               const void *data);
/* Starts, stops or restarts a unit and waits for the answer. Returns: the errors, joined (g_free).
 */
char *manager_fixture_start(ManagerFixture *fixture, Unit *unit);
char *manager_fixture_stop(ManagerFixture *fixture, Unit *unit);
char *manager_fixture_restart(ManagerFixture *fixture, Unit *unit);
/* Returns: how many lines it had to say. */
guint manager_fixture_reload(ManagerFixture *fixture, int expected);
