/* SPDX-License-Identifier: MIT */
/* How a program without libc begins and makes system calls on 64-bit ARM. */
#pragma once

/* The kernel leaves argc and argv on the stack. */
__asm__(".globl _start\n"
        "_start:\n"
        "        mov x29, xzr\n"
        "        mov x0, sp\n"
        "        bl tiny_main\n");

static inline long tiny_call(long number, long a, long b, long c, long d, long e) {
        register long x8 __asm__("x8") = number;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = d;
        register long x4 __asm__("x4") = e;

        __asm__ volatile("svc 0"
                         : "+r"(x0)
                         : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                         : "memory");
        return x0;
}
