/* SPDX-License-Identifier: MIT */
/* One visit to a claim socket: connect, look who listens, receive what waits, give receipts. It
 * holds a connection for the time of the visit and nothing afterwards. */
#pragma once

#include <stdint.h>

#include "item-queue.h"
#include "message.h"
#include "trust.h"

/* Room for the longest message and one byte more, by which a longer one shows. */
#define CLAIM_BUFFER_SIZE (MESSAGE_SIZE_MAX + 1)

/* How long a manager may take for each message. */
#define CLAIM_TIMEOUT_USEC 1000000

/* What has been received with its receipt sent is appended to `items`, also when an error follows.
 * @buffer: scratch space of CLAIM_BUFFER_SIZE bytes
 * Returns: 0 (also when nothing waits); -EPERM refused, and *ret_reason says why; -EMFILE, -ENFILE,
 * -ENOMEM no room, what is left stays with the manager; -EOPNOTSUPP no unix sockets here. */
int claim_fetch(uint64_t address, Trust *trust, uint8_t *buffer, ItemQueue *items,
                const char **ret_reason);
