/* SPDX-License-Identifier: MIT */
/* A real manager for tests. */
#include "manager-fixture.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "job.h"
#include "log.h"
#include "process-tree.h"

#define LIMIT_USEC (60 * USEC_PER_SEC)

static int count_fds(void) {
        int count = 0;
        DIR *dir = opendir("/proc/self/fd");
        g_assert_nonnull(dir);
        while (readdir(dir))
                count++;
        closedir(dir);
        return count;
}

bool manager_fixture_is_possible(void) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
        return pidfd >= 0;
}

/* Who fails takes along what he has started: it holds our output open, at whose end the runner
 * would wait until its time limit. */
static void on_failure(int sig) {
        g_autoptr(GArray) pids = process_descendants(getpid(), G_MAXUINT);
        for (guint i = 1; i < pids->len; i++)
                (void)kill(g_array_index(pids, pid_t, i), SIGKILL);
        (void)raise(sig); /* by now it has its default action */
}

static void watch_failures(void) {
        const struct sigaction action = { .sa_handler = on_failure, .sa_flags = (int)SA_RESETHAND };
        (void)sigaction(SIGABRT, &action, NULL); /* an assertion */
        (void)sigaction(SIGTRAP, &action, NULL); /* g_error() */
}

void manager_fixture_init(ManagerFixture *fixture) {
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        watch_failures();
        log_open(LOG_CRIT); /* what goes wrong here is meant to */
        *fixture = (ManagerFixture){ .fds_before = count_fds() };
        fixture->folder = g_dir_make_tmp("bellhop-test-XXXXXX", NULL);
        g_assert_nonnull(fixture->folder);
        g_autofree char *units = manager_fixture_path(fixture, "units");
        g_autofree char *run = manager_fixture_path(fixture, "run");
        g_assert_cmpint(g_mkdir_with_parents(units, 0755), ==, 0);
        ManagerOptions options = {
                .user_mode = geteuid() != 0,
                .unit_path = units,
                .runtime_directory = run,
                .ready_fd = -EBADF,
        };
        g_assert_cmpint(manager_new(&options, &fixture->manager), ==, 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk) {
        return remove(path);
}

int manager_fixture_remove_folder(const char *folder) {
        return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void manager_fixture_done(ManagerFixture *fixture) {
        fixture->manager = manager_free(fixture->manager);
        (void)manager_fixture_remove_folder(fixture->folder);
        g_free(fixture->folder);
        log_close();
        g_assert_cmpint(count_fds(), ==, fixture->fds_before);
}

char *manager_fixture_path(ManagerFixture *fixture, const char *name) {
        return g_build_filename(fixture->folder, name, NULL);
}

int manager_fixture_connect(ManagerFixture *fixture, const char *name) {
        g_autofree char *path = manager_fixture_path(fixture, name);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                         sizeof(address.sun_path));
        g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        return fd;
}

static char *unit_file(ManagerFixture *fixture, const char *unit) {
        return g_build_filename(fixture->folder, "units", unit, NULL);
}

void manager_fixture_write(ManagerFixture *fixture, const char *unit, const char *text) {
        g_autofree char *path = unit_file(fixture, unit);
        g_auto(GStrv) parts = g_strsplit(text, "%D", -1);
        g_autofree char *content = g_strjoinv(fixture->folder, parts);
        g_assert_true(g_file_set_contents(path, content, -1, NULL));
}

void manager_fixture_remove(ManagerFixture *fixture, const char *unit) {
        g_autofree char *path = unit_file(fixture, unit);
        g_assert_cmpint(unlink(path), ==, 0);
}

Unit *manager_fixture_load(ManagerFixture *fixture, const char *name) {
        Unit *unit = NULL;
        g_assert_cmpint(manager_load_unit(fixture->manager, name, &unit), ==, 0);
        return unit;
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        g_error("nothing has come of it within a minute");
        return 0;
}

void manager_fixture_run_pending(ManagerFixture *fixture) {
        while (sd_event_run(fixture->manager->event, 0) > 0)
                ;
}

void manager_fixture_run_until(ManagerFixture *fixture, bool (*condition)(const void *data),
                               const void *data) {
        sd_event_source *limit = NULL;
        g_assert_cmpint(sd_event_add_time_relative(fixture->manager->event, &limit, CLOCK_MONOTONIC,
                                                   LIMIT_USEC, 0, on_limit, NULL),
                        >=, 0);
        while (!condition(data))
                g_assert_cmpint(sd_event_run(fixture->manager->event, UINT64_MAX), >=, 0);
        sd_event_source_disable_unref(limit);
}

typedef struct Answer {
        bool done;
        char *errors;
} Answer;

static void on_answer(void *userdata, GStrv errors) {
        Answer *answer = userdata;
        answer->done = true;
        answer->errors = g_strjoinv("\n", errors);
}

static bool is_answered(const void *data) {
        return ((const Answer *)data)->done;
}

static char *run_job(ManagerFixture *fixture, JobType type, Unit *unit) {
        Answer answer = { 0 };
        g_autofree char *error = NULL;
        g_assert_cmpint(
                transaction_run(fixture->manager, type, &unit, 1, on_answer, &answer, &error), ==,
                0);
        manager_fixture_run_until(fixture, is_answered, &answer);
        return answer.errors;
}

char *manager_fixture_start(ManagerFixture *fixture, Unit *unit) {
        return run_job(fixture, JOB_START, unit);
}

char *manager_fixture_stop(ManagerFixture *fixture, Unit *unit) {
        return run_job(fixture, JOB_STOP, unit);
}

char *manager_fixture_restart(ManagerFixture *fixture, Unit *unit) {
        return run_job(fixture, JOB_RESTART, unit);
}

guint manager_fixture_reload(ManagerFixture *fixture, int expected) {
        g_auto(GStrv) lines = NULL;
        g_assert_cmpint(manager_reload(fixture->manager, &lines), ==, expected);
        manager_fixture_run_pending(fixture);
        return g_strv_length(lines);
}
