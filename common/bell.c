/* SPDX-License-Identifier: MIT */
/* The bell's 64 bits, to and from a signal and a socket address. */
#include "bell.h"

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

/* By hand, since a young process pays for its first snprintf(3), and somebody waits for it. */
socklen_t bell_to_sockaddr(uint64_t address, struct sockaddr_un *ret) {
        static const char prefix[] = "bellhop/";
        char *at = ret->sun_path + 1; /* sun_path[0] stays NUL: the abstract namespace (unix(7)) */

        memset(ret, 0, sizeof(*ret));
        ret->sun_family = AF_UNIX;
        memcpy(at, prefix, strlen(prefix));
        at += strlen(prefix);
        for (int shift = 60; shift >= 0; shift -= 4)
                *at++ = "0123456789abcdef"[address >> shift & 15];
        return (socklen_t)(at - (char *)ret);
}
