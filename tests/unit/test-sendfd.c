/* SPDX-License-Identifier: MIT */
/* bellhop_sendfd(): the test sends, its children receive. That the sender's copy is gone shows by
 * the end of a pipe whose writing end was sent away.
 * It is tested as on a kernel without sendfd(): a filter says so where there is one. */
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desk.h"
#include "fake-manager.h"
#include "fd.h"
#include "sendfd-cases.h"
#include "sendfd.h"

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

/* What a dead receiver hasn't taken is let go of by the next call. */
static void test_receiver_dies(void) {
        Service service = service_start(SERVICE_BARE, deaf_service);
        int fd, status;

        hear(service.channel, 'r');
        fd = peer_send_pipe(service.pid);
        assert_pipe_open(fd);
        g_assert_no_errno(kill(service.pid, SIGKILL));
        g_assert_cmpint(waitpid(service.pid, &status, 0), ==, service.pid);
        assert_pipe_open(fd);
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -ESRCH);
        assert_pipe_end(fd);
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

/* All threads block the answer: it waits for the next call. */
static void test_answer_blocked(void) {
        Service service = service_start(SERVICE_BARE, told_service);
        sigset_t set, before;
        int fd;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_ANSWER);
        (void)sigprocmask(SIG_BLOCK, &set, &before);
        hear(service.channel, 'r');
        fd = peer_send_pipe(service.pid);
        hear(service.channel, 't');
        assert_pipe_open(fd);
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 99999), ==, -EBADF);
        assert_pipe_open(fd);
        g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 0), ==, -ECONNREFUSED);
        assert_pipe_end(fd);
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
        fd = peer_send_pipe(service.pid);
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
        assert_pipe_end(fd); /* though the child still runs */
        say(go[0], 'd');
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(status, ==, 0);
        (void)close(go[0]);
        (void)close(go[1]);
        say(service.channel, 'd');
        service_end(&service);
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

/* ---- Yama ---- */

static int yama_scope(void) {
        char text[16];

        if (fd_read_file(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text, sizeof(text)) < 0)
                return 0;
        return atoi(text);
}

/* Whether a child may take from its parent what that offers, as ptrace_scope says. */
static bool can_take(bool sender_allows_it) {
        switch (yama_scope()) {
        case 0:
                return true;
        case 1:
                return geteuid() == 0 || sender_allows_it;
        case 2:
                return geteuid() == 0;
        default:
                return false;
        }
}

static void taking_or_refusing_service(int channel) {
        bellhop *desk = peer_open_desk(0);
        struct bellhop_item item;
        const char *reason = NULL;
        int r;

        say(channel, 'r');
        hear(channel, 'd');
        r = bellhop_next(desk, &item);
        if (r == 1)
                (void)close(item.fd);
        else
                g_assert_cmpint(r, ==, -EPERM);
        if (bellhop_refused(desk, &reason) > 0)
                g_assert_nonnull(strstr(reason, "ptrace_scope"));
        say(channel, r == 1 ? 't' : 'n');
        bellhop_free(desk);
}

static void check_scope(unsigned long allowed) {
        Service service = service_start(SERVICE_BARE, taking_or_refusing_service);
        int fd;

        /* Only where there is Yama the call is known. */
        (void)prctl(PR_SET_PTRACER, allowed, 0, 0, 0);
        hear(service.channel, 'r');
        fd = peer_send_pipe(service.pid);
        say(service.channel, 'd');
        hear(service.channel, can_take(allowed != 0) ? 't' : 'n');
        service_end(&service);
        (void)close(fd);
        /* What was refused is let go of by the next call. */
        g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 0), ==, -ECONNREFUSED);
}

static void test_yama(void) {
        check_scope(0);
        check_scope(PR_SET_PTRACER_ANY);
}

/* In a child, which has sent nothing yet: the sandbox has another word for what it doesn't know. */
static void test_sandbox(void) {
        pid_t sender = fork();
        int status;

        if (sender == 0) {
                Service service;

                (void)alarm(60);
                (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
                sendfd_forbid(EPERM);
                service = service_start(SERVICE_BARE, told_service);
                hear(service.channel, 'r');
                assert_pipe_end(peer_send_pipe(service.pid));
                hear(service.channel, 't');
                say(service.channel, 'd');
                service_end(&service);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(sender, &status, 0), ==, sender);
        g_assert_cmpint(status, ==, 0);
}

static void add_tests(bool takes) {
        /* Before the first successful call: children inherit the handler of answers. */
        if (takes) {
                g_test_add_func("/sendfd/sandbox", test_sandbox);
                g_test_add_func("/sendfd/forged", test_forged);
        }
        g_test_add_func("/sendfd/arguments", test_arguments);
        g_test_add_func("/sendfd/other-user", test_other_user);
        g_test_add_func("/sendfd/yama", test_yama);
        sendfd_add_cases(takes);
        g_test_add_func("/sendfd/receiver-dies", test_receiver_dies);
        g_test_add_func("/sendfd/table-full", test_table_full);
        if (!takes)
                return;
        g_test_add_func("/sendfd/answer-blocked", test_answer_blocked);
        g_test_add_func("/sendfd/sender-forks", test_sender_forks);
}

int main(int argc, char **argv) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

        if (pidfd < 0) {
                (void)puts("1..0 # SKIP no pidfd_open (Linux 5.3; valgrind has none before 3.20)");
                return EXIT_SUCCESS;
        }
        pidfd = fd_close(pidfd);
        sendfd_forbid(ENOSYS); /* from here on this kernel has none */
        (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        g_test_init(&argc, &argv, NULL);
        add_tests(can_take(true));
        return g_test_run();
}
