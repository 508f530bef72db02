/* SPDX-License-Identifier: MIT */
/* Reports of a test program to its test: see report.h. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int report_fd = -EBADF;

/* Kept open, for programs that fill their descriptor table. Lines are short enough to be written in
 * one piece (PIPE_BUF). */
void report_open(const char *path) {
        report_fd = path ? open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : dup(STDOUT_FILENO);
}

void report(const char *format, ...) {
        char line[1024];
        va_list arguments;

        int start = snprintf(line, sizeof(line), "%d ", (int)getpid());
        va_start(arguments, format);
        vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, arguments);
        va_end(arguments);
        size_t length = strlen(line);
        line[length++] = '\n';
        (void)!write(report_fd, line, length);
}

void report_die(const char *what, int error) {
        report("error %s: %s", what, strerror(error < 0 ? -error : error));
        _exit(1);
}
