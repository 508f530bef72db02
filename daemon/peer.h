/* SPDX-License-Identifier: MIT */
/* Whose connection is it? The pid that SO_PEERCRED shows was right when the peer connected; since
 * then the process may have ended, and its number may be another's. Here is what makes sure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "recipient.h"

/* What this kernel can do. */
typedef struct PeerSupport {
        bool pidfd; /* SO_PEERPIDFD: the very process that connected (Linux 6.5) */
        bool pidfs; /* pidfds have inode numbers, one per process, never used again (6.9) */
} PeerSupport;

/* Finds out, by trying. Returns: 0 or negative errno. */
int peer_support_probe(PeerSupport *ret);

/* The number under which peer_is_process() knows a process; 0: this kernel has none. */
uint64_t peer_number(const PeerSupport *support, int pidfd);

/* Whether the peer of connection fd is the process that pidfd refers to. SO_PEERCRED's pid must be
 * its pid, and the connection must not be older than the process: see claim_socket_drain(). */
bool peer_is_process(const PeerSupport *support, int fd, int pidfd, uint64_t number);

/* Whether the recipient admits the peer, who isn't its main process. */
bool peer_is_admitted(const PeerSupport *support, int fd, const struct ucred *peer,
                      const Recipient *recipient);
