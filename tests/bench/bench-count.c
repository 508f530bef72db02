/* SPDX-License-Identifier: MIT */
/* bench-count: instructions for each descriptor, of all that runs on the one processor of a machine
 * whose time stamp counter counts them (kernel/test --count); in any other it ends with 77. A JSON
 * line for each case:
 *
 *   first-*   the first delivery to a service that sleeps, until it has it, with both switches
 *   one-*     one at a time, later: the same; bellhop_sendfd() to the very process, so with none
 *   stream-*  many, and then all are taken: the share of one
 *   *-claim-socket, *-kernel-transport  from the manager's decision to the service's last claim
 *   *-bellhop_sendfd, *-bellhop_sendfd-offer  by the system call; as on a kernel without it
 *
 * kernel/selftests/sendfd/sendfd_count has the same for the bare calls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bellhop.h"
#include "bench.h"
#include "desk-lab.h"
#include "sendfd.h"

#define ROUNDS 15
#define STREAM 64
#define SIGNAL 50
#define SKIP   77

static uint64_t ticks(void) {
        return __rdtsc();
}

static int compare(const void *a, const void *b) {
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static uint64_t median(uint64_t *samples) {
        qsort(samples, ROUNDS, sizeof(*samples), compare);
        return samples[ROUNDS / 2];
}

static void tell(const char *name, const char *way, uint64_t *samples, unsigned int items) {
        printf("{\"bench\":\"sendfd\",\"case\":\"%s-%s\",\"instructions\":%.0f}\n", name, way,
               (double)median(samples) / items);
}

/* Of these there are 20000. */
static bool counts_instructions(void) {
        uint64_t samples[ROUNDS], count;

        for (unsigned int i = 0; i < ROUNDS; i++) {
                uint64_t begin = ticks();
                long n = 10000;

                __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
                samples[i] = ticks() - begin;
        }
        count = median(samples);
        return count >= 19900 && count < 20200;
}

/* ---- deliveries ---- */

static void measure_deliveries(const char *way, unsigned int mode) {
        static const unsigned int counts[] = { 1, STREAM };
        uint64_t samples[ROUNDS];
        Lab lab;

        for (unsigned int i = 0; i < ROUNDS; i++) {
                lab_open_counting(&lab, mode, ticks);
                samples[i] = lab_round(&lab, 1);
                lab_close(&lab);
        }
        tell("first", way, samples, 1);
        for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
                lab_open_counting(&lab, mode, ticks);
                for (unsigned int i = 0; i < ROUNDS; i++)
                        (void)lab_round(&lab, counts[c]);
                for (unsigned int i = 0; i < ROUNDS; i++)
                        samples[i] = lab_round(&lab, counts[c]);
                lab_close(&lab);
                tell(c == 0 ? "one" : "stream", way, samples, counts[c]);
        }
}

/* ---- peers ---- */

static uint64_t peer_round(bellhop *desk, int fd, unsigned int items) {
        int fds[STREAM];
        uint64_t begin = ticks(), end;

        for (unsigned int i = 0; i < items; i++)
                if (bellhop_sendfd(getpid(), SIGNAL, fd) < 0)
                        bench_die("bellhop_sendfd");
        for (unsigned int i = 0; i < items; i++) {
                struct bellhop_item item;

                if (bellhop_next(desk, &item) != 1)
                        bench_die("bellhop_next");
                fds[i] = item.fd;
        }
        end = ticks();
        for (unsigned int i = 0; i < items; i++)
                close(fds[i]);
        return end - begin;
}

static void measure_peers(const char *way) {
        static const unsigned int counts[] = { 1, STREAM };
        const struct bellhop_options options = { .size = sizeof(options),
                                                 .peer_signals = BELLHOP_SIGNAL_BIT(SIGNAL) };
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        uint64_t samples[ROUNDS];
        bellhop *desk;
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGNAL);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGNAL, SIG_IGN);
        if (fd < 0 || bellhop_new(&options, &desk) < 0)
                bench_die("desk");
        for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
                for (unsigned int i = 0; i < ROUNDS; i++)
                        (void)peer_round(desk, fd, counts[c]);
                for (unsigned int i = 0; i < ROUNDS; i++)
                        samples[i] = peer_round(desk, fd, counts[c]);
                tell(c == 0 ? "one" : "stream", way, samples, counts[c]);
        }
        bellhop_free(desk);
        close(fd);
}

/* The calls that a filter always lets pass, the kernel knows without running it. */
static void forget_call(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SENDFD_NUMBER, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                bench_die("seccomp");
}

int main(void) {
        setlinebuf(stdout);
        if (!sendfd_is_there() || !counts_instructions()) {
                puts("no sendfd(), or nothing that counts instructions");
                return SKIP;
        }
        measure_deliveries("claim-socket", 0);
        measure_deliveries("kernel-transport", LAB_KERNEL);
        measure_peers("bellhop_sendfd");
        forget_call();
        measure_peers("bellhop_sendfd-offer");
        return EXIT_SUCCESS;
}
