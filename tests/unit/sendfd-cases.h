/* SPDX-License-Identifier: MIT */
/* What the tests of bellhop_sendfd() share: receivers, pipes by whose end a lost copy shows, and
 * the cases that hold whichever way a descriptor travels. */
#pragma once

#include <stdbool.h>

#include "bellhop.h"

#define PEER_SIGNAL 50
#define NOBODY      65534

/* A sandbox for this process: the system call gives that error, whether there is one or not. */
void sendfd_forbid(int error);

bellhop *peer_open_desk(unsigned int flags);
/* Returns: the descriptor of the next item, which is from the parent. */
int peer_wait(bellhop *desk);

/* Sends the writing end of a new pipe and closes it here. Returns: the reading end. */
int peer_send_pipe(pid_t pid);
void assert_pipe_open(int fd);
/* Waits for its end, and closes it. */
void assert_pipe_end(int fd);

/* Receivers. They say 'r' when they are ready and wait for 'd' before they end. */
void idle_service(int channel);     /* the signal would kill it */
void deaf_service(int channel);     /* blocks the signal and takes nothing */
void stranger_service(int channel); /* the same, of another user */
void told_service(int channel);     /* takes one, closes it and says 't' */
void refusing_service(int channel); /* after 'd': refuses one */

/* @takes: also those in which something is taken */
void sendfd_add_cases(bool takes);
