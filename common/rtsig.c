/* SPDX-License-Identifier: MIT */
/* Real-time signals by name. */
#include "rtsig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int kind_signals[] = {
        [BELLHOP_KIND_LISTENER] = BELLHOP_SIGNAL_LISTENER,
        [BELLHOP_KIND_DATAGRAM] = BELLHOP_SIGNAL_LISTENER,
        [BELLHOP_KIND_CONNECTION] = BELLHOP_SIGNAL_CONNECTION,
        [BELLHOP_KIND_MEMFD] = BELLHOP_SIGNAL_MEMFD,
        [BELLHOP_KIND_OTHER] = BELLHOP_SIGNAL_OTHER,
};

int rtsig_of_kind(enum bellhop_kind kind) {
        return kind_signals[kind];
}

int rtsig_from_string(const char *string) {
        static const struct {
                const char *prefix;
                char sign;
                int base;
        } forms[] = { { "RTMIN", '+', BELLHOP_SIGNAL_MIN }, { "RTMAX", '-', BELLHOP_SIGNAL_MAX } };

        if (strncmp(string, "SIG", 3) == 0)
                string += 3;

        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                const char *rest = string + strlen(forms[i].prefix);
                int offset = 0, sig;

                if (strncmp(string, forms[i].prefix, strlen(forms[i].prefix)) != 0)
                        continue;
                if (*rest != '\0') {
                        size_t digits = strspn(rest + 1, "0123456789");

                        if (*rest != forms[i].sign || digits == 0 || digits > 2 ||
                            rest[1 + digits] != '\0')
                                return -EINVAL;
                        offset = atoi(rest + 1);
                }
                sig = forms[i].sign == '+' ? forms[i].base + offset : forms[i].base - offset;
                return rtsig_is_valid(sig) ? sig : -EINVAL;
        }
        return -EINVAL;
}

const char *rtsig_to_string(int sig, char buffer[RTSIG_NAME_SIZE]) {
        /* The remainders change nothing; they show the compiler that it fits. */
        if (rtsig_is_valid(sig))
                (void)snprintf(buffer, RTSIG_NAME_SIZE, "RTMIN+%u",
                               (unsigned int)(sig - BELLHOP_SIGNAL_MIN) % 100);
        else
                (void)snprintf(buffer, RTSIG_NAME_SIZE, "%d", sig % 10000);
        return buffer;
}
