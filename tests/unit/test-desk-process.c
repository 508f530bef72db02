/* SPDX-License-Identifier: MIT */
/* The desk and its process: signal actions, exec, threads, fork. */
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desk.h"
#include "fake-manager.h"

/* Signals that nobody blocks go to the handler, which is put back. */
static void handler_service(int channel) {
        struct sigaction action;
        bellhop *desk = open_desk();

        g_assert_no_errno(sigaction(BELLHOP_SIGNAL_MEMFD, NULL, &action));
        g_assert_true(action.sa_flags & SA_SIGINFO);
        say(channel, 'r');
        assert_claims("a", "1");
        bellhop_free(desk);
        g_assert_no_errno(sigaction(BELLHOP_SIGNAL_MEMFD, NULL, &action));
        g_assert_true(action.sa_handler == SIG_DFL);
}

static void test_handler(void) {
        const FakeItem items[] = { { "a", "1", 0 } };

        scene(SERVICE_BARE, handler_service, items, ARRAY_SIZE(items));
}

/* A program that has replaced our handler keeps its own. */
static void other_handler(int sig) {
}

static void taken_service(int channel) {
        struct sigaction action;
        bellhop *desk = NULL;

        (void)signal(BELLHOP_SIGNAL_OTHER, other_handler);
        g_assert_cmpint(bellhop_new(NULL, &desk), ==, -EBUSY);
        g_assert_null(desk);
        g_assert_cmpint(bellhop_claim("a", 0), ==, -EBUSY);
        (void)signal(BELLHOP_SIGNAL_OTHER, SIG_DFL);

        desk = open_desk();
        (void)signal(BELLHOP_SIGNAL_OTHER, other_handler);
        bellhop_free(desk);
        g_assert_no_errno(sigaction(BELLHOP_SIGNAL_OTHER, NULL, &action));
        g_assert_true(action.sa_handler == other_handler);
        g_assert_no_errno(sigaction(BELLHOP_SIGNAL_MEMFD, NULL, &action));
        g_assert_true(action.sa_handler == SIG_DFL);
}

static void test_taken(void) {
        Service service = service_start(SERVICE_BARE, taken_service);

        service_end(&service);
}

/* A bell rung before exec is there after it. */
static void exec_service(int channel) {
        hear(channel, 'g');
        (void)execl("/proc/self/exe", "test-desk-process", "--claim-after-exec", NULL);
        g_error("exec: %m");
}

static void claim_after_exec(void) {
        struct sigaction action;

        assert_claims("a", "1");
        g_assert_no_errno(sigaction(BELLHOP_SIGNAL_MEMFD, NULL, &action));
        g_assert_true(action.sa_handler == SIG_IGN); /* left as it was */
        close_claims_desk();
}

static void test_exec(void) {
        const FakeItem items[] = { { "a", "1", 0 } };
        FakeManager manager;
        Service service;
        int fd;

        if (under_valgrind()) {
                g_test_skip("valgrind drops pending signals at exec");
                return;
        }
        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, exec_service);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        fd = visit_accept(&manager);
        visit_send(fd, items, 1, 0);
        visit_expect_receipt(fd, 1);
        (void)close(fd);
        service_end(&service);
        fake_manager_close(&manager);
}

static void *thread_claim(void *name) {
        assert_claims(name, name);
        return NULL;
}

static void threads_service(int channel) {
        static const char *names[] = { "a", "b", "c", "d" };
        pthread_t threads[ARRAY_SIZE(names)];
        bellhop *desk = open_desk();
        int fd;

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                g_assert_cmpint(pthread_create(&threads[i], NULL, thread_claim, (void *)names[i]),
                                ==, 0);
        say(channel, 'r');
        /* And one that never sleeps. */
        do
                fd = bellhop_claim("e", 0);
        while (fd == -ETIMEDOUT);
        g_assert_cmpint(fd, >=, 0);
        (void)close(fd);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                g_assert_cmpint(pthread_join(threads[i], NULL), ==, 0);
        bellhop_free(desk);
}

static void test_threads(void) {
        const FakeItem first[] = { { "d", "d", 0 }, { "b", "b", 0 } };
        const FakeItem second[] = { { "a", "a", 0 }, { "c", "c", 0 } };
        const FakeItem last[] = { { "e", "e", 0 } };

        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++) {
                FakeManager manager;
                Service service;

                fake_manager_open(&manager);
                service = service_start(start, threads_service);
                hear(service.channel, 'r');
                deliver(&manager, service.pid, first, 2);
                deliver(&manager, service.pid, second, 2);
                deliver(&manager, service.pid, last, 1);
                service_end(&service);
                fake_manager_close(&manager);
        }
}

static void fork_child(bellhop *old) {
        struct bellhop_item item;

        (void)alarm(60);
        g_assert_cmpint(bellhop_next(old, &item), ==, -ECHILD);
        g_assert_cmpint(bellhop_get_fd(old), ==, -ECHILD);
        g_assert_cmpint(bellhop_wait(old, "a", 0, &item), ==, -ECHILD);
        g_assert_cmpint(fcntl(old->signal_fd, F_GETFD), ==, FD_CLOEXEC);
        g_assert_cmpint(bellhop_claim("a", 0), ==, -ETIMEDOUT);
        g_assert_cmpint(old->signal_fd, <, 0);
        g_assert_null(old->queue.first);
        bellhop_free(old);
        close_claims_desk();
        _exit(EXIT_SUCCESS);
}

static void fork_service(int channel) {
        bellhop *desk = open_desk();
        int status;
        pid_t pid;

        assert_claims("b", "2");
        pid = fork();
        if (pid == 0)
                fork_child(desk);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        assert_claims("a", "1");
        bellhop_free(desk);
}

static void test_fork(void) {
        const FakeItem items[] = { { "a", "1", 0 }, { "b", "2", 0 } };

        scene(SERVICE_PREPARED, fork_service, items, ARRAY_SIZE(items));
}

static _noreturn_ void hold_and_wait(void) {
        (void)alarm(60);
        for (;;)
                (void)pause();
}

/* A child that no fork handler knows of holds copies of all that is open. When the manager has
 * gone, the desk's descriptor is quiet nevertheless. */
static void clone_service(int channel) {
        bellhop *desk = open_desk();
        struct bellhop_item item;
        int fd = bellhop_get_fd(desk);
        pid_t pid;

        assert_claims("a", "1");
        g_assert_cmpint(desk->connection.fd, >=, 0);
        pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (pid == 0)
                hold_and_wait();
        g_assert_cmpint(pid, >, 0);
        say(channel, 'c');
        g_assert_true(is_readable(fd, -1));
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_cmpint(desk->connection.fd, <, 0);
        g_assert_false(is_readable(fd, 0));
        g_assert_no_errno(kill(pid, SIGKILL));
        g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
        bellhop_free(desk);
}

static void test_clone(void) {
        const FakeItem item = { "a", "1", 0 };
        FakeManager manager;
        Service service;
        int fd;

        fake_manager_open(&manager);
        service = service_start(SERVICE_PREPARED, clone_service);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        fd = visit_accept(&manager);
        visit_send(fd, &item, 1, 0);
        visit_expect_receipt(fd, 1);
        hear(service.channel, 'c');
        (void)close(fd);
        service_end(&service);
        fake_manager_close(&manager);
}

int main(int argc, char **argv) {
        if (argc == 2 && strcmp(argv[1], "--claim-after-exec") == 0) {
                claim_after_exec();
                return EXIT_SUCCESS;
        }

        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/desk-process/handler", test_handler);
        g_test_add_func("/desk-process/handler-taken", test_taken);
        g_test_add_func("/desk-process/exec", test_exec);
        g_test_add_func("/desk-process/threads", test_threads);
        g_test_add_func("/desk-process/fork", test_fork);
        g_test_add_func("/desk-process/clone", test_clone);
        return g_test_run();
}
