/* SPDX-License-Identifier: MIT */
/* Lock-free notes of bells. */
#include "notes.h"

#include <errno.h>

#include "bell.h"
#include "bellhop.h"
#include "fd.h"
#include "sendfd.h"

/* A peer's note in 64 bits, so that it is written at once:
 *
 *    63   62     61..38    37..31     30..0
 *   +---+-------+--------+--------+----------+
 *   | 1 | taken |  pid   | signal |    fd    |    the kernel's pids have at most 22 bits
 *   +---+-------+--------+--------+----------+ */
#define PEER_PRESENT (UINT64_C(1) << 63)
#define PEER_TAKEN   (UINT64_C(1) << 62)
#define PID_MASK     UINT64_C(0xffffff)
#define SIGNAL_MASK  UINT64_C(0x7f)
#define FD_MASK      UINT64_C(0x7fffffff)

static uint64_t peer_pack(const PeerNote *note) {
        return PEER_PRESENT | (note->taken ? PEER_TAKEN : 0) |
               ((uint64_t)note->pid & PID_MASK) << 38 |
               ((uint64_t)note->signal & SIGNAL_MASK) << 31 | ((uint64_t)note->fd & FD_MASK);
}

static PeerNote peer_unpack(uint64_t packed) {
        return (PeerNote){
                .pid = (pid_t)(packed >> 38 & PID_MASK),
                .fd = (int)(packed & FD_MASK),
                .signal = (int)(packed >> 31 & SIGNAL_MASK),
                .taken = packed & PEER_TAKEN,
        };
}

static bool hear_bell(Notes *notes, uint64_t address) {
        for (unsigned int i = 0; i < NOTES_BELLS; i++) {
                uint64_t free_slot = 0;

                if (atomic_compare_exchange_strong(&notes->bells[i], &free_slot, address) ||
                    free_slot == address)
                        return true;
        }
        return false;
}

static bool hear_peer(Notes *notes, const PeerNote *note) {
        uint32_t tail = atomic_load(&notes->peers_tail);
        uint64_t packed = peer_pack(note);

        for (uint32_t i = 0; i < NOTES_PEERS; i++) {
                uint32_t slot = (tail + i) % NOTES_PEERS;
                uint64_t free_slot = 0;

                if (!atomic_compare_exchange_strong(&notes->peers[slot], &free_slot, packed))
                        continue;
                atomic_store(&notes->peers_tail, slot + 1);
                atomic_fetch_add(&notes->peers_count, 1);
                return true;
        }
        return false;
}

void heard_signal_drop(const HeardSignal *heard) {
        if (heard->code == SI_SENDFD)
                fd_close(heard->value);
}

void notes_hear(Notes *notes, uint64_t peer_signals, const HeardSignal *heard) {
        bool known = false, kept = false;

        if (heard->code == SI_SENDFD) {
                known = true;
                kept = parcels_put(&notes->parcels, &(Parcel){ .fd = heard->value,
                                                               .signal = heard->signal,
                                                               .pid = heard->pid,
                                                               .uid = heard->uid });
        } else if (peer_signals & BELLHOP_SIGNAL_BIT(heard->signal)) {
                known = heard->code == SI_QUEUE && heard->error == PEER_BELL_MAGIC &&
                        heard->pid > 0 && (uint64_t)heard->pid <= PID_MASK && heard->value >= 0;
                if (known)
                        kept = hear_peer(notes, &(PeerNote){ .pid = heard->pid,
                                                             .fd = heard->value,
                                                             .signal = heard->signal });
        } else {
                uint64_t address = bell_address(heard->code, heard->error, heard->value);

                known = address != 0;
                if (known)
                        kept = hear_bell(notes, address);
        }

        if (!known)
                atomic_fetch_add(&notes->forged, 1);
        else if (!kept)
                atomic_fetch_add(heard->code == SI_SENDFD ? &notes->lost : &notes->dropped, 1);
}

bool notes_has_bell(const Notes *notes) {
        for (unsigned int i = 0; i < NOTES_BELLS; i++)
                if (atomic_load(&notes->bells[i]) != 0)
                        return true;
        return false;
}

uint64_t notes_take_bell(Notes *notes) {
        for (unsigned int i = 0; i < NOTES_BELLS; i++)
                if (atomic_load(&notes->bells[i]) != 0)
                        return atomic_exchange(&notes->bells[i], 0);
        return 0;
}

int notes_first_peer(Notes *notes, PeerNote *ret) {
        if (atomic_load(&notes->peers_count) == 0)
                return -ENOENT;

        for (uint32_t i = 0; i < NOTES_PEERS; i++) {
                uint32_t slot = (notes->peers_head + i) % NOTES_PEERS;
                uint64_t packed = atomic_load(&notes->peers[slot]);

                if (packed == 0)
                        continue;
                notes->peers_head = slot;
                *ret = peer_unpack(packed);
                return (int)slot;
        }
        return -ENOENT;
}

void notes_drop_peer(Notes *notes, int slot) {
        atomic_store(&notes->peers[slot], 0);
        atomic_fetch_sub(&notes->peers_count, 1);
        notes->peers_head = (uint32_t)slot + 1;
}

void notes_owe_answer(Notes *notes, int slot, const PeerNote *note) {
        PeerNote owed = *note;

        owed.taken = true;
        atomic_store(&notes->peers[slot], peer_pack(&owed));
}
