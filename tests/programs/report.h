/* SPDX-License-Identifier: MIT */
/* How a test program tells the test what it does: one line per event into a FIFO that the harness
 * reads. Never blocks the program: when nobody reads, what doesn't fit is lost. */
#pragma once

#include "macros.h"

/* path NULL: reports go to stdout. */
void report_open(const char *path);

/* Sends "PID TEXT". */
void report(const char *format, ...) _printf_(1, 2);

/* Reports the reason and exits with status 1. */
_noreturn_ void report_die(const char *what, int error);
