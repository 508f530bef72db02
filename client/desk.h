/* SPDX-License-Identifier: MIT */
/* The desk: the receiving end in a service. It hears bells (desk-signals, notes), visits the claim
 * socket (claim-fetch) or the peer (peer), looks through what came with the signals themselves
 * (parcels, intake), and keeps items until they are claimed (item-queue).
 *
 * Two roles, each of one thread at a time. Whoever *fetches* reads the signals, makes the visits
 * and adds the items; whoever *polls* sleeps on the descriptors for all who wait, who sleep on the
 * condition. Neither holds the lock while it blocks. Both may be different threads: one that polls
 * is woken by wake_fd when another has fetched. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "bellhop.h"
#include "claim-fetch.h"
#include "intake.h"
#include "item-queue.h"
#include "notes.h"
#include "trust.h"

/* The library is built with hidden visibility; these are not. They are no cancellation points: see
 * no-cancel.h. */
#define _public_ __attribute__((visibility("default")))

typedef struct bellhop Desk;

/* What is large, and mostly not needed for a claim. A young process's pages come one by one, at the
 * first touch, so it lies apart. */
typedef struct DeskBulk {
        uint8_t buffer[CLAIM_BUFFER_SIZE];
        _Atomic uint64_t peers[NOTES_PEERS];
        Intake intake; /* the fetching thread's */
        ParcelSlot parcels[PARCELS_MAX];
} DeskBulk;

struct bellhop {
        DeskBulk *bulk;
        Notes notes;

        unsigned int references; /* bellhop_new()s, and calls of bellhop_claim() that run */
        bool kept;               /* bellhop_claim() has opened it: it stays */
        atomic_bool first;       /* the one that isn't calloc()'s; set once, and for good */
        unsigned int epoch;      /* fork_epoch() when it was opened */
        unsigned int flags;
        uint64_t signals;
        uint64_t peer_signals;

        _Atomic(int) signal_fd; /* made for whoever polls; till then signals are taken one by one */
        int wake_fd;            /* eventfd, written by the handler and for the thread that polls */
        int ready_fd;           /* eventfd, readable while ready is set */
        int epoll_fd;           /* over these and the connection: what bellhop_get_fd() gives */
        uint64_t own_actions;   /* the signals whose handler is ours */

        pthread_mutex_t lock; /* guards all below but notes, and the roles' own */
        pthread_cond_t changed;
        bool fetching;
        bool polling;
        bool ready;             /* ready_fd is readable */
        bool woken;             /* wake_fd is or was readable, nobody has drained it since */
        unsigned int followers; /* threads that sleep on the condition */
        ItemQueue queue;
        int error;           /* -EMFILE and such of the last fetch, not reported yet; else 0 */
        uint64_t looked;     /* clock_usec() of the last look, or 0: long ago */
        uint64_t refused;    /* how many */
        bool refusal_is_new; /* bellhop_next() hasn't reported it */
        const char *reason;

        ClaimConnection connection; /* the fetching thread's; kept between fetches */
        Trust trust;                /* the fetching thread's */
        bool receives;              /* the same: the intake is in use */
        ItemRoom room;
        ClaimBuffer buffer; /* the fetching thread's */
};

/* The process's desk, which is opened if need be.
 * Returns: 0 and a reference, that desk_unref() gives back; or what bellhop_new() returns. */
int desk_get(Desk **ret);
void desk_unref(Desk *desk);

/* Returns: 0; -EINVAL no desk; -ECHILD another process's. */
int desk_check(const Desk *desk);

void desk_lock(Desk *desk);
/* Wakes whoever has to know of what has changed. */
void desk_unlock(Desk *desk);

/* Makes wake_fd, if there is none. Returns: 0 or negative errno. */
int desk_open_wake_fd(Desk *desk);

/* Puts the connection that was kept into the epoll set, if both are there. Lock held. */
void desk_watch_connection(Desk *desk);

/* Async-signal-safe. */
void desk_wake(const Desk *desk);

/* bellhop_wait() with its arguments checked. */
int desk_wait(Desk *desk, const char *name, int timeout_ms, QueuedItem **ret);
