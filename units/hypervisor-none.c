/* SPDX-License-Identifier: MIT */
/* Architectures without CPUID. */
#include "hypervisor.h"

void hypervisor_signature(char ret[13]) {
        ret[0] = '\0';
}
