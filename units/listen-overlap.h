/* SPDX-License-Identifier: MIT */
/* Which Listen*= lines can't both be bound, by what the kernel says of two sockets: equal
 * addresses, one path, a port on all addresses and on one of them. It borrows the settings it
 * is given. */
#pragma once

#include "settings.h"

typedef struct ListenIndex ListenIndex;

/* A line and its unit. */
typedef struct ListenUse {
        const SocketSettings *settings;
        const Listen *listen;
} ListenUse;

ListenIndex *listen_index_new(void);
ListenIndex *listen_index_free(ListenIndex *index);

/* All lines of a unit. */
void listen_index_add(ListenIndex *index, const SocketSettings *settings);

/* The first line that is in the way of one that was added: of another unit, or before it in its
 * own (borrowed); NULL: none is. */
const ListenUse *listen_index_find(const ListenIndex *index, const ListenUse *use);
