/* SPDX-License-Identifier: MIT */
/* The claim socket's messages and sendfd()'s manifests, as either side reads them: what is accepted
 * is in rule, lies within the message, and encodes to the very same bytes. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "item-name.h"
#include "message.h"
#include "rtsig.h"

static void check_item(const MessageItem *item, const uint8_t *data, size_t size) {
        const uint8_t *name = (const uint8_t *)item->name;

        FUZZ_ASSERT(item->kind >= BELLHOP_KIND_LISTENER && item->kind <= BELLHOP_KIND_OTHER);
        FUZZ_ASSERT(rtsig_is_valid(item->signal));
        FUZZ_ASSERT(item->flags <= BELLHOP_ITEM_REPLACES);
        FUZZ_ASSERT(name >= data && name + item->name_length <= data + size);
        FUZZ_ASSERT(item_name_is_valid(item->name, item->name_length));
}

static void try_items(const uint8_t *data, size_t size) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        uint8_t again[MESSAGE_SIZE_MAX];
        uint32_t remaining;
        int count = message_decode_items(data, size, items, &remaining);

        if (count < 0) {
                FUZZ_ASSERT(count == -EBADMSG);
                return;
        }
        FUZZ_ASSERT(count >= 1 && count <= MESSAGE_ITEMS_MAX);
        for (int i = 0; i < count; i++)
                check_item(&items[i], data, size);
        FUZZ_ASSERT(message_encode_items(again, sizeof(again), items, (unsigned int)count,
                                         remaining) == (int)size);
        FUZZ_ASSERT(memcmp(again, data, size) == 0);
}

static void try_manifest(const uint8_t *data, size_t size) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        MessageFile files[MESSAGE_ITEMS_MAX];
        uint8_t again[MANIFEST_SIZE_MAX];
        int count = message_decode_manifest(data, size, items, files);

        if (count < 0) {
                FUZZ_ASSERT(count == -EBADMSG);
                return;
        }
        FUZZ_ASSERT(count >= 1 && count <= MESSAGE_ITEMS_MAX);
        for (int i = 0; i < count; i++)
                check_item(&items[i], data, size);
        FUZZ_ASSERT(message_encode_manifest(again, sizeof(again), items, files,
                                            (unsigned int)count) == (int)size);
        FUZZ_ASSERT(memcmp(again, data, size) == 0);
}

static void try_receipt(const uint8_t *data, size_t size, unsigned int sent) {
        uint8_t again[MESSAGE_HEADER_SIZE];
        int taken = message_decode_receipt(data, size, sent);

        if (taken < 0) {
                FUZZ_ASSERT(taken == -EBADMSG);
                return;
        }
        FUZZ_ASSERT((unsigned int)taken <= sent && size == sizeof(again));
        message_encode_receipt(again, (unsigned int)taken);
        FUZZ_ASSERT(memcmp(again, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        try_items(data, size);
        try_manifest(data, size);
        try_receipt(data, size, 0);
        try_receipt(data, size, 1);
        try_receipt(data, size, MESSAGE_ITEMS_MAX);
        return 0;
}
