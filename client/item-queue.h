/* SPDX-License-Identifier: MIT */
/* The items of a desk that nobody has claimed yet, oldest first. Owns their descriptors. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "bellhop.h"
#include "macros.h"

/* struct bellhop_item, with only as much name as there is. */
typedef struct QueuedItem QueuedItem;
typedef struct ItemRoom ItemRoom;
struct QueuedItem {
        QueuedItem *next;
        ItemRoom *room; /* where it lies; NULL: in memory of its own */
        int fd;         /* owned */
        int kind;
        int signal;
        unsigned int flags;
        pid_t sender_pid;
        uid_t sender_uid;
        size_t name_length;
        char *name; /* with a NUL, in the same memory or room */
};

/* Room for one item at a time, so that a program that is handed one thing needs no malloc(3). Zero
 * bytes are free room. It is taken and given back in any thread. */
struct ItemRoom {
        atomic_bool taken;
        QueuedItem item;
        char name[BELLHOP_NAME_MAX + 1];
};

typedef struct ItemQueue {
        QueuedItem *first;
        QueuedItem *last;
        ItemRoom *room; /* for the items that are made for it, while it is free; may be NULL */
} ItemQueue;

/* Consumes fd on success only; fields but fd and name are the caller's to fill.
 * Returns: NULL when memory runs out. */
QueuedItem *queued_item_new(const ItemQueue *queue, int fd, const char *name, size_t name_length);
QueuedItem *queued_item_free(QueuedItem *item); /* closes; takes NULL, returns NULL */
DEFINE_CLEANUP(QueuedItem, queued_item_free)

/* Hands the item out: its descriptor becomes the caller's. Frees item. */
void queued_item_hand_out(QueuedItem *item, struct bellhop_item *ret);

/* Puts all of `from` behind `queue`, in order; one that replaces closes the older of its name. */
void item_queue_append_all(ItemQueue *queue, ItemQueue *from);
void item_queue_append(ItemQueue *queue, QueuedItem *item);

/* Takes the oldest of that name, NULL for any. Returns: NULL when there is none. */
QueuedItem *item_queue_take(ItemQueue *queue, const char *name);
/* Closes all. */
void item_queue_done(ItemQueue *queue);
