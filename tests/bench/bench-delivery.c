/* SPDX-License-Identifier: MIT */
/* bench-delivery ITEMS COUNT [--rested|--apart|--together]: from the manager's decision to the last
 * claim returning in a service that sleeps, in turns with two floors: a bare ping-pong over an open
 * socketpair (there and back) between two sleeping processes, and as many descriptors sent over one
 * by SCM_RIGHTS.
 *
 * All are asleep in their waits when a round begins. --rested: the whole machine has rested for 2
 * ms before, so that processor, caches and TLBs have to wake up, too, and more code is slower code.
 * --apart: the same, with this process on one processor and those it talks to on another.
 * --together: all on one, without a rest. Else the scheduler decides where they run, and may put
 * the ping-pong on one processor and the delivery on two, or the other way round.
 *
 * Samples: delivery_us, pingpong_us, scm_us. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "desk-lab.h"
#include "message.h"

/* The process at the other end of the socketpair. */
typedef struct Peer {
        pid_t pid;
        int fd;
        int sent_fd;
        _Atomic uint64_t *end; /* shared: when it had the last descriptor */
} Peer;

/* Takes messages; an empty one ends a run and is answered. Descriptors are closed after the time
 * was taken, as in the laboratory. */
static _noreturn_ void peer_main(int fd, _Atomic uint64_t *end) {
        static int fds[65536];
        unsigned int count = 0;
        char byte;
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(MESSAGE_ITEMS_MAX * sizeof(int))];
        } control;

        for (;;) {
                struct iovec iovec = { .iov_base = &byte, .iov_len = 1 };
                struct msghdr message = {
                        .msg_iov = &iovec,
                        .msg_iovlen = 1,
                        .msg_control = &control,
                        .msg_controllen = sizeof(control),
                };
                if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) <= 0)
                        _exit(EXIT_FAILURE);
                if (message.msg_controllen > 0) {
                        size_t size = control.header.cmsg_len - CMSG_LEN(0);
                        memcpy(fds + count, CMSG_DATA(&control.header), size);
                        count += (unsigned int)(size / sizeof(int));
                }
                if (byte != '.')
                        continue;
                atomic_store(end, bench_now());
                if (write(fd, &byte, 1) != 1)
                        _exit(EXIT_FAILURE);
                while (count > 0)
                        close(fds[--count]);
        }
}

static void peer_open(Peer *peer, int sent_fd) {
        pid_t self = getpid();
        int ends[2];

        peer->sent_fd = sent_fd;
        peer->end = mmap(NULL, sizeof(*peer->end), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (peer->end == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
                bench_die("socketpair");
        peer->pid = fork();
        if (peer->pid < 0)
                bench_die("fork");
        if (peer->pid == 0) {
                lab_child(self);
                close(ends[0]);
                peer_main(ends[1], peer->end);
        }
        close(ends[1]);
        peer->fd = ends[0];
}

static void peer_close(Peer *peer) {
        kill(peer->pid, SIGKILL);
        waitpid(peer->pid, NULL, 0);
        close(peer->fd);
        munmap((void *)peer->end, sizeof(*peer->end));
}

static void peer_send(Peer *peer, char byte, unsigned int count) {
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(MESSAGE_ITEMS_MAX * sizeof(int))];
        } control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
        struct iovec iovec = { .iov_base = &byte, .iov_len = 1 };
        struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };
        int fds[MESSAGE_ITEMS_MAX];

        if (count > 0) {
                for (unsigned int i = 0; i < count; i++)
                        fds[i] = peer->sent_fd;
                control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
                memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        }
        if (sendmsg(peer->fd, &message, MSG_NOSIGNAL) != 1)
                bench_die("sendmsg");
}

static void peer_answer(const Peer *peer) {
        char byte;

        if (read(peer->fd, &byte, 1) != 1)
                bench_die("read");
}

static unsigned int pause_ms; /* before each round */

/* There and back. */
static uint64_t peer_pingpong(Peer *peer) {
        bench_pause(pause_ms);
        uint64_t begin = bench_now();
        peer_send(peer, '.', 0);
        peer_answer(peer);
        return bench_now() - begin;
}

/* Until the peer has taken the last descriptor. */
static uint64_t peer_descriptors(Peer *peer, unsigned int items) {
        bench_pause(pause_ms);
        uint64_t begin = bench_now();
        while (items > MESSAGE_ITEMS_MAX) {
                peer_send(peer, '-', MESSAGE_ITEMS_MAX);
                items -= MESSAGE_ITEMS_MAX;
        }
        peer_send(peer, '.', items);
        peer_answer(peer);
        return atomic_load(peer->end) - begin;
}

/* The n-th processor that this process may run on. */
static void move_to_processor(int n) {
        cpu_set_t allowed, one;

        if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
                bench_die("sched_getaffinity");
        CPU_ZERO(&one);
        for (int i = 0; i < CPU_SETSIZE; i++)
                if (CPU_ISSET(i, &allowed) && n-- == 0)
                        CPU_SET(i, &one);
        if (sched_setaffinity(0, sizeof(one), &one) < 0)
                bench_die("--apart needs two processors");
}

int main(int argc, char **argv) {
        bool apart = argc == 4 && strcmp(argv[3], "--apart") == 0;
        bool together = argc == 4 && strcmp(argv[3], "--together") == 0;
        bool pinned = apart || together;
        bool rested = argc == 4 && strcmp(argv[3], "--rested") == 0;
        cpu_set_t before;
        Peer peer;
        Lab lab;

        if (argc != 3 && !pinned && !rested) {
                fprintf(stderr, "usage: %s ITEMS COUNT [--rested|--apart|--together]\n", argv[0]);
                return EXIT_FAILURE;
        }
        unsigned int items = bench_number(argc, argv, 1), count = bench_number(argc, argv, 2);

        bench_raise_descriptors(items + 64);
        if (sched_getaffinity(0, sizeof(before), &before) < 0)
                bench_die("sched_getaffinity");
        if (pinned)
                move_to_processor(together ? 0 : 1); /* the children inherit it */
        pause_ms = apart || rested ? 2 : 0;
        lab_open(&lab, 0);
        lab.pause_ms = pause_ms;
        peer_open(&peer, lab.memfd);
        if (sched_setaffinity(0, sizeof(before), &before) < 0)
                bench_die("sched_setaffinity");
        if (pinned)
                move_to_processor(0);
        for (unsigned int i = 0; i < count; i++) {
                bench_sample("pingpong_us", (double)peer_pingpong(&peer) / 1000);
                bench_sample("delivery_us", (double)lab_round(&lab, items) / 1000);
                bench_sample("scm_us", (double)peer_descriptors(&peer, items) / 1000);
        }
        peer_close(&peer);
        lab_close(&lab);
        return EXIT_SUCCESS;
}
