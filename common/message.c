/* SPDX-License-Identifier: MIT */
/* Encoder and decoder of the claim socket's messages; the layout is drawn in message.h. */
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "item-name.h"
#include "macros.h"
#include "rtsig.h"

enum { TYPE_ITEMS = 1, TYPE_RECEIPT = 2, TYPE_MANIFEST = 3 };

typedef struct Header {
        uint32_t magic;
        uint8_t version;
        uint8_t type;
        uint16_t count;
        uint32_t length;
        uint32_t remaining;
} Header;

_Static_assert(sizeof(Header) == MESSAGE_HEADER_SIZE, "the header is 16 bytes, without padding");
_Static_assert(sizeof(MessageFile) == MESSAGE_FILE_SIZE, "a file is 16 bytes, without padding");

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

/* The records behind the header. Returns: the length with it; -EINVAL, -ENOBUFS. */
static int records_write(uint8_t *buffer, size_t size, const MessageItem *items,
                         unsigned int count) {
        uint8_t *at = buffer + MESSAGE_HEADER_SIZE, *end = buffer + size;

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
        return (int)(at - buffer);
}

/* Header and records. Returns: the length of both, or -EBADMSG. */
static int records_read(const uint8_t *buffer, size_t length, uint8_t type, Header *ret_header,
                        MessageItem items[MESSAGE_ITEMS_MAX]) {
        const uint8_t *at = buffer + MESSAGE_HEADER_SIZE, *end = buffer + length;
        int r = header_read(buffer, length, type, ret_header);

        if (r < 0)
                return r;
        if (ret_header->count == 0 || ret_header->count > MESSAGE_ITEMS_MAX)
                return -EBADMSG;

        for (unsigned int i = 0; i < ret_header->count; i++) {
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
        return (int)(at - buffer);
}

int message_encode_items(void *buffer, size_t size, const MessageItem *items, unsigned int count,
                         uint32_t remaining) {
        int length = records_write(buffer, size, items, count);

        if (length >= 0)
                header_write(buffer, TYPE_ITEMS, (uint16_t)count, (uint32_t)length, remaining);
        return length;
}

int message_decode_items(const void *buffer, size_t length,
                         MessageItem ret_items[MESSAGE_ITEMS_MAX], uint32_t *ret_remaining) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        Header header;
        int end = records_read(buffer, length, TYPE_ITEMS, &header, items);

        if (end < 0)
                return end;
        if ((size_t)end != length)
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

int message_file_of(int fd, MessageFile *ret) {
        struct statx status;

        if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &status) < 0)
                return -errno;
        *ret = (MessageFile){
                .inode = status.stx_ino,
                .device_major = status.stx_dev_major,
                .device_minor = status.stx_dev_minor,
        };
        return 0;
}

bool message_file_equal(const MessageFile *a, const MessageFile *b) {
        return a->inode == b->inode && a->device_major == b->device_major &&
               a->device_minor == b->device_minor;
}

int message_manifest_new(const void *text, size_t length) {
        _cleanup_fd_ int fd = memfd_create("bellhop-manifest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        if (fd < 0)
                return -errno;
        if (pwrite(fd, text, length, 0) != (ssize_t)length)
                return -ENOMEM;
        if (fcntl(fd, F_ADD_SEALS, MANIFEST_SEALS) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int message_encode_manifest(void *buffer, size_t size, const MessageItem *items,
                            const MessageFile *files, unsigned int count) {
        size_t files_size = count * sizeof(files[0]);
        int length = records_write(buffer, size, items, count);

        if (length < 0)
                return length;
        if (size - (size_t)length < files_size)
                return -ENOBUFS;
        memcpy((uint8_t *)buffer + length, files, files_size);
        length += (int)files_size;
        header_write(buffer, TYPE_MANIFEST, (uint16_t)count, (uint32_t)length, 0);
        return length;
}

int message_decode_manifest(const void *buffer, size_t length,
                            MessageItem ret_items[MESSAGE_ITEMS_MAX],
                            MessageFile ret_files[MESSAGE_ITEMS_MAX]) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        Header header;
        int end = records_read(buffer, length, TYPE_MANIFEST, &header, items);

        if (end < 0)
                return end;
        if (header.remaining != 0 || length - (size_t)end != header.count * sizeof(ret_files[0]))
                return -EBADMSG;
        memcpy(ret_items, items, header.count * sizeof(items[0]));
        memcpy(ret_files, (const uint8_t *)buffer + end, header.count * sizeof(ret_files[0]));
        return header.count;
}
