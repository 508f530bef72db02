/* SPDX-License-Identifier: MIT */
/* Looking at real processes: with handlers, masks, threads, and what is pending. */
#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness.h"
#include "rtsig.h"

#define SIG BELLHOP_SIGNAL_MEMFD

typedef void (*Setup)(void);

static void on_signal(int sig) {
}

static void block(int how) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIG);
        (void)pthread_sigmask(how, &set, NULL);
}

/* A child that has been set up and says so; with an open thread for its thread id. */
typedef struct Child {
        pid_t pid;
        int from_child;
        pid_t thread; /* what it reported */
} Child;

static int report_fd;

static void report(pid_t thread) {
        if (write(report_fd, &thread, sizeof(thread)) != sizeof(thread))
                _exit(1);
        for (;;)
                (void)pause();
}

static void child_start(Child *child, Setup setup) {
        struct pollfd poll_fd = { .events = POLLIN };
        int fds[2];

        g_assert_cmpint(pipe(fds), ==, 0);
        child->pid = fork();
        g_assert_cmpint(child->pid, >=, 0);
        if (child->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                report_fd = fds[1];
                setup();
                report(0);
        }
        (void)close(fds[1]);
        child->from_child = poll_fd.fd = fds[0];
        g_assert_cmpint(poll(&poll_fd, 1, 60000), ==, 1);
        g_assert_cmpint(read(fds[0], &child->thread, sizeof(pid_t)), ==, sizeof(pid_t));
}

static void child_stop(Child *child) {
        (void)kill(child->pid, SIGKILL);
        g_assert_cmpint(waitpid(child->pid, NULL, 0), ==, child->pid);
        (void)close(child->from_child);
}

static void set_nothing(void) {
}

static void set_blocked(void) {
        block(SIG_BLOCK);
}

static void set_ignored(void) {
        (void)signal(SIG, SIG_IGN);
}

static void set_caught(void) {
        (void)signal(SIG, on_signal);
}

static void set_pending(void) {
        block(SIG_BLOCK);
        (void)kill(getpid(), SIG);
}

static void set_pending_in_thread(void) {
        block(SIG_BLOCK);
        (void)raise(SIG);
}

static void *wait_for_ever(void *unblocked) {
        if (unblocked) {
                block(SIG_UNBLOCK);
                report((pid_t)syscall(SYS_gettid));
        }
        for (;;)
                (void)pause();
        return NULL;
}

/* The main thread blocks; of the others, all do, or all but the last. */
static void start_threads(bool one_unblocked) {
        pthread_t thread;

        block(SIG_BLOCK);
        for (int i = 0; i < 5; i++)
                if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
                        _exit(1);
        if (one_unblocked && pthread_create(&thread, NULL, wait_for_ever, &report_fd) != 0)
                _exit(1);
        while (one_unblocked) /* the last one reports */
                (void)pause();
}

/* As many as are looked at, and the main one. Reports if there may not be so many. */
static void set_crowd(void) {
        pthread_attr_t attributes;
        pthread_t thread;

        block(SIG_BLOCK);
        (void)pthread_attr_init(&attributes);
        (void)pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
        for (int i = 0; i < READINESS_THREADS_MAX; i++)
                if (pthread_create(&thread, &attributes, wait_for_ever, NULL) != 0)
                        report(-1);
}

static void set_threads_blocked(void) {
        start_threads(false);
}

static void set_thread_unblocked(void) {
        start_threads(true);
}

static void set_thread_unblocked_but_caught(void) {
        (void)signal(SIG, on_signal);
        start_threads(true);
}

static const struct Case {
        const char *name;
        Setup setup;
        int readiness;
} cases[] = {
        { "default", set_nothing, READINESS_DEADLY },
        { "blocked", set_blocked, READINESS_READY },
        { "ignored", set_ignored, READINESS_READY },
        { "caught", set_caught, READINESS_READY },
        { "pending", set_pending, READINESS_PENDING },
        { "pending-in-thread", set_pending_in_thread, READINESS_PENDING },
        { "threads-blocked", set_threads_blocked, READINESS_READY },
        { "thread-unblocked", set_thread_unblocked, READINESS_DEADLY },
        { "thread-unblocked-but-caught", set_thread_unblocked_but_caught, READINESS_READY },
};

static void test_case(const void *data) {
        const struct Case *c = data;
        pid_t thread = 0;
        siginfo_t end;
        Child child;

        child_start(&child, c->setup);
        g_assert_cmpint(readiness_of_process(child.pid, SIG, &thread), ==, c->readiness);
        g_assert_cmpint(readiness_of_process(child.pid, SIG, NULL), ==, c->readiness);
        if (c->readiness == READINESS_DEADLY) {
                g_assert_cmpint(thread, ==, child.thread != 0 ? child.thread : child.pid);
                /* And it is: the signal kills. */
                g_assert_cmpint(kill(child.pid, SIG), ==, 0);
                g_assert_cmpint(waitid(P_PID, (id_t)child.pid, &end, WEXITED | WNOWAIT), ==, 0);
                g_assert_cmpint(end.si_code, ==, CLD_KILLED);
                g_assert_cmpint(end.si_status, ==, SIG);
        } else {
                g_assert_cmpint(thread, ==, 0);
        }
        child_stop(&child);
}

static void test_thread(void) {
        Child child;

        child_start(&child, set_thread_unblocked);
        g_assert_cmpint(readiness_of_thread(child.thread, SIG), ==, READINESS_DEADLY);
        g_assert_cmpint(readiness_of_thread(child.pid, SIG), ==, READINESS_READY);
        child_stop(&child);
}

static void test_sets(void) {
        SignalSets sets;
        Child child;

        child_start(&child, set_pending);
        g_assert_cmpint(signal_sets_read(child.pid, &sets), ==, 0);
        g_assert_cmphex(sets.process_pending, ==, BELLHOP_SIGNAL_BIT(SIG));
        g_assert_cmphex(sets.thread_pending, ==, 0);
        g_assert_true(sets.blocked & BELLHOP_SIGNAL_BIT(SIG));
        g_assert_false(sets.ignored & BELLHOP_SIGNAL_BIT(SIG));
        g_assert_false(sets.caught & BELLHOP_SIGNAL_BIT(SIG));
        child_stop(&child);
        /* Reaped: nobody has that number now (numbers go round, but not at once). */
        g_assert_cmpint(signal_sets_read(child.pid, &sets), ==, -ESRCH);
        g_assert_cmpint(readiness_of_process(child.pid, SIG, NULL), ==, -ESRCH);
}

/* Nobody keeps us busy with threads. */
static void test_crowd(void) {
        Child child;

        child_start(&child, set_crowd);
        if (child.thread < 0)
                g_test_skip("no room for so many threads");
        else
                g_assert_cmpint(readiness_of_process(child.pid, SIG, NULL), ==, -E2BIG);
        child_stop(&child);
}

int main(int argc, char **argv) {
        SignalSets sets;

        if (signal_sets_read(getpid(), &sets) == 0 && (sets.caught & BELLHOP_SIGNAL_BIT(SIG))) {
                (void)puts("1..0 # SKIP something (valgrind?) catches every signal here");
                return 0;
        }
        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strconcat("/readiness/", cases[i].name, NULL);

                g_test_add_data_func(path, &cases[i], test_case);
        }
        g_test_add_func("/readiness/thread", test_thread);
        g_test_add_func("/readiness/crowd", test_crowd);
        g_test_add_func("/readiness/sets", test_sets);
        return g_test_run();
}
