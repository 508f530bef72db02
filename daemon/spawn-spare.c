/* SPDX-License-Identifier: MIT */
/* A child that sleeps on a futex in the memory it shares with us. */
#include "spawn-spare.h"

#include <linux/futex.h>
#include <signal.h>
#include <unistd.h>

#include "fd.h"
#include "process-tree.h"

static bool keep_one;
static SpawnChild spare; /* stack NULL: there is none */

static bool spare_is_alive(void) {
        return spare.stack && atomic_load(&spare.stack->user) != 0;
}

/* Whether it sleeps or has been killed by somebody. */
static void spare_end(void) {
        siginfo_t info;

        if (!spare.stack)
                return;
        (void)syscall(SYS_pidfd_send_signal, spare.pidfd, SIGKILL, NULL, 0);
        if (process_ends_within(spare.pidfd, 1000))
                spawn_stack_free(spare.stack);
        (void)process_reap(spare.pidfd, spare.pid, &info);
        process_watch_free(spare.watch);
        fd_close(spare.pidfd);
        spare = (SpawnChild){ 0 };
}

pid_t spawn_spare_pid(void) {
        return spare_is_alive() ? spare.pid : 0;
}

void spawn_spare_keep(bool keep) {
        keep_one = keep;
        if (!keep)
                spare_end();
}

/* Its exit signal is none until it execs, when the kernel makes it SIGCHLD. */
static long spare_clone(SpawnStack *stack, uint64_t signals, int *ret_pidfd) {
        struct clone_args arguments = { .flags = CLONE_FILES };

        stack->parent = getpid();
        stack->signals = signals;
        atomic_store(&stack->go, 0);
        return spawn_stack_clone(stack, &arguments, spawn_child_wait, stack, ret_pidfd);
}

static int on_spare_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        spare_end();
        return 0;
}

/* Whoever gets it takes over the watch, too. */
static void spare_watch(sd_event *event) {
        if (process_watch_of(event, spare.pidfd, &spare.watch) >= 0)
                process_watch_tell(spare.watch, SD_EVENT_PRIORITY_NORMAL, on_spare_ended, NULL);
}

void spawn_spare_make(sd_event *event, uint64_t signals) {
        SpawnStack *stack;
        int pidfd = -EBADF;
        long pid;

        if (!keep_one || (spare_is_alive() && spare.stack->signals == signals))
                return;
        spare_end();
        stack = spawn_stack_new();
        if (!stack)
                return;
        pid = spare_clone(stack, signals, &pidfd);
        if (pid < 0) {
                keep_one = pid != -ENOSYS && pid != -EPERM;
                spawn_stack_free(stack);
                return;
        }
        spare = (SpawnChild){
                .pid = (pid_t)pid,
                .pidfd = pidfd,
                .report_fd = -EBADF,
                .stack = stack,
                .has_waited = true,
        };
        spare_watch(event);
}

bool spawn_spare_start(SpawnPlan *plan, uint64_t signals, SpawnChild *ret) {
        if (!spare_is_alive() || (signals & ~spare.stack->signals))
                return false;
        *ret = spare;
        spare = (SpawnChild){ 0 };
        if (ret->watch)
                process_watch_tell(ret->watch, SD_EVENT_PRIORITY_NORMAL, NULL, NULL);
        ret->stack->plan = plan;
        atomic_store(&ret->stack->go, 1);
        (void)syscall(SYS_futex, &ret->stack->go, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        return true;
}
