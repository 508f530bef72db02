/* SPDX-License-Identifier: MIT */
/* bench-activation BELLHOPD SERVICE CASE PAUSE_MS COUNT: from connect() to the first byte of the
 * answer when nobody runs yet, in turns: a bellhopd that starts SERVICE, and the floor, a bare loop
 * that polls the listener and starts the same program with the descriptor inherited.
 *
 * Samples: floor_us, bellhop_us, in_cgroup (1: the service had a cgroup of its own). */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "fd.h"

#define REQUEST   "GET / HTTP/1.0\r\n\r\n"
#define GONE_MS   5000
#define CONNECT_S 10

static struct sockaddr_un address_of(const char *name) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%s", bench_folder(), name);
        return address;
}

/* ---- the floor --------------------------------------------------------------------------------
 */

static _noreturn_ void floor_loop(int listener, char *const *argv) {
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

static pid_t floor_start(char *service) {
        struct sockaddr_un address = address_of("floor");
        char number[16];
        char *argv[] = { service, number, NULL };

        /* Not close-on-exec: inheriting it is the floor's way. */
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(listener, SOMAXCONN) < 0)
                bench_die("listen");
        snprintf(number, sizeof(number), "%d", listener);
        pid_t pid = fork();
        if (pid < 0)
                bench_die("fork");
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGTERM);
                floor_loop(listener, argv);
        }
        close(listener);
        return pid;
}

/* ---- the client -------------------------------------------------------------------------------
 */

static int client_socket(void) {
        struct timeval limit = { .tv_sec = CONNECT_S };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
                bench_die("socket");
        return fd;
}

/* One activation. Returns: ns to the first byte; *ret_pid is who answered. */
static uint64_t activate(const struct sockaddr_un *address, pid_t *ret_pid) {
        _cleanup_fd_ int fd = client_socket();
        char answer[4096];

        uint64_t begin = bench_now();
        if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
            write(fd, REQUEST, strlen(REQUEST)) < 0)
                bench_die("connect");
        ssize_t n = read(fd, answer, sizeof(answer) - 1);
        uint64_t end = bench_now();
        if (n <= 0)
                bench_die("no answer");
        answer[n] = '\0';

        const char *pid = strstr(answer, "served by pid ");
        *ret_pid = pid ? (pid_t)atoi(pid + strlen("served by pid ")) : 0;
        return end - begin;
}

static bool in_cgroup_of_its_own(pid_t pid) {
        char path[64], theirs[4096], ours[4096];

        snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
        return fd_read_file(AT_FDCWD, path, theirs, sizeof(theirs)) > 0 &&
               fd_read_file(AT_FDCWD, "/proc/self/cgroup", ours, sizeof(ours)) > 0 &&
               strcmp(theirs, ours) != 0;
}

/* Ends the service and waits until its parent has taken note. tiny-service ends by itself. */
static void service_end(pid_t pid) {
        uint64_t deadline = bench_now() + GONE_MS * UINT64_C(1000000);

        if (pid == 0)
                return;
        kill(pid, SIGTERM);
        while (kill(pid, 0) == 0) {
                if (bench_now() > deadline) {
                        fprintf(stderr, "service %d did not end\n", (int)pid);
                        exit(EXIT_FAILURE);
                }
                bench_pause(1);
        }
}

static void write_units(const char *service) {
        bench_write("units/bench.socket",
                    "[Socket]\nListenStream=%s/bench\nTriggerLimitBurst=0\nPollLimitBurst=0\n",
                    bench_folder());
        bench_write("units/bench.service",
                    "[Service]\nType=claim\nExecStart=%s\nStartLimitBurst=0\n", service);
}

int main(int argc, char **argv) {
        struct sockaddr_un floor_address, bellhop_address;
        pid_t pid;

        if (argc != 6) {
                fprintf(stderr, "usage: %s BELLHOPD SERVICE CASE PAUSE_MS COUNT\n", argv[0]);
                return EXIT_FAILURE;
        }
        bool cgroups = strcmp(argv[3], "cgroup") == 0;
        unsigned int pause = bench_number(argc, argv, 4), count = bench_number(argc, argv, 5);

        write_units(argv[2]);
        floor_address = address_of("floor");
        bellhop_address = address_of("bench");
        pid_t floor = floor_start(argv[2]);
        pid_t manager = bench_start_manager(argv[1], cgroups, NULL);
        for (unsigned int i = 0; i < count; i++) {
                bench_pause(pause);
                bench_sample("floor_us", (double)activate(&floor_address, &pid) / 1000);
                service_end(pid);
                bench_pause(pause);
                bench_sample("bellhop_us", (double)activate(&bellhop_address, &pid) / 1000);
                if (pid != 0 && i == 0)
                        bench_sample("in_cgroup", in_cgroup_of_its_own(pid));
                service_end(pid);
        }
        bench_stop(manager);
        bench_stop(floor);
        return EXIT_SUCCESS;
}
