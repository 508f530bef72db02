/* SPDX-License-Identifier: MIT */
/* bench-activation BELLHOPD SERVICE CASE PAUSE_MS COUNT: from connect() to the first byte of the
 * answer when nobody runs yet. In turns: the floor, a bare loop that polls the listener and starts
 * SERVICE with the descriptor inherited, and bellhopd. Then, in turns: the floor again, the same
 * that hands the listener over by bell and claim socket, and the same that also makes a service's
 * process of it. Apart, because the bare loops are one program and keep its code warm for each
 * other, while bellhopd's would be cold.
 *
 * Samples: floor_us, bellhop_us, in_cgroup (1: the service had one of its own); bare_us,
 * claim_floor_us, service_floor_us. */
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

#include "bare-manager.h"
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

/* ---- the floors -------------------------------------------------------------------------------
 */

/* inherited: not close-on-exec. */
static int floor_listener(const char *name, bool inherited) {
        struct sockaddr_un address = address_of(name);
        int type = SOCK_STREAM | SOCK_NONBLOCK | (inherited ? 0 : SOCK_CLOEXEC);
        int listener = socket(AF_UNIX, type, 0);

        if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(listener, SOMAXCONN) < 0)
                bench_die("listen");
        return listener;
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

/* One sample of each, in turns. */
static void measure(const char *key, const char *name, unsigned int pause, bool ask_cgroup) {
        const struct sockaddr_un address = address_of(name);
        pid_t pid;

        bench_pause(pause);
        bench_sample(key, (double)activate(&address, &pid) / 1000);
        if (pid != 0 && ask_cgroup)
                bench_sample("in_cgroup", in_cgroup_of_its_own(pid));
        service_end(pid);
}

int main(int argc, char **argv) {
        if (argc != 6) {
                fprintf(stderr, "usage: %s BELLHOPD SERVICE CASE PAUSE_MS COUNT\n", argv[0]);
                return EXIT_FAILURE;
        }
        bool cgroups = strcmp(argv[3], "cgroup") == 0;
        unsigned int pause = bench_number(argc, argv, 4), count = bench_number(argc, argv, 5);

        write_units(argv[2]);
        pid_t floor = bare_inherit_start(floor_listener("floor", true), argv[2]);
        pid_t manager = bench_start_manager(argv[1], cgroups, NULL);
        for (unsigned int i = 0; i < count; i++) {
                measure("floor_us", "floor", pause, false);
                measure("bellhop_us", "bench", pause, i == 0);
        }
        bench_stop(manager);

        pid_t claim_floor = bare_claim_start(floor_listener("claim-floor", false), argv[2]);
        pid_t service_floor = bare_service_start(floor_listener("service-floor", false), argv[2]);
        for (unsigned int i = 0; i < count; i++) {
                measure("bare_us", "floor", pause, false);
                measure("claim_floor_us", "claim-floor", pause, false);
                measure("service_floor_us", "service-floor", pause, false);
        }
        bench_stop(service_floor);
        bench_stop(claim_floor);
        bench_stop(floor);
        return EXIT_SUCCESS;
}
