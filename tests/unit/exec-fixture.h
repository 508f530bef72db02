/* SPDX-License-Identifier: MIT */
/* A service, in a real manager, whose process reports of itself: see exec-report.h. The program is
 * copied to where every user can run it. */
#pragma once

#include "service-fixture.h"

/* Who a test needs to be. */
typedef enum ExecWho {
        EXEC_ANYBODY,
        EXEC_ROOT,
        EXEC_USER,
} ExecWho;

/* One key (or what belongs together) and its effect. */
typedef struct ExecRow {
        const char *lines;    /* of [Service]; "%D" is the fixture's folder */
        const char *facets;   /* what is asked: words for exec_report() */
        const char *expected; /* the report, "umask=0027\n"; "%D" as before */
        const char *tried;    /* a command that has to work here, else the row is skipped; NULL */
} ExecRow;

/* For g_test_add(): data as service_fixture_set_up() has it. */
void exec_fixture_set_up(ServiceFixture *fixture, gconstpointer data);

/* Writes x.service that reports; it runs to its end. Returns: it, loaded. */
Service *exec_fixture_load(ServiceFixture *fixture, const char *lines, const char *facets);
/* Runs it well. Returns: the report (g_free). */
char *exec_fixture_run(ServiceFixture *fixture, const char *lines, const char *facets);
/* It fails for that reason, and with that exit status. */
void exec_fixture_run_failing(ServiceFixture *fixture, const char *lines, const char *why,
                              int status);
/* What the log has to say of x.service (g_free); begins anew. */
char *exec_fixture_log(void);
/* Each row in turn. */
void exec_fixture_run_rows(ServiceFixture *fixture, const ExecRow *rows, size_t count);

/* Skips the test if this is somebody else. */
bool exec_is(ExecWho who);

/* As root: puts empty folders in place of the system's, for this process and those it starts. */
void exec_make_own_mounts(void);
/* Whether that has been done; else the test is skipped. */
bool exec_has_own_mounts(void);

/* As root: runs the tests of this program below a path, in a process of an ordinary user's, and
 * fails if they do. */
void exec_run_as_user(const char *path);

/* Reports if that is what the program was started for; then g_test_init() and, as far as there is
 * what a manager needs, what add adds. Returns: main()'s. */
int exec_test_main(int argc, char **argv, void (*add)(void));
