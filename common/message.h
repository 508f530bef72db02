/* SPDX-License-Identifier: MIT */
/* What travels over a claim socket (SOCK_SEQPACKET, so one message is one packet), and before the
 * items that travel by sendfd().
 *
 * Manager to desk, 1 to 64 items, their descriptors in the same order as SCM_RIGHTS:
 *
 *    0         4     5     6       8         12          16
 *   +---------+-----+-----+-------+---------+-----------+
 *   | "bell"  | ver | typ | count | length  | remaining |   header, 16 bytes
 *   +---------+-----+-----+-------+---------+-----------+
 *   | kind | signal | flags | n | name, n bytes, no NUL |   count times, 5 to 259 bytes each
 *   +------+--------+-------+---+-----------------------+
 *
 * length is the whole message; remaining is how many items follow in further messages of this
 * connection. Desk to manager, the receipt: a header alone with type RECEIPT, length 16, remaining
 * 0, and count = how many of the items it took, from the first on. The manager sends the next
 * message when it has the receipt for the last. After the last it keeps the connection of a main
 * process, for what is delivered later, and closes any other. docs/PROTOCOL.md tells the rest.
 *
 * By sendfd() the records come first, in a sealed memfd, the manifest: the same header with type
 * MANIFEST and remaining 0, the records, and then for each item, in order, which file it is:
 *
 *   +--------------+-----------+-----------+
 *   | inode        | device, major, minor  |   count times, 16 bytes each
 *   +--------------+-----------+-----------+
 *
 * Integers are in host order: both ends are on one machine. Every field is checked exactly on both
 * sides; what doesn't fit is -EBADMSG and ends the connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bellhop.h"

#define MESSAGE_MAGIC       UINT32_C(0x6c6c6562) /* "bell" in memory, little endian */
#define MESSAGE_VERSION     1
#define MESSAGE_ITEMS_MAX   64
#define MESSAGE_HEADER_SIZE 16
#define MESSAGE_RECORD_SIZE 4 /* without the name */
#define MESSAGE_SIZE_MAX \
        (MESSAGE_HEADER_SIZE + MESSAGE_ITEMS_MAX * (MESSAGE_RECORD_SIZE + BELLHOP_NAME_MAX))

#define MESSAGE_FILE_SIZE 16
#define MANIFEST_SIZE_MAX (MESSAGE_SIZE_MAX + MESSAGE_ITEMS_MAX * MESSAGE_FILE_SIZE)

/* One item without its descriptor. name borrows: the encoder's from the caller, the decoder's from
 * the message; it has no NUL. */
typedef struct MessageItem {
        uint8_t kind;        /* enum bellhop_kind */
        uint8_t signal;      /* BELLHOP_SIGNAL_MIN..BELLHOP_SIGNAL_MAX */
        uint8_t flags;       /* BELLHOP_ITEM_REPLACES or 0 */
        uint8_t name_length; /* 1..BELLHOP_NAME_MAX */
        const char *name;
} MessageItem;

/* Returns: the message's length; -EINVAL if an item is out of rule, -ENOBUFS if size is too small
 * (MESSAGE_SIZE_MAX always is enough). */
int message_encode_items(void *buffer, size_t size, const MessageItem *items, unsigned int count,
                         uint32_t remaining);

/* Returns: the number of items, 1 to MESSAGE_ITEMS_MAX; -EBADMSG. Outputs are untouched on
 * failure. */
int message_decode_items(const void *buffer, size_t length,
                         MessageItem ret_items[MESSAGE_ITEMS_MAX], uint32_t *ret_remaining);

void message_encode_receipt(uint8_t ret[MESSAGE_HEADER_SIZE], unsigned int taken);

/* Returns: how many were taken, 0 to sent; -EBADMSG. */
int message_decode_receipt(const void *buffer, size_t length, unsigned int sent);

/* Which file a descriptor is of: no two sockets or memfds that are open are alike in it. */
typedef struct MessageFile {
        uint64_t inode;
        uint32_t device_major;
        uint32_t device_minor;
} MessageFile;

/* Asks nobody but this kernel: it doesn't wait for a file server (AT_STATX_DONT_SYNC).
 * Returns: 0 or negative errno. */
int message_file_of(int fd, MessageFile *ret);
bool message_file_equal(const MessageFile *a, const MessageFile *b);

/* A manifest has all of these, so that it is a file in memory and nobody changes it. It may have
 * more: the system may forbid all memfds to be executed (vm.memfd_noexec). */
#define MANIFEST_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* The file that an encoded manifest travels as: sealed, so that nobody can change it. It must not
 * be opened anew by its name: who moves the offset of what open(2) has opened waits for whoever
 * reads from it, for as long as that takes (see shipment.c). Returns: a descriptor, or negative
 * errno. */
int message_manifest_new(const void *text, size_t length);

/* Returns: as message_encode_items(); MANIFEST_SIZE_MAX always is enough. */
int message_encode_manifest(void *buffer, size_t size, const MessageItem *items,
                            const MessageFile *files, unsigned int count);

/* Returns: as message_decode_items(). */
int message_decode_manifest(const void *buffer, size_t length,
                            MessageItem ret_items[MESSAGE_ITEMS_MAX],
                            MessageFile ret_files[MESSAGE_ITEMS_MAX]);
