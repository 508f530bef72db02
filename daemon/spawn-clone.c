/* SPDX-License-Identifier: MIT */
/* clone3(CLONE_VM) with a stack kept ready, and what to do where it is refused. */
#include "spawn-clone.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bellhop.h"
#include "clone.h"
#include "fd.h"
#include "spawn-spare.h"

/* clone3 was refused (an old kernel, valgrind, a seccomp filter) and will be again. */
static bool clone_refused;

/* A child that needs none of our descriptors begins with the very same table, and leaves it at
 * once: copying thousands of them just to close them takes longer than all the rest. */
static bool plan_needs_descriptors(const SpawnPlan *plan) {
        return plan->report_fd >= 0 || plan->cgroup_fd >= 0 ||
               plan->steps & (SPAWN_STEP_BIT(SPAWN_STEP_GIVEN) | SPAWN_STEP_BIT(SPAWN_STEP_LISTEN));
}

static long clone_on_stack(SpawnPlan *plan, int cgroup_fd, SpawnStack *stack, int *ret_pidfd) {
        struct clone_args arguments = { .exit_signal = SIGCHLD };

        if (!plan_needs_descriptors(plan))
                arguments.flags |= CLONE_FILES;
        if (cgroup_fd >= 0) {
                arguments.flags |= CLONE_INTO_CGROUP;
                arguments.cgroup = (uint64_t)cgroup_fd;
        }
        return spawn_stack_clone(stack, &arguments, spawn_child, plan, ret_pidfd);
}

/* With fs.suid_dumpable=1 the change of user makes memory dumpable, and so this child's, which is
 * ours, its new owner's to trace. Such a child has to have a copy. */
static bool change_of_user_exposes(void) {
        char text[16];

        return fd_read_file(AT_FDCWD, "/proc/sys/fs/suid_dumpable", text, sizeof(text)) > 0 &&
               text[0] == '1';
}

static bool plan_needs_copy(const SpawnPlan *plan) {
        return (plan->context && plan->context->needs_copy) ||
               (plan->change_ids && change_of_user_exposes());
}

static uint64_t ignored_signals; /* by this process */

static uint64_t plan_ignores(const SpawnPlan *plan) {
        bool pipe_too = !plan->context || plan->context->ignore_sigpipe;

        return plan->delivery_signals | (pipe_too ? BELLHOP_SIGNAL_BIT(SIGPIPE) : 0);
}

/* Delivery signals, and SIGPIPE unless IgnoreSIGPIPE= says no, are ignored here, in the parent,
 * before the first child that needs it: what a child set between clone and exec would discard the
 * bell that is pending for it already. What one child ignores is inherited by the next, which may
 * not want it. */
static void delivery_signals_ignore(SpawnPlan *plan) {
        const struct sigaction action = { .sa_handler = SIG_IGN };
        uint64_t wanted = plan_ignores(plan), missing = wanted & ~ignored_signals;

        for (; missing != 0; missing &= missing - 1)
                (void)sigaction(__builtin_ctzll(missing) + 1, &action, NULL);
        ignored_signals |= wanted;
        plan->foreign_signals = (ignored_signals | BELLHOP_SIGNAL_BIT(SIGPIPE)) & ~wanted;
}

/* Returns: the pid, or negative errno; -ENOSYS: not by clone. */
static long plan_clone(SpawnPlan *plan, int cgroup_fd, SpawnChild *child) {
        SpawnStack *stack;
        long pid;

        if (clone_refused || plan_needs_copy(plan))
                return -ENOSYS;
        plan->cgroup_fd = -EBADF;
        if (cgroup_fd < 0 && !plan_needs_descriptors(plan) &&
            spawn_spare_start(plan, plan_ignores(plan), child))
                return child->pid;
        stack = spawn_stack_new();
        if (!stack)
                return -ENOMEM;

        pid = clone_on_stack(plan, cgroup_fd, stack, &child->pidfd);
        if (pid < 0 && pid != -ENOSYS && pid != -EPERM && cgroup_fd >= 0) {
                /* Perhaps the kernel is too old to clone into a cgroup. If it is the cgroup that
                 * refuses, the child fails at that step, and says so. */
                plan->cgroup_fd = cgroup_fd;
                pid = clone_on_stack(plan, -EBADF, stack, &child->pidfd);
        }
        if (pid < 0) {
                spawn_stack_free(stack);
                clone_refused = pid == -ENOSYS || pid == -EPERM;
                return clone_refused ? -ENOSYS : pid;
        }
        child->stack = stack;
        return pid;
}

/* A fork that gives a pidfd at once, so that none need be opened by number. The child never returns
 * to libc, which therefore needn't know. */
static long plan_fork(SpawnPlan *plan, int cgroup_fd, int *ret_pidfd) {
        int pidfd = -EBADF, error;
        sigset_t all, old;
        long pid;

        plan->cgroup_fd = cgroup_fd;
        plan->steps &= ~SPAWN_STEP_BIT(SPAWN_STEP_HOLD); /* it can't be told to go on */
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, &old);
        pid = CLONE_FORK(CLONE_PIDFD | SIGCHLD, &pidfd);
        error = errno;
        if (pid == 0)
                spawn_child(plan);
        (void)sigprocmask(SIG_SETMASK, &old, NULL);
        if (pid < 0)
                return -error;

        *ret_pidfd = pidfd;
        return pid;
}

/* The child's end is kept clear of 0 to 2, and of what follows them, which it replaces.
 * Returns: our end, or negative errno. */
static int plan_open_report(SpawnPlan *plan) {
        int first = STDERR_FILENO + 1 + (int)plan->listen_count, fds[2], r = 0;

        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        plan->report_fd = fds[1];
        if (fds[1] < first) {
                plan->report_fd = fcntl(fds[1], F_DUPFD_CLOEXEC, first);
                r = plan->report_fd < 0 ? -errno : 0;
                fd_close(fds[1]);
        }
        if (r < 0) {
                plan->report_fd = -EBADF;
                fd_close(fds[0]);
                return r;
        }
        return fds[0];
}

static long plan_start(SpawnPlan *plan, int cgroup_fd, SpawnChild *child) {
        long pid = plan_clone(plan, cgroup_fd, child);

        if (pid != -ENOSYS)
                return pid;
        if (child->report_fd < 0)
                child->report_fd = plan_open_report(plan);
        if (child->report_fd < 0)
                return child->report_fd;
        return plan_fork(plan, cgroup_fd, &child->pidfd);
}

int spawn_clone(SpawnPlan *plan, int cgroup_fd, bool report, SpawnChild *ret) {
        SpawnChild child = { .pidfd = -EBADF, .report_fd = -EBADF };
        long pid;

        if (report) {
                child.report_fd = plan_open_report(plan);
                if (child.report_fd < 0)
                        return child.report_fd;
        }
        delivery_signals_ignore(plan);
        pid = plan_start(plan, cgroup_fd, &child);

        fd_close(plan->report_fd); /* the plan keeps the number, for the child to read */
        if (pid < 0) {
                fd_close(child.report_fd);
                return (int)pid;
        }
        child.pid = (pid_t)pid;
        *ret = child;
        return 0;
}

void spawn_clone_end(SpawnChild *child, sd_event *event) {
        child->watch = process_watch_free(child->watch);
        child->stack = spawn_stack_free(child->stack);
        child->report_fd = fd_close(child->report_fd);
        child->pidfd = fd_close(child->pidfd);
        if (event)
                spawn_spare_make(event, ignored_signals);
}
