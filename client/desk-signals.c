/* SPDX-License-Identifier: MIT */
/* Signal actions, the handler, the signalfd. */
#include "desk-signals.h"

#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bell.h"
#include "desk.h"
#include "fd.h"
#include "readiness.h"

#define SIGNALS_PER_READ 16 /* not more than there is room for in the notes */

/* What the handler knows. It may run in any thread at any time, so a desk that closes takes itself
 * out here and waits until nobody is inside. */
static _Atomic(Desk *) handler_desk;
static atomic_uint handlers_running;

/* What was there before our handler, by signal. */
static struct sigaction actions_before[BELLHOP_SIGNAL_MAX + 1];

static sigset_t set_from_bits(uint64_t bits) {
        sigset_t set;

        (void)sigemptyset(&set);
        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++)
                if (bits & BELLHOP_SIGNAL_BIT(sig))
                        (void)sigaddset(&set, sig);
        return set;
}

static uint64_t bits_from_set(const sigset_t *set) {
        uint64_t bits = 0;

        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++)
                if (sigismember(set, sig) == 1)
                        bits |= BELLHOP_SIGNAL_BIT(sig);
        return bits;
}

static uint64_t blocked_here(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)pthread_sigmask(SIG_BLOCK, NULL, &set);
        return bits_from_set(&set);
}

/* A signal to the process that is ignored is queued only if the main thread blocks it. */
static uint64_t blocked_in_main_thread(void) {
        SignalSets sets;

        if (syscall(SYS_gettid) == getpid() || signal_sets_read(getpid(), &sets) < 0)
                return blocked_here();
        return sets.blocked;
}

uint64_t desk_signals_detect(void) {
        uint64_t signals = BELL_SIGNALS_DEFAULT;
        uint64_t extra = blocked_here() & ~signals & ~BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_ANSWER);

        for (int sig = BELLHOP_SIGNAL_MIN; extra && sig <= BELLHOP_SIGNAL_MAX; sig++) {
                struct sigaction action;

                if (!(extra & BELLHOP_SIGNAL_BIT(sig)))
                        continue;
                extra &= ~BELLHOP_SIGNAL_BIT(sig);
                if (sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
                        signals |= BELLHOP_SIGNAL_BIT(sig);
        }
        return signals;
}

static void handler(int sig, siginfo_t *info, _unused_ void *context) {
        const HeardSignal heard = {
                .signal = sig,
                .code = info->si_code,
                .error = info->si_errno,
                .value = info->si_int,
                .pid = info->si_pid,
                .uid = info->si_uid,
        };
        int saved_errno = errno;
        Desk *desk;

        atomic_fetch_add(&handlers_running, 1);
        desk = atomic_load(&handler_desk);
        if (desk) {
                notes_hear(&desk->notes, desk->peer_signals, &heard);
                atomic_store(&desk->notes.rung, true);
                desk_wake(desk);
        } else
                heard_signal_drop(&heard);
        atomic_fetch_sub(&handlers_running, 1);
        errno = saved_errno;
}

static bool action_is_ours(const struct sigaction *action) {
        return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == handler;
}

/* The handler goes in where a bell would kill the process or get lost. */
static int handler_install(Desk *desk, int sig, uint64_t blocked) {
        struct sigaction action = { .sa_sigaction = handler,
                                    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
        struct sigaction before;
        bool ignored;
        int r;

        if (sigaction(sig, NULL, &before) < 0)
                return -errno;
        if (action_is_ours(&before)) { /* a desk of the parent's, before a fork */
                r = desk_open_wake_fd(desk);
                if (r == 0)
                        desk->own_actions |= BELLHOP_SIGNAL_BIT(sig);
                return r;
        }
        ignored = !(before.sa_flags & SA_SIGINFO) && before.sa_handler == SIG_IGN;
        if (ignored && (blocked & BELLHOP_SIGNAL_BIT(sig)))
                return 0;
        if (!ignored && ((before.sa_flags & SA_SIGINFO) || before.sa_handler != SIG_DFL))
                return -EBUSY;

        r = desk_open_wake_fd(desk);
        if (r < 0)
                return r;
        (void)sigemptyset(&action.sa_mask);
        atomic_store(&handler_desk, desk);
        actions_before[sig] = before;
        if (sigaction(sig, &action, NULL) < 0)
                return -errno;
        desk->own_actions |= BELLHOP_SIGNAL_BIT(sig);
        return 0;
}

static int handlers_install(Desk *desk, uint64_t signals) {
        uint64_t blocked = blocked_in_main_thread();

        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++) {
                int r;

                if (!(signals & BELLHOP_SIGNAL_BIT(sig)))
                        continue;
                r = handler_install(desk, sig, blocked);
                if (r < 0)
                        return r;
        }
        if (desk->own_actions)
                atomic_store(&handler_desk, desk);
        return 0;
}

int desk_signals_init(Desk *desk) {
        uint64_t signals = desk->signals | desk->peer_signals;
        sigset_t set = set_from_bits(signals);
        int r = 0;

        if (!(desk->flags & BELLHOP_THREAD))
                r = handlers_install(desk, signals);
        else if ((blocked_here() & signals) != signals)
                r = -EINVAL;
        if (r < 0)
                return r;

        desk->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (desk->signal_fd < 0)
                return errno == ENOSYS || errno == EPERM ? -EOPNOTSUPP : -errno;
        return 0;
}

static void handler_remove(int sig) {
        struct sigaction now;

        /* If somebody has replaced it since, it is theirs. */
        if (sigaction(sig, NULL, &now) == 0 && action_is_ours(&now))
                (void)sigaction(sig, &actions_before[sig], NULL);
}

void desk_signals_done(Desk *desk) {
        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++)
                if (desk->own_actions & BELLHOP_SIGNAL_BIT(sig))
                        handler_remove(sig);
        desk->own_actions = 0;

        if (atomic_load(&handler_desk) == desk) {
                atomic_store(&handler_desk, NULL);
                while (atomic_load(&handlers_running) > 0)
                        (void)sched_yield();
        }
        desk->signal_fd = fd_close(desk->signal_fd);
}

static int signals_read(Desk *desk) {
        struct signalfd_siginfo infos[SIGNALS_PER_READ];
        ssize_t n = read(desk->signal_fd, infos, sizeof(infos));
        size_t count;

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;

        count = (size_t)n / sizeof(infos[0]);
        for (size_t i = 0; i < count; i++)
                notes_hear(&desk->notes, desk->peer_signals,
                           &(HeardSignal){ .signal = (int)infos[i].ssi_signo,
                                           .code = infos[i].ssi_code,
                                           .error = infos[i].ssi_errno,
                                           .value = infos[i].ssi_int,
                                           .pid = (pid_t)infos[i].ssi_pid,
                                           .uid = infos[i].ssi_uid });
        return count == SIGNALS_PER_READ;
}

/* Where there are handlers, one could run in this thread between the reading and the notes, and
 * note what came later before what came first. */
int desk_signals_read(Desk *desk) {
        sigset_t set, before;
        int r;

        if (!desk->own_actions)
                return signals_read(desk);
        set = set_from_bits(desk->own_actions);
        (void)pthread_sigmask(SIG_BLOCK, &set, &before);
        r = signals_read(desk);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}

bool desk_signals_are_pending(const Desk *desk) {
        sigset_t set;

        return sigpending(&set) == 0 && (bits_from_set(&set) & desk->signals);
}

void desk_signals_forget(void) {
        atomic_store(&handler_desk, NULL);
        atomic_store(&handlers_running, 0);
}
