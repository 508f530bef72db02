/* SPDX-License-Identifier: MIT */
/* bellhop_sendfd() as the system call, on a kernel that has it (kernel/test boots one). */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-manager.h"
#include "fill-table.h"
#include "macros.h"
#include "sendfd-cases.h"
#include "sendfd.h"

/* More than would be offered at a time. */
#define MANY 512

/* As many of peers' as bellhop_sendfd(3) promises that a desk with handlers keeps. */
#define KEPT 256

static void other_handler(int sig) {
}

/* Nothing is kept here: neither of what is taken nor of what nobody ever takes. */
static void test_nothing_kept(void) {
        Service service = service_start(SERVICE_BARE, deaf_service);
        unsigned int before = count_fds();
        int fds[2], status;

        hear(service.channel, 'r');
        for (unsigned int i = 0; i < MANY; i++)
                g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, 0);
        g_assert_cmpuint(count_fds(), ==, before);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                fds[i] = peer_send_pipe(service.pid);
        assert_pipe_open(fds[0]);
        g_assert_no_errno(kill(service.pid, SIGKILL));
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                assert_pipe_end(fds[i]);
        g_assert_cmpint(waitpid(service.pid, &status, 0), ==, service.pid);
        g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -ESRCH);
        (void)close(service.channel);
}

/* The signal for answers stays whose it is, and this process need not be dumpable. */
static void test_no_conditions(void) {
        Service service = service_start(SERVICE_BARE, told_service);

        (void)signal(BELLHOP_SIGNAL_ANSWER, other_handler);
        g_assert_no_errno(prctl(PR_SET_DUMPABLE, 0));
        hear(service.channel, 'r');
        assert_pipe_end(peer_send_pipe(service.pid));
        hear(service.channel, 't');
        g_assert_no_errno(prctl(PR_SET_DUMPABLE, 1));
        (void)signal(BELLHOP_SIGNAL_ANSWER, SIG_DFL);
        say(service.channel, 'd');
        service_end(&service);
}

static void orphaned_service(int channel) {
        bellhop *desk = peer_open_desk(0);
        struct bellhop_item item;

        say(channel, 'r');
        g_assert_cmpint(bellhop_wait(desk, NULL, 30000, &item), ==, 0);
        g_assert_cmpint(item.sender_pid, !=, getppid());
        (void)close(item.fd);
        hear(channel, 'd');
        bellhop_free(desk);
}

/* The sender is gone before anything is taken. */
static void test_sender_ends(void) {
        Service service = service_start(SERVICE_BARE, orphaned_service);
        int ends[2], status;
        pid_t sender;

        hear(service.channel, 'r');
        g_assert_no_errno(kill(service.pid, SIGSTOP));
        g_assert_cmpint(waitpid(service.pid, &status, WUNTRACED), ==, service.pid);
        g_assert_no_errno(pipe2(ends, O_CLOEXEC));
        sender = fork();
        if (sender == 0)
                _exit(-bellhop_sendfd(service.pid, PEER_SIGNAL, ends[1]));
        (void)close(ends[1]);
        g_assert_cmpint(waitpid(sender, &status, 0), ==, sender);
        g_assert_cmpint(status, ==, 0);
        assert_pipe_open(ends[0]);
        g_assert_no_errno(kill(service.pid, SIGCONT));
        assert_pipe_end(ends[0]);
        say(service.channel, 'd');
        service_end(&service);
}

/* Somebody else's: closed, and counted. */
static void test_stranger_sends(void) {
        Service service = service_start(SERVICE_BARE, refusing_service);
        int ends[2], status;
        pid_t stranger;

        hear(service.channel, 'r');
        g_assert_no_errno(pipe2(ends, O_CLOEXEC));
        stranger = fork();
        if (stranger == 0) { /* it may signal whom it likes, but is somebody else */
                g_assert_no_errno(prctl(PR_SET_KEEPCAPS, 1));
                g_assert_no_errno(setresuid(NOBODY, 0, NOBODY));
                _exit(-bellhop_sendfd(service.pid, PEER_SIGNAL, ends[1]));
        }
        (void)close(ends[1]);
        g_assert_cmpint(waitpid(stranger, &status, 0), ==, stranger);
        g_assert_cmpint(status, ==, 0);
        say(service.channel, 'd');
        assert_pipe_end(ends[0]);
        service_end(&service);
}

/* A handler can't wait for a descriptor to be closed. */
static void full_handling_service(int channel) {
        bellhop *desk = peer_open_desk(0);
        const char *reason = NULL;
        struct bellhop_item item;
        int fill[FILL_MAX], filled;

        g_assert_cmpint(bellhop_wait(desk, NULL, 1, &item), ==, -ETIMEDOUT);
        filled = fill_table(fill);
        say(channel, 'r');
        hear(channel, 'd');
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpuint(bellhop_refused(desk, &reason), ==, 1);
        g_assert_nonnull(strstr(reason, "lost"));
        while (filled > 0)
                (void)close(fill[--filled]);
        bellhop_free(desk);
}

static void test_handler_full(void) {
        Service service = service_start(SERVICE_BARE, full_handling_service);
        int fd;

        hear(service.channel, 'r');
        fd = peer_send_pipe(service.pid);
        say(service.channel, 'd');
        assert_pipe_end(fd);
        service_end(&service);
}

/* It has handlers, and looks at nothing until it is told to. */
static void keeping_service(int channel) {
        bellhop *desk = peer_open_desk(0);
        const char *reason = NULL;
        struct bellhop_item item;

        say(channel, 'r');
        hear(channel, 'd');
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpuint(bellhop_refused(desk, &reason), ==, 1);
        g_assert_nonnull(strstr(reason, "in signal handlers"));
        for (int i = 0; i < KEPT; i++)
                (void)close(peer_wait(desk));
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        bellhop_free(desk);
}

/* It keeps so many, and closes the next one at once. */
static void test_handler_keeps(void) {
        Service service = service_start(SERVICE_BARE, keeping_service);
        int ends[2];

        hear(service.channel, 'r');
        g_assert_no_errno(pipe2(ends, O_CLOEXEC));
        for (int i = 0; i < KEPT; i++)
                g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, ends[1]), ==, 0);
        (void)close(ends[1]);
        assert_pipe_end(peer_send_pipe(service.pid));
        assert_pipe_open(ends[0]);
        say(service.channel, 'd');
        assert_pipe_end(ends[0]);
        service_end(&service);
}

/* Known as it is, the call is forbidden: what is sent then is offered. */
static void test_sandbox(void) {
        pid_t sender = fork();
        int status;

        if (sender == 0) {
                Service service = service_start(SERVICE_BARE, deaf_service);

                (void)alarm(60);
                hear(service.channel, 'r');
                g_assert_cmpint(bellhop_sendfd(getpid(), PEER_SIGNAL, 0), ==, -ECONNREFUSED);
                sendfd_forbid(EPERM);
                (void)prctl(PR_SET_DUMPABLE, 0); /* as an offer needs it */
                g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, -EPERM);
                (void)prctl(PR_SET_DUMPABLE, 1);
                g_assert_cmpint(bellhop_sendfd(service.pid, PEER_SIGNAL, 0), ==, 0);
                g_assert_no_errno(kill(service.pid, SIGKILL));
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(sender, &status, 0), ==, sender);
        g_assert_cmpint(status, ==, 0);
}

/* ---- a manager's, before anybody polls ---- */

static void full_claiming_service(int channel) {
        int fill[FILL_MAX], filled;

        hear(channel, 'g');
        filled = fill_table(fill);
        g_assert_cmpint(bellhop_claim("a", 0), ==, -EMFILE);
        g_assert_cmpint(bellhop_claim("a", 0), ==, -EMFILE);
        while (filled > 0)
                (void)close(fill[--filled]);
        assert_claims("a", "1");
        close_claims_desk();
}

/* What finds no descriptor free stays in the queue. */
static void test_claim_full(void) {
        const FakeItem item = { "a", "1", 0 };
        Service service = service_start(SERVICE_PREPARED, full_claiming_service);
        int file = memfd_with(item.content), manifest = manifest_with(&item, &file, 1);

        g_assert_cmpint(sendfd_call(service.pid, BELLHOP_SIGNAL_MEMFD, manifest, 0), ==, 0);
        g_assert_cmpint(sendfd_call(service.pid, BELLHOP_SIGNAL_MEMFD, file, 0), ==, 0);
        (void)close(manifest);
        (void)close(file);
        say(service.channel, 'g');
        service_end(&service);
}

int main(int argc, char **argv) {
        if (!sendfd_is_there()) {
                (void)puts("1..0 # SKIP this kernel has no sendfd()");
                return EXIT_SUCCESS;
        }
        g_test_init(&argc, &argv, NULL);
        sendfd_add_cases(true);
        g_test_add_func("/sendfd/nothing-kept", test_nothing_kept);
        g_test_add_func("/sendfd/no-conditions", test_no_conditions);
        g_test_add_func("/sendfd/sender-ends", test_sender_ends);
        g_test_add_func("/sendfd/handler-full", test_handler_full);
        g_test_add_func("/sendfd/handler-keeps", test_handler_keeps);
        g_test_add_func("/sendfd/claim-full", test_claim_full);
        g_test_add_func("/sendfd/sandbox", test_sandbox);
        if (geteuid() == 0)
                g_test_add_func("/sendfd/stranger-sends", test_stranger_sends);
        return g_test_run();
}
