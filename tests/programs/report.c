/* SPDX-License-Identifier: MIT */
/* Reports of a test program to its test: see report.h. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"

static struct sockaddr_un report_address;

void report_open(const char *path) {
        report_address.sun_family = AF_UNIX;
        if (path)
                strncpy(report_address.sun_path, path, sizeof(report_address.sun_path) - 1);
}

/* A socket per report: the programs close, fill and count their descriptors. */
static void report_send(const char *text, size_t length) {
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return;
        (void)sendto(fd, text, length, MSG_NOSIGNAL, (struct sockaddr *)&report_address,
                     sizeof(report_address));
}

void report(const char *format, ...) {
        char text[1024];
        va_list arguments;

        int length = snprintf(text, sizeof(text), "%d ", (int)getpid());
        va_start(arguments, format);
        vsnprintf(text + length, sizeof(text) - (size_t)length, format, arguments);
        va_end(arguments);
        if (report_address.sun_path[0]) {
                report_send(text, strlen(text));
        } else {
                puts(text);
                fflush(stdout);
        }
}

void report_die(const char *what, int error) {
        report("error %s: %s", what, strerror(error < 0 ? -error : error));
        _exit(1);
}
