/* SPDX-License-Identifier: MIT */
/* A lock-free box of descriptors. */
#include "parcels.h"

#include "fd.h"

enum { SLOT_FREE, SLOT_BUSY, SLOT_FULL };

bool parcels_put(Parcels *parcels, const Parcel *parcel) {
        uint32_t tail = atomic_fetch_add(&parcels->tail, 1);

        for (uint32_t i = 0; i < PARCELS_MAX; i++) {
                ParcelSlot *slot = &parcels->slots[(tail + i) % PARCELS_MAX];
                unsigned int state = SLOT_FREE;

                if (!atomic_compare_exchange_strong(&slot->state, &state, SLOT_BUSY))
                        continue;
                slot->parcel = *parcel;
                atomic_store(&slot->state, SLOT_FULL);
                atomic_fetch_add(&parcels->count, 1);
                return true;
        }
        atomic_fetch_sub(&parcels->tail, 1);
        fd_close(parcel->fd);
        return false;
}

bool parcels_take(Parcels *parcels, Parcel *ret) {
        if (atomic_load(&parcels->count) == 0)
                return false;

        for (uint32_t i = 0; i < PARCELS_MAX; i++) {
                ParcelSlot *slot = &parcels->slots[(parcels->head + i) % PARCELS_MAX];

                if (atomic_load(&slot->state) != SLOT_FULL)
                        continue;
                parcels->head += i + 1;
                *ret = slot->parcel;
                atomic_store(&slot->state, SLOT_FREE);
                atomic_fetch_sub(&parcels->count, 1);
                return true;
        }
        return false;
}

void parcels_done(Parcels *parcels) {
        Parcel parcel;

        while (parcels_take(parcels, &parcel))
                fd_close(parcel.fd);
}
