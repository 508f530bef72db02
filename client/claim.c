/* SPDX-License-Identifier: MIT */
/* Claiming by name. */
#include <string.h>

#include "desk.h"
#include "item-name.h"
#include "no-cancel.h"

static int arguments_check(const char *name, int timeout_ms) {
        if (timeout_ms < -1)
                return -EINVAL;
        if (name && !item_name_is_valid(name, strnlen(name, BELLHOP_NAME_MAX + 1)))
                return -EINVAL;
        return 0;
}

_public_ int bellhop_claim(const char *name, int timeout_ms) {
        _no_cancel_;
        struct bellhop_item item;
        QueuedItem *queued;
        Desk *desk;
        int r;

        if (!name)
                return -EINVAL;
        r = arguments_check(name, timeout_ms);
        if (r < 0)
                return r;
        r = desk_get(&desk);
        if (r < 0)
                return r;

        r = desk_wait(desk, name, timeout_ms, &queued);
        if (r == 0) /* before the desk may go: the item may lie in it */
                queued_item_hand_out(queued, &item);
        desk_unref(desk);
        return r < 0 ? r : item.fd;
}

_public_ int bellhop_wait(bellhop *desk, const char *name, int timeout_ms,
                          struct bellhop_item *ret) {
        _no_cancel_;
        QueuedItem *queued;
        int r;

        r = desk_check(desk);
        if (r < 0)
                return r;
        r = ret ? arguments_check(name, timeout_ms) : -EINVAL;
        if (r < 0)
                return r;

        r = desk_wait(desk, name, timeout_ms, &queued);
        if (r < 0)
                return r;
        queued_item_hand_out(queued, ret);
        return 0;
}
