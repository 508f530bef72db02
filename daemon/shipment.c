/* SPDX-License-Identifier: MIT */
/* Shipments: making the manifest, reading the receipt. */
#include "shipment.h"

#include <string.h>
#include <unistd.h>

#include "fd.h"

/* Is added to the offset: then it is more than any manifest lists. */
#define WITHDRAWN (MESSAGE_ITEMS_MAX + 1)

int shipment_new(int signal, Delivery *const *deliveries, unsigned int count, Shipment **ret) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        MessageFile files[MESSAGE_ITEMS_MAX];
        uint8_t text[MANIFEST_SIZE_MAX];
        Shipment *shipment;
        int length, fd;

        for (unsigned int i = 0; i < count; i++) {
                int r = message_file_of(deliveries[i]->item->fd, &files[i]);

                if (r < 0)
                        return r;
                delivery_describe(deliveries[i], &items[i]);
        }
        length = message_encode_manifest(text, sizeof(text), items, files, count);
        if (length < 0)
                return length;
        fd = message_manifest_new(text, (size_t)length);
        if (fd < 0)
                return fd;

        shipment = g_new(Shipment, 1);
        *shipment = (Shipment){
                .signal = signal,
                .manifest = fd,
                .listed = count,
                .count = count,
        };
        for (unsigned int i = 0; i < count; i++)
                shipment->ids[i] = deliveries[i]->id;
        *ret = shipment;
        return 0;
}

Shipment *shipment_free(Shipment *shipment) {
        if (!shipment)
                return NULL;
        fd_close(shipment->manifest);
        g_free(shipment);
        return NULL;
}

/* What the desk has made of it is its own affair, as long as it says no more than it can have. */
static unsigned int receipt_of(const Shipment *shipment, off_t offset) {
        return (unsigned int)CLAMP(offset, (off_t)shipment->taken, (off_t)shipment->next);
}

/* These calls never wait for the desk, whatever it does with the same open file: the offset of what
 * memfd_create(2) gives is under no lock that is held during a read (FMODE_ATOMIC_POS, which what
 * open(2) gives has). */
unsigned int shipment_read_receipt(const Shipment *shipment) {
        if (shipment->withdrawn)
                return shipment->taken_last;
        return receipt_of(shipment, lseek(shipment->manifest, 0, SEEK_CUR));
}

void shipment_withdraw(Shipment *shipment) {
        if (shipment->withdrawn)
                return;
        shipment->withdrawn = true;
        shipment->taken_last =
                receipt_of(shipment, lseek(shipment->manifest, WITHDRAWN, SEEK_CUR) - WITHDRAWN);
}
