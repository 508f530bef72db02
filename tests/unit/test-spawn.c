/* SPDX-License-Identifier: MIT */
/* Spawning real processes under a real event loop. A FIFO as standard output holds a child between
 * clone and exec until the test lets it go. */
#include "spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "cgroup.h"
#include "clock.h"
#include "fd.h"
#include "readiness.h"

#define DELIVERY_SIGNALS                                 \
        (BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER) |   \
         BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_CONNECTION) | \
         BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MEMFD) | BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_OTHER))

typedef struct Fixture {
        sd_event *event;
        char *folder, *output;
        SpawnRequest request;
        char *argv[4];
        unsigned int descriptors; /* open before */

        Spawn *spawn;
        pid_t pid;
        int pidfd;
        bool done;
        int error;
        char step[32];
} Fixture;

static unsigned int count_descriptors(void) {
        DIR *dir = opendir("/proc/self/fd");
        unsigned int count = 0;

        g_assert_nonnull(dir);
        while (readdir(dir))
                count++;
        closedir(dir);
        return count;
}

static void fixture_set_up(Fixture *fixture, gconstpointer data) {
        static char *environment[] = { (char *)"GREETING=hello", NULL };

        fixture->descriptors = count_descriptors();
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
                .delivery_signals = DELIVERY_SIGNALS,
                .cgroup_fd = -1,
                .report_exec = true,
        };
        fixture->pidfd = -EBADF;
}

static void fixture_tear_down(Fixture *fixture, gconstpointer data) {
        fd_close(fixture->pidfd);
        g_assert_null(sd_event_unref(fixture->event));
        (void)g_remove(fixture->output);
        g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
        g_free(fixture->output);
        g_free(fixture->folder);
        g_assert_cmpuint(count_descriptors(), ==, fixture->descriptors);
}

static void on_done(int error, const char *step, void *userdata) {
        Fixture *fixture = userdata;

        g_assert_false(fixture->done);
        fixture->done = true;
        fixture->spawn = NULL;
        fixture->error = error;
        g_strlcpy(fixture->step, step, sizeof(fixture->step));
}

static void spawn_begin(Fixture *fixture) {
        const char *step = NULL;
        int r;

        r = spawn_start(fixture->event, &fixture->request, on_done, fixture, &fixture->spawn,
                        &fixture->pid, &fixture->pidfd, &step);
        g_assert_cmpint(r, ==, 0);
        g_assert_cmpint(fixture->pid, >, 0);
        g_assert_cmpint(fixture->pidfd, >=, 0);
}

static void loop_until(Fixture *fixture, const bool *flag) {
        while (!*flag)
                g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
}

/* Older valgrinds don't know pidfd_send_signal(2). */
static bool signals_by_pidfd(void) {
        if (syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0) < 0 && errno != ENOSYS)
                return true;
        g_test_skip("no pidfd_send_signal here");
        return false;
}

/* For another spawn. */
static void fixture_reset(Fixture *fixture) {
        fixture->done = false;
        fixture->pidfd = fd_close(fixture->pidfd);
}

static siginfo_t wait_for_end(Fixture *fixture) {
        siginfo_t info = { 0 };

        g_assert_cmpint(waitid(P_PIDFD, (id_t)fixture->pidfd, &info, WEXITED), ==, 0);
        return info;
}

/* Returns our end of the FIFO that the child waits at; it goes on when this is called. */
static int fifo_let_go(Fixture *fixture) {
        int fd = open(fixture->output, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

static char *fifo_read(int fd) {
        GString *text = g_string_new(NULL);
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char buffer[4096];
        ssize_t n;

        for (;;) {
                g_assert_cmpint(poll(&poll_fd, 1, 20000), ==, 1);
                n = read(fd, buffer, sizeof(buffer));
                if (n <= 0)
                        return g_string_free(text, FALSE);
                g_string_append_len(text, buffer, n);
        }
}

/* Returns the output. */
static char *run(Fixture *fixture) {
        siginfo_t info;
        char *text = NULL;

        spawn_begin(fixture);
        loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        info = wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_assert_cmpint(info.si_status, ==, 0);
        g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
        return text;
}

static void run_failing(Fixture *fixture, int error, const char *step, int status) {
        siginfo_t info;

        spawn_begin(fixture);
        loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, error);
        g_assert_cmpstr(fixture->step, ==, step);
        info = wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_assert_cmpint(info.si_status, ==, status);
}

/* ---- programs, and what keeps them from starting ---- */

static void test_exec(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[0] = (char *)"argument zero";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo $GREETING $0 $PWD; readlink /proc/self/fd/0; umask";
        fixture->request.working_directory = "/tmp";
        text = run(fixture);
        g_assert_cmpstr(text, ==, "hello argument zero /tmp\n/dev/null\n0022\n");
}

static void test_many(Fixture *fixture, gconstpointer data) {
        for (unsigned int i = 0; i < 50; i++) {
                g_autofree char *text = run(fixture);

                g_assert_nonnull(strstr(text, "Name:\tcat\n"));
                fixture_reset(fixture);
                (void)g_remove(fixture->output);
        }
}

/* One that hasn't exec'd yet holds copies of the other's pipe. */
static void test_two_at_once(Fixture *fixture, gconstpointer data) {
        Fixture other = { 0 };
        g_autofree char *text = run(fixture), *other_text = NULL;
        int fd;

        fixture_reset(fixture);
        (void)g_remove(fixture->output);
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        fixture_set_up(&other, NULL);
        spawn_begin(&other);
        spawn_begin(fixture);
        loop_until(&other, &other.done);
        (void)wait_for_end(&other);
        fixture_reset(&other);
        other_text = run(&other);
        g_assert_cmpuint(strlen(other_text), >, 0);

        fd = fifo_let_go(fixture);
        loop_until(fixture, &fixture->done);
        (void)wait_for_end(fixture);
        fixture_reset(fixture);
        fd_close(fd);
        fixture_tear_down(&other, NULL);
}

/* Nobody waits to be told: the loop hears of it some time, or when the process has ended. */
static void test_report_later(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.report_exec = false;
        text = run(fixture);
        g_assert_cmpuint(strlen(text), >, 0);

        fixture_reset(fixture);
        fixture->request.path = "/nonexistent/program";
        spawn_begin(fixture);
        (void)wait_for_end(fixture);
        g_assert_false(fixture->done);
        spawn_collect(fixture->spawn);
        g_assert_true(fixture->done);
        g_assert_cmpint(fixture->error, ==, -ENOENT);

        fixture_reset(fixture);
        run_failing(fixture, -ENOENT, "exec", 203);
}

static void test_stopped(Fixture *fixture, gconstpointer data);

/* The same child that gets nowhere, and nobody watches its pipe. */
static void test_stopped_later(Fixture *fixture, gconstpointer data) {
        fixture->request.report_exec = false;
        test_stopped(fixture, data);
        fixture_reset(fixture);
        fixture->request.timeout_usec = 150 * USEC_PER_MSEC; /* after the first look */
        (void)g_remove(fixture->output);
        test_stopped(fixture, data);
}

static void test_enoent(Fixture *fixture, gconstpointer data) {
        fixture->request.path = "/nonexistent/program";
        run_failing(fixture, -ENOENT, "exec", 203);
}

static void test_eacces(Fixture *fixture, gconstpointer data) {
        fixture->request.path = "/etc/passwd";
        run_failing(fixture, -EACCES, "exec", 203);
}

static void test_chdir(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.working_directory = "/nonexistent";
        run_failing(fixture, -ENOENT, "chdir", 200);

        fixture_reset(fixture);
        fixture->request.working_directory_optional = true;
        text = run(fixture);
        g_assert_cmpuint(strlen(text), >, 0);
}

static void test_output_fails(Fixture *fixture, gconstpointer data) {
        fixture->request.standard_output.path = (char *)"/nonexistent/output";
        run_failing(fixture, -ENOENT, "standard output", 209);
        fixture_reset(fixture);
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        fixture->request.standard_error = (Output){ OUTPUT_APPEND, (char *)"/nonexistent/error" };
        run_failing(fixture, -ENOENT, "standard error", 222);
}

/* The report is taken although the loop never ran. */
static void test_collect(Fixture *fixture, gconstpointer data) {
        siginfo_t info;

        fixture->request.path = "/nonexistent/program";
        spawn_begin(fixture);
        info = wait_for_end(fixture);
        g_assert_cmpint(info.si_status, ==, 203);
        spawn_collect(fixture->spawn);
        g_assert_true(fixture->done);
        g_assert_cmpint(fixture->error, ==, -ENOENT);
}

/* ---- outputs ---- */

static void test_append(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        g_assert_true(g_file_set_contents(fixture->output, "before\n", -1, NULL));
        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo out; echo error >&2; echo out";
        fixture->request.standard_output.kind = OUTPUT_APPEND;
        text = run(fixture);
        /* standard error goes the same way by default */
        g_assert_cmpstr(text, ==, "before\nout\nerror\nout\n");
}

static void test_same_file(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo out; echo error >&2; echo out";
        fixture->request.standard_error = fixture->request.standard_output;
        text = run(fixture);
        g_assert_cmpstr(text, ==, "out\nerror\nout\n");
}

static void test_two_outputs(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"readlink /proc/self/fd/1 /proc/self/fd/2 >&2";
        fixture->request.standard_error = fixture->request.standard_output;
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        text = run(fixture);
        g_assert_true(g_str_has_prefix(text, "/dev/null\n") == FALSE); /* fd 1 was redirected */
        g_assert_nonnull(strstr(text, "/output\n"));
}

/* ---- descriptors ---- */

static void test_no_leaks(Fixture *fixture, gconstpointer data) {
        _cleanup_fd_ int stray = open("/dev/null", O_RDONLY); /* not close-on-exec, on purpose */
        g_autofree char *text = NULL;

        fixture->request.path = "/bin/sh";
        fixture->argv[1] = (char *)"-c";
        /* The glob is the shell's own work, so that no further process shows up. */
        fixture->argv[2] = (char *)"echo /proc/$$/fd/[0-9]*";
        text = run(fixture);
        for (const char *at = text; (at = strstr(at, "/fd/")); at += 4) {
                int fd = atoi(at + 4);
                /* The shell's own descriptor for reading that folder may show. */
                g_assert_true(fd <= 2 || fd != stray);
        }
        g_assert_nonnull(strstr(text, "/fd/0 "));
        g_assert_nonnull(strstr(text, "/fd/2"));
}

/* ---- signals ---- */

static uint64_t status_set(const char *text, const char *key) {
        const char *line = strstr(text, key);

        g_assert_nonnull(line);
        return strtoull(line + strlen(key), NULL, 16);
}

static void test_signals(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        (void)signal(SIGPIPE, SIG_IGN); /* the manager's own ways are not the service's */
        text = run(fixture);
        (void)signal(SIGPIPE, SIG_DFL);
        g_assert_cmphex(status_set(text, "\nSigBlk:"), ==, DELIVERY_SIGNALS);
        g_assert_cmphex(status_set(text, "\nSigIgn:"), ==, DELIVERY_SIGNALS);
        g_assert_cmphex(status_set(text, "\nSigCgt:"), ==, 0);
}

static void test_bell_before_exec(Fixture *fixture, gconstpointer data) {
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
        loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        g_assert_cmphex(status_set(text, "\nShdPnd:"), ==,
                        BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER));
        info = wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
}

/* ---- users ---- */

static void test_user(Fixture *fixture, gconstpointer data) {
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
        text = run(fixture);
        g_assert_nonnull(strstr(text, "\nUid:\t65534\t65534\t65534\t65534\n"));
        g_assert_nonnull(strstr(text, "\nGid:\t65533\t65533\t65533\t65533\n"));
        g_assert_nonnull(strstr(text, "\nGroups:\t4711 65534 \n"));
        g_assert_nonnull(strstr(text, "\nCapEff:\t0000000000000000\n"));
        g_assert_cmpuint(geteuid(), ==, 0); /* the child's credentials are its own */
}

static void test_own_user(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        fixture->request.uid = geteuid();
        fixture->request.gid = getegid();
        text = run(fixture);
        g_assert_nonnull(strstr(text, "\nUid:\t"));
}

static int as_stranger(Fixture *fixture, int (*function)(Fixture *)) {
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

static int spawn_as_root(Fixture *fixture) {
        sd_event_unref(fixture->event);
        if (sd_event_new(&fixture->event) < 0)
                return 98;
        fixture->request.standard_output = (Output){ .kind = OUTPUT_NULL };
        fixture->request.uid = 0;
        fixture->request.gid = 0;
        spawn_begin(fixture);
        loop_until(fixture, &fixture->done);
        return fixture->error == -EPERM && strcmp(fixture->step, "setgroups") == 0 ? 0 : 1;
}

static void test_no_permission(Fixture *fixture, gconstpointer data) {
        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        g_assert_cmpint(as_stranger(fixture, spawn_as_root), ==, 0);
}

/* ---- children that get nowhere ---- */

static void test_stopped(Fixture *fixture, gconstpointer data) {
        siginfo_t info;

        if (!signals_by_pidfd())
                return;
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        if (fixture->request.timeout_usec == 0)
                fixture->request.timeout_usec = 50 * USEC_PER_MSEC;
        spawn_begin(fixture);
        g_assert_cmpint(kill(fixture->pid, SIGSTOP), ==, 0);
        loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, -ETIMEDOUT);
        info = wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_KILLED);
        g_assert_cmpint(info.si_status, ==, SIGKILL);
}

/* Given up before exec: it is killed, and its memory freed when it has let go of it. */
static void test_free(Fixture *fixture, gconstpointer data) {
        siginfo_t info;

        if (!signals_by_pidfd())
                return;
        g_assert_cmpint(mkfifo(fixture->output, 0600), ==, 0);
        spawn_begin(fixture);
        g_assert_cmpint(kill(fixture->pid, SIGSTOP), ==, 0);
        fixture->spawn = spawn_free(fixture->spawn);
        info = wait_for_end(fixture);
        g_assert_cmpint(info.si_status, ==, SIGKILL);
        g_assert_false(fixture->done);
        /* The rest goes with the event loop, in the tear-down. */
}

static void test_free_after_exec(Fixture *fixture, gconstpointer data) {
        siginfo_t info;

        spawn_begin(fixture);
        info = wait_for_end(fixture);
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

static void test_attacker(Fixture *fixture, gconstpointer data) {
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
                uint64_t begin = clock_usec(CLOCK_MONOTONIC);

                spawn_begin(fixture);
                g_assert_cmpuint(clock_usec(CLOCK_MONOTONIC) - begin, <, USEC_PER_SEC);
                loop_until(fixture, &fixture->done);
                g_assert_true(fixture->error == 0 || fixture->error == -ETIMEDOUT);
                late += fixture->error == -ETIMEDOUT;
                (void)kill(fixture->pid, SIGKILL);
                (void)wait_for_end(fixture);
                fixture_reset(fixture);
        }
        g_test_message("%u of 100 children were stopped before exec", late);
        (void)kill(attacker, SIGKILL);
        g_assert_cmpint(waitpid(attacker, NULL, 0), ==, attacker);
}

/* ---- without clone3 ---- */

static void refuse_clone3(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

        g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
        g_assert_cmpint(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
        g_assert_cmpint(syscall(SYS_clone3, NULL, 0), ==, -1);
        g_assert_cmpint(errno, ==, EPERM);
}

static void test_fork(Fixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;

        if (!signals_by_pidfd())
                return;
        if (!g_test_subprocess()) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_test_trap_assert_passed();
                return;
        }
        refuse_clone3();
        test_bell_before_exec(fixture, NULL);
        fixture_reset(fixture);
        (void)g_remove(fixture->output);

        text = run(fixture);
        g_assert_cmphex(status_set(text, "\nSigIgn:"), ==, DELIVERY_SIGNALS);
        fixture_reset(fixture);

        fixture->request.path = "/nonexistent/program";
        run_failing(fixture, -ENOENT, "exec", 203);
        fixture_reset(fixture);
        (void)g_remove(fixture->output);
        test_stopped(fixture, NULL);
}

/* ---- cgroups ---- */

static CgroupTree *tree_new(Fixture *fixture) {
        g_autofree char *name = g_strdup_printf("/test-spawn-%d", (int)getpid());
        CgroupTree *tree = NULL;

        if (cgroup_tree_new(fixture->event, name, &tree) < 0)
                g_test_skip("no cgroup may be made here");
        return tree;
}

static void run_in_cgroup(Fixture *fixture, CgroupTree *tree) {
        Cgroup *cgroup = NULL;
        g_autofree char *text = NULL, *line = NULL;

        g_assert_cmpint(cgroup_new(tree, "test.service", &cgroup), ==, 0);
        fixture->request.cgroup_fd = cgroup_fd(cgroup);
        fixture->argv[1] = (char *)"/proc/self/cgroup";
        text = run(fixture);
        line = g_strdup_printf("0::%s\n", cgroup_path(cgroup));
        g_assert_nonnull(strstr(text, line));
        cgroup_free(cgroup);
}

static void test_cgroup(Fixture *fixture, gconstpointer data) {
        CgroupTree *tree = tree_new(fixture);

        if (tree)
                run_in_cgroup(fixture, tree);
        cgroup_tree_free(tree);
}

static void test_cgroup_fork(Fixture *fixture, gconstpointer data) {
        CgroupTree *tree = tree_new(fixture);

        if (tree && g_test_subprocess()) {
                refuse_clone3();
                run_in_cgroup(fixture, tree);
        } else if (tree) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_test_trap_assert_passed();
        }
        cgroup_tree_free(tree);
}

static void test_cgroup_bad(Fixture *fixture, gconstpointer data) {
        _cleanup_fd_ int folder = open(fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        fixture->request.cgroup_fd = folder;
        run_failing(fixture, -ENOENT, "cgroup", 219);
}

static void add(const char *name, void (*function)(Fixture *, gconstpointer)) {
        g_test_add(name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/spawn/exec", test_exec);
        add("/spawn/many", test_many);
        add("/spawn/two-at-once", test_two_at_once);
        add("/spawn/report-later", test_report_later);
        add("/spawn/stopped-later", test_stopped_later);
        add("/spawn/enoent", test_enoent);
        add("/spawn/eacces", test_eacces);
        add("/spawn/chdir", test_chdir);
        add("/spawn/output-fails", test_output_fails);
        add("/spawn/collect", test_collect);
        add("/spawn/append", test_append);
        add("/spawn/same-file", test_same_file);
        add("/spawn/two-outputs", test_two_outputs);
        add("/spawn/no-leaks", test_no_leaks);
        add("/spawn/signals", test_signals);
        add("/spawn/bell-before-exec", test_bell_before_exec);
        add("/spawn/user", test_user);
        add("/spawn/own-user", test_own_user);
        add("/spawn/no-permission", test_no_permission);
        add("/spawn/stopped", test_stopped);
        add("/spawn/free", test_free);
        add("/spawn/free-after-exec", test_free_after_exec);
        add("/spawn/attacker", test_attacker);
        add("/spawn/fork", test_fork);
        add("/spawn/cgroup", test_cgroup);
        add("/spawn/cgroup-fork", test_cgroup_fork);
        add("/spawn/cgroup-bad", test_cgroup_bad);
        return g_test_run();
}
