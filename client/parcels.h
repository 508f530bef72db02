/* SPDX-License-Identifier: MIT */
/* Parcels: descriptors that have come with a signal (sendfd.h) and haven't been looked at yet. Put
 * in by the signal handler, in any thread and lock-free, and by whoever reads the signalfd; taken
 * out, in their order, by the one thread that answers. Owns the descriptors. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PARCELS_MAX 256 /* as many as one sender of offers keeps */

typedef struct Parcel {
        int fd; /* negative: the error for which the kernel could make none */
        int signal;
        pid_t pid; /* who has sent it, on the kernel's word */
        uid_t uid;
} Parcel;

typedef struct ParcelSlot {
        atomic_uint state;
        Parcel parcel;
} ParcelSlot;

typedef struct Parcels {
        ParcelSlot *slots;     /* PARCELS_MAX, the owner's; zero bytes are free ones */
        _Atomic uint32_t tail; /* where the next one probably fits */
        uint32_t head;         /* the reader's: where to look first */
        atomic_uint count;
} Parcels;

/* Async-signal-safe. Consumes the descriptor. Returns: false if there is no room: it is closed. */
bool parcels_put(Parcels *parcels, const Parcel *parcel);

/* Returns: false when there is none. */
bool parcels_take(Parcels *parcels, Parcel *ret);

/* Closes all. */
void parcels_done(Parcels *parcels);
