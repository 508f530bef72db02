/* SPDX-License-Identifier: MIT */
/* The sending half of bellhop_sendfd(): by the system call where the kernel has it, else by an
 * offer that the receiver's half takes up (peer.c). */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "desk.h"
#include "fd.h"
#include "fork.h"
#include "no-cancel.h"
#include "outbox.h"
#include "process-status.h"
#include "readiness.h"
#include "rtsig.h"
#include "sendfd.h"

/* Whom we send to. */
typedef struct Target {
        pid_t pid; /* as the caller named it: a process or a thread */
        pid_t process;
        int pidfd; /* of the process, owned */
} Target;

static void target_done(Target *target) {
        target->pidfd = fd_close(target->pidfd);
}

static int proc_error(int r) {
        return r == -ESRCH || r == -EMFILE || r == -ENFILE ? r : -EOPNOTSUPP;
}

static int pidfd_error(void) {
        switch (errno) {
        case ESRCH:
        case EMFILE:
        case ENFILE:
                return -errno;
        default:
                return -EOPNOTSUPP;
        }
}

static int target_open(pid_t pid, Target *ret) {
        _cleanup_(target_done) Target target = { .pid = pid, .pidfd = -EBADF };
        ProcessStatus status;
        int r;

        r = process_status_read(pid, &status);
        if (r < 0)
                return proc_error(r);
        target.process = status.process;
        target.pidfd = (int)syscall(SYS_pidfd_open, status.process, 0);
        if (target.pidfd < 0)
                return pidfd_error();
        /* Once more, now that the pid is pinned; the uid is the one that has to be right. */
        r = process_status_read(pid, &status);
        if (r < 0)
                return proc_error(r);
        if (status.process != target.process)
                return -ESRCH;
        if (status.real_uid != geteuid() || status.effective_uid != geteuid())
                return -EPERM;

        *ret = target;
        TAKE_FD(target.pidfd);
        return 0;
}

static int target_check_ready(const Target *target, int sig) {
        int r = target->pid == target->process ? readiness_of_process(target->pid, sig, NULL)
                                               : readiness_of_thread(target->pid, sig);

        if (r < 0)
                return proc_error(r);
        return r == READINESS_DEADLY ? -ECONNREFUSED : 0;
}

/* Rings. The sender's pid is only where to look: the receiver asks the kernel about the rest. */
static int target_ring(const Target *target, int sig, int fd) {
        siginfo_t info;
        long r;

        memset(&info, 0, sizeof(info));
        info.si_signo = sig;
        info.si_code = SI_QUEUE;
        info.si_errno = PEER_BELL_MAGIC;
        info.si_pid = getpid();
        info.si_uid = getuid();
        info.si_int = fd;

        if (target->pid == target->process)
                r = syscall(SYS_pidfd_send_signal, target->pidfd, sig, &info, 0);
        else
                r = syscall(SYS_rt_tgsigqueueinfo, target->process, target->pid, sig, &info);
        if (r == 0)
                return 0;
        return errno == EAGAIN || errno == ESRCH || errno == EPERM ? -errno : -EOPNOTSUPP;
}

static int send_locked(pid_t pid, int sig, int fd) {
        _cleanup_(target_done) Target target = { .pidfd = -EBADF };
        _cleanup_fd_ int copy = fd_dup(fd);
        int r, slot;

        if (copy < 0)
                return copy;
        r = outbox_settle();
        if (r < 0)
                return r;
        r = target_open(pid, &target);
        if (r < 0)
                return r;
        r = target_check_ready(&target, sig);
        if (r < 0)
                return r;

        slot = outbox_put(target.process, target.pidfd, copy);
        if (slot < 0)
                return slot;
        /* The outbox owns both from here on; before the bell nobody closes them. */
        r = target_ring(&target, sig, copy);
        TAKE_FD(target.pidfd);
        TAKE_FD(copy);
        if (r < 0)
                outbox_withdraw(slot);
        return r;
}

/* The call itself would send to the thread's process, as kill(2) does. Signal 0 is a question. */
static bool is_thread(pid_t pid) {
        return syscall(SYS_tgkill, pid, pid, 0) < 0 && errno == ESRCH;
}

/* A sandbox answers what it doesn't know as it likes, and another kernel may have given the number
 * away: so it is asked for before it is called. */
static bool call_is_there(void) {
        static atomic_int known; /* 1: it is there; -1: it isn't; 0: nobody has asked */

        if (atomic_load(&known) == 0)
                atomic_store(&known, sendfd_is_there() ? 1 : -1);
        return atomic_load(&known) > 0;
}

/* Returns: -ENOSYS: there is no such call. */
static int send_by_call(pid_t pid, int sig, int fd) {
        int r;

        if (!call_is_there())
                return -ENOSYS;
        r = sendfd_call(pid, sig, fd, is_thread(pid) ? SENDFD_THREAD : 0);
        if (r == -EPERM && !sendfd_is_there()) /* a sandbox was entered since */
                return -ENOSYS;
        return r == -ETOOMANYREFS ? -EAGAIN : r;
}

static int send_by_offer(pid_t pid, int sig, int fd) {
        int r;

        /* The kernel would let nobody take it. */
        if (prctl(PR_GET_DUMPABLE) != 1)
                return -EPERM;

        r = outbox_lock();
        if (r < 0)
                return r;
        r = send_locked(pid, sig, fd);
        outbox_unlock();
        return r;
}

_public_ int bellhop_sendfd(pid_t pid, int sig, int fd) {
        _no_cancel_;
        int r;

        if (pid <= 0 || !rtsig_is_valid(sig) || sig == BELLHOP_SIGNAL_ANSWER)
                return -EINVAL;
        if (fd < 0)
                return -EBADF;
        r = send_by_call(pid, sig, fd);
        return r == -ENOSYS ? send_by_offer(pid, sig, fd) : r;
}
