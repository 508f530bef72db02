/* SPDX-License-Identifier: MIT */
/* bench-footprint BELLHOPD SOCKETS COUNT: memory and time to ready with so many unix sockets, each
 * its own socket and service unit, in turns with a bare program that opens, binds, listens and
 * epolls as many.
 *
 * Samples: ready_ms, bare_ms, pss_kib (rss_kib where that can't be read), bare_pss_kib. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

/* The bare program: this one again, as "SELF --bare FOLDER SOCKETS". */
static int bare_main(const char *folder, unsigned int sockets) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int epoll = epoll_create1(EPOLL_CLOEXEC);

        bench_raise_descriptors(sockets + 64);
        for (unsigned int i = 0; i < sockets; i++) {
                struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
                int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/s%u", folder, i);
                if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
                    listen(fd, SOMAXCONN) < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
                        bench_die(address.sun_path);
        }
        if (write(3, "\n", 1) < 0)
                bench_die("ready");
        pause();
        return EXIT_SUCCESS;
}

static void write_units(unsigned int sockets) {
        char name[64];

        for (unsigned int i = 0; i < sockets; i++) {
                snprintf(name, sizeof(name), "units/s%u.socket", i);
                bench_write(name,
                            "[Unit]\nDescription=Socket %u\n\n[Socket]\nListenStream=%s/s%u\n", i,
                            bench_folder(), i);
                snprintf(name, sizeof(name), "units/s%u.service", i);
                bench_write(name,
                            "[Unit]\nDescription=Service %u\n\n[Service]\nExecStart=/bin/true\n",
                            i);
        }
}

static void measure_manager(const char *bellhopd) {
        const char *key;
        uint64_t ready_ns;
        pid_t pid = bench_start_manager(bellhopd, true, &ready_ns);

        bench_sample("ready_ms", (double)ready_ns / 1e6);
        double kib = bench_memory(pid, &key);
        bench_sample(key, kib);
        bench_stop(pid);
        bench_folder_clean();
}

static void measure_bare(const char *self, const char *sockets) {
        const char *argv[] = { self, "--bare", bench_folder(), sockets, NULL };
        const char *key;
        uint64_t ready_ns;
        pid_t pid = bench_start((char *const *)argv, true, &ready_ns);

        bench_sample("bare_ms", (double)ready_ns / 1e6);
        double kib = bench_memory(pid, &key);
        bench_sample("bare_kib", kib);
        bench_stop(pid);
        bench_folder_clean();
}

int main(int argc, char **argv) {
        if (argc == 4 && strcmp(argv[1], "--bare") == 0)
                return bare_main(argv[2], bench_number(argc, argv, 3));
        if (argc != 4) {
                fprintf(stderr, "usage: %s BELLHOPD SOCKETS COUNT\n", argv[0]);
                return EXIT_FAILURE;
        }
        unsigned int sockets = bench_number(argc, argv, 2), count = bench_number(argc, argv, 3);

        bench_raise_descriptors(sockets + 64);
        write_units(sockets);
        for (unsigned int i = 0; i < count; i++) {
                measure_bare("/proc/self/exe", argv[2]);
                measure_manager(argv[1]);
        }
        return EXIT_SUCCESS;
}
