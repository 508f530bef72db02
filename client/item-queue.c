/* SPDX-License-Identifier: MIT */
/* A linked list of unclaimed items. */
#include "item-queue.h"

#include <string.h>

#include "fd.h"

/* Returns: NULL if it is taken. */
static ItemRoom *room_take(ItemRoom *room) {
        return room && !atomic_exchange(&room->taken, true) ? room : NULL;
}

QueuedItem *queued_item_new(const ItemQueue *queue, int fd, const char *name, size_t name_length) {
        ItemRoom *room = name_length <= BELLHOP_NAME_MAX ? room_take(queue->room) : NULL;
        QueuedItem *item = room ? &room->item : malloc(sizeof(*item) + name_length + 1);

        if (!item)
                return NULL;
        *item = (QueuedItem){
                .room = room,
                .fd = fd,
                .name_length = name_length,
                .name = room ? room->name : (char *)(item + 1),
        };
        memcpy(item->name, name, name_length);
        item->name[name_length] = '\0';
        return item;
}

static void queued_item_release(QueuedItem *item) {
        if (item->room)
                atomic_store(&item->room->taken, false);
        else
                free(item);
}

QueuedItem *queued_item_free(QueuedItem *item) {
        if (!item)
                return NULL;
        fd_close(item->fd);
        queued_item_release(item);
        return NULL;
}

void queued_item_hand_out(QueuedItem *item, struct bellhop_item *ret) {
        ret->fd = item->fd;
        ret->kind = (enum bellhop_kind)item->kind;
        ret->signal = item->signal;
        ret->flags = item->flags;
        ret->sender_pid = item->sender_pid;
        ret->sender_uid = item->sender_uid;
        memcpy(ret->name, item->name, item->name_length + 1);
        queued_item_release(item);
}

/* Takes out the item that *link points at; previous is the one before it. */
static QueuedItem *queue_unlink(ItemQueue *queue, QueuedItem **link, QueuedItem *previous) {
        QueuedItem *item = *link;

        *link = item->next;
        if (queue->last == item)
                queue->last = previous;
        item->next = NULL;
        return item;
}

static void queue_close_name(ItemQueue *queue, const QueuedItem *newer) {
        QueuedItem **link = &queue->first, *previous = NULL;

        while (*link) {
                QueuedItem *item = *link;

                if (item->name_length == newer->name_length &&
                    memcmp(item->name, newer->name, newer->name_length) == 0) {
                        queued_item_free(queue_unlink(queue, link, previous));
                } else {
                        previous = item;
                        link = &item->next;
                }
        }
}

void item_queue_append(ItemQueue *queue, QueuedItem *item) {
        if (item->flags & BELLHOP_ITEM_REPLACES)
                queue_close_name(queue, item);
        item->next = NULL;
        if (queue->last)
                queue->last->next = item;
        else
                queue->first = item;
        queue->last = item;
}

void item_queue_append_all(ItemQueue *queue, ItemQueue *from) {
        while (from->first)
                item_queue_append(queue, queue_unlink(from, &from->first, NULL));
}

QueuedItem *item_queue_take(ItemQueue *queue, const char *name) {
        QueuedItem **link = &queue->first, *previous = NULL;

        while (*link) {
                QueuedItem *item = *link;

                if (!name || strcmp(item->name, name) == 0)
                        return queue_unlink(queue, link, previous);
                previous = item;
                link = &item->next;
        }
        return NULL;
}

void item_queue_done(ItemQueue *queue) {
        while (queue->first)
                queued_item_free(queue_unlink(queue, &queue->first, NULL));
}
