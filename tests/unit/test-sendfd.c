/* SPDX-License-Identifier: MIT */
/* bellhop_sendfd(): the test sends, its children receive. That the sender's copy is gone shows by
 * the end of a pipe whose writing end was sent away. */
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desk.h"
#include "fake-manager.h"
#include "fd.h"

#define PEER_SIGNAL 50
#define NOBODY      65534

static bellhop *open_peer_desk(unsigned int flags) {
        const struct bellhop_options options = { .size = sizeof(options),
                                                 .flags = flags,
                                                 .peer_signals = BELLHOP_SIGNAL_BIT(PEER_SIGNAL) };
        bellhop *desk = NULL;

        g_assert_cmpint(bellhop_new(&options, &desk), ==, 0);
        return desk;
}

/* Returns: the descriptor of the next item. */
static int wait_peer(bellhop *desk) {
        struct bellhop_item item;

        g_assert_cmpint(bellhop_wait(desk, NULL, 30000, &item), ==, 0);
        g_assert_cmpstr(item.name, ==, "");
        g_assert_cmpuint(item.flags, ==, BELLHOP_ITEM_PEER);
        g_assert_cmpint(item.kind, ==, BELLHOP_KIND_OTHER);
        g_assert_cmpint(item.signal, ==, PEER_SIGNAL);
        g_assert_cmpint(item.sender_pid, ==, getppid());
        g_assert_cmpint((int)item.sender_uid, ==, (int)geteuid());
        g_assert_cmpint(fcntl(item.fd, F_GETFD), ==, FD_CLOEXEC);
        return item.fd;
}

/* Sends the writing end of a new pipe and closes it here. Returns: the reading end. */
static int send_pipe(pid_t pid) {
        int ends[2];

        g_assert_no_errno(pipe2(ends, O_CLOEXEC));
        g_assert_cmpint(bellhop_sendfd(pid, PEER_SIGNAL, ends[1]), ==, 0);
        (void)close(ends[1]);
        return ends[0];
}

static void assert_word_and_end(int fd, char word) {
        char heard[2];

        g_assert_cmpint(read(fd, heard, 2), ==, 1);
        g_assert_cmpint(heard[0], ==, word);
        g_assert_cmpint(read(fd, heard, 1), ==, 0);
        (void)close(fd);
}

static void assert_open(int fd) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };

        g_assert_cmpint(poll(&pollfd, 1, 0), ==, 0);
}

static void assert_end(int fd) {
        char byte;

        g_assert_cmpint(read(fd, &byte, 1), ==, 0);
        (void)close(fd);
}

static void pipes_service(int channel) {
        bellhop *desk = open_peer_desk(0);

        say(channel, 'r');
        for (char word = 'a'; word <= 'c'; word++) {
                int fd = wait_peer(desk);

                g_assert_cmpint(write(fd, &word, 1), ==, 1);
                (void)close(fd);
        }
        bellhop_free(desk);
}

static void test_pipes(void) {
        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++) {
                Service service = service_start(start, pipes_service);
                unsigned int before = count_fds();
                int fds[3];

                hear(service.channel, 'r');
                for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                        fds[i] = send_pipe(service.pid);
                for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                        assert_word_and_end(fds[i], (char)('a' + i));
                service_end(&service);
                g_assert_cmpuint(count_fds(), ==, before - 1); /* the channel */
        }
}

static void kinds_service(int channel) {
        bellhop *desk = open_peer_desk(0);
        char heard;
        int fd;

        say(channel, 'r');
        fd = wait_peer(desk);
        assert_content(fd, "memory");
        (void)close(fd);
        fd = wait_peer(desk);
        g_assert_cmpint(send(fd, "x", 1, 0), ==, 1);
        g_assert_cmpint(recv(fd, &heard, 1, 0), ==, 1);
        (void)close(fd);
        bellhop_free(desk);
}

static void test_kinds(void) {
        Service service = service_start(SERVICE_BARE, kinds_service);
        int memfd = memfd_with("memory"), pair[2];
        char heard;

        hear(service.channel, 'r');
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, memfd), ==, 0);
        (void)close(memfd);
        g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, pair[1]), ==, 0);
        (void)close(pair[1]);
        g_assert_cmpint(recv(pair[0], &heard, 1, 0), ==, 1);
        g_assert_cmpint(send(pair[0], "y", 1, 0), ==, 1);
        g_assert_cmpint(recv(pair[0], &heard, 1, 0), ==, 0);
        (void)close(pair[0]);
        service_end(&service);
}

static void idle_service(int channel) {
        say(channel, 'r');
        hear(channel, 'd');
}

static void block_peer_signal(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, PEER_SIGNAL);
        g_assert_cmpint(pthread_sigmask(SIG_BLOCK, &set, NULL), ==, 0);
}

static void deaf_service(int channel) {
        block_peer_signal();
        say(channel, 'r');
        hear(channel, 'd');
}

static void test_not_ready(void) {
        Service service = service_start(SERVICE_BARE, idle_service);
        unsigned int before = count_fds();

        hear(service.channel, 'r');
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -ECONNREFUSED);
        g_assert_cmpuint(count_fds(), ==, before);
        say(service.channel, 'd'); /* it lives on */
        service_end(&service);
}

static void stranger_service(int channel) {
        g_assert_no_errno(setresuid(NOBODY, NOBODY, NOBODY));
        deaf_service(channel);
}

static void test_other_user(void) {
        Service service;

        if (geteuid() != 0) {
                g_assert_cmpint(bellhop_sendfd(1, PEER_SIGNAL, 0), ==, -EPERM);
                return;
        }
        service = service_start(SERVICE_BARE, stranger_service);
        hear(service.channel, 'r');
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -EPERM);
        say(service.channel, 'd');
        service_end(&service);
}

static void other_handler(int sig) {
}

static void test_arguments(void) {
        unsigned int before = count_fds();
        pid_t gone = fork();

        if (gone == 0)
                _exit(EXIT_SUCCESS);
        g_assert_cmpint(waitpid(gone, NULL, 0), ==, gone);
        g_assert_cmpint(bellhop_sendfd(gone, PEER_SIGNAL, 0), ==, -ESRCH);
        g_assert_cmpint(bellhop_sendfd(0, PEER_SIGNAL, 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_sendfd(-1, PEER_SIGNAL, 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_sendfd(getpid(), SIGUSR1, 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_sendfd(getpid(), 65, 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_sendfd(getpid(), BELLHOP_SIGNAL_ANSWER, 0), ==, -EINVAL);
        g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, -1), ==, -EBADF);
        g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 12345), ==, -EBADF);

        (void)signal(BELLHOP_SIGNAL_ANSWER, other_handler);
        g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 0), ==, -EBUSY);
        (void)signal(BELLHOP_SIGNAL_ANSWER, SIG_DFL);
        g_assert_cmpuint(count_fds(), ==, before);
}

/* Two desks: the thread's gets what is sent to it, the process's gets nothing. */
static void *thread_receive(void *data) {
        int channel = *(int *)data;
        pid_t tid = (pid_t)syscall(SYS_gettid);
        bellhop *desk;
        int fd;

        block_peer_signal();
        desk = open_peer_desk(BELLHOP_THREAD);
        g_assert_cmpint(write(channel, &tid, sizeof(tid)), ==, sizeof(tid));
        fd = wait_peer(desk);
        g_assert_cmpint(write(fd, "t", 1), ==, 1);
        (void)close(fd);
        bellhop_free(desk);
        return NULL;
}

static void thread_service(int channel) {
        bellhop *desk = open_peer_desk(0);
        struct bellhop_item item;
        pthread_t thread;

        g_assert_cmpint(pthread_create(&thread, NULL, thread_receive, &channel), ==, 0);
        g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
        g_assert_cmpint(bellhop_wait(desk, NULL, 0, &item), ==, -ETIMEDOUT);
        bellhop_free(desk);
}

static void test_thread(void) {
        Service service = service_start(SERVICE_BARE, thread_service);
        pid_t tid;

        g_assert_cmpint(read(service.channel, &tid, sizeof(tid)), ==, sizeof(tid));
        g_assert_cmpint(tid, !=, service.pid);
        assert_word_and_end(send_pipe(tid), 't');
        service_end(&service);
}

/* What a dead receiver hasn't taken is let go of by the next call. */
static void test_receiver_dies(void) {
        Service service = service_start(SERVICE_BARE, deaf_service);
        int fd, status;

        hear(service.channel, 'r');
        fd = send_pipe(service.pid);
        assert_open(fd);
        g_assert_no_errno(kill(service.pid, SIGKILL));
        g_assert_cmpint(waitpid(service.pid, &status, 0), ==, service.pid);
        assert_open(fd);
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -ESRCH);
        assert_end(fd);
        (void)close(service.channel);
}

static void test_table_full(void) {
        Service service = service_start(SERVICE_BARE, deaf_service);
        unsigned int before = count_fds();
        int sent = 0, r, status;

        hear(service.channel, 'r');
        while ((r = bellhop_sendfd(service.pid, PEER_SIGNAL, 0)) == 0)
                sent++;
        g_assert_cmpint(r, ==, -EAGAIN);
        g_assert_cmpint(sent, ==, 256);
        g_assert_no_errno(kill(service.pid, SIGKILL));
        g_assert_cmpint(waitpid(service.pid, &status, 0), ==, service.pid);
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -ESRCH);
        g_assert_cmpuint(count_fds(), ==, before);
        (void)close(service.channel);
}

/* The receiver's signal queue is full: nothing stays here. */
static void queueless_service(int channel) {
        g_assert_no_errno(setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){ 0, 0 }));
        deaf_service(channel);
}

static void test_queue_full(void) {
        Service service = service_start(SERVICE_BARE, queueless_service);
        unsigned int before = count_fds();

        hear(service.channel, 'r');
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -EAGAIN);
        g_assert_cmpuint(count_fds(), ==, before);
        say(service.channel, 'd');
        service_end(&service);
}

static void told_service(int channel) {
        bellhop *desk = open_peer_desk(0);

        say(channel, 'r');
        (void)close(wait_peer(desk));
        say(channel, 't');
        hear(channel, 'd');
        bellhop_free(desk);
}

/* All threads block the answer: it waits for the next call. */
static void test_answer_blocked(void) {
        Service service = service_start(SERVICE_BARE, told_service);
        sigset_t set, before;
        int fd;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_ANSWER);
        (void)sigprocmask(SIG_BLOCK, &set, &before);
        hear(service.channel, 'r');
        fd = send_pipe(service.pid);
        hear(service.channel, 't');
        assert_open(fd);
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 99999), ==, -EBADF);
        assert_open(fd);
        g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 0), ==, -ECONNREFUSED);
        assert_end(fd);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        say(service.channel, 'd');
        service_end(&service);
}

/* A child of the sender closes its copies of what the parent has offered at its first call. */
static void test_sender_forks(void) {
        Service service = service_start(SERVICE_BARE, told_service);
        int fd, go[2], status;
        pid_t child;

        hear(service.channel, 'r');
        g_assert_no_errno(kill(service.pid, SIGSTOP));
        g_assert_cmpint(waitpid(service.pid, &status, WUNTRACED), ==, service.pid);
        fd = send_pipe(service.pid);
        g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go));
        child = fork();
        if (child == 0) {
                unsigned int before = count_fds();

                (void)alarm(60);
                g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 0), ==, -ECONNREFUSED);
                g_assert_cmpuint(count_fds(), ==, before - 2);
                say(go[1], 'c');
                hear(go[1], 'd');
                _exit(EXIT_SUCCESS);
        }
        hear(go[0], 'c');
        g_assert_no_errno(kill(service.pid, SIGCONT));
        hear(service.channel, 't');
        assert_end(fd); /* though the child still runs */
        say(go[0], 'd');
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(status, ==, 0);
        (void)close(go[0]);
        (void)close(go[1]);
        say(service.channel, 'd');
        service_end(&service);
}

static void full_service(int channel) {
        bellhop *desk = open_peer_desk(0);
        struct bellhop_item item;
        int fill[FILL_MAX], filled;

        g_assert_cmpint(bellhop_wait(desk, NULL, 1, &item), ==, -ETIMEDOUT);
        filled = fill_table(fill);
        say(channel, 'r');
        g_assert_cmpint(bellhop_wait(desk, NULL, -1, &item), ==, -EMFILE);
        while (filled > 0)
                (void)close(fill[--filled]);
        (void)close(wait_peer(desk)); /* the offer has waited */
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 0);
        bellhop_free(desk);
}

static void test_receiver_full(void) {
        Service service = service_start(SERVICE_BARE, full_service);

        hear(service.channel, 'r');
        assert_end(send_pipe(service.pid));
        service_end(&service);
}

static void refusing_service(int channel) {
        bellhop *desk = open_peer_desk(0);
        const char *reason = NULL;
        struct bellhop_item item;

        say(channel, 'r');
        hear(channel, 'd');
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_cmpuint(bellhop_refused(desk, &reason), ==, 1);
        g_assert_nonnull(reason);
        bellhop_free(desk);
}

/* A bell by hand, from a process that has no handler for the answer: it isn't killed by one. */
static void forge_offer(pid_t pid, pid_t sender, int32_t magic, int fd) {
        siginfo_t info;

        memset(&info, 0, sizeof(info));
        info.si_code = SI_QUEUE;
        info.si_errno = magic;
        info.si_pid = sender;
        info.si_int = fd;
        ring_raw(pid, PEER_SIGNAL, &info);
}

static void test_forged(void) {
        Service idle = service_start(SERVICE_BARE, idle_service);
        Service stranger = idle;
        struct {
                pid_t sender;
                int32_t magic;
                int fd;
        } forgeries[] = {
                { getpid(), 0, 0 },                   /* not an offer */
                { getpid(), PEER_BELL_MAGIC, 12345 }, /* of what it hasn't */
                { getpid(), PEER_BELL_MAGIC, -1 },
                { 0, PEER_BELL_MAGIC, 0 },
                { 0x7fffff, PEER_BELL_MAGIC, 0 }, /* no such process */
                { idle.pid, PEER_BELL_MAGIC, 0 }, /* has sent nothing */
                { 0, PEER_BELL_MAGIC, 0 },        /* of another user, if there is one */
        };

        hear(idle.channel, 'r');
        if (geteuid() == 0) {
                stranger = service_start(SERVICE_BARE, stranger_service);
                hear(stranger.channel, 'r');
                forgeries[ARRAY_SIZE(forgeries) - 1].sender = stranger.pid;
        }
        for (size_t i = 0; i < ARRAY_SIZE(forgeries); i++) {
                Service service = service_start(SERVICE_BARE, refusing_service);

                hear(service.channel, 'r');
                forge_offer(service.pid, forgeries[i].sender, forgeries[i].magic, forgeries[i].fd);
                say(service.channel, 'd');
                service_end(&service);
        }
        if (geteuid() == 0) {
                say(stranger.channel, 'd');
                service_end(&stranger);
        }
        say(idle.channel, 'd');
        service_end(&idle);
}

int main(int argc, char **argv) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

        if (pidfd < 0) {
                (void)puts("1..0 # SKIP no pidfd_open (Linux 5.3; valgrind has none before 3.20)");
                return EXIT_SUCCESS;
        }
        pidfd = fd_close(pidfd);
        g_test_init(&argc, &argv, NULL);
        /* Before the first successful call: children inherit the handler of answers. */
        g_test_add_func("/sendfd/forged", test_forged);
        g_test_add_func("/sendfd/arguments", test_arguments);
        g_test_add_func("/sendfd/not-ready", test_not_ready);
        g_test_add_func("/sendfd/other-user", test_other_user);
        g_test_add_func("/sendfd/pipes", test_pipes);
        g_test_add_func("/sendfd/kinds", test_kinds);
        g_test_add_func("/sendfd/thread", test_thread);
        g_test_add_func("/sendfd/receiver-dies", test_receiver_dies);
        g_test_add_func("/sendfd/table-full", test_table_full);
        g_test_add_func("/sendfd/queue-full", test_queue_full);
        g_test_add_func("/sendfd/answer-blocked", test_answer_blocked);
        g_test_add_func("/sendfd/sender-forks", test_sender_forks);
        g_test_add_func("/sendfd/receiver-full", test_receiver_full);
        return g_test_run();
}
