/* SPDX-License-Identifier: MIT */
/* clone3 and bare system calls on 64-bit ARM. */
#include "clone.h"

long clone_start(const struct clone_args *arguments, CloneEntry entry, void *argument) {
        register long x0 __asm__("x0") = (long)arguments;
        register long x1 __asm__("x1") = (long)sizeof(*arguments);
        register long x8 __asm__("x8") = SYS_clone3;
        register CloneEntry x9 __asm__("x9") = entry;
        register void *x10 __asm__("x10") = argument;

        /* The child wakes up behind the svc with x0 0 on its own stack; all other registers are
         * the parent's. Zero frame pointer and link register end backtraces. */
        __asm__ volatile("svc #0\n\t"
                         "cbnz x0, 1f\n\t"
                         "mov x29, xzr\n\t"
                         "mov x30, xzr\n\t"
                         "mov x0, x10\n\t"
                         "blr x9\n\t"
                         "brk #1\n"
                         "1:"
                         : "+r"(x0)
                         : "r"(x1), "r"(x8), "r"(x9), "r"(x10)
                         : "memory", "cc");
        return x0;
}

_bare_ long clone_syscall(long number, long a, long b, long c, long d, long e) {
        register long x8 __asm__("x8") = number;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = d;
        register long x4 __asm__("x4") = e;

        __asm__ volatile("svc #0"
                         : "+r"(x0)
                         : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                         : "memory", "cc");
        return x0;
}
