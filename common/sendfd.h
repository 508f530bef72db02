/* SPDX-License-Identifier: MIT */
/* The system call sendfd(), for headers that don't know it: it queues a real-time signal that
 * carries an open file. Who takes the signal gets the descriptor with it, close-on-exec, as si_int
 * (ssi_fd); a negative number there is the error for which there is none. kernel/ has the call and
 * its manual. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* Above SI_KERNEL, so that no other process can forge it. */
#ifndef SI_SENDFD
#        define SI_SENDFD 0x81
#endif

#ifndef SENDFD_THREAD
#        define SENDFD_THREAD 0x1u
#endif

/* Where it has no number, -1 is the call that nobody has. */
#if defined(SYS_sendfd)
#        define SENDFD_NUMBER SYS_sendfd
#elif defined(__x86_64__) && defined(__LP64__)
#        define SENDFD_NUMBER 548
#else
#        define SENDFD_NUMBER (-1)
#endif

/* pid: a process; with SENDFD_THREAD a thread.
 * Returns: 0 or negative errno. */
int sendfd_call(pid_t pid, int sig, int fd, unsigned int flags);

/* Whether this kernel has the call, and no sandbox forbids it. */
bool sendfd_is_there(void);
