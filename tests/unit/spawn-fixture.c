/* SPDX-License-Identifier: MIT */
/* Spawning real processes under a real event loop. */
#include "spawn-fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "unignore.h"

unsigned int spawn_count_descriptors(void) {
        DIR *dir = opendir("/proc/self/fd");
        unsigned int count = 0;

        g_assert_nonnull(dir);
        while (readdir(dir))
                count++;
        closedir(dir);
        return count;
}

void spawn_fixture_set_up(SpawnFixture *fixture, gconstpointer data) {
        static char *environment[] = { (char *)"GREETING=hello", NULL };

        signals_unignore();
        fixture->descriptors = spawn_count_descriptors();
        g_assert_cmpint(sd_event_new(&fixture->event), ==, 0);
        fixture->folder = g_dir_make_tmp("spawn-XXXXXX", NULL);
        fixture->output = g_build_filename(fixture->folder, "output", NULL);
        fixture->argv[0] = (char *)"cat";
        fixture->argv[1] = (char *)"/proc/self/status";
        fixture->request = (SpawnRequest){
                .path = "/bin/cat",
                .argv = fixture->argv,
                .environment = environment,
                .uid = (uid_t)-1,
                .gid = (gid_t)-1,
                .working_directory = "/",
                .standard_output = { .kind = OUTPUT_FILE, .path = fixture->output },
                .identifier = "test.service",
                .delivery_signals = BELL_SIGNALS_DEFAULT,
                .cgroup_fd = -1,
                .report_exec = true,
        };
        fixture->pidfd = -EBADF;
}

void spawn_fixture_tear_down(SpawnFixture *fixture, gconstpointer data) {
        process_watch_free(fixture->watch);
        g_assert_null(sd_event_unref(fixture->event));
        (void)g_remove(fixture->output);
        g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
        g_free(fixture->output);
        g_free(fixture->folder);
        g_assert_cmpuint(spawn_count_descriptors(), ==, fixture->descriptors);
}

static void on_done(int error, const char *step, void *userdata) {
        SpawnFixture *fixture = userdata;

        g_assert_false(fixture->done);
        fixture->done = true;
        fixture->spawn = NULL;
        fixture->error = error;
        g_strlcpy(fixture->step, step, sizeof(fixture->step));
}

void spawn_begin(SpawnFixture *fixture) {
        const char *step = NULL;
        int r;

        r = spawn_start(fixture->event, &fixture->request, on_done, fixture, &fixture->spawn,
                        &fixture->pid, &fixture->watch, &step);
        g_assert_cmpint(r, ==, 0);
        g_assert_cmpint(fixture->pid, >, 0);
        fixture->pidfd = fixture->watch->pidfd;
}

void spawn_loop_until(SpawnFixture *fixture, const bool *flag) {
        while (!*flag)
                g_assert_cmpint(sd_event_run(fixture->event, 60 * USEC_PER_SEC), >, 0);
}

bool signals_by_pidfd(void) {
        if (syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0) < 0 && errno != ENOSYS)
                return true;
        g_test_skip("no pidfd_send_signal here");
        return false;
}

void spawn_fixture_reset(SpawnFixture *fixture) {
        fixture->done = false;
        fixture->watch = process_watch_free(fixture->watch);
        fixture->pidfd = -EBADF;
}

siginfo_t spawn_wait_for_end(SpawnFixture *fixture) {
        siginfo_t info = { 0 };

        g_assert_cmpint(waitid(P_PIDFD, (id_t)fixture->pidfd, &info, WEXITED | __WALL), ==, 0);
        return info;
}

int fifo_let_go(SpawnFixture *fixture) {
        int fd = open(fixture->output, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

char *fifo_read(int fd) {
        GString *text = g_string_new(NULL);
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char buffer[4096];
        ssize_t n;

        for (;;) {
                g_assert_cmpint(poll(&poll_fd, 1, 60000), ==, 1);
                n = read(fd, buffer, sizeof(buffer));
                if (n <= 0)
                        return g_string_free(text, FALSE);
                g_string_append_len(text, buffer, n);
        }
}

char *spawn_run(SpawnFixture *fixture) {
        siginfo_t info;
        char *text = NULL;

        spawn_begin(fixture);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_assert_cmpint(info.si_status, ==, 0);
        g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
        return text;
}

void spawn_run_failing(SpawnFixture *fixture, int error, const char *step, int status) {
        siginfo_t info;

        spawn_begin(fixture);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, error);
        g_assert_cmpstr(fixture->step, ==, step);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_assert_cmpint(info.si_status, ==, status);
}

uint64_t status_set(const char *text, const char *key) {
        const char *line = strstr(text, key);

        g_assert_nonnull(line);
        return strtoull(line + strlen(key), NULL, 16);
}

void spawn_test_add(const char *name, void (*function)(SpawnFixture *, gconstpointer)) {
        g_test_add(name, SpawnFixture, NULL, spawn_fixture_set_up, function,
                   spawn_fixture_tear_down);
}
