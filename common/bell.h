/* SPDX-License-Identifier: MIT */
/* The bell: a queued real-time signal whose 64 bits name the claim socket to ask.
 *
 *   si_errno                si_int
 *   +----------------------+----------------------+
 *   | address, high 32     | address, low 32      |   -> abstract "bellhop/" + 16 hex digits
 *   +----------------------+----------------------+
 *
 * These two fields arrive intact by signalfd(2), sigtimedwait(2) and in a handler. si_pid and
 * si_uid are whatever the sender wrote and are not looked at. */
#pragma once

#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bellhop.h"

/* The signals of all bells, unless a unit (Signal=) or a desk's options name others. */
#define BELL_SIGNALS_DEFAULT                             \
        (BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER) |   \
         BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_CONNECTION) | \
         BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MEMFD) | BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_OTHER))

typedef struct Bell {
        uint64_t address; /* of the claim socket; never 0 */
} Bell;

/* Fills the siginfo for pidfd_send_signal(2), which wants si_signo set to the signal. */
void bell_to_siginfo(const Bell *bell, int sig, siginfo_t *ret);

/* The address from the two fields as signalfd_siginfo and siginfo_t have them; 0: not a bell. */
uint64_t bell_address(int code, int32_t high, int32_t low);

/* The claim socket's abstract address. Returns: its length for bind(2) and connect(2). */
socklen_t bell_to_sockaddr(uint64_t address, struct sockaddr_un *ret);
