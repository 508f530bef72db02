/* SPDX-License-Identifier: MIT */
/* The bell's 64 bits, to and from a signal and a socket address. */
#include "bell.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void bell_to_siginfo(const Bell *bell, int sig, siginfo_t *ret) {
        memset(ret, 0, sizeof(*ret));
        ret->si_signo = sig;
        ret->si_code = SI_QUEUE;
        ret->si_errno = (int32_t)(uint32_t)(bell->address >> 32);
        ret->si_int = (int32_t)(uint32_t)bell->address;
}

uint64_t bell_address(int code, int32_t high, int32_t low) {
        if (code != SI_QUEUE)
                return 0;
        return (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
}

socklen_t bell_to_sockaddr(uint64_t address, struct sockaddr_un *ret) {
        memset(ret, 0, sizeof(*ret));
        ret->sun_family = AF_UNIX;
        /* sun_path[0] stays NUL: the abstract namespace (unix(7)). */
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                           (size_t)snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1,
                                            "bellhop/%016" PRIx64, address));
}
