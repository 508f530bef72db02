/* SPDX-License-Identifier: MIT */
/* Notes: bells that have been heard and not been answered yet, and descriptors that came with their
 * signals. Written by the signal handler, in any thread and lock-free, and by whoever reads the
 * signalfd; read by the one thread that answers. A manager rings, or sends, again and again, so
 * what finds no room costs nothing but time. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "parcels.h"

#define NOTES_BELLS 16  /* claim sockets at a time; there is one manager, seldom two */
#define NOTES_PEERS 256 /* as many as one sender keeps */

typedef struct Notes {
        _Atomic uint64_t *peers; /* NOTES_PEERS packed PeerNotes, the owner's; 0: free */
        Parcels parcels;         /* descriptors that came with their signals */
        _Atomic uint64_t bells[NOTES_BELLS]; /* addresses of claim sockets; 0: free */
        _Atomic uint32_t peers_tail;         /* where the next one probably fits */
        uint32_t peers_head;                 /* the reader's: where to look first */
        atomic_uint peers_count;
        atomic_uint forged;  /* signals that are no bells, not counted as refused yet */
        atomic_uint dropped; /* bells that found no room, the same */
        atomic_uint lost;    /* descriptors that found no room, the same */
        atomic_bool rung;    /* the reader has to look: the handler has noted something, or the
                                last look left something */
} Notes;

/* What bellhop_sendfd() announces: "process pid offers its descriptor fd by signal". */
typedef struct PeerNote {
        pid_t pid;
        int fd;
        int signal;
        bool taken; /* the descriptor is here, only the answer is owed */
} PeerNote;

/* The second word of a peer's bell, where a manager's has half an address. */
#define PEER_BELL_MAGIC INT32_C(0x70656572)

/* One signal as signalfd_siginfo and siginfo_t have it. */
typedef struct HeardSignal {
        int signal;
        int code;
        int32_t error;
        int32_t value;
        pid_t pid;
        uid_t uid;
} HeardSignal;

/* Closes the descriptor that came with a signal which nobody expects. Async-signal-safe. */
void heard_signal_drop(const HeardSignal *heard);

/* Async-signal-safe. Whether it was a manager's or a peer's is told by peer_signals; a descriptor
 * that came with it is kept in any case. */
void notes_hear(Notes *notes, uint64_t peer_signals, const HeardSignal *heard);

bool notes_has_bell(const Notes *notes);

/* Takes out the address of a claim socket. Returns: 0 when there is none. */
uint64_t notes_take_bell(Notes *notes);

/* Looks at the first peer's note without taking it out; notes_drop_peer() does that.
 * Returns: its slot, or -ENOENT. */
int notes_first_peer(Notes *notes, PeerNote *ret);
void notes_drop_peer(Notes *notes, int slot);
/* Its descriptor is here; the answer couldn't be queued and is tried again later. */
void notes_owe_answer(Notes *notes, int slot, const PeerNote *note);
