/* SPDX-License-Identifier: MIT */
/* Descriptors that a child is given by LISTEN_FDS: in their order, and nothing else. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "spawn-fixture.h"

#define COUNT 5

static char command[] = "echo $((LISTEN_PID - $$)); for i in /proc/$$/fd/*; do "
                        "test ${i##*/} -gt 2 && readlink $i; done; exit 0";

/* The last one first, so that each lies where another one is to be. */
static void open_files(int *fds) {
        for (int i = COUNT; i-- > 0;) {
                int ends[2];

                g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
                fds[i] = ends[0];
                close(ends[1]);
        }
}

static char *expected_of(const int *fds) {
        GString *text = g_string_new("0\n");

        for (int i = 0; i < COUNT; i++) {
                struct stat st;

                g_assert_cmpint(fstat(fds[i], &st), ==, 0);
                g_string_append_printf(text, "pipe:[%ju]\n", (uintmax_t)st.st_ino);
        }
        return g_string_free(text, FALSE);
}

static void run(SpawnFixture *fixture, bool report) {
        char *environment[] = { (char *)"LISTEN_FDS=5", (char *)"PATH=/usr/bin:/bin", NULL };
        g_autofree char *expected = NULL, *text = NULL;
        int fds[COUNT];

        open_files(fds);
        expected = expected_of(fds);
        fixture->request.path = "/bin/sh";
        fixture->argv[0] = (char *)"sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = command;
        fixture->request.environment = environment;
        fixture->request.report_exec = report;
        fixture->request.listen_fds = fds;
        fixture->request.listen_count = COUNT;
        text = spawn_run(fixture);
        g_assert_cmpstr(text, ==, expected);
        for (int i = 0; i < COUNT; i++)
                close(fds[i]);
        fixture->request.listen_count = 0;
        fixture->request.environment = NULL;
}

static void test_plain(SpawnFixture *fixture, gconstpointer data) {
        run(fixture, false);
}

/* The pipe of the report is in the way. */
static void test_report(SpawnFixture *fixture, gconstpointer data) {
        run(fixture, true);
}

static void test_bad(SpawnFixture *fixture, gconstpointer data) {
        const int fds[] = { 9999 };

        fixture->request.listen_fds = fds;
        fixture->request.listen_count = 1;
        spawn_run_failing(fixture, -EBADF, "descriptors", 202);
        fixture->request.listen_count = 0;
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        spawn_test_add("/spawn-listen/plain", test_plain);
        spawn_test_add("/spawn-listen/report", test_report);
        spawn_test_add("/spawn-listen/bad", test_bad);
        return g_test_run();
}
