/* SPDX-License-Identifier: MIT */
/* Signal actions, the handler, and the ways to read what is pending. */
#include "desk-signals.h"

#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bell.h"
#include "desk.h"
#include "fd.h"
#include "no-cancel.h"
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

static uint64_t signals_of(const Desk *desk) {
        return desk->signals | desk->peer_signals;
}

static uint64_t blocked_here(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)pthread_sigmask(SIG_BLOCK, NULL, &set);
        return bits_from_set(&set);
}

/* A signal to the process that is ignored is queued only if the main thread blocks it. */
static uint64_t blocked_in_main_thread(uint64_t here) {
        SignalSets sets;

        if (syscall(SYS_gettid) == getpid() || signal_sets_read(getpid(), &sets) < 0)
                return here;
        return sets.blocked;
}

/* The default signals and those that are blocked and ignored: a manager that started this process
 * left them so. Whether they are pending says nothing, the bell may come later. */
static uint64_t signals_detect(uint64_t blocked) {
        uint64_t signals = BELL_SIGNALS_DEFAULT;
        uint64_t extra = blocked & ~signals & ~BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_ANSWER);

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
        _no_cancel_;
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

static int handlers_install(Desk *desk, uint64_t signals, uint64_t blocked) {
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
        uint64_t blocked = blocked_here();

        if (desk->flags & BELLHOP_THREAD)
                return signals_of(desk) & ~blocked ? -EINVAL : 0;
        if (!desk->signals)
                desk->signals = signals_detect(blocked) & ~desk->peer_signals;
        return handlers_install(desk, signals_of(desk), blocked_in_main_thread(blocked));
}

static int call_error(void) {
        switch (errno) {
        case EMFILE:
        case ENFILE:
        case ENOMEM:
                return -errno;
        default:
                return -EOPNOTSUPP; /* seccomp, by whatever error */
        }
}

int desk_open_signal_fd(Desk *desk) {
        sigset_t set;
        int fd;

        if (desk->signal_fd >= 0)
                return 0;
        set = set_from_bits(signals_of(desk));
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0)
                return call_error();
        desk->signal_fd = fd;
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

static int signals_read(Desk *desk, int fd) {
        struct signalfd_siginfo infos[SIGNALS_PER_READ];
        ssize_t n = read(fd, infos, sizeof(infos));
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

/* The same, one by one: for a few at a process's start that is cheaper than to make a signalfd. */
static int signals_take(Desk *desk) {
        const sigset_t set = set_from_bits(signals_of(desk));
        const struct timespec now = { 0 };

        for (unsigned int i = 0; i < SIGNALS_PER_READ; i++) {
                siginfo_t info;
                int sig = sigtimedwait(&set, &info, &now);

                if (sig < 0)
                        return errno == EAGAIN || errno == EINTR ? 0 : call_error();
                notes_hear(&desk->notes, desk->peer_signals,
                           &(HeardSignal){ .signal = sig,
                                           .code = info.si_code,
                                           .error = info.si_errno,
                                           .value = info.si_int,
                                           .pid = info.si_pid,
                                           .uid = info.si_uid });
        }
        return 1;
}

/* A thread that polls may make the signalfd at any time; it does no harm not to use it yet. */
static int signals_read_or_take(Desk *desk) {
        int fd = atomic_load(&desk->signal_fd), r, opened;

        if (fd >= 0)
                return signals_read(desk, fd);
        r = signals_take(desk);
        if (r != 1 && r != -EOPNOTSUPP)
                return r;
        /* So many that it is worth while, or a sandbox that allows nothing else. */
        desk_lock(desk);
        opened = desk_open_signal_fd(desk);
        (void)pthread_mutex_unlock(&desk->lock);
        return r < 0 && opened < 0 ? opened : 1;
}

/* Where there are handlers, one could run in this thread between the reading and the notes, and
 * note what came later before what came first. */
int desk_signals_read(Desk *desk) {
        sigset_t set, before;
        int r;

        if (!desk->own_actions)
                return signals_read_or_take(desk);
        set = set_from_bits(desk->own_actions);
        (void)pthread_sigmask(SIG_BLOCK, &set, &before);
        r = signals_read_or_take(desk);
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
