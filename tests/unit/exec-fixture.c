/* SPDX-License-Identifier: MIT */
/* Runs services that report of themselves. */
#include "exec-fixture.h"

#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec-report.h"
#include "fd.h"
#include "log.h"

#define ORDINARY_USER 65534

/* Everybody can run it there. */
static void program_copy(const char *path) {
        g_autofree char *program = NULL;
        gsize length;

        g_assert_true(g_file_get_contents("/proc/self/exe", &program, &length, NULL));
        g_assert_true(g_file_set_contents(path, program, (gssize)length, NULL));
        g_assert_cmpint(chmod(path, 0755), ==, 0);
}

void exec_fixture_set_up(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *program = NULL;

        service_fixture_set_up(fixture, data);
        program = service_fixture_path(fixture, "report");
        g_assert_cmpint(chmod(fixture->manager.folder, 0755), ==, 0);
        program_copy(program);
}

Service *exec_fixture_load(ServiceFixture *fixture, const char *lines, const char *facets) {
        g_autofree char *text =
                g_strdup_printf("[Service]\nType=oneshot\nStandardOutput=truncate:%%D/out\n%s"
                                "ExecStart=%%D/report --report %s\n",
                                lines, facets);
        Unit *old = manager_find_unit(fixture->manager.manager, "x.service");

        if (old)
                manager_unload_unit(fixture->manager.manager, old);
        return service_fixture_load(fixture, text);
}

static char *expand(ServiceFixture *fixture, const char *text) {
        g_auto(GStrv) parts = g_strsplit(text, "%D", -1);

        return g_strjoinv(fixture->manager.folder, parts);
}

char *exec_fixture_run(ServiceFixture *fixture, const char *lines, const char *facets) {
        Service *service = exec_fixture_load(fixture, lines, facets);
        g_autofree char *path = service_fixture_path(fixture, "out");
        char *text = NULL;

        service_fixture_start(fixture, service);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return text;
}

void exec_fixture_run_failing(ServiceFixture *fixture, const char *lines, const char *why,
                              int status) {
        Service *service = exec_fixture_load(fixture, lines, "umask");

        g_test_message("%s", lines);
        service_fixture_start_failing(fixture, service, why);
        g_assert_cmpint(service->exit_status, ==, status);
}

char *exec_fixture_log(void) {
        g_auto(GStrv) lines = log_tail("x.service", 100);

        log_close();
        return g_strjoinv("\n", lines);
}

static bool row_can_be(const ExecRow *row) {
        int status = row->tried ? system(row->tried) : 0; /* NOLINT */

        if (status != 0)
                g_test_message("left out here: %s", row->lines);
        return status == 0;
}

void exec_fixture_run_rows(ServiceFixture *fixture, const ExecRow *rows, size_t count) {
        for (size_t i = 0; i < count; i++) {
                g_autofree char *expected = expand(fixture, rows[i].expected);
                g_autofree char *got = NULL;

                if (!row_can_be(&rows[i]))
                        continue;
                g_test_message("%s", rows[i].lines);
                got = exec_fixture_run(fixture, rows[i].lines, rows[i].facets);
                g_assert_cmpstr(got, ==, expected);
        }
}

bool exec_is(ExecWho who) {
        bool root = geteuid() == 0;

        if (who == EXEC_ANYBODY || root == (who == EXEC_ROOT))
                return true;
        g_test_skip(root ? "for an ordinary user" : "needs root");
        return false;
}

/* ---- folders of the system ---- */

static bool mounts_are_own;

void exec_make_own_mounts(void) {
        static const char *const folders[] = { "/run", "/var/lib", "/var/cache", "/var/log",
                                               "/etc" };
        g_autofree char *users = NULL, *groups = NULL;
        bool done;

        if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
            mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
            !g_file_get_contents("/etc/passwd", &users, NULL, NULL) ||
            !g_file_get_contents("/etc/group", &groups, NULL, NULL))
                return;
        done = true;
        for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
                done = done && mount("none", folders[i], "tmpfs", 0, "mode=0755") == 0;
        mounts_are_own = done && g_file_set_contents("/etc/passwd", users, -1, NULL) &&
                         g_file_set_contents("/etc/group", groups, -1, NULL);
}

bool exec_has_own_mounts(void) {
        if (!mounts_are_own)
                g_test_skip("needs root, and mounts of its own");
        return mounts_are_own;
}

/* ---- as an ordinary user ---- */

_Noreturn static void user_exec(const char *folder, const char *program, const char *path) {
        const char *const argv[] = { program, "-p", path, NULL };

        if (setgroups(0, NULL) < 0 || setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER) < 0 ||
            setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER) < 0 || chdir(folder) < 0)
                _exit(126);
        (void)setenv("HOME", folder, 1);
        (void)setenv("TMPDIR", folder, 1);
        (void)setenv("XDG_RUNTIME_DIR", folder, 1);
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* its TAP isn't ours */
        (void)execv(program, (char *const *)argv);
        _exit(127);
}

void exec_run_as_user(const char *path) {
        g_autofree char *folder = g_dir_make_tmp("bellhop-test-XXXXXX", NULL);
        g_autofree char *program = g_build_filename(folder, "test", NULL);
        int status;
        pid_t pid;

        program_copy(program);
        g_assert_cmpint(chown(folder, ORDINARY_USER, ORDINARY_USER), ==, 0);
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
                user_exec(folder, program, path);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpint(unlink(program), ==, 0);
        g_assert_cmpint(manager_fixture_remove_folder(folder), ==, 0);
}

/* Children have the niceness of who runs the tests, and few may take it back. */
static bool niceness_is_zero(void) {
        return getpriority(PRIO_PROCESS, 0) == 0 || setpriority(PRIO_PROCESS, 0, 0) == 0;
}

int exec_test_main(int argc, char **argv, void (*add)(void)) {
        if (argc > 1 && !strcmp(argv[1], "--report"))
                exec_report(argc - 2, argv + 2);
        g_test_init(&argc, &argv, NULL);
        if (!manager_fixture_is_possible()) {
                puts(MANAGER_FIXTURE_SKIP);
                return 0;
        }
        if (!niceness_is_zero()) {
                puts("1..0 # SKIP needs to run without nice(1)");
                return 0;
        }
        add();
        return g_test_run();
}
