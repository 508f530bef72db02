/* SPDX-License-Identifier: MIT */
/* Two writes for as many children as are on our memory at a time. */
#include "oom-score.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"

static int score_fd = -EBADF;
static char own_score[16], service_score[16];
static unsigned int children;

static void score_write(const char *score) {
        (void)!pwrite(score_fd, score, strlen(score), 0);
}

void oom_score_note(const char *path, int services) {
        _cleanup_fd_ int fd = open(path, O_RDWR | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : pread(fd, own_score, sizeof(own_score) - 1, 0);

        score_fd = fd_close(score_fd);
        if (length <= 0)
                return;
        own_score[length] = '\0';
        own_score[strcspn(own_score, "\n")] = '\0';
        (void)snprintf(service_score, sizeof(service_score), "%d", services);
        if (atoi(own_score) < services)
                score_fd = TAKE_FD(fd);
}

void oom_score_lend(void) {
        if (score_fd >= 0 && children++ == 0)
                score_write(service_score);
}

void oom_score_regain(void) {
        if (score_fd >= 0 && --children == 0)
                score_write(own_score);
}
