/* SPDX-License-Identifier: MIT */
/* The table of offered descriptors. */
#include "outbox.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "bellhop.h"
#include "fd.h"
#include "fork.h"
#include "no-cancel.h"
#include "notes.h"
#include "sendfd.h"

/* key tells whose a slot is. Whoever changes it from an offer to KEY_CLOSING, a thread or the
 * handler in any thread, closes the descriptors and then frees the slot. */
#define KEY_FREE    UINT64_C(0)
#define KEY_CLOSING UINT64_C(1) /* no offer: the pid would be 0 */

typedef struct Offer {
        _Atomic uint64_t key;
        int pidfd;
        int fd;
} Offer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Offer offers[OUTBOX_SIZE];
static unsigned int outbox_epoch; /* 0: not used yet */

static uint64_t offer_key(pid_t receiver, int fd) {
        return (uint64_t)(uint32_t)receiver << 32 | (uint32_t)fd;
}

static bool key_is_offer(uint64_t key) {
        return key >> 32 != 0;
}

static bool offer_close(Offer *offer, uint64_t key) {
        if (!atomic_compare_exchange_strong(&offer->key, &key, KEY_CLOSING))
                return false;
        fd_close(offer->fd);
        fd_close(offer->pidfd);
        atomic_store(&offer->key, KEY_FREE);
        return true;
}

/* What a receiver has answered. Async-signal-safe. */
static void answer_handle(const siginfo_t *info) {
        uint64_t key = offer_key(info->si_pid, info->si_int);

        if (info->si_code == SI_SENDFD) /* a descriptor that nobody has asked for */
                fd_close(info->si_int);
        if (info->si_code != SI_QUEUE || info->si_errno != PEER_BELL_MAGIC || info->si_pid <= 0)
                return;
        for (unsigned int i = 0; i < OUTBOX_SIZE; i++)
                if (atomic_load(&offers[i].key) == key && offer_close(&offers[i], key))
                        return;
}

static void handler(_unused_ int sig, siginfo_t *info, _unused_ void *context) {
        _no_cancel_;
        int saved_errno = errno;

        answer_handle(info);
        errno = saved_errno;
}

static int handler_install(void) {
        struct sigaction action = { .sa_sigaction = handler,
                                    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
        struct sigaction before;

        if (sigaction(BELLHOP_SIGNAL_ANSWER, NULL, &before) < 0)
                return -errno;
        if (before.sa_flags & SA_SIGINFO)
                return before.sa_sigaction == handler ? 0 : -EBUSY;
        if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
                return -EBUSY;
        (void)sigemptyset(&action.sa_mask);
        return sigaction(BELLHOP_SIGNAL_ANSWER, &action, NULL) < 0 ? -errno : 0;
}

/* Answers that no thread lets through. */
static void answers_take_pending(void) {
        const struct timespec now = { 0 };
        siginfo_t info;
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, BELLHOP_SIGNAL_ANSWER);
        while (sigtimedwait(&set, &info, &now) == BELLHOP_SIGNAL_ANSWER)
                answer_handle(&info);
}

static void offers_close_dead(const uint64_t *keys) {
        struct pollfd fds[OUTBOX_SIZE];

        for (unsigned int i = 0; i < OUTBOX_SIZE; i++)
                fds[i] = (struct pollfd){ .fd = key_is_offer(keys[i]) ? offers[i].pidfd : -1,
                                          .events = POLLIN };
        if (poll(fds, OUTBOX_SIZE, 0) <= 0)
                return;
        /* If the handler has closed one meanwhile, its key has changed: only we make new ones. */
        for (unsigned int i = 0; i < OUTBOX_SIZE; i++)
                if (fds[i].revents)
                        (void)offer_close(&offers[i], keys[i]);
}

int outbox_settle(void) {
        uint64_t keys[OUTBOX_SIZE];
        bool any = false;
        int r;

        r = handler_install();
        if (r < 0)
                return r;
        for (unsigned int i = 0; i < OUTBOX_SIZE; i++) {
                keys[i] = atomic_load(&offers[i].key);
                any = any || key_is_offer(keys[i]);
        }
        if (!any)
                return 0;
        answers_take_pending();
        offers_close_dead(keys);
        return 0;
}

int outbox_put(pid_t receiver, int pidfd, int fd) {
        for (unsigned int i = 0; i < OUTBOX_SIZE; i++) {
                if (atomic_load(&offers[i].key) != KEY_FREE)
                        continue;
                offers[i].pidfd = pidfd;
                offers[i].fd = fd;
                atomic_store(&offers[i].key, offer_key(receiver, fd));
                return (int)i;
        }
        return -EAGAIN;
}

void outbox_withdraw(int slot) {
        uint64_t key = atomic_load(&offers[slot].key);

        if (key_is_offer(key))
                (void)offer_close(&offers[slot], key);
}

int outbox_lock(void) {
        int r = fork_watch();

        if (r < 0)
                return r;
        (void)pthread_mutex_lock(&lock);
        if (outbox_epoch != fork_epoch()) {
                outbox_epoch = fork_epoch();
                for (unsigned int i = 0; i < OUTBOX_SIZE; i++)
                        outbox_withdraw((int)i);
        }
        return 0;
}

void outbox_unlock(void) {
        (void)pthread_mutex_unlock(&lock);
}

void outbox_fork_prepare(void) {
        (void)pthread_mutex_lock(&lock);
}

void outbox_fork_parent(void) {
        (void)pthread_mutex_unlock(&lock);
}

void outbox_fork_child(void) {
        /* A slot that another thread's handler was closing: whether it had closed the descriptors
         * isn't known here. They are close-on-exec; better left open than closed twice. */
        for (unsigned int i = 0; i < OUTBOX_SIZE; i++)
                if (atomic_load(&offers[i].key) == KEY_CLOSING)
                        atomic_store(&offers[i].key, KEY_FREE);
        (void)pthread_mutex_unlock(&lock);
}
