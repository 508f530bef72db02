/* SPDX-License-Identifier: MIT */
/* Two bare loops that bellhopd's activation is measured against: what it costs to start the same
 * program, and what it costs to hand it the listener by bell and claim socket. Each is a child that
 * serves one listener, starts argv for a connection, and waits for its end. They do nothing else:
 * no session, no limits, no log, no check of who asks. */
#pragma once

#include <sys/types.h>

/* The listener is inherited, and its number is argv[1]. */
pid_t bare_inherit_start(int listener, const char *service);
/* It is claimed. */
pid_t bare_claim_start(int listener, const char *service);
