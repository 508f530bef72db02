/* SPDX-License-Identifier: MIT */
/* The bare loops: poll, vfork, exec; and the least that a manager must do for a claim. */
#include "bare-manager.h"

#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "bellhop.h"
#include "bench.h"
#include "fd.h"
#include "message.h"

#define BELL_SIGNAL BELLHOP_SIGNAL_LISTENER

static _noreturn_ void inherit_loop(int listener, char *const *argv) {
        struct pollfd incoming = { .fd = listener, .events = POLLIN };

        for (;;) {
                if (poll(&incoming, 1, -1) < 0)
                        bench_die("poll");
                pid_t pid = vfork();
                if (pid == 0) {
                        execv(argv[0], argv);
                        _exit(127);
                }
                if (waitpid(pid, NULL, 0) < 0)
                        bench_die("waitpid");
        }
}

/* ---- the same with a claim ---- */

static int claim_socket_open(uint64_t *ret_address) {
        struct sockaddr_un name;
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (getrandom(ret_address, sizeof(*ret_address), 0) != sizeof(*ret_address))
                bench_die("getrandom");
        socklen_t length = bell_to_sockaddr(*ret_address, &name);
        if (fd < 0 || bind(fd, (struct sockaddr *)&name, length) < 0 || listen(fd, 8) < 0)
                bench_die("claim socket");
        return fd;
}

/* What the process of a service is given by every manager. */
static void become_service(void) {
        (void)umask(022);
        if (setsid() < 0 || chdir("/") < 0 ||
            syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_UNSHARE) < 0)
                _exit(126);
}

/* The child rings for itself: blocked and ignored, the signal outlives exec. */
static _noreturn_ void claim_child(uint64_t address, bool as_service, char *const *argv) {
        const Bell bell = { .address = address };
        siginfo_t info;
        sigset_t signals;

        if (as_service)
                become_service();
        sigemptyset(&signals);
        /* It is to be prepared for all that a desk listens to. */
        for (uint64_t bits = BELL_SIGNALS_DEFAULT; bits != 0; bits &= bits - 1)
                sigaddset(&signals, __builtin_ctzll(bits) + 1);
        sigprocmask(SIG_BLOCK, &signals, NULL);
        bell_to_siginfo(&bell, BELL_SIGNAL, &info);
        syscall(SYS_rt_sigqueueinfo, getpid(), BELL_SIGNAL, &info);
        execv(argv[0], argv);
        _exit(127);
}

static void send_item(int connection, int listener) {
        static const char name[] = "bench.socket";
        const MessageItem item = {
                .kind = BELLHOP_KIND_LISTENER,
                .signal = BELLHOP_SIGNAL_LISTENER,
                .name_length = sizeof(name) - 1,
                .name = name,
        };
        uint8_t buffer[MESSAGE_SIZE_MAX];
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { .header = { .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS,
                                  .cmsg_len = CMSG_LEN(sizeof(int)) } };
        struct iovec iov = {
                .iov_base = buffer,
                .iov_len = (size_t)message_encode_items(buffer, sizeof(buffer), &item, 1, 0),
        };
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };

        memcpy(CMSG_DATA(&control.header), &listener, sizeof(listener));
        if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0)
                bench_die("sendmsg");
}

static void answer_claim(int claim_socket, int listener) {
        _cleanup_fd_ int connection = accept4(claim_socket, NULL, NULL, SOCK_CLOEXEC);
        uint8_t receipt[MESSAGE_HEADER_SIZE];
        struct ucred peer;
        socklen_t length = sizeof(peer);

        if (connection < 0 || getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
                bench_die("accept");
        send_item(connection, listener);
        if (recv(connection, receipt, sizeof(receipt), 0) != sizeof(receipt))
                bench_die("receipt");
}

static _noreturn_ void claim_loop(int listener, bool as_service, char *const *argv) {
        struct pollfd incoming = { .fd = listener, .events = POLLIN };
        uint64_t address;
        int claim_socket = claim_socket_open(&address);

        for (uint64_t bits = BELL_SIGNALS_DEFAULT; bits != 0; bits &= bits - 1)
                signal(__builtin_ctzll(bits) + 1, SIG_IGN);
        for (;;) {
                if (poll(&incoming, 1, -1) < 0)
                        bench_die("poll");
                pid_t pid = vfork();
                if (pid == 0)
                        claim_child(address, as_service, argv);
                answer_claim(claim_socket, listener);
                if (waitpid(pid, NULL, 0) < 0)
                        bench_die("waitpid");
        }
}

/* ---- as children ---- */

typedef enum Handover { HANDOVER_INHERIT, HANDOVER_CLAIM, HANDOVER_CLAIM_AS_SERVICE } Handover;

static pid_t start(int listener, const char *service, Handover handover) {
        bool inherit = handover == HANDOVER_INHERIT;
        pid_t pid = fork();

        if (pid < 0)
                bench_die("fork");
        if (pid == 0) {
                char number[16];
                char *argv[] = { (char *)service, inherit ? number : NULL, NULL };

                snprintf(number, sizeof(number), "%d", listener);
                prctl(PR_SET_PDEATHSIG, SIGTERM);
                if (inherit)
                        inherit_loop(listener, argv);
                claim_loop(listener, handover == HANDOVER_CLAIM_AS_SERVICE, argv);
        }
        close(listener);
        return pid;
}

pid_t bare_inherit_start(int listener, const char *service) {
        return start(listener, service, HANDOVER_INHERIT);
}

pid_t bare_claim_start(int listener, const char *service) {
        return start(listener, service, HANDOVER_CLAIM);
}

pid_t bare_service_start(int listener, const char *service) {
        return start(listener, service, HANDOVER_CLAIM_AS_SERVICE);
}
