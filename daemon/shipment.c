/* SPDX-License-Identifier: MIT */
/* Shipments: making the manifest, reading the receipt. */
#include "shipment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fd.h"

/* Written once: then nobody can change it, in no way. */
static int manifest_new(const void *text, size_t length) {
        _cleanup_fd_ int fd = memfd_create("bellhop-manifest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        if (fd < 0)
                return -errno;
        if (pwrite(fd, text, length, 0) != (ssize_t)length)
                return -ENOMEM;
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return -errno;
        return TAKE_FD(fd);
}

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
        fd = manifest_new(text, (size_t)length);
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

unsigned int shipment_read_receipt(const Shipment *shipment) {
        off_t taken = shipment->withdrawn ? 0 : lseek(shipment->manifest, 0, SEEK_CUR);

        return (unsigned int)CLAMP(taken, (off_t)shipment->taken, (off_t)shipment->next);
}

void shipment_withdraw(Shipment *shipment) {
        shipment->withdrawn = true;
        (void)lseek(shipment->manifest, (off_t)shipment->listed, SEEK_SET);
}
