/* SPDX-License-Identifier: MIT */
/* What a spawn needs and C can't say, one file per architecture (clone-*.c): a clone3(2) whose
 * child goes on on a stack of its own, and system calls that leave libc's memory alone. The child
 * shares its parent's memory, thread-local storage included, so that libc's wrappers would write
 * the parent's errno. */
#pragma once

#include <linux/sched.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "macros.h"

/* Code that runs in the child: no instrumentation, which would keep state in the shared memory. */
#define _bare_                                                                            \
        __attribute__((no_sanitize("address", "undefined", "thread"), no_stack_protector, \
                       no_instrument_function))

/* Must not return. */
typedef void (*CloneEntry)(void *argument);

/* Calls entry(argument) in a child made with these arguments, which must have CLONE_VM and a stack.
 * Returns: the child's pid; negative errno: -ENOSYS if kernel or architecture can't. */
long clone_start(const struct clone_args *arguments, CloneEntry entry, void *argument);

/* Returns: what the kernel returns, errors as negative errno. */
long clone_syscall(long number, long a, long b, long c, long d, long e);

#define CALL0(name)          clone_syscall(SYS_##name, 0, 0, 0, 0, 0)
#define CALL1(name, a)       clone_syscall(SYS_##name, (long)(a), 0, 0, 0, 0)
#define CALL2(name, a, b)    clone_syscall(SYS_##name, (long)(a), (long)(b), 0, 0, 0)
#define CALL3(name, a, b, c) clone_syscall(SYS_##name, (long)(a), (long)(b), (long)(c), 0, 0)
#define CALL4(name, a, b, c, d) \
        clone_syscall(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), 0)

/* 32-bit architectures have 16-bit ids in the calls of the plain name. */
#ifdef SYS_setresuid32
#        define CLONE_SYS_setresuid SYS_setresuid32
#        define CLONE_SYS_setresgid SYS_setresgid32
#        define CLONE_SYS_setgroups SYS_setgroups32
#        define CLONE_SYS_fchown    SYS_fchown32
#else
#        define CLONE_SYS_setresuid SYS_setresuid
#        define CLONE_SYS_setresgid SYS_setresgid
#        define CLONE_SYS_setgroups SYS_setgroups
#        define CLONE_SYS_fchown    SYS_fchown
#endif

/* clone(2) without a stack is a fork; the order of its arguments is the architecture's. */
#ifdef __s390__
#        define CLONE_FORK(flags, pidfd) syscall(SYS_clone, 0, (flags), (pidfd), 0, 0)
#else
#        define CLONE_FORK(flags, pidfd) syscall(SYS_clone, (flags), 0, (pidfd), 0, 0)
#endif
