/* SPDX-License-Identifier: MIT */
/* PID files: which are believed, whose process they may name, and what becomes of them. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "job.h"
#include "pid-file.h"
#include "service-fixture.h"
#include "service-internal.h"

#define STRANGER 65533

/* ---- the file ---- */

static void file_write(ServiceFixture *fixture, const char *name, const char *text) {
        g_autofree char *path = service_fixture_path(fixture, name);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void file_write_pid(ServiceFixture *fixture, const char *name, pid_t pid) {
        g_autofree char *text = g_strdup_printf("%d\n", (int)pid);

        file_write(fixture, name, text);
}

static int file_read(ServiceFixture *fixture, const char *name, PidFile *ret) {
        g_autofree char *path = service_fixture_path(fixture, name);
        int r = pid_file_read(path, ret);

        if (r >= 0)
                ret->pidfd = fd_close(ret->pidfd);
        return r;
}

static void test_contents(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *text;
                int error;
        } cases[] = {
                { "1", 0 },
                { "1\n", 0 },
                { " \n1 \n", 0 },
                { "", -ENOENT },
                { "\n", -ENOENT },
                { "0\n", -EINVAL },
                { "-1", -EINVAL },
                { "1 2\n", -EINVAL },
                { "0x1", -EINVAL },
                { "one", -EINVAL },
                { "2147483648", -EINVAL },
        };
        PidFile file;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                file_write(fixture, "pid", cases[i].text);
                g_assert_cmpint(file_read(fixture, "pid", &file), ==, cases[i].error);
                if (cases[i].error < 0)
                        continue;
                g_assert_cmpint(file.pid, ==, 1);
                g_assert_cmpint(file.owner, ==, geteuid());
                g_assert_true(file.safe);
        }
        g_autofree char *text = g_strnfill(10000, ' ');
        file_write(fixture, "pid", text);
        g_assert_cmpint(file_read(fixture, "pid", &file), ==, -EINVAL);
}

static pid_t process_new(void) {
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                (void)alarm(60);
                for (;;)
                        (void)pause();
        }
        return pid;
}

static void process_end(pid_t pid) {
        siginfo_t info;

        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WEXITED), ==, 0);
}

static void test_odd_files(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *fifo = service_fixture_path(fixture, "fifo");
        g_autofree char *loop = service_fixture_path(fixture, "loop");
        pid_t pid = process_new();
        siginfo_t info;
        PidFile file;

        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        g_assert_cmpint(symlink("loop", loop), ==, 0);
        g_assert_cmpint(file_read(fixture, "fifo", &file), ==, -EINVAL);
        g_assert_cmpint(file_read(fixture, "loop", &file), ==, -ELOOP);
        g_assert_cmpint(file_read(fixture, ".", &file), ==, -EINVAL);
        g_assert_cmpint(file_read(fixture, "none", &file), ==, -ENOENT);
        g_assert_cmpint(file_read(fixture, "fifo/pid", &file), ==, -ENOTDIR);
        /* One that has ended and hasn't been reaped. */
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), ==, 0);
        file_write_pid(fixture, "pid", pid);
        g_assert_cmpint(file_read(fixture, "pid", &file), ==, -ESRCH);
        g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WEXITED), ==, 0);
}

/* ---- the way there ---- */

static void folder_make(ServiceFixture *fixture, const char *name, uid_t owner) {
        g_autofree char *path = service_fixture_path(fixture, name);

        g_assert_cmpint(mkdir(path, 0755), ==, 0);
        g_assert_cmpint(chown(path, owner, (gid_t)-1), ==, 0);
}

static void link_make(ServiceFixture *fixture, const char *target, const char *name, uid_t owner) {
        g_autofree char *path = service_fixture_path(fixture, name);

        g_assert_cmpint(symlink(target, path), ==, 0);
        g_assert_cmpint(lchown(path, owner, (gid_t)-1), ==, 0);
}

static void file_make(ServiceFixture *fixture, const char *name, uid_t owner) {
        g_autofree char *path = service_fixture_path(fixture, name);

        file_write(fixture, name, "1\n");
        g_assert_cmpint(chown(path, owner, (gid_t)-1), ==, 0);
}

static void test_way(ServiceFixture *fixture, gconstpointer data) {
        static const struct {
                const char *path;
                uid_t owner;
                bool safe;
        } cases[] = {
                { "ours/pid", 0, true },
                { "ours/theirs", STRANGER, true }, /* whose owner says whom it may name */
                { "theirs/pid", STRANGER, true },
                { "theirs/ours", 0, false },
                { "theirs/link", STRANGER, true },
                { "theirs/up", 0, false },
                { "theirs/far", 0, false },
                { "theirs/../ours/pid", 0, false },
                { "link-to-theirs/pid", STRANGER, true },
                { "link-to-theirs/far", 0, false },
                { "link-to-far", 0, false },
                { "their-link", 0, false },
                { "link-to-ours/./pid", 0, true },
        };
        g_autofree char *far = NULL;
        PidFile file;

        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        far = service_fixture_path(fixture, "ours/pid");
        folder_make(fixture, "ours", 0);
        folder_make(fixture, "theirs", STRANGER);
        file_make(fixture, "ours/pid", 0);
        file_make(fixture, "ours/theirs", STRANGER);
        file_make(fixture, "theirs/pid", STRANGER);
        file_make(fixture, "theirs/ours", 0);
        link_make(fixture, "pid", "theirs/link", STRANGER);
        link_make(fixture, "../ours/pid", "theirs/up", STRANGER);
        link_make(fixture, far, "theirs/far", STRANGER);
        link_make(fixture, "theirs", "link-to-theirs", 0);
        link_make(fixture, "theirs/far", "link-to-far", 0);
        link_make(fixture, "ours/pid", "their-link", STRANGER);
        link_make(fixture, "ours", "link-to-ours", 0);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_test_message("%s", cases[i].path);
                g_assert_cmpint(file_read(fixture, cases[i].path, &file), ==, 0);
                g_assert_cmpint(file.owner, ==, cases[i].owner);
                g_assert_cmpint(file.safe, ==, cases[i].safe);
        }
}

static void test_remove(ServiceFixture *fixture, gconstpointer data) {
        g_autofree char *pid = service_fixture_path(fixture, "ours/pid");
        g_autofree char *led = service_fixture_path(fixture, "theirs/up/pid");

        folder_make(fixture, "ours", geteuid());
        file_make(fixture, "ours/pid", geteuid());
        if (geteuid() == 0) {
                folder_make(fixture, "theirs", STRANGER);
                link_make(fixture, "../ours", "theirs/up", STRANGER);
                pid_file_remove(led);
                g_assert_true(g_file_test(pid, G_FILE_TEST_EXISTS));
        }
        pid_file_remove(pid);
        g_assert_false(g_file_test(pid, G_FILE_TEST_EXISTS));
        pid_file_remove(pid);
}

/* ---- the service ---- */

static bool is_running(const void *data) {
        return ((const Service *)data)->state == SERVICE_RUNNING;
}

static bool is_down(const void *data) {
        return service_is_down(&((const Service *)data)->unit);
}

/* A folder that the service may write to, whoever it is. */
static void folder_open(ServiceFixture *fixture) {
        g_autofree char *top = service_fixture_path(fixture, ".");
        g_autofree char *folder = service_fixture_path(fixture, "open");

        g_assert_cmpint(chmod(top, 0755), ==, 0);
        g_assert_cmpint(mkdir(folder, 0755), ==, 0);
        g_assert_cmpint(chmod(folder, 01777), ==, 0);
}

/* It is let name its own processes, and nobody else's: those would be signalled in its place. */
static void test_foreign(ServiceFixture *fixture, gconstpointer data) {
        pid_t foreign = process_new();
        g_autofree char *text = g_strdup_printf(
                "[Service]\nType=forking\nPIDFile=%%D/open/pid\n%sExecStart=/bin/sh -c '"
                "sleep 1001 & sleep 1000 & echo $! > %%D/open/right; "
                "echo %d > %%D/open/new; mv %%D/open/new %%D/open/pid'\n",
                geteuid() == 0 ? "User=nobody\n" : "", (int)foreign);
        Service *service = service_fixture_load(fixture, text);
        g_autofree char *file = service_fixture_path(fixture, "open/pid");
        pid_t right;

        folder_open(fixture);
        g_assert_cmpint(service->unit.vtable->start(&service->unit), ==, 0);
        right = service_fixture_read_pid(fixture, "open/right");
        g_assert_cmpint(service_fixture_read_pid(fixture, "open/pid"), ==, foreign);
        while (service->main_pid > 0)
                g_assert_cmpint(sd_event_run(fixture->manager.manager->event, 60 * USEC_PER_SEC), >,
                                0);
        manager_fixture_run_pending(&fixture->manager);
        g_assert_cmpint(service->state, ==, SERVICE_START);
        g_assert_cmpint(unlink(file), ==, 0);
        file_write_pid(fixture, "open/pid", right);
        service_fixture_run_until(fixture, is_running, service);
        g_assert_cmpint(service->main_pid, ==, right);
        service_fixture_stop(fixture, service);
        g_assert_cmpint(kill(foreign, 0), ==, 0);
        g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
        process_end(foreign);
}

/* A program that replaces itself writes the file before the old process ends. */
static void test_replaced(ServiceFixture *fixture, gconstpointer data) {
        Service *service = service_fixture_load(
                fixture, "[Service]\nType=forking\nPIDFile=%D/pid\nExecStart=/bin/sh -c '"
                         "sleep 1001 & echo $! > %D/other; sleep 1000 & echo $! > %D/new; "
                         "mv %D/new %D/pid'\n");
        g_autofree char *file = service_fixture_path(fixture, "pid");
        pid_t first, second;

        service_fixture_start(fixture, service);
        first = service->main_pid;
        second = service_fixture_read_pid(fixture, "other");
        file_write_pid(fixture, "pid", second);
        g_assert_cmpint(kill(first, SIGKILL), ==, 0);
        while (service->main_pid == first)
                g_assert_cmpint(sd_event_run(fixture->manager.manager->event, 60 * USEC_PER_SEC), >,
                                0);
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(service->main_pid, ==, second);
        g_assert_nonnull(service_recipient(&service->unit));
        g_assert_cmpint(kill(second, SIGKILL), ==, 0);
        service_fixture_run_until(fixture, is_down, service);
        g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
}

static void test_external_replaced(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/pid\n");
        g_autofree char *file = service_fixture_path(fixture, "pid");
        pid_t first = process_new(), second = process_new();

        file_write_pid(fixture, "pid", first);
        service_fixture_start(fixture, service);
        g_assert_cmpint(service->main_pid, ==, first);
        file_write_pid(fixture, "pid", second);
        g_assert_cmpint(kill(first, SIGKILL), ==, 0);
        while (service->main_pid == first)
                g_assert_cmpint(sd_event_run(fixture->manager.manager->event, 60 * USEC_PER_SEC), >,
                                0);
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(service->main_pid, ==, second);
        service_fixture_stop(fixture, service);
        g_assert_cmpint(kill(second, 0), ==, 0);
        g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
        process_end(second);
}

static void test_forbidden(ServiceFixture *fixture, gconstpointer data) {
        const pid_t pids[] = { 1, getpid() };

        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
                Service *service =
                        service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/pid\n");

                file_write_pid(fixture, "pid", pids[i]);
                service_fixture_start_failing(fixture, service, "may not name this process");
                manager_unload_unit(fixture->manager.manager, &service->unit);
        }
}

/* Who was the first to have a process keeps it. */
static void test_taken(ServiceFixture *fixture, gconstpointer data) {
        const char *text = "[Service]\nType=external\nPIDFile=%D/pid\n";
        Service *service = service_fixture_load(fixture, text), *other;
        pid_t pid = process_new();

        manager_fixture_write(&fixture->manager, "y.service", text);
        other = SERVICE(manager_fixture_load(&fixture->manager, "y.service"));
        file_write_pid(fixture, "pid", pid);
        service_fixture_start(fixture, service);
        service_fixture_start_failing(fixture, other, "of another service");
        g_assert_cmpint(service->state, ==, SERVICE_RUNNING);
        g_assert_cmpint(service->main_pid, ==, pid);
        service_fixture_stop(fixture, service);
        process_end(pid);
}

/* Somebody is at work in the folder all the time: that doesn't keep the manager at work, and the
 * file is found all the same. */
static void test_busy_folder(ServiceFixture *fixture, gconstpointer data) {
        Service *service =
                service_fixture_load(fixture, "[Service]\nType=external\nPIDFile=%D/open/pid\n");
        sd_event *event = fixture->manager.manager->event;
        g_autofree char *path = service_fixture_path(fixture, "open/other");
        unsigned int wakes = 0;
        pid_t pid = process_new();

        folder_open(fixture);
        g_assert_cmpint(service->unit.vtable->start(&service->unit), ==, 0);
        manager_fixture_run_pending(&fixture->manager);
        gint64 begin = g_get_monotonic_time();
        for (unsigned int i = 0; i < 1000; i++) {
                fd_close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
                g_assert_cmpint(unlink(path), ==, 0);
                while (sd_event_run(event, 0) > 0)
                        wakes++;
        }
        gint64 tenths = (g_get_monotonic_time() - begin) / 100000;
        g_assert_cmpint(wakes, <=, 30 + 5 * tenths);
        g_assert_cmpint(service->state, !=, SERVICE_RUNNING);
        file_write_pid(fixture, "open/pid", pid);
        service_fixture_run_until(fixture, is_running, service);
        g_assert_cmpint(service->main_pid, ==, pid);
        service_fixture_stop(fixture, service);
        process_end(pid);
}

static const ServiceTest tests[] = {
        { "contents", test_contents },
        { "odd-files", test_odd_files },
        { "way", test_way },
        { "remove", test_remove },
        { "foreign", test_foreign },
        { "replaced", test_replaced },
        { "external-replaced", test_external_replaced },
        { "forbidden", test_forbidden },
        { "taken", test_taken },
        { "busy-folder", test_busy_folder },
};

int main(int argc, char **argv) {
        return service_fixture_main(&argc, &argv, "/pid-file", tests, ARRAY_SIZE(tests));
}
