/* SPDX-License-Identifier: MIT */
/* An item: one descriptor with its name, kind and signal. Shared by reference between the unit that
 * opened it and the deliveries that carry it, so that no descriptor is ever duplicated; the last
 * reference closes it. Immutable, but for a listener becoming known to others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bellhop.h"
#include "macros.h"

typedef struct Item {
        unsigned int references;
        int fd;
        uint8_t kind; /* enum bellhop_kind */
        uint8_t signal;
        bool is_shared; /* a listener: others have it, or may have kept it */
        char name[];
} Item;

/* Consumes fd. signal 0: the kind's default. Never fails: GLib aborts when memory runs out. */
Item *item_new(int fd, const char *name, enum bellhop_kind kind, int signal);
Item *item_ref(Item *item);
Item *item_unref(Item *item); /* takes NULL, returns NULL */
DEFINE_CLEANUP(Item, item_unref)

const char *item_kind_to_string(enum bellhop_kind kind); /* "listener" */
