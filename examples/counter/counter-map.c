/* SPDX-License-Identifier: MIT */
/* Claims the shared memory and maps it: the whole bellhop part of both services. */
#include <bellhop.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counter.h"

Counter *counter_map(void) {
        int fd = bellhop_claim("counter.memfd", 5000);
        if (fd < 0) {
                fprintf(stderr, "counter.memfd: %s\n", bellhop_strerror(fd));
                return NULL;
        }
        void *page = mmap(NULL, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        if (page == MAP_FAILED) {
                perror("mmap");
                return NULL;
        }
        return page;
}
