/* SPDX-License-Identifier: MIT */
/* The receiving half of bellhop_sendfd(): takes the offered descriptor out of its sender and
 * answers. The sender's table and handler are in sendfd.c. */
#pragma once

#include "item-queue.h"
#include "notes.h"

/* Takes the peers' offers that were noted, oldest first, into `items`.
 * Returns: 0; -EPERM one was refused, and *ret_reason says why (call again for the rest); -EMFILE,
 * -ENFILE, -ENOMEM no room, the offer stays noted. */
int peer_receive(Notes *notes, ItemQueue *items, const char **ret_reason);
