/* SPDX-License-Identifier: MIT */
/* How a test program tells the test what it does: one datagram per event, to the unix socket that
 * the harness listens on. Never blocks the program: a test that doesn't listen loses reports. */
#pragma once

#include "macros.h"

/* path NULL: reports go to stdout. */
void report_open(const char *path);

/* Sends "PID TEXT". */
void report(const char *format, ...) _printf_(1, 2);

/* Reports the reason and exits with status 1. */
_noreturn_ void report_die(const char *what, int error);
