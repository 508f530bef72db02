/* SPDX-License-Identifier: MIT */
/* The runtime memfd: the last good snapshot of a .memfd unit, sealed. It follows its source with
 * inotify (RedeliverOnChange=) and delivers each new snapshot to the services that run; a source
 * that can't be read leaves the last good one in place. It owns a reference to the snapshot's item
 * and its inotify source. */
#pragma once

#include <sys/stat.h>
#include <systemd/sd-event.h>

#include "item.h"
#include "ratelimit.h"
#include "unit.h"

typedef enum MemfdState {
        MEMFD_DEAD,
        MEMFD_HELD, /* there is a snapshot */
        MEMFD_FAILED,
        MEMFD_STATE_COUNT,
} MemfdState;

typedef enum MemfdEvent {
        MEMFD_EVENT_MADE,   /* a snapshot was made */
        MEMFD_EVENT_FAILED, /* the first one could not be made */
        MEMFD_EVENT_STOP,
        MEMFD_EVENT_COUNT,
} MemfdEvent;

extern const uint8_t memfd_table[MEMFD_STATE_COUNT][MEMFD_EVENT_COUNT];

typedef struct Memfd {
        Unit unit;
        MemfdState state;
        Item *item; /* the last good snapshot */
        sd_event_source *watch;
        sd_event_source *pause; /* then the source, which changes all the time, is read again */
        RateLimit changes;
        uint64_t size;           /* of the snapshot, bytes */
        uint64_t made_usec;      /* CLOCK_REALTIME */
        unsigned int generation; /* snapshots made so far */
        bool outdated;           /* a reload has changed what it is made of */
        struct MemfdSource {     /* which file the snapshot is of, and as of when */
                dev_t device;
                ino_t inode;
                struct timespec changed;
        } source;
} Memfd;

static inline Memfd *MEMFD(Unit *unit) {
        return container_of(unit, Memfd, unit);
}

const char *memfd_state_to_string(MemfdState state);
const char *memfd_event_to_string(MemfdEvent event);

/* Makes the content of a .memfd unit: reads, copies, seals (memfd-content.c).
 * Returns: the memfd, the caller's; negative errno with *ret_step. */
int memfd_make(const MemfdSettings *settings, uint64_t *ret_size, const char **ret_step);

/* `bellhopctl refresh`: a new snapshot now, delivered to the services that run.
 * Returns: 0; negative errno with *ret_error (g_free): the old one stays. */
int memfd_refresh(Unit *unit, char **ret_error);

/* The one setter (memfd-state.c): looks up the table, lets go of what the new state may not hold.
 */
void memfd_handle(Memfd *memfd, MemfdEvent event);
ActiveState memfd_active_state(const Unit *unit);

/* Makes a snapshot in place of the last one; delivers nothing. Returns: 0; negative errno with
 * *ret_error (g_free), "open /etc/web.conf: No such file or directory". */
int memfd_snapshot(Memfd *memfd, char **ret_error);

/* RedeliverOnChange= (memfd-watch.c): follows the source, or no longer. A source that can't be
 * followed is logged. */
void memfd_watch(Memfd *memfd);
void memfd_unwatch(Memfd *memfd);
