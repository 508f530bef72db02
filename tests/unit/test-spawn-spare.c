/* SPDX-License-Identifier: MIT */
/* The spare child: it is the next one, it is nobody's business until then, and nothing depends on
 * whether there is one. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "process-tree.h"
#include "spawn-fixture.h"
#include "spawn-spare.h"

/* Returns: the one child there is, or 0. */
static pid_t only_child(void) {
        g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

        process_add_children(pids, getpid(), 2);
        g_assert_cmpuint(pids->len, <=, 1);
        return pids->len == 1 ? g_array_index(pids, pid_t, 0) : 0;
}

static void end_await(pid_t pid) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd end = { .fd = pidfd, .events = POLLIN };

        if (pidfd >= 0)
                g_assert_cmpint(poll(&end, 1, 60000), ==, 1);
}

/* Returns: its output (g_free). */
static char *run(SpawnFixture *fixture) {
        siginfo_t info;
        char *text;

        spawn_fixture_reset(fixture);
        spawn_begin(fixture);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        g_assert_cmpint(info.si_status, ==, 0);
        spawn_collect(fixture->spawn);
        g_assert_true(fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
        return text;
}

/* Returns: the spare that a first spawn leaves. */
static pid_t begin(SpawnFixture *fixture) {
        g_autofree char *text = NULL;
        pid_t pid;

        fixture->request.report_exec = false;
        fixture->request.standard_output.kind = OUTPUT_TRUNCATE;
        spawn_spare_keep(true);
        text = run(fixture);
        pid = only_child();
        g_assert_cmpint(pid, >, 0);
        g_assert_cmpint(pid, !=, fixture->pid);
        return pid;
}

static void end(void) {
        pid_t pid = only_child();

        spawn_spare_keep(false);
        g_assert_cmpint(only_child(), ==, 0);
        if (pid > 0)
                g_assert_cmpint(kill(pid, 0), <, 0);
}

/* ---- as any other child ---- */

/* Lines of /proc/PID/status that differ from process to process. */
static char *without_own_lines(const char *status) {
        static const char *const own[] = {
                "Pid:",   "Tgid:", "NSpid:",       "NStgid:",      "NSsid:",    "NSpgid:",
                "Vm",     "Rss",   "Cpus_allowed", "Mems_allowed", "voluntary", "nonvoluntary",
                "State:", "SigQ:", "x86_",         "Hugetlb"
        };
        g_auto(GStrv) lines = g_strsplit(status, "\n", -1);
        GString *rest = g_string_new(NULL);

        for (char **line = lines; *line; line++) {
                bool is_own = false;

                for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                        is_own = is_own || g_str_has_prefix(*line, own[i]);
                if (!is_own)
                        g_string_append_printf(rest, "%s\n", *line);
        }
        return g_string_free(rest, FALSE);
}

static void test_same(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *first = NULL, *second = NULL, *plain = NULL, *spare = NULL;
        pid_t pid = begin(fixture);

        spawn_spare_keep(false);
        first = run(fixture);
        g_assert_cmpint(only_child(), ==, 0);
        spawn_spare_keep(true);
        pid = begin(fixture);
        second = run(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        plain = without_own_lines(first);
        spare = without_own_lines(second);
        g_assert_nonnull(strstr(plain, "SigBlk:"));
        g_assert_cmpstr(spare, ==, plain);
        end();
}

static void test_session(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL, *line = NULL;
        pid_t pid = begin(fixture);

        text = run(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        line = g_strdup_printf("\nNSsid:\t%d\n", (int)pid);
        g_assert_nonnull(strstr(text, line));
        end();
}

/* Neither what is open now, nor what was when it was made. */
static void test_descriptors(SpawnFixture *fixture, gconstpointer data) {
        int before = open("/dev/null", O_RDONLY), after;
        g_autofree char *text = NULL;

        begin(fixture);
        after = open("/dev/null", O_RDONLY);
        fixture->argv[0] = (char *)"sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"ls /proc/$$/fd; :";
        fixture->request.path = "/bin/sh";
        text = run(fixture);
        g_assert_cmpstr(text, ==, "0\n1\n2\n");
        fd_close(before);
        fd_close(after);
        end();
}

static void test_many(SpawnFixture *fixture, gconstpointer data) {
        unsigned int descriptors;

        begin(fixture);
        descriptors = spawn_count_descriptors();
        for (int i = 0; i < 100; i++) {
                pid_t pid = only_child();
                g_autofree char *text = run(fixture);

                g_assert_cmpint(fixture->pid, ==, pid);
                g_assert_cmpuint(spawn_count_descriptors(), ==, descriptors);
        }
        end();
}

/* Both are what they are said to be, not what is right for most, nor what the manager has. */
static void test_surroundings(SpawnFixture *fixture, gconstpointer data) {
        static const struct {
                const char *directory;
                bool optional;
                mode_t mask;
                const char *text;
        } cases[] = {
                { "/", false, 022, "/ 0022\n" },        { "/", false, 077, "/ 0077\n" },
                { "/tmp", false, 022, "/tmp 0022\n" },  { "/tmp", false, 0, "/tmp 0000\n" },
                { "/tmp/.", true, 022, "/tmp 0022\n" }, { "/nonexistent", true, 022, "/ 0022\n" },
        };
        g_autofree char *folder = g_get_current_dir();
        mode_t mask = umask(027);
        pid_t pid;

        g_assert_cmpint(chdir(fixture->folder), ==, 0);
        pid = begin(fixture);
        fixture->argv[0] = (char *)"sh";
        fixture->argv[1] = (char *)"-c";
        fixture->argv[2] = (char *)"echo $(readlink /proc/$$/cwd) $(umask)";
        fixture->request.path = "/bin/sh";
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                ExecContext context = { .umask = cases[i].mask, .input_fd = -EBADF };
                g_autofree char *text = NULL;

                /* Without a context the mask is the default one, too. */
                fixture->request.context =
                        cases[i].mask == 022 ? NULL : g_rc_box_dup(sizeof(context), &context);
                fixture->request.working_directory = cases[i].directory;
                fixture->request.working_directory_optional = cases[i].optional;
                text = run(fixture);
                g_assert_cmpint(fixture->pid, ==, pid);
                g_assert_cmpstr(text, ==, cases[i].text);
                exec_context_unref(fixture->request.context);
                pid = only_child();
        }
        g_assert_cmpint(chdir(folder), ==, 0);
        (void)umask(mask);
        end();
}

static void test_user(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;
        pid_t pid;

        if (geteuid() != 0) {
                g_test_skip("needs root");
                return;
        }
        pid = begin(fixture);
        fixture->request.uid = fixture->request.gid = 65534;
        text = run(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        g_assert_nonnull(strstr(text, "\nUid:\t65534\t65534\t65534\t65534\n"));
        end();
}

/* Who fails before exec has still no exit signal. */
static void test_failure(SpawnFixture *fixture, gconstpointer data) {
        siginfo_t info = { 0 };
        pid_t pid = begin(fixture);

        spawn_fixture_reset(fixture);
        fixture->request.path = "/nonexistent/program";
        spawn_begin(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        end_await(fixture->pid);
        g_assert_cmpint(process_reap(fixture->pidfd, fixture->pid, &info), ==, 1);
        g_assert_cmpint(info.si_status, ==, 203);
        spawn_collect(fixture->spawn);
        g_assert_true(fixture->done);
        g_assert_cmpint(fixture->error, ==, -ENOENT);
        end();
}

/* ---- who waits ---- */

static void on_child(int sig) {
        _exit(99);
}

/* waitid() doesn't know it, and its end is told to nobody. */
static void test_hidden(SpawnFixture *fixture, gconstpointer data) {
        pid_t pid = begin(fixture);
        siginfo_t info;

        g_assert_cmpint(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), <, 0);
        g_assert_cmpint(errno, ==, ECHILD);
        (void)signal(SIGCHLD, on_child);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        end_await(pid);
        (void)signal(SIGCHLD, SIG_DFL);
        end();
}

static void test_killed(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL, *next = NULL;
        pid_t pid = begin(fixture), other;

        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        end_await(pid);
        text = run(fixture);
        g_assert_cmpint(fixture->pid, !=, pid);
        other = only_child(); /* the dead one is reaped, another is there */
        g_assert_cmpint(other, >, 0);
        next = run(fixture);
        g_assert_cmpint(fixture->pid, ==, other);
        end();
}

static int on_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        *(bool *)userdata = true;
        return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* While the event loop runs: it isn't kept as a zombie, nor made again until the next start. */
static void test_killed_watched(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL, *next = NULL;
        pid_t pid = begin(fixture), other;
        bool ended = false;

        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        while (only_child() != 0)
                g_assert_cmpint(sd_event_run(fixture->event, 60 * USEC_PER_SEC), >, 0);
        g_assert_cmpint(spawn_spare_pid(), ==, 0);
        g_assert_cmpint(sd_event_run(fixture->event, 0), ==, 0);
        text = run(fixture);
        g_assert_cmpint(fixture->pid, !=, pid);
        other = only_child();
        g_assert_cmpint(other, >, 0);

        /* What was started without a spare is watched all the same. */
        process_watch_tell(fixture->watch, SD_EVENT_PRIORITY_NORMAL, on_ended, &ended);
        spawn_loop_until(fixture, &ended);
        g_assert_cmpint(only_child(), ==, other);
        end();
}

/* Whom it is given to hears of its end, and only who it is given to, even if he asks late. */
static void test_watch(SpawnFixture *fixture, gconstpointer data) {
        g_autofree char *text = NULL;
        pid_t pid = begin(fixture), other;
        bool ended = false;

        text = run(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        other = only_child();
        while (sd_event_run(fixture->event, 0) > 0)
                ;
        process_watch_tell(fixture->watch, SD_EVENT_PRIORITY_NORMAL, on_ended, &ended);
        spawn_loop_until(fixture, &ended);
        g_assert_cmpint(only_child(), ==, other);
        g_assert_cmpint(spawn_spare_pid(), ==, other);
        end();
}

/* A stranger's signals, as `killall` sends them to everything of the manager's name. */
static void signal_by_other(pid_t pid, const int *signals, size_t count) {
        pid_t stranger = fork();

        g_assert_cmpint(stranger, >=, 0);
        if (stranger == 0) {
                for (size_t i = 0; i < count; i++)
                        if (kill(pid, signals[i]) < 0)
                                _exit(EXIT_FAILURE);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(stranger, NULL, 0), ==, stranger);
}

/* They neither end it nor wait for the program that it will be, whatever that ignores; nor do they
 * dump a core of the memory that is ours. */
static void test_signalled(SpawnFixture *fixture, gconstpointer data) {
        static const int signals[] = {
                SIGTERM, SIGHUP,  SIGALRM, SIGUSR1, SIGTSTP,
                SIGQUIT, SIGABRT, SIGSEGV, SIGXCPU, BELLHOP_SIGNAL_LISTENER
        };
        g_autofree char *text = NULL;
        pid_t pid = begin(fixture);

        signal_by_other(pid, signals, ARRAY_SIZE(signals));
        fixture->request.delivery_signals = 0;
        text = run(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        g_assert_cmphex(status_set(text, "\nShdPnd:"), ==, 0);
        end();
}

/* What we send as soon as it is told to go, to stop it, isn't thrown away. */
static void test_stop_at_once(SpawnFixture *fixture, gconstpointer data) {
        static const int earlier[] = { SIGHUP };

        for (int i = 0; i < 50; i++) {
                pid_t pid = begin(fixture);
                siginfo_t info;

                signal_by_other(pid, earlier, 1);
                fixture->argv[0] = (char *)"sleep";
                fixture->argv[1] = (char *)"1000";
                fixture->request.path = "/bin/sleep";
                spawn_fixture_reset(fixture);
                spawn_begin(fixture);
                g_assert_cmpint(fixture->pid, ==, pid);
                g_assert_cmpint(kill(pid, SIGQUIT), ==, 0);
                info = spawn_wait_for_end(fixture);
                g_assert_cmpint(info.si_status, ==, SIGQUIT);
                spawn_collect(fixture->spawn);
                fixture->argv[0] = (char *)"cat";
                fixture->argv[1] = (char *)"/proc/self/status";
                fixture->request.path = "/bin/cat";
                end();
        }
}

/* A bell that comes as soon as it is told to go is kept. It can't look at itself before. */
static void test_bell(SpawnFixture *fixture, gconstpointer data) {
        const uint64_t bell = BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER);
        g_autofree char *gate = g_build_filename(fixture->folder, "gate", NULL);

        g_assert_no_errno(mkfifo(gate, 0600));
        for (int i = 0; i < 100; i++) {
                pid_t pid = begin(fixture);
                g_autofree char *text = NULL;

                fixture->argv[1] = gate;
                fixture->argv[2] = (char *)"/proc/self/status";
                spawn_fixture_reset(fixture);
                spawn_begin(fixture);
                g_assert_cmpint(fixture->pid, ==, pid);
                g_assert_cmpint(kill(pid, BELLHOP_SIGNAL_LISTENER), ==, 0);
                fd_close(open(gate, O_WRONLY | O_CLOEXEC));
                (void)spawn_wait_for_end(fixture);
                spawn_collect(fixture->spawn);
                g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
                g_assert_cmphex(status_set(text, "\nShdPnd:"), ==, bell);
                fixture->argv[1] = fixture->argv[2];
                fixture->argv[2] = NULL;
                end();
        }
        g_assert_no_errno(unlink(gate));
}

/* By who has stopped us, and let only us go on. */
static void test_stopped(SpawnFixture *fixture, gconstpointer data) {
        pid_t pid = begin(fixture);
        siginfo_t info;

        if (!signals_by_pidfd()) {
                end();
                return;
        }
        g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
        spawn_fixture_reset(fixture);
        spawn_begin(fixture);
        g_assert_cmpint(fixture->pid, ==, pid);
        spawn_loop_until(fixture, &fixture->done);
        g_assert_cmpint(fixture->error, ==, 0);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_code, ==, CLD_EXITED);
        end();
}

/* Given up before exec: who reaps orphans is told. */
static void test_given_up(SpawnFixture *fixture, gconstpointer data) {
        pid_t pid = begin(fixture);
        siginfo_t info;
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        g_assert_cmpint(sigprocmask(SIG_BLOCK, &set, NULL), ==, 0);
        g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
        spawn_fixture_reset(fixture);
        spawn_begin(fixture);
        fixture->spawn = spawn_free(fixture->spawn);
        end_await(pid);
        while (sigtimedwait(&set, &info, &(struct timespec){ 0 }) < 0)
                g_assert_cmpint(sd_event_run(fixture->event, 60 * USEC_PER_SEC), >, 0);
        g_assert_cmpint(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL), ==, 0);
        g_assert_cmpint(info.si_pid, ==, pid);
        g_assert_cmpint(sigprocmask(SIG_UNBLOCK, &set, NULL), ==, 0);
        end();
}

/* Returns: our child besides that one. */
static pid_t other_child(pid_t pid) {
        g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

        process_add_children(pids, getpid(), 3);
        g_assert_cmpuint(pids->len, ==, 2);
        return g_array_index(pids, pid_t, g_array_index(pids, pid_t, 0) == pid);
}

/* Tells who its own child is and who its spare, until it dies. */
static _noreturn_ void parent(SpawnFixture *fixture, int tell) {
        pid_t pids[2];

        g_assert_cmpint(sd_event_new(&fixture->event), ==, 0); /* the other is its creator's */
        begin(fixture);
        fixture->argv[0] = (char *)"sleep";
        fixture->argv[1] = (char *)"1000";
        fixture->request.path = "/bin/sleep";
        spawn_fixture_reset(fixture);
        spawn_begin(fixture);
        spawn_loop_until(fixture, &fixture->done);
        pids[0] = fixture->pid;
        pids[1] = other_child(fixture->pid);
        g_assert_cmpint(write(tell, pids, sizeof(pids)), ==, sizeof(pids));
        for (;;)
                (void)pause();
}

static void test_parent_dies(SpawnFixture *fixture, gconstpointer data) {
        pid_t pids[2], middle;
        siginfo_t info;
        int fds[2];

        g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 1), ==, 0);
        middle = fork();
        g_assert_cmpint(middle, >=, 0);
        if (middle == 0)
                parent(fixture, fds[1]);
        fd_close(fds[1]);
        g_assert_cmpint(read(fds[0], pids, sizeof(pids)), ==, sizeof(pids));
        fd_close(fds[0]);
        g_assert_cmpint(pids[1], >, 0);
        g_assert_cmpint(kill(middle, SIGKILL), ==, 0);
        g_assert_cmpint(waitid(P_PID, (id_t)middle, &info, WEXITED), ==, 0);
        g_assert_cmpint(waitid(P_PID, (id_t)pids[1], &info, WEXITED | __WALL), ==, 0);
        /* Or it was so young that it saw for itself that it had no parent any more. */
        g_assert_cmpint(info.si_status, ==, info.si_code == CLD_KILLED ? SIGKILL : EXIT_SUCCESS);

        g_assert_cmpint(waitid(P_PID, (id_t)pids[0], &info, WEXITED | WNOHANG | WNOWAIT), ==, 0);
        g_assert_cmpint(kill(pids[0], SIGTERM), ==, 0);
        g_assert_cmpint(waitid(P_PID, (id_t)pids[0], &info, WEXITED), ==, 0);
        g_assert_cmpint(info.si_status, ==, SIGTERM);
        g_assert_cmpint(prctl(PR_SET_CHILD_SUBREAPER, 0), ==, 0);
}

/* ---- who can't be it ---- */

/* Its dispositions are those of its birth. */
static void test_signals(SpawnFixture *fixture, gconstpointer data) {
        const uint64_t more = BELL_SIGNALS_DEFAULT | BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MIN + 20);
        g_autofree char *text = NULL, *next = NULL;
        pid_t pid = begin(fixture), other;

        fixture->request.delivery_signals = more;
        text = run(fixture);
        g_assert_cmpint(fixture->pid, !=, pid);
        g_assert_cmphex(status_set(text, "\nSigIgn:") & more, ==, more);
        other = only_child();
        g_assert_cmpint(other, !=, pid); /* it knows that signal */
        next = run(fixture);
        g_assert_cmpint(fixture->pid, ==, other);
        g_assert_cmphex(status_set(next, "\nSigIgn:") & more, ==, more);
        end();
}

static void test_descriptors_asked(SpawnFixture *fixture, gconstpointer data) {
        pid_t pid = begin(fixture);
        siginfo_t info;

        spawn_fixture_reset(fixture);
        fixture->request.report_exec = true;
        spawn_begin(fixture);
        g_assert_cmpint(fixture->pid, !=, pid);
        spawn_loop_until(fixture, &fixture->done);
        info = spawn_wait_for_end(fixture);
        g_assert_cmpint(info.si_status, ==, 0);
        g_assert_cmpint(only_child(), ==, pid);
        end();
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        spawn_test_add("/spawn-spare/same", test_same);
        spawn_test_add("/spawn-spare/session", test_session);
        spawn_test_add("/spawn-spare/descriptors", test_descriptors);
        spawn_test_add("/spawn-spare/many", test_many);
        spawn_test_add("/spawn-spare/surroundings", test_surroundings);
        spawn_test_add("/spawn-spare/user", test_user);
        spawn_test_add("/spawn-spare/failure", test_failure);
        spawn_test_add("/spawn-spare/hidden", test_hidden);
        spawn_test_add("/spawn-spare/killed", test_killed);
        spawn_test_add("/spawn-spare/killed-watched", test_killed_watched);
        spawn_test_add("/spawn-spare/watch", test_watch);
        spawn_test_add("/spawn-spare/signalled", test_signalled);
        spawn_test_add("/spawn-spare/stop-at-once", test_stop_at_once);
        spawn_test_add("/spawn-spare/bell", test_bell);
        spawn_test_add("/spawn-spare/stopped", test_stopped);
        spawn_test_add("/spawn-spare/given-up", test_given_up);
        spawn_test_add("/spawn-spare/parent-dies", test_parent_dies);
        spawn_test_add("/spawn-spare/signals", test_signals);
        spawn_test_add("/spawn-spare/descriptors-asked", test_descriptors_asked);
        return g_test_run();
}
