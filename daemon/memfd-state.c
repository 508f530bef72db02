/* SPDX-License-Identifier: MIT */
/* The states of a memfd unit: the table and its one setter. */
#include "log.h"
#include "memfd.h"

#define NEVER MEMFD_STATE_COUNT

/* clang-format off */
const uint8_t memfd_table[MEMFD_STATE_COUNT][MEMFD_EVENT_COUNT] = {
        [MEMFD_DEAD] = {
                [MEMFD_EVENT_MADE]   = MEMFD_HELD,
                [MEMFD_EVENT_FAILED] = MEMFD_FAILED,
                [MEMFD_EVENT_STOP]   = MEMFD_DEAD,
        },
        [MEMFD_HELD] = {
                [MEMFD_EVENT_MADE]   = MEMFD_HELD,
                [MEMFD_EVENT_FAILED] = NEVER,
                [MEMFD_EVENT_STOP]   = MEMFD_DEAD,
        },
        [MEMFD_FAILED] = {
                [MEMFD_EVENT_MADE]   = MEMFD_HELD,
                [MEMFD_EVENT_FAILED] = MEMFD_FAILED,
                [MEMFD_EVENT_STOP]   = MEMFD_DEAD,
        },
};
/* clang-format on */

typedef struct MemfdStateRow {
        const char *name;
        ActiveState active;
        bool held; /* the snapshot and the watch may be there */
} MemfdStateRow;

static const MemfdStateRow memfd_states[] = {
        [MEMFD_DEAD] = { "dead", ACTIVE_INACTIVE, false },
        [MEMFD_HELD] = { "held", ACTIVE_ACTIVE, true },
        [MEMFD_FAILED] = { "failed", ACTIVE_FAILED, false },
};
_Static_assert(ARRAY_SIZE(memfd_states) == MEMFD_STATE_COUNT, "a row per state");

static const char *const memfd_event_names[] = {
        [MEMFD_EVENT_MADE] = "made",
        [MEMFD_EVENT_FAILED] = "failed",
        [MEMFD_EVENT_STOP] = "stop",
};
_Static_assert(ARRAY_SIZE(memfd_event_names) == MEMFD_EVENT_COUNT, "a name per event");

const char *memfd_state_to_string(MemfdState state) {
        return memfd_states[state].name;
}

const char *memfd_event_to_string(MemfdEvent event) {
        return memfd_event_names[event];
}

ActiveState memfd_active_state(const Unit *unit) {
        return memfd_states[MEMFD((Unit *)unit)->state].active;
}

void memfd_handle(Memfd *memfd, MemfdEvent event) {
        MemfdState old = memfd->state, next = memfd_table[old][event];
        if (next == NEVER) {
                log_error(memfd->unit.name, "bug: '%s' while %s", memfd_event_to_string(event),
                          memfd_state_to_string(old));
                return;
        }
        if (next == old)
                return;
        memfd->state = next;
        if (!memfd_states[next].held) {
                memfd->item = item_unref(memfd->item);
                memfd_unwatch(memfd);
        }
        unit_state_changed(&memfd->unit, memfd_states[old].active, memfd_states[old].name);
}
