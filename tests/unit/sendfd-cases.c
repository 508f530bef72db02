/* SPDX-License-Identifier: MIT */
/* bellhop_sendfd(), in what is the same by offer and by system call. */
#include "sendfd-cases.h"

#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake-manager.h"
#include "fd.h"
#include "fill-table.h"
#include "sendfd.h"

void sendfd_forbid(int error) {
        forbid_call(SENDFD_NUMBER, error);
        g_assert_false(sendfd_is_there());
}

bellhop *peer_open_desk(unsigned int flags) {
        const struct bellhop_options options = { .size = sizeof(options),
                                                 .flags = flags,
                                                 .peer_signals = BELLHOP_SIGNAL_BIT(PEER_SIGNAL) };
        bellhop *desk = NULL;

        g_assert_cmpint(bellhop_new(&options, &desk), ==, 0);
        return desk;
}

/* Returns: the descriptor of the next item. */
int peer_wait(bellhop *desk) {
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
int peer_send_pipe(pid_t pid) {
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

void assert_pipe_open(int fd) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };

        g_assert_cmpint(poll(&pollfd, 1, 0), ==, 0);
}

void assert_pipe_end(int fd) {
        char byte;

        g_assert_cmpint(read(fd, &byte, 1), ==, 0);
        (void)close(fd);
}

static void pipes_service(int channel) {
        bellhop *desk = peer_open_desk(0);

        say(channel, 'r');
        for (char word = 'a'; word <= 'c'; word++) {
                int fd = peer_wait(desk);

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
                        fds[i] = peer_send_pipe(service.pid);
                for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                        assert_word_and_end(fds[i], (char)('a' + i));
                service_end(&service);
                g_assert_cmpuint(count_fds(), ==, before - 1); /* the channel */
        }
}

static void kinds_service(int channel) {
        bellhop *desk = peer_open_desk(0);
        char heard;
        int fd;

        say(channel, 'r');
        fd = peer_wait(desk);
        assert_content(fd, "memory");
        (void)close(fd);
        fd = peer_wait(desk);
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

void idle_service(int channel) {
        say(channel, 'r');
        hear(channel, 'd');
}

static void block_peer_signal(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, PEER_SIGNAL);
        g_assert_cmpint(pthread_sigmask(SIG_BLOCK, &set, NULL), ==, 0);
}

void deaf_service(int channel) {
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

void stranger_service(int channel) {
        g_assert_no_errno(setresuid(NOBODY, NOBODY, NOBODY));
        deaf_service(channel);
}

/* Two desks: the thread's gets what is sent to it, the process's gets nothing. */
static void *thread_receive(void *data) {
        int channel = *(int *)data;
        pid_t tid = (pid_t)syscall(SYS_gettid);
        bellhop *desk;
        int fd;

        block_peer_signal();
        desk = peer_open_desk(BELLHOP_THREAD);
        g_assert_cmpint(write(channel, &tid, sizeof(tid)), ==, sizeof(tid));
        fd = peer_wait(desk);
        g_assert_cmpint(write(fd, "t", 1), ==, 1);
        (void)close(fd);
        bellhop_free(desk);
        return NULL;
}

static void thread_service(int channel) {
        bellhop *desk = peer_open_desk(0);
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
        assert_word_and_end(peer_send_pipe(tid), 't');
        service_end(&service);
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

void told_service(int channel) {
        bellhop *desk = peer_open_desk(0);

        say(channel, 'r');
        (void)close(peer_wait(desk));
        say(channel, 't');
        hear(channel, 'd');
        bellhop_free(desk);
}

static void full_service(int channel) {
        bellhop *desk;
        struct bellhop_item item;
        int fill[FILL_MAX], filled;

        block_peer_signal(); /* so that it is read, not handled */
        desk = peer_open_desk(0);
        g_assert_cmpint(bellhop_wait(desk, NULL, 1, &item), ==, -ETIMEDOUT);
        filled = fill_table(fill);
        say(channel, 'r');
        g_assert_cmpint(bellhop_wait(desk, NULL, -1, &item), ==, -EMFILE);
        while (filled > 0)
                (void)close(fill[--filled]);
        (void)close(peer_wait(desk)); /* the offer has waited */
        g_assert_cmpuint(bellhop_refused(desk, NULL), ==, 0);
        bellhop_free(desk);
}

static void test_receiver_full(void) {
        Service service = service_start(SERVICE_BARE, full_service);

        hear(service.channel, 'r');
        assert_pipe_end(peer_send_pipe(service.pid));
        service_end(&service);
}

void refusing_service(int channel) {
        bellhop *desk = peer_open_desk(0);
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

void sendfd_add_cases(bool takes) {
        g_test_add_func("/sendfd/not-ready", test_not_ready);
        g_test_add_func("/sendfd/queue-full", test_queue_full);
        if (!takes)
                return;
        g_test_add_func("/sendfd/pipes", test_pipes);
        g_test_add_func("/sendfd/kinds", test_kinds);
        g_test_add_func("/sendfd/thread", test_thread);
        g_test_add_func("/sendfd/receiver-full", test_receiver_full);
}
