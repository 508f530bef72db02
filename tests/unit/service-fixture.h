/* SPDX-License-Identifier: MIT */
/* A service in a real manager, with a cgroup or without. */
#pragma once

#include "manager-fixture.h"
#include "service.h"

typedef struct ServiceFixture {
        ManagerFixture manager;
        bool cgroups;
} ServiceFixture;

/* For g_test_add(); data: whether services get cgroups (the test is skipped where none may be
 * made). */
void service_fixture_set_up(ServiceFixture *fixture, gconstpointer data);
/* Fails the test if a process is left behind, alive or dead. */
void service_fixture_tear_down(ServiceFixture *fixture, gconstpointer data);

/* Writes and loads x.service; "%S" in the text is this program, "%D" the fixture's folder. */
Service *service_fixture_load(ServiceFixture *fixture, const char *text);
void service_fixture_start(ServiceFixture *fixture, Service *service);
/* Fails the test if it starts, or if the error doesn't say why. */
void service_fixture_start_failing(ServiceFixture *fixture, Service *service, const char *why);
void service_fixture_stop(ServiceFixture *fixture, Service *service);
/* Runs the loop until then; a minute at most. */
void service_fixture_run_until(ServiceFixture *fixture, bool (*condition)(const void *data),
                               const void *data);
/* The same for what the loop isn't told, files and processes: looks each time it turns, which a
 * timer sees to. */
void service_fixture_look_until(ServiceFixture *fixture, bool (*condition)(const void *data),
                                const void *data);

/* A path in the fixture's folder (g_free). */
char *service_fixture_path(ServiceFixture *fixture, const char *name);
/* Runs the loop until that file is there. */
pid_t service_fixture_read_pid(ServiceFixture *fixture, const char *name);

typedef struct ServiceTest {
        const char *name;
        void (*function)(ServiceFixture *fixture, gconstpointer data);
} ServiceTest;

/* All of a program's tests, as "PREFIX/cgroup/NAME" and "PREFIX/descent/NAME". Returns: main()'s
 * exit status. */
int service_fixture_main(int *argc, char ***argv, const char *prefix, const ServiceTest *tests,
                         size_t count);
