/* SPDX-License-Identifier: MIT */
/* Descriptors that come with a message (SCM_RIGHTS). Whoever closes the last copy of one may have
 * to wait for it (a TCP socket that lingers, socket(7)), even if it was never taken out of the
 * queue. The manager must not wait, so nobody may leave any in its queues. */
#pragma once

#include <sys/socket.h>

/* Newer than the headers we may be built with. */
#ifndef SO_PASSRIGHTS
#        define SO_PASSRIGHTS 83
#endif

/* Senders get EPERM; what a listener accepts inherits it. Linux 6.16, older ones don't know it. */
static inline void socket_refuse_rights(int fd) {
        (void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 0 }, sizeof(int));
}
