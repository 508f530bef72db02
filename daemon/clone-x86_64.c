/* SPDX-License-Identifier: MIT */
/* clone3 and bare system calls on x86-64. */
#include "clone.h"

long clone_start(const struct clone_args *arguments, CloneEntry entry, void *argument) {
        register CloneEntry r8 __asm__("r8") = entry;
        register void *r9 __asm__("r9") = argument;
        long result;

        /* The child wakes up behind the syscall with rax 0 on its own, 16-byte aligned stack; all
         * other registers are the parent's. A zero frame pointer ends backtraces. */
        __asm__ volatile("syscall\n\t"
                         "testq %%rax, %%rax\n\t"
                         "jnz 1f\n\t"
                         "xorl %%ebp, %%ebp\n\t"
                         "movq %%r9, %%rdi\n\t"
                         "callq *%%r8\n\t"
                         "hlt\n"
                         "1:"
                         : "=a"(result)
                         : "0"((long)SYS_clone3), "D"(arguments), "S"(sizeof(*arguments)), "r"(r8),
                           "r"(r9)
                         : "rcx", "r11", "memory", "cc");
        return result;
}

_bare_ long clone_syscall(long number, long a, long b, long c, long d, long e) {
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                         : "rcx", "r11", "memory", "cc");
        return result;
}
