/* SPDX-License-Identifier: MIT */
/* Items: a descriptor under reference count. */
#include "item.h"

#include <glib.h>
#include <string.h>

#include "fd.h"
#include "rtsig.h"

static const char *const kind_names[] = {
        [BELLHOP_KIND_LISTENER] = "listener",     [BELLHOP_KIND_DATAGRAM] = "datagram",
        [BELLHOP_KIND_CONNECTION] = "connection", [BELLHOP_KIND_MEMFD] = "memfd",
        [BELLHOP_KIND_OTHER] = "other",
};

Item *item_new(int fd, const char *name, enum bellhop_kind kind, int signal) {
        size_t size = strlen(name) + 1;
        Item *item = g_malloc(offsetof(Item, name) + size);

        item->references = 1;
        item->fd = fd;
        item->kind = (uint8_t)kind;
        item->is_shared = false;
        item->signal = (uint8_t)(signal != 0 ? signal : rtsig_of_kind(kind));
        memcpy(item->name, name, size);
        return item;
}

Item *item_ref(Item *item) {
        item->references++;
        return item;
}

Item *item_unref(Item *item) {
        if (!item || --item->references > 0)
                return NULL;

        fd_close(item->fd);
        g_free(item);
        return NULL;
}

const char *item_kind_to_string(enum bellhop_kind kind) {
        return kind_names[kind];
}
