/* SPDX-License-Identifier: MIT */
/* The shared page of the counter pair. The memfd has the size that counter.memfd says and is sealed
 * against growing and shrinking, so that no reader can be hit by SIGBUS; the writer only ever adds,
 * the reader only ever looks. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* All zero in a new memfd. The sequence is a futex: who waits for a change sleeps in the kernel. */
typedef struct Counter {
        _Atomic uint32_t sequence;
        _Atomic uint64_t count;
        _Atomic int32_t writer_pid;
} Counter;

/* Claims counter.memfd and maps it. Returns: the page, or NULL after a message on stderr. */
Counter *counter_map(void);
