/* SPDX-License-Identifier: MIT */
/* The claim socket's messages and sendfd()'s manifests: there and back, every field out of rule,
 * every size. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message.h"
#include "stuck-call.h"

/* Offsets in a message: see the drawing in message.h. */
enum {
        AT_MAGIC = 0,
        AT_VERSION = 4,
        AT_TYPE = 5,
        AT_COUNT = 6,
        AT_LENGTH = 8,
        AT_REMAINING = 12,
        AT_KIND = 16,
        AT_SIGNAL = 17,
        AT_FLAGS = 18,
        AT_NAME_LENGTH = 19,
        AT_NAME = 20,
};

static const MessageItem http = {
        .kind = BELLHOP_KIND_LISTENER,
        .signal = BELLHOP_SIGNAL_LISTENER,
        .flags = BELLHOP_ITEM_REPLACES,
        .name_length = 4,
        .name = "http",
};

static void assert_item_equal(const MessageItem *a, const MessageItem *b) {
        g_assert_cmpint(a->kind, ==, b->kind);
        g_assert_cmpint(a->signal, ==, b->signal);
        g_assert_cmpint(a->flags, ==, b->flags);
        g_assert_cmpmem(a->name, a->name_length, b->name, b->name_length);
}

static void test_layout(void) {
        uint8_t buffer[MESSAGE_SIZE_MAX];
        uint32_t number;
        uint16_t count;
        int length = message_encode_items(buffer, sizeof(buffer), &http, 1, 7);

        g_assert_cmpint(length, ==, 24);
        g_assert_cmpmem(buffer + AT_MAGIC, 4, G_BYTE_ORDER == G_LITTLE_ENDIAN ? "bell" : "lleb", 4);
        g_assert_cmpint(buffer[AT_VERSION], ==, 1);
        g_assert_cmpint(buffer[AT_TYPE], ==, 1);
        memcpy(&count, buffer + AT_COUNT, sizeof(count));
        g_assert_cmpint(count, ==, 1);
        memcpy(&number, buffer + AT_LENGTH, sizeof(number));
        g_assert_cmpint(number, ==, 24);
        memcpy(&number, buffer + AT_REMAINING, sizeof(number));
        g_assert_cmpint(number, ==, 7);
        g_assert_cmpint(buffer[AT_KIND], ==, BELLHOP_KIND_LISTENER);
        g_assert_cmpint(buffer[AT_SIGNAL], ==, 42);
        g_assert_cmpint(buffer[AT_FLAGS], ==, 1);
        g_assert_cmpint(buffer[AT_NAME_LENGTH], ==, 4);
        g_assert_cmpmem(buffer + AT_NAME, 4, "http", 4);
}

static void test_round_trip(void) {
        static const unsigned int counts[] = { 1, 2, MESSAGE_ITEMS_MAX };
        MessageItem items[MESSAGE_ITEMS_MAX], decoded[MESSAGE_ITEMS_MAX];
        char names[MESSAGE_ITEMS_MAX][BELLHOP_NAME_MAX];
        uint8_t buffer[MESSAGE_SIZE_MAX];

        for (unsigned int i = 0; i < MESSAGE_ITEMS_MAX; i++) {
                memset(names[i], ' ' + (int)i % ('9' - ' '), sizeof(names[i]));
                items[i] = (MessageItem){
                        .kind = (uint8_t)(1 + i % 5),
                        .signal = (uint8_t)(BELLHOP_SIGNAL_MIN + i % 31),
                        .flags = i % 2,
                        .name_length = (uint8_t)(i == 0 ? BELLHOP_NAME_MAX : 256 - 4 * i),
                        .name = names[i],
                };
        }
        for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
                uint32_t remaining = 0;
                int length;

                length = message_encode_items(buffer, sizeof(buffer), items, counts[c], UINT32_MAX);
                g_assert_cmpint(length, >, 0);
                g_assert_cmpint(message_decode_items(buffer, (size_t)length, decoded, &remaining),
                                ==, (int)counts[c]);
                g_assert_cmpuint(remaining, ==, UINT32_MAX);
                for (unsigned int i = 0; i < counts[c]; i++)
                        assert_item_equal(&decoded[i], &items[i]);
        }
}

/* MESSAGE_SIZE_MAX is enough for the largest; one byte less is not. */
static void test_largest(void) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        uint8_t buffer[MESSAGE_SIZE_MAX];
        char name[BELLHOP_NAME_MAX];

        memset(name, 'x', sizeof(name));
        for (unsigned int i = 0; i < MESSAGE_ITEMS_MAX; i++) {
                items[i] = http;
                items[i].name = name;
                items[i].name_length = BELLHOP_NAME_MAX;
        }
        g_assert_cmpint(message_encode_items(buffer, sizeof(buffer), items, MESSAGE_ITEMS_MAX, 0),
                        ==, MESSAGE_SIZE_MAX);
        g_assert_cmpint(
                message_encode_items(buffer, sizeof(buffer) - 1, items, MESSAGE_ITEMS_MAX, 0), ==,
                -ENOBUFS);
        g_assert_cmpint(message_encode_items(buffer, 15, items, 1, 0), ==, -ENOBUFS);
}

static void test_encode_refused(void) {
        static const MessageItem wrong[] = {
                { .kind = 0, .signal = 42, .name_length = 1, .name = "x" },
                { .kind = 6, .signal = 42, .name_length = 1, .name = "x" },
                { .kind = 1, .signal = 33, .name_length = 1, .name = "x" },
                { .kind = 1, .signal = 65, .name_length = 1, .name = "x" },
                { .kind = 1, .signal = 42, .flags = 2, .name_length = 1, .name = "x" },
                { .kind = 1, .signal = 42, .name_length = 0, .name = "x" },
                { .kind = 1, .signal = 42, .name_length = 1, .name = ":" },
                { .kind = 1, .signal = 42, .name_length = 1, .name = "\n" },
                { .kind = 1, .signal = 42, .name_length = 1, .name = "\x7f" },
                { .kind = 1, .signal = 42, .name_length = 2, .name = "\xc3\xa4" },
                { .kind = 1, .signal = 42, .name_length = 2, .name = "x\0" },
        };
        uint8_t buffer[MESSAGE_SIZE_MAX];

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
                g_assert_cmpint(message_encode_items(buffer, sizeof(buffer), &wrong[i], 1, 0), ==,
                                -EINVAL);
        g_assert_cmpint(message_encode_items(buffer, sizeof(buffer), &http, 0, 0), ==, -EINVAL);
        g_assert_cmpint(
                message_encode_items(buffer, sizeof(buffer), &http, MESSAGE_ITEMS_MAX + 1, 0), ==,
                -EINVAL);
}

/* Each row: one byte of a right message, and a value that makes it wrong. */
static void test_decode_refused(void) {
        static const struct {
                size_t at;
                uint8_t value;
        } wrong[] = {
                { AT_MAGIC, 'B' },     { AT_MAGIC + 3, 0 },   { AT_VERSION, 0 },
                { AT_VERSION, 2 },     { AT_TYPE, 0 },        { AT_TYPE, 2 },
                { AT_TYPE, 3 },        { AT_COUNT, 0 },       { AT_COUNT, 2 },
                { AT_COUNT, 65 },      { AT_COUNT + 1, 1 },   { AT_LENGTH, 23 },
                { AT_LENGTH, 25 },     { AT_LENGTH + 2, 1 },  { AT_KIND, 0 },
                { AT_KIND, 6 },        { AT_SIGNAL, 33 },     { AT_SIGNAL, 65 },
                { AT_FLAGS, 2 },       { AT_FLAGS, 0x81 },    { AT_NAME_LENGTH, 0 },
                { AT_NAME_LENGTH, 3 }, { AT_NAME_LENGTH, 5 }, { AT_NAME, ':' },
                { AT_NAME + 1, 0 },    { AT_NAME + 3, 0x80 },
        };
        MessageItem items[MESSAGE_ITEMS_MAX];
        uint8_t right[MESSAGE_SIZE_MAX];
        uint32_t remaining = 99;
        int length = message_encode_items(right, sizeof(right), &http, 1, 0);

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
                uint8_t buffer[64] = { 0 };

                memcpy(buffer, right, (size_t)length);
                buffer[wrong[i].at] = wrong[i].value;
                g_assert_cmpint(message_decode_items(buffer, (size_t)length, items, &remaining), ==,
                                -EBADMSG);
        }
        g_assert_cmpuint(remaining, ==, 99);
}

/* A message that is cut or has something behind it, with and without its length field agreeing. */
static void test_decode_sizes(void) {
        MessageItem items[MESSAGE_ITEMS_MAX];
        uint8_t buffer[64] = { 0 };
        uint32_t remaining;
        int length = message_encode_items(buffer, sizeof(buffer), &http, 1, 0);

        for (uint32_t size = 0; size < sizeof(buffer); size++) {
                if (size == (uint32_t)length)
                        continue;
                memcpy(buffer + AT_LENGTH, &(uint32_t){ (uint32_t)length }, sizeof(uint32_t));
                g_assert_cmpint(message_decode_items(buffer, size, items, &remaining), ==,
                                -EBADMSG);
                memcpy(buffer + AT_LENGTH, &size, sizeof(size));
                g_assert_cmpint(message_decode_items(buffer, size, items, &remaining), ==,
                                -EBADMSG);
        }
}

static void test_receipt(void) {
        uint8_t receipt[MESSAGE_HEADER_SIZE + 1] = { 0 };

        for (unsigned int taken = 0; taken <= MESSAGE_ITEMS_MAX; taken++) {
                message_encode_receipt(receipt, taken);
                g_assert_cmpint(
                        message_decode_receipt(receipt, MESSAGE_HEADER_SIZE, MESSAGE_ITEMS_MAX), ==,
                        (int)taken);
                if (taken > 0)
                        g_assert_cmpint(
                                message_decode_receipt(receipt, MESSAGE_HEADER_SIZE, taken - 1), ==,
                                -EBADMSG);
        }
        for (size_t size = 0; size <= sizeof(receipt); size++)
                if (size != MESSAGE_HEADER_SIZE)
                        g_assert_cmpint(message_decode_receipt(receipt, size, MESSAGE_ITEMS_MAX),
                                        ==, -EBADMSG);
}

static void test_receipt_refused(void) {
        static const struct {
                size_t at;
                uint8_t value;
        } wrong[] = {
                { AT_MAGIC, 0 },      { AT_VERSION, 2 },   { AT_TYPE, 1 },
                { AT_COUNT + 1, 1 },  { AT_LENGTH, 15 },   { AT_LENGTH, 17 },
                { AT_LENGTH + 3, 1 }, { AT_REMAINING, 1 }, { AT_REMAINING + 3, 1 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
                uint8_t receipt[MESSAGE_HEADER_SIZE];

                message_encode_receipt(receipt, 1);
                receipt[wrong[i].at] = wrong[i].value;
                g_assert_cmpint(message_decode_receipt(receipt, sizeof(receipt), 1), ==, -EBADMSG);
        }
}

/* Which file it is of: the same for all descriptors of it, another for any other. */
static void test_file(void) {
        MessageFile files[3];
        int fds[3] = { memfd_create("a", MFD_CLOEXEC), memfd_create("a", MFD_CLOEXEC), -1 };

        fds[2] = dup(fds[0]);
        for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
                g_assert_cmpint(message_file_of(fds[i], &files[i]), ==, 0);
        g_assert_false(message_file_equal(&files[0], &files[1]));
        g_assert_true(message_file_equal(&files[0], &files[2]));
        for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
        g_assert_cmpint(message_file_of(fds[0], &files[0]), ==, -EBADF);
}

static void test_manifest(void) {
        static const struct {
                size_t at;
                uint8_t value;
        } wrong[] = {
                { AT_MAGIC, 0 },       { AT_VERSION, 2 }, { AT_TYPE, 1 },        { AT_TYPE, 2 },
                { AT_COUNT, 0 },       { AT_COUNT, 1 },   { AT_COUNT, 3 },       { AT_COUNT, 65 },
                { AT_LENGTH, 63 },     { AT_LENGTH, 65 }, { AT_REMAINING, 1 },   { AT_KIND, 6 },
                { AT_SIGNAL, 33 },     { AT_FLAGS, 2 },   { AT_NAME_LENGTH, 0 }, { AT_NAME, ':' },
                { AT_NAME_LENGTH, 5 },
        };
        const MessageItem items[] = { http, http };
        const MessageFile files[] = { { 1, 2, 3 }, { UINT64_MAX, UINT32_MAX, 0 } };
        MessageItem decoded[MESSAGE_ITEMS_MAX];
        MessageFile decoded_files[MESSAGE_ITEMS_MAX];
        uint8_t right[128] = { 0 }, buffer[128];
        int length = message_encode_manifest(right, sizeof(right), items, files, 2);

        g_assert_cmpint(length, ==, 16 + 2 * 8 + 2 * 16);
        g_assert_cmpint(right[AT_TYPE], ==, 3);
        g_assert_cmpint(message_decode_manifest(right, (size_t)length, decoded, decoded_files), ==,
                        2);
        for (size_t i = 0; i < G_N_ELEMENTS(items); i++) {
                assert_item_equal(&decoded[i], &items[i]);
                g_assert_true(message_file_equal(&decoded_files[i], &files[i]));
        }
        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
                memcpy(buffer, right, sizeof(buffer));
                buffer[wrong[i].at] = wrong[i].value;
                g_assert_cmpint(
                        message_decode_manifest(buffer, (size_t)length, decoded, decoded_files), ==,
                        -EBADMSG);
        }
        for (uint32_t size = 0; size < sizeof(right); size++) {
                if (size == (uint32_t)length)
                        continue;
                memcpy(right + AT_LENGTH, &size, sizeof(size));
                g_assert_cmpint(message_decode_manifest(right, size, decoded, decoded_files), ==,
                                -EBADMSG);
        }
        for (int size = 0; size < length; size++)
                g_assert_cmpint(message_encode_manifest(right, (size_t)size, items, files, 2), ==,
                                -ENOBUFS);
}

/* MANIFEST_SIZE_MAX is enough for the largest; one byte less is not. */
static void test_largest_manifest(void) {
        static const MessageFile files[MESSAGE_ITEMS_MAX];
        MessageItem items[MESSAGE_ITEMS_MAX];
        uint8_t buffer[MANIFEST_SIZE_MAX];
        char name[BELLHOP_NAME_MAX];

        memset(name, 'x', sizeof(name));
        for (unsigned int i = 0; i < MESSAGE_ITEMS_MAX; i++) {
                items[i] = http;
                items[i].name = name;
                items[i].name_length = BELLHOP_NAME_MAX;
        }
        g_assert_cmpint(
                message_encode_manifest(buffer, sizeof(buffer), items, files, MESSAGE_ITEMS_MAX),
                ==, MANIFEST_SIZE_MAX);
        g_assert_cmpint(message_encode_manifest(buffer, sizeof(buffer) - 1, items, files,
                                                MESSAGE_ITEMS_MAX),
                        ==, -ENOBUFS);
}

/* A service has the same open file, and could hold the manager up. */
static void test_manifest_held(void) {
        int manifest = message_manifest_new("text", 4);
        StuckCall stuck;

        g_assert_cmpint(manifest, >=, 0);
        g_assert_cmpint(fcntl(manifest, F_GET_SEALS), ==, MANIFEST_SEALS);
        if (stuck_call_begin(&stuck, manifest, read)) {
                g_assert_cmpint(lseek(manifest, 0, SEEK_CUR), ==, 0);
                g_assert_cmpint(lseek(manifest, 65, SEEK_CUR), ==, 65);
                g_assert_true(stuck_call_end(&stuck));
        } else
                g_test_skip("no userfaultfd here");
        g_assert_cmpint(close(manifest), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/message/layout", test_layout);
        g_test_add_func("/message/round-trip", test_round_trip);
        g_test_add_func("/message/largest", test_largest);
        g_test_add_func("/message/encode-refused", test_encode_refused);
        g_test_add_func("/message/decode-refused", test_decode_refused);
        g_test_add_func("/message/decode-sizes", test_decode_sizes);
        g_test_add_func("/message/receipt", test_receipt);
        g_test_add_func("/message/receipt-refused", test_receipt_refused);
        g_test_add_func("/message/file", test_file);
        g_test_add_func("/message/manifest", test_manifest);
        g_test_add_func("/message/largest-manifest", test_largest_manifest);
        g_test_add_func("/message/manifest-held", test_manifest_held);
        return g_test_run();
}
