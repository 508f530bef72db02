/* SPDX-License-Identifier: MIT */
/* Real-time signals by name. RTMIN+n is 34+n on every libc: glibc's SIGRTMIN is 34, musl's is 35,
 * and a manager and its services may be built with different ones. */
#pragma once

#include "bellhop.h"

/* The longest name, "RTMIN+30", with its NUL. */
#define RTSIG_NAME_SIZE sizeof("RTMIN+30")

/* The signal that announces items of a kind unless the unit says otherwise. */
int rtsig_of_kind(enum bellhop_kind kind);

/* Parses "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n", each also with a leading "SIG".
 * Returns: the signal number, or -EINVAL. */
int rtsig_from_string(const char *string);

/* Writes "RTMIN+n", or the plain number of a signal that isn't a real-time one, into buffer.
 * Returns: buffer. */
const char *rtsig_to_string(int sig, char buffer[RTSIG_NAME_SIZE]);

static inline int rtsig_is_valid(int sig) {
        return sig >= BELLHOP_SIGNAL_MIN && sig <= BELLHOP_SIGNAL_MAX;
}
