/* SPDX-License-Identifier: MIT */
/* Bare loops that bellhopd's activation is measured against: what it costs to start the same
 * program, to hand it the listener by bell and claim socket, and to give it what the process of a
 * service has. Each is a child that serves one listener, starts the service for a connection, and
 * waits for its end. They do nothing else: no limits, no log, no check of who asks. */
#pragma once

#include <sys/types.h>

/* The listener is inherited, and its number is argv[1]. */
pid_t bare_inherit_start(int listener, const char *service);
/* It is claimed. */
pid_t bare_claim_start(int listener, const char *service);
/* The same, by a process with a session, a descriptor table and a working directory of its own. */
pid_t bare_service_start(int listener, const char *service);
