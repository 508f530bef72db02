/* SPDX-License-Identifier: MIT */
/* How a program without libc begins and makes system calls on x86-64. */
#pragma once

/* The kernel leaves argc and argv on the stack; it is aligned as a call expects it. */
__asm__(".globl _start\n"
        "_start:\n"
        "        xor %ebp, %ebp\n"
        "        mov %rsp, %rdi\n"
        "        call tiny_main\n");

static inline long tiny_call(long number, long a, long b, long c, long d, long e) {
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                         : "rcx", "r11", "memory");
        return result;
}
