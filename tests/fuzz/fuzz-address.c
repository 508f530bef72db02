/* SPDX-License-Identifier: MIT */
/* Addresses: what is accepted has a normal form that is its own, and a sockaddr. */
#include <string.h>

#include "address.h"
#include "fuzz.h"

static void try_address(const char *value, int type) {
        _cleanup_(address_free_cleanup) Address *address = NULL;
        _cleanup_(address_free_cleanup) Address *again = NULL;
        const char *why = NULL;
        SocketAddress sockaddr;
        socklen_t length;

        if (address_parse(value, type, &address, &why) < 0) {
                FUZZ_ASSERT(!address && why);
                return;
        }
        length = address_is_socket(address) ? address_to_sockaddr(address, &sockaddr)
                                            : (socklen_t)sizeof(sockaddr);
        FUZZ_ASSERT(length > sizeof(sa_family_t) && length <= sizeof(sockaddr));
        FUZZ_ASSERT(address_parse(address->text, type, &again, &why) == 0);
        FUZZ_ASSERT(address_equal(address, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *value = g_strndup((const char *)data, size);

        try_address(value, SOCK_STREAM);
        try_address(value, SOCK_DGRAM);
        try_address(value, SOCK_SEQPACKET);
        try_address(value, SOCK_RAW);
        try_address(value, ADDRESS_FIFO);
        try_address(value, ADDRESS_MESSAGE_QUEUE);
        return 0;
}
