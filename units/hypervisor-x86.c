/* SPDX-License-Identifier: MIT */
/* CPUID of x86. */
#include "hypervisor.h"

#include <string.h>

#include <cpuid.h>

#define HYPERVISOR_BIT  (1U << 31) /* of ECX, leaf 1 */
#define HYPERVISOR_LEAF 0x40000000U

void hypervisor_signature(char ret[13]) {
        unsigned int a, b, c, d;

        ret[0] = '\0';
        if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & HYPERVISOR_BIT))
                return;
        __cpuid(HYPERVISOR_LEAF, a, b, c, d);
        memcpy(ret, &b, 4);
        memcpy(ret + 4, &c, 4);
        memcpy(ret + 8, &d, 4);
        ret[12] = '\0';
        /* A hypervisor that doesn't say who it is, is one all the same. */
        if (!ret[0])
                strcpy(ret, "?");
}
