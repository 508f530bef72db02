/* SPDX-License-Identifier: MIT */
/* Looking and waiting: how threads share a desk. The roles are explained in desk.h. */
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "desk-signals.h"
#include "desk.h"
#include "no-cancel.h"
#include "peer.h"

/* What was fetched this recently is handed out without a look at the signals, so that a program
 * that claims 64 items at its start pays for one look. Later, a newer one may have been announced,
 * and the newest is what a claim returns. */
#define FRESH_USEC 5000

/* A flood of forged bells doesn't keep one call busy for longer than this. */
#define LOOK_ROUNDS_MAX 64
#define LOOK_USEC_MAX   1000000

/* When a look has to end. 0: it has only one visit to make. */
typedef uint64_t LookEnd;

/* How much there is to look at. */
typedef enum Look {
        LOOK_NOT,
        LOOK_NOTES,   /* the handler has taken the signals, or the connection is readable */
        LOOK_SIGNALS, /* the signals, and the notes */
} Look;

static bool desk_is_fresh(const Desk *desk) {
        return desk->looked != 0 && !atomic_load(&desk->notes.rung) &&
               clock_usec() - desk->looked < FRESH_USEC;
}

/* Has looked. Where nobody has waited yet, and the queue hasn't more than this call is about to
 * take, the next one looks anyway. */
static void desk_freshen(Desk *desk) {
        bool matters = desk->signal_fd >= 0 || desk->queue.first != desk->queue.last;

        desk->looked = matters ? clock_usec() : 0;
}

static void desk_refuse(Desk *desk, unsigned int count, const char *reason) {
        if (count == 0)
                return;
        desk->refused += count;
        desk->refusal_is_new = true;
        desk->reason = reason;
}

/* What a visit has brought: r and reason as claim_fetch() returns them. */
static int desk_absorb(Desk *desk, int r, const char *reason, ItemQueue *items) {
        desk_lock(desk);
        item_queue_append_all(&desk->queue, items);
        if (r == -EPERM)
                desk_refuse(desk, 1, reason);
        (void)pthread_mutex_unlock(&desk->lock);
        return r == -EPERM ? 0 : r;
}

static void desk_absorb_noise(Desk *desk) {
        unsigned int forged = atomic_exchange(&desk->notes.forged, 0);
        unsigned int dropped = atomic_exchange(&desk->notes.dropped, 0);
        unsigned int lost = atomic_exchange(&desk->notes.lost, 0);

        if (forged + dropped + lost == 0)
                return;
        desk_lock(desk);
        desk_refuse(desk, lost,
                    "more descriptors at once, in signal handlers, than there is room for");
        desk_refuse(desk, dropped, "more bells at once than there is room for");
        desk_refuse(desk, forged, "a signal that is no bell");
        (void)pthread_mutex_unlock(&desk->lock);
}

/* address 0: what has come without a bell by the connection that is kept. */
static int desk_fetch(Desk *desk, uint64_t address) {
        ItemQueue items = { .room = &desk->room };
        const char *reason = NULL;
        int r = claim_fetch(&desk->connection, address, &desk->trust, &desk->buffer, &items,
                            &reason);

        /* A fork closes the connection of the process's desk only. */
        if (desk->flags & BELLHOP_THREAD)
                claim_connection_close(&desk->connection);
        return desk_absorb(desk, r, reason, &items);
}

static void look_limit(LookEnd *end) {
        if (*end == 0)
                *end = clock_usec() + LOOK_USEC_MAX;
}

static bool look_is_over(LookEnd end) {
        return end != 0 && clock_has_passed(end);
}

static int desk_answer_managers(Desk *desk, LookEnd *end) {
        uint64_t address = notes_take_bell(&desk->notes);

        if (address == 0 && desk->connection.fd >= 0)
                return desk_fetch(desk, 0);
        for (; address != 0; address = notes_take_bell(&desk->notes)) {
                int r;

                if (notes_has_bell(&desk->notes))
                        look_limit(end);
                r = desk_fetch(desk, address);
                if (r < 0)
                        return r;
                if (look_is_over(*end)) {
                        atomic_store(&desk->notes.rung, true);
                        return 0;
                }
        }
        return 0;
}

static int desk_answer_peers(Desk *desk) {
        int r;

        if (desk->peer_signals == 0)
                return 0;
        do {
                ItemQueue items = { .room = &desk->room };
                const char *reason = NULL;

                r = peer_receive(&desk->notes, &items, &reason);
                if (r == 0 && !items.first)
                        return 0;
                if (desk_absorb(desk, r, reason, &items) < 0) {
                        /* Nobody rings a second time: the next look tries again. */
                        atomic_store(&desk->notes.rung, true);
                        return r;
                }
        } while (r < 0);
        return 0;
}

static int desk_receive(Desk *desk, const Parcel *parcel) {
        bool of_peer = desk->peer_signals & BELLHOP_SIGNAL_BIT(parcel->signal);
        const char *reason = NULL;
        ItemQueue items = { .room = &desk->room };
        int r = of_peer ? intake_peer(&desk->trust, parcel, &items, &reason)
                        : intake_manager(&desk->bulk->intake, &desk->trust, parcel, &items,
                                         &reason);

        desk->receives = desk->receives || !of_peer;
        return desk_absorb(desk, r, reason, &items);
}

/* All of them, also when there is no room for one: each of the others may find some.
 * Returns: 0 or the first error. */
static int desk_unpack(Desk *desk) {
        Parcel parcel;
        int result = 0;

        while (parcels_take(&desk->notes.parcels, &parcel)) {
                int r = desk_receive(desk, &parcel);

                if (result == 0)
                        result = r;
        }
        return result;
}

/* What the signals have brought, and those whom they announce. */
static int desk_answer_all(Desk *desk, LookEnd *end) {
        int r = desk_unpack(desk);

        if (r == 0)
                r = desk_answer_managers(desk, end);
        if (r == 0)
                r = desk_answer_peers(desk);
        return r;
}

/* All is read and answered. A desk that is sent nothing with signals doesn't touch the intake. */
static void desk_tidy(Desk *desk, Look look) {
        if (desk->receives && look == LOOK_SIGNALS)
                intake_look(&desk->bulk->intake);
}

/* Reads the signals and answers them, a batch after the other. Without the lock. */
static int desk_answer(Desk *desk, Look look) {
        LookEnd end = 0;

        if (desk->own_actions) /* handlers may hear more during the first visit */
                look_limit(&end);
        for (unsigned int i = 0; i < LOOK_ROUNDS_MAX && !look_is_over(end); i++) {
                int more = look == LOOK_SIGNALS ? desk_signals_read(desk) : 0, r;

                if (more > 0)
                        look_limit(&end);
                desk_absorb_noise(desk);
                r = desk_answer_all(desk, &end);
                if (more < 0) /* no room for what comes with a signal: it stays in the queue */
                        return more;
                if (r < 0)
                        return r;
                if (!more) {
                        desk_tidy(desk, look);
                        return 0;
                }
        }
        atomic_store(&desk->notes.rung, true); /* there is more, for the next look */
        return 0;
}

/* wake_fd is drained by the thread that polls, or it might miss that it was woken; by any if none
 * polls. The handler writes it after its note, so that it may still come after a look at the notes:
 * who polls it by the epoll descriptor would be woken for nothing again and again. */
static void desk_drain_wake_fd(Desk *desk) {
        bool rung = atomic_exchange(&desk->notes.rung, false);
        uint64_t count;

        if (desk->polling || !(rung || desk->woken || (desk->own_actions && desk->epoll_fd >= 0)))
                return;
        if (desk->wake_fd >= 0)
                (void)!read(desk->wake_fd, &count, sizeof(count));
        desk->woken = false;
}

/* Sleeps until another thread has changed something. Lock held, given up meanwhile. */
static void desk_follow(Desk *desk, uint64_t deadline) {
        struct timespec until = timespec_from_usec(deadline);

        desk->followers++;
        if (deadline == TIME_FOREVER)
                (void)pthread_cond_wait(&desk->changed, &desk->lock);
        else
                (void)pthread_cond_timedwait(&desk->changed, &desk->lock, &until);
        desk->followers--;
}

/* Bells that the last look had no time for; nothing need ring for them again. */
static bool desk_has_left_something(const Desk *desk) {
        return atomic_load(&desk->notes.rung);
}

/* Answers all that is pending. Lock held, given up meanwhile. Errors are left in desk->error, since
 * what was fetched before them counts first. */
static void desk_look(Desk *desk, Look look) {
        int r;

        while (desk->fetching)
                desk_follow(desk, TIME_FOREVER);

        desk->fetching = true;
        desk_drain_wake_fd(desk);
        (void)pthread_mutex_unlock(&desk->lock);

        r = desk_answer(desk, look);

        desk_lock(desk);
        desk->fetching = false;
        desk_freshen(desk);
        desk->error = r;
        desk_watch_connection(desk);
        if (desk->followers > 0)
                (void)pthread_cond_broadcast(&desk->changed);
        if (desk->polling && (desk->queue.first || (r == 0 && desk_has_left_something(desk)))) {
                desk->woken = true;
                desk_wake(desk);
        }
}

/* Sleeps until a bell, another thread, or the deadline. Lock held, given up meanwhile.
 * Returns: a Look, or negative errno. */
static int desk_poll(Desk *desk, uint64_t deadline) {
        struct timespec left = { 0 };
        struct pollfd fds[3];
        int r;

        r = desk_open_wake_fd(desk);
        if (r == 0)
                r = desk_open_signal_fd(desk);
        if (r < 0)
                return r;
        fds[0] = (struct pollfd){ .fd = desk->signal_fd, .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = desk->wake_fd, .events = POLLIN };
        /* Another thread that fetches may replace it; then the bell alone wakes us. */
        fds[2] = (struct pollfd){ .fd = desk->fetching ? -1 : desk->connection.fd,
                                  .events = POLLIN };
        if (deadline != TIME_FOREVER)
                left = timespec_from_usec(clock_left(deadline));

        desk->polling = true;
        desk_unlock(desk);
        r = ppoll(fds, ARRAY_SIZE(fds), deadline == TIME_FOREVER ? NULL : &left, NULL);
        r = r < 0 ? -errno : r;
        desk_lock(desk);
        desk->polling = false;

        if (r == -EINTR) /* our handler, perhaps: wake_fd has been written */
                return LOOK_NOTES;
        if (r < 0)
                return r;
        if (fds[1].revents)
                desk->woken = true;
        if (fds[0].revents)
                return LOOK_SIGNALS;
        return fds[1].revents || fds[2].revents ? LOOK_NOTES : LOOK_NOT;
}

static bool desk_has_hope(Desk *desk, const char *name) {
        return trust_has_anybody(&desk->trust) || (!name && desk->peer_signals != 0);
}

static int desk_take_error(Desk *desk) {
        int r = desk->error;

        desk->error = 0;
        return r;
}

static int desk_wait_locked(Desk *desk, const char *name, uint64_t deadline, QueuedItem **ret) {
        int look = desk_is_fresh(desk) ? LOOK_NOT : LOOK_SIGNALS;
        bool looked = false;

        for (;;) {
                QueuedItem *item;

                if (look != LOOK_NOT) {
                        desk_look(desk, (Look)look);
                        looked = true;
                }
                item = item_queue_take(&desk->queue, name);
                if (item) {
                        *ret = item;
                        return 0;
                }
                if (desk->error < 0)
                        return desk_take_error(desk);
                if (!desk_has_hope(desk, name))
                        return -EPERM;

                look = LOOK_SIGNALS;
                if (clock_has_passed(deadline)) {
                        if (looked)
                                return -ETIMEDOUT;
                        continue;
                }
                if (desk_has_left_something(desk))
                        continue;
                if (!desk->polling) {
                        look = desk_poll(desk, deadline);
                        if (look < 0)
                                return look;
                } else {
                        desk_follow(desk, deadline);
                        look = LOOK_NOT;
                }
        }
}

int desk_wait(Desk *desk, const char *name, int timeout_ms, QueuedItem **ret) {
        uint64_t deadline = TIME_FOREVER;
        int r;

        if (timeout_ms >= 0)
                deadline = timeout_ms ? clock_usec() + (uint64_t)timeout_ms * 1000 : 0;

        desk_lock(desk);
        r = desk_wait_locked(desk, name, deadline, ret);
        desk_unlock(desk);
        return r;
}

static int desk_next(Desk *desk, struct bellhop_item *ret) {
        QueuedItem *item;

        if (!desk->queue.first || !desk_is_fresh(desk))
                desk_look(desk, LOOK_SIGNALS);
        if (desk->refusal_is_new) {
                desk->refusal_is_new = false;
                return -EPERM;
        }
        item = item_queue_take(&desk->queue, NULL);
        if (!item)
                return desk_take_error(desk);
        queued_item_hand_out(item, ret);
        return 1;
}

_public_ int bellhop_next(bellhop *desk, struct bellhop_item *ret) {
        _no_cancel_;
        int r = desk_check(desk);

        if (r < 0)
                return r;
        if (!ret)
                return -EINVAL;
        desk_lock(desk);
        r = desk_next(desk, ret);
        desk_unlock(desk);
        return r;
}
