/* SPDX-License-Identifier: MIT */
/* The time between clone and exec: what the parent may do, what a child that gets nowhere comes to,
 * and kernels that can't do all of it. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "cgroup.h"
#include "fd.h"
#include "spawn-fixture.h"

/* ---- between clone and exec ---- */

/* One that hasn't exec'd yet holds copies of the other's pipe. */
static void test_two_at_once(SpawnFixture *fixture, gconstpointer data) {
        SpawnFixture other = { 0 };
        g_autofree char *text = spawn_run(fixture), *other_text = NULL;
        int fd;

        spawn_fixture_reset(fixture);
        (void)g_remove(fixture->output);
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        spawn_fixture_set_up(&other, NULL);
        sd_event_unref(other.event);
        other.event = sd_event_ref(fixture->event);
        spawn_begin(&other);
        spawn_begin(fixture);
        spawn_loop_until(&other, &other.done);
        (void)spawn_wait_for_end(&other);
        spawn_fixture_reset(&other);
        other_text = spawn_run(&other);
        g_assert_cmpuint(strlen(other_text), >, 0);

        fd = fifo_let_go(fixture);
        spawn_loop_until(fixture, &fixture->done);
        (void)spawn_wait_for_end(fixture);
        spawn_fixture_reset(fixture);
        fd_close(fd);
        spawn_fixture_tear_down(&other, NULL);
}

/* Nobody waits to be told: the loop hears of it some time, or when the process has ended. */
static void test_report_later(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.report_exec = false;
        text = spawn_run(fixture);
        g_assert_cmpuint(strlen(text), >, 0);

        spawn_fixture_reset(fixture);
        fixture->request.path = "/nonexistent/program";
        spawn_begin(fixture);
        (void)spawn_wait_for_end(fixture);
        g_assert_false(fixture->done);
        spawn_collect(fixture->spawn);
        g_assert_true(fixture->done);
        g_assert_cmpint(fixture->error, ==, -ENOENT);

        spawn_fixture_reset(fixture);
        spawn_run_failing(fixture, -ENOENT, "exec", 203);
}

/* The report is taken although the loop never ran. */
static void test_collect(SpawnFixture *fixture, gconstpointer data) {
        siginfo_t info;

        fixture->request.path = "/nonexistent/program";
        spawn_begin(fixture);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_status, ==, 203);
        spawn_collect(fixture->spawn);
        g_assert_true(fixture->done);
        g_assert_cmpint(fixture->error, ==, -ENOENT);
}

/* Another of the service's processes, which may be the main one by now, has ended: this child still
 * is on memory of ours, so nothing is freed, and nobody is told anything. */
static void test_collect_too_early(SpawnFixture *fixture, gconstpointer data) {
        int fd;

        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        spawn_begin(fixture);
        spawn_collect(fixture->spawn);
        g_assert_false(fixture->done);
        fd = fifo_let_go(fixture);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        (void)spawn_wait_for_end(fixture);
        fd_close(fd);
}

static void test_bell_before_exec(SpawnFixture *fixture, gconstpointer data) {
        Bell bell = { .address = UINT64_C(0x0123456789abcdef) };
        _cleanup_fd_ int fd = -EBADF;
        g_autofree char *text = NULL;
        siginfo_t info;

        if (!signals_by_pidfd())
                return;
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        spawn_begin(fixture);
        bell_to_siginfo(&bell, BELLHOP_SIGNAL_LISTENER, &info);
        g_assert_cmpint(
                syscall(SYS_pidfd_send_signal, fixture->pidfd, BELLHOP_SIGNAL_LISTENER, &info, 0),
                ==, 0);
        g_assert_false(fixture->done);
        fd = fifo_let_go(fixture);
        text = fifo_read(fd);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        g_assert_cmphex(status_set(text, "\nShdPnd:"), ==,
                        BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER));
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
}

/* ---- holding before exec ---- */

/* Until the child sleeps. */
static void wait_until_asleep(pid_t pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
        gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
        bool asleep = false;

        while (!asleep) {
                g_autofree char *text = NULL;

                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
                asleep = strstr(text, ") S ") != NULL;
                (void)sched_yield();
        }
}

/* Where children have to be forked, as under valgrind, none holds.
 * Returns: whether this one does. */
static bool begin_holding(SpawnFixture *fixture) {
        fixture->request.hold = true;
        spawn_begin(fixture);
        if (spawn_holds(fixture->spawn))
                return true;
        spawn_loop_until(fixture, &fixture->done);
        (void)spawn_wait_for_end(fixture);
        g_test_skip("children have to be forked here: no clone3() with shared memory");
        return false;
}

/* What is sent while it holds is there when the program begins. */
static bool run_holding(SpawnFixture *fixture, bool until_asleep) {
        g_autofree char *text = NULL;
        siginfo_t info;

        if (!begin_holding(fixture))
                return false;
        if (until_asleep)
                wait_until_asleep(fixture->pid);
        g_assert_false(fixture->done);
        g_assert_false(g_file_test(fixture->output, G_FILE_TEST_IS_REGULAR) &&
                       g_file_get_contents(fixture->output, &text, NULL, NULL) && text[0] != '\0');
        bell_to_siginfo(&(Bell){ .address = 1 }, BELLHOP_SIGNAL_LISTENER, &info);
        g_assert_cmpint(
                syscall(SYS_pidfd_send_signal, fixture->pidfd, BELLHOP_SIGNAL_LISTENER, &info, 0),
                ==, 0);
        spawn_let_exec(fixture->spawn);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_clear_pointer(&text, g_free);
        g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
        g_assert_cmphex(status_set(text, "\nShdPnd:"), ==,
                        BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER));
        return true;
}

static void test_hold(SpawnFixture *fixture, gconstpointer data) {
        if (!signals_by_pidfd())
                return;
        if (!run_holding(fixture, true))
                return;
        for (int i = 0; i < 100; i++) { /* at any moment of its way there */
                spawn_fixture_reset(fixture);
                g_assert_cmpint(g_remove(fixture->output), ==, 0);
                g_assert_true(run_holding(fixture, false));
        }
}

static bool hold_and_free(SpawnFixture *fixture) {
        siginfo_t info;

        if (!signals_by_pidfd() || !begin_holding(fixture))
                return false;
        wait_until_asleep(fixture->pid);
        fixture->spawn = spawn_free(fixture->spawn);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_status, ==, SIGKILL);
        return true;
}

static void test_hold_and_free(SpawnFixture *fixture, gconstpointer data) {
        (void)hold_and_free(fixture);
}

/* A manager that is killed leaves nobody behind who waits for its word for ever. */
static void test_hold_orphan(SpawnFixture *fixture, gconstpointer data) {
        int report[2];
        pid_t manager, child;
        siginfo_t info;

        if (!hold_and_free(fixture))
                return;
        spawn_fixture_reset(fixture);
        g_assert_cmpint(pipe2(report, O_CLOEXEC), ==, 0);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1), ==, 0);
        sd_event_unref(fixture->event); /* a process can't have its parent's */
        manager = fork();
        g_assert_cmpint(manager, >=, 0);
        g_assert_cmpint(sd_event_new(&fixture->event), ==, 0);
        if (manager == 0) {
                if (begin_holding(fixture))
                        wait_until_asleep(fixture->pid);
                if (write(report[1], &fixture->pid, sizeof(fixture->pid)) == sizeof(fixture->pid))
                        (void)kill(getpid(), SIGKILL);
                _exit(1);
        }
        g_assert_cmpint(read(report[0], &child, sizeof(child)), ==, sizeof(child));
        g_assert_cmpint(waitid(P_PID, (id_t)manager, &info, WEXITED), ==, 0);
        g_assert_cmpint(info.si_status, ==, SIGKILL);
        g_assert_cmpint(waitid(P_PID, (id_t)child, &info, WEXITED | __WALL), ==, 0);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_assert_cmpint(info.si_status, ==, 203);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 0), ==, 0);
        (void)close(report[0]);
        (void)close(report[1]);
}

/* ---- children that get nowhere ---- */

static void test_stopped(SpawnFixture *fixture, gconstpointer data) {
        siginfo_t info;

        if (!signals_by_pidfd())
                return;
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        if (fixture->request.timeout_usec == 0)
                fixture->request.timeout_usec = 50 * USEC_PER_MSEC;
        spawn_begin(fixture);
        g_assert_cmpint(kill(fixture->pid, SIGSTOP), ==, 0);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, -ETIMEDOUT);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_KILLED);
        g_assert_cmpint(info.si_status, ==, SIGKILL);
}

/* The same child that gets nowhere, and nobody watches its pipe. */
static void test_stopped_later(SpawnFixture *fixture, gconstpointer data) {
        fixture->request.report_exec = false;
        test_stopped(fixture, data);
        spawn_fixture_reset(fixture);
        fixture->request.timeout_usec = 150 * USEC_PER_MSEC; /* after the first look */
        (void)g_remove(fixture->output);
        test_stopped(fixture, data);
}

/* Given up before exec: it is killed, and its memory freed when it has let go of it. */
static void test_free(SpawnFixture *fixture, gconstpointer data) {
        siginfo_t info;

        if (!signals_by_pidfd())
                return;
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        spawn_begin(fixture);
        g_assert_cmpint(kill(fixture->pid, SIGSTOP), ==, 0);
        fixture->spawn = spawn_free(fixture->spawn);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_status, ==, SIGKILL);
        g_assert_false(fixture->done);
        /* The rest goes with the event loop, in the tear-down. */
}

static void test_free_after_exec(SpawnFixture *fixture, gconstpointer data) {
        siginfo_t info;

        spawn_begin(fixture);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        fixture->spawn = spawn_free(fixture->spawn);
        g_assert_false(fixture->done);
}

/* A process of the service's user that stops everything it may, all the time. */
static pid_t attacker_start(uid_t uid) {
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid > 0)
                return pid;
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setresgid(uid, uid, uid) < 0 ||
            setresuid(uid, uid, uid) < 0)
                _exit(1);
        for (;;)
                (void)kill(-1, SIGSTOP);
}

static void test_attacker(SpawnFixture *fixture, gconstpointer data) {
        /* A user of nobody's, so that nobody else is stopped. */
        uid_t uid = 1000000000 + (uid_t)getpid();
        unsigned int late = 0;
        pid_t attacker;

        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        if (!signals_by_pidfd())
                return;
        attacker = attacker_start(uid);
        fixture->request.uid = uid;
        fixture->request.gid = uid;
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        fixture->request.timeout_usec = 50 * USEC_PER_MSEC;
        for (unsigned int i = 0; i < 100; i++) {
                spawn_begin(fixture);
                spawn_loop_until(fixture, &fixture->done);
                g_assert_true(fixture->error == 0 || fixture->error == -ETIMEDOUT);
                late += fixture->error == -ETIMEDOUT;
                (void)kill(fixture->pid, SIGKILL);
                (void)spawn_wait_for_end(fixture);
                spawn_fixture_reset(fixture);
        }
        g_test_message("%u of 100 children were stopped before exec", late);
        (void)kill(attacker, SIGKILL);
        g_assert_cmpint(waitpid(attacker, NULL, 0), ==, attacker);
}

/* ---- without some system calls ---- */

static void refuse_call(unsigned int number, int error) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

        g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
        g_assert_cmpint(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
        g_assert_cmpint(syscall(number, 0, 0, 0), ==, -1);
        g_assert_cmpint(errno, ==, error);
}

/* A filter can't be taken back, so the rest of the test goes on in a process of its own.
 * Returns: whether this is it. */
static bool in_subprocess(void) {
        if (g_test_subprocess())
                return true;
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
        return false;
}

/* Without close_range(2) the child leaves our descriptor table all the same: what it opens and
 * replaces isn't ours, as the tear-down sees too. */
static void test_no_close_range(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;
        struct stat before, after;

        if (!in_subprocess())
                return;
        refuse_call(SYS_close_range, ENOSYS);
        g_assert_cmpint(fstat(STDOUT_FILENO, &before), ==, 0);
        fixture->request.report_exec = false;
        text = spawn_run(fixture);
        g_assert_cmpuint(strlen(text), >, 0);
        g_assert_cmpint(fstat(STDOUT_FILENO, &after), ==, 0);
        g_assert_cmpuint(before.st_ino, ==, after.st_ino);
}

static void test_fork(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        if (!signals_by_pidfd() || !in_subprocess())
                return;
        refuse_call(SYS_clone3, EPERM);
        test_bell_before_exec(fixture, NULL);
        spawn_fixture_reset(fixture);
        (void)g_remove(fixture->output);

        fixture->request.hold = true; /* it has no memory to be told by */
        text = spawn_run(fixture);
        g_assert_cmphex(status_set(text, "\nSigIgn:"), ==,
                        BELL_SIGNALS_DEFAULT | BELLHOP_SIGNAL_BIT(SIGPIPE));
        spawn_fixture_reset(fixture);

        fixture->request.path = "/nonexistent/program";
        spawn_run_failing(fixture, -ENOENT, "exec", 203);
        spawn_fixture_reset(fixture);
        (void)g_remove(fixture->output);
        test_stopped(fixture, NULL);
}

/* ---- cgroups ---- */

static CgroupTree *tree_new(SpawnFixture *fixture) {
        g_autofree char *name = g_strdup_printf("/test-spawn-%d", (int)getpid());
        CgroupTree *tree = NULL;

        if (cgroup_tree_new(fixture->event, name, &tree) < 0)
                g_test_skip("no cgroup may be made here");
        return tree;
}

static void run_in_cgroup(SpawnFixture *fixture, CgroupTree *tree) {
        Cgroup *cgroup = NULL;
        g_autofree char *text = NULL, *line = NULL;

        g_assert_cmpint(cgroup_new(tree, "test.service", &cgroup), ==, 0);
        fixture->request.cgroup_fd = cgroup_fd(cgroup);
        fixture->argv[1] = (char *)"/proc/self/cgroup";
        text = spawn_run(fixture);
        line = g_strdup_printf("0::%s\n", cgroup_path(cgroup));
        g_assert_nonnull(strstr(text, line));
        cgroup_free(cgroup);
}

static void test_cgroup(SpawnFixture *fixture, gconstpointer data) {
        CgroupTree *tree = tree_new(fixture);

        if (tree)
                run_in_cgroup(fixture, tree);
        cgroup_tree_free(tree);
}

static void test_cgroup_fork(SpawnFixture *fixture, gconstpointer data) {
        CgroupTree *tree = tree_new(fixture);

        if (tree && in_subprocess()) {
                refuse_call(SYS_clone3, EPERM);
                run_in_cgroup(fixture, tree);
        }
        cgroup_tree_free(tree);
}

static void test_cgroup_bad(SpawnFixture *fixture, gconstpointer data) {
        _cleanup_fd_ int folder = open(fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        fixture->request.cgroup_fd = folder;
        spawn_run_failing(fixture, -ENOENT, "cgroup", 219);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        spawn_test_add("/spawn-child/two-at-once", test_two_at_once);
        spawn_test_add("/spawn-child/report-later", test_report_later);
        spawn_test_add("/spawn-child/stopped-later", test_stopped_later);
        spawn_test_add("/spawn-child/collect", test_collect);
        spawn_test_add("/spawn-child/collect-too-early", test_collect_too_early);
        spawn_test_add("/spawn-child/bell-before-exec", test_bell_before_exec);
        spawn_test_add("/spawn-child/hold", test_hold);
        spawn_test_add("/spawn-child/hold-and-free", test_hold_and_free);
        spawn_test_add("/spawn-child/hold-orphan", test_hold_orphan);
        spawn_test_add("/spawn-child/stopped", test_stopped);
        spawn_test_add("/spawn-child/free", test_free);
        spawn_test_add("/spawn-child/free-after-exec", test_free_after_exec);
        spawn_test_add("/spawn-child/attacker", test_attacker);
        spawn_test_add("/spawn-child/no-close-range", test_no_close_range);
        spawn_test_add("/spawn-child/fork", test_fork);
        spawn_test_add("/spawn-child/cgroup", test_cgroup);
        spawn_test_add("/spawn-child/cgroup-fork", test_cgroup_fork);
        spawn_test_add("/spawn-child/cgroup-bad", test_cgroup_bad);
        return g_test_run();
}
