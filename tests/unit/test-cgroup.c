/* SPDX-License-Identifier: MIT */
/* Cgroups of services, where this process may make some. */
#include "cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "fill-table.h"

typedef struct Fixture {
        sd_event *event;
        CgroupTree *tree; /* NULL: skipped */
        Cgroup *cgroup;
        bool emptied;
} Fixture;

static void fixture_set_up(Fixture *fixture, gconstpointer data) {
        g_autofree char *name = g_strdup_printf("/run/test-cgroup-%d", (int)getpid());

        g_assert_cmpint(sd_event_new(&fixture->event), ==, 0);
        if (cgroup_tree_new(fixture->event, name, &fixture->tree) < 0) {
                g_test_skip("no cgroup may be made here");
                return;
        }
        g_assert_cmpint(cgroup_new(fixture->tree, "web@1.service", &fixture->cgroup), ==, 0);
}

static void fixture_tear_down(Fixture *fixture, gconstpointer data) {
        cgroup_free(fixture->cgroup);
        cgroup_tree_free(fixture->tree);
        g_assert_null(sd_event_unref(fixture->event));
}

static void cgroup_write(Cgroup *cgroup, const char *file, const char *text) {
        _cleanup_fd_ int fd = openat(cgroup_fd(cgroup), file, O_WRONLY | O_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
}

/* A process in the cgroup (or the one below it) that waits for a signal. */
static pid_t member_start(Cgroup *cgroup, const char *procs) {
        int fds[2];
        pid_t pid;
        char byte;

        g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                cgroup_write(cgroup, procs, "0");
                (void)!write(fds[1], "", 1);
                for (;;)
                        pause();
        }
        g_assert_cmpint(read(fds[0], &byte, 1), ==, 1);
        close(fds[0]);
        close(fds[1]);
        return pid;
}

static void assert_killed(pid_t pid, int sig) {
        int status;

        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFSIGNALED(status));
        g_assert_cmpint(WTERMSIG(status), ==, sig);
}

static void on_emptied(Cgroup *cgroup, void *userdata) {
        Fixture *fixture = userdata;

        g_assert_false(fixture->emptied); /* once */
        fixture->emptied = true;
}

static void loop_until_emptied(Fixture *fixture) {
        while (!fixture->emptied)
                g_assert_cmpint(sd_event_run(fixture->event, 60 * G_USEC_PER_SEC), >, 0);
}

/* Older valgrinds have none. */
static bool pidfds_are_there(void) {
        _cleanup_fd_ int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

        if (self < 0)
                g_test_skip("no pidfd_open here");
        return self >= 0;
}

static void test_members(Fixture *fixture, gconstpointer data) {
        g_autoptr(GArray) pids = NULL;
        pid_t pid;

        if (!fixture->tree || !pidfds_are_there())
                return;
        g_assert_true(cgroup_is_empty(fixture->cgroup));
        pid = member_start(fixture->cgroup, "cgroup.procs");
        g_assert_false(cgroup_is_empty(fixture->cgroup));
        g_assert_true(cgroup_has_pid(fixture->cgroup, pid));
        g_assert_false(cgroup_has_pid(fixture->cgroup, getpid()));
        g_assert_cmpint(cgroup_pids(fixture->cgroup, &pids), ==, 0);
        g_assert_cmpuint(pids->len, ==, 1);
        g_assert_cmpint(g_array_index(pids, pid_t, 0), ==, pid);

        g_assert_cmpint(cgroup_kill(fixture->cgroup, SIGTERM), ==, 1);
        assert_killed(pid, SIGTERM);
        g_assert_true(cgroup_is_empty(fixture->cgroup));
}

/* Whoever holds the main process sees that it hasn't got the signal. */
static void test_shortage(Fixture *fixture, gconstpointer data) {
        struct rlimit before;
        int fds[FILL_MAX], count;
        pid_t pid;

        if (!fixture->tree || !pidfds_are_there())
                return;
        pid = member_start(fixture->cgroup, "cgroup.procs");
        g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
        count = fill_table(fds);
        close(fds[--count]);
        g_assert_cmpint(cgroup_kill(fixture->cgroup, SIGTERM), ==, 0);
        while (count > 0)
                close(fds[--count]);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
        g_assert_cmpint(cgroup_kill(fixture->cgroup, SIGTERM), ==, 1);
        assert_killed(pid, SIGTERM);
}

static void test_below(Fixture *fixture, gconstpointer data) {
        pid_t pids[2];

        if (!fixture->tree)
                return;
        g_assert_cmpint(mkdirat(cgroup_fd(fixture->cgroup), "below", 0755), ==, 0);
        pids[0] = member_start(fixture->cgroup, "below/cgroup.procs");
        pids[1] = member_start(fixture->cgroup, "cgroup.procs");
        g_assert_true(cgroup_has_pid(fixture->cgroup, pids[0]));
        g_assert_cmpint(cgroup_kill(fixture->cgroup, SIGKILL), ==, 2);
        assert_killed(pids[0], SIGKILL);
        assert_killed(pids[1], SIGKILL);
        /* The tear-down removes the folder below, too, or the tree's would stay. */
}

static void test_names(Fixture *fixture, gconstpointer data) {
        Cgroup *other = NULL;
        pid_t pid;

        if (!fixture->tree)
                return;
        /* A name that begins with the other's is still another cgroup. */
        g_assert_cmpint(cgroup_new(fixture->tree, "web@1.service2", &other), ==, 0);
        pid = member_start(other, "cgroup.procs");
        g_assert_false(cgroup_has_pid(fixture->cgroup, pid));
        g_assert_cmpint(cgroup_kill(other, SIGKILL), ==, 1);
        assert_killed(pid, SIGKILL);
        cgroup_free(other);
        /* Made again: the same folder, which is said. */
        g_assert_cmpint(cgroup_new(fixture->tree, "web@1.service", &other), ==, 1);
        g_assert_cmpstr(cgroup_path(other), ==, cgroup_path(fixture->cgroup));
        cgroup_free(other);
        fixture->cgroup = cgroup_free(fixture->cgroup);
}

static void test_watch(Fixture *fixture, gconstpointer data) {
        pid_t pid;

        if (!fixture->tree)
                return;
        pid = member_start(fixture->cgroup, "cgroup.procs");
        g_assert_cmpint(cgroup_watch_empty(fixture->cgroup, on_emptied, fixture), ==, 0);
        g_assert_cmpint(sd_event_run(fixture->event, 0), >=, 0); /* the first look */
        g_assert_false(fixture->emptied);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        loop_until_emptied(fixture);
        assert_killed(pid, SIGKILL);
}

static void test_watch_empty_already(Fixture *fixture, gconstpointer data) {
        if (!fixture->tree)
                return;
        g_assert_cmpint(cgroup_watch_empty(fixture->cgroup, on_emptied, fixture), ==, 0);
        g_assert_false(fixture->emptied); /* from the loop only */
        loop_until_emptied(fixture);
        g_assert_cmpint(sd_event_run(fixture->event, 0), ==, 0);

        fixture->emptied = false;
        g_assert_cmpint(cgroup_watch_empty(fixture->cgroup, on_emptied, fixture), ==, 0);
        cgroup_unwatch(fixture->cgroup);
        g_assert_cmpint(sd_event_run(fixture->event, 0), ==, 0);
        g_assert_false(fixture->emptied);
}

static void add(const char *name, void (*function)(Fixture *, gconstpointer)) {
        g_test_add(name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/cgroup/members", test_members);
        add("/cgroup/shortage", test_shortage);
        add("/cgroup/below", test_below);
        add("/cgroup/names", test_names);
        add("/cgroup/watch", test_watch);
        add("/cgroup/watch-empty-already", test_watch_empty_already);
        return g_test_run();
}
