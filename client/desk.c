/* SPDX-License-Identifier: MIT */
/* A desk's life: options, opening, sharing, closing; and what stands beside it on bellhop.h that
 * takes no item. */
#include "desk.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bell.h"
#include "desk-signals.h"
#include "fd.h"
#include "fork.h"
#include "no-cancel.h"

#define FLAGS_ALL \
        (BELLHOP_THREAD | BELLHOP_TRUST_NAMESPACE | BELLHOP_TRUST_OWN_UID | BELLHOP_TRUST_ROOT_ONLY)

/* The bits from RTMIN+0 to RTMAX-0, without the answer's, which is a signal of its own. */
#define SIGNALS_ALL \
        (~(BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MIN) - 1) & ~BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_ANSWER))

static DeskBulk first_bulk;

/* The process's desk. The lock is held while one is opened or closed, never while one is used.
 *
 * Here is what a young process writes for its first claim. The pointer puts it where the dynamic
 * linker has written already, so that its page needn't be copied while somebody waits. */
static struct {
        pthread_mutex_t lock;
        Desk *desk;
        Desk first; /* the first one that is opened */
} process = { .lock = PTHREAD_MUTEX_INITIALIZER, .first = { .bulk = &first_bulk } };

/* A later one. */
typedef struct AllocatedDesk {
        Desk desk; /* the first member, which free(3) knows it by */
        DeskBulk bulk;
} AllocatedDesk;

/* Copies what the caller has, which may be of an older or a newer version, and checks it. */
static int options_read(const struct bellhop_options *options, struct bellhop_options *ret) {
        struct bellhop_options copy = { .size = sizeof(copy) };
        const unsigned char *bytes = (const unsigned char *)options;

        if (options) {
                if (options->size < sizeof(copy))
                        return -EINVAL;
                for (size_t i = sizeof(copy); i < options->size; i++)
                        if (bytes[i] != 0) /* a newer version's wish */
                                return -EINVAL;
                copy = *options;
        }
        if (copy.flags & ~FLAGS_ALL)
                return -EINVAL;
        if ((copy.flags & BELLHOP_TRUST_ROOT_ONLY) && (copy.flags & BELLHOP_TRUST_OWN_UID))
                return -EINVAL;
        if ((copy.signals | copy.peer_signals) & ~SIGNALS_ALL)
                return -EINVAL;
        /* Managers ring at processes, so a thread's desk has no default. */
        if ((copy.flags & BELLHOP_THREAD) && (copy.signals | copy.peer_signals) == 0)
                return -EINVAL;
        if ((copy.signals ? copy.signals : BELL_SIGNALS_DEFAULT) & copy.peer_signals &&
            (copy.signals || !(copy.flags & BELLHOP_THREAD)))
                return -EINVAL;
        *ret = copy;
        return 0;
}

static int desk_init_condition(Desk *desk) {
        pthread_condattr_t attributes;
        int r = pthread_condattr_init(&attributes);

        if (r != 0)
                return -r;
        (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        r = pthread_cond_init(&desk->changed, &attributes);
        (void)pthread_condattr_destroy(&attributes);
        return -r;
}

static void desk_close_fds(Desk *desk) {
        claim_connection_close(&desk->connection);
        intake_done(&desk->bulk->intake);
        parcels_done(&desk->notes.parcels);
        item_queue_done(&desk->queue);
        desk->epoll_fd = fd_close(desk->epoll_fd);
        desk->ready_fd = fd_close(desk->ready_fd);
        desk->wake_fd = fd_close(desk->wake_fd);
        desk->signal_fd = fd_close(desk->signal_fd);
}

/* Zero bytes, but for its bulk. The first use of malloc(3) costs a young process as much as a claim
 * does, and many a service has no other before it answers: the first desk of the process does
 * without. */
static Desk *desk_alloc(unsigned int flags) {
        AllocatedDesk *allocated;

        if (!(flags & BELLHOP_THREAD) && !atomic_exchange(&process.first.first, true))
                return &process.first;
        allocated = calloc(1, sizeof(*allocated));
        if (!allocated)
                return NULL;
        allocated->desk.bulk = &allocated->bulk;
        return &allocated->desk;
}

/* Takes NULL. Returns: NULL. */
static Desk *desk_free(Desk *desk) {
        if (!desk)
                return NULL;
        /* First, so that a manager never finds it open when the handlers are gone. */
        claim_connection_close(&desk->connection);
        if (desk->epoch == fork_epoch())
                desk_signals_done(desk);
        desk_close_fds(desk);
        (void)pthread_cond_destroy(&desk->changed);
        (void)pthread_mutex_destroy(&desk->lock);
        if (!desk->first)
                free(desk);
        return NULL;
}
DEFINE_CLEANUP(Desk, desk_free)

static int desk_new(const struct bellhop_options *options, Desk **ret) {
        _cleanup_(desk_free_cleanup) Desk *desk = NULL;
        int r = fork_watch();

        if (r < 0)
                return r;
        desk = desk_alloc(options->flags);
        if (!desk)
                return -ENOMEM;
        desk->signal_fd = desk->wake_fd = desk->ready_fd = desk->epoll_fd = -EBADF;
        desk->notes.peers = desk->bulk->peers;
        desk->notes.parcels.slots = desk->bulk->parcels;
        desk->buffer.whole = desk->bulk->buffer;
        desk->connection = (ClaimConnection)CLAIM_CONNECTION_INIT;
        desk->epoch = fork_epoch();
        desk->flags = options->flags;
        desk->signals = options->signals;
        desk->peer_signals = options->peer_signals;

        (void)pthread_mutex_init(&desk->lock, NULL);
        r = desk_init_condition(desk);
        if (r < 0)
                return r;
        trust_init(&desk->trust, desk->flags);
        r = desk_signals_init(desk);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(desk);
        return 0;
}

/* The parent's desk, seen in the child of a fork: its descriptors are of no use here. Those who
 * hold it get -ECHILD until they give it back. */
static void process_desk_abandon(void) {
        Desk *desk = TAKE_POINTER(process.desk);

        desk_close_fds(desk);
        desk->kept = false;
        if (desk->references == 0)
                desk_free(desk);
}

static bool desk_suits(const Desk *desk, const struct bellhop_options *options) {
        return desk->flags == options->flags && desk->peer_signals == options->peer_signals &&
               (options->signals == 0 || desk->signals == options->signals);
}

/* options NULL: any will do. */
static int process_desk_ref(const struct bellhop_options *wanted,
                            const struct bellhop_options *options, Desk **ret) {
        int r;

        if (process.desk && process.desk->epoch != fork_epoch())
                process_desk_abandon();
        if (!process.desk) {
                r = desk_new(options, &process.desk);
                if (r < 0)
                        return r;
        } else if (wanted && !desk_suits(process.desk, options)) {
                return -EBUSY;
        }
        process.desk->references++;
        *ret = process.desk;
        return 0;
}

int desk_get(Desk **ret) {
        const struct bellhop_options options = { .size = sizeof(options) };
        int r;

        (void)pthread_mutex_lock(&process.lock);
        r = process_desk_ref(NULL, &options, ret);
        /* Nobody else will: opened by a claim, it stays for the next one. */
        if (r == 0 && process.desk->references == 1)
                process.desk->kept = true;
        (void)pthread_mutex_unlock(&process.lock);
        return r;
}

void desk_unref(Desk *desk) {
        bool last;

        (void)pthread_mutex_lock(&process.lock);
        last = --desk->references == 0 && !desk->kept;
        if (last) {
                if (desk == process.desk)
                        process.desk = NULL;
                desk_free(desk);
        }
        (void)pthread_mutex_unlock(&process.lock);
}

int desk_check(const Desk *desk) {
        if (!desk)
                return -EINVAL;
        return desk->epoch == fork_epoch() ? 0 : -ECHILD;
}

static void desk_show_ready(Desk *desk) {
        bool ready = desk->queue.first || desk->refusal_is_new || desk->error < 0 ||
                     atomic_load(&desk->notes.rung);
        uint64_t count = 1;

        if (desk->epoll_fd < 0 || ready == desk->ready)
                return;
        if (ready)
                (void)!write(desk->ready_fd, &count, sizeof(count));
        else
                (void)!read(desk->ready_fd, &count, sizeof(count));
        desk->ready = ready;
}

void desk_lock(Desk *desk) {
        (void)pthread_mutex_lock(&desk->lock);
}

void desk_unlock(Desk *desk) {
        desk_show_ready(desk);
        /* Somebody has to poll for those who wait. */
        if (desk->followers > 0 && !desk->polling)
                (void)pthread_cond_broadcast(&desk->changed);
        (void)pthread_mutex_unlock(&desk->lock);
}

int desk_open_wake_fd(Desk *desk) {
        int fd;

        if (desk->wake_fd >= 0)
                return 0;
        fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
                return -errno;
        desk->wake_fd = fd;
        return 0;
}

void desk_wake(const Desk *desk) {
        const uint64_t one = 1;

        (void)!write(desk->wake_fd, &one, sizeof(one));
}

void desk_watch_connection(Desk *desk) {
        struct epoll_event event = { .events = EPOLLIN };

        if (desk->epoll_fd < 0 || desk->connection.fd < 0 || desk->connection.watcher >= 0)
                return;
        /* Without it the bell alone calls: later, but it does. */
        if (epoll_ctl(desk->epoll_fd, EPOLL_CTL_ADD, desk->connection.fd, &event) == 0)
                desk->connection.watcher = desk->epoll_fd;
}

static int desk_open_epoll(Desk *desk) {
        _cleanup_fd_ int epoll_fd = -EBADF, ready_fd = -EBADF;
        struct epoll_event event = { .events = EPOLLIN };
        int r = desk_open_signal_fd(desk);

        if (r < 0)
                return r;
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (epoll_fd < 0)
                return -errno;
        ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (ready_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ready_fd, &event) < 0 ||
            epoll_ctl(epoll_fd, EPOLL_CTL_ADD, desk->signal_fd, &event) < 0)
                return -errno;
        /* The handler's bell; without handlers it only wakes threads that wait by themselves. */
        if (desk->own_actions && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, desk->wake_fd, &event) < 0)
                return -errno;

        desk->ready_fd = TAKE_FD(ready_fd);
        desk->epoll_fd = TAKE_FD(epoll_fd);
        if (!desk->fetching)
                desk_watch_connection(desk);
        return 0;
}

/* Root's manager has started us, so it seems, for what is waiting already. It will be believed
 * without a look at the user namespace, and its bell heard without a signalfd: both would hold the
 * answer up. */
static bool desk_is_hurried(const Desk *desk) {
        return !desk->own_actions && !(desk->flags & BELLHOP_TRUST_ROOT_ONLY) &&
               desk_signals_are_pending(desk) &&
               (geteuid() == 0 || (kill(getppid(), 0) < 0 && errno == EPERM));
}

/* What may not be possible any more when it is needed: a program that opens its desk early may be
 * in a sandbox by then. */
static int desk_prepare(Desk *desk) {
        int r;

        trust_look(&desk->trust);
        desk_lock(desk);
        (void)desk_open_wake_fd(desk); /* only who waits can't do without */
        r = desk_open_signal_fd(desk);
        desk_unlock(desk);
        return r;
}

_public_ int bellhop_new(const struct bellhop_options *options, bellhop **ret) {
        _no_cancel_;
        struct bellhop_options checked;
        Desk *desk;
        int r;

        if (!ret)
                return -EINVAL;
        r = options_read(options, &checked);
        if (r < 0)
                return r;

        if (checked.flags & BELLHOP_THREAD) {
                r = desk_new(&checked, &desk);
                if (r == 0)
                        desk->references = 1;
        } else {
                (void)pthread_mutex_lock(&process.lock);
                r = process_desk_ref(options, &checked, &desk);
                (void)pthread_mutex_unlock(&process.lock);
        }
        if (r < 0)
                return r;
        if (!desk_is_hurried(desk))
                r = desk_prepare(desk);
        if (r < 0)
                desk_unref(desk);
        else
                *ret = desk;
        return r;
}

_public_ bellhop *bellhop_free(bellhop *desk) {
        _no_cancel_;

        if (desk)
                desk_unref(desk);
        return NULL;
}

_public_ int bellhop_get_fd(const bellhop *desk) {
        _no_cancel_;
        Desk *opening = (Desk *)desk; /* to open it on first use changes nothing that shows */
        int r = desk_check(desk);

        if (r < 0)
                return r;
        desk_lock(opening);
        if (opening->epoll_fd < 0)
                r = desk_open_epoll(opening);
        if (r == 0)
                r = opening->epoll_fd;
        desk_unlock(opening);
        return r;
}

_public_ uint64_t bellhop_refused(bellhop *desk, const char **ret_reason) {
        uint64_t refused;

        if (!desk)
                return 0;
        desk_lock(desk);
        refused = desk->refused;
        if (ret_reason)
                *ret_reason = desk->reason;
        /* Nothing has changed; and in the child of a fork ready_fd is the parent's, too. */
        (void)pthread_mutex_unlock(&desk->lock);
        return refused;
}

void desk_fork_prepare(void) {
        (void)pthread_mutex_lock(&process.lock);
        if (process.desk)
                desk_lock(process.desk);
}

void desk_fork_parent(void) {
        if (process.desk)
                (void)pthread_mutex_unlock(&process.desk->lock);
        (void)pthread_mutex_unlock(&process.lock);
}

static void process_desk_fork_child(Desk *desk) {
        /* Other threads that waited for it don't exist here. */
        (void)desk_init_condition(desk);
        /* The manager relies on it: where it is open, the process that it rings is. */
        claim_connection_abandon(&desk->connection);
        /* The kernel copies descriptors first, memory later: what a handler in another thread has
         * put in between isn't open here. As yet nothing else has its number. */
        parcels_done(&desk->notes.parcels);
        /* Another thread may have been in the middle of it. Its descriptors are close-on-exec;
         * better left open than closed twice. */
        if (desk->fetching)
                desk->bulk->intake = (Intake){ 0 };
        desk->fetching = desk->polling = false;
        desk->followers = 0;
}

void desk_fork_child(void) {
        desk_signals_forget();
        if (process.desk) {
                process_desk_fork_child(process.desk);
                (void)pthread_mutex_unlock(&process.desk->lock);
        }
        (void)pthread_mutex_unlock(&process.lock);
}
