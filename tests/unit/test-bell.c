/* SPDX-License-Identifier: MIT */
/* The bell's 64 bits, through the kernel and back. */
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bell.h"
#include "bellhop.h"

static const uint64_t addresses[] = {
        1,
        UINT64_C(0x8000000000000000),
        UINT64_C(0x00000000ffffffff),
        UINT64_C(0xffffffff00000000),
        UINT64_C(0x0123456789abcdef),
        UINT64_MAX,
};

static void send_bell(uint64_t address, int sig) {
        Bell bell = { .address = address };
        siginfo_t info;
        int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

        bell_to_siginfo(&bell, sig, &info);
        g_assert_cmpint(info.si_signo, ==, sig);
        g_assert_cmpint(syscall(SYS_pidfd_send_signal, pidfd, sig, &info, 0), ==, 0);
        (void)close(pidfd);
}

static void test_signalfd(void) {
        struct signalfd_siginfo info;
        sigset_t set;
        int fd;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_MEMFD);
        g_assert_cmpint(sigprocmask(SIG_BLOCK, &set, NULL), ==, 0);
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
                send_bell(addresses[i], BELLHOP_SIGNAL_MEMFD);
                g_assert_cmpint(read(fd, &info, sizeof(info)), ==, sizeof(info));
                g_assert_cmphex(bell_address(info.ssi_code, info.ssi_errno, info.ssi_int), ==,
                                addresses[i]);
        }
        (void)close(fd);
}

static void test_sigtimedwait(void) {
        const struct timespec timeout = { .tv_sec = 60 };
        siginfo_t info;
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_MEMFD);
        g_assert_cmpint(sigprocmask(SIG_BLOCK, &set, NULL), ==, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
                send_bell(addresses[i], BELLHOP_SIGNAL_MEMFD);
                g_assert_cmpint(sigtimedwait(&set, &info, &timeout), ==, BELLHOP_SIGNAL_MEMFD);
                g_assert_cmphex(bell_address(info.si_code, info.si_errno, info.si_int), ==,
                                addresses[i]);
        }
}

static void test_not_a_bell(void) {
        g_assert_cmphex(bell_address(SI_USER, 1, 2), ==, 0);
        g_assert_cmphex(bell_address(SI_TKILL, 1, 2), ==, 0);
        g_assert_cmphex(bell_address(SI_TIMER, 1, 2), ==, 0);
        g_assert_cmphex(bell_address(SI_QUEUE, 0, 0), ==, 0);
}

static void test_sockaddr(void) {
        struct sockaddr_un address;
        socklen_t length = bell_to_sockaddr(UINT64_C(0x00ab), &address);

        g_assert_cmpint(address.sun_family, ==, AF_UNIX);
        g_assert_cmpuint(length, ==, offsetof(struct sockaddr_un, sun_path) + 1 + 24);
        g_assert_cmpmem(address.sun_path, 25, "\0bellhop/00000000000000ab", 25);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bell/signalfd", test_signalfd);
        g_test_add_func("/bell/sigtimedwait", test_sigtimedwait);
        g_test_add_func("/bell/not-a-bell", test_not_a_bell);
        g_test_add_func("/bell/sockaddr", test_sockaddr);
        return g_test_run();
}
