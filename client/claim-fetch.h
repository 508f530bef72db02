/* SPDX-License-Identifier: MIT */
/* Fetching from a claim socket: connect, look who listens, receive what waits, give receipts. The
 * connection is kept afterwards: what is delivered later comes by it, beside the bell. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "item-queue.h"
#include "message.h"
#include "trust.h"

/* Room for the longest message and one byte more, by which a longer one shows. */
#define CLAIM_BUFFER_SIZE (MESSAGE_SIZE_MAX + 1)

/* Room for a message of one item. */
#define CLAIM_START_SIZE 512

/* How long a manager may take for each message; twice that where a signal handler interrupts. */
#define CLAIM_TIMEOUT_USEC 1000000

/* Where messages are read. */
typedef struct ClaimBuffer {
        uint8_t start[CLAIM_START_SIZE]; /* a short one stays here */
        uint8_t *whole;                  /* CLAIM_BUFFER_SIZE bytes for a longer one */
} ClaimBuffer;

/* A connection to a claim socket that was found to be the manager's. */
typedef struct ClaimConnection {
        int fd; /* -EBADF: none */
        uint64_t address;
        struct ucred listener; /* who made the claim socket */
        int watcher;           /* the desk's epoll descriptor, if it is in that set; else -EBADF */
} ClaimConnection;

#define CLAIM_CONNECTION_INIT \
        { .fd = -EBADF, .watcher = -EBADF }

void claim_connection_close(ClaimConnection *connection);
/* The same in the child of a fork, whose epoll descriptor is of the parent's set. */
void claim_connection_abandon(ClaimConnection *connection);

/* What has been received with its receipt sent is appended to `items`, also when an error follows.
 * @connection: what is kept; asked first, and replaced when it has ended or another one was rung
 * for
 * @address: the claim socket that a bell has named; 0: look at the connection that is there
 * @buffer: scratch space
 * Returns: 0 (also when nothing waits); -EPERM refused, and *ret_reason says why; -EMFILE, -ENFILE,
 * -ENOMEM no room, what is left stays with the manager; -EOPNOTSUPP no unix sockets here. */
int claim_fetch(ClaimConnection *connection, uint64_t address, Trust *trust, ClaimBuffer *buffer,
                ItemQueue *items, const char **ret_reason);
