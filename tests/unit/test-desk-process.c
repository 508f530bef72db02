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
#include "fd.h"
#include "fork.h"
#include "message.h"
#include "notes.h"
#include "parcels.h"
#include "sendfd.h"

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
        g_assert_cmpint(bellhop_get_fd(desk), >=, 0);
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

/* Also one that comes before the first use, or in the middle of it in another thread. */
static void unused_service(int channel) {
        unsigned int epoch = fork_epoch();
        int status;
        pid_t pid;

        pid = fork();
        if (pid == 0)
                _exit(fork_epoch() == epoch + 1 ? EXIT_SUCCESS : EXIT_FAILURE);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
}

static void test_fork_unused(void) {
        Service service = service_start(SERVICE_PREPARED, unused_service);

        service_end(&service);
}

/* The handler has heard something that the parent hasn't looked at. What the child asks doesn't
 * show in the parent's descriptor, which both have. */
static void shared_service(int channel) {
        bellhop *desk = open_desk();
        struct bellhop_item item;
        int fd = bellhop_get_fd(desk), status;
        pid_t pid;

        g_assert_no_errno(raise(BELLHOP_SIGNAL_MEMFD)); /* no bell */
        pid = fork();
        if (pid == 0) {
                g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 0);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_false(is_readable(fd, 0));
        bellhop_free(desk);
}

static void test_fork_shared(void) {
        Service service = service_start(SERVICE_BARE, shared_service);

        service_end(&service);
}

/* ---- forks while descriptors come with their signals ---- */

/* Set: each close() forks, as another thread might just then. */
static bellhop *fork_at_close;
static unsigned int fork_count;
static bool closes_once; /* a close() of what isn't open any more may be of somebody else's */

/* The linker's names for the two. */
int __real_close(int fd);
int __wrap_close(int fd);

/* The child gives up the parent's desk and has one of its own. */
static void fork_without_desk(bellhop *old, unsigned int open_before) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                (void)alarm(60);
                closes_once = true;
                g_assert_cmpint(bellhop_claim("a", 0), ==, -ETIMEDOUT);
                bellhop_free(old);
                close_claims_desk();
                if (open_before > 0)
                        g_assert_cmpuint(count_fds(), ==, open_before);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
}

int __wrap_close(int fd) {
        bellhop *desk = fork_at_close;
        int r = __real_close(fd);

        if (closes_once)
                g_assert_no_errno(r);
        if (!desk)
                return r;
        fork_at_close = NULL;
        fork_without_desk(desk, 0);
        fork_count++;
        fork_at_close = desk;
        return r;
}

/* As from the kernel: the descriptor is the desk's from here on. */
static void come(bellhop *desk, int fd) {
        const HeardSignal heard = { .signal = BELLHOP_SIGNAL_MEMFD,
                                    .code = SI_SENDFD,
                                    .value = fd,
                                    .pid = getppid(),
                                    .uid = geteuid() };

        notes_hear(&desk->notes, desk->peer_signals, &heard);
}

static void assert_next(bellhop *desk, const char *name) {
        struct bellhop_item item;

        g_assert_cmpint(bellhop_next(desk, &item), ==, 1);
        g_assert_cmpstr(item.name, ==, name);
        (void)close(item.fd);
}

static bellhop *open_trusting_desk(void) {
        const struct bellhop_options options = {
                .size = sizeof(options), .flags = BELLHOP_TRUST_NAMESPACE | BELLHOP_TRUST_OWN_UID
        };
        bellhop *desk = NULL;

        g_assert_cmpint(bellhop_new(&options, &desk), ==, 0);
        return desk;
}

static const FakeItem three[] = { { "a", "1", 0 }, { "b", "2", 0 }, { "c", "3", 0 } };

static void open_files(int files[3]) {
        for (size_t i = 0; i < ARRAY_SIZE(three); i++)
                files[i] = memfd_with(three[i].content);
}

/* Half of a manifest's items are here; then as much as there is room for lies unread. */
static void half_service(int channel) {
        unsigned int open_before = count_fds();
        bellhop *desk = open_trusting_desk();
        struct bellhop_item item;
        int files[3];

        open_files(files);
        come(desk, manifest_with(three, files, 3));
        come(desk, fd_dup(files[0]));
        assert_next(desk, "a");
        fork_without_desk(desk, open_before + 3);
        for (unsigned int i = 0; i < PARCELS_MAX; i++)
                come(desk, fd_dup(files[0])); /* once more */
        fork_without_desk(desk, open_before + 3);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        come(desk, files[1]);
        come(desk, files[2]);
        assert_next(desk, "b");
        assert_next(desk, "c");
        (void)close(files[0]);
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 0);
        bellhop_free(desk);
}

static void test_fork_half(void) {
        Service service = service_start(SERVICE_PREPARED, half_service);

        service_end(&service);
}

/* Another thread is in the middle of what has come. */
static int next_with_forks(bellhop *desk) {
        struct bellhop_item item = { .fd = -EBADF };
        int r;

        fork_at_close = desk;
        r = bellhop_next(desk, &item);
        fork_at_close = NULL;
        fd_close(item.fd);
        return r;
}

static void middle_service(int channel) {
        bellhop *desk = open_trusting_desk();
        int files[3], manifest;

        open_files(files);
        manifest = manifest_with(three, files, 3);
        come(desk, fd_dup(manifest));
        come(desk, fd_dup(files[0]));
        come(desk, manifest);         /* closes its other descriptor */
        come(desk, fd_dup(files[0])); /* closed */
        come(desk, fd_dup(files[1]));
        come(desk, fd_dup(files[2])); /* the last: closes the manifest */
        g_assert_cmpint(next_with_forks(desk), ==, 1);
        g_assert_cmpuint(fork_count, ==, 3);
        assert_next(desk, "b");
        assert_next(desk, "c");

        manifest = manifest_with(three, files, 2);
        come(desk, fd_dup(manifest));
        g_assert_cmpint(next_with_forks(desk), ==, 0);
        (void)lseek(manifest, MESSAGE_ITEMS_MAX + 1, SEEK_CUR); /* withdrawn */
        come(desk, files[0]);                                   /* closed, and the manifest */
        come(desk, files[1]);                                   /* closed */
        g_assert_cmpint(next_with_forks(desk), ==, 0);
        g_assert_cmpuint(fork_count, ==, 6);
        (void)close(files[2]);
        (void)close(manifest);
        bellhop_free(desk);
}

static void test_fork_middle(void) {
        Service service = service_start(SERVICE_PREPARED, middle_service);

        service_end(&service);
}

typedef struct Stream {
        bellhop *desk;
        int files[3];
        atomic_bool over;
} Stream;

/* Takes a manifest's items, and leaves another one half done, over and over. */
static void *thread_take(void *data) {
        Stream *stream = data;

        while (!atomic_load(&stream->over)) {
                come(stream->desk, manifest_with(three, stream->files, 3));
                for (size_t i = 0; i < ARRAY_SIZE(three); i++)
                        come(stream->desk, fd_dup(stream->files[i]));
                come(stream->desk, manifest_with(three, stream->files, 2));
                come(stream->desk, fd_dup(stream->files[0]));
                for (size_t i = 0; i < ARRAY_SIZE(three); i++)
                        assert_next(stream->desk, three[i].name);
                assert_next(stream->desk, "a");
        }
        return NULL;
}

/* Wherever the other thread happens to be. */
static void anywhere_service(int channel) {
        Stream stream = { .desk = open_trusting_desk() };
        pthread_t thread;

        open_files(stream.files);
        g_assert_cmpint(pthread_create(&thread, NULL, thread_take, &stream), ==, 0);
        for (unsigned int i = 0; i < 100; i++)
                fork_without_desk(stream.desk, 0);
        atomic_store(&stream.over, true);
        g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(three); i++)
                (void)close(stream.files[i]);
        bellhop_free(stream.desk);
}

static void test_fork_anywhere(void) {
        Service service = service_start(SERVICE_PREPARED, anywhere_service);

        service_end(&service);
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
        g_test_add_func("/desk-process/fork-unused", test_fork_unused);
        g_test_add_func("/desk-process/fork-shared", test_fork_shared);
        g_test_add_func("/desk-process/fork-half", test_fork_half);
        g_test_add_func("/desk-process/fork-middle", test_fork_middle);
        g_test_add_func("/desk-process/fork-anywhere", test_fork_anywhere);
        g_test_add_func("/desk-process/clone", test_clone);
        return g_test_run();
}
