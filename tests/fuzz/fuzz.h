/* SPDX-License-Identifier: MIT */
/* What a fuzzer defines, called by libFuzzer or by main.c. It aborts when something is wrong. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(condition)    \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)
