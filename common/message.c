/* SPDX-License-Identifier: MIT */
/* Encoder and decoder of the claim socket's messages; the layout is drawn in message.h. */
#include "message.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "item-name.h"
#include "macros.h"
#include "rtsig.h"

enum { TYPE_ITEMS = 1, TYPE_RECEIPT = 2 };

typedef struct Header {
        uint32_t magic;
        uint8_t version;
        uint8_t type;
        uint16_t count;
        uint32_t length;
        uint32_t remaining;
} Header;

_Static_assert(sizeof(Header) == MESSAGE_HEADER_SIZE, "the header is 16 bytes, without padding");

static void header_write(void *buffer, uint8_t type, uint16_t count, uint32_t length,
                         uint32_t remaining) {
        Header header = {
                .magic = MESSAGE_MAGIC,
                .version = MESSAGE_VERSION,
                .type = type,
                .count = count,
                .length = length,
                .remaining = remaining,
        };

        memcpy(buffer, &header, sizeof(header));
}

static int header_read(const void *buffer, size_t length, uint8_t type, Header *ret) {
        Header header;

        if (length < sizeof(header))
                return -EBADMSG;
        memcpy(&header, buffer, sizeof(header));
        if (header.magic != MESSAGE_MAGIC || header.version != MESSAGE_VERSION ||
            header.type != type || header.length != length)
                return -EBADMSG;
        *ret = header;
        return 0;
}

static bool item_is_valid(const MessageItem *item) {
        return item->kind >= BELLHOP_KIND_LISTENER && item->kind <= BELLHOP_KIND_OTHER &&
               rtsig_is_valid(item->signal) && (item->flags & ~BELLHOP_ITEM_REPLACES) == 0 &&
               item_name_is_valid(item->name, item->name_length);
}

int message_encode_items(void *buffer, size_t size, const MessageItem *items, unsigned int count,
                         uint32_t remaining) {
        uint8_t *at = (uint8_t *)buffer + MESSAGE_HEADER_SIZE, *end = (uint8_t *)buffer + size;

        if (count == 0 || count > MESSAGE_ITEMS_MAX)
                return -EINVAL;
        if (size < MESSAGE_HEADER_SIZE)
                return -ENOBUFS;

        for (unsigned int i = 0; i < count; i++) {
                const MessageItem *item = &items[i];

                if (!item_is_valid(item))
                        return -EINVAL;
                if ((size_t)(end - at) < MESSAGE_RECORD_SIZE + (size_t)item->name_length)
                        return -ENOBUFS;
                *at++ = item->kind;
                *at++ = item->signal;
                *at++ = item->flags;
                *at++ = item->name_length;
                memcpy(at, item->name, item->name_length);
                at += item->name_length;
        }
        header_write(buffer, TYPE_ITEMS, (uint16_t)count, (uint32_t)(at - (uint8_t *)buffer),
                     remaining);
        return (int)(at - (uint8_t *)buffer);
}

int message_decode_items(const void *buffer, size_t length,
                         MessageItem ret_items[MESSAGE_ITEMS_MAX], uint32_t *ret_remaining) {
        const uint8_t *at = (const uint8_t *)buffer + MESSAGE_HEADER_SIZE;
        const uint8_t *end = (const uint8_t *)buffer + length;
        MessageItem items[MESSAGE_ITEMS_MAX];
        Header header;
        int r;

        r = header_read(buffer, length, TYPE_ITEMS, &header);
        if (r < 0)
                return r;
        if (header.count == 0 || header.count > MESSAGE_ITEMS_MAX)
                return -EBADMSG;

        for (unsigned int i = 0; i < header.count; i++) {
                MessageItem *item = &items[i];

                if (end - at < MESSAGE_RECORD_SIZE)
                        return -EBADMSG;
                *item = (MessageItem){
                        .kind = at[0],
                        .signal = at[1],
                        .flags = at[2],
                        .name_length = at[3],
                        .name = (const char *)at + MESSAGE_RECORD_SIZE,
                };
                at += MESSAGE_RECORD_SIZE;
                if (end - at < item->name_length || !item_is_valid(item))
                        return -EBADMSG;
                at += item->name_length;
        }
        if (at != end)
                return -EBADMSG;

        memcpy(ret_items, items, header.count * sizeof(items[0]));
        *ret_remaining = header.remaining;
        return header.count;
}

void message_encode_receipt(uint8_t ret[MESSAGE_HEADER_SIZE], unsigned int taken) {
        header_write(ret, TYPE_RECEIPT, (uint16_t)taken, MESSAGE_HEADER_SIZE, 0);
}

int message_decode_receipt(const void *buffer, size_t length, unsigned int sent) {
        Header header;
        int r;

        r = header_read(buffer, length, TYPE_RECEIPT, &header);
        if (r < 0)
                return r;
        if (length != MESSAGE_HEADER_SIZE || header.remaining != 0 || header.count > sent)
                return -EBADMSG;
        return header.count;
}
