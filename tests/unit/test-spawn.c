/* SPDX-License-Identifier: MIT */
/* What a spawned process has: program, outputs, descriptors, signals, user. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "spawn-fixture.h"

/* ---- programs, and what keeps them from starting ---- */

static void test_exec(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[0] = (char *)"argument zero";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo $GREETING $0 $PWD; readlink /proc/self/fd/0; umask";
        fixture->request.working_directory = "/tmp";
        text = spawn_run(fixture);
        g_assert_cmpstr(text, ==, "hello argument zero /tmp\n/dev/null\n0022\n");
}

static void test_many(SpawnFixture *fixture, gconstpointer data) {
        for (unsigned int i = 0; i < 50; i++) {
                g_autofree char *text = spawn_run(fixture);

                g_assert_nonnull(strstr(text, "Name:\tcat\n"));
                spawn_fixture_reset(fixture);
                (void)g_remove(fixture->output);
        }
}

static void test_enoent(SpawnFixture *fixture, gconstpointer data) {
        fixture->request.path = "/nonexistent/program";
        spawn_run_failing(fixture, -ENOENT, "exec", 203);
}

static void test_eacces(SpawnFixture *fixture, gconstpointer data) {
        fixture->request.path = "/etc/passwd";
        spawn_run_failing(fixture, -EACCES, "exec", 203);
}

static void test_chdir(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.working_directory = "/nonexistent";
        spawn_run_failing(fixture, -ENOENT, "chdir", 200);

        spawn_fixture_reset(fixture);
        fixture->request.working_directory_optional = true;
        text = spawn_run(fixture);
        g_assert_cmpuint(strlen(text), >, 0);
}

static void test_output_fails(SpawnFixture *fixture, gconstpointer data) {
        fixture->request.standard_output.path = (char *)"/nonexistent/output";
        spawn_run_failing(fixture, -ENOENT, "standard output", 209);
        spawn_fixture_reset(fixture);
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        fixture->request.standard_error = (Output){ OUTPUT_APPEND, (char *)"/nonexistent/error" };
        spawn_run_failing(fixture, -ENOENT, "standard error", 222);
}

/* ---- outputs ---- */

static void test_append(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        g_assert_true(g_file_set_contents(fixture->output, "before\n", -1, NULL));
        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo out; echo error >&2; echo out";
        fixture->request.standard_output.kind = OUTPUT_APPEND;
        text = spawn_run(fixture);
        /* standard error goes the same way by default */
        g_assert_cmpstr(text, ==, "before\nout\nerror\nout\n");
}

static void test_same_file(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo out; echo error >&2; echo out";
        fixture->request.standard_error = fixture->request.standard_output;
        text = spawn_run(fixture);
        g_assert_cmpstr(text, ==, "out\nerror\nout\n");
}

static void test_two_outputs(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"readlink /proc/self/fd/1 /proc/self/fd/2 >&2";
        fixture->request.standard_error = fixture->request.standard_output;
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        text = spawn_run(fixture);
        g_assert_true(g_str_has_prefix(text, "/dev/null\n") == FALSE); /* fd 1 was redirected */
        g_assert_nonnull(strstr(text, "/output\n"));
}

/* ---- descriptors ---- */

static void check_no_leaks(SpawnFixture *fixture) {
        _cleanup_fd_ int stray = open("/dev/null", O_RDONLY); /* not close-on-exec, on purpose */
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        /* The glob is the shell's own work, so that no further process shows up. */
        fixture->argv[2] = (char *)"echo /proc/$$/fd/[0-9]*";
        text = spawn_run(fixture);
        for (const char *at = text; (at = strstr(at, "/fd/")); at += 4) {
                int fd = atoi(at + 4);
                /* The shell's own descriptor for reading that folder may show. */
                g_assert_true(fd <= 2 || fd != stray);
        }
        g_assert_nonnull(strstr(text, "/fd/0 "));
        g_assert_nonnull(strstr(text, "/fd/2"));
        g_assert_cmpint(fcntl(stray, F_GETFD), ==, 0);
}

static void test_no_leaks(SpawnFixture *fixture, gconstpointer data) {
        check_no_leaks(fixture);
        spawn_fixture_reset(fixture);
        fixture->request.report_exec = false; /* without a pipe the child begins on our own table */
        check_no_leaks(fixture);
}

/* ---- signals ---- */

static void test_signals(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        (void)signal(SIGPIPE, SIG_IGN); /* the manager's own ways are not the service's */
        text = spawn_run(fixture);
        (void)signal(SIGPIPE, SIG_DFL);
        g_assert_cmphex(status_set(text, "\nSigBlk:"), ==, BELL_SIGNALS_DEFAULT);
        g_assert_cmphex(status_set(text, "\nSigIgn:"), ==,
                        BELL_SIGNALS_DEFAULT | BELLHOP_SIGNAL_BIT(SIGPIPE));
        g_assert_cmphex(status_set(text, "\nSigCgt:"), ==, 0);
}

/* ---- users ---- */

static void test_user(SpawnFixture *fixture, gconstpointer data) {
        static const gid_t groups[] = { 65534, 4711 };
        g_autofree char *text = NULL;

        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        fixture->request.uid = 65534;
        fixture->request.gid = 65533;
        fixture->request.groups = groups;
        fixture->request.group_count = ARRAY_SIZE(groups);
        text = spawn_run(fixture);
        g_assert_nonnull(strstr(text, "\nUid:\t65534\t65534\t65534\t65534\n"));
        g_assert_nonnull(strstr(text, "\nGid:\t65533\t65533\t65533\t65533\n"));
        g_assert_nonnull(strstr(text, "\nGroups:\t4711 65534 \n"));
        g_assert_nonnull(strstr(text, "\nCapEff:\t0000000000000000\n"));
        g_assert_cmpuint(geteuid(), ==, 0); /* the child's credentials are its own */
}

static void test_own_user(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.uid = geteuid();
        fixture->request.gid = getegid();
        text = spawn_run(fixture);
        g_assert_nonnull(strstr(text, "\nUid:\t"));
}

static int as_stranger(SpawnFixture *fixture, int (*function)(SpawnFixture *)) {
        pid_t pid = fork();
        int status;

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
                        _exit(99);
                _exit(function(fixture));
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int spawn_as_root(SpawnFixture *fixture) {
        sd_event_unref(fixture->event);
        if (sd_event_new(&fixture->event) < 0)
                return 98;
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        fixture->request.uid = 0;
        fixture->request.gid = 0;
        spawn_begin(fixture);
        spawn_loop_until(fixture, &fixture->done);
        return fixture->error == -EPERM && strcmp(fixture->step, "setgroups") == 0 ? 0 : 1;
}

static void test_no_permission(SpawnFixture *fixture, gconstpointer data) {
        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        g_assert_cmpint(as_stranger(fixture, spawn_as_root), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        spawn_test_add("/spawn/exec", test_exec);
        spawn_test_add("/spawn/many", test_many);
        spawn_test_add("/spawn/enoent", test_enoent);
        spawn_test_add("/spawn/eacces", test_eacces);
        spawn_test_add("/spawn/chdir", test_chdir);
        spawn_test_add("/spawn/output-fails", test_output_fails);
        spawn_test_add("/spawn/append", test_append);
        spawn_test_add("/spawn/same-file", test_same_file);
        spawn_test_add("/spawn/two-outputs", test_two_outputs);
        spawn_test_add("/spawn/no-leaks", test_no_leaks);
        spawn_test_add("/spawn/signals", test_signals);
        spawn_test_add("/spawn/user", test_user);
        spawn_test_add("/spawn/own-user", test_own_user);
        spawn_test_add("/spawn/no-permission", test_no_permission);
        return g_test_run();
}
